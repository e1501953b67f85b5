"""The task that renders the stages of one frame: the model's predicted picture after each solver step.

For a sketch-conditioned model the sketch and the initial noise come first.

The early steps of a frame that branched are the blended steps of its neighbours, as when it was generated. Pictures are
generated one by one, so the last stage may differ from the frame in low bits that depend on the batch size.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from app.storage.task_kinds import KNOTS
from worker.diffusion.walk_pipeline import WalkPipeline
from worker.film import encoding
from worker.planning import pass_plan
from worker.planning.latent_state import State, between
from worker.planning.pass_plan import Pass
from worker.queue.leases import Claim
from worker.tasks import film_assembly, fit_pictures, frame_files, walk_setup
from worker.tasks.painting import WalkInProgress

STAGE_MS = 400
"""The duration of a stage in the film, in milliseconds."""

LAST_MS = 2000
"""The duration of the last stage, in milliseconds."""

SIDE_MAX = 256
"""The largest side of a stage, in pixels: a sheet holds all stages side by side."""

WEBP_MAX = 16_383
"""The largest side of a WebP picture, in pixels."""

Picture = NDArray[np.uint8]

log = logging.getLogger(__name__)


def paint(claim: Claim, painter: WalkPipeline) -> None:
    """Render the stages of a task's frame and store them as an animated WebP and a sheet.

    :raises WrongModel: when this model did not generate the walk.
    :raises LeaseLost: when the frame is gone, or this worker no longer holds the task.
    """
    painting = WalkInProgress(claim, painter)
    walk_setup.check_model(painting)
    position = frame_files.position_of(claim)
    pictures = fit_pictures.pixelate_unfit([*initial_pictures(painting, position), *render_stages(painting, position)])
    pictures = [_fitting(picture) for picture in pictures]
    walk, times = painting.walk, [*[STAGE_MS] * (len(pictures) - 1), LAST_MS]
    about = film_assembly.file_metadata(walk)
    files = {
        "stages": ("webp", encoding.webp(pictures, times, metadata=about)),
        "sheet": ("webp", encoding.webp([_sheet(pictures)], LAST_MS, metadata=about)),
    }
    frame_files.store(claim, walk, files)
    log.info("stages of frame %s of walk %s", claim.batch, claim.walk_id)


def initial_pictures(painting: WalkInProgress, position: float) -> list[Picture]:
    """Return the sketch and the decoded initial noise at ``position``; an empty list for a walk without sketches."""
    sketches = painting.prepared.sketches
    if sketches is None:
        return []
    colours = (sketches.at([position])[0, :3].transpose(1, 2, 0) + 1) / 2
    sketch = Image.fromarray((colours.clip(0, 1) * 255).round().astype(np.uint8))
    noise = np.asarray(painting.paint_frame(position, until=0).picture)
    height, width = noise.shape[:2]
    return [np.asarray(sketch.resize((width, height), Image.Resampling.BICUBIC)), noise]


def render_stages(painting: WalkInProgress, position: float) -> list[Picture]:
    """Return the predicted picture at ``position`` after each solver step; the last one is the frame."""
    steps = painting.prepared.rendering.steps
    starts = [None, *Trajectories(painting).of_frame(position, steps - 1)]
    painted = (painting.paint_frame(position, start=start, until=step) for step, start in enumerate(starts, 1))
    return [np.asarray(each.picture) for each in painted]


class Trajectories:
    """The solver states of frames and of the neighbours they start from, each computed once."""

    def __init__(self, painting: WalkInProgress) -> None:
        walk = painting.walk
        self.painting = painting
        self.levels: Sequence[Pass] = painting.levels or pass_plan.levels_of_recipe(
            walk.positions or [], painting.stops, walk.sampler_steps, int(walk.batch or 1)
        )
        self._known: dict[tuple[int, float], list[State]] = {}

    def of_frame(self, position: float, depth: int) -> list[State]:
        """Return the states of a frame after each of its first ``depth`` steps."""
        shown = (i for i, level in enumerate(self.levels) if level.kind != KNOTS and position in level.positions)
        return self._of(next(shown), position, depth)

    def _of(self, number: int, position: float, depth: int) -> list[State]:
        if len(self._known.get((number, position), ())) < depth:
            self._known[number, position] = self._painted(number, position, depth)
        return self._known[number, position][:depth]

    def _painted(self, number: int, position: float, depth: int) -> list[State]:
        start = pass_plan.find_start(number, self.levels, position, self.painting.sampling)
        if start is None:
            return self._follow([], position, depth)
        sides = (self._of(side.level, side.position, start.depth) for side in (start.left, start.right))
        early = [between(left, right, start.t) for left, right in zip(*sides, strict=True)]
        return self._follow(early, position, depth) if depth > start.depth else early

    def _follow(self, states: list[State], position: float, depth: int) -> list[State]:
        """Extend a trajectory from its last state to ``depth`` steps."""
        if depth == len(states):
            return states
        further = range(len(states) + 1, depth + 1)
        start = states[-1] if states else None
        painted = self.painting.paint_frame(position, start=start, until=depth, keep=further, decode=False)
        return [*states, *(painted.states[step] for step in further)]


def _fitting(picture: Picture) -> Picture:
    height, width = picture.shape[:2]
    if max(height, width) <= SIDE_MAX:
        return picture
    scale = SIDE_MAX / max(height, width)
    return np.asarray(Image.fromarray(picture).resize((round(width * scale), round(height * scale))))


def _sheet(pictures: Sequence[Picture]) -> Picture:
    """Return the stages side by side, in order, scaled down if the sheet would exceed `WEBP_MAX`."""
    width = pictures[0].shape[1]
    fitting = min(width, WEBP_MAX // len(pictures))
    if fitting < width:
        height = round(pictures[0].shape[0] * fitting / width)
        pictures = [np.asarray(Image.fromarray(picture).resize((fitting, height))) for picture in pictures]
    return np.concatenate(pictures, axis=1)
