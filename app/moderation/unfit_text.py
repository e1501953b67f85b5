"""What a text says that is unfit for a wall which all ages see, in whatever spelling; how much is refused, and how.

The terms lie in ``unfit_terms/``, whose README says how they are written. To look through a text costs as much as it is
long, however many terms there are.
"""

from __future__ import annotations

import bisect
import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from functools import cache, lru_cache
from pathlib import Path

from app.i18n.gettext import N_
from app.text import lookalikes
from app.text.folding import IS_UNSPACED, folded
from app.text.spellings import HIDDEN, WORD, hidden, readings
from app.text.term_index import Hit, TermIndex

FOLDER = Path(__file__).parent / "unfit_terms"
KINDS = {
    "minors": N_("%(subject)s brings children and sex together, which does not hang here."),
    "sex": N_("%(subject)s speaks of sex, which does not hang in a house for all ages. Other words will do."),
    "nudity": N_("%(subject)s speaks of nudity, which does not hang in a house for all ages. Other words will do."),
    "hatred": N_("%(subject)s speaks of people with hatred, which does not hang here."),
    "harm": N_(
        "%(subject)s speaks of self-harm, which does not hang here."
        " Whoever wants to talk to somebody finds them at findahelpline.com."
    ),
    "cruelty": N_(
        "%(subject)s speaks of blood or cruelty, which does not hang in a house for all ages. Other words will do."
    ),
    "drugs": N_("%(subject)s speaks of drugs, which do not hang in a house for all ages. Other words will do."),
    "coarse": N_("%(subject)s holds a coarse word, which does not hang here. Another will do."),
}
"""What is refused, and how that is said; of several, the first is told."""
TOLD = ("minors", "hatred", "coarse")
"""What is refused even where it is said to be left out: it would hang on the wall all the same."""
HIDDEN_KINDS = ("coarse", "hatred", "sex")
INNOCENT = "innocent"
LATIN = re.compile("[a-z\u00df-\u024f]")
BEGIN, END = "\x02", "\x03"
"""Stand around a text that is looked through, for the terms that are its end, or all of it."""
ENGLISH = "en"
DOUBLED, TRIPLED = 2, 3
"""So many of a letter count as one, in English and in other languages: there too many words differ by no more."""
TEXT_MAX = 2_000
"""So much of a text is looked through; prompts and titles are shorter."""
GLUED_MIN, GLUED_MOST = 7, 16
"""From so many letters on a word may be two that are written as one; the first has fewer than these."""


@dataclass(frozen=True, slots=True)
class Near:
    """Two groups of words that are unfit close to each other, in texts that hold none of a third."""

    kind: str
    left: frozenset[str]
    right: frozenset[str]
    within: int
    unless: frozenset[str]


@dataclass(slots=True)
class Terms:
    """All that is looked for."""

    index: TermIndex = field(default_factory=TermIndex)
    near: list[Near] = field(default_factory=list)
    paired: set[str] = field(default_factory=set)
    """The words of both groups of all rules."""
    whole: dict[tuple[int, str], list[tuple[str, str]]] = field(default_factory=lambda: defaultdict(list))
    """Words with their kind, by length and first letter, to compare those with hidden letters with."""


def find(text: str, *, allowed: Sequence[str] = (), is_left_out: bool = False) -> str:
    """Return the kind of what is unfit in a text, of several the first of :data:`KINDS`; ``""`` where nothing is.

    ``allowed`` are words that a curator allows: what is found within one does not count. Of what is to be left out of
    a picture, less is refused.
    """
    kinds = set()
    known, permitted, text = _terms(), _allowed(tuple(allowed)), text[:TEXT_MAX]
    for reading in readings(text):
        kinds |= set(_kinds(f"{BEGIN}{reading}{END}", known, permitted))
    kinds |= {kind for word in hidden(text) for kind in _hidden_kinds(word, known)}
    wanted = [kind for kind in KINDS if kind in kinds and (not is_left_out or kind in TOLD)]
    return wanted[0] if wanted else ""


def as_compared(text: str) -> str:
    """Write a word, or some in a row, as an allowed one is compared."""
    return readings(text)[0].strip()


def _kinds(reading: str, known: Terms, permitted: TermIndex | None) -> Iterable[str]:
    hits = known.index.find(reading)
    spared = [hit for hit in hits if hit.tag == INNOCENT] + (permitted.find(reading) if permitted else [])
    for hit in hits:
        if hit.tag != INNOCENT and not _is_within(hit.start, hit.end, reading, spared):
            yield hit.tag
    yield from _near_kinds(reading, known, spared)


def _is_within(start: int, end: int, reading: str, spared: Sequence[Hit]) -> bool:
    """Tell whether what stands from ``start`` to ``end`` lies within something innocent, what is around it apart."""
    said, around = reading[start:end], f" {BEGIN}{END}"
    start, end = start + len(said) - len(said.lstrip(around)), end - len(said) + len(said.rstrip(around))
    return any(hit.start <= start and end <= hit.end for hit in spared)


def _near_kinds(reading: str, known: Terms, spared: Sequence[Hit]) -> Iterable[str]:
    words = reading.strip(f"{BEGIN}{END}").split()
    groups = _places(words, known.paired, spared)
    present = set(words)
    for rule in known.near:
        left = sorted(place for word in rule.left & groups.keys() for place in groups[word])
        if not left or not (others := rule.right & groups.keys()) or not rule.unless.isdisjoint(present):
            continue
        right = [place for word in others for place in groups[word]]
        for place in right:
            reach = 2 * rule.within
            at = bisect.bisect_left(left, place - reach)
            if any(0 < abs(place - each) <= reach + 1 for each in left[at : at + 2 * reach + 3]):
                yield rule.kind
                break


def _places(words: Sequence[str], paired: Collection[str], spared: Sequence[Hit]) -> dict[str, list[int]]:
    """Map the words of rules to where they stand: at even places, a second one that is glued to another behind it.

    Those within something innocent are left out.
    """
    places: dict[str, list[int]] = defaultdict(list)
    at = len(BEGIN) + 1
    for number, word in enumerate(words):
        end = at + len(word)
        for form in (word, _plain(word)):
            if form in paired:
                found = [(form, 2 * number)]
            elif len(form) >= GLUED_MIN:
                found = _glued(form, number, paired)
            else:
                continue
            if not any(hit.start <= at and end <= hit.end for hit in spared):
                for part, place in found:
                    places[part].append(place)
            break
        at = end + 1
    return places


def _glued(word: str, number: int, paired: Collection[str]) -> list[tuple[str, int]]:
    """Find two words of rules that are written as one."""
    for cut in range(3, min(len(word) - 2, GLUED_MOST)):
        if word[:cut] in paired and word[cut:] in paired:
            return [(word[:cut], 2 * number), (word[cut:], 2 * number + 1)]
    return []


@lru_cache(maxsize=20_000)
def _plain(word: str) -> str:
    return re.sub(r"(.)\1+", r"\1", word) if len(word) > 4 else word


def _hidden_kinds(word: str, known: Terms) -> Iterable[str]:
    shown = [(place, letter) for place, letter in enumerate(word) if letter != HIDDEN]
    for term, kind in known.whole.get((len(word), word[0]), ()):
        if all(term[place] == letter for place, letter in shown):
            yield kind


def _allowed(words: tuple[str, ...]) -> TermIndex | None:
    return _allowed_index(words) if words else None


@lru_cache(maxsize=4)
def _allowed_index(words: tuple[str, ...]) -> TermIndex:
    index = TermIndex()
    for word in words:
        index.add(word if IS_UNSPACED.search(word) else f" {word} ", INNOCENT)
    return index


# The terms


@cache
def _terms() -> Terms:
    lines = [(file.stem, *each) for file in sorted(FOLDER.glob("*.txt")) for each in _lines(file)]
    groups: dict[str, set[str]] = defaultdict(set)
    for *_, line in lines:
        if line.startswith("@") and " = " in line:
            name, _, words = line.partition(" = ")
            groups[name] |= _forms(words.split())
    known = Terms()
    for language, kind, line in lines:
        if line.startswith("@") and " = " in line:
            continue
        repeated = DOUBLED if language == ENGLISH else TRIPLED
        if "~" in line:
            _add_near(known, kind, line, groups)
        else:
            for term in filter(None, map(str.strip, line.split(","))):
                _add(known, kind, term, repeated)
    return known


def _lines(file: Path) -> Iterable[tuple[str, str]]:
    kind = ""
    for line in file.read_text("utf-8").splitlines():
        if line.startswith("["):
            kind = line.strip("[] ")
            if kind not in KINDS:
                raise ValueError(f"{file.name} has a section {kind!r}, which is no kind of what is refused")
        elif line and not line.startswith("#"):
            yield kind, line


def _add(known: Terms, kind: str, term: str, repeated: int) -> None:
    is_innocent = term.startswith("!")
    term = term.removeprefix("!").strip()
    before = {"*": "", "=": f"{BEGIN} "}.get(term[0], " ")
    behind = {"*": "", "$": f" {END}"}.get(term[-1], f" {END}" if term[0] == "=" else " ")
    if is_innocent and IS_UNSPACED.search(term):
        before = behind = ""
    for words in _written(term.strip("*=$"), is_innocent=is_innocent):
        often = 0 if is_innocent or len(set(words)) == 1 else repeated
        known.index.add(f"{before}{words}{behind}", INNOCENT if is_innocent else kind, repeated=often)
        if repeated == DOUBLED and not is_innocent and kind in HIDDEN_KINDS and len(words) > 3 and words.isalpha():
            known.whole[len(words), words[0]].append((words, kind))


def _written(term: str, *, is_innocent: bool = False) -> Iterable[str]:
    """Write a term as readings may have it: in its own script, and as its letters look.

    What is innocent is so in every reading in which something might be found within it.
    """
    looked = [_looked(term)] if is_innocent or LATIN.search(term) else []
    return dict.fromkeys(" ".join(WORD.findall(folded(text))) for text in (term, *looked))


def _looked(term: str) -> str:
    return lookalikes.skeleton(term)


def _forms(words: Iterable[str]) -> set[str]:
    return {form for word in words for written in _written(word) for form in (written, _plain(written))}


def _add_near(known: Terms, kind: str, line: str, groups: dict[str, set[str]]) -> None:
    line, _, unless = line.partition(" unless ")
    left_words, _, rest = line.partition(" ~")
    within, _, right_words = rest.partition(" ")

    def named(words: str) -> frozenset[str]:
        parts = re.split(r"[|\s]+", words.strip())
        return frozenset(
            form for part in parts for form in (groups[part] if part.startswith("@") else _forms([part])) if form
        )

    near = Near(kind, named(left_words), named(right_words), int(within), named(unless) if unless else frozenset())
    known.near.append(near)
    known.paired |= near.left | near.right
