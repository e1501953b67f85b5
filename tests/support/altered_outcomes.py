"""What loading an altered file led to: whether it was right, or which names its refusal has."""

from collections import Counter
from collections.abc import Callable, Collection
from dataclasses import dataclass

from app.core.models.errors import ModelError
from worker.diffusion.families.inversion_files import InversionError
from worker.diffusion.fitting.completeness import PREFIX
from worker.networks.adapters import AdapterError

RIGHT, REFUSED, REFUSED_BY_ANOTHER, UNNAMED, NEEDLESS, TRACEBACK, WRONG = OUTCOMES = (
    "right", "refused by file and altered tensor", "refused by file and another tensor", "refused without a name",
    "refused though valid", "traceback", "silently wrong",
)  # fmt: skip
ALLOWED = (RIGHT, REFUSED, REFUSED_BY_ANOTHER)

REFUSALS = (ModelError, AdapterError, InversionError)
VALID = ("unaltered", "harmless", "scaled float8", "scale changed", "alpha", "no alpha")
"""The alterations after which a file must be read."""

INVALID = ("truncate", "empty end", "no part", "not finite", "DoRA")
"""The alterations after which no file may be read, whatever its tensors are."""


@dataclass(frozen=True)
class Case:
    """One altered file: the kind of the file, the alteration, and the outcome, with the message of a refusal."""

    kind: str
    alteration: str
    outcome: str
    message: str


@dataclass(frozen=True)
class Altered:
    """An altered file: its kind, its name in messages, the altered tensors, and all names that a tensor of it may have.

    Without names of altered tensors, the file as a whole is broken or lacks a part.
    """

    kind: str
    alteration: str
    file: str
    names: tuple[str, ...]
    known: Collection[str]


def judge(altered: Altered, is_right: Callable[[], bool]) -> Case:
    """Load an altered file, and return what that led to."""
    kind, alteration, names = altered.kind, altered.alteration, ", ".join(altered.names[:2])
    try:
        outcome = RIGHT if is_right() and alteration not in INVALID else WRONG
        return Case(kind, alteration, outcome, f"{names} of {altered.file}")
    except REFUSALS as error:
        outcome = NEEDLESS if alteration in VALID else _refusal(altered, str(error))
        return Case(kind, alteration, outcome, f"{names}: {error}")
    except Exception as error:  # noqa: BLE001 - what is counted
        return Case(kind, alteration, TRACEBACK, f"{names}: {type(error).__name__}: {error}")


def _refusal(altered: Altered, message: str) -> str:
    """Return which outcome a refusal is, by whether its message has the file's name and a tensor's."""
    if altered.file not in message:
        return UNNAMED
    words = {word.strip(".,:;'\"()[]") for word in message.split() if "/" not in word}
    if not altered.names or any(_is_name(word, name) for word in words for name in altered.names):
        return REFUSED
    return REFUSED_BY_ANOTHER if any(_is_name(word, name) for word in words for name in altered.known) else UNNAMED


def _is_name(word: str, name: str) -> bool:
    """Return whether a word is a tensor's name, with or without the beginning that names its part."""
    is_longer_or_shorter = name.endswith(f".{word}") or word.endswith(f".{name}")
    return word in (name, PREFIX.sub("", name)) or ("." in word and "." in name and is_longer_or_shorter)


def table(cases: list[Case], title: str, key: Callable[[Case], str]) -> str:
    """Return the outcomes by what `key` returns, as a table of Markdown."""
    counts = Counter((key(case), case.outcome) for case in cases) + Counter(("**all**", case.outcome) for case in cases)
    lines = [f"| {title} | files | {' | '.join(OUTCOMES)} |", f"|---|--:|{'--:|' * len(OUTCOMES)}"]
    for each in (*sorted({key(case) for case in cases}), "**all**"):
        own = [counts[each, outcome] for outcome in OUTCOMES]
        lines.append(f"| {each} | {sum(own)} | {' | '.join(map(str, own))} |")
    return "\n".join(lines)
