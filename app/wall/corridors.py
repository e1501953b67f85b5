"""Corridors: the walks of an exhibition joined end to end in a loop.

Where a walk ends at another stop than the next one begins, a connecting walk is generated once; it is unlisted and
belongs to the site.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import selectinload

from app.collection.gallery import exhibitions
from app.offer.generation.limits import Limits
from app.requests.walk_requests import drafts, error_messages, intake, walk_rows
from app.requests.walk_requests.walk_request import WalkRequest
from app.storage.database import db
from app.storage.house_models import Exhibition
from app.storage.walk_models import CORRIDOR, FINISHED, ROUND, WAITING, Frame, Stop, Walk
from app.walks.saved import shapes
from app.walks.saved.media_urls import still_address
from app.wall.programme import credits_of, name_of

JOINT_FRAMES = 24
SHOWN = 4  # the number of legs in one answer to a screen
End = tuple[str, str, int]
"""The prompt, style and seed of a stop; stops with equal values show the same picture."""


@dataclass(frozen=True, slots=True)
class CorridorLeg:
    """A leg of a corridor: the part of a walk between the stops ``start`` and ``start + 1``."""

    walk: Walk
    start: int

    @property
    def frames(self) -> list[Frame]:
        """The frames of the leg with both stops; the last leg of a closed walk ends with the walk's first frame."""
        frames = [frame for frame in self.walk.painted if self.start <= frame.position <= self.start + 1]
        is_last = self.walk.ending == ROUND and self.start == len(self.walk.stops) - 1
        return [*frames, self.walk.painted[0]] if is_last else frames

    def to_json(self, number: int) -> dict[str, Any]:
        """Return the leg as JSON data for a screen, with this number."""
        stops = self.walk.stops
        frames = [still_address(self.walk, frame) for frame in self.frames]
        return {
            "number": number,
            "walk": self.walk.url,
            "from": name_of(stops[self.start]),
            "to": name_of(stops[(self.start + 1) % len(stops)]),
            "by": "gallery",
            "credits": credits_of(self.walk),
            "skipped": False,
            "count": len(frames),
            "frames": frames,
            "finished": True,
        }


def legs_of(exhibition: Exhibition) -> list[CorridorLeg]:
    """Return the legs of an exhibition's corridor, once around; connecting walks are finished and not hidden."""
    walks = exhibitions.walks_of(exhibition)
    joints = _joints(walks)
    legs: list[CorridorLeg] = []
    for walk, following in _round(walks):
        legs += _legs(walk)
        joint = joints.get((_key(walk, walk.stops[_end(walk)]), _key(following, following.stops[0])))
        if joint and joint.hidden_at is None:
            legs += _legs(joint)
    return legs


def describe_legs(legs: Sequence[CorridorLeg], at: int) -> list[dict[str, Any]]:
    """Return the JSON data of `SHOWN` legs from the one before ``at`` on; numbers start at 1 and the legs repeat."""
    first = max(1, at - 1)
    return [legs[(number - 1) % len(legs)].to_json(number) for number in range(first, first + SHOWN)] if legs else []


def first_leg(legs: Sequence[CorridorLeg], walk_id: str) -> int:
    """Return the number of a walk's first leg; 1 if the walk is not in the corridor."""
    return next((number for number, leg in enumerate(legs, start=1) if leg.walk.id == walk_id), 1)


def request_joints(exhibition: Exhibition) -> int:
    """Request the missing connecting walks of an exhibition; return their number."""
    lacking = find_missing(exhibition)
    for walk, following in lacking:
        last, first = walk.stops[_end(walk)], following.stops[0]
        stops = [_stop_fields(walk, last), _stop_fields(following, first)]
        fields = {"stops": stops, "frames": JOINT_FRAMES, "unlisted": True, "continues": None}
        limits, aspect = Limits.current(walk.model_name), shapes.aspect(walk)
        fields["aspect"] = aspect if aspect in limits.aspects else None
        wanted = error_messages.read_model(WalkRequest, fields, limits, shape="")
        key = f"{walk.id} {following.id} {first.prompt}"
        intake.submit(drafts.draft(wanted, visitor_key="corridor", origin=CORRIDOR), idempotency_key=key)
    return len(lacking)


def find_missing(exhibition: Exhibition) -> list[tuple[Walk, Walk]]:
    """Return neighbouring walks that lack a connecting walk, finished or waiting; ends with photos are excluded."""
    walks = exhibitions.walks_of(exhibition)
    joints = _joints(walks, even_waiting=True)
    return [
        (walk, following)
        for walk, following in _round(walks)
        if (end := _key(walk, walk.stops[_end(walk)])) != (start := _key(following, following.stops[0]))
        and not walk.stops[_end(walk)].photo
        and not following.stops[0].photo
        and (end, start) not in joints
    ]


def _stop_fields(walk: Walk, stop: Stop) -> dict[str, Any]:
    return walk_rows.joining_stop(stop) | {"seed": walk.seed_of(stop), "scene": stop.scene}


def _joints(walks: Sequence[Walk], *, even_waiting: bool = False) -> dict[tuple[End, End], Walk]:
    """Return the connecting walks of an exhibition's walks by their end stops, finished or also waiting ones."""
    states = (FINISHED, *WAITING) if even_waiting else (FINISHED,)
    begins = Walk.stops.any((Stop.position == 0) & Stop.prompt.in_({walk.stops[_end(walk)].prompt for walk in walks}))
    query = select(Walk).where(Walk.origin == CORRIDOR, Walk.state.in_(states), Walk.deleted_at.is_(None), begins)
    found = db.session.scalars(query.options(selectinload(Walk.stops), selectinload(Walk.painted))).all()
    return {(_key(joint, joint.stops[0]), _key(joint, joint.stops[-1])): joint for joint in found if joint.stops}


def _round(walks: Sequence[Walk]) -> Iterator[tuple[Walk, Walk]]:
    """Return pairs of each walk and the one that follows it, the last with the first."""
    whole = [walk for walk in walks if walk.stops]
    return zip(whole, [*whole[1:], *whole[:1]], strict=True)


def _legs(walk: Walk) -> list[CorridorLeg]:
    count = len(walk.stops) if walk.ending == ROUND else len(walk.stops) - 1
    return [CorridorLeg(walk, start) for start in range(count)]


def _end(walk: Walk) -> int:
    """Return the index of the stop at which a walk ends: 0 for the ending `round`."""
    return 0 if walk.ending == ROUND else len(walk.stops) - 1


def _key(walk: Walk, stop: Stop) -> End:
    return stop.prompt, stop.requested_style, walk.seed_of(stop)
