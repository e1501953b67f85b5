"""What a finished walk's page shows of the music that its film is set to: the part, its waveform, and what it does."""

import math
from dataclasses import dataclass
from itertools import accumulate, groupby
from typing import Any

from markupsafe import Markup

from app.core.i18n.formatting import decimal, number
from app.core.i18n.gettext import N_, _
from app.site.presentation import waveform
from app.storage.walk_models import Walk
from app.walks.uploads.sound_analysis import SoundAnalysis

SILENT = 0.002
"""The root mean square below which nothing is heard: 54 dB below full scale."""
LOUD = 0.4
"""The share of the loudest second from which a second is called loud."""
SHORTEST = 2
"""The seconds that a caption lasts at least."""
LEVELS = {"silent": N_("Silence"), "quiet": N_("Quiet music"), "loud": N_("Loud music")}
WAYS = {
    "steady": N_("The film moves evenly in time."),
    "pulse": N_("The film moves on with each beat."),
    "energy": N_("The film moves faster where the music is loud."),
}
BEATS_MAX = 1_000


@dataclass(frozen=True, slots=True)
class Caption:
    """What the music does from a second of the film on."""

    second: int
    text: str

    @property
    def time(self) -> str:
        """Return its second as minutes and seconds."""
        return clock(self.second)


@dataclass(frozen=True, slots=True)
class WalkMusic:
    """The part of a sound that a film is set to, in seconds of the sound; `heard` is what is in the whole sound."""

    start: float
    length: float
    way: str
    heard: SoundAnalysis | None
    stops: tuple[float, ...]  # where its stops are, in percent of the film; empty until they are planned

    @property
    def label(self) -> str:
        """Return for the wall label which part it is, and how the film follows it."""
        part = _("Set to music, %(part)s.", part=self.part)
        return f"{part} {_(WAYS[self.way])}" if self.way in WAYS else part

    @property
    def part(self) -> str:
        """Return the part in words: ``from 0:04 to 0:14``."""
        return _("from %(start)s to %(end)s", start=clock(self.start), end=clock(self.start + self.length))

    @property
    def waveform(self) -> Markup:
        """Return the waveform of the part with its beats; empty where nothing is known of the sound."""
        if self.heard is None:
            return Markup()
        return waveform.svg(self.heard, _("the music of this film"), self.start, self.length)

    @property
    def beats(self) -> list[float]:
        """Return the beats in seconds of the film."""
        heard = self.heard.beats if self.heard else ()
        inside = [round(time - self.start, 3) for time in heard if 0 <= time - self.start < self.length]
        return inside[:BEATS_MAX]

    @property
    def captions(self) -> list[Caption]:
        """Return what the music does, for those who do not hear it: where it becomes loud, quiet or silent."""
        if self.heard is None:
            return []
        loudness = _by_second(self.heard, self.start, self.length)
        most, second, captions = max(loudness), 0, []
        levels = ["silent" if each < SILENT else "loud" if each >= LOUD * most else "quiet" for each in loudness]
        for level, group in groupby(_without_short(levels)):
            captions.append(Caption(second, _(LEVELS[level])))
            second += len(list(group))
        if self.heard.tempo and captions:
            tempo = _("%(tempo)s beats a minute", tempo=number(round(self.heard.tempo)))
            captions[0] = Caption(0, f"{captions[0].text}, {tempo}")
        return captions

    def for_player(self) -> dict[str, Any]:
        """Return the JSON that ``static/player.js`` reads."""
        captions = [[each.second, each.text] for each in self.captions]
        return {"seconds": self.length, "beats": self.beats, "captions": captions}


def has_music(walk: Walk) -> bool:
    """Return whether a walk's film is set to music."""
    return walk.sound_length is not None


def of_walk(walk: Walk) -> WalkMusic | None:
    """Return the music of a walk; ``None`` if it has no sound."""
    if walk.sound_length is None:
        return None
    heard = SoundAnalysis.from_json(walk.music) if walk.music else None
    return WalkMusic(walk.sound_start or 0.0, walk.sound_length, walk.sound_way or "", heard, _stop_places(walk))


def clock(seconds: float) -> str:
    """Return a time as minutes and seconds, with tenths where it has some: ``1:04``, ``0:12.5``."""
    minutes, rest = divmod(round(seconds, 1), 60)
    whole, tenths = divmod(round(10 * rest), 10)
    fraction = decimal(tenths / 10)[1:] if tenths else ""
    return f"{minutes:.0f}:{whole:02}{fraction}"


def _stop_places(walk: Walk) -> tuple[float, ...]:
    """Return where a walk's film reaches its stops, in percent of the film."""
    if not walk.positions or not walk.holds:
        return ()
    begins = [*accumulate(walk.holds, initial=0)]
    frames = begins.pop()
    stops = [begin for position, begin in zip(walk.positions, begins, strict=False) if float(position).is_integer()]
    return tuple(round(100 * begin / frames, 2) for begin in stops) if frames else ()


def _by_second(heard: SoundAnalysis, start: float, length: float) -> list[float]:
    """Return the mean loudness of each second of a part."""
    seconds = []
    for second in range(max(1, math.ceil(length))):
        first, last = (round(time / heard.step) for time in (start + second, start + min(second + 1, length)))
        values = heard.loudness[first : max(first + 1, last)]
        seconds.append(sum(values) / len(values) if values else 0.0)
    return seconds


def _without_short(levels: list[str]) -> list[str]:
    """Return levels by second in which each lasts for some seconds: what is shorter is like what was before."""
    lengths = [(level, len(list(group))) for level, group in groupby(levels)]
    kept = [lengths[0][0]] * lengths[0][1]
    for level, count in lengths[1:]:
        kept += [level if count >= SHORTEST else kept[-1]] * count
    return kept
