"""One picture's making: a page with what the model would have painted after each of the solver's steps.

Robots read pages, so that looking asks the painter for nothing: a visitor presses a button.
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
"""How many pictures there are before the first step where a sketch leads the painter: that, and the noise."""


@dataclass(frozen=True, slots=True)
class Sheet:
    """The stages side by side on one picture: its size in pixels, and the width that each takes of it."""

    width: int
    height: int
    tile: int
    has_sketch: bool = False

    @property
    def count(self) -> int:
        """Count the pictures."""
        return self.width // self.tile

    @property
    def before(self) -> int:
        """Count the pictures before the first step."""
        return BEFORE if self.has_sketch else 0

    @property
    def steps(self) -> int:
        """Count the steps."""
        return self.count - self.before


@blueprint.get("/walks/<walk_id>/stages")
def watch(walk_id: str) -> Response:
    """Show a frame in the making, or offer to have it painted so."""
    return _page("pages/stages.html", lookup.walk_at_address(walk_id))


@blueprint.get("/walks/<walk_id>/stages/live")
def live(walk_id: str) -> Response:
    """Show the part of the page that changes when the stages arrive."""
    walk = lookup.walk_at_address(walk_id)
    if fragments.is_opened():
        return fragments.lead_to(url_for("making.watch", walk_id=walk.id, frame=_frame(walk).index))
    return _page("pages/_stages.html", walk)


@blueprint.post("/walks/<walk_id>/stages")
def ask(walk_id: str) -> Response:
    """Ask the painter for the stages of a frame, and go where they appear."""
    walk = lookup.walk_at_address(walk_id)
    frame = _frame(walk)
    if stage_requests.find_stages(walk, frame.index) is None:
        if stage_requests.flaw(walk):
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


def sheet_of(walk: Walk, found: Stages | None) -> Sheet | None:
    """Measure the sheet of a frame's stages; ``None`` as long as there is none."""
    if found is None or found.sheet is None:
        return None
    with media_store.store().open(found.sheet.path) as file, Image.open(file) as picture:
        width, height = picture.size
    tile = round(height * (walk.width or height) / (walk.height or height))
    is_led = any(stop.scene is not None for stop in walk.stops)
    return Sheet(width, height, tile, is_led and width // tile == walk.sampler_steps + BEFORE)


def _page(template: str, walk: Walk, **context: Any) -> Response:
    frame = _frame(walk)
    found = stage_requests.find_stages(walk, frame.index)
    page = render_template(
        template,
        walk=walk,
        frame=frame,
        asked=found is not None,
        found=found,
        flaw="" if found else stage_requests.flaw(walk),
        sheet=sheet_of(walk, found),
        worker_ready=found is None or found.is_there or bool(jobs.workers()),
        **{"refused": None, **context},
    )
    response = conditional(Response(page))
    response.headers["Vary"] = "Cookie"
    response.headers["X-Robots-Tag"] = "noindex"
    return response


def _frame(walk: Walk) -> Frame:
    """Return the frame that was asked for; the middle one if none was named."""
    if walk.state != FINISHED or not walk.painted:
        raise NotFound(_("How a picture was made can be watched once its walk is finished."))
    wanted = request.values.get("frame", str(len(walk.painted) // 2))
    frame = next((frame for frame in walk.painted if str(frame.index) == wanted), None)
    if frame is None:
        raise NotFound(_("This walk has %(count)s frames; none of them has this number.", count=len(walk.painted)))
    return frame
