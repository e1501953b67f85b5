"""Texts about a walk in the page's language: blends, endings and waiting times."""

import math
import re
from collections.abc import Mapping, Sequence
from typing import Any

from app.core.i18n import foreign_messages
from app.core.i18n.formatting import count_words, duration, ordinal, percent, plural, sentence
from app.core.i18n.gettext import N_, _
from app.core.models import aspects
from app.offer.generation import frame_rates
from app.storage.walk_models import BACK, ROUND, STOP, Walk
from app.walks.saved import film_times

ARTICLES = re.compile(r"^(?:an?|the)\s+(?=\S)", re.IGNORECASE)
SOLVERS = {
    "DPMSolverMultistepScheduler": "DPM-Solver++, multistep",
    "DPMSolverSinglestepScheduler": "DPM-Solver++, single step",
    "DDIMScheduler": "DDIM",
    "DEISMultistepScheduler": "DEIS",
    "EulerAncestralDiscreteScheduler": "Euler, ancestral",
    "EulerDiscreteScheduler": "Euler",
    "FlowMatchEulerDiscreteScheduler": "Euler, flow matching",
    "HeunDiscreteScheduler": "Heun",
    "LCMScheduler": "LCM",
    "PNDMScheduler": "PNDM",
    "TCDScheduler": "TCD",
    "UniPCMultistepScheduler": "UniPC",
}
WORD = re.compile(r"\w{1,24}")
SEARCH_WORDS_MAX = 10
ENDING_NAMES = {BACK: N_("there and back"), STOP: N_("stop at the end"), ROUND: N_("round to the start")}
PRESET_NAMES = {"fast": N_("sketch"), "balanced": N_("usual"), "exact": N_("fine")}


def ordinal_position(position: int) -> str:
    """Return a queue position in words: ``Third in line``."""
    return sentence(_("%(ordinal)s in line", ordinal=ordinal(position)))


def lowest(seconds: float | None, seen: str | None) -> float | None:
    """Return the smaller of an estimate and the one already shown, so that a visitor never sees it rise.

    Both are in seconds; ``seen`` comes from the query string and is ignored if it is not a number.
    """
    if seconds is None or seen is None or not re.fullmatch(r"[0-9]{1,7}(\.[0-9])?", seen, re.ASCII):
        return seconds
    return min(seconds, float(seen))


def waiting_words(count: int) -> str:
    """Return the queue's length in words: ``Two walks are waiting.``."""
    if count == 0:
        return _("No one is waiting.")
    if count == 1:
        return _("One walk is waiting.")
    return _("%(number)s walks are waiting.", number=sentence(count_words(count)))


def length_in_words(frames: int, fps: float, ending: str) -> str:
    """Return a new film's length in words: ``4 seconds, with a second’s rest at each end``."""
    hold = frame_rates.hold(fps, ending)
    time = duration(frame_rates.seconds(frames, fps, ending, hold))
    return _("%(time)s, with a second’s rest at each end", time=time) if hold else time


def film_length(walk: Walk) -> str:
    """Return the length of a walk's film in words."""
    return f"{plural(walk.frames, 'frame')}, {duration(film_times.seconds(walk))}"


def frame_size(aspect: str, width: int, height: int) -> str:
    """Return a picture size in words, ``512 × 288 pixels``, with a note if it only approximates the aspect ratio."""
    size = _("%(width)s × %(height)s pixels", width=width, height=height)
    if aspects.is_rounded(aspect, width, height):
        return _("%(size)s, the nearest to %(aspect)s that the model paints", size=size, aspect=aspect)
    return size


def short_name(prompt: str) -> str:
    """Return a prompt without its article: ``fox`` for ``a fox``."""
    return ARTICLES.sub("", prompt.strip()) or prompt


def blend(prompts: Sequence[str], position: float) -> str:
    """Return the blend of prompts at a position: ``63 % fox · 37 % sunflower``; at a stop only that stop's prompt."""
    last = len(prompts) - 1
    leg = min(max(math.floor(position), 0), last - 1)
    second = percent(position - leg)
    parts = [(100 - second, prompts[leg]), (second, prompts[leg + 1])]
    return " · ".join(f"{share}\N{NO-BREAK SPACE}% {short_name(name)}" for share, name in parts if share)


def stations(walk: Any) -> list[str]:
    """Return the prompts along a walk's line: those of its stops, and for a round walk the first again at the end."""
    prompts = [stop.prompt or _("a photo") for stop in walk.stops]
    return [*prompts, *prompts[:1]] if walk.ending == ROUND else prompts


def search_words(walk: Any) -> str:
    """Return the words of a walk's stops as a search, each once and without signs that searches read."""
    words = dict.fromkeys(word for stop in walk.stops for word in WORD.findall(short_name(stop.prompt).lower()))
    return " ".join(list(words)[:SEARCH_WORDS_MAX])


def size_class(text: str) -> str:
    """Return the CSS class of the type size for a prompt of this length: ``len-s`` to ``len-xl``."""
    length = len(text)
    return "len-s" if length <= 12 else "len-m" if length <= 24 else "len-l" if length <= 48 else "len-xl"


def same_shape(walks: Sequence[Any]) -> bool:
    """Return whether all walks have the same aspect ratio, so that a page can show them in columns."""
    return len({round((walk.width or 1) / (walk.height or 1), 2) for walk in walks}) <= 1


def solver_name(scheduler: str | None) -> str:
    """Return the published name of a diffusers scheduler class; the class name without "Scheduler" if unknown."""
    return SOLVERS.get(scheduler or "", (scheduler or "").removesuffix("Scheduler"))


def ending_name(ending: str) -> str:
    """Return the name of an ending: ``there and back``."""
    return _(ENDING_NAMES[ending])


def preset_name(preset: str) -> str:
    """Return the name of a quality preset: ``usual``."""
    return _(PRESET_NAMES[preset])


def own_words(own: Mapping[str, Any]) -> str:
    """Return a stop's own fields in words: ``style neon, without rain, seed 12``."""
    phrases = {"hand": N_("style %(own)s"), "negative_prompt": N_("without %(own)s"), "seed": N_("seed %(own)s")}
    values = {name: f"{value!s:.60}" for name, value in own.items()}
    if "hand" in values:
        values["hand"] = foreign_messages.translate_foreign(values["hand"])
    return ", ".join(_(words, own=values[name]) for name, words in phrases.items() if name in values)
