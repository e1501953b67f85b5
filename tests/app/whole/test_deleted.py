"""What is left of a walk that was deleted: the row that says so, and nothing else, wherever it had got to."""

import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import inspect, text

from app.access.auth import visitors
from app.collection.gallery import exhibitions
from app.collection.gallery.exhibitions import ExhibitionRequest
from app.collection.moderation import reports
from app.collection.search import semantic_search, vector_index, visual_search
from app.collection.search.vector_file import Vectors
from app.collection.search.vector_index import mark_of
from app.offer.drawings.drawing_credits import WRITTEN
from app.requests.walk_requests import walk_edits
from app.storage import media_store
from app.storage.database import db, now, writing
from app.storage.task_kinds import FILM
from app.storage.walk_models import Medium, Task, VisualFeatures, Walk
from app.upkeep.maintenance import media_upkeep
from app.walks.saved import deletions, lifecycle, media_urls
from tests.support.rows import Maker, change
from tests.support.tables import make_table

pytestmark = [pytest.mark.slow, pytest.mark.settings(MEANING=make_table)]

WORDS = "quokka", "zyzzyva", "halcyonic", "periwinkle", "xylograph"
"""Of the prompt, of what it leaves out, of its title, of a visitor's report, of its note."""
PIXELS = b"pixels that nothing else has"
VISITOR = "an address of the tests"
KEY = "k" * 64
OWNER = "a secret of its owner, long enough"


@pytest.fixture(autouse=True)
def found_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make the indexes look for what is new each time, and know a theme."""
    monkeypatch.setattr(vector_index, "REFRESH_SECONDS", 0.0)
    monkeypatch.setattr(vector_index, "BLANK_SECONDS", 0.0)
    monkeypatch.setattr("tests.support.tables.THEMES", {"one": ("autumn", WORDS[0], "kite")})


@pytest.fixture
def everywhere(app: Flask, client: FlaskClient, publish: Maker) -> Walk:
    """Publish a walk and let it reach all that a walk reaches."""
    walk = publish(f"a {WORDS[0]}", "a kite", visitor=VISITOR)
    child = publish("a kite", "the sea", continues=walk.id)
    walk_edits.apply(walk, walk_edits.validate({"title": f"My {WORDS[2]} thing"}))
    with writing() as session:
        row = session.get_one(Walk, walk.number)
        row.owner_hash, row.error, row.remix_of = visitors.digest(OWNER), f"It said {WORDS[0]}", None
        row.idempotency_key, row.drawings = KEY, [dict.fromkeys(WRITTEN, WORDS[0])]
        row.stops[0].negative_prompt, row.stops[0].note, row.stops[0].requested_style = WORDS[1], WORDS[4], WORDS[0]
        row.stops[1].scene = {"things": [], "setting": WORDS[0]}
        vectors = visual_search.pack(np.ones((2, 64), np.float32))
        session.add(VisualFeatures(walk_number=walk.number, encoder="one", frames=[0, 1], vectors=vectors))
        session.add(VisualFeatures(walk_number=child.number, encoder="one", frames=[0, 1], vectors=vectors))
        session.add(Task(walk_number=walk.number, kind=FILM, payload={"words": WORDS[0]}, urgency=1))
        path = f"{media_store.walk_folder(walk.id)}/stages0.0123.webp"
        session.add(Medium(walk_number=walk.number, kind="stages0", path=path, bytes=len(PIXELS), etag="0123"))
    exhibitions.create(ExhibitionRequest("The first", slug="the-first", walks=[walk.id, child.id]))
    assert reports.submit(walk, reason="other", words=WORDS[3], reporter="x", admit=lambda: None)
    db.session.refresh(walk)
    store = media_store.store()
    for each in (*walk.painted, *walk.media.values()):
        store.write(each.path, PIXELS)
    store.write(f"{media_store.samples_folder(walk.id)}/0.npz", PIXELS)
    for path in ("/gallery?q=autumn", f"/gallery?q={WORDS[0][:-1]}*", f"/walks/{child.id}/alike", walk.url):
        assert client.get(path).status_code == 200, path
    return walk


def cells() -> Iterator[tuple[str, str]]:
    """Read every cell of every table that there is, those that no model knows of too."""
    with db.engine.connect() as connection:
        for table in inspect(connection).get_table_names():
            for row in connection.execute(text(f'SELECT * FROM "{table}"')).mappings():  # noqa: S608
                yield from ((f"{table}.{name}", _printed(value)) for name, value in row.items())


def _printed(value: Any) -> str:
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)


def columns_with(words: tuple[str, ...]) -> set[tuple[str, str]]:
    """Name the columns that hold one of these words, or part of them."""
    return {(place, word) for place, value in cells() for word in words if word in value.lower()}


def vectors_of(name: str) -> Vectors:
    path = Path(semantic_search.current_app.instance_path) / f"{name}{vector_index.SUFFIX}"
    kind = semantic_search._ours()[0].kind() if name == "meaning" else ("one", 64)
    return Vectors(path, *kind)


def rows_of(vectors: Vectors, walk: Walk) -> list[np.ndarray[Any, Any]]:
    rows = vectors._rows
    return [*rows["values"][rows["mark"] == mark_of(walk.id)]]


def files(folder: Path) -> dict[Path, bytes]:
    return {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.mark.databases
def test_deleted_walk_leaves_a_bare_row(app: Flask, client: FlaskClient, everywhere: Walk) -> None:
    walk, secrets = everywhere, (visitors.digest(OWNER), VISITOR, KEY)
    addresses = [media_urls.film_address(walk, "gif"), walk.url, f"/api/v1/walks/{walk.id}"]
    before = columns_with(WORDS)
    assert {word for _, word in before} == set(WORDS)
    assert {"stops.prompt", "vocabulary.word", "pieces.payload"} <= {place for place, _ in before}
    assert columns_with(secrets)
    assert any(row.any() for row in rows_of(vectors_of("meaning"), walk))
    assert len(rows_of(vectors_of("looks"), walk)) == 2

    lifecycle.delete_walk(walk)
    client.get("/gallery?q=autumn")  # brings the indexes of this machine up to date
    other = db.session.query(Walk).filter(Walk.continues == walk.id).one()
    client.get(f"/walks/{other.id}/alike")
    numbers = walk.number, other.number
    media_upkeep.prune()
    walk, other = (db.session.get_one(Walk, number) for number in numbers)

    assert columns_with(WORDS) == columns_with(secrets) == set()
    assert {place for place, _ in columns_with((walk.id,))} == {"walks.id", "walks.continues"}
    assert not any(row.any() for name in ("meaning", "looks") for row in rows_of(vectors_of(name), walk))
    assert any(row.any() for row in rows_of(vectors_of("looks"), other))
    for path, data in files(Path(app.instance_path)).items():
        assert walk.id not in str(path)
        assert PIXELS not in data, path
        assert [word for word in (*WORDS, *secrets) if word.encode() in data.lower()] == [], path
    for address in addresses:
        with client.get(address) as answer:
            assert answer.status_code == 410
            assert "public" not in answer.headers.get("Cache-Control", "")
            assert not [word for word in WORDS if word in answer.text.lower()]


def test_deletion_empties_every_telling_column(app: Flask, everywhere: Walk) -> None:
    before = {each.key: getattr(everywhere, each.key) for each in inspect(Walk).column_attrs}
    lifecycle.delete_walk(everywhere)
    kept = {name for name, value in before.items() if value and getattr(everywhere, name) == value}
    assert kept <= {
        # That there was a walk, when, and where it stood in the line
        "number", "id", "state", "created_at", "finished_at", "attempt", "cost", "own_virtual_start",
        "virtual_start", "turn", "ticket", "interruptions", "unlisted",
        # "visitor", whatever it was before: what a wall or a corridor made says so no longer
        "origin",
        # Numbers and names of settings, which many walks share, and what they cost
        "seed", "frames", "fps", "preset", "ending", "easing", "model", "sampler_steps", "guidance", "scheduler",
        "width", "height", "precision", "memory_format", "threads", "batch", "sampling", "levels", "positions",
        "prefix", "is_pinned", "model_name", "model_title", "model_revision", "software", "painted_count",
        "paint_seconds", "evenness", "jump", "morph", "perceptual_step", "strides", "passes", "first_film_seconds",
        "colour", "hold",
        # Other walks that it came from
        "continues", "remix_of", "repeat_of",
    }  # fmt: skip


def test_words_and_addresses_of_visitors_stay_out_of_the_log(
    app: Flask, client: FlaskClient, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    caplog.set_level(logging.DEBUG)
    address = {"REMOTE_ADDR": "203.0.113.77"}
    asked = {"stops": [{"prompt": "a quokka"}, {"prompt": "a kite"}]}
    made = client.post("/api/v1/walks", json=asked, environ_base=address)
    assert made.status_code == 202
    client.post("/walks", data={"prompt": ["a quokka", "a kite"]}, environ_base=address)
    client.post("/api/v1/walks", json={"stops": [{"prompt": "a quokka"}, {"prompt": "a quokka"}]}, environ_base=address)
    client.get("/gallery?q=quokka", environ_base=address)
    client.get("/no/such?q=quokka", environ_base=address)
    client.delete(f"/api/v1/walks/{made.json['id']}", headers={"Authorization": f"Bearer {made.json['owner_token']}"})
    app.config.update(TESTING=False, PROPAGATE_EXCEPTIONS=False)
    monkeypatch.setattr("app.collection.gallery.catalogue.page", lambda *_, **__: 1 / 0)
    assert client.get("/gallery?q=quokka", environ_base=address).status_code == 500
    assert "ZeroDivisionError" in caplog.text
    assert "quokka" not in caplog.text
    assert "203.0.113.77" not in caplog.text
    assert made.json["owner_token"] not in caplog.text


@pytest.mark.databases
def test_walk_is_deleted_without_its_store(app: Flask, everywhere: Walk, monkeypatch: pytest.MonkeyPatch) -> None:
    store, root = media_store.store(), media_store.store().root
    monkeypatch.setattr(store, "root", "/proc/nowhere")
    lifecycle.delete_walk(everywhere, by_operator=True)
    monkeypatch.setattr(store, "root", root)
    assert everywhere.deleted_at is not None
    assert store.files(deletions.FOLDER) == {}
    deletions.record_all()
    assert list(store.files(deletions.FOLDER)) == [deletions.path_of(everywhere.id, by_operator=True)]


@pytest.mark.databases
def test_notes_of_deletions_tell_nothing_and_are_not_pruned(app: Flask, everywhere: Walk) -> None:
    lifecycle.delete_walk(everywhere)
    walk_id = everywhere.id
    media_upkeep.prune(young_seconds=0)
    ((path, file),) = media_store.store().files(deletions.FOLDER).items()
    assert file.bytes == 0
    assert walk_id not in path
    assert path.endswith(".owner")
    assert deletions.find_resurrected() == []
    change(everywhere, deleted_at=None)
    assert [(walk.id, by_operator) for walk, by_operator in deletions.find_resurrected()] == [(walk_id, False)]


@pytest.mark.databases
def test_what_an_earlier_version_left_of_a_deleted_walk_is_pruned(app: Flask, everywhere: Walk) -> None:
    number = everywhere.number
    change(everywhere, deleted_at=now())
    media_upkeep.prune()
    walk = db.session.get_one(Walk, number)
    assert (walk.owner_hash, walk.visitor, walk.network) == ("", "", "")
    assert not [place for place, _ in columns_with((WORDS[3],))]
