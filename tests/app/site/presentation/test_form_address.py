"""The form written as an address: what a page carries along, it leads back to, and nothing else."""

from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
from flask import Flask
from werkzeug.datastructures import MultiDict

from app.offer.generation.limits import Limits
from app.site.presentation import form_address
from app.site.presentation.make_form import MakeForm, from_fields
from app.storage.walk_models import Walk

FILLED = {
    "prompt": ["a fox & a hen", "Füchse\n", "日本"],
    "own": ["", '{"seed": 4}', ""],
    "drawing": ["", "", "12ab"],
    "picture": ["k7mz3vq9xw2hd8cf", "", ""],
    "candidates": ["", "k7mz3vq9xw2hd8cg", ""],
    "cut_out": ["0"],
    "negative_prompt": ["no snow"],
    "seed": ["77"],
    "frames": ["60"],
    "fps": ["33,3"],
    "ending": ["loop"],
    "preset": ["finest"],
    "size": ["512"],
    "steps": ["9"],
    "guidance": ["2.5"],
    "easing": ["1"],
    "unlisted": ["1"],
    "photos_may_be_shown": ["1"],
}


def form_of(fields: dict[str, Any]) -> MakeForm:
    return from_fields(MultiDict(fields), Limits.current())


def test_form_that_is_read_back_is_filled_as_it_was(app: Flask) -> None:
    with app.test_request_context():
        form = form_of(FILLED)
        again = form_of(parse_qs(form_address.write(form) or "", keep_blank_values=True))
        assert form_address.fields(again) == form_address.fields(form)
        for name in ("seed", "frames", "fps", "negative_prompt", "steps", "guidance", "size", "easing", "unlisted"):
            assert getattr(again, name) == getattr(form, name), name
        assert [(stop.prompt, stop.own, stop.drawing, stop.picture, stop.cut_out) for stop in again.stops] == [
            (stop.prompt, stop.own, stop.drawing, stop.picture, stop.cut_out) for stop in form.stops
        ]
        assert (again.stops[0].picture, again.stops[1].own, again.stops[2].prompt) == (
            "k7mz3vq9xw2hd8cf", {"seed": 4}, "日本",
        )  # fmt: skip


@pytest.mark.parametrize("relation", ["remix_of", "continues"])
def test_walk_that_it_began_from_is_written(app: Flask, walk: Walk, relation: str) -> None:
    with app.test_request_context():
        assert form_address.fields(form_of({"prompt": ["a", "b"], relation: walk.id}))[relation] == walk.id


def test_empty_form_says_only_how_many_stops_it_has(app: Flask) -> None:
    with app.test_request_context():
        assert form_address.fields(form_of({})) == {"prompt": ["", ""]}


def test_form_too_long_for_an_address_is_not_written(app: Flask) -> None:
    with app.test_request_context():
        assert form_address.write(form_of({"prompt": ["日" * 290] * 6})) is None


def test_page_that_carries_a_form_leads_back_to_it(app: Flask) -> None:
    with app.test_request_context("/styles?" + urlencode({"form": urlencode({"prompt": ["a", "b"], "seed": 3}, True)})):
        back = form_address.way_back()
        assert back is not None
        assert parse_qs(urlsplit(back).query) == {"prompt": ["a", "b"], "seed": ["3"]}
        assert (urlsplit(back).netloc, urlsplit(back).path) == ("", "/")
        assert parse_qs(form_address.carried_query() or "") == {"prompt": ["a", "b"], "seed": ["3"]}


@pytest.mark.parametrize(
    "carried", ["", "junk", "token=x&csrf_token=y", "_external=1&_scheme=javascript&_anchor=z", "seed=3&" * 1000]
)
def test_what_is_no_form_leads_nowhere(app: Flask, carried: str) -> None:
    with app.test_request_context("/styles?" + urlencode({"form": carried})):
        assert (form_address.way_back(), form_address.carried_query()) == (None, None)


def test_too_many_fields_lead_nowhere(app: Flask) -> None:
    with app.test_request_context("/styles?" + urlencode({"form": "seed=&" * 300})):
        assert form_address.carried_fields() == {}


def test_photo_is_put_at_its_stop_and_no_further_than_there_are_stops(app: Flask) -> None:
    with app.test_request_context():
        last = Limits.current().stops_max - 1
        for asked, stop in ((0, 0), (2, 2), (99, last)):
            pictures = parse_qs(urlsplit(form_address.of_photo("x", asked)).query, keep_blank_values=True)["picture"]
            assert pictures.index("x") == stop
