"""What a page plays of a walk: which of its pictures, where they lie on the walk, and when their turn comes.

A page keeps its place by the position on the walk, so that a film that has become better goes on where it was.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from typing import Any

from app.i18n.gettext import N_, _
from app.presentation.wording import blend, short_name, stations
from app.storage.walk_models import BACK, FINISHED, ROUND, Frame, Walk
from app.walks import media_urls

BUDGET = 16_000_000
"""How many bytes of pictures a page is asked to load while it waits for the film; the early ones span the walk."""

DIGITS = 6
NAME_LENGTH = 40
ENDINGS = {"back": N_("%(film)s, and back again"), "round": N_("%(film)s, and the last into the first")}


def of(walk: Walk) -> dict[str, Any]:
    """Describe the pictures of ``walk`` that are there, in film order, as the player reads it."""
    is_finished = walk.state == FINISHED
    frames = walk.painted if is_finished else affordable(walk.painted)
    frames = sorted(frames, key=lambda frame: frame.position)
    names = [short_name(prompt) for prompt in stations(walk)]
    positions = [frame.position for frame in frames]
    return {
        "positions": [round(position, DIGITS) for position in positions],
        "turns": turns(positions, walk),
        "stills": [media_urls.still_name(walk, frame) for frame in frames],
        "base": f"/media/{walk.id}/still.",
        "names": [name if len(name) <= NAME_LENGTH else f"{name[: NAME_LENGTH - 1]}…" for name in names],
        "count": walk.frames,
        "ending": walk.ending,
        "fps": walk.fps,
        "film": media_urls.public_address(walk, "mp4") if is_finished and "mp4" in walk.media else None,
        "isFinished": is_finished,
        "alt": description(walk),
    }


def middle(frames: Sequence[Frame]) -> Frame:
    """Return the picture that lies nearest the middle of what is painted."""
    centre = (min(frame.position for frame in frames) + max(frame.position for frame in frames)) / 2
    return min(frames, key=lambda frame: (abs(frame.position - centre), frame.position))


def affordable(frames: Sequence[Frame]) -> list[Frame]:
    """Choose the earliest painted pictures that a page may load together, at least those of the first level."""
    chosen, spent = [], 0
    for frame in sorted(frames, key=lambda frame: (frame.rank, frame.position)):
        spent += frame.bytes
        if spent > BUDGET and frame.rank:
            break
        chosen.append(frame)
    return chosen


def turns(positions: Sequence[float], walk: Walk) -> list[float]:
    """Tell when each position's turn comes, counted in frames; a guess by distance until all positions are known."""
    settled = walk.positions or []
    if len(settled) == walk.frames:
        last = len(settled) - 1
        return [min(bisect_left(settled, position - 1e-9), last) for position in positions]
    ends = legs(walk)
    through = walk.frames if walk.ending == ROUND else walk.frames - 1
    return [round(position / ends * through, 3) for position in positions]


def steps(walk: Walk) -> list[float]:
    """List the change from each picture to the next, as it was measured; the way back of a film is left out."""
    read = walk.strides or []
    return read[: walk.frames - 1] if walk.ending == BACK else read


def legs(walk: Walk) -> int:
    """Count the legs of a walk: one less than its stops, but a round walk has one that leads back."""
    return len(stations(walk)) - 1


def description(walk: Walk) -> str:
    """Say in a sentence what the film shows, for those who cannot see it."""
    if walk.state != FINISHED:
        first = next(iter(walk.painted), None)
        if walk.painted_count == 1 and first is not None:
            return _("The first picture painted: %(blend)s", blend=blend(stations(walk), first.position))
        return _("%(title)s: the film as far as it is painted", title=walk.title)
    film = (
        _("a film in which the first turns into the last")
        if len(walk.stops) == 2
        else _("a film in which each turns into the next")
    )
    ending = ENDINGS.get(walk.ending)
    return f"{walk.title}: {_(ending, film=film) if ending else film}"
