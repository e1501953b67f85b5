"""The waveform of a sound with its beats, as an SVG."""

from markupsafe import Markup

from app.core.i18n.formatting import decimal, number
from app.core.i18n.gettext import _
from app.walks.uploads.sound_analysis import SoundAnalysis

WIDTH, HEIGHT = 1000, 120
BEAT, DOWNBEAT = 12, 24
"""The lengths of the marks of beats and of downbeats, from the lower edge."""
BEATS_MAX = 2_000
"""How many beats are marked at most; more would lie within a pixel of each other."""


def svg(heard: SoundAnalysis, name: str, start: float = 0.0, seconds: float | None = None) -> Markup:
    """Return the waveform of a sound, or of a part of it, as an SVG: bars by loudness, and marks at the beats.

    It is an image with a label for those who do not see it. It has no styles of its own: pages
    colour `.waveform .peaks`, `.waveform .beats` and `.waveform .downbeats`.

    :param name: what the sound is called on the page, such as its file's name; it is escaped.
    :param seconds: the length of the part, by default up to the end. What lies beyond the end of the sound is empty.
    """
    length = heard.seconds - start if seconds is None else seconds
    template = Markup(
        '<svg class="waveform" xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}"'
        ' preserveAspectRatio="none" role="img" aria-label="{label}">'
        '<path class="peaks" d="{peaks}"/><path class="beats" d="{beats}"/><path class="downbeats" d="{downbeats}"/>'
        "</svg>"
    )
    label = _("Waveform of %(name)s: %(about)s", name=name, about=summary(heard, start, length))
    return template.format(
        width=WIDTH,
        height=HEIGHT,
        label=label,
        peaks=_peaks(heard, start, length),
        beats=_marks(heard.beats, start, length, BEAT),
        downbeats=_marks(heard.downbeats, start, length, DOWNBEAT),
    )


def summary(heard: SoundAnalysis, start: float = 0.0, seconds: float | None = None) -> str:
    """Return the length, the tempo and the number of beats of a sound, or of a part of it, as a sentence."""
    length = heard.seconds - start if seconds is None else seconds
    beats = sum(start <= time < start + length for time in heard.beats)
    lasts = decimal(round(length, 1))
    if not beats or heard.tempo is None:
        return _("%(seconds)s seconds, without a beat that repeats.", seconds=lasts)
    return _(
        "%(seconds)s seconds, %(count)s beats, %(tempo)s a minute.",
        seconds=lasts,
        count=number(beats),
        tempo=number(round(heard.tempo)),
    )


def _peaks(heard: SoundAnalysis, start: float, length: float) -> str:
    """Return a path of vertical lines around the middle, one for each peak whose middle lies in a part."""
    each, middle = heard.seconds / max(1, len(heard.peaks)), HEIGHT / 2
    lines = []
    for index, peak in enumerate(heard.peaks):
        if (x := _place((index + 0.5) * each, start, length)) is not None:
            half = max(0.5, min(1.0, peak) * middle)
            lines.append(f"M{x:.1f} {middle - half:.1f}v{2 * half:.1f}")
    return "".join(lines)


def _marks(times: tuple[float, ...], start: float, length: float, height: int) -> str:
    places = [x for time in times if (x := _place(time, start, length)) is not None]
    return "".join(f"M{x:.1f} {HEIGHT}v-{height}" for x in places[:BEATS_MAX])


def _place(time: float, start: float, length: float) -> float | None:
    """Return where a time lies in a part, in units of the SVG's width; ``None`` outside it."""
    return (time - start) / length * WIDTH if start <= time <= start + length and length > 0 else None
