"""More that look like this: the page, and the answer of the API, with the walks that look most like a frame."""

from __future__ import annotations

from dataclasses import dataclass

from flask import Blueprint, Flask, Response, render_template, request
from werkzeug.exceptions import NotFound

from app import gallery, looks
from app.models import FINISHED, Frame, Walk
from app.sending import conditional

blueprint = Blueprint("alike", __name__)

SHOWN = 24


@dataclass(frozen=True, slots=True)
class Alike:
    """A frame of a walk, and the hanging walks that look most like it; ``None`` while no worker has looked at it."""

    walk: Walk
    frame: Frame
    walks: list[Walk] | None


def init_app(app: Flask) -> None:
    """Serve the page."""
    app.register_blueprint(blueprint)
    app.jinja_env.globals["is_looked_at"] = lambda walk: looks.of(walk) is not None


@blueprint.get("/walks/<walk_id>/alike")
def page(walk_id: str) -> Response:
    """Show what hangs and looks like a frame, the likest first."""
    found = find(walk_id, request.args.get("frame"), limit=SHOWN)
    response = conditional(Response(render_template("alike.html", found=found, walk=found.walk)))
    response.headers["X-Robots-Tag"] = "noindex"
    return response


def find(walk_id: str, frame: str | None, *, limit: int) -> Alike:
    """Find what looks like a frame of a walk, by its index; like the middle one if none was named.

    :raises NotFound: when the walk has no such frame, or none yet.
    """
    walk = gallery.walk_at(walk_id)
    if walk.state != FINISHED or not walk.painted:
        raise NotFound("What looks like a walk can be found once it is finished.")
    wanted = str(len(walk.painted) // 2) if frame is None else frame
    chosen = next((each for each in walk.painted if str(each.index) == wanted), None)
    if chosen is None:
        raise NotFound(f"This walk has {len(walk.painted)} frames; none of them has this number.")
    return Alike(walk, chosen, looks.alike(walk, chosen.index, limit=limit))
