"""The facts of a film as words, from which labels and captions are written."""

import re
from dataclasses import dataclass

from flask_babel import force_locale

from app.core.errors import Conflict
from app.core.i18n.gettext import _
from app.core.i18n.locales import LOCALES
from app.offer.generation import walk_styles
from app.storage.walk_models import FINISHED, ROUND, STOP, Walk

NAME_MAX = 80  # characters of a prompt in a caption
GRADUAL = 8  # the least frames between two stops of a gradual change
OPENING, CLOSING = re.compile(r"(?<!\w)[\"“”„«»](?=\w)"), re.compile(r"[\"“”„«»]")


@dataclass(frozen=True, slots=True)
class Description:
    """The facts of a film: its stops, the number of frames, the year, its number and ID.

    A stop without words is ``""``; ``prompts`` says whether no stop is made from a photo. ``title`` is the owner's
    title, if any. ``styles`` are the names of its styles as within a sentence.
    """

    stops: tuple[str, ...]
    frames: int
    year: int
    number: int
    id: str
    ending: str = STOP
    public: bool = False
    prompts: bool = False
    title: str = ""
    styles: tuple[str, ...] = ()

    @property
    def names(self) -> tuple[str, ...]:
        """Return the names that captions may use: the ends of the film that have words."""
        return tuple(stop for stop in (self.stops[0], self.stops[-1]) if stop)

    @property
    def holds(self) -> frozenset[str]:
        """Return the conditions of lines that hold for the film.

        ``ends``: it ends at its last stop; ``returns``: it goes back to its first. ``onward``: all its frames lead from
        first to last. ``between``: it has frames between its stops. ``gradual``: it has many of them on each leg.
        """
        legs = len(self.stops) - (self.ending != ROUND)
        conditions = {
            "ends": self.ending == STOP,
            "returns": self.ending != STOP,
            "onward": self.ending != ROUND,
            "between": self.frames > len(self.stops),
            "gradual": self.frames >= GRADUAL * legs,
            "public": self.public,
            "prompts": self.prompts,
        }
        return frozenset(each for each, is_so in conditions.items() if is_so)


def of_walk(walk: Walk, language: str = "en") -> Description:
    """Return the description of a walk, with the names of its styles in ``language``.

    :raises Conflict: while it is not finished.
    """
    if walk.state != FINISHED:
        raise Conflict(_("This walk is not finished. Captions are written when it is."))
    shared = _names_of_only_style(walk)
    with force_locale(str(LOCALES[language])):
        styles = tuple(walk_styles.names(walk))
    return Description(
        stops=tuple(name(_without_style(stop.prompt, shared)) for stop in walk.stops),
        frames=walk.frames,
        year=int(walk.year),
        number=walk.number,
        id=walk.id,
        ending=walk.ending,
        public=walk.is_public,
        prompts=not any(stop.photo for stop in walk.stops),
        title=walk.given_title or "",
        styles=styles,
    )


def _names_of_only_style(walk: Walk) -> frozenset[str]:
    """Return the names of the style that all stops of a walk have, in any language; empty if they have several."""
    words = walk_styles.words_in(walk)
    if len(words) != 1:
        return frozenset()
    names = set(words)
    for locale in LOCALES.values():
        with force_locale(str(locale)):
            names.update(walk_styles.names(walk))
    return frozenset(each.casefold() for each in names)


def _without_style(prompt: str, names: frozenset[str]) -> str:
    """Return a prompt without a style at its end, which the label's medium names once."""
    head, _comma, tail = prompt.rpartition(",")
    return head if head.strip() and tail.strip(" .").casefold() in names else prompt


def name(prompt: str) -> str:
    """Return a prompt for use in quotation marks: on one line, short, without quotation marks or a full stop."""
    line = CLOSING.sub("’", OPENING.sub("‘", " ".join(prompt.split())))
    if len(line) > NAME_MAX:
        cut = line[: NAME_MAX - 1]
        return (cut.rpartition(" ")[0] or cut).rstrip(" .,;:…") + "…"
    return line.rstrip(" .,;:…") or line
