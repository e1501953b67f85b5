"""Walks that the worker of this process generates: requested, generated with all else that waits, and read."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from app.requests.walk_requests.validation import validate
from app.storage import media_store
from app.storage.walk_models import FINISHED, Walk
from tests.support import placing
from tests.support.worker_processes import restart
from tests.support.worker_rows import read
from worker import job
from worker.film import encoding


def requested(*stops: dict[str, Any], frames: int = 5) -> Walk:
    """Request a walk with these stops, whatever has been generated before."""
    wanted = validate({"stops": list(stops), "seed": 5, "frames": frames})
    return read(placing.place(wanted, visitor_key="ann", owner="ann", skip_cache=True)[0].id)


def frames_of(walk: Walk) -> list[bytes]:
    """Generate all that waits, and return the files of a walk's frames."""
    job.work()
    restart()
    row = read(walk.id)
    assert row.state == FINISHED, row.error
    return [media_store.store().read_bytes(frame.path) for frame in row.painted]


def pictures_of(walk: Walk) -> NDArray[np.uint8]:
    """Generate all that waits, and return the frames of a walk."""
    return np.stack([encoding.decode_still(each) for each in frames_of(walk)])
