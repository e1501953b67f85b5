"""How the house says numbers, times and blends: pure functions from values to words, and their Jinja names."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any

from flask import Flask

from app import hairline
from app.models import BACK, ROUND, STOP

NUMBERS = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve")
ORDINALS = (
    "zeroth",
    "first",
    "second",
    "third",
    "fourth",
    "fifth",
    "sixth",
    "seventh",
    "eighth",
    "ninth",
    "tenth",
    "eleventh",
    "twelfth",
)
ARTICLES = re.compile(r"^(?:an?|the)\s+(?=\S)", re.IGNORECASE)
NOTES = {
    "unknown words": "The model does not know most of these words; it painted something of its own.",
    "cut": "The prompt is longer than the model reads; the end was left out.",
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

ENDING_NAMES = {BACK: "there and back", STOP: "stop at the end", ROUND: "round to the start"}
CARE_NAMES = {"fast": "sketch", "balanced": "usual", "exact": "fine"}


def number(count: int) -> str:
    """Write a count with commas: ``1,284``."""
    return f"{count:,}"


def count_words(count: int) -> str:
    """Write a small count as a word, a larger one in figures."""
    return NUMBERS[count] if 0 <= count < len(NUMBERS) else number(count)


def plural(count: int, one: str, many: str | None = None) -> str:
    """Choose the noun for a count: ``1 walk``, ``1,284 walks``."""
    return f"{number(count)} {one if count == 1 else many or one + 's'}"


def ordinal(position: int) -> str:
    """Write an ordinal: ``third``, ``21st``."""
    if 0 <= position < len(ORDINALS):
        return ORDINALS[position]
    ending = "th" if 10 <= position % 100 <= 20 else {1: "st", 2: "nd", 3: "rd"}.get(position % 10, "th")
    return f"{number(position)}{ending}"


def sentence(text: str) -> str:
    """Write the first letter large."""
    return text[:1].upper() + text[1:]


def ordinal_place(position: int) -> str:
    """Name a place in line: ``Third in line``."""
    return sentence(f"{ordinal(position)} in line")


def duration(seconds: float) -> str:
    """Write a measured time: ``1.9 seconds``, ``19 seconds``, ``2 minutes 5 seconds``."""
    if seconds < 10:
        tenths = f"{seconds:.1f}".removesuffix(".0")
        return f"{tenths} second" if tenths == "1" else f"{tenths} seconds"
    minutes, rest = divmod(round(seconds), 60)
    if not minutes:
        return f"{rest} seconds"
    words = "1 minute" if minutes == 1 else f"{number(minutes)} minutes"
    return f"{words} {'1 second' if rest == 1 else f'{rest} seconds'}" if rest else words


def duration_about(seconds: float) -> str:
    """Estimate a time, rounded up as far as it can be known: ``about 20 seconds``, ``about 3 minutes``."""
    if seconds <= 1:
        return "about a second"
    if seconds <= 10:
        return f"about {math.ceil(seconds)} seconds"
    if seconds <= 55:
        return f"about {5 * math.ceil((seconds - 0.5) / 5)} seconds"
    minutes = math.ceil((seconds - 5) / 60)
    if minutes < 60:
        return "about a minute" if minutes <= 1 else f"about {minutes} minutes"
    hours = math.ceil((minutes - 5) / 60)
    return "about an hour" if hours <= 1 else f"about {number(hours)} hours"


def lowest(seconds: float | None, seen: str | None) -> float | None:
    """Return the smaller of an estimate and the one that the visitor has seen, so that it never rises before them."""
    if seconds is None or seen is None or not re.fullmatch(r"[0-9]{1,7}(\.[0-9])?", seen, re.ASCII):
        return seconds
    return min(seconds, float(seen))


def waiting_words(count: int, seconds: float | None) -> str:
    """Say how long a walk takes if it is asked for now: ``Two walks are waiting. About 25 seconds.``."""
    if count == 0:
        line = "Nobody is waiting."
    elif count == 1:
        line = "One walk is waiting."
    else:
        line = f"{sentence(count_words(count))} walks are waiting."
    return line if seconds is None else f"{line} {sentence(duration_about(seconds))}."


def file_size(size: int) -> str:
    """Write a file's size in decimal units: ``2.1 MB``, ``640 kB``."""
    if size < 1000:
        return f"{size} bytes" if size != 1 else "1 byte"
    if size < 999_500:
        return f"{size / 1000:.0f} kB"
    megabytes = size / 1_000_000
    return f"{megabytes:.1f} MB" if megabytes < 9.95 else f"{megabytes:,.0f} MB"


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
    return " and ".join([", ".join(words[:-1]), words[-1]] if len(words) > 1 else words)


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
    return NOTES.get(kind, "")


def solver_name(scheduler: str | None) -> str:
    """Name a sampler as its papers do."""
    return SOLVERS.get(scheduler or "", (scheduler or "").removesuffix("Scheduler"))


def ending_name(ending: str) -> str:
    """Say how a film repeats: ``there and back``."""
    return ENDING_NAMES[ending]


def care_name(preset: str) -> str:
    """Say with what care a walk is painted: ``usual``."""
    return CARE_NAMES[preset]


def own_words(own: Mapping[str, Any]) -> str:
    """Say what a stop has of its own: ``in neon, without rain, seed 12``."""
    said = {"hand": "in", "negative_prompt": "without", "seed": "seed"}
    return ", ".join(f"{word} {own[name]!s:.60}" for name, word in said.items() if name in own)


def day(moment: date) -> str:
    """Write a date as the house does: ``20 November 2026``."""
    return f"{moment.day} {moment:%B %Y}"


FILTERS = {
    "number": number,
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
