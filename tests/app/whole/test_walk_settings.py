"""Three laws for every setting of a walk: what is written on a surface and read back is the same request.

*Form → request → form*, *walk → request → walk*, *recipe → request → recipe*; commands and JSON beside them.
"""

import json
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskCliRunner
from werkzeug.datastructures import MultiDict

from app.core.config import ROOT
from app.offer.generation import offers
from app.offer.generation.limits import Limits
from app.requests.walk_requests import drafts, recipe, walk_rows
from app.requests.walk_requests.validation import validate
from app.requests.walk_requests.walk_request import SETTINGS, DescribedSettings, WalkRequest
from app.site.presentation import form_address, form_fields, walk_description
from app.site.presentation import make_form as forms
from app.storage.film_measures import MEASURES, PUBLISHED
from app.storage.walk_models import PIXEL_COLUMNS, Stop, Walk
from app.walks.saved import lookup, shapes
from tests.conftest import Maker
from tests.support.recipes import painted_in_levels

STOPS = [
    {"prompt": "a fox", "negative_prompt": "rain", "hand": "linocut", "seed": 3},
    {"prompt": "a fox", "hand": "paper cut-out"},
    {"prompt": "the sun", "seed": 0},
]
VALUES: dict[str, Callable[[], Any]] = {
    "frames": lambda: 9,
    "fps": lambda: 25.0,
    "steps": lambda: 7,
    "guidance": lambda: 2.5,
    "preset": lambda: "fast",
    "size": lambda: offers.current().first.facts.sizes[-1],
    "aspect": lambda: "3:2",
    "ending": lambda: "round",
    "easing": lambda: True,
    "model": lambda: offers.current().first.name,
    "seed": lambda: 0,
    "unlisted": lambda: True,
}
OF_OTHERS = {"photos_may_be_shown", "publish_sound", "continues", "remix_of"}
"""Settings that need a photo, a sound or another walk, which tests of these hold."""


@pytest.fixture(params=sorted(VALUES))
def setting(request: pytest.FixtureRequest) -> str:
    """Return the name of each setting in turn."""
    name: str = request.param
    return name


@pytest.fixture
def asked(app: Flask, setting: str) -> WalkRequest:
    """Return a request in which one setting is not the usual one."""
    return validate({"stops": STOPS, "seed": 7, "frames": 24} | {setting: VALUES[setting]()})


@pytest.fixture
def walk(asked: WalkRequest) -> Walk:
    """Return the row of that request."""
    return drafts.draft(asked, visitor_key="ann").walk


def columns(row: Walk | Stop) -> dict[str, Any]:
    """Return what a row was given, apart from whose it is and when it was made."""
    own = {"id", "visitor", "network", "owner_hash", "request_hash", "cache_key", "origin", "request_id"}
    return {name: value for name, value in vars(row).items() if not name.startswith("_") and name not in own}


def read(fields: dict[str, Any]) -> WalkRequest:
    """Return what the form asks for with these fields."""
    pairs = MultiDict[str, str]()
    for name, value in fields.items():
        for each in value if isinstance(value, list) else [] if value is None else [value]:
            pairs.add(name, str(each))
    form = forms.from_fields(pairs, Limits.current())
    written = {name: [*map(str, value)] if isinstance(value, list) else str(value)
               for name, value in form_address.fields(form).items()}  # fmt: skip
    kept = {name: [*map(str, value)] if isinstance(value, list) else str(value)
            for name, value in fields.items() if value is not None}  # fmt: skip
    assert written == kept  # in the address that a page carries
    return validate(form.as_body())


def test_every_setting_is_held_to_the_laws() -> None:
    assert VALUES.keys() | OF_OTHERS == SETTINGS.keys()


def test_walk_to_request_to_walk_is_the_same(asked: WalkRequest, walk: Walk, setting: str) -> None:
    again = walk_rows.request_of(walk)
    assert getattr(again, setting) == getattr(asked, setting)
    row = walk_rows.new_walk(again, state=walk.state, scheduler=walk.scheduler, sampling=walk.sampling)
    walk_rows.record_stops(row, again.offer.styles)
    expected = columns(walk) | {"photos_may_be_shown": False}
    assert {**columns(row), "stops": None, "drawings": walk.drawings} == {**expected, "stops": None}
    notes = [stop.note for stop in walk.stops]
    assert [{**columns(stop), "note": note} for stop, note in zip(row.stops, notes, strict=True)] == [
        {**columns(stop), "note": note} for stop, note in zip(walk.stops, notes, strict=True)
    ]


def test_form_to_request_to_form_is_the_same(asked: WalkRequest, walk: Walk, setting: str) -> None:
    fields = form_fields.of_request(walk_rows.request_of(walk))
    wanted = read(fields)
    assert getattr(wanted, setting) in (getattr(asked, setting), getattr(walk_rows.request_of(walk), setting))
    again = drafts.draft(wanted, visitor_key="ann").walk
    assert form_fields.of_request(walk_rows.request_of(again)) == fields
    assert again.cache_key == walk.cache_key


def test_recipe_to_request_to_recipe_is_the_same(app: Flask, request_walk: Maker, setting: str) -> None:
    walk = painted_in_levels(request_walk(**{"stops": STOPS, "seed": 7, setting: VALUES[setting]()}))
    side = (offers.current().first.facts.size or 0) * shapes.enlargement(walk)
    walk.width, walk.height = (walk.sampling or {}).get("frame", (side, side))
    written = recipe.recipe_of(walk)
    wanted, pinned = recipe.request_of(json.loads(recipe.dumps(walk)))
    body = recipe.as_body(wanted, pinned)  # which programs send on
    assert body.keys() <= WalkRequest.model_fields.keys() and validate(body)
    again = drafts.draft(wanted, visitor_key="ben", pinned=pinned).walk
    assert recipe.recipe_of(again) | {"software": None} == written | {"software": None}


def test_json_says_what_was_requested(walk: Walk, setting: str) -> None:
    described = walk_description.describe_settings(walk)
    assert (
        setting not in DescribedSettings.__annotations__ or described[setting] == walk_rows.settings_of(walk)[setting]
    )


def test_command_requests_it(runner: FlaskCliRunner, setting: str) -> None:
    value, flag = VALUES[setting](), f"--{setting.replace('_', '-')}"
    given = [flag] if value is True else [flag, str(value)]
    answer = runner.invoke(args=["walks", "create", "a fox", "a kite", *given, "--json"])
    assert answer.exit_code == 0, answer.output
    walk = lookup.walk_at_address(json.loads(answer.output)["id"])
    assert walk_rows.settings_of(walk)[setting] == value


def test_each_setting_and_measure_is_documented() -> None:
    page = (ROOT / "docs/contributing/walk-settings.md").read_text("utf-8")
    for name, setting in SETTINGS.items():
        column, default = walk_rows.COLUMNS.get(name), WalkRequest.model_fields[name].default
        cells = (f"`{name}`", setting.kind.__name__, repr(default), column and f"`{column}`", setting.record,
                 column in PIXEL_COLUMNS and "yes", setting.title, setting.option and "yes")  # fmt: skip
        assert f"| {' | '.join(cell or '' for cell in cells)} |" in page, name
    for name, attribute in PUBLISHED.items():
        measure = MEASURES[attribute]
        cells = (f"`{name}`", measure.is_copied and "yes", measure.is_shipped and "yes")
        assert f"| {' | '.join(cell or '' for cell in cells)} |" in page, name
