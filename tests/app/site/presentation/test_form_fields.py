"""Remixes: the form filled from a walk, whole, and the walks that know each other by it."""

import html
import re
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from werkzeug.datastructures import MultiDict

from app.core.errors import InvalidInput
from app.offer.generation.limits import Limits
from app.requests.walk_requests.validation import validate
from app.site.presentation import form_fields, walk_description
from app.site.presentation import make_form as forms
from app.storage.database import db, now
from app.storage.walk_models import FINISHED, Stop, Walk
from app.walks.saved import lifecycle, lineage
from tests.support.rows import Maker, change

MIXED = [
    {"prompt": "a fox", "hand": "linocut", "seed": 3},
    {"prompt": "a fox", "hand": "paper cut-out", "negative_prompt": "rain"},
    {"prompt": "the sun"},
]


def pairs(fields: dict[str, Any]) -> MultiDict[str, str]:
    """Write fields as a form sends them."""
    found: MultiDict[str, str] = MultiDict()
    for name, value in fields.items():
        for each in value if isinstance(value, list) else [] if value is None else [value]:
            found.add(name, str(each))
    return found


def form_of(fields: dict[str, Any]) -> forms.MakeForm:
    return forms.from_fields(pairs(fields), Limits.current())


def test_form_in_another_style_keeps_all_else_of_the_stops(publish: Maker) -> None:
    original = publish(stops=MIXED, frames=3)
    own = {"photo": "5e" * 32, "cut_out": True, "clip_skip": 2, "lora": "ink", "lora_weight": 0.5}
    change(Stop, Stop.walk_number == original.number, Stop.position == 1, **own)
    db.session.refresh(original)
    fields = form_fields.repainted(original, "mosaic")
    assert (fields["hand"], fields["seed"], fields["remix_of"]) == ("mosaic", original.seed, original.id)
    assert (fields["picture"], fields["cut_out"]) == (["", "5e" * 32, ""], [1])
    assert (fields["lora"], fields["lora_weight"]) == (["", "ink", ""], ["", "0.5", ""])
    assert [form_fields.read_own(text).get("clip_skip") for text in fields["own"]] == [None, 2, None]


def test_without_the_seed_all_seeds_are_new(publish: Maker) -> None:
    wanted = form_of(form_fields.fields(publish(stops=MIXED, frames=3))).as_body()
    assert "seed" not in wanted
    assert not [stop for stop in wanted["stops"] if "seed" in stop]
    assert [stop["hand"] for stop in wanted["stops"]] == ["linocut", "paper cut-out", None]


@pytest.mark.databases
def test_seeds_between_which_alone_something_lies_are_kept(publish: Maker) -> None:
    stops = [{"prompt": "a fox", "seed": 1}, {"prompt": "a fox", "seed": 2}]
    wanted = validate(form_of(form_fields.fields(publish(stops=stops))).as_body())
    assert [stop.seed for stop in wanted.stops] == [1, 2]


def test_turned_round_takes_what_each_stop_has_along(publish: Maker) -> None:
    fields = form_fields.fields(publish(stops=MIXED, frames=3), seed=True, turned=True)
    assert fields["prompt"] == ["the sun", "a fox", "a fox"]
    assert [form_fields.read_own(text).get("hand") for text in fields["own"]] == [None, "paper cut-out", "linocut"]


def test_form_shows_what_a_stop_has_of_its_own_and_takes_it_away(client: FlaskClient, publish: Maker) -> None:
    original = publish(stops=MIXED, frames=3)
    page = html.unescape(client.get("/", query_string=pairs(form_fields.fields(original, seed=True))).text)
    assert "Style linocut, seed 3." in page
    assert "Style paper cut-out, without rain." in page
    assert f'A remix of <a href="{original.url}">' in page
    sent = pairs(form_fields.fields(original, seed=True) | {"edit": "plain-0"})
    page = html.unescape(client.post("/", data=sent).text)
    assert "Style linocut" not in page
    assert "Style paper cut-out, without rain." in page
    for edit in ("plain-9", "plain-99", "plain-x"):
        assert client.post("/", data=pairs({"prompt": ["a", "b"], "edit": edit})).status_code == 200


@pytest.mark.parametrize(
    "own", ["{", "[]", "7", "null", '{"x": 1}', "[" * 5000, '{"prompt": "rain"}', '{"hand": "\\ud800"}']
)
def test_what_is_nothing_of_a_stops_own_is_left_out(own: str) -> None:
    assert form_fields.read_own(own) == {}


@pytest.mark.parametrize(
    ("own", "rule"),
    [
        ('{"seed": -1}', "The seed must be a whole number from 0 to 4294967295."),
        ('{"seed": {"a": [1]}}', "The seed must be a whole number from 0 to 4294967295."),
        ('{"hand": "<fresco>"}', "The hand cannot be “<fresco>”."),
        ('{"negative_prompt": 7}', "The negative prompt must be a text of at most 300 characters."),
    ],
)
def test_unusable_own_is_explained_beside_its_line(client: FlaskClient, own: str, rule: str) -> None:
    answer = client.post("/walks", data=pairs({"prompt": ["a fox", "a kite"], "own": [own, ""]}))
    assert answer.status_code == 422
    page = html.unescape(answer.text)
    assert rule in re.search(r'id="stop-0-error">(.*?)</p>', page)[1]


def test_own_hand_of_an_old_walk_is_dropped_with_a_word(client: FlaskClient) -> None:
    page = client.get("/", query_string=pairs({"prompt": ["a fox", "a kite"], "own": ["", '{"hand": "fresco"}']})).text
    assert "The model that paints here does not know “fresco”." in page
    assert "Style fresco" not in page


# Parents and children


@pytest.fixture
def remix(publish: Maker) -> Maker:
    def make(original: Walk, **fields: Any) -> Walk:
        return publish("a bear", "a kite", remix_of=original.id, **fields)

    return make


@pytest.mark.databases
def test_parent_and_children_name_each_other(client: FlaskClient, publish: Maker, remix: Maker) -> None:
    original = publish("a fox", "a kite")
    older, newer = remix(original, minutes_ago=2), remix(original, minutes_ago=1)
    assert [walk.id for walk in lineage.remixes_of(original, 5)] == [newer.id, older.id]
    assert f'A remix of <a href="{original.url}">' in client.get(newer.url).text
    assert f'Remixed as <a href="{newer.url}">' in client.get(original.url).text
    assert walk_description.describe(newer)["remix_of"] == original.id


def test_remix_of_a_walk_that_is_not_there_is_refused_by_name(app: Flask, publish: Maker) -> None:
    gone = publish()
    lifecycle.delete_walk(gone)
    for name in (gone.id, "a" * 16):
        with pytest.raises(InvalidInput) as refused:
            validate({"stops": [{"prompt": "a"}, {"prompt": "b"}], "remix_of": name})
        assert [(error.field, error.message[:45]) for error in refused.value.errors] == [
            ("remix_of", "The walk that this is a remix of is not here:")
        ]


def test_form_filled_from_a_walk_that_has_gone_since_is_painted_all_the_same(
    client: FlaskClient, publish: Maker
) -> None:
    gone = publish()
    sent = pairs(form_fields.fields(gone, seed=True))
    lifecycle.delete_walk(gone)
    assert client.post("/walks", data=sent).status_code == 303
    assert db.session.scalar(select(Walk.remix_of).where(Walk.number != gone.number)) is None


def test_unlisted_walk_is_remixed_by_who_knows_it(client: FlaskClient, publish: Maker) -> None:
    original = publish(unlisted=True)
    client.post("/walks", data=pairs(form_fields.fields(original) | {"unlisted": None}))
    change(Walk, state=FINISHED, finished_at=now())
    remix = db.session.scalar(select(Walk).where(Walk.number != original.number))
    assert (remix.remix_of, remix.unlisted) == (original.id, False)
    assert original.id not in client.get(remix.url).text


@pytest.mark.databases
def test_page_shows_neighbours_on_both_sides(client: FlaskClient, publish: Maker) -> None:
    walk, before, after = publish("a kite", "the sea"), publish("a fox", "a kite"), publish("the sea", "a ship")
    page = client.get(walk.url).text
    for title, other in (
        ("Walks that start where this one ends", after),
        ("Walks that end where this one starts", before),
    ):
        section = page[page.index(title) :].partition("</section>")[0]
        assert re.findall(r'class="picture" href="([^"]+)"', section) == [other.url]
