"""Pages about one frame: how it was generated, step by step, and the same frame at a large size.

Both are generated only when a visitor presses a button, because crawlers fetch every page.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from flask import Blueprint, Response, render_template, request, url_for
from PIL import Image
from werkzeug.exceptions import NotFound

from app.access.auth import rate_limits
from app.core.errors import Conflict, NoRoom
from app.core.i18n.gettext import _
from app.site.web import fragments
from app.site.web.responses import NOT_INDEXED, conditional, page_response, redirect_to, refuse
from app.storage import media_store
from app.storage.task_kinds import FRAME_KINDS, LARGE, STAGES
from app.storage.walk_models import FINISHED, Frame, Walk
from app.walks.queue import admission, frame_requests, jobs
from app.walks.queue.frame_requests import FrameFiles
from app.walks.saved import lookup

blueprint = Blueprint("making", __name__)
blueprint.add_app_template_global(frame_requests.large_size, "large_size")

View = Callable[[str, str], Response]

LIMITS = {STAGES: rate_limits.STAGES, LARGE: rate_limits.LARGE}
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


def _for_each_kind(route: Callable[..., Callable[[View], View]], end: str = "") -> Callable[[View], View]:
    """Return a decorator that gives a view an address for each kind of task that makes files of a frame."""

    def decorate(view: View) -> View:
        for kind in FRAME_KINDS:
            view = route(f"/walks/<walk_id>/{kind}{end}", defaults={"kind": kind})(view)
        return view

    return decorate


@_for_each_kind(blueprint.get)
def watch(walk_id: str, kind: str) -> Response:
    """Show a frame's stages or the large frame, or a button that requests them."""
    return _page(lookup.walk_at_address(walk_id), kind)


@_for_each_kind(blueprint.get, "/live")
def live(walk_id: str, kind: str) -> Response:
    """Return the part of the page that changes when the files arrive."""
    walk = lookup.walk_at_address(walk_id)
    if fragments.is_opened():
        return fragments.redirect_to_page(_address(walk, kind, _frame(walk, kind)))
    return _page(walk, kind, f"pages/_{kind}.html")


@_for_each_kind(blueprint.post)
def ask(walk_id: str, kind: str) -> Response:
    """Request a frame's files, and redirect to the page that shows them."""
    walk = lookup.walk_at_address(walk_id)
    frame = _frame(walk, kind)
    if frame_requests.find(walk, kind, frame.index) is None:
        if frame_requests.find_problem(walk, kind):
            response = _page(walk, kind)
            response.status_code = Conflict.status
            return response
        try:
            admission.check_disk()
            LIMITS[kind].admit()
        except NoRoom as error:
            return refuse(_page(walk, kind, refused=str(error)), error)
        frame_requests.request(walk, kind, frame.index)
    return redirect_to(_address(walk, kind, frame))


def sheet_of(walk: Walk, found: FrameFiles | None) -> Sheet | None:
    """Return the measurements of the picture with a frame's stages; ``None`` until it exists."""
    if found is None or "sheet" not in found.files:
        return None
    with media_store.store().open(found.files["sheet"].path) as file, Image.open(file) as picture:
        width, height = picture.size
    tile = round(height * (walk.width or height) / (walk.height or height))
    has_sketch = frame_requests.is_led(walk) and width // tile == walk.sampler_steps + BEFORE
    return Sheet(width, height, tile, has_sketch)


def _address(walk: Walk, kind: str, frame: Frame) -> str:
    return url_for("making.watch", walk_id=walk.id, kind=kind, frame=frame.index)


def _page(walk: Walk, kind: str, template: str = "pages/frame.html", **context: Any) -> Response:
    frame = _frame(walk, kind)
    found = frame_requests.find(walk, kind, frame.index)
    page = render_template(
        template,
        walk=walk,
        frame=frame,
        kind=kind,
        asked=found is not None,
        found=found,
        flaw="" if found else frame_requests.find_problem(walk, kind),
        sheet=sheet_of(walk, found),
        worker_ready=found is None or found.is_there or bool(jobs.workers()),
        **{"refused": None, **context},
    )
    return conditional(page_response(page, headers={"Vary": "Cookie", **NOT_INDEXED}))


def _frame(walk: Walk, kind: str) -> Frame:
    """Return the frame that the request names; if it names none, the middle one for stages, else the first.

    :raises NotFound: when the walk is not finished, or has no such frame.
    """
    if walk.state != FINISHED or not walk.painted:
        raise NotFound(_("A picture can be painted once more when its walk is finished."))
    wanted = request.values.get("frame", str(len(walk.painted) // 2 if kind == STAGES else 0))
    frame = next((frame for frame in walk.painted if str(frame.index) == wanted), None)
    if frame is None:
        raise NotFound(_("This walk has %(count)s frames; none of them has this number.", count=len(walk.painted)))
    return frame
