"""What a label may say: the facts of a film, as words. Whatever can be described so can be captioned."""

from __future__ import annotations

import re
from dataclasses import dataclass

from app.errors import Unfinished
from app.i18n.gettext import _
from app.storage.walk_models import FINISHED, ROUND, STOP, Walk

NAME_MAX = 80  # characters of a prompt in a caption
GRADUAL = 8  # frames from a stop to the next, at least, for a change that is called gradual
OPENING, CLOSING = re.compile(r"(?<!\w)[\"“”„«»](?=\w)"), re.compile(r"[\"“”„«»]")


@dataclass(frozen=True, slots=True)
class Description:
    """The facts of a film: what it leads through, how many frames it has, when it was painted, its number and id.

    A stop without words is ``""``; ``prompts`` says whether all stops are words alone, none of them a photo.
    """

    stops: tuple[str, ...]
    frames: int
    year: int
    number: int
    id: str
    ending: str = STOP
    public: bool = False
    prompts: bool = False

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


def of_walk(walk: Walk) -> Description:
    """Describe a walk.

    :raises Unfinished: while it is not finished.
    """
    if walk.state != FINISHED:
        raise Unfinished.on("walk", message=_("This walk is not finished. Captions are written when it is."))
    return Description(
        stops=tuple(name(stop.prompt) for stop in walk.stops),
        frames=walk.frames,
        year=int(walk.year),
        number=walk.number,
        id=walk.id,
        ending=walk.ending,
        public=walk.is_hanging,
        prompts=not any(stop.photo for stop in walk.stops),
    )


def name(prompt: str) -> str:
    """Write a prompt so that it can stand in quotation marks: on one line, short, without such marks or a full stop."""
    line = CLOSING.sub("’", OPENING.sub("‘", " ".join(prompt.split())))
    if len(line) > NAME_MAX:
        cut = line[: NAME_MAX - 1]
        return (cut.rpartition(" ")[0] or cut).rstrip(" .,;:…") + "…"
    return line.rstrip(" .,;:…") or line
