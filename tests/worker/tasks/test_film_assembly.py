"""Films of a walk: made with few of its pictures in memory, by any worker."""

import io
import itertools
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import imageio_ffmpeg
import numpy as np
import pytest
from flask import Flask
from PIL import Image, ImageSequence

from app.offer.generation import frame_rates
from app.requests.walk_requests import recipe
from app.storage import media_store
from app.storage.walk_models import FINISHED
from app.walks.saved import lookup
from tests.conftest import Maker
from tests.support.fake_painter import SIDE, FakePainter
from tests.support.walk_files import named_files, read_durations, read_film, read_recipe
from tests.support.worker_rows import expire_leases, read
from tests.worker.fleeting import Alive, Picture
from worker import job
from worker.film import encoding, flash_safety, small_gif, timing
from worker.process import walk_memory
from worker.tasks import film_assembly

pytestmark = pytest.mark.slow

FRAMES = 60


@pytest.fixture
def alive(monkeypatch: pytest.MonkeyPatch) -> Alive:
    """Count the pictures that are read from files, as if they were large, and remember none that were painted."""
    monkeypatch.setattr(walk_memory, "PICTURES_BYTES", 0)
    monkeypatch.setattr(flash_safety, "SIDE", SIDE // 2)
    alive, decode = Alive(), encoding.decode_still

    def count(data: bytes) -> Picture:
        return alive.give(decode(data))

    monkeypatch.setattr(encoding, "decode_still", count)
    return alive


@pytest.mark.parametrize("ending", ["stop", "back", "round"])
def test_films_are_made_with_few_pictures_in_memory(generated: Maker, alive: Alive, ending: str) -> None:
    walk = generated("a fox", "a kite", frames=FRAMES, ending=ending)
    assert walk.state == FINISHED
    assert 1 < alive.most_alive <= 2 * film_assembly.AHEAD < FRAMES / 2


@pytest.mark.parametrize(("ending", "hold"), [("stop", 13), ("back", 13), ("round", 0)])
def test_every_file_holds_the_ends_for_a_second(
    generated: Maker, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, ending: str, hold: int
) -> None:
    monkeypatch.setattr(small_gif, "CHAT_BYTES", 100)
    monkeypatch.setattr(small_gif, "shrink", not_shrunk)
    row, order = generated("a fox", "a kite", frames=6, ending=ending), timing.film_order(6, ending)
    times = [80 * (1 + hold * (index in (0, 5))) for index in order]
    assert (row.hold, row.fps) == (hold, 12.5)
    for kind in ("gif", "webp", "small"):
        assert read_durations(row, kind) == times, kind
    mp4 = tmp_path / "film.mp4"
    mp4.write_bytes(read_film(row, "mp4"))
    frames, seconds = imageio_ffmpeg.count_frames_and_secs(str(mp4))
    assert (frames, seconds) == (sum(times) // 80, pytest.approx(sum(times) / 1000, abs=0.011))


def test_film_with_holds_is_measured_as_one_without(generated: Maker, monkeypatch: pytest.MonkeyPatch) -> None:
    held = generated("a fox", "a kite", frames=9, seed=7)
    monkeypatch.setattr(frame_rates, "HOLD_MS", 0)
    plain = generated("a fox", "a kite", frames=9, seed=7, fps=25)
    assert (held.hold, plain.hold) == (13, 0)
    assert (held.evenness, held.jump, held.step_sizes) == (plain.evenness, plain.jump, plain.step_sizes)


def test_unfinished_film_holds_its_ends_too(
    app: Flask, painter: FakePainter, request_walk: Maker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(film_assembly, "FILM_PAUSE", 0.0)
    walk = request_walk("a fox", "a kite", frames=12)
    films: list[list[int]] = []

    def look(_number: int) -> None:
        with app.app_context():
            row = lookup.walk_at_address(walk.id)
            films.extend([read_durations(row, "gif")] if "gif" in row.media else [])

    painter.on_paint = look
    job.work()
    assert films
    for times in films:
        assert sum(times) == 80 * (12 + 2 * 13)
        assert min(times[0], times[-1]) > 1000 > max(times[1:-1], default=0)


def not_shrunk(film: Callable[[], Iterable[tuple[Picture, int]]], _sample: object, *, comment: str, size: int) -> bytes:
    """Write a film for chats as large as it is."""
    assert size > small_gif.CHAT_BYTES
    frames, times = zip(*film(), strict=True)
    return encoding.gif(frames, times, comment=comment)


def test_film_too_large_for_chats_has_a_small_gif_too(generated: Maker, monkeypatch: pytest.MonkeyPatch) -> None:
    plain = generated("a fox", "a kite", frames=12)
    assert "small" not in plain.media
    monkeypatch.setattr(small_gif, "CHAT_BYTES", 100)
    monkeypatch.setattr(small_gif, "shrink", not_shrunk)
    walk = generated("a fox", "a kite", frames=12, seed=8)
    films = {kind: read_film(walk, kind) for kind in walk.media}
    assert films["small"] == films["gif"]
    assert read_recipe(walk, "small") == read_recipe(walk, "poster") == recipe.recipe_of(walk)


def shown_at(gif: bytes, every_ms: int) -> list[Picture]:
    """Return what a GIF shows at each moment, once through."""
    moments: list[Picture] = []
    with Image.open(io.BytesIO(gif)) as film:
        for frame in ImageSequence.Iterator(film):
            moments += [np.asarray(frame.convert("RGB"))] * (frame.info["duration"] // every_ms)
    return moments


@pytest.mark.parametrize("ending", ["stop", "back", "round"])
def test_unfinished_film_of_stops_by_turns_black_and_white_does_not_flash(
    app: Flask, painter: FakePainter, request_walk: Maker, monkeypatch: pytest.MonkeyPatch, ending: str
) -> None:
    monkeypatch.setattr("tests.support.fake_painter._colour", lambda stop: [255 * (stop.prompt == "white")] * 3)
    monkeypatch.setattr(film_assembly, "FILM_PAUSE", 0.0)
    walk = request_walk(*["black", "white"] * 4, frames=14, ending=ending)
    films: list[bytes] = []

    def look(_number: int) -> None:
        with app.app_context():
            gif = lookup.walk_at_address(walk.id).media.get("gif")
            films.extend([media_store.store().read_bytes(gif.path)] if gif else [])

    painter.on_paint = look
    job.work()
    assert read(walk.id).state == FINISHED
    assert len(set(films)) > 1
    for film in films:
        assert not flash_safety.flashes(shown_at(film, 10), 100)


def test_unfinished_film_waits_for_lost_picture(painter: FakePainter, request_walk: Maker, alive: Alive) -> None:
    walk = request_walk("a fox", "a kite", frames=12)

    def lose(number: int) -> None:
        if number == 2:
            (Path(media_store.store().root) / read(walk.id).painted[0].path).unlink()

    painter.on_paint = lose
    job.work()
    row = read(walk.id)
    assert (row.state, row.painted_count) == (FINISHED, 12)
    assert all(media_store.store().exists(frame.path) for frame in row.painted)


def test_files_of_killed_workers_go_when_a_walk_is_finished(painter: FakePainter, request_walk: Maker) -> None:
    walk = request_walk("a fox", "a kite", frames=4)
    store, folder = media_store.store(), media_store.walk_folder(walk.id)
    left = [f"{folder}/frames/.tmpx1.part", f"{folder}/gif.0123456789ab.gif", f"{folder}/frames/0.0123456789ab.png"]
    for path in left:
        store.write(path, b"half of it")
    job.work()
    done = read(walk.id)
    assert set(store.files(folder)) == named_files(done)


def test_worker_that_is_killed_as_a_walk_is_finished_leaves_nothing_behind(
    painter: FakePainter, request_walk: Maker, monkeypatch: pytest.MonkeyPatch
) -> None:
    walk = request_walk("a fox", "a kite", frames=4)
    finish, folder = film_assembly.finish_film, media_store.walk_folder(walk.id)

    def finish_and_die(*arguments: Any) -> None:
        finish(*arguments)
        raise KeyboardInterrupt

    monkeypatch.setattr(film_assembly, "write_as_holder", _die_at(2, film_assembly.write_as_holder))
    with pytest.raises(KeyboardInterrupt):  # between the naming of its files and its end
        job.work()
    assert read(walk.id).state != FINISHED
    monkeypatch.undo()
    monkeypatch.setattr(film_assembly, "finish_film", finish_and_die)
    expire_leases()
    with pytest.raises(KeyboardInterrupt):  # just after its end
        job.work()
    done = read(walk.id)
    assert done.state == FINISHED
    assert set(media_store.store().files(folder)) == named_files(done)


def _die_at(call: int, whole: Callable[..., None]) -> Callable[..., None]:
    calls = itertools.count(1)

    def write(*arguments: Any, **named: Any) -> None:
        if next(calls) == call:
            raise KeyboardInterrupt
        whole(*arguments, **named)

    return write
