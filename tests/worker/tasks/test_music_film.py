"""A walk that is set to a sound, from the request to its films, as ffmpeg decodes them."""

import io
import itertools
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from flask import Flask
from PIL import Image
from sqlalchemy import select

from app.access.auth import visitors
from app.core.errors import InvalidInput
from app.requests.walk_requests import brought_uploads, recipe
from app.storage import media_store
from app.storage.database import db
from app.storage.walk_models import FINISHED, Medium, Walk
from app.walks.saved import lifecycle, lookup, note_sentences
from app.walks.uploads import kinds
from tests.conftest import Maker
from tests.support import films, sounds
from tests.support.fake_painter import SIDE, FakePainter
from tests.support.walk_files import read_durations, read_film, read_recipe
from tests.support.worker_rows import read
from worker import job
from worker.film import flash_safety
from worker.tasks import film_assembly

pytestmark = pytest.mark.slow

Setter = Callable[..., Walk]
FPS = 25.0
HALF_A_FRAME = 0.5 / FPS
COLOURS = 12
"""How far a colour of an MP4 may be from the one that was painted, of 255."""


@pytest.fixture
def to_clicks(painter: FakePainter, request_walk: Maker) -> Setter:
    """Return a function that paints a walk to two seconds of clicks, half a second apart, of which one is the first."""

    def make(*prompts: str, at: tuple[float | None, ...] = (), **fields: Any) -> Walk:
        sound_id = upload()
        part = {"id": sound_id, "start": 0.5, "length": 2.0, "way": "pulse"} | fields.pop("sound", {})
        times = itertools.chain(at, itertools.repeat(None))
        stops = [{"prompt": prompt, "at": time} for prompt, time in zip(prompts, times, strict=False)]
        walk = request_walk(stops=stops, sound=part, fps=FPS, **{"seed": 7, **fields})
        job.work()
        return read(walk.id)

    return make


def upload() -> str:
    """Upload a click track of four seconds and have it read; return its id."""
    nothing = {"check_room": lambda: None, "admit": lambda: None}
    owner = visitors.digest("secret of ann")
    sound_id = brought_uploads.upload(kinds.SOUND, sounds.track(4.0, 120), owner_hash=owner, network="", **nothing).id
    job.work()
    return sound_id


def written(row: Walk, kind: str, folder: Path) -> Path:
    """Return a walk's film as a file."""
    file = folder / f"film.{kind}"
    file.write_bytes(read_film(row, kind))
    return file


def stop_colours(row: Walk) -> list[np.ndarray]:
    """Return the mean colour of each stop, as it was painted."""
    paths = {frame.position: frame.path for frame in row.painted}
    found = []
    for stop in range(len(row.stops)):
        with Image.open(io.BytesIO(media_store.store().read_bytes(paths[float(stop)]))) as picture:
            found.append(np.asarray(picture.convert("RGB"), float).mean((0, 1)))
    return found


@pytest.mark.parametrize("kind", ["mp4", "webm"])
def test_stops_are_reached_on_their_clicks_in_films_with_sound(to_clicks: Setter, tmp_path: Path, kind: str) -> None:
    times = (0.25, 0.75, 1.25, 1.75)
    row = to_clicks("a fox", "a kite", "a pear", "the sea", at=times, sound={"start": 0.25})
    assert (row.state, row.error) == (FINISHED, None)
    file = written(row, kind, tmp_path)
    shown = films.decode_frames(file, SIDE).astype(float).mean((1, 2))
    assert len(shown) == 50
    for time, colour in zip(times, stop_colours(row), strict=True):
        first = int(np.argmax(np.abs(shown - colour).max(1) < COLOURS))
        due = 0.0 if time == times[0] else time  # the first stop is shown from the beginning, and rests until its time
        assert abs(first / FPS - due) <= HALF_A_FRAME + 1e-9, (time, first)
    assert np.argmax(np.abs(shown - shown[0]).max(1) >= COLOURS) / FPS >= times[0]
    heard = films.decode_sound(file)
    assert len(heard) / films.RATE == pytest.approx(2.0, abs=1 / FPS)
    assert films.click_starts(heard) == pytest.approx(times, abs=0.02)
    assert films.streams(file) == {"mp4": ["h264", "aac"], "webm": ["vp9", "opus"]}[kind]


def test_all_files_show_the_same_pictures_for_the_same_times(to_clicks: Setter, tmp_path: Path) -> None:
    row = to_clicks("a fox", "a kite", "a pear", at=(0.0, 0.5, 1.5))
    holds = [hold for hold in row.holds or () if hold]
    assert sum(holds) == 50 and row.frames == len(row.painted) == len(row.holds or ())
    ends = [round(100 * end / FPS) for end in itertools.accumulate(holds)]
    times = [10 * (end - start) for start, end in itertools.pairwise([0, *ends])]
    for kind in ("gif", "webp"):
        assert read_durations(row, kind) == times, kind
    assert films.decode_sound(written(row, "gif", tmp_path)).size == 0


def test_stop_without_a_time_is_reached_on_a_beat(to_clicks: Setter, tmp_path: Path) -> None:
    row = to_clicks("a fox", "a kite", "a pear", sound={"way": "steady"})
    shown = films.decode_frames(written(row, "mp4", tmp_path), SIDE).astype(float).mean((1, 2))
    nearest = int(np.argmin(np.abs(shown - stop_colours(row)[1]).max(1)))
    assert min(abs(nearest / FPS - beat) for beat in (0.5, 1.0, 1.5)) <= 1 / FPS


@pytest.mark.parametrize("ending", ["stop", "round"])
@pytest.mark.parametrize("way", ["steady", "pulse", "energy"])
def test_pictures_are_at_most_as_many_as_asked_for(to_clicks: Setter, way: str, ending: str) -> None:
    row = to_clicks("a fox", "a kite", sound={"way": way}, frames=9, ending=ending)
    assert (row.state, row.sound_pictures) == (FINISHED, 9)
    assert 2 < row.frames <= 9 and row.painted_count == row.frames and sum(row.holds or ()) == 50


def test_stops_are_painted_first_and_then_coarse_to_fine(to_clicks: Setter, painter: FakePainter) -> None:
    row = to_clicks("a fox", "a kite", sound={"way": "steady"})
    assert painter.painted[:2] == [0.0, 1.0]
    assert 0.3 < painter.painted[2] < 0.7 and sorted(painter.painted) == row.positions


def test_unfinished_film_is_in_time_from_the_stops_on(
    app: Flask, to_clicks: Setter, painter: FakePainter, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(film_assembly, "FILM_PAUSE", 0.0)
    monkeypatch.setattr(flash_safety, "SAFE_FPS", 100.0)
    gifs: list[list[int]] = []

    def look(_number: int) -> None:
        with app.app_context():
            rows = db.session.scalars(select(Walk)).all()
            gifs.extend(read_durations(row, "gif") for row in rows if "gif" in row.media)

    painter.on_paint = look
    to_clicks("a fox", "a kite", "a pear", at=(0.0, 0.5, 1.5))
    assert gifs[0] == [520, 1480], "the first two stops, which are painted together"
    assert [520, 1000, 480] in gifs and len(gifs) > 2
    assert all(sum(times) == 2000 for times in gifs)


def test_recipe_with_its_sound_paints_the_same_film(to_clicks: Setter, generated: Maker) -> None:
    row = to_clicks("a fox", "a kite", "a pear", at=(0.0, 0.5, 1.5))
    written_recipe = recipe.recipe_of(row)
    part = {"digest": row.sound_digest, "start": 0.5, "length": 2.0, "way": "pulse", "pictures": row.sound_pictures}
    assert written_recipe["sound"] == {**part, "holds": row.holds}
    assert [stop["at"] for stop in written_recipe["stops"]] == [0.0, 0.5, 1.5]
    read_again = read_recipe(row, "mp4")
    assert read_again == written_recipe
    wanted, pinned = recipe.request_of(read_again)
    repainted = generated(**recipe.as_body(wanted, pinned), pinned=pinned)
    assert recipe.recipe_of(repainted) == written_recipe
    for kind in ("gif", "mp4", "webp"):
        assert repainted.media[kind].etag == row.media[kind].etag, kind


def test_recipe_without_its_sound_says_so(to_clicks: Setter, request_walk: Maker) -> None:
    row = to_clicks("a fox", "a kite")
    wanted, pinned = recipe.request_of(recipe.parse_recipe(recipe.dumps(row).encode()))
    with pytest.raises(InvalidInput, match="The sound is not here: it was kept for a day"):
        request_walk(**recipe.as_body(wanted, pinned), pinned=pinned, visitor="bob")


@pytest.mark.parametrize(
    ("change", "flaw"),
    [
        ({"holds": [1, 2]}, "the times of its pictures must fill its sound"),
        ({"pictures": 2}, "The pictures of a film set to a sound must be 3 to 240."),
        ({"holds": None}, "its sound cannot be used"),
        ({"length": 3.0}, "the times of its pictures must fill its sound"),
    ],
)
def test_altered_recipe_is_refused(to_clicks: Setter, change: dict[str, Any], flaw: str) -> None:
    document = recipe.parse_recipe(recipe.dumps(to_clicks("a fox", "a kite")).encode())
    document["sound"] |= change
    with pytest.raises(InvalidInput, match=flaw):
        recipe.request_of(document)


def test_film_that_would_flash_shows_fewer_pictures(to_clicks: Setter, monkeypatch: pytest.MonkeyPatch) -> None:
    def flashes(_frames: object, _fps: float, holds: list[int]) -> bool:
        return min(hold for hold in holds if hold) < 3

    monkeypatch.setattr(flash_safety, "flashes", flashes)
    row = to_clicks("a fox", "a kite", "a pear", at=(0.0, 0.5, 1.5))
    assert "so pictures are left out" in note_sentences.describe_film(row) and row.fps == FPS
    shown = [hold for hold in row.holds or () if hold]
    assert min(shown) >= 3 and sum(shown) == 50 and 0 in (row.holds or ())
    assert len(read_durations(row, "gif")) == len(shown)
    stops = [index for index, frame in enumerate(row.painted) if frame.position.is_integer()]
    assert all((row.holds or ())[index] for index in stops)


def test_walk_keeps_its_sound_without_the_upload(painter: FakePainter, request_walk: Maker) -> None:
    sound_id = upload()
    walk = request_walk(sound={"id": sound_id}, fps=FPS)
    lifecycle.forget_uploads(visitors.digest("secret of ann"))
    lifecycle.cancel(lookup.walk_at_address(walk.id))
    lifecycle.retry(lookup.walk_at_address(walk.id))
    job.work()
    assert read(walk.id).state == FINISHED and "webm" in read(walk.id).media


def test_deleted_walk_leaves_nothing_of_its_sound(to_clicks: Setter) -> None:
    row = to_clicks("a fox", "a kite")
    lifecycle.delete_walk(row)
    db.session.refresh(row)
    assert (row.sound_digest, row.music, row.holds) == (None, None, None)
    assert media_store.store().files(f"walks/{row.id}") == {} == media_store.store().files("sounds")
    assert db.session.scalars(select(Medium)).all() == []


def test_walk_without_a_sound_has_no_sound_and_no_webm(generated: Maker) -> None:
    row = generated(frames=6)
    assert set(row.media) == {"gif", "mp4", "webp", "poster", "card"} and row.holds is None
    assert "sound" not in recipe.recipe_of(row)


def test_cancelled_walk_keeps_its_sound(app: Flask, painter: FakePainter, request_walk: Maker) -> None:
    walk = request_walk(sound={"id": upload()}, fps=FPS, frames=12)

    def cancel(number: int) -> None:
        if number == 4:
            with app.app_context():  # as another process would
                lifecycle.cancel(lookup.walk_at_address(walk.id))

    painter.on_paint = cancel
    job.work()
    assert set(media_store.store().files(f"walks/{walk.id}")) == {read(walk.id).media["sound"].path}
    painter.on_paint = lambda _number: None
    lifecycle.retry(lookup.walk_at_address(walk.id))
    job.work()
    assert (read(walk.id).state, read(walk.id).error) == (FINISHED, None)


def test_film_whose_pictures_are_all_stops_is_painted_again(to_clicks: Setter, generated: Maker) -> None:
    row = to_clicks("a fox", "a kite", "a pear", at=(0.0, None, 1.0))
    assert (row.state, row.frames, row.sound_pictures) == (FINISHED, 3, 50)
    wanted, pinned = recipe.request_of(recipe.parse_recipe(recipe.dumps(row).encode()))
    again = generated(**recipe.as_body(wanted, pinned), pinned=pinned)
    assert recipe.recipe_of(again) == recipe.recipe_of(row)


def test_recipe_counts_by_the_pictures_that_it_has(app: Flask, to_clicks: Setter) -> None:
    row = to_clicks("a fox", "a kite", sound={"way": "steady"}, frames=40)
    written_recipe = recipe.parse_recipe(recipe.dumps(row).encode())
    app.config["SOUND_PICTURES"] = row.frames
    written_recipe["sound"]["pictures"] = 240
    assert recipe.request_of(written_recipe)[1].sound.pictures == 240  # type: ignore[union-attr]
    app.config["SOUND_PICTURES"] = row.frames - 1
    with pytest.raises(InvalidInput, match="The pictures of a film set to a sound must be 3 to"):
        recipe.request_of(written_recipe)
