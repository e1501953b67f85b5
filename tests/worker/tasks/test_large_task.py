"""A frame at a large size: the walk's own picture, generated with more pixels."""

import io
import json

import pytest
from PIL import Image

from app.storage import media_store
from app.storage.database import db, writing
from app.storage.task_kinds import LARGE
from app.storage.walk_models import FINISHED, Task, Walk
from app.walks.queue import frame_requests
from app.walks.saved.film_formats import find_recipe
from tests.conftest import Maker
from tests.support import drawings
from tests.support.fake_painter import SIDE, FakePainter
from tests.support.raising import raising
from tests.support.rows import change
from tests.support.worker_rows import read
from worker import job
from worker.film import encoding

pytestmark = pytest.mark.slow


@pytest.fixture
def painted(generated: Maker) -> Walk:
    """Paint a walk that a sketch leads."""
    walk = generated("a fox", "a kite", seed=5, frames=9)
    with writing() as session:
        session.get(Walk, walk.number).stops[0].scene = drawings.scene("house").as_json()
    return read(walk.id)


@pytest.mark.parametrize("index", [0, 3, 8])
def test_large_frame_is_its_frame_four_times_as_wide(painted: Walk, index: int) -> None:
    frame_requests.request(painted, LARGE, index)
    assert job.work() == 1
    found = frame_requests.find(painted, LARGE, index)
    data = media_store.store().read_bytes(found.files["large"].path)
    with Image.open(io.BytesIO(data)) as picture:
        assert picture.size == (4 * SIDE, 4 * SIDE)
        colour = picture.convert("RGB").getpixel((2 * SIDE, 2 * SIDE))
    assert json.loads(find_recipe(data))["seed"] == 5
    frame = encoding.decode_still(media_store.store().read_bytes(painted.painted[index].path))
    assert frame.shape[:2] == (SIDE, SIDE)
    assert colour == pytest.approx(tuple(int(value) for value in frame[0, 0]), abs=1)
    row = read(painted.id)
    assert (row.state, row.painted_count, row.width) == (FINISHED, 9, SIDE)
    assert db.session.query(Task).count() == 0


@pytest.mark.databases
def test_large_frame_has_its_own_shape(painted: Walk) -> None:
    change(painted, height=9)
    frame_requests.request(read(painted.id), LARGE, 1)
    job.work()
    found = frame_requests.find(painted, LARGE, 1)
    with Image.open(io.BytesIO(media_store.store().read_bytes(found.files["large"].path))) as picture:
        assert picture.size == (4 * SIDE, 36)


def test_large_frame_that_fails_can_be_requested_again(painted: Walk, painter: FakePainter) -> None:
    painter.on_paint = raising(ValueError("no room"))
    frame_requests.request(painted, LARGE, 1)
    with pytest.raises(ValueError, match="no room"):
        job.work()
    assert (read(painted.id).state, read(painted.id).error) == (FINISHED, None)
    assert frame_requests.find(painted, LARGE, 1) is None
    painter.on_paint = lambda _batch: None
    frame_requests.request(painted, LARGE, 1)
    job.work()
    assert frame_requests.request(painted, LARGE, 1).is_there
