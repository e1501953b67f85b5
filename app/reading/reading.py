"""The interpretation of a prompt: the drawings that it means, and the scene that they make."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Final, Literal

from app.core.text import stop_notes, tool_tags
from sketch.arrangement import Item, Wish, arrange
from sketch.colour import Appearance
from sketch.scene import MOST_THINGS, Scene
from sketch.sketchbook import Drawing, Sketchbook
from sketch.styling import styled

VERSION = 13
"""The version of the prompt parser; another version may interpret the same prompt differently."""

LookOf = Callable[[str], Appearance | None]
"""Returns the appearance of a drawing by its digest, or ``None`` if it is unknown."""

BY_NAME, BY_KEYWORD, BY_KIND, BY_IDEA = "name", "keyword", "kind", "idea"
FREELY, CHOSEN = "freely", "chosen"
"""How a drawing was found: by one of its names, by a keyword, as a kind of the named thing, for an idea without a
shape, by meaning alone, or by the visitor's choice."""


def unseen(digest: str) -> Appearance | None:  # noqa: ARG001
    """Return ``None``: the appearance of every drawing is unknown."""
    return None


@dataclass(frozen=True, slots=True)
class Found:
    """A thing in the interpretation: its drawing, up to three alternatives, and the words of the prompt that mean it.

    ``span`` is the range of ``words`` in the prompt, in characters; ``how`` is one of ``BY_NAME`` to ``CHOSEN``.
    ``variants`` are other drawings of the same name, for further ones of several things; ``holds`` is how many things a
    drawing shows.
    """

    drawing: Drawing
    others: tuple[Drawing, ...]
    words: str
    span: tuple[int, int]
    how: str
    count: int = 1
    colour: str = ""
    size: float = 1.0
    variants: tuple[Drawing, ...] = ()
    holds: int = 1

    @property
    def is_free(self) -> bool:
        """Return whether no word of the prompt names the drawing: another one would do as well."""
        return self.how in (FREELY, BY_IDEA)


Mark = Literal["read", "approximated", "not read"]
READ: Final = "read"
APPROXIMATED: Final = "approximated"
NOT_READ: Final = "not read"


@dataclass(frozen=True, slots=True)
class WordMark:
    """A word of a prompt as written, and whether it is read, approximated or not read.

    ``thing`` is the name of the drawing that it led to, ``""`` for none; ``is_lacking`` says that no drawing has the
    word as its name; ``corrected`` is the folded word that it was taken for, ``""`` if it is spelt right.
    """

    word: str
    mark: Mark
    thing: str = ""
    is_lacking: bool = False
    corrected: str = ""


@dataclass(frozen=True, slots=True)
class Reading:
    """An interpreted prompt: its things, and the wishes for their scene.

    ``words`` is the prompt for the model, in English; ``style_names`` are those of the prompt, as written;
    ``unwanted`` are the names of the concepts that must not be shown; ``ignored`` the tags and syntax of other tools;
    ``unread`` the words in a script or language that the parser cannot read; ``marks`` those of the prompt's words.
    """

    items: tuple[Found, ...]
    wish: Wish
    words: str
    style_names: tuple[str, ...] = ()
    unwanted: tuple[str, ...] = ()
    language: str = "en"
    ignored: tuple[str, ...] = ()
    unread: tuple[str, ...] = ()
    marks: tuple[WordMark, ...] = ()
    version: int = VERSION
    look_of: LookOf = field(default=unseen, compare=False, repr=False)

    @property
    def is_read(self) -> bool:
        """Return whether anything was found in the prompt: a thing by its words, a setting, a style, a refusal."""
        is_found = any(item.how != FREELY for item in self.items)
        return is_found or bool(self.style_names or self.unwanted) or self.wish != Wish()

    @property
    def notes(self) -> tuple[str, ...]:
        """Return the notes (:mod:`app.core.text.stop_notes`) on what was not read, ignored or chosen freely."""
        given = {
            stop_notes.NOT_READ: not self.is_read,
            stop_notes.PARTLY_READ: self.is_read and bool(self.unread),
            stop_notes.FREELY: any(item.is_free for item in self.items),
            stop_notes.TAGS: bool(tool_tags.tags(self.ignored)),
            stop_notes.NO_WEIGHTS: tool_tags.has_weights(self.ignored),
        }
        return tuple(note for note, is_given in given.items() if is_given)

    def scene(self, seed: int) -> Scene:
        """Return the scene of these things; the same one for the same seed."""
        return arrange(shown(self.items, self.look_of), self.wish, seed)

    def styled(self, seed: int, *, marks: str, book: Sketchbook, walk_seed: int) -> Scene:
        """Return the scene of these things, composed for a style.

        :param seed: the seed of the arrangement.
        :param marks: the kind of marks with which the style draws.
        :param book: the drawing library that holds the drawings.
        :param walk_seed: the seed of the walk, which its scenes share.
        :raises SketchbookError: when a drawing cannot be rendered.
        """
        items = shown(self.items, self.look_of)
        return styled.arrange(items, self.wish, seed, marks=marks, book=book, walk_seed=walk_seed)


def shown(found: Sequence[Found], look_of: LookOf = unseen) -> list[Item]:
    """Return the items of a scene for some things: at least one of each, and at most ``MOST_THINGS`` together."""
    left, items = MOST_THINGS, []
    for index, each in enumerate(found):
        count = max(1, min(-(-each.count // each.holds), left - (len(found) - index - 1)))
        left -= count
        drawing = each.drawing
        look = look_of(drawing.digest)
        variants = tuple(variant.digest for variant in each.variants)
        items.append(
            Item(
                drawing.digest,
                drawing.name,
                drawing.kind,
                count=count,
                colour=each.colour,
                size=each.size,
                appearance=look,
                variants=variants,
            )
        )
    return items
