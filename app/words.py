"""How the house says numbers, times and blends, in the page's language: from values to words, and their Jinja names."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Any

from babel.dates import format_date, format_datetime
from flask import Flask

from app import hairline, known
from app.gettext import N_, _, counted, ngettext
from app.language import here
from app.models import BACK, ROUND, STOP

COUNTED = (
    counted("%(count)s walk", "%(count)s walks"),
    counted("%(count)s frame", "%(count)s frames"),
    counted("%(count)s report", "%(count)s reports"),
    counted("%(count)s word", "%(count)s words"),
)
NUMBERS = (
    N_("no"),
    N_("one"),
    N_("two"),
    N_("three"),
    N_("four"),
    N_("five"),
    N_("six"),
    N_("seven"),
    N_("eight"),
    N_("nine"),
    N_("ten"),
    N_("eleven"),
    N_("twelve"),
)
ORDINALS = (
    N_("zeroth"),
    N_("first"),
    N_("second"),
    N_("third"),
    N_("fourth"),
    N_("fifth"),
    N_("sixth"),
    N_("seventh"),
    N_("eighth"),
    N_("ninth"),
    N_("tenth"),
    N_("eleventh"),
    N_("twelfth"),
)
ARTICLES = re.compile(r"^(?:an?|the)\s+(?=\S)", re.IGNORECASE)
NOTES = {
    "unknown words": N_("The model does not know most of these words; it painted something of its own."),
    "cut": N_("The prompt is longer than the model reads; the end was left out."),
}
SOLVERS = {
    "DPMSolverMultistepScheduler": "DPM-Solver++, multistep",
    "DPMSolverSinglestepScheduler": "DPM-Solver++, single step",
    "DDIMScheduler": "DDIM",
    "DEISMultistepScheduler": "DEIS",
    "EulerAncestralDiscreteScheduler": "Euler, ancestral",
    "EulerDiscreteScheduler": "Euler",
    "HeunDiscreteScheduler": "Heun",
    "LCMScheduler": "LCM",
    "PNDMScheduler": "PNDM",
    "TCDScheduler": "TCD",
    "UniPCMultistepScheduler": "UniPC",
}

ENDING_NAMES = {BACK: N_("there and back"), STOP: N_("stop at the end"), ROUND: N_("round to the start")}
CARE_NAMES = {"fast": N_("sketch"), "balanced": N_("usual"), "exact": N_("fine")}


def number(count: int) -> str:
    """Write a count with its thousands apart: ``1,284``."""
    return decimal(count, 0)


def decimal(value: float, places: int | None = None) -> str:
    """Write a number as the language does: ``0.93``; without ``places``, with as many as it needs."""
    text = f"{value:g}" if places is None else f"{value:,.{places}f}"
    group = here().number_symbols["latn"]["group"]
    return text.translate({ord(","): group, ord("."): decimal_sign()})


def decimal_sign() -> str:
    """Return what stands before the tenths: ``.``, in German ``,``."""
    return str(here().number_symbols["latn"]["decimal"])


def count_words(count: int) -> str:
    """Write a small count as a word, a larger one in figures."""
    return _(NUMBERS[count]) if 0 <= count < len(NUMBERS) else number(count)


def plural(count: int, one: str, many: str | None = None) -> str:
    """Choose the noun for a count: ``1 walk``, ``1,284 walks``. It must stand in ``COUNTED``."""
    return ngettext(f"%(count)s {one}", f"%(count)s {many or one + 's'}", count, count=number(count))


def ordinal(position: int) -> str:
    """Write an ordinal: ``third``, ``21st``."""
    if 0 <= position < len(ORDINALS):
        return _(ORDINALS[position])
    ending = 0 if 10 <= position % 100 <= 20 else position % 10
    if ending == 1:
        return _("%(number)sst", number=number(position))
    if ending == 2:
        return _("%(number)snd", number=number(position))
    if ending == 3:
        return _("%(number)srd", number=number(position))
    return _("%(number)sth", number=number(position))


def sentence(text: str) -> str:
    """Write the first letter large."""
    return text[:1].upper() + text[1:]


def ordinal_place(position: int) -> str:
    """Name a place in line: ``Third in line``."""
    return sentence(_("%(ordinal)s in line", ordinal=ordinal(position)))


def duration(seconds: float) -> str:
    """Write a measured time: ``1.9 seconds``, ``19 seconds``, ``2 minutes 5 seconds``."""
    if seconds < 10:
        tenths = decimal(seconds, 1 if f"{seconds:.1f}"[-1] != "0" else 0)
        return ngettext("%(count)s second", "%(count)s seconds", 1 if tenths == "1" else 2, count=tenths)
    minutes, rest = divmod(round(seconds), 60)
    in_seconds = ngettext("%(count)s second", "%(count)s seconds", rest, count=rest)
    if not minutes:
        return in_seconds
    words = ngettext("%(count)s minute", "%(count)s minutes", minutes, count=number(minutes))
    return f"{words} {in_seconds}" if rest else words


def duration_about(seconds: float) -> str:
    """Estimate a time, rounded up as far as it can be known: ``about 20 seconds``, ``about 3 minutes``."""
    if seconds <= 1:
        return _("about a second")
    if seconds <= 10:
        return _("about %(count)s seconds", count=math.ceil(seconds))
    if seconds <= 55:
        return _("about %(count)s seconds", count=5 * math.ceil((seconds - 0.5) / 5))
    minutes = math.ceil((seconds - 5) / 60)
    if minutes < 60:
        return _("about a minute") if minutes <= 1 else _("about %(count)s minutes", count=minutes)
    hours = math.ceil((minutes - 5) / 60)
    return _("about an hour") if hours <= 1 else _("about %(count)s hours", count=number(hours))


def lowest(seconds: float | None, seen: str | None) -> float | None:
    """Return the smaller of an estimate and the one that the visitor has seen, so that it never rises before them."""
    if seconds is None or seen is None or not re.fullmatch(r"[0-9]{1,7}(\.[0-9])?", seen, re.ASCII):
        return seconds
    return min(seconds, float(seen))


def waiting_words(count: int, seconds: float | None) -> str:
    """Say how long a walk takes if it is asked for now: ``Two walks are waiting. About 25 seconds.``."""
    if count == 0:
        line = _("Nobody is waiting.")
    elif count == 1:
        line = _("One walk is waiting.")
    else:
        line = _("%(number)s walks are waiting.", number=sentence(count_words(count)))
    return line if seconds is None else f"{line} {sentence(duration_about(seconds))}."


def file_size(size: int) -> str:
    """Write a file's size in decimal units: ``2.1 MB``, ``640 kB``."""
    if size < 1000:
        return ngettext("%(count)s byte", "%(count)s bytes", size, count=size)
    if size < 999_500:
        return f"{size / 1000:.0f} kB"
    megabytes = size / 1_000_000
    return f"{decimal(megabytes, 1 if megabytes < 9.95 else 0)} MB"


def frames_and_length(frames: int, fps: float, ending: str = "stop") -> str:
    """Say how long a film is: ``24 frames, 1.9 seconds``; one that comes back shows all but its ends twice."""
    shown = max(frames, 2 * frames - 2) if ending == BACK else frames
    return f"{plural(frames, 'frame')}, {duration(shown / fps)}"


def short_name(prompt: str) -> str:
    """Drop the article: ``a fox`` is ``fox``."""
    return ARTICLES.sub("", prompt.strip()) or prompt


def blend(prompts: Sequence[str], position: float) -> str:
    """Name what is shown at a position: ``63 % fox · 37 % sunflower``, at a stop the stop alone."""
    last = len(prompts) - 1
    leg = min(max(math.floor(position), 0), last - 1)
    second = percent(position - leg)
    parts = [(100 - second, prompts[leg]), (second, prompts[leg + 1])]
    return " · ".join(f"{share} % {short_name(name)}" for share, name in parts if share)


def percent(share: float) -> int:
    """Write a share as whole percent; between the ends it is never 0 or 100."""
    if share <= 0 or share >= 1:
        return 0 if share <= 0 else 100
    return min(99, max(1, round(100 * share)))


def stations(walk: Any) -> list[str]:
    """List the prompts along a walk's line: those of its stops, and of a walk that goes round the first once more."""
    prompts = [stop.prompt for stop in walk.stops]
    return [*prompts, *prompts[:1]] if walk.ending == ROUND else prompts


def size_class(text: str) -> str:
    """Name the step of type in which a prompt of this length is set; the stylesheet knows the sizes."""
    length = len(text)
    return "len-s" if length <= 12 else "len-m" if length <= 24 else "len-l" if length <= 48 else "len-xl"


def listing(parts: Iterable[str]) -> str:
    """Join words as a sentence does: ``a, b and c``."""
    words = list(parts)
    return _("%(some)s and %(last)s", some=", ".join(words[:-1]), last=words[-1]) if len(words) > 1 else "".join(words)


def example_prompts(walks: Sequence[Any], starters: Sequence[Sequence[str]]) -> tuple[str, str]:
    """Choose what the empty form shows: the ends of a walk that exists, short enough to be read at full size."""
    pairs = [(walk.stops[0].prompt, walk.stops[-1].prompt) for walk in walks]
    fitting = [pair for pair in pairs if max(map(len, pair)) <= 14 and pair[0] != pair[1]]
    first, second = [*fitting, *starters, ("a lemon", "the sun")][0]
    return first, second


def same_shape(walks: Sequence[Any]) -> bool:
    """Tell whether all films are equally wide for their height, so that they can stand in columns."""
    return len({round((walk.width or 1) / (walk.height or 1), 2) for walk in walks}) <= 1


def note(kind: str) -> str:
    """Explain a note that the painter left on a stop."""
    return _(NOTES[kind]) if kind in NOTES else ""


def solver_name(scheduler: str | None) -> str:
    """Name a sampler as its papers do."""
    return SOLVERS.get(scheduler or "", (scheduler or "").removesuffix("Scheduler"))


def ending_name(ending: str) -> str:
    """Say how a film repeats: ``there and back``."""
    return _(ENDING_NAMES[ending])


def care_name(preset: str) -> str:
    """Say with what care a walk is painted: ``usual``."""
    return _(CARE_NAMES[preset])


def own_words(own: Mapping[str, Any]) -> str:
    """Say what a stop has of its own: ``in neon, without rain, seed 12``."""
    said = {"hand": N_("in %(own)s"), "negative_prompt": N_("without %(own)s"), "seed": N_("seed %(own)s")}
    told = {name: f"{value!s:.60}" for name, value in own.items()}
    if "hand" in told:
        told["hand"] = known.said(told["hand"])
    return ", ".join(_(words, own=told[name]) for name, words in said.items() if name in told)


def day(moment: date) -> str:
    """Write a date as the house does: ``20 November 2026``."""
    return format_date(moment, "long", here())


def day_and_time(moment: datetime) -> str:
    """Write when something was done: ``20 Nov 2026, 12:00:05``."""
    return format_datetime(moment, "dd MMM y, HH:mm:ss", locale=here().language)


FILTERS = {
    "number": number,
    "decimal": decimal,
    "count_words": count_words,
    "plural": plural,
    "ordinal": ordinal,
    "ordinal_place": ordinal_place,
    "sentence": sentence,
    "duration": duration,
    "duration_about": duration_about,
    "lowest": lowest,
    "file_size": file_size,
    "short_name": short_name,
    "size_class": size_class,
    "listing": listing,
    "stations": stations,
    "note": note,
    "solver_name": solver_name,
    "ending_name": ending_name,
    "care_name": care_name,
    "day": day,
    "day_and_time": day_and_time,
    "known": known.said,
}
GLOBALS = {
    "frames_and_length": frames_and_length,
    "waiting_words": waiting_words,
    "blend": blend,
    "example_prompts": example_prompts,
    "same_shape": same_shape,
    "own_words": own_words,
    "hairline": hairline,
}


def register(app: Flask) -> None:
    """Teach the templates of ``app`` these words."""
    app.jinja_env.filters.update(FILTERS)
    app.jinja_env.globals.update(GLOBALS)
