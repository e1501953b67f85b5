"""The first exhibition: what is shipped, and how it is published."""

import hashlib
import io
import json
import shutil
from collections.abc import Iterator
from contextlib import nullcontext
from pathlib import Path

import numpy as np
import pytest
from flask import Flask
from flask.testing import FlaskClient, FlaskCliRunner
from PIL import Image, ImageSequence
from sqlalchemy import delete, func, select

from app.access.auth import visitors
from app.cli import first_exhibition as commands
from app.collection.gallery import catalogue, exhibitions
from app.collection.styles.suiting import RETIRED
from app.core.config import ROOT
from app.core.errors import MomaError
from app.requests.walk_requests import recipe
from app.requests.walk_requests.validation import validate
from app.site.presentation import playback
from app.storage import media_store, schema
from app.storage.database import db, writing
from app.storage.house_models import AuditEntry
from app.storage.walk_models import ID, Walk
from app.upkeep.maintenance import media_losses
from app.upkeep.operations import exhibition_due, exhibition_music, exhibition_programme, first_exhibition
from app.upkeep.operations.first_exhibition import RepaintCheck, ShippedWalk
from app.upkeep.processes.supervisor import Site
from app.walks.queue import fair_queue
from app.walks.saved import lifecycle, lookup
from app.walks.saved.media_urls import photo_address
from tests.conftest import inside, make_app
from tests.support import films, placing, published
from tests.support.commands import count, run, run_json
from tests.support.fake_painter import SIDE, FakePainter
from tests.support.own_calls import decibels
from tests.support.rows import Maker
from worker import job
from worker.film import encoding, video
from worker.process.worker import Worker

pytestmark = pytest.mark.slow

PIECES = first_exhibition.shipped_walks()
HOUSE = json.loads((ROOT / "models" / "house" / "house.json").read_text("utf-8"))


@pytest.fixture
def fresh(tmp_path: Path) -> Iterator[Flask]:
    """Build an application that was never started, and that wants the exhibition."""
    with inside(make_app(tmp_path / "fresh", EXHIBITION=True)) as app:
        yield app


@pytest.fixture
def opened(tmp_path: Path) -> Iterator[Flask]:
    """Build an application that was started once, and has the exhibition."""
    with inside(make_app(published.copy_to(tmp_path / "opened"), EXHIBITION=True)) as app:
        yield app


def start(app: Flask) -> None:
    """Prepare a site as its start does."""
    with Site(app) as site:
        site.prepare()
    db.session.rollback()


def test_a_fresh_site_shows_every_piece(opened: Flask) -> None:
    client = opened.test_client()
    assert client.get("/gallery").text.count('class="poster') == min(len(PIECES), opened.config["PAGE_SIZE"])
    assert catalogue.total() == len(PIECES)
    listed = client.get("/api/v1/walks", query_string={"limit": 48}).json["walks"]
    assert [walk["id"] for walk in listed] == [piece.walk_id for piece in reversed(PIECES)]
    for walk in listed:
        assert client.get(walk["url"]).status_code == 200
        for address in walk["media"].values():
            assert address is None or client.get(address).status_code == 200
        still = client.get(f"/walks/{walk['id']}/frames/{walk['frames'] - 1}.png")
        with Image.open(io.BytesIO(still.data)) as picture:
            assert list(picture.size) == walk["recipe"]["size"]


def test_every_file_of_the_exhibition_can_be_verified(opened: Flask) -> None:
    checked = list(media_losses.verify())
    photos = sum("photo" in stop for piece in PIECES for stop in piece.recipe["stops"])
    assert sum(files for files, _ in checked) == sum(piece.recipe["frames"] + 4 for piece in PIECES) + photos
    assert [losses for _, losses in checked if losses] == []


def test_stills_are_the_shipped_frames(opened: Flask) -> None:
    piece = PIECES[0]
    for frame, picture in zip(lookup.any_walk(piece.walk_id).painted, piece.frames(), strict=True):
        with Image.open(io.BytesIO(media_store.store().read_bytes(frame.path))) as still:
            assert np.array_equal(np.asarray(still), picture)


def test_second_start_publishes_nothing_twice(opened: Flask) -> None:
    first = db.session.scalar(select(func.max(Walk.number)))
    start(opened)
    assert first_exhibition.publish() == []
    assert count() == len(PIECES)
    assert db.session.scalar(select(func.max(Walk.number))) == first


def test_a_site_with_a_walk_is_left_alone(fresh: Flask) -> None:
    with inside(make_app(Path(fresh.instance_path), EXHIBITION=False)) as without:
        start(without)
        assert count() == 0
    placing.place(validate({"stops": [{"prompt": "a bear"}, {"prompt": "a kite"}]}), visitor_key="ann")
    start(fresh)
    assert count() == 1


def test_pieces_from_before_exhibitions_become_one_until_it_is_ended(opened: Flask) -> None:
    first = exhibitions.at(first_exhibition.SLUG)
    with writing() as session:
        session.delete(session.merge(first))
        session.execute(delete(AuditEntry))
    lifecycle.delete_walk(lookup.walk_at_address(PIECES[3].walk_id))
    start(opened)
    start(opened)
    (made,) = exhibitions.every()
    there = [piece.walk_id for piece in PIECES if piece != PIECES[3]]
    assert [walk.id for walk in exhibitions.walks_of(made)] == there
    exhibitions.remove(made)
    start(opened)
    assert exhibitions.every() == []
    assert catalogue.total() == len(there)


def test_the_setting_keeps_the_walls_bare(runner: FlaskCliRunner, app: Flask) -> None:
    assert first_exhibition.publish_once() == []
    assert count() == 0
    assert not exhibition_due.is_due()


def test_exhibition_is_due_until_it_was_opened(fresh: Flask) -> None:
    schema.upgrade()
    assert exhibition_due.is_due()
    start(fresh)
    assert not exhibition_due.is_due()


def test_a_piece_that_an_operator_took_down_stays_down(opened: Flask) -> None:
    assert len(run_json(opened.test_cli_runner(), "gallery", "exhibit", "--take-down")["taken_down"]) == len(PIECES)
    start(opened)
    db.session.rollback()
    assert catalogue.total() == 0
    assert media_store.store().files("walks") == {}


def test_exhibition_is_published_again_at_the_same_addresses(opened: Flask) -> None:
    runner = opened.test_cli_runner()
    run(runner, "walks", "delete", PIECES[3].walk_id)
    assert run_json(runner, "gallery", "exhibit") == {"hung": [PIECES[3].walk_id]}
    assert run(runner, "gallery", "exhibit").output == f"0 of {len(PIECES)} walks published.\n"
    db.session.rollback()
    assert catalogue.total() == len(PIECES)
    assert opened.test_client().get(f"/walks/{PIECES[3].walk_id}").status_code == 200


def test_exhibition_is_listed_beside_walks_of_the_site(runner: FlaskCliRunner, walk: Walk) -> None:
    assert len(run_json(runner, "gallery", "exhibit")["hung"]) == len(PIECES)
    assert catalogue.total() == len(PIECES) + 1
    assert catalogue.with_numbers(catalogue.recent_numbers(1))[0].id == walk.id


def test_exhibition_has_no_owner(opened: Flask) -> None:
    walk = lookup.walk_at_address(PIECES[0].walk_id)
    assert not visitors.owns("", walk)
    answer = opened.test_client().delete(f"/api/v1/walks/{walk.id}", headers={"Authorization": "Bearer x"})
    assert answer.status_code == 403


def test_the_exhibition_says_nothing_of_this_machines_pace(opened: Flask) -> None:
    assert not fair_queue.load_worker_pool().paces


def test_limits_that_forbid_a_piece_hinder_no_start(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    with inside(make_app(tmp_path / "strict", EXHIBITION=True, FRAMES_MAX=8, FRAMES_DEFAULT=8)) as app:
        start(app)
        assert count() == 0
    assert "The first exhibition was not published" in caplog.text


def test_the_shipped_files_are_at_most_twelve_megabytes() -> None:
    assert sum(path.stat().st_size for path in first_exhibition.FOLDER.rglob("*") if path.is_file()) <= 12_000_000


def test_the_pieces_are_different_and_in_different_hands() -> None:
    assert len({piece.walk_id for piece in PIECES}) == len(PIECES) >= 6
    assert all(ID.fullmatch(piece.walk_id) for piece in PIECES)
    stops = [stop for piece in PIECES for stop in piece.recipe["stops"]]
    assert len({stop.get("hand") or stop["prompt"].partition(", ")[2] for stop in stops}) >= 4
    assert any(len(piece.recipe["stops"]) > 2 for piece in PIECES)


@pytest.mark.parametrize("piece", PIECES, ids=[piece.folder.name for piece in PIECES])
def test_a_shipped_film_holds_the_shipped_recipe(app: Flask, piece: ShippedWalk) -> None:
    wanted, pinned = recipe.request_of(piece.recipe)
    frames = piece.frames()
    gif = piece.gif(frames)
    assert recipe.parse_recipe(gif) == recipe.parse_recipe(piece.film()) == piece.recipe
    assert len(frames) == len(piece.label["sums"]) == piece.recipe["frames"] == len(pinned.positions)
    with Image.open(io.BytesIO(gif)) as film:
        assert film.n_frames == frames_shown(len(frames), wanted.ending)
    assert piece.film()[4:8] == b"ftyp"


def test_the_pieces_are_by_the_house_model(app: Flask) -> None:
    assert {piece.recipe["model"]["name"] for piece in PIECES} == {"house-7"}
    assert len({piece.recipe["model"]["revision"] for piece in PIECES}) == 1


def test_recipe_of_a_published_piece_is_the_shipped_one(opened: Flask) -> None:
    for piece in PIECES:
        own = recipe.recipe_of(lookup.walk_at_address(piece.walk_id))
        assert recipe.request_of(own) == recipe.request_of(piece.recipe)
        assert own["software"] == piece.recipe["software"]


def frames_shown(frames: int, ending: str) -> int:
    """Count the frames of a film file: one that comes back shows all but its ends twice."""
    return 2 * frames - 2 if ending == "back" else frames


def nearly(frames: list[np.ndarray], *, by: int) -> list[np.ndarray]:
    """Return frames whose every value is a little higher."""
    return [np.clip(frame.astype(int) + by, 0, 255).astype(np.uint8) for frame in frames]


def art(count: int) -> list[np.ndarray]:
    """Paint red discs with a hard edge on blue that wander on a shaded ground: what a coarse film would blur."""
    y, x = np.mgrid[:64, :64]
    pictures = []
    for step in range(count):
        disc = (x - 20 - 4 * step) ** 2 + (y - 32) ** 2 < 200
        pictures.append(
            np.where(disc[..., None], [230, 20, 40], np.stack([x, y * 2, 255 - x], axis=-1)).astype(np.uint8)
        )
    return pictures


def test_damaged_frames_hinder_no_start(
    fresh: Flask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    folder = tmp_path / "exhibition"
    name = shutil.copytree(PIECES[0].folder, folder / PIECES[0].folder.name).name
    for path in (folder / name).glob("frames.*"):
        path.write_bytes(b"not a picture")
    monkeypatch.setattr(first_exhibition, "FOLDER", folder)
    start(fresh)
    assert count() == 0
    assert f"The frames of {name} cannot be read" in caplog.text


def test_a_label_says_what_was_measured() -> None:
    for piece in PIECES:
        assert 0 < piece.label["evenness"] <= 1 <= piece.label["jump"]
        assert json.dumps(piece.label)


# Painting


@pytest.fixture
def studio(app: Flask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Give the exhibition a folder of its own, with a programme of three, and a painter of plain colours."""
    folder = tmp_path / "exhibition"
    folder.mkdir()
    pairs = (("a fox", "a kite"), ("a lemon", "the sun"), ("a bear", "a star"))
    programme = [{"stops": [{"prompt": prompt} for prompt in pair], "seed": 3, "frames": 4} for pair in pairs]
    (folder / "programme.json").write_text(json.dumps(programme))
    monkeypatch.setattr(first_exhibition, "FOLDER", folder)
    monkeypatch.setattr(first_exhibition, "PROGRAMME", folder / "programme.json")
    Worker(app, FakePainter())

    def paint(walk: Walk, *_: object, **__: object) -> Walk:
        job.work()
        db.session.rollback()
        db.session.refresh(walk)
        return walk

    monkeypatch.setattr(commands, "provide_worker", lambda **_: nullcontext(lambda: None))
    monkeypatch.setattr(commands, "wait_for_walk", paint)
    monkeypatch.setattr(commands, "wait_for_upload", lambda *_: job.work())
    return folder


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir() if path.is_dir())


def test_programme_is_painted_again_and_repainted_to_the_last_bit(studio: Path, runner: FlaskCliRunner) -> None:
    answer = run_json(runner, "exhibition", "paint", "--anew")
    assert answer["pieces"] == names(studio) == ["01-a-fox-a-kite", "02-a-lemon-the-sun", "03-a-bear-a-star"]
    assert (answer["of"], answer["bytes"]) == (
        3,
        sum(first_exhibition.size_of(studio / name) for name in names(studio)),
    )
    assert [len(piece.frames()) for piece in first_exhibition.shipped_walks()] == [4, 4, 4]
    again = run_json(runner, "exhibition", "paint")
    assert [(each["piece"], each["identical"]) for each in again] == [(name, True) for name in names(studio)]
    assert [each["psnr"] for each in again] == [None] * 3
    assert count() == 3 * 2
    assert catalogue.total() == 0


def test_shipped_frames_are_near_lossless(studio: Path, publish: Maker, tmp_path: Path) -> None:
    piece, painted = stored(tmp_path, publish(), art(24))
    assert min(decibels(one, other) for one, other in zip(piece.frames(), painted, strict=True)) >= 38
    assert piece.label["shipped_psnr"] >= 38
    assert (piece.folder / "frames.avif").stat().st_size < 24 * 64 * 64 * 3 // 8


def test_colour_raises_quality(studio: Path, publish: Maker, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    usual, _ = stored(tmp_path / "usual", publish(), art(24))
    monkeypatch.setattr(first_exhibition, "COLOUR_ERROR", 0.0)
    better, _ = stored(tmp_path / "better", publish(), art(24))
    assert better.label["shipped_psnr"] > usual.label["shipped_psnr"]


def test_gif_of_the_frames_has_the_same_times_and_recipe(studio: Path, walk: Walk, tmp_path: Path) -> None:
    piece, painted = stored(tmp_path, walk, art(12))
    with Image.open(io.BytesIO(piece.gif(piece.frames()))) as shown:
        assert (shown.n_frames, shown.info["duration"]) == (12, 80)
        assert json.loads(shown.info["comment"]) == piece.recipe
        shown.seek(11)
        assert decibels(np.asarray(shown.convert("RGB")), painted[11]) > 25
    there_and_back = encoding.gif([*painted, *painted[-2:0:-1]], 80, comment="{}")
    media_store.store().write(walk.media["gif"].path, there_and_back)
    first_exhibition.store(piece, walk, painted)
    back = ShippedWalk(piece.folder)
    with Image.open(io.BytesIO(back.gif(back.frames()))) as shown:
        assert shown.n_frames == 22


def test_film_that_holds_its_ends_keeps_its_times(studio: Path, runner: FlaskCliRunner, client: FlaskClient) -> None:
    run(runner, "exhibition", "paint", "--anew")
    piece = first_exhibition.shipped_walks()[0]
    usual = [80] * (piece.recipe["frames"] - 2)
    assert (piece.label["hold"], piece.label["durations"]) == (13, [1120, *usual, 1120])
    first_exhibition.publish()
    walk = lookup.walk_at_address(piece.walk_id)
    with Image.open(io.BytesIO(media_store.store().read_bytes(walk.media["gif"].path))) as shown:
        assert [frame.info["duration"] for frame in ImageSequence.Iterator(shown)] == piece.label["durations"]
    assert playback.describe_reel(walk)["hold"] == 13


def test_repaint_is_compared_to_the_last_bit(studio: Path, publish: Maker, tmp_path: Path) -> None:
    piece, painted = stored(tmp_path, publish(), art(6))
    assert first_exhibition.compare(piece, painted) == RepaintCheck(
        piece.folder.name, True, None, piece.label["shipped_psnr"]
    )
    painted[3] = painted[3].copy()
    painted[3][7, 7, 1] ^= 1
    result = first_exhibition.compare(piece, painted)
    assert not result.identical
    assert result.psnr == pytest.approx(piece.label["shipped_psnr"], abs=0.01)
    assert not first_exhibition.compare(piece, piece.frames()).identical
    assert first_exhibition.compare(piece, nearly(painted, by=16)).psnr < 28
    assert first_exhibition.compare(piece, painted[:-1]) == RepaintCheck(
        piece.folder.name, False, 0.0, result.shipped_psnr
    )


def test_different_repaint_is_reported_beside_the_loss_in_shipping(studio: Path, runner: FlaskCliRunner) -> None:
    run(runner, "exhibition", "paint", "--anew")
    label = studio / "02-a-lemon-the-sun" / "label.json"
    document = json.loads(label.read_text())
    label.write_text(json.dumps(document | {"sums": document["sums"][::-1], "shipped_psnr": 44.5}))
    lines = run(runner, "exhibition", "paint").output.splitlines()
    assert [line.split()[1] for line in lines] == ["identical", "PSNR", "identical"]
    assert lines[1].endswith("dB from the shipped frames, which are 44.5 dB from what was painted")


def stored(folder: Path, walk: Walk, painted: list[np.ndarray]) -> tuple[ShippedWalk, list[np.ndarray]]:
    """Store these pictures as a piece, with the files of a walk."""
    piece = ShippedWalk(folder / "01-a-piece")
    media_store.store().write(walk.media["gif"].path, encoding.gif(painted, 80, comment="{}"))
    media_store.store().write(walk.media["mp4"].path, video.mp4(painted, 12, metadata={"comment": "{}"}))
    first_exhibition.store(piece, walk, painted)
    return piece, painted


def test_repainted_pieces_are_published(studio: Path, runner: FlaskCliRunner) -> None:
    run(runner, "exhibition", "paint", "--anew")
    assert len(run_json(runner, "gallery", "exhibit")["hung"]) == 3
    assert catalogue.total() == 3


def test_new_pieces_replace_old_ones(studio: Path, runner: FlaskCliRunner) -> None:
    run(runner, "exhibition", "paint", "--anew")
    shutil.copytree(studio / "01-a-fox-a-kite", studio / "09-of-an-earlier-programme")
    run(runner, "exhibition", "paint", "--anew")
    assert names(studio) == ["01-a-fox-a-kite", "02-a-lemon-the-sun", "03-a-bear-a-star"]


def test_programme_ends_at_size_limit(studio: Path, runner: FlaskCliRunner, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = run_json(runner, "exhibition", "paint", "--anew")["bytes"]
    monkeypatch.setattr(first_exhibition, "BYTES_MAX", whole - 1)
    answer = run_json(runner, "exhibition", "paint", "--anew")
    assert (answer["pieces"], answer["of"]) == (["01-a-fox-a-kite", "02-a-lemon-the-sun"], 3)
    assert names(studio) == answer["pieces"]


def test_titled_walk_with_a_picture_is_published(studio: Path, runner: FlaskCliRunner, client: FlaskClient) -> None:
    digest = with_picture(studio)
    assert run_json(runner, "exhibition", "paint", "--anew")["pieces"] == ["01-study-of-a-cup"]
    (piece,) = first_exhibition.shipped_walks()
    stop = piece.recipe["stops"][0]
    assert (stop["photo"], stop["cut_out"], piece.label["title"]) == (digest, True, "Study of a cup")
    assert run_json(runner, "exhibition", "paint")[0]["identical"]
    assert first_exhibition.publish() == [piece.walk_id]
    walk = lookup.walk_at_address(piece.walk_id)
    assert (walk.title, walk.unlisted, walk.stops[0].photo) == ("Study of a cup", False, digest)
    assert recipe.request_of(recipe.recipe_of(walk)) == recipe.request_of(piece.recipe)
    address = photo_address(walk, 0)
    assert address in client.get(f"/walks/{walk.id}").text
    assert client.get(address).data == (studio / "pictures" / "cup.webp").read_bytes()


def painted_to(score: exhibition_music.Score, way: str, runner: FlaskCliRunner, **request: object) -> ShippedWalk:
    """Paint a programme of one walk to a whole piece of music, and return the shipped walk."""
    music = hashlib.sha256(score.wav()).hexdigest()
    sound = {"id": music, "length": exhibition_music.SECONDS, "way": way}
    request |= {"fps": 25, "sound": sound, "publish_sound": True}
    first_exhibition.PROGRAMME.write_text(json.dumps([request]))
    run(runner, "exhibition", "paint", "--anew")
    (piece,) = first_exhibition.shipped_walks()
    return piece


def test_walk_to_music_with_fewer_pictures_is_published(studio: Path, runner: FlaskCliRunner) -> None:
    prompts = {"a ballet dancer": None, "a flamenco dancer": 5.88, "two people dancing": 11.64}
    stops = [{"prompt": prompt, "at": at, "hand": "stained glass"} for prompt, at in prompts.items()]
    piece = painted_to(exhibition_music.WALTZ, "energy", runner, stops=stops, seed=11, frames=24)
    frames = piece.recipe["frames"]
    assert 3 < frames < piece.recipe["sound"]["pictures"] == 24
    assert run_json(runner, "exhibition", "paint")[0]["identical"]
    assert first_exhibition.publish() == [piece.walk_id]
    walk = lookup.walk_at_address(piece.walk_id)
    assert walk.frames == walk.painted_count == len(walk.painted) == frames
    assert recipe.recipe_of(walk) == piece.recipe
    assert recipe.request_of(recipe.recipe_of(walk)) == recipe.request_of(piece.recipe)


def test_walk_to_music_is_published(studio: Path, runner: FlaskCliRunner, client: FlaskClient, tmp_path: Path) -> None:
    stops = [{"prompt": "a pear", "hand": "mosaic"}, {"prompt": "a violin", "hand": "mosaic", "at": 4.28}]
    piece = painted_to(exhibition_music.BAND, "pulse", runner, stops=stops, seed=3, frames=12)
    holds = piece.recipe["sound"]["holds"]
    assert piece.recipe["sound"]["digest"] == hashlib.sha256(exhibition_music.BAND.wav()).hexdigest()
    assert sum(holds) == 350 and 2 < len(holds) <= 12
    assert piece.label["durations"] == [40 * hold for hold in holds]
    assert run_json(runner, "exhibition", "paint")[0]["identical"]
    assert count() == 2 and media_store.store().files("sounds") == {}
    assert first_exhibition.publish() == [piece.walk_id]
    walk = lookup.walk_at_address(piece.walk_id)
    assert (walk.unlisted, walk.holds, walk.sound_way) == (False, holds, "pulse")
    assert recipe.recipe_of(walk)["sound"] == piece.recipe["sound"]
    page = client.get(f"/walks/{walk.id}").text
    assert "Set to music, from 0:00 to 0:14." in page and "115 beats a minute" in page
    (tmp_path / "film.mp4").write_bytes(media_store.store().read_bytes(walk.media["mp4"].path))
    assert len(films.decode_frames(tmp_path / "film.mp4", SIDE)) == 350
    with Image.open(io.BytesIO(media_store.store().read_bytes(walk.media["gif"].path))) as shown:
        assert [frame.info["duration"] for frame in ImageSequence.Iterator(shown)] == piece.label["durations"]


@pytest.mark.databases
def test_picture_that_is_missing_is_named(studio: Path, runner: FlaskCliRunner) -> None:
    with_picture(studio)
    run(runner, "exhibition", "paint", "--anew")
    (studio / "pictures" / "cup.webp").unlink()
    assert first_exhibition.publish_once() == []
    with pytest.raises(MomaError, match="The picture of stop 1 is missing"):
        first_exhibition.publish()
    error = run_json(runner, "exhibition", "paint", "--anew", status=1)["error"]
    assert error.startswith("Piece 1 of programme.json: ") and "cup.webp" in error


def with_picture(studio: Path) -> str:
    """Write a programme of one walk with a title and a picture; return the picture's digest."""
    (studio / "pictures").mkdir()
    Image.fromarray(art(1)[0]).save(studio / "pictures" / "cup.webp")
    stops = [{"prompt": "a cup", "picture": "cup.webp", "cut_out": True}, {"prompt": "a kite"}]
    programme = [{"title": "Study of a cup", "stops": stops, "seed": 3, "frames": 4}]
    first_exhibition.PROGRAMME.write_text(json.dumps(programme))
    return hashlib.sha256((studio / "pictures" / "cup.webp").read_bytes()).hexdigest()


def test_failed_piece_keeps_shipped_ones(studio: Path, runner: FlaskCliRunner, monkeypatch: pytest.MonkeyPatch) -> None:
    run(runner, "exhibition", "paint", "--anew")
    before = {path: path.read_bytes() for path in studio.rglob("*") if path.is_file()}
    monkeypatch.setattr(commands, "wait_for_walk", lambda walk, *_, **__: walk)  # and is waited for in vain
    answer = run_json(runner, "exhibition", "paint", "--anew", status=1)
    assert answer["error"].startswith("Piece 1 ended as queued")
    assert {path: path.read_bytes() for path in studio.rglob("*") if path.is_file()} == before
    assert [path.name for path in studio.parent.glob(".exhibition-*")] == []


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{", "programme.json cannot be read"),
        ("7", "programme.json cannot be read"),
        ('[{"stops": []}]', "Piece 1 of programme.json: A walk has 2 to 8 stops"),
        (
            '[{"stops": [{"prompt": "a"}, {"prompt": "b", "hand": "x"}]}]',
            "Piece 1 of programme.json: The hand of stop 2",
        ),
        ('[{"title": " ", "stops": []}]', "Piece 1 of programme.json: The title is empty"),
    ],
)
def test_unusable_programme_is_explained(studio: Path, runner: FlaskCliRunner, text: str, message: str) -> None:
    first_exhibition.PROGRAMME.write_text(text)
    assert message in run_json(runner, "exhibition", "paint", "--anew", status=1)["error"]
    assert count() == 0


def test_shipped_programme_can_be_requested(app: Flask) -> None:
    programme = [entry.request for entry in first_exhibition.programme()]
    assert len(programme) == 24
    silent = [wanted for wanted in programme if wanted.sound is None]
    assert all(wanted.frames == 24 for wanted in silent)
    assert len(silent) == 21
    assert {wanted.ending for wanted in programme} == {"stop", "back"}
    assert sorted(wanted.aspect for wanted in programme if wanted.aspect) == ["16:9", "9:16"]
    assert all(wanted.seed is not None and wanted.unlisted for wanted in programme)


def test_every_walk_of_the_shipped_programme_has_a_title_of_its_own(app: Flask) -> None:
    titles = [entry.title for entry in first_exhibition.programme()]
    assert all(titles) and len(set(titles)) == len(titles)


def test_two_walks_of_the_shipped_programme_have_a_picture_that_is_shipped(app: Flask) -> None:
    entries = first_exhibition.programme()
    pictures = [exhibition_programme.pictures_for(entry.request, first_exhibition.FOLDER) for entry in entries]
    assert sorted(len(each) for each in pictures if each) == [1, 1]


def test_the_shipped_programme_shows_many_hands_that_are_offered(app: Flask) -> None:
    programme = [entry.request for entry in first_exhibition.programme()]
    known = {hand["words"] for hand in HOUSE["hands"]}
    stops = [stop for wanted in programme for stop in wanted.stops]
    hands = {stop.requested_style for stop in stops if stop.requested_style}
    assert hands <= known - RETIRED and len(hands) >= 13
    assert not any(words in stop.prompt for stop in stops for words in known)
    assert sum(len(wanted.stops) >= 3 for wanted in programme) >= 4


def test_the_shipped_programme_is_not_mostly_of_fruit(app: Flask) -> None:
    prompts = {stop.prompt for entry in first_exhibition.programme() for stop in entry.request.stops}
    assert sum(any(fruit in prompt for fruit in ("apple", "pear", "lemon", "orange")) for prompt in prompts) <= 5


SAME = {"globe showing Europe-Africa": "earth", "tangerine": "orange", "zeppelin": "airship"}
"""Names of drawings, with the words of the programme for the same things."""

IDEAS = {"love", "music", "silence", "time"}
"""What no drawing is a picture of, and what is drawn for it freely or by what goes with it."""


def test_the_shipped_programme_asks_for_what_the_model_paints_well(client: FlaskClient) -> None:
    stops = [stop for entry in first_exhibition.programme() for stop in entry.request.stops]
    for prompt in {stop.prompt for stop in stops if stop.picture is None}:
        answer = client.get("/api/v1/reading", query_string={"prompt": prompt}).json
        assert answer["things"]
        if prompt in IDEAS:
            continue
        assert not answer["freely"]
        names = [SAME.get(thing["name"], thing["name"]).split() for thing in answer["things"]]
        assert all(any(word in prompt for word in name) for name in names), prompt
