"""The sound that a request sets its walk to: its fields, and the rules that need no sound to be at hand."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Annotated, Literal, Protocol

from flask import current_app
from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from app.core.errors import FieldError
from app.core.i18n.formatting import decimal, number
from app.core.i18n.gettext import _
from app.offer.generation import frame_rates
from app.requests.walk_requests.schema_limits import limits_in_schema
from app.requests.walk_requests.stop_options import StopRequest
from app.storage.walk_models import BACK, ID
from app.walks.uploads.sound_check import SECONDS_MIN

USUAL_SECONDS = 15.0
"""The length of the part if none is requested and the sound is longer."""
WAYS = "steady", "pulse", "energy"
NAME = re.compile(f"(?:{ID.pattern})|[0-9a-f]{{64}}")
APART = 4
"""How many frames a stop without a time needs on its way to the next, so that each finds a frame of its own."""


def _name(text: str) -> str:
    if not NAME.fullmatch(text):
        raise ValueError(_("is not the id of a sound. Upload the sound first; the response contains its id."))
    return text


class SoundRequest(BaseModel):
    """The part of an uploaded sound that a film is set to."""

    model_config = ConfigDict(extra="forbid", strict=True, use_attribute_docstrings=True)

    id: Annotated[
        str,
        AfterValidator(_name),
        limits_in_schema(lambda _: {"pattern": f"^(?:{NAME.pattern})$", "examples": ["k7mz3vq9xw2hd8cf"]}),
    ]
    """The ID of an upload, or the digest of one of your sounds that a recipe names."""
    start: Annotated[float, Field(ge=0, allow_inf_nan=False, examples=[0.0])] = 0.0
    """Where the part begins, in seconds from the sound's beginning."""
    length: Annotated[
        Annotated[float, Field(ge=SECONDS_MIN, allow_inf_nan=False)] | None,
        limits_in_schema(lambda _: {"maximum": current_app.config["SOUND_PART_MAX"], "examples": [None]}),
    ] = None
    """How long the part and the film are, in seconds; by default 15, or what the sound has left."""
    way: Annotated[Literal["steady", "pulse", "energy"], Field(examples=["pulse"])] = "steady"
    """How the walk follows the sound: evenly in time, moved on by each onset, or as fast as it is loud."""


class SoundedRequest(Protocol):
    """The fields of a request on which a sound has a say."""

    stops: list[StopRequest]
    frames: int | None
    easing: bool
    sound: SoundRequest | None

    @property
    def ending(self) -> str:
        """Return how the film ends."""


def errors(request: SoundedRequest) -> Iterator[FieldError]:
    """Yield an error for each field that a sound excludes or needs, and for each time that cannot be."""
    if request.sound is None:
        for index, stop in enumerate(request.stops):
            if stop.at is not None:
                message = _("The time of stop %(number)s needs a sound: name one, or leave it out.", number=index + 1)
                yield FieldError(("stops", index, "at"), message)
        return
    if request.sound.length is not None and request.sound.length > current_app.config["SOUND_PART_MAX"]:
        yield FieldError(("sound", "length"), length_rule())
    if request.ending == BACK:
        yield FieldError(("ending",), _("A film set to a sound cannot go back the way it came: the sound goes on."))
    if request.easing:
        yield FieldError(("easing",), _("A film set to a sound slows down where the sound does: leave easing out."))
    least, most = len(request.stops) + 1, current_app.config["SOUND_PICTURES"]
    if request.frames is not None and not least <= request.frames <= most:
        message = _("The pictures of a film set to a sound must be %(least)s to %(most)s.", least=least, most=most)
        yield FieldError(("frames",), message)
    yield from _order_errors([stop.at for stop in request.stops])


def length_rule() -> str:
    """Return the message with the allowed length of a part."""
    most = current_app.config["SOUND_PART_MAX"]
    return _(
        "The length of the sound must be a number of seconds from %(least)s to %(most)s.",
        least=SECONDS_MIN,
        most=number(most),
    )


def _order_errors(times: Sequence[float | None]) -> Iterator[FieldError]:
    """Yield an error for each time that does not lie after those before it."""
    given = [(index, time) for index, time in enumerate(times) if time is not None]
    for (before, earlier), (index, time) in pairwise(given):
        if time <= earlier:
            values = {"number": index + 1, "before": before + 1, "time": decimal(earlier)}
            message = _(
                "The time of stop %(number)s must be later than that of stop %(before)s, %(time)s seconds.", **values
            )
            yield FieldError(("stops", index, "at"), message)


def time_errors(
    times: Sequence[float | None], *, length: float, fps: float, beats: int, closed: bool
) -> Iterator[FieldError]:
    """Yield an error for each stop that has no frame of its own in a film of this length.

    ``times`` ascend. ``beats`` is the number of beats of the part on which stops without a time are put, of onsets if
    there are more. As the worker does, the first stop without a time is at the beginning and the last at the end;
    ``closed`` says that the end is the first stop again.
    """
    last = frame_rates.frame_at(length, fps) - 1
    for index, time in enumerate(times):
        # the comparison first: no frame has the number of the greatest floats
        if time is not None and (time >= length or frame_rates.frame_at(time, fps) > last):
            values = {"number": index + 1, "length": decimal(round(length, 3))}
            message = _("The time of stop %(number)s lies beyond the end of the film, %(length)s seconds.", **values)
            yield FieldError(("stops", index, "at"), message)
            return
    free = sum(time is None for time in (times[1:] if closed else times[1:-1]))
    if free > beats:
        values = {"stops": free, "beats": beats}
        message = _(
            "This part of the sound has %(beats)s beats for %(stops)s stops without a time between the first and the"
            " last. Give the stops times, or leave some out.",
            **values,
        )
        yield FieldError(("stops",), message)
        return
    yield from _near_errors(times, last=last, fps=fps, closed=closed)


def _near_errors(times: Sequence[float | None], *, last: int, fps: float, closed: bool) -> Iterator[FieldError]:
    """Yield an error for each stop that is not at least a frame after the one before it."""
    frames = [None if time is None else frame_rates.frame_at(time, fps) for time in times]
    frames[0] = frames[0] or 0
    if closed:
        frames.append(last + 1)
    elif frames[-1] is None:
        frames[-1] = last
    known = [(index, frame) for index, frame in enumerate(frames) if frame is not None]
    for (left, start), (right, end) in pairwise(known):
        legs = right - left
        if end - start < (1 if legs == 1 else APART * legs):
            index = min(right, len(times) - 1)
            values = {"number": index + 1, "before": left + 1, "rate": decimal(fps)}
            message = _(
                "Stop %(number)s is too soon after stop %(before)s: at %(rate)s frames a second, no frames are left"
                " for the way.",
                **values,
            )
            yield FieldError(("stops", index, "at"), message)
