"""The page on how one frame was generated: the model's predicted picture (x0) after each of the solver's steps.

The stages are generated only when a visitor presses a button, because crawlers fetch every page.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, cast

from flask import Blueprint, Response, redirect, render_template, request, url_for
from PIL import Image
from werkzeug.exceptions import NotFound

from app.auth import rate_limits
from app.errors import Conflict, TooMany
from app.i18n.gettext import _
from app.queue import jobs, stage_requests
from app.queue.stage_requests import Stages
from app.storage import media_store
from app.storage.walk_models import FINISHED, Frame, Walk
from app.walks import lookup
from app.web import fragments
from app.web.responses import conditional

blueprint = Blueprint("making", __name__)

BEFORE = 2
"""How many pictures precede the first step of a sketch-conditioned model: the sketch and the noise."""


@dataclass(frozen=True, slots=True)
class Sheet:
    """A picture with all stages side by side: its size, and the width of each stage (``tile``), in pixels."""

    width: int
    height: int
    tile: int
    has_sketch: bool = False

    @property
    def count(self) -> int:
        """Return the number of stages."""
        return self.width // self.tile

    @property
    def before(self) -> int:
        """Return the number of stages before the first solver step."""
        return BEFORE if self.has_sketch else 0

    @property
    def steps(self) -> int:
        """Return the number of solver steps."""
        return self.count - self.before


@blueprint.get("/walks/<walk_id>/stages")
def watch(walk_id: str) -> Response:
    """Show the stages of a frame, or a button that requests them."""
    return _page("pages/stages.html", lookup.walk_at_address(walk_id))


@blueprint.get("/walks/<walk_id>/stages/live")
def live(walk_id: str) -> Response:
    """Return the part of the page that changes when the stages arrive."""
    walk = lookup.walk_at_address(walk_id)
    if fragments.is_opened():
        return fragments.redirect_to_page(url_for("making.watch", walk_id=walk.id, frame=_frame(walk).index))
    return _page("pages/_stages.html", walk)


@blueprint.post("/walks/<walk_id>/stages")
def ask(walk_id: str) -> Response:
    """Request the stages of a frame, and redirect to the page that shows them."""
    walk = lookup.walk_at_address(walk_id)
    frame = _frame(walk)
    if stage_requests.find_stages(walk, frame.index) is None:
        if stage_requests.find_problem(walk):
            response = _page("pages/stages.html", walk)
            response.status_code = Conflict.status
            return response
        try:
            rate_limits.STAGES.admit()
        except TooMany as error:
            response = _page("pages/stages.html", walk, refused=str(error))
            response.status_code = 429
            response.headers["Retry-After"] = str(error.retry_after)
            return response
        stage_requests.request_stages(walk, frame.index)
    return cast(Response, redirect(url_for("making.watch", walk_id=walk.id, frame=frame.index), 303))


def sheet_of(walk: Walk, stages: Stages | None) -> Sheet | None:
    """Return the measurements of the picture with a frame's stages; ``None`` until it exists."""
    if stages is None or stages.sheet is None:
        return None
    with media_store.store().open(stages.sheet.path) as file, Image.open(file) as picture:
        width, height = picture.size
    tile = round(height * (walk.width or height) / (walk.height or height))
    is_led = any(stop.scene is not None for stop in walk.stops)
    return Sheet(width, height, tile, is_led and width // tile == walk.sampler_steps + BEFORE)


def _page(template: str, walk: Walk, **context: Any) -> Response:
    frame = _frame(walk)
    stages = stage_requests.find_stages(walk, frame.index)
    page = render_template(
        template,
        walk=walk,
        frame=frame,
        asked=stages is not None,
        found=stages,
        flaw="" if stages else stage_requests.find_problem(walk),
        sheet=sheet_of(walk, stages),
        worker_ready=stages is None or stages.is_there or bool(jobs.workers()),
        **{"refused": None, **context},
    )
    response = conditional(Response(page))
    response.headers["Vary"] = "Cookie"
    response.headers["X-Robots-Tag"] = "noindex"
    return response


def _frame(walk: Walk) -> Frame:
    """Return the frame that the request names; the middle one if it names none.

    :raises NotFound: when the walk is not finished, or has no such frame.
    """
    if walk.state != FINISHED or not walk.painted:
        raise NotFound(_("How a picture was made can be watched once its walk is finished."))
    wanted = request.values.get("frame", str(len(walk.painted) // 2))
    frame = next((frame for frame in walk.painted if str(frame.index) == wanted), None)
    if frame is None:
        raise NotFound(_("This walk has %(count)s frames; none of them has this number.", count=len(walk.painted)))
    return frame
