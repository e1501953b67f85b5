"""Which drawings were chosen for a walk's prompts: what its scenes show beside what its prompts are read as."""

from __future__ import annotations

from typing import Any

from app.commissions import scenes
from app.generation import models_on_offer
from app.i18n.locales import here
from app.reading import chosen
from app.reading.reader import Reader
from sketch.sketchbook import Drawing


def of_stop(prompt: str, scene: dict[str, Any] | None, *, leave_out: str, seed: int, model: str | None) -> str:
    """Return the form's field by which a prompt is read as what a scene shows; "" where nothing was chosen."""
    reader = None if scene is None else scenes.reader_of(models_on_offer.setting(model))
    if reader is None:
        return ""
    reading = reader.again(prompt, leave_out=leave_out, language=here().language, seed=seed)
    return chosen.written(chosen.shown_by(reading, shown_in(scene, reader)))


def shown_in(scene: dict[str, Any] | None, reader: Reader) -> list[Drawing]:
    """List the drawings in a scene as it is recorded, each once, as far as they are known."""
    digests = dict.fromkeys(thing["drawing"] for thing in (scene or {}).get("things", ()))
    return [reader.drawings[digest] for digest in digests if digest in reader.drawings]
