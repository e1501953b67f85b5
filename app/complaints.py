"""What is wrong with a commission, in sentences that name the field and the limit."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from app import presets
from app.bounds import SEED_MAX, STOPS_MIN, Limits
from app.errors import FieldError
from app.gettext import N_, _
from app.hands import words_of
from app.models import ENDINGS

UNREADABLE = N_("contains characters that could not be read. Send it as UTF-8.")
SUBJECTS = {
    "prompt": N_("The prompt"),
    "negative_prompt": N_("The list of what to leave out"),
    "seed": N_("The seed"),
    "hand": N_("The hand"),
    "title": N_("The title"),
    "continues": N_("The walk to go on from"),
    "remix_of": N_("The original"),
}


def explain(item: Any, limits: Limits) -> FieldError:
    """Translate one of pydantic's complaints into a sentence that names the field and the limit."""
    path: tuple[str | int, ...] = tuple(
        part.encode("utf-8", "replace").decode() if isinstance(part, str) else part for part in item["loc"]
    )
    if not path:
        return FieldError(path, 'A walk must be an object such as {"stops": […]}.')
    field = path[-1]
    if item["type"] == "extra_forbidden":
        return FieldError(path, f"{field!s:.60} is not a field of a walk.")
    if item["type"] == "value_error":
        return FieldError(path, f"{_subject(path)} {item['ctx']['error']}")
    if item["type"] == "string_unicode":
        return FieldError(path, f"{_subject(path)} {_(UNREADABLE)}")
    rules = {
        "seed": _("The seed must be a whole number from 0 to %(most)s.", most=SEED_MAX),
        "frames": frames_rule(limits),
        "steps": steps_rule(limits),
        "guidance": guidance_rule(limits),
        "hand": f"{_subject(path)} must be one of {words_of(limits.hands)}."
        if limits.hands
        else f"{_subject(path)} cannot be chosen: the model that paints here knows none.",
        "stops": f"stops must be a list of {STOPS_MIN} to {limits.stops_max} stops.",
        "title": f"The title must be a text of 1 to {limits.prompt_max} characters, or null.",
        "unlisted": "unlisted must be true or false.",
        "easing": "easing must be true or false.",
        "preset": f"preset must be one of {_listed(presets.NAMES)}.",
        "ending": f"ending must be one of {_listed(ENDINGS)}.",
        "model": "model must be the name of one on offer.",
        "continues": "continues must be the id of a walk.",
        "remix_of": "remix_of must be the id of a walk.",
        "prompt": f"{_subject(path)} must be a text of 1 to {limits.prompt_max} characters.",
        "negative_prompt": f"{_subject(path)} must be a text of at most {limits.prompt_max} characters.",
    }
    if len(path) == 2 and path[0] == "stops":
        return FieldError(path, f'Stop {int(path[1]) + 1} must be an object such as {{"prompt": "a lemon"}}.')
    return FieldError(path, rules[str(field)])


def frames_rule(limits: Limits, least: int = STOPS_MIN) -> str:
    return _(
        "Frames must be a whole number from %(least)s (one for each stop) to %(most)s.",
        least=least,
        most=limits.frames_max,
    )


def steps_rule(limits: Limits) -> str:
    return _("Steps must be a whole number from 1 to %(most)s.", most=limits.steps_max)


def guidance_rule(limits: Limits) -> str:
    return _("Guidance must be a number from 0 to %(most)s.", most=f"{limits.guidance_max:g}")


def _listed(names: Sequence[str]) -> str:
    return f"{', '.join(names[:-1])} and {names[-1]}"


def _subject(path: tuple[str | int, ...]) -> str:
    name = str(path[-1])
    subject = _(SUBJECTS[name]) if name in SUBJECTS else f"The {name}"
    return subject + of_stop(int(path[1])) if len(path) == 3 else subject


def of_stop(index: int) -> str:
    """Say which stop something is of, as it stands within a sentence."""
    return _(" of stop %(number)s", number=index + 1)
