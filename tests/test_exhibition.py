"""The first exhibition: what is shipped, and how it hangs."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from flask import Flask
from flask.testing import FlaskCliRunner
from PIL import Image
from sqlalchemy import func, select

from app import exhibition, gallery, media, recipe, upkeep, visitor
from app.database import db
from app.exhibition import Piece
from app.models import ID, Walk
from app.site import Site
from tests.conftest import make_app
from tests.test_cli import count, run, run_json
from tests.test_curating import Hanger

PIECES = exhibition.pieces()


@pytest.fixture
def fresh(tmp_path: Path) -> Iterator[Flask]:
    """Build an application that was never started, and that wants the exhibition."""
    app = make_app(tmp_path / "fresh", EXHIBITION=True)
    with app.app_context():
        yield app
        db.session.remove()
        db.engine.dispose()


def start(app: Flask) -> None:
    """Prepare a site as its start does."""
    with Site(app) as site:
        site.prepare()
    db.session.rollback()


def test_a_fresh_site_shows_twelve_walks(fresh: Flask) -> None:
    start(fresh)
    client = fresh.test_client()
    assert client.get("/gallery").text.count('class="poster') == 12
    assert gallery.total() == 12
    listed = client.get("/api/v1/walks").json["walks"]
    assert [walk["id"] for walk in listed] == [piece.walk_id for piece in reversed(PIECES)]
    for walk in listed:
        assert client.get(walk["url"]).status_code == 200
        for address in walk["media"].values():
            assert address is None or client.get(address).status_code == 200
        still = client.get(f"/walks/{walk['id']}/frames/{walk['frames'] - 1}.png")
        with Image.open(io.BytesIO(still.data)) as picture:
            assert picture.size == (128, 128)


def test_every_file_of_the_exhibition_can_be_verified(fresh: Flask) -> None:
    start(fresh)
    checked = list(upkeep.verify())
    assert sum(files for files, _ in checked) == sum(piece.recipe["frames"] + 3 for piece in PIECES)
    assert [losses for _, losses in checked if losses] == []


def test_stills_are_the_painted_pixels(fresh: Flask) -> None:
    start(fresh)
    piece = PIECES[0]
    for index, picture in enumerate(piece.frames()):
        with Image.open(io.BytesIO(media.store().read(media.frame_path(piece.walk_id, index)))) as still:
            assert np.array_equal(np.asarray(still), picture)


def test_a_second_start_hangs_nothing_twice(fresh: Flask) -> None:
    start(fresh)
    first = db.session.scalar(select(func.max(Walk.number)))
    start(fresh)
    assert exhibition.hang() == []
    assert count() == 12
    assert db.session.scalar(select(func.max(Walk.number))) == first


def test_a_site_with_a_walk_is_left_alone(fresh: Flask, commissioned: Hanger) -> None:
    start_without = make_app(Path(fresh.instance_path), EXHIBITION=False)
    with start_without.app_context():
        start(start_without)
        assert count() == 0
        db.engine.dispose()
    from app.commission import commission, validate

    commission(validate({"stops": [{"prompt": "a bear"}, {"prompt": "a kite"}]}), visitor_key="ann")
    start(fresh)
    assert count() == 1


def test_the_setting_keeps_the_walls_bare(runner: FlaskCliRunner, app: Flask) -> None:
    assert exhibition.hang_once() == []
    assert count() == 0


def test_a_piece_that_an_operator_took_down_stays_down(fresh: Flask) -> None:
    start(fresh)
    assert len(run_json(fresh.test_cli_runner(), "gallery", "exhibit", "--take-down")["taken_down"]) == 12
    start(fresh)
    db.session.rollback()
    assert gallery.total() == 0
    assert media.store().files("walks") == {}


def test_the_exhibition_is_hung_again_at_the_same_addresses(fresh: Flask) -> None:
    start(fresh)
    runner = fresh.test_cli_runner()
    run(runner, "walks", "delete", PIECES[3].walk_id)
    assert run_json(runner, "gallery", "exhibit") == {"hung": [PIECES[3].walk_id]}
    assert run(runner, "gallery", "exhibit").output == "0 of 12 walks hung.\n"
    db.session.rollback()
    assert gallery.total() == 12
    assert fresh.test_client().get(f"/walks/{PIECES[3].walk_id}").status_code == 200


def test_the_exhibition_hangs_beside_walks_of_the_site(runner: FlaskCliRunner, hung: Hanger) -> None:
    walk = hung()
    assert len(run_json(runner, "gallery", "exhibit")["hung"]) == 12
    assert gallery.total() == 13
    assert gallery.recent(1)[0].id == walk.id


def test_nobody_owns_the_exhibition(fresh: Flask) -> None:
    start(fresh)
    walk = gallery.walk_at(PIECES[0].walk_id)
    assert not visitor.owns("", walk)
    assert visitor.owner_token(walk.id, walk.owner_hash) is None
    answer = fresh.test_client().delete(f"/api/v1/walks/{walk.id}", headers={"Authorization": "Bearer x"})
    assert answer.status_code == 403


def test_the_exhibition_says_nothing_of_this_machines_pace(fresh: Flask) -> None:
    from app import line

    start(fresh)
    assert line.seconds_per_frame() is None


def test_limits_that_forbid_a_piece_hinder_no_start(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    app = make_app(tmp_path / "strict", EXHIBITION=True, FRAMES_MAX=8, FRAMES_DEFAULT=8)
    with app.app_context():
        start(app)
        assert count() == 0
        db.session.remove()
        db.engine.dispose()
    assert "The first exhibition does not hang" in caplog.text


def test_the_shipped_files_are_at_most_six_megabytes() -> None:
    assert sum(path.stat().st_size for path in exhibition.FOLDER.rglob("*") if path.is_file()) <= 6_000_000


def test_there_are_twelve_different_pieces_in_different_hands() -> None:
    assert len({piece.walk_id for piece in PIECES}) == len(PIECES) == 12
    assert all(ID.fullmatch(piece.walk_id) for piece in PIECES)
    hands = {stop["prompt"].partition(", ")[2] for piece in PIECES for stop in piece.recipe["stops"]}
    assert len(hands) >= 6
    assert sum(len(piece.recipe["stops"]) > 2 for piece in PIECES) == 2


@pytest.mark.parametrize("piece", PIECES, ids=[piece.folder.name for piece in PIECES])
def test_a_shipped_film_holds_the_shipped_recipe(app: Flask, piece: Piece) -> None:
    assert recipe.read(piece.film("gif")) == piece.recipe
    wanted, pinned = recipe.commission_of(piece.recipe)
    frames = piece.frames()
    assert len(frames) == wanted.frames == len(pinned.positions)
    with Image.open(io.BytesIO(piece.film("gif"))) as film:
        assert film.n_frames == wanted.frames
    with Image.open(io.BytesIO(piece.film("poster"))) as poster:
        assert np.array_equal(np.asarray(poster.convert("RGB")), frames[len(frames) // 2])
    assert piece.film("mp4")[4:8] == b"ftyp"


def test_the_pieces_are_by_the_house_model(app: Flask) -> None:
    assert {piece.recipe["model"]["name"] for piece in PIECES} == {"house"}
    assert len({piece.recipe["model"]["revision"] for piece in PIECES}) == 1


def test_the_recipe_of_a_hung_piece_is_the_shipped_one(fresh: Flask) -> None:
    start(fresh)
    for piece in PIECES:
        own = recipe.of(gallery.walk_at(piece.walk_id))
        assert recipe.commission_of(own) == recipe.commission_of(piece.recipe)
        assert own["software"] == piece.recipe["software"]


def test_likeness_is_told_in_decibels() -> None:
    piece = PIECES[0]
    frames = piece.frames()
    assert exhibition.compare(piece, frames).psnr is None
    near = [np.clip(frame.astype(int) + 1, 0, 255).astype(np.uint8) for frame in frames]
    assert exhibition.compare(piece, near).psnr == pytest.approx(48.1, abs=0.5)
    assert exhibition.compare(piece, frames[:-1]).psnr == 0


def test_a_label_says_what_was_measured() -> None:
    for piece in PIECES:
        assert 0 < piece.label["evenness"] <= 1 <= piece.label["jump"]
        assert json.dumps(piece.label)
