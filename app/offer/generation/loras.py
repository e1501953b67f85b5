"""The site's LoRA files: which exist, and which fit a model.

Each is two files in the folder of the setting ``LORAS``: ``NAME.safetensors``, and ``NAME.json`` with its facts, which
``flask loras add`` writes once a worker has checked the file. A style that a model learned as an adapter
(:mod:`app.offer.generation.adapters`) is listed with them, for that model only.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from functools import lru_cache
from pathlib import Path

from flask import current_app, has_app_context

from app.core.files import atomic_write
from app.core.i18n.formatting import join_words
from app.core.i18n.gettext import _
from app.core.models.facts import ModelFacts
from app.offer.generation import lora_file
from app.offer.generation.adapters import Adapter
from app.offer.generation.lora_file import SUFFIX

NAME_MAX = 60
NAME = re.compile(rf"(?=.{{1,{NAME_MAX}}}$)[a-z0-9]+(-[a-z0-9]+)*")
RECORDED = "loras"
"""The key in a walk's sampling that holds the digests of its LoRA files, by their names."""

WEIGHT_MAX, WEIGHT_DEFAULT = 2.0, 1.0
"""The largest absolute weight, and the default weight."""


@dataclass(frozen=True, slots=True)
class Lora:
    """A LoRA: its name in requests, its title, the digest of its file, and its facts.

    ``model`` is the name of the only model for a style that was taught here. An added LoRA fits all models of its
    ``family``, or all whose text states have its ``width``.
    """

    name: str
    title: str
    digest: str
    licence: str
    trigger: str
    family: str
    width: int | None
    rank: int
    bytes: int
    path: Path
    model: str | None = None

    def fits(self, facts: ModelFacts) -> bool:
        """Return whether it can be applied to a model with these facts; true if they do not rule it out."""
        width = facts.width
        of_flow = lora_file.FLOW_FAMILIES.get(facts.family, "")
        if of_flow or self.family in lora_file.FLOW_FAMILIES.values():
            is_there = bool(facts.family)
            return not is_there or (self.family == of_flow and self.width in (None, width))
        if not isinstance(width, int):  # unknown: the model is not downloaded yet, or of another kind
            return True
        if self.width is not None:
            return bool(self.width == width)
        return not self.family or lora_file.FAMILIES.get(width, self.family) == self.family


def folder() -> Path:
    """Return the folder of the LoRA files."""
    return Path(current_app.config["LORAS"])


def every() -> tuple[Lora, ...]:
    """Return the added LoRA files by name, without unreadable ones."""
    if not has_app_context():
        return ()
    paths = sorted(folder().glob("*.json"))
    return tuple(lora for path in paths if not flaw(path.stem) and (lora := _read(path)) is not None)


def flaw(name: str) -> str:
    """Return why a file in the folder is not offered; "" if it is offered, or does not exist."""
    root = folder().resolve()
    for path in (folder() / f"{name}.json", folder() / f"{name}{SUFFIX}"):
        if path.is_symlink() and path.resolve().parent != root:
            return f"is a symbolic link that leads out of {folder()}"
        if not path.exists():
            return f"has no {path.name} beside it: it was not added by flask loras add"
    return "" if _read(folder() / f"{name}.json") else "has a description that cannot be read"


def strays() -> dict[str, str]:
    """Return the reason for each file in the folder that is not offered, by its name."""
    names = sorted({path.stem for path in folder().glob("[!.]*") if path.suffix in (SUFFIX, ".json")})
    return {name: reason for name in names if (reason := flaw(name))}


def of_model(facts: ModelFacts, learned: Iterable[Adapter]) -> tuple[Lora, ...]:
    """Return the LoRA files that fit a model, and the styles that it learned as adapters.

    A sketch-conditioned model has none, because its network is not one of Stable Diffusion.
    """
    if facts.has_sketches:
        return ()
    by_name = {lora.name: lora for lora in taught(facts, learned)}
    return tuple((by_name | {lora.name: lora for lora in every() if lora.fits(facts)}).values())


def taught(facts: ModelFacts, learned: Iterable[Adapter]) -> list[Lora]:
    """Return the styles that a model learned as adapters, as LoRAs."""
    return [
        Lora(
            each.path.parents[2].name,
            each.title,
            each.digest,
            licence="",
            trigger=each.words,
            family="",
            width=facts.width,
            rank=0,
            bytes=each.path.stat().st_size,
            path=each.path,
            model=facts.name,
        )
        for each in learned
    ]


def find_digest(digest: str, known: Iterable[Lora]) -> Lora | None:
    """Return one of a model's LoRAs by its digest; ``None`` if it was removed or replaced."""
    return next((lora for lora in known if lora.digest == digest), None)


def refusal(name: str, facts: ModelFacts, known: Iterable[Lora]) -> str:
    """Return why a model with these LoRAs cannot use that of this name, as the rest of a sentence after the field."""
    if facts.has_sketches:
        return _(
            "cannot be chosen: the model %(model)s is led by sketches, and LoRA files are made for the networks of"
            " Stable Diffusion.",
            model=facts.name,
        )
    other = next((lora for lora in every() if lora.name == name), None)
    if other is not None:
        return _(
            "cannot be “%(lora)s”: it is made for %(family)s, and not for the model %(model)s.",
            lora=name, family=other.family or _("another model"), model=facts.name,
        )  # fmt: skip
    names = [lora.name for lora in known]
    if not names:
        return _("cannot be “%(lora)s”: no LoRA for this model was added here.", lora=f"{name:.60}")
    return _("cannot be “%(lora)s”. There are %(loras)s.", lora=f"{name:.60}", loras=join_words(names))


def keep(checked: Path, lora: Lora) -> Lora:
    """Offer a checked file, which is already in the folder under another name, and return its LoRA."""
    about = {name: value for name, value in asdict(lora).items() if name not in ("path", "name", "model")}
    path = folder() / f"{lora.name}{SUFFIX}"
    checked.replace(path)
    atomic_write(folder() / f"{lora.name}.json", (json.dumps(about, indent=1, ensure_ascii=False) + "\n").encode())
    return lora


def remove(name: str) -> None:
    """Remove a LoRA's files; the target of a symbolic link stays."""
    for suffix in (".json", SUFFIX):
        (folder() / f"{name}{suffix}").unlink(missing_ok=True)


def _read(path: Path) -> Lora | None:
    try:
        state = path.stat()
    except OSError:
        return None
    return _read_once(path, state.st_mtime_ns, state.st_size)


@lru_cache(maxsize=1024)
def _read_once(path: Path, _changed: int, _bytes: int) -> Lora | None:
    """Return the LoRA that a file describes, ``None`` if it is broken; the result is cached until the file changes."""
    try:
        about = json.loads(path.read_bytes())
        texts = {name: str(about[name]) for name in ("title", "digest", "licence", "trigger", "family")}
        width = None if about["width"] is None else int(about["width"])
        numbers = {"width": width, "rank": int(about["rank"]), "bytes": int(about["bytes"])}
        return Lora(name=path.stem, path=path.with_suffix(SUFFIX), **texts, **numbers)  # type: ignore[arg-type]
    except (OSError, ValueError, LookupError, TypeError):
        return None
