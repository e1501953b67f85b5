"""The task that renders one frame at a large size, from the walk's own scenes and seeds.

The noise is drawn at the larger size, and the frame starts from it, not from the states of its neighbours. The sketch,
which is drawn at the larger size as well, makes it show the same.
"""

from __future__ import annotations

import logging

import numpy as np

from app.requests.walk_requests import recipe
from app.walks.queue import frame_requests
from worker.diffusion.walk_pipeline import WalkPipeline
from worker.film import encoding
from worker.queue.leases import Claim, LeaseLost
from worker.tasks import film_assembly, fit_pictures, frame_files, walk_setup
from worker.tasks.painting import WalkInProgress

log = logging.getLogger(__name__)


def paint(claim: Claim, painter: WalkPipeline) -> None:
    """Render a task's frame at the size of `frame_requests.large_size` and store it as a PNG.

    :raises WrongModel: when this model did not generate the walk.
    :raises GenerationError: when no larger picture of the walk can be rendered.
    :raises LeaseLost: when the frame is gone, or this worker no longer holds the task.
    """
    painting = WalkInProgress(claim, painter)
    walk_setup.check_model(painting)
    size, position = frame_requests.large_size(painting.walk), frame_files.position_of(claim)
    if size is None:
        raise LeaseLost(f"frame {claim.batch} of walk {claim.walk_id}")
    (picture,) = fit_pictures.pixelate_unfit([np.asarray(painting.paint_frame(position, size=size).picture)])
    metadata = {**film_assembly.file_metadata(painting.walk), "recipe": recipe.dumps(painting.walk)}
    still = encoding.still(picture, metadata=metadata)
    frame_files.store(claim, painting.walk, {"large": ("png", still)})
    log.info("frame %s of walk %s at %s × %s", claim.batch, claim.walk_id, *size)
