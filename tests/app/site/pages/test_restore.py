"""A film brought along: its recipe fills the form; what is no film of ours is explained, and nothing typed is lost."""

import html
import io
import json
import re
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient
from PIL import Image
from sqlalchemy import func, select
from werkzeug.test import TestResponse

from app.requests.walk_requests import recipe
from app.requests.walk_requests.recipe_pins import PinnedSettings
from app.storage import media_store
from app.storage.database import db
from app.storage.upload_models import Upload
from app.storage.walk_models import Walk
from tests.conftest import make_app
from tests.support import heard, sounds
from tests.support.html import prompts_on
from tests.support.recipes import RENDERING, gif
from tests.support.rows import Maker

TYPED = {
    "prompt": ["a typed <b>", "another"],
    "seed": "007",
    "negative_prompt": "fog",
    "unlisted": "1",
    "token": "once",
}
STOPS = [
    {"prompt": "a fox", "hand": "linocut", "seed": 3},
    {"prompt": "été 狐狸", "negative_prompt": "rain"},
    {"prompt": "the sun"},
]
POSITIONS = {"positions": [0.0, 1.0, 2.0]}


@pytest.fixture
def painted(request_walk: Maker) -> Walk:
    pinned = PinnedSettings.model_validate({**RENDERING, **POSITIONS})
    return request_walk(stops=STOPS, seed=7, frames=3, preset="exact", pinned=pinned)


def bring(client: FlaskClient, data: bytes, name: str = "film.gif", **typed: Any) -> TestResponse:
    return client.post("/recipe", data={**TYPED, **typed, "film": (io.BytesIO(data), name)})


def recipe_file(walk: Walk, **changes: Any) -> bytes:
    return json.dumps({**recipe.recipe_of(walk), **changes}).encode()


def values(page: str) -> dict[str, Any]:
    """Read what a page's form would send."""
    form = page[page.index('<form id="make"') :].partition("</form>")[0]
    found: dict[str, Any] = {"prompt": prompts_on(form)}
    form = html.unescape(form)
    found["own"] = re.findall(r'name="own" value="(.*?)">', form)
    found |= dict(re.findall(r'<input[^>]* name="(negative_prompt|seed|steps|guidance|token)" value="([^"]*)"', form))
    found |= dict(re.findall(r'<input type="radio" name="(\w+)" value="([^"]*)"[^>]* checked', form))
    return found


def test_film_fills_the_form_with_all_that_it_was_asked_with(client: FlaskClient, painted: Walk) -> None:
    answer = bring(client, gif(recipe.dumps(painted).encode()))
    assert answer.status_code == 200
    assert "The settings of your film are loaded." in answer.text
    sent = values(answer.text)
    assert sent["prompt"] == [stop["prompt"] for stop in STOPS]
    assert [json.loads(text or "{}") for text in sent["own"]] == [
        {"seed": 3, "hand": "linocut"}, {"negative_prompt": "rain"}, {},
    ]  # fmt: skip
    assert (sent["seed"], sent["frames"], sent["preset"], sent["token"]) == ("7", "3", "exact", "once")
    assert 'name="unlisted" value="1" checked' in answer.text
    client.post("/walks", data=sent)
    again = db.session.scalar(select(Walk).where(Walk.number != painted.number))
    for name in ("seed", "frames", "preset", "ending", "easing", "sampler_steps", "guidance", "model"):
        assert getattr(again, name) == getattr(painted, name), name
    assert [(s.prompt, s.negative_prompt, s.requested_style, s.seed) for s in again.stops] == [
        (s.prompt, s.negative_prompt, s.requested_style, s.seed) for s in painted.stops
    ]


def test_recipe_file_does_as_well(client: FlaskClient, painted: Walk) -> None:
    assert values(bring(client, recipe_file(painted), "recipe.json").text)["seed"] == "7"


def test_film_to_a_sound_restores_its_part_its_way_and_its_times(client: FlaskClient, painted: Walk) -> None:
    file = io.BytesIO(sounds.track()), "song.wav"
    client.post("/", data={"edit": "bring", "sound-file": file}, content_type="multipart/form-data")
    sound = db.session.scalars(select(Upload)).one()
    heard.read(sound.id)
    part = {"digest": sound.digest, "start": 2.0, "length": 12.0, "way": "pulse", "pictures": 40, "holds": [50, 50, 50]}
    document = recipe.recipe_of(painted)
    document["stops"][1]["at"] = 4.5
    page = bring(client, json.dumps({**document, "sound": part}).encode()).text
    assert f'name="sound" value="{sound.id}"' in page and 'value="pulse" checked' in page
    assert 'name="sound_start" value="2"' in page and 'name="sound_length" value="12"' in page
    assert re.findall(r'name="at" value="([^"]*)"', page) == ["", "4.5", ""]
    assert values(page)["frames"] == "40"
    page = bring(client, json.dumps({**document, "sound": {**part, "digest": "5e" * 32}}).encode()).text
    assert "The walk has a sound, which is not here." in page and 'name="sound_start" value="2"' in page


def test_nothing_of_a_film_is_kept(client: FlaskClient, painted: Walk) -> None:
    before = sorted(media_store.store().files("walks"))
    bring(client, gif(recipe.dumps(painted).encode()))
    assert sorted(media_store.store().files("walks")) == before
    assert db.session.scalar(select(func.count()).select_from(Walk)) == 1


def foreign() -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (8, 8)).save(out, "WEBP")
    return out.getvalue()


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "No film came along. Choose a GIF, WebP, MP4, WebM or PNG made here, or a recipe."),
        (gif(None), "The recipe is missing: this GIF contains none of ours."),
        (gif(b"made with love"), "The recipe is missing: this GIF contains none of ours."),
        (foreign(), "The recipe is missing: this WebP contains none of ours."),
        (b"\0\0\0\x08ftyp", "The recipe is missing: this MP4 contains none of ours."),
        (b"\x89PNG\r\n\x1a\n", "The recipe is missing: this PNG contains none of ours."),
        (b"\xff\xd8\xff", "The recipe cannot be read: this is neither a GIF, WebP, MP4, WebM or PNG made here"),
        (b"<script>alert(1)</script>", "The recipe cannot be read"),
        (b'{"format": "another"}', "The recipe is of another kind than this site's"),
        (b'{"format": "moma-lisa recipe", "version": 3}', "The recipe is of version 3; this site reads"),
    ],
)  # fmt: skip
def test_foreign_film_is_explained_and_fields_are_kept(client: FlaskClient, data: bytes, reason: str) -> None:
    answer = bring(client, data)
    page = html.unescape(answer.text)
    assert answer.status_code == 422
    assert f'<a href="#film">Load settings from a file</a>: {reason}' in page
    assert f"<strong>{reason}" in page
    sent = values(answer.text)
    assert sent["prompt"] == TYPED["prompt"]
    assert (sent["seed"], sent["negative_prompt"], sent["token"]) == ("007", "fog", "once")
    assert "<script>alert" not in answer.text


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"model": {"name": "a/b", "revision": "1", "prefix": ""}}, "The model a/b is not offered here"),
        ({"seed": 2**32}, "The seed must be a whole number from 0 to 4294967295."),
        ({"seed": None}, "The recipe cannot be used, because it was changed: its seed is missing."),
        ({"stops": [{"prompt": "a"}]}, "A walk has 2 to 8 stops; this one has 1."),
        ({"frames": 100_000}, "Frames must be a whole number from 3"),
        ({"positions": [0.0, 0.5, 9.0]}, "The recipe cannot be used, because it was changed"),
        ({"size": [1_000_000, 8]}, "The recipe cannot be used, because it was changed: its size cannot be used."),
        ({"sampler": {"scheduler": "x", "steps": 10**9, "guidance": 1}}, "it was changed: its number of steps"),
    ],
)  # fmt: skip
def test_forged_recipe_is_refused(client: FlaskClient, painted: Walk, changes: dict[str, Any], reason: str) -> None:
    data = recipe_file(painted, **changes)
    page = bring(client, data)
    assert (page.status_code, reason in html.unescape(page.text)) == (422, True)
    problem = client.post("/api/v1/recipe", data=data)
    assert (problem.status_code, problem.mimetype) == (422, "application/problem+json")
    assert reason in problem.json["detail"]


@pytest.mark.parametrize("kind", ["image/gif", "application/x-www-form-urlencoded", None])
def test_program_gets_a_body_that_it_can_send_on(client: FlaskClient, painted: Walk, kind: str | None) -> None:
    answer = client.post("/api/v1/recipe", data=gif(recipe.dumps(painted).encode()), content_type=kind)
    assert answer.status_code == 200
    walk = client.post("/api/v1/walks", json=answer.json)
    assert walk.status_code == 202
    stops = walk.json["stops"]
    scenes, styles = [stop.pop("scene") for stop in stops], [stop.pop("style") for stop in stops]
    unset = dict.fromkeys(("found_hand", "note", "photo", "cut_out", "lora", "lora_weight", "clip_skip", "at"))
    notes = [{"note": "partly read" if "狐狸" in stop["prompt"] else None} for stop in stops]
    assert stops == [unset | note | stop for note, stop in zip(notes, recipe.recipe_of(painted)["stops"], strict=True)]
    assert all(scenes)  # the recipe has none: its prompts are read again
    assert all(styles)


def test_films_are_read_up_to_their_own_limit_and_other_bodies_up_to_theirs(instance: Path) -> None:
    client = make_app(instance, BODY_MAX=100_000, UPLOAD_MAX=300_000).test_client()
    assert client.post("/api/v1/recipe", data=b"x" * 300_000).status_code == 422
    for answer in (client.post("/api/v1/recipe", data=b"x" * 300_001), bring(client, b"x" * 300_001)):
        assert answer.status_code == 413
        assert "300,000 bytes at most" in answer.text
    assert bring(client, b"x" * 200_000).status_code == 422
    assert client.post("/api/v1/walks", data=b"x" * 100_001, content_type="application/json").status_code == 413
    assert client.post("/walks", data={"prompt": "x" * 100_001}).status_code == 413
    assert 'data-max="300000"' in client.get("/").text


@pytest.mark.slow
def test_old_form_keeps_what_was_typed(instance: Path) -> None:
    client = make_app(instance, WTF_CSRF_ENABLED=True).test_client()
    answer = bring(client, b"{}")
    assert answer.status_code == 400
    assert values(answer.text)["prompt"] == TYPED["prompt"]
