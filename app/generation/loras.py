"""The LoRA files of the site: which there are, and which fit a model.

Each is two files in the folder that ``LORAS`` names: ``NAME.safetensors``, and ``NAME.json`` with what is known of it,
which ``flask loras add`` writes once a worker has checked the file. A style that a model learned as an adapter
(:mod:`app.generation.adapters`) is of the same kind and listed with them, for that model alone.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from flask import current_app, g, has_app_context, has_request_context

from app.files import atomic_write
from app.generation import adapters, lora_file, models_on_offer
from app.generation.lora_file import SUFFIX
from app.i18n.formatting import join_words
from app.i18n.gettext import _

NAME_MAX = 60
NAME = re.compile(rf"(?=.{{1,{NAME_MAX}}}$)[a-z0-9]+(-[a-z0-9]+)*")
RECORDED = "loras"
"""The name in a walk's sampling under which the digests of its LoRA files stand, by their names."""

WEIGHT_MAX, WEIGHT_STEP, WEIGHT_DEFAULT = 2.0, 0.05, 1.0
"""A weight may be from minus to plus the first; the form's slider goes by the second."""


@dataclass(frozen=True, slots=True)
class Lora:
    """A LoRA: its name in requests, its title, the digest of its file, and what is known of it.

    ``model`` names the one model of a style that was taught here; a LoRA that was added fits all of its ``family``, or
    all whose text states have its ``width``.
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

    def fits(self, facts: dict[str, Any]) -> bool:
        """Return whether it can be laid over a model of these facts; yes where nothing says no."""
        width = facts.get("width")
        of_flow = lora_file.FLOW_FAMILIES.get(facts.get("family", ""), "")
        if of_flow or self.family in lora_file.FLOW_FAMILIES.values():
            is_there = bool(facts.get("family"))
            return not is_there or (self.family == of_flow and self.width in (None, width))
        if not isinstance(width, int):  # the model is not downloaded yet, or of another make
            return True
        if self.width is not None:
            return bool(self.width == width)
        return not self.family or lora_file.FAMILIES.get(width, self.family) == self.family


def folder() -> Path:
    """Return the folder of the LoRA files."""
    return Path(current_app.config["LORAS"])


def every() -> tuple[Lora, ...]:
    """List the LoRA files that were added, by name; without those that cannot be read."""
    if not has_app_context():
        return ()
    found = sorted(folder().glob("*.json"))
    return tuple(lora for path in found if not flaw(path.stem) and (lora := _read(path)) is not None)


def flaw(name: str) -> str:
    """Describe why a file in the folder is not offered; "" where nothing is wrong, or there is none."""
    root = folder().resolve()
    for path in (folder() / f"{name}.json", folder() / f"{name}{SUFFIX}"):
        if path.is_symlink() and path.resolve().parent != root:
            return f"is a symbolic link that leads out of {folder()}"
        if not path.exists():
            return f"has no {path.name} beside it: it was not added by flask loras add"
    return "" if _read(folder() / f"{name}.json") else "has a description that cannot be read"


def strays() -> dict[str, str]:
    """List the files in the folder that are not offered, with the reason of each."""
    names = sorted({path.stem for path in folder().glob("[!.]*") if path.suffix in (SUFFIX, ".json")})
    return {name: reason for name in names if (reason := flaw(name))}


def of_model(setting: str | None = None) -> tuple[Lora, ...]:
    """List what may be chosen for a model (by its setting; the site's first): LoRA files that fit, and taught styles.

    A model that sketches lead has none: its network is no Stable Diffusion's.
    """
    if not has_app_context():
        return ()
    setting = setting or current_app.config["MODEL"]
    known: dict[str, tuple[Lora, ...]] = g.setdefault("loras", {}) if has_request_context() else {}
    if setting not in known:  # a page asks several times
        known[setting] = _of_model(setting)
    return known[setting]


def _of_model(setting: str) -> tuple[Lora, ...]:
    facts = models_on_offer.facts(setting)
    if facts["has_sketches"]:
        return ()
    listed = {lora.name: lora for lora in taught(setting)}
    return tuple((listed | {lora.name: lora for lora in every() if lora.fits(facts)}).values())


def taught(setting: str) -> list[Lora]:
    """List the styles that a model was taught here, which may be chosen as LoRA files are."""
    facts = models_on_offer.facts(setting)
    return [
        Lora(
            each.path.parents[2].name, each.title, each.digest, "", each.words, "", facts.get("width"), 0,
            each.path.stat().st_size, each.path, model=facts["name"],
        )
        for each in adapters.of_model(setting)
    ]  # fmt: skip


def find(name: str, setting: str | None = None) -> Lora | None:
    """Return the LoRA of this name that fits a model; None where there is none."""
    return next((lora for lora in of_model(setting) if lora.name == name), None)


def find_digest(digest: str, setting: str) -> Lora | None:
    """Return the LoRA of a model by its digest; None where it was removed, or replaced since."""
    return next((lora for lora in of_model(setting) if lora.digest == digest), None)


def record_digests(sampling: dict[str, Any], names: Iterable[str | None], setting: str) -> dict[str, Any]:
    """Return a walk's sampling with the digests of the LoRA files of its stops, as its recipe has them."""
    rest = {name: value for name, value in sampling.items() if name != RECORDED}
    wanted = sorted({name for name in names if name})
    found = {name: lora.digest for name in wanted if (lora := find(name, setting)) is not None}
    return rest | {RECORDED: found} if found else rest


def refusal(name: str, setting: str) -> str:
    """Return why a model cannot paint with the LoRA of this name, as what follows on the field's name."""
    facts = models_on_offer.facts(setting)
    if facts["has_sketches"]:
        return _(
            "cannot be chosen: the model %(model)s is led by sketches, and LoRA files are made for the networks of"
            " Stable Diffusion.",
            model=facts["name"],
        )
    other = next((lora for lora in every() if lora.name == name), None)
    if other is not None:
        return _(
            "cannot be “%(lora)s”: it is made for %(family)s, and not for the model %(model)s.",
            lora=name, family=other.family or _("another model"), model=facts["name"],
        )  # fmt: skip
    names = [lora.name for lora in of_model(setting)]
    if not names:
        return _("cannot be “%(lora)s”: no LoRA for this model was added here.", lora=f"{name:.60}")
    return _("cannot be “%(lora)s”. There are %(loras)s.", lora=f"{name:.60}", loras=join_words(names))


def keep(checked: Path, lora: Lora) -> Lora:
    """Offer a file that was checked, which lies in the folder already under another name."""
    about = {name: value for name, value in asdict(lora).items() if name not in ("path", "name", "model")}
    path = folder() / f"{lora.name}{SUFFIX}"
    checked.replace(path)
    atomic_write(folder() / f"{lora.name}.json", (json.dumps(about, indent=1, ensure_ascii=False) + "\n").encode())
    return lora


def remove(name: str) -> None:
    """Remove a LoRA's files; those of a symbolic link stay."""
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
    """Read what is known of a file as long as it is the same: a page asks several times."""
    try:
        told = json.loads(path.read_bytes())
        texts = {name: str(told[name]) for name in ("title", "digest", "licence", "trigger", "family")}
        width = None if told["width"] is None else int(told["width"])
        numbers = {"width": width, "rank": int(told["rank"]), "bytes": int(told["bytes"])}
        return Lora(name=path.stem, path=path.with_suffix(SUFFIX), **texts, **numbers)  # type: ignore[arg-type]
    except (OSError, ValueError, LookupError, TypeError):
        return None
