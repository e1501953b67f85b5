"""The data with which a page's player plays a walk: its pictures, their positions and their places in the film.

The player remembers the position on the walk, so that it continues in the same place when more pictures arrive.
"""

from bisect import bisect_left
from collections.abc import Sequence
from itertools import accumulate
from typing import Any

from app.core.addresses import on_site
from app.core.i18n.gettext import N_, _
from app.site.presentation import walk_music
from app.site.presentation.wording import blend, short_name, stations
from app.storage.walk_models import BACK, FINISHED, ROUND, Frame, Walk
from app.walks.saved import film_times, media_urls

BUDGET = 16_000_000
"""The most bytes of pictures that a page loads before the film exists; early pictures span the whole walk."""

DIGITS = 6
NAME_LENGTH = 40
ENDINGS = {"back": N_("%(film)s, and back again"), "round": N_("%(film)s, and the last into the first")}


def describe_reel(walk: Walk) -> dict[str, Any]:
    """Return a walk's generated pictures in film order, as the JSON object that ``static/player.js`` reads."""
    is_finished = walk.state == FINISHED
    frames = walk.painted if is_finished else affordable(walk.painted)
    frames = sorted(frames, key=lambda frame: frame.position)
    names = [short_name(prompt) for prompt in stations(walk)]
    positions = [frame.position for frame in frames]
    music = walk_music.of_walk(walk)
    return {
        "positions": [round(position, DIGITS) for position in positions],
        "turns": turns(positions, walk),
        "stills": [media_urls.still_name(walk, frame) for frame in frames],
        "base": on_site(f"/media/{walk.id}/still."),
        "alone": on_site(f"/walks/{walk.id}/frames/"),
        "names": [name if len(name) <= NAME_LENGTH else f"{name[: NAME_LENGTH - 1]}…" for name in names],
        "count": film_times.frames(walk),
        "ending": walk.ending,
        "hold": film_times.hold_of(walk),
        "fps": walk.fps,
        "film": media_urls.public_address(walk, "mp4") if is_finished and "mp4" in walk.media else None,
        "isFinished": is_finished,
        "music": music.for_player() if is_finished and music is not None else None,
        "alt": description(walk),
    }


def middle(frames: Sequence[Frame]) -> Frame:
    """Return the frame nearest to the middle of those generated so far; there must be at least one."""
    centre = (min(frame.position for frame in frames) + max(frame.position for frame in frames)) / 2
    return min(frames, key=lambda frame: (abs(frame.position - centre), frame.position))


def affordable(frames: Sequence[Frame]) -> list[Frame]:
    """Return the frames that a page may load within ``BUDGET``, earliest pass first; always the whole first pass."""
    chosen, spent = [], 0
    for frame in sorted(frames, key=lambda frame: (frame.rank, frame.position)):
        spent += frame.bytes
        if spent > BUDGET and frame.rank:
            break
        chosen.append(frame)
    return chosen


def turns(positions: Sequence[float], walk: Walk) -> list[float]:
    """Return each position's place in the film, as a frame number from 0.

    Until the positions of all frames are known, it is a fraction estimated from the distance.
    """
    final = walk.positions or []
    if walk.sound_length is not None:
        return _sounded_turns(positions, walk)
    if len(final) == walk.frames:
        last = len(final) - 1
        return [min(bisect_left(final, position - 1e-9), last) for position in positions]
    ends = legs(walk)
    through = walk.frames if walk.ending == ROUND else walk.frames - 1
    return [round(position / ends * through, 3) for position in positions]


def _sounded_turns(positions: Sequence[float], walk: Walk) -> list[float]:
    """Return each position's place in a film set to a sound; until its pictures are planned, it is estimated."""
    if walk.positions and walk.holds:
        begins = dict(zip(walk.positions, accumulate(walk.holds, initial=0), strict=False))
        return [begins[position] for position in positions]
    last, ends = film_times.frames(walk) - 1, legs(walk)
    return [round(position / ends * last, 3) for position in positions]


def steps(walk: Walk) -> list[float]:
    """Return the measured difference between each frame and the next, without a film's way back."""
    strides = walk.step_sizes or []
    return strides[: walk.frames - 1] if walk.ending == BACK else strides


def legs(walk: Walk) -> int:
    """Return the number of a walk's legs: one fewer than its stops, but as many as its stops for a round walk."""
    return len(stations(walk)) - 1


def description(walk: Walk) -> str:
    """Return the film's alternative text: a sentence on what it shows."""
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
