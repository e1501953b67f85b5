"""The form as it is filled, written as what stands behind the question mark of its address.

Pages to which the form leads carry it along, so that they lead back to it with all that was typed; what is too long for
an address goes without, and the browser's own way back still holds it.
"""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qs, urlencode

from flask import request, url_for
from werkzeug.datastructures import MultiDict

from app.generation.limits import Limits
from app.presentation import form_fields
from app.presentation.make_form import MakeForm, StopLine, from_fields
from app.storage.candidate_models import CandidateSet

NAME = "form"
"""What an address calls the form that it leads back to."""
LONGEST = 4000
"""Characters; nginx reads addresses of 8,000, in which these are written once more."""
OF_STOPS = "prompt", "own", "drawing", "layout", "picture", "candidates", "cut_out", "lora", "lora_weight"
OF_WALK = (
    "negative_prompt", "seed", "frames", "fps", "hand", "steps", "guidance", "clip_skip", "ending", "preset", "size",
    "aspect", "easing", "model", "unlisted", "photos_may_be_shown", "remix_of", "continues",
)  # fmt: skip


def fields(form: MakeForm) -> dict[str, Any]:
    """Return the form's fields, as far as they say something."""
    stops = form.stops
    told: dict[str, Any] = {
        "prompt": [stop.prompt for stop in stops],
        "own": _unless_empty([form_fields.write(stop.own) for stop in stops]),
        "drawing": _unless_empty([stop.drawing for stop in stops]),
        "layout": _unless_empty([stop.layout for stop in stops]),
        "picture": _unless_empty([stop.picture for stop in stops]),
        "candidates": _unless_empty([stop.candidates for stop in stops]),
        "lora": _unless_empty([stop.lora for stop in stops]),
        "lora_weight": _unless_empty([stop.lora_weight if stop.lora else "" for stop in stops]),
        "cut_out": [index for index, stop in enumerate(stops) if stop.cut_out],
    }
    told |= {name: getattr(form, name) for name in OF_WALK if hasattr(form, name)}
    told |= {name: "1" if told[name] else "" for name in ("easing", "unlisted", "photos_may_be_shown")}
    told |= {"remix_of": form.remix and form.remix.id, "continues": form.parent and form.parent.id}
    return {name: value for name, value in told.items() if value}


def write(form: MakeForm) -> str | None:
    """Write the form; None where it is too long for an address."""
    text = urlencode(fields(form), doseq=True)
    return text if len(text) <= LONGEST else None


def of_candidates(found: CandidateSet, stop: int) -> str:
    """Return the address of the form on which candidates are chosen from, as far as they tell how it was filled."""
    asked, limits = found.asked, Limits.current()
    stop = min(stop, limits.stops_max - 1)
    form = from_fields(MultiDict(), limits)
    form.stops = [StopLine() for _ in range(max(len(form.stops), stop + 1))]
    told = asked["stop"]
    own = {name: told[name] for name in form_fields.OWN if told.get(name) not in (None, "")}
    form.stops[stop] = StopLine(
        told["prompt"], picture=told["picture"] or "", cut_out=told["cut_out"], drawing=asked["drawing"],
        layout=told.get("layout") or "", candidates=found.id, own=own, lora=told.get("lora") or "",
        lora_weight=f"{told['lora_weight']:g}" if told.get("lora") else "",
    )  # fmt: skip
    form.seed = str(asked["seed"])
    for name in ("preset", "steps", "guidance", "size", "aspect", "model"):
        setattr(form, name, "" if asked.get(name) is None else str(asked[name]))
    return url_for("pages.make", **fields(form))


def of_photo(photo_id: str, stop: int, **told: Any) -> str:
    """Return the address of the form with a photo for one of its stops."""
    stop = min(stop, Limits.current().stops_max - 1)
    pictures = [""] * max(2, stop + 1)
    pictures[stop] = photo_id
    return url_for("pages.make", prompt=[""] * len(pictures), picture=pictures, **told)


def way_back() -> str | None:
    """Return the address of the form that the page's own address leads back to; None where it names none."""
    if found := left():
        return url_for("pages.make", **found)
    return None


def left() -> dict[str, Any]:
    """Return the fields of the form that the page's address carries along: those that a form has, and no others."""
    text = request.args.get(NAME, "")
    if not text or len(text) > LONGEST:
        return {}
    try:
        found = parse_qs(text, keep_blank_values=True, max_num_fields=200)
    except ValueError:
        return {}
    return {name: found[name] for name in (*OF_STOPS, *OF_WALK) if name in found}


def carried() -> str | None:
    """Return the form as this page's address carries it, for the addresses to which it leads on."""
    found = left()
    return urlencode(found, doseq=True) if found else None


def _unless_empty(values: list[str]) -> list[str]:
    return values if any(values) else []
