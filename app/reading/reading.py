"""What a prompt was read as."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from sketch.arrangement import Item, Wish, arrange
from sketch.colour import Appearance
from sketch.scene import MOST_THINGS, Scene
from sketch.sketchbook import Drawing, Sketchbook
from sketch.styling import styled

VERSION = 6
"""Of the reader: another one may read the same prompt differently."""

LookOf = Callable[[str], Appearance | None]
"""Says how a drawing looks, by its digest, where that is known."""

BY_NAME, BY_KEYWORD, BY_KIND, FREELY = "name", "keyword", "kind", "freely"
"""How a drawing was found: by its name or another one, by what goes with it, as a kind of it, or by meaning alone."""


def unseen(digest: str) -> Appearance | None:  # noqa: ARG001
    """Know of no drawing how it looks."""
    return None


@dataclass(frozen=True, slots=True)
class Found:
    """A thing that was read: the drawing chosen for it, up to three others, and the words that it was read from.

    ``span`` says from where to where ``words`` stand in the prompt.
    """

    drawing: Drawing
    others: tuple[Drawing, ...]
    words: str
    span: tuple[int, int]
    how: str
    count: int = 1
    colour: str = ""
    size: float = 1.0


@dataclass(frozen=True, slots=True)
class Reading:
    """A prompt as things and what is wished of their scene.

    ``words`` is what the painter is told, in English; ``hands`` are the styles that were named, as they were written;
    ``unwanted`` are the names of what must not be shown.
    """

    items: tuple[Found, ...]
    wish: Wish
    words: str
    hands: tuple[str, ...] = ()
    unwanted: tuple[str, ...] = ()
    language: str = "en"
    version: int = VERSION
    look_of: LookOf = field(default=unseen, compare=False, repr=False)

    def scene(self, seed: int) -> Scene:
        """Arrange what was read: the same scene for the same seed."""
        return arrange(shown(self.items, self.look_of), self.wish, seed)

    def styled(self, seed: int, *, marks: str, book: Sketchbook, walk_seed: int) -> Scene:
        """Arrange and compose what was read as a style wants it that draws in some marks.

        :raises SketchbookError: where a drawing cannot be rendered.
        """
        items = shown(self.items, self.look_of)
        return styled.arrange(items, self.wish, seed, marks=marks, book=book, walk_seed=walk_seed)


def shown(found: Sequence[Found], look_of: LookOf = unseen) -> list[Item]:
    """Return what a scene shows of the things that were found: no more than fit into it, but one of each."""
    left, items = MOST_THINGS, []
    for place, each in enumerate(found):
        count = max(1, min(each.count, left - (len(found) - place - 1)))
        left -= count
        drawing = each.drawing
        look = look_of(drawing.digest)
        items.append(Item(drawing.digest, drawing.name, drawing.kind, count, each.colour, each.size, look))
    return items
