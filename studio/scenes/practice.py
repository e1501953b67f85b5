"""Practice pictures: scenes of the shipped drawings in one style, with titles and licence."""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from sketch.sketchbook import Sketchbook
from studio.errors import StudioError
from studio.scenes import composition, painted, subjects
from studio.styles import registry

STYLE, LICENCE, CREDIT = "classic", "Apache-2.0", "Noto Emoji by Google LLC, repainted"
"""The style of drawings that are used, which share one licence and one credit."""

SIDE = 256


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture: where it comes from, what it shows, the words of its style, and its PNG file as bytes."""

    source: str
    title: str
    words: str
    data: bytes


def pictures(path: Path, hand: str, count: int) -> Iterator[Picture]:
    """Yield ``count`` pictures of scenes in the style ``hand``; every call yields the same.

    :raises StudioError: when ``path`` is not a drawing library with drawings of :data:`STYLE`, or the style is unknown
        or renders no given backgrounds.
    """
    able = [name for name, each in registry.HANDS.items() if each.paints_ground]
    if hand not in able:
        raise StudioError(f"--practice {hand!r}: no style that renders backgrounds; these do: {', '.join(able)}.")
    whole = subjects.load_subject_library(path)
    book = Sketchbook(
        [each for each in whole.drawings.values() if each.style == STYLE],
        {digest: whole.svg(digest) for digest, each in whole.drawings.items() if each.style == STYLE},
    )
    if not book.drawings:
        raise StudioError(f"{path} holds no drawings of the style {STYLE!r}.")
    plan = subjects.Plan(count, hands=(hand,), unnamed=(hand,), mixed=0.0)
    programme, renderer = subjects.Programme(plan, book), painted.SubjectRenderer(book, size=SIDE)
    for number in range(count):
        subject = programme.subject(number)
        data = io.BytesIO()
        composition.contact_sheet(renderer.paint([subject]).pictures, 1).save(data, "PNG")
        title = subject.first.texts[-1]  # the short caption, without prefix and style
        yield Picture(f"{path.name}:{hand}:{number}", title, registry.HANDS[hand].words, data.getvalue())
