"""Whatever is sent, any form, search, cursor, recipe, film and scene is answered, and never by a mistake.

With ``--hypothesis-profile=long`` each is tried a thousand times, with other input each time.
"""

import copy
import io
import json
import re
from contextlib import suppress
from functools import partial
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image
from sqlalchemy import select

from app.collection.gallery import cursors, exhibitions
from app.collection.gallery.exhibitions import ExhibitionRequest
from app.collection.moderation import drawing_curation
from app.collection.moderation.drawing_request import DrawingRequest
from app.core.errors import InvalidInput
from app.requests.walk_requests import recipe
from app.requests.walk_requests.validation import validate
from app.storage.database import db
from app.storage.walk_models import Walk
from tests.support import hostile, led, placing, routes
from tests.support.curator import HASH
from tests.support.recipes import gif, painted_in_levels
from tests.support.rows import Maker

pytestmark = [
    pytest.mark.slow,
    pytest.mark.settings(  # which answers for its mistakes as the real one does
        CURATOR_HASH=HASH, MODELS=[partial(led.lay_out, title="Led model")], TESTING=False, PROPAGATE_EXCEPTIONS=False,
        HOURLY_WALKS=1_000_000, HOURLY_WALKS_ADDRESS=1_000_000,
    ),
]  # fmt: skip

FIELDS = (
    "prompt", "hand", "negative_prompt", "seed", "stop_seed", "frames", "steps", "guidance", "ending", "preset", "size",
    "easing", "model", "unlisted", "remix_of", "continues", "token", "drawing", "own", "add", "remove", "act", "title",
    "reason", "words", "word", "text", "slug", "walks", "shown", "password", "sure", "name", "artist", "licence",
    "source", "kind", "film", "frame", "recipe", "next", "csrf_token", "idempotency_key",
)  # fmt: skip
ASKED = (
    "q", "cursor", "sort", "stops", "hand", "model", "colour", "ending", "since", "until", "draw", "limit", "frame",
    "walk", "before", "page", "seen", "own", "prompt", "url", "maxwidth", "maxheight", "format", "lang", "continues",
    "remix_of", "kind", "size", "seed", "sound",
)  # fmt: skip
HOSTILE = [word for words in hostile.SETS.values() for word in words]
NUMBERS = (
    "0",
    "-1",
    "1e999",
    "NaN",
    "9" * 400,
    "1" + "0" * 18,
    "٣",
    "0x10",
    "1.5",
    " 7 ",
    "+3",
    "18446744073709551616",
)
TEXTS = (
    st.sampled_from(HOSTILE) | st.sampled_from(NUMBERS) | st.text(max_size=40) | st.text(st.characters(), max_size=8)
)
GOOD = st.sampled_from(
    ["a fox", "a kite", "7", "24", "round", "fast", "on", "other", "house", "2020-02-02", "surprise"]
)
PAIRS = st.lists(st.tuples(st.sampled_from(FIELDS), TEXTS | GOOD), max_size=12)
QUERIES = st.lists(st.tuples(st.sampled_from(ASKED), TEXTS | GOOD), max_size=6)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)


@pytest.fixture
def walk(app: Flask, publish: Maker) -> Walk:
    """Publish a walk, an exhibition and a drawing."""
    made = painted_in_levels(publish("a fox", "a kite", frames=5))
    exhibitions.create(ExhibitionRequest("The first", slug="x", walks=[made.id]))
    drawing_curation.add(led.ROBOT.encode(), DrawingRequest("robot"))
    return made


@pytest.fixture
def visitors(client: FlaskClient, curator: FlaskClient) -> list[FlaskClient]:
    """Return a stranger's client, and the curator's."""
    return [client, curator]


def sent(pairs: list[tuple[str, str]]) -> list[tuple[str, str]]:
    """Keep what a browser can send."""
    return [(name, value.encode("utf-8", "replace").decode()) for name, value in pairs]


def addresses(app: Flask, method: str, walk: Walk) -> list[str]:
    acts = {"digest": "restore", "name": "pause", "walk_id": "feature", "collection_id": "unlist"}
    found = []
    for rule in app.url_map.iter_rules():
        if method in (rule.methods or ()) and not rule.rule.startswith(("/static", "/curator/sign-")):
            act = next((act for argument, act in acts.items() if argument in rule.arguments), "")
            found.append(routes.fill(rule, walk_id=walk.id, digest=led.ROBOT_DIGEST, act=act))
    return sorted(found)


@given(data=st.data())
def test_any_form_is_answered(app: Flask, walk: Walk, visitors: list[FlaskClient], data: st.DataObject) -> None:
    path = data.draw(st.sampled_from(addresses(app, "POST", walk)))
    pairs, upload = sent(data.draw(PAIRS)), data.draw(st.binary(max_size=60))
    fields: dict[str, Any] = {}
    for name, value in pairs:
        fields.setdefault(name, []).append(value)
    for client in visitors:
        film = {"film": (io.BytesIO(upload), "film.gif")} if upload else {}
        answer = client.post(path, data={**fields, **film})
        assert answer.status_code < 500, (path, pairs)
        assert "Content-Security-Policy" in answer.headers
        assert not answer.headers.get("Location", "/").startswith(("//", "http", "javascript"))
        follow = client.get("/gallery")
        assert follow.status_code == 200


@given(data=st.data())
def test_any_query_is_answered(app: Flask, walk: Walk, visitors: list[FlaskClient], data: st.DataObject) -> None:
    path = data.draw(st.sampled_from(addresses(app, "GET", walk)))
    pairs = sent(data.draw(QUERIES))
    for client in visitors:
        with client.get(path, query_string=pairs) as answer:
            assert answer.status_code < 500 or path in ("/readyz", "/metrics"), (path, pairs)
            assert not re.search(r"[\r\n]", "".join(value for _, value in answer.headers))


@given(data=st.data())
def test_any_json_is_answered(app: Flask, walk: Walk, visitors: list[FlaskClient], data: st.DataObject) -> None:
    (scene,) = [stop.scene for stop in led_walk().stops][:1]
    first = {"prompt": "a fox", "hand": None, "seed": 4, "scene": copy.deepcopy(scene)}
    asked = {"stops": [first, {"prompt": "a bat"}], "model": "led", "seed": 7, "frames": 4, "ending": "round",
             "guidance": 3.5, "preset": "fast"}  # fmt: skip
    altered(asked, data)
    answer = visitors[0].post("/api/v1/walks", data=json.dumps(asked), content_type="application/json")
    assert answer.status_code in (202, 400, 422)
    if answer.status_code == 202:
        assert visitors[0].get(f"/walks/{answer.json['id']}").status_code == 200
        assert visitors[0].get(f"/api/v1/walks/{answer.json['id']}").json["seed"] == answer.json["seed"]


def led_walk() -> Walk:
    """Return a walk whose prompts were read as drawings."""
    found = db.session.scalars(select(Walk).where(Walk.model == "led").limit(1)).first()
    if found is not None:
        return found
    made, _ = placing.place(validate({"stops": [{"prompt": "a fox"}, {"prompt": "a bat"}], "model": "led"}),
                           visitor_key="ann", owner="ann")  # fmt: skip
    return made


@given(data=st.data())
def test_any_recipe_is_answered(app: Flask, walk: Walk, visitors: list[FlaskClient], data: st.DataObject) -> None:
    document: Any = copy.deepcopy(recipe.recipe_of(walk))
    altered(document, data)
    said = json.dumps(document).encode()
    film = bytearray(gif(said) if data.draw(st.booleans()) else said)
    for _ in range(data.draw(st.integers(0, 3))):
        film[data.draw(st.integers(0, len(film) - 1))] = data.draw(st.integers(0, 255))
    for client in visitors:
        read = client.post("/api/v1/recipe", data=bytes(film))
        assert read.status_code in (200, 422)
        page = client.post("/recipe", data={"film": (io.BytesIO(film), "film.gif")})
        assert page.status_code in (200, 303, 422)
    if read.status_code == 200:
        again = client.post("/api/v1/walks", json=read.json)
        assert again.status_code in (202, 422)


def altered(document: Any, data: st.DataObject) -> None:
    """Put something else into up to three places, anywhere."""
    for _ in range(data.draw(st.integers(0, 3))):
        inner, places = document, list[tuple[Any, Any]]()
        stack = [inner]
        while stack:
            each = stack.pop()
            keys = list(each) if isinstance(each, dict) else range(len(each)) if isinstance(each, list) else ()
            places += [(each, key) for key in keys]
            stack += [each[key] for key in keys]
        where, key = data.draw(st.sampled_from(places))
        if data.draw(st.booleans()):
            where[key] = data.draw(JSON)
        elif isinstance(where, dict):
            where[data.draw(st.text(max_size=8))] = where.pop(key)


@given(
    prompts=st.lists(st.text(min_size=1, max_size=30).filter(str.strip), min_size=2, max_size=8),
    seed=st.integers(0, 2**32 - 1), frames=st.integers(8, 40), ending=st.sampled_from(["stop", "back", "round"]),
)  # fmt: skip
def test_recipe_asks_for_the_same_walk(app: Flask, prompts: list[str], seed: int, frames: int, ending: str) -> None:
    try:
        wanted = validate(
            {"stops": [{"prompt": each} for each in prompts], "seed": seed, "frames": frames, "ending": ending}
        )
        walk, _ = placing.place(wanted, visitor_key="ann", owner="ann")
    except InvalidInput:
        return  # two that are or are read as the same, or letters that cannot be shown
    painted_in_levels(walk)
    document = recipe.recipe_of(walk)
    again, pinned = recipe.read_upload(gif(recipe.dumps(walk).encode()))
    other, _ = placing.place(again, visitor_key="bob", owner="bob", pinned=pinned)
    assert recipe.recipe_of(other) == document
    assert [stop.prompt for stop in other.stops] == [stop.prompt for stop in walk.stops]


CURSOR_VALUES = st.lists(st.text(max_size=8) | st.integers(-(2**53), 2**53) | st.booleans(), max_size=4)


@given(values=CURSOR_VALUES, order=st.text(max_size=8))
def test_cursor_holds_what_was_written_and_no_other_is_taken(app: Flask, values: list[Any], order: str) -> None:
    written = cursors.encode(order, *values)
    assert cursors.decode(written, order, *map(type, values)) == values
    for place in range(0, len(written), max(1, len(written) // 8)):
        forged = written[:place] + ("A" if written[place] != "A" else "B") + written[place + 1 :]
        with suppress(InvalidInput):
            assert cursors.decode(forged, order, *map(type, values)) == values  # spare bits of its last letter


@given(text=st.sampled_from(HOSTILE) | st.text(max_size=60), cursor=st.text(max_size=60) | st.binary(max_size=30))
def test_any_search_and_any_cursor_is_answered_on_page_in_feed_and_api(
    app: Flask, walk: Walk, visitors: list[FlaskClient], text: str, cursor: str | bytes
) -> None:
    asked = {"q": text.encode("utf-8", "replace").decode(), "cursor": cursor}
    for path in ("/gallery", "/feed.xml", "/api/v1/walks"):
        for query in ({"q": asked["q"]}, asked):
            assert visitors[0].get(path, query_string=query).status_code in (200, 422), path


@given(title=st.text(max_size=130) | st.sampled_from(HOSTILE))
def test_names_of_downloads_are_plain(app: Flask, walk: Walk, visitors: list[FlaskClient], title: str) -> None:
    walk.given_title = title
    db.session.commit()
    for path in (f"/walks/{walk.id}.zip", f"/walks/{walk.id}.gif", f"/walks/{walk.id}.json", f"/walks/{walk.id}.png"):
        with visitors[0].get(path) as answer:
            assert answer.status_code == 200
            named = answer.headers.get("Content-Disposition", "")
            assert re.fullmatch(r'((attachment|inline); filename="?[a-z0-9.-]+"?)?', named), named
            assert answer.headers["X-Content-Type-Options"] == "nosniff"
            assert answer.mimetype in ("application/zip", "image/gif", "application/json", "image/png")


def test_nothing_is_handed_out_as_a_table_in_which_words_could_be_formulas(app: Flask, walk: Walk) -> None:
    client = app.test_client()
    kinds = set()
    for path in addresses(app, "GET", walk):
        with client.get(path) as answer:
            kinds.add(answer.mimetype)
    assert kinds <= {
        "text/html", "application/json", "application/problem+json", "application/atom+xml", "application/xml",
        "application/zip", "image/gif", "image/png", "image/webp", "image/svg+xml", "image/vnd.microsoft.icon",
        "image/x-icon", "video/mp4", "video/webm", "text/plain", "application/json+oembed",
    }  # fmt: skip


def test_picture_that_is_no_film_is_refused_in_words(app: Flask, visitors: list[FlaskClient]) -> None:
    out = io.BytesIO()
    Image.new("RGB", (8, 8)).save(out, "PNG")
    assert visitors[0].post("/api/v1/recipe", data=out.getvalue()).status_code == 422
