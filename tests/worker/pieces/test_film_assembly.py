"""Films of a walk: made with few of its pictures in memory, whoever painted them."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.storage import media_store
from app.storage.walk_models import FINISHED
from tests.conftest import Commissioner
from tests.worker.fake import SIDE, FakePainter
from tests.worker.fleeting import Alive, Picture
from tests.worker.rows import read
from worker import job
from worker.film import encoding, flash_safety
from worker.pieces import film_assembly, walk_memory

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
def test_films_of_a_walk_are_made_with_few_of_its_pictures_in_memory(
    painter: FakePainter, commissioned: Commissioner, alive: Alive, ending: str
) -> None:
    walk = commissioned("a fox", "a kite", frames=FRAMES, ending=ending)
    job.work()
    assert read(walk.id).state == FINISHED
    assert 1 < alive.most_alive <= 2 * film_assembly.AHEAD < FRAMES / 2


def test_unfinished_film_waits_while_a_picture_of_it_cannot_be_read_and_the_painting_goes_on(
    painter: FakePainter, commissioned: Commissioner, alive: Alive
) -> None:
    walk = commissioned("a fox", "a kite", frames=12)

    def lose(number: int) -> None:
        if number == 2:
            (Path(media_store.store().root) / read(walk.id).painted[0].path).unlink()

    painter.on_paint = lose
    job.work()
    row = read(walk.id)
    assert (row.state, row.painted_count) == (FINISHED, 12)
    assert all(media_store.store().exists(frame.path) for frame in row.painted)
