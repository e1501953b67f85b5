"""Convert the filled form to a query string and back.

Pages that the form links to carry this query string in their own address, so that they can link back to the form as it
was filled in. A form too long for an address is not carried; the browser's back button still restores it.
"""

from typing import Any
from urllib.parse import parse_qs, urlencode

from flask import request, url_for
from werkzeug.datastructures import MultiDict

from app.offer.generation.limits import Limits
from app.requests.walk_requests.stop_options import OF_EACH_STOP
from app.requests.walk_requests.walk_request import SETTINGS
from app.site.presentation import form_fields, sound_line
from app.site.presentation.make_form import MakeForm, StopLine, from_fields
from app.storage.candidate_models import CandidateSet

NAME = "form"
"""The query parameter that carries the form."""
LONGEST = 4000
"""The longest query string to carry, in characters; encoding it once more must fit nginx's limit of 8,000."""
OF_STOPS = "prompt", "own", "drawing", "layout", "at", "picture", "candidates", "cut_out", *OF_EACH_STOP
OF_WALK = *form_fields.TYPED, "remix_of", "continues"


def fields(form: MakeForm) -> dict[str, Any]:
    """Return the form's fields, without empty ones."""
    stops = form.stops
    values: dict[str, Any] = {
        "prompt": [stop.prompt for stop in stops],
        "own": _unless_empty([form_fields.write_own(stop.own) for stop in stops]),
        "drawing": _unless_empty([stop.drawing for stop in stops]),
        "layout": _unless_empty([stop.layout for stop in stops]),
        "at": _unless_empty([stop.at for stop in stops] if form.sound.is_wanted else []),
        "picture": _unless_empty([stop.picture for stop in stops]),
        "candidates": _unless_empty([stop.candidates for stop in stops]),
        **{name: _unless_empty([_option(stop, name) for stop in stops]) for name in OF_EACH_STOP},
        "cut_out": [index for index, stop in enumerate(stops) if stop.cut_out],
    }
    values |= {name: form_fields.written(getattr(form, name)) for name in form_fields.TYPED}
    values |= form.sound.fields()
    values |= {"remix_of": form.remix and form.remix.id, "continues": form.parent and form.parent.id}
    return {name: value for name, value in values.items() if value}


def _option(stop: StopLine, name: str) -> str:
    """Return an option of a stop as typed; "" for the weight of no LoRA, whose slider always has a value."""
    return "" if name == "lora_weight" and not stop.options.get("lora") else stop.options.get(name, "")


def write(form: MakeForm) -> str | None:
    """Return the form as a query string; ``None`` if it is too long for an address."""
    text = urlencode(fields(form), doseq=True)
    return text if len(text) <= LONGEST else None


def of_candidates(candidate_set: CandidateSet, stop: int) -> str:
    """Return the address of the form with a row of candidates at a stop, filled in from their request."""
    request, limits = candidate_set.request, Limits.current()
    stop = min(stop, limits.stops_max - 1)
    form = from_fields(MultiDict(), limits)
    form.stops = [StopLine() for _ in range(max(len(form.stops), stop + 1))]
    source = request["stop"]
    own = {name: source[name] for name in form_fields.OWN if source.get(name) not in (None, "")}
    form.stops[stop] = StopLine(
        source["prompt"], picture=source["picture"] or "", cut_out=source["cut_out"], drawing=request["drawing"],
        layout=source.get("layout") or "", candidates=candidate_set.id, own=own,
        options=form_fields.written_options(source),
    )  # fmt: skip
    for name in SETTINGS:
        if request.get(name) is not None:
            setattr(form, name, str(request[name]))
    return url_for("pages.make", **fields(form))


def of_photo(photo_id: str, stop: int, **further: Any) -> str:
    """Return the address of the form with a photo for one of its stops, and ``further`` query parameters."""
    stop = min(stop, Limits.current().stops_max - 1)
    pictures = [""] * max(2, stop + 1)
    pictures[stop] = photo_id
    return url_for("pages.make", prompt=[""] * len(pictures), picture=pictures, **further)


def way_back() -> str | None:
    """Return the address of the form that the page's address carries; ``None`` if it carries none."""
    if form := carried_fields():
        return url_for("pages.make", **form)
    return None


def carried_fields() -> dict[str, Any]:
    """Return the fields of the form that the page's address carries, without unknown ones; empty if it carries none."""
    text = request.args.get(NAME, "")
    if not text or len(text) > LONGEST:
        return {}
    try:
        values = parse_qs(text, keep_blank_values=True, max_num_fields=200)
    except ValueError:
        return {}
    return {name: values[name] for name in (*OF_STOPS, *OF_WALK, *sound_line.FIELDS) if name in values}


def stops_to_choose() -> dict[int, str]:
    """Return the prompts of the stops that a choice may be for, by their number, in the form that the address carries.

    A stop with which the walk continues another one is left out; without a form there is none.
    """
    form = carried_fields()
    prompts = form.get("prompt", [])[: 2 * Limits.current().stops_max]
    return {number: prompt for number, prompt in enumerate(prompts) if number or "continues" not in form}


def carried_query() -> str | None:
    """Return the form that the page's address carries, as a query string for the page's links; ``None`` without one."""
    form = carried_fields()
    return urlencode(form, doseq=True) if form else None


def _unless_empty(values: list[str]) -> list[str]:
    return values if any(values) else []
