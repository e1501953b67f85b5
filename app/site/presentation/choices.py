"""The drawings chosen for a walk's prompts: where its scenes differ from the interpretation of its prompts."""

from typing import Any

from app.core.i18n.locales import here
from app.offer.drawings import offered, sketchbooks
from app.offer.generation import offers
from app.reading import chosen
from app.requests.walk_requests import scenes
from sketch.sketchbook import Drawing
from sketch.styling import drawing_styles


def of_stop(prompt: str, scene: dict[str, Any] | None, *, leave_out: str, seed: int, model: str | None) -> str:
    """Return the form's ``drawing`` field by which a prompt gives a recorded scene; ``""`` if nothing was chosen.

    :param scene: the recorded scene, or ``None`` if the model is not sketch-conditioned.
    :param leave_out: the negative prompt.
    """
    offer = offers.current().get(model)
    reader = None if scene is None else scenes.reader_of(offer)
    if reader is None:
        return ""
    reading = reader.again(prompt, leave_out=leave_out, language=here().language, seed=seed)
    shown = [drawing for drawing in shown_in(scene) if drawing.digest in reader.drawings]
    book = sketchbooks.find(offer)
    if book is not None:  # a painterly style replaces a drawing by its modelled variant
        read = [drawing for item in reading.items for drawing in (item.drawing, *item.others)]
        flat = {drawing_styles.find_modelled(book, drawing.digest): drawing for drawing in reversed(read)}
        shown = [flat.get(drawing.digest, drawing) for drawing in shown]
    return chosen.written(chosen.shown_by(reading, shown))


def shown_in(scene: dict[str, Any] | None) -> list[Drawing]:
    """Return the drawings in a recorded scene, each once, also those removed since; without unknown ones."""
    digests = dict.fromkeys(thing["drawing"] for thing in (scene or {}).get("things", ()))
    return [drawing for drawing in map(offered.find_drawing, digests) if drawing is not None]
