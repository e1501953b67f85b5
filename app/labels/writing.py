"""Captions as somebody wishes them: by the language model where the site has one, else by the grammar."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from app.labels import captions, language_model, tones
from app.labels.captions import CaptionRequest, Subject


@dataclass(frozen=True, slots=True)
class Written:
    """Captions, the tone that they are in, and who wrote them: ``grammar``, or the name of a language model.

    ``is_near`` tells whether the tone is the one asked for, or means something like it.
    """

    captions: list[str]
    tone: str
    by: str
    is_near: bool = True


def compose(about: Subject, wanted: CaptionRequest, *, admit: Callable[[], bool]) -> Written:
    """Write captions; the model is asked only if ``admit`` lets this visitor ask it.

    A tone that the grammar does not know is written in the known one that comes nearest, and in the first of those that
    suit any film where none does.
    """
    asked = wanted.model_dump(include=set(CaptionRequest.model_fields))
    if language_model.name() and admit() and (found := language_model.compose(about, **asked)):
        return Written(found, wanted.tone, language_model.name())
    near = wanted.tone if wanted.tone in captions.TONES else tones.nearest(wanted.tone)
    tone = near or captions.TONE
    return Written(captions.compose(about, **asked | {"tone": tone}), tone, "grammar", near is not None)
