"""Each row of the table of film formats: what it says is so of a film that the worker wrote."""

import io
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient, FlaskCliRunner
from PIL import Image

from app.access.auth import visitors
from app.requests.walk_requests import brought_uploads, recipe
from app.site.presentation import walk_description
from app.storage import media_store
from app.storage.walk_models import FINISHED, Walk
from app.upkeep.archives.walk_import import import_archive
from app.upkeep.maintenance import media_losses
from app.walks.saved import film_formats, lookup, media_urls
from app.walks.saved.film_formats import FORMATS
from app.walks.uploads import kinds
from tests.conftest import Maker, make_app
from tests.support import sounds
from tests.support.commands import run
from tests.support.fake_painter import FakePainter
from tests.support.html import Elements
from tests.support.worker_rows import read
from worker import job
from worker.film.writers import WRITERS


@pytest.fixture
def walk(painter: FakePainter, request_walk: Maker) -> Walk:
    """Return a finished walk that is set to a sound, which has a film of every format."""
    nothing = {"check_room": lambda: None, "admit": lambda: None}
    owner = visitors.digest("secret of ann")
    sound = brought_uploads.upload(kinds.SOUND, sounds.track(4.0, 120), owner_hash=owner, network="", **nothing)
    job.work()
    made = request_walk("a fox & <friends>", "été 狐狸", sound={"id": sound.id, "length": 2.0}, fps=25.0, seed=7)
    job.work()
    row = read(made.id)
    assert (row.state, row.error) == (FINISHED, None)
    return row


def data_of(walk: Walk, kind: str) -> bytes:
    return media_store.store().read_bytes(walk.media[kind].path)


def test_rows_differ_and_can_be_stored() -> None:
    for column in ("kind", "extension", "mimetype", "name"):
        assert len({getattr(each, column) for each in FORMATS}) == len(FORMATS), column
    assert all(len(each.kind) <= 12 for each in FORMATS)
    assert not {each.kind for each in FORMATS} & {"small", "card", "sound"}


def test_every_film_has_a_writer() -> None:
    assert {*WRITERS} == {each.kind for each in film_formats.FILMS}


def test_api_reference_lists_every_format(client: FlaskClient) -> None:
    films = client.get("/api/v1/openapi.json").json["components"]["schemas"]["Films"]
    assert films["required"] == [each.kind for each in FORMATS]
    for each in FORMATS:
        field = films["properties"][each.kind]
        assert field["description"] == each.about
        [example] = field["examples"]
        assert (example is not None and example.endswith(f".{each.extension}")) is each.has_example


def test_form_lets_visitors_choose_every_format(client: FlaskClient) -> None:
    chosen = next(each for each in Elements(client.get("/").text).of("input") if each.get("name") == "film")
    accepted = str(chosen["accept"]).split(",")
    assert {*accepted} == {".json", "application/json"} | {
        each for row in FORMATS for each in (f".{row.extension}", row.mimetype)
    }


@pytest.mark.slow
def test_film_is_recognised_and_holds_its_recipe(walk: Walk) -> None:
    for each in FORMATS:
        data = data_of(walk, each.kind)
        assert [row.kind for row in FORMATS if row.has_signature(data[:16])] == [each.kind]
        assert film_formats.recognise(data) is each
        assert film_formats.find_recipe(data) == each.find_recipe(data)
        assert recipe.parse_recipe(data) == recipe.recipe_of(walk), each.kind
        assert each.find_recipe(data[:16]) == b"", each.kind
        if each.decoder:
            with Image.open(io.BytesIO(data)) as picture:
                assert (picture.format, picture.get_format_mimetype()) == (each.decoder, each.mimetype)


@pytest.mark.slow
def test_film_is_served_with_its_type_and_offered_on_the_page(client: FlaskClient, walk: Walk) -> None:
    page = client.get(walk.url).text
    media = walk_description.describe(walk)["media"]
    for each in FORMATS:
        address = f"/walks/{walk.id}.{each.extension}"
        assert media[each.kind] == address
        assert f'<a href="{address}" download' in page, each.kind
        assert f'<span class="quiet">{each.name}, ' in page
        for url, caching in ((address, "no-cache"), (media_urls.film_address(walk, each.kind), "immutable")):
            answer = client.get(url)
            assert (answer.status_code, answer.mimetype, answer.data) == (200, each.mimetype, data_of(walk, each.kind))
            assert caching in answer.headers["Cache-Control"], url
            assert answer.headers["Content-Disposition"].endswith(f".{each.extension}")


@pytest.mark.slow
def test_further_sources_are_offered_to_browsers(client: FlaskClient, walk: Walk, request_walk: Maker) -> None:
    silent = request_walk("a fox", "a kite", frames=4)
    job.work()
    silent = read(silent.id)
    assert silent.media.keys() == {each.kind for each in FORMATS if not each.needs_sound} | {"card"}
    for role, shown in (("video", walk), ("picture", silent)):
        wanted = [each.mimetype for each in film_formats.others(role)]
        for address in (shown.url, f"/walks/{shown.id}/embed"):
            sources = Elements(client.get(address).text).of("source")
            assert [each["type"] for each in sources if each.get("type") in wanted] == wanted, (role, address)


@pytest.mark.slow
def test_film_is_exported_and_imported(
    app: Flask, runner: FlaskCliRunner, walk: Walk, tmp_path: Path, migrated: Path
) -> None:
    files = {each.kind: data_of(walk, each.kind) for each in FORMATS}
    for each in FORMATS:
        out = tmp_path / f"film.{each.extension}"
        run(runner, "walks", "export", walk.id, str(out))
        assert out.read_bytes() == files[each.kind]
    archive, walk_id = tmp_path / "walks.tar", walk.id
    run(runner, "gallery", "export", str(archive))
    folder = tmp_path / "other"
    folder.mkdir()
    (folder / "moma.sqlite").write_bytes(migrated.read_bytes())
    with make_app(folder).app_context():
        assert import_archive(archive).hung == 1
        there = lookup.walk_at_address(walk_id)
        assert {kind: data_of(there, kind) for kind in files} == files


@pytest.mark.slow
def test_damaged_film_is_found_where_it_can_be_read(walk: Walk) -> None:
    for each in FORMATS:
        path, data = walk.media[each.kind].path, data_of(walk, each.kind)
        media_store.store().write(path, bytes(len(data)))
        losses = [loss.path for _, found in media_losses.verify() for loss in found]
        assert losses == ([path] if each.decoder else []), each.kind
        media_store.store().write(path, data)
