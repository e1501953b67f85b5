"""The sound of a walk on the form: its fields as typed, and what is shown of an uploaded sound."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any

from flask import current_app
from markupsafe import Markup
from werkzeug.datastructures import MultiDict

from app.core.i18n.foreign_messages import translate_foreign
from app.core.i18n.formatting import decimal
from app.core.i18n.gettext import N_, _
from app.requests.walk_requests.sound_request import USUAL_SECONDS
from app.site.presentation import typed_numbers as typed
from app.site.presentation import waveform
from app.storage.database import now
from app.storage.upload_models import FAILED, READY, Upload
from app.walks.uploads.sound_analysis import SoundAnalysis

FIELDS = "sound", "sound_start", "sound_length", "sound_way", "publish_sound"
"""The names of the fields of the form; each stop also has the field ``at``."""
WAYS = {"steady": N_("evenly in time"), "pulse": N_("on with each beat"), "energy": N_("faster where it is loud")}
"""How a walk follows its sound, and the words for it. The first is the usual one."""
AGAIN_MS, SELDOM_MS = 500, 15_000  # the shortest and longest polling interval; it grows with the waiting time
SHARE = 4  # the polling interval is the waiting time divided by this
PATIENCE_SECONDS = 600.0  # after which the page stops polling
BEATS_SHOWN = 400
"""How many beats the form lists at most: two minutes have 348 at 174 a minute."""


def seconds_max() -> float:
    """Return the length in seconds of the longest part that a walk can be set to."""
    return float(current_app.config["SOUND_PART_MAX"])


def pictures_max() -> int:
    """Return how many distinct pictures a film that is set to a sound has, at most and unless fewer are asked for."""
    return int(current_app.config["SOUND_PICTURES"])


@dataclass(frozen=True, slots=True)
class SoundView:
    """An uploaded sound on the form: its ID, its flaw if it cannot be used, and what is heard in it once it is read.

    ``again``: milliseconds until the page polls for the analysis; ``None`` once a worker has read the sound, or when
    the page has given up. ``kept``: where the part begins and ends, in seconds of the sound, that a walk kept of it;
    ``None`` for an upload.
    """

    id: str
    flaw: str = ""
    heard: SoundAnalysis | None = None
    again: int | None = None
    kept: tuple[float, float] | None = None

    @property
    def ends(self) -> tuple[float, float]:
        """Return where what is here of the sound begins and ends, in seconds; nowhere until it is read."""
        return self.kept or (0.0, 0.0 if self.heard is None else self.heard.seconds)


def view(sound: Upload) -> SoundView:
    """Return the form's view of a sound."""
    waited = (now() - sound.created_at).total_seconds()
    waits = sound.state not in (READY, FAILED) and waited < PATIENCE_SECONDS
    return SoundView(
        sound.id,
        flaw=translate_foreign(sound.error) if sound.state == FAILED and sound.error else "",
        heard=SoundAnalysis.from_json(sound.analysis) if sound.state == READY and sound.analysis else None,
        again=max(AGAIN_MS, min(SELDOM_MS, round(1000 * waited / SHARE))) if waits else None,
    )


@dataclass(frozen=True, slots=True)
class Beat:
    """A beat of the part: its time from the beginning of the film, and whether it begins a bar."""

    seconds: float
    is_downbeat: bool

    @property
    def time(self) -> str:
        """Return its time as text to type."""
        return decimal(self.seconds)


@dataclass(slots=True)
class SoundLine:
    """The form's fields for the sound of a walk, as typed.

    ``id`` is the sound's ID, or its digest where the form is filled from a walk. ``view`` is what is shown of it, if
    the visitor may use it. Without an ID the other fields are those of a walk whose sound is not here.
    """

    id: str = ""
    start: str = ""
    length: str = ""
    way: str = ""
    may_be_published: bool = False
    view: SoundView | None = None

    @classmethod
    def from_fields(cls, fields: MultiDict[str, str]) -> SoundLine:
        """Return the fields of a query string or a body."""
        sound, start, length, way, may_be_published = (fields.get(name, "") for name in FIELDS)
        return cls(sound, start, length, way, bool(may_be_published))

    @property
    def is_wanted(self) -> bool:
        """Return whether the walk is to have a sound, here or not."""
        return bool(self.id or self.way)

    @property
    def note(self) -> str:
        """Return that a walk's sound is not here, if so."""
        if self.id or not self.way:
            return ""
        return _("The walk has a sound, which is not here. Add it again, or the film is silent.")

    def with_sound(self, sound: Upload) -> SoundLine:
        """Return the fields with an upload; those of another sound go, those of a walk without its sound stay."""
        line = SoundLine(sound.id, view=view(sound))
        if not self.id:
            line.start, line.length, line.way = self.start, self.length, self.way
        return line

    def fields(self) -> dict[str, str]:
        """Return the fields by their names in the form, without empty ones."""
        values = (self.id, self.start, self.length, self.way, "1" if self.may_be_published else "")
        return {name: value for name, value in zip(FIELDS, values, strict=True) if value}

    def request(self) -> dict[str, Any]:
        """Return the fields of an unchecked request, in the JSON API's fields; invalid numbers are kept as text."""
        if not self.id:
            return {}
        sound: dict[str, Any] = {"id": self.id, "way": self.way or next(iter(WAYS))}
        if self.start.strip():
            sound["start"] = typed.number(self.start)
        if self.length.strip():
            sound["length"] = typed.number(self.length)
        return {"sound": sound} | ({"publish_sound": True} if self.may_be_published else {})

    @property
    def heard(self) -> SoundAnalysis | None:
        """Return what is heard in the sound; ``None`` until it is read."""
        return None if self.view is None else self.view.heard

    @property
    def part(self) -> tuple[float, float]:
        """Return where the part begins and how long it is, in seconds; the usual where none or an invalid one is typed.

        It lies within the sound as far as that has been read and is here.
        """
        start, length = typed.number(self.start), typed.number(self.length)
        begin = start if isinstance(start, float) else 0.0
        seconds = length if isinstance(length, float) and length > 0 else USUAL_SECONDS
        if self.view is None or self.heard is None:
            return begin, seconds
        first, last = self.view.ends
        begin = begin if first <= begin < last else first
        return begin, min(seconds, last - begin)

    @property
    def start_written(self) -> str:
        """Return the typed start with the page language's decimal sign; as typed if it is not a number."""
        return typed.localised(self.start)

    @property
    def length_written(self) -> str:
        """Return the typed length with the page language's decimal sign; as typed if it is not a number."""
        return typed.localised(self.length)

    @property
    def usual_length(self) -> str:
        """Return the length of the part if none is typed: less than usual where less follows its start."""
        return decimal(round(replace(self, length="").part[1], 2))

    @property
    def about(self) -> str:
        """Return the length, the tempo and the beats of the sound in sentences; "" until it is read."""
        if self.view is None or self.heard is None:
            return ""
        first, last = self.view.ends
        about = waveform.summary(self.heard, first, last - first)
        return about + " " + _("It is the part that the walk kept.") if self.view.kept else about

    @property
    def is_partial(self) -> bool:
        """Return whether the part is less than the whole sound, which is here."""
        heard = self.heard
        return heard is not None and self.kept is None and self.part != (0.0, heard.seconds)

    @property
    def kept(self) -> tuple[float, float] | None:
        """Return where the part begins and ends that a walk kept, if that is all that is here."""
        return None if self.view is None else self.view.kept

    def waveform(self, *, whole: bool = False) -> Markup:
        """Return the waveform of the part, or of the whole sound, once the sound is read."""
        heard = self.heard
        if heard is None:
            return Markup()
        return waveform.svg(heard, _("your music")) if whole else waveform.svg(heard, _("its part"), *self.part)

    def beats(self) -> list[Beat]:
        """Return the beats of the part; none until the sound is read."""
        heard = self.heard
        if heard is None:
            return []
        start, seconds = self.part
        downbeats = set(heard.downbeats)
        inside = [time for time in heard.beats if start <= time < start + seconds]
        return [Beat(round(time - start, 2), time in downbeats) for time in inside[:BEATS_SHOWN]]

    def places(self, times: Sequence[str]) -> list[float]:
        """Return where each stop lies in the part, in percent, by the times as typed.

        Those without a time are shown evenly between their neighbours; the worker moves them to beats near there.
        """
        seconds = self.part[1]
        values = [typed.number(text) for text in times]
        wanted: list[float | None] = [
            min(100.0, 100 * value / seconds) if isinstance(value, float) else None for value in values
        ]
        wanted[0] = wanted[0] or 0.0
        wanted[-1] = 100.0 if wanted[-1] is None else wanted[-1]
        known = [(index, place) for index, place in enumerate(wanted) if place is not None]
        places = [known[0][1]]
        for (left, start), (right, end) in pairwise(known):
            places += [start + (end - start) * (index - left) / (right - left) for index in range(left + 1, right + 1)]
        return [round(place, 2) for place in places]

    @property
    def edges(self) -> tuple[float, float]:
        """Return where the part begins and how wide it is, in percent of the whole sound."""
        heard = self.heard
        if heard is None:
            return 0.0, 100.0
        start, seconds = self.part
        return round(100 * start / heard.seconds, 2), round(100 * seconds / heard.seconds, 2)
