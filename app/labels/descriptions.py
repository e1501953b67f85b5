"""What a label may say: the facts of a film, as words. Whatever can be described so can be captioned."""

from __future__ import annotations

import re
from dataclasses import dataclass

from flask_babel import force_locale

from app.errors import Conflict
from app.generation import hands
from app.i18n.gettext import _
from app.i18n.locales import LOCALES
from app.storage.walk_models import FINISHED, ROUND, STOP, Walk

NAME_MAX = 80  # characters of a prompt in a caption
GRADUAL = 8  # frames from a stop to the next, at least, for a change that is called gradual
OPENING, CLOSING = re.compile(r"(?<!\w)[\"“”„«»](?=\w)"), re.compile(r"[\"“”„«»]")


@dataclass(frozen=True, slots=True)
class Description:
    """The facts of a film: what it leads through, how many frames it has, when it was painted, its number and id.

    A stop without words is ``""``; ``prompts`` says whether all stops are words alone, none of them a photo. ``title``
    is its owner's, if there is one, and ``hands`` are named as within a sentence.
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
    hands: tuple[str, ...] = ()

    @property
    def names(self) -> tuple[str, ...]:
        """List the names by which captions may call it: those of its ends that have words."""
        return tuple(stop for stop in (self.stops[0], self.stops[-1]) if stop)

    @property
    def holds(self) -> frozenset[str]:
        """Name what is true of the film, of what lines may need.

        ``ends``: its last stop ends it; ``returns``: it goes back to its first. ``onward``: all its frames are on the
        way from first to last. ``between``: it has frames that are no stop. ``gradual``: many of them on each leg.
        """
        legs = len(self.stops) - (self.ending != ROUND)
        told = {
            "ends": self.ending == STOP,
            "returns": self.ending != STOP,
            "onward": self.ending != ROUND,
            "between": self.frames > len(self.stops),
            "gradual": self.frames >= GRADUAL * legs,
            "public": self.public,
            "prompts": self.prompts,
        }
        return frozenset(each for each, is_so in told.items() if is_so)


def of_walk(walk: Walk, language: str = "en") -> Description:
    """Describe a walk; its hands are named in ``language``.

    :raises Conflict: while it is not finished.
    """
    if walk.state != FINISHED:
        raise Conflict(_("This walk is not finished. Captions are written when it is."))
    with force_locale(str(LOCALES[language])):
        named = tuple(hands.names(walk))
    return Description(
        stops=tuple(name(stop.prompt) for stop in walk.stops),
        frames=walk.frames,
        year=int(walk.year),
        number=walk.number,
        id=walk.id,
        ending=walk.ending,
        public=walk.is_public,
        prompts=not any(stop.photo for stop in walk.stops),
        title=walk.given_title or "",
        hands=named,
    )


def name(prompt: str) -> str:
    """Write a prompt so that it can stand in quotation marks: on one line, short, without such marks or a full stop."""
    line = CLOSING.sub("’", OPENING.sub("‘", " ".join(prompt.split())))
    if len(line) > NAME_MAX:
        cut = line[: NAME_MAX - 1]
        return (cut.rpartition(" ")[0] or cut).rstrip(" .,;:…") + "…"
    return line.rstrip(" .,;:…") or line
