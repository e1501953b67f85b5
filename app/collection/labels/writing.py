"""Write requested captions: by the language model if the site has one, else by the grammar."""

from collections.abc import Callable
from dataclasses import dataclass

from app.collection.labels import captions, language_model, tones
from app.collection.labels.captions import CaptionRequest, Subject


@dataclass(frozen=True, slots=True)
class CaptionSet:
    """Captions, their tone, and who wrote them: ``grammar``, or the name of a language model.

    ``is_near`` is true if the tone is the requested one or a similar one.
    """

    captions: list[str]
    tone: str
    by: str
    is_near: bool = True


def compose(about: Subject, request: CaptionRequest, *, admit: Callable[[], bool]) -> CaptionSet:
    """Return captions; the language model is only asked if ``admit`` returns true for this visitor.

    For a tone that the grammar does not know, it uses the nearest known tone, or else ``captions.TONE``, which suits
    any film.
    """
    options = request.model_dump(include=set(CaptionRequest.model_fields))
    if language_model.name() and admit() and (written := language_model.compose(about, **options)):
        return CaptionSet(written, request.tone, language_model.name())
    near = request.tone if request.tone in captions.TONES else tones.nearest(request.tone)
    tone = near or captions.TONE
    return CaptionSet(captions.compose(about, **options | {"tone": tone}), tone, "grammar", near is not None)
