"""The curator's pages of walls: open, change, pause and close them, and skip words and legs."""

from collections.abc import Callable
from typing import Any

from flask import Blueprint, Response, request
from sqlalchemy import select
from sqlalchemy.orm import selectinload

from app.collection.gallery import exhibitions
from app.core.errors import Conflict, InvalidInput
from app.core.i18n.gettext import _
from app.offer.generation.limits import Limits
from app.site.web.curator_room import go, guard, room_page
from app.storage.database import db
from app.storage.walk_models import Walk
from app.storage.wall_models import CLOSED, OPEN, PAUSED, Wall, WallLeg, WallWords
from app.wall import programme, screen_keys, walls, words
from app.wall.walls import WallRequest

blueprint = Blueprint("wall_office", __name__, url_prefix="/curator/walls")
guard(blueprint)


@blueprint.get("")
def index() -> Response:
    """Show the list of walls and the form to open one."""
    return _walls_page(WallRequest(""))


@blueprint.post("")
def make() -> Response:
    """Open a new wall; show the form with errors if a field is invalid."""
    wanted = _wanted(request.form.get("name", ""))
    try:
        made = walls.create(wanted)
    except InvalidInput as error:
        return _walls_page(wanted, error)
    return go("wall_office.wall", name=made.name)


@blueprint.get("/<name>")
def wall(name: str) -> Response:
    """Show a wall: its legs, waiting words and settings."""
    found = walls.at(name)
    return _wall_page(found, walls.settings_of(found))


@blueprint.post("/<name>")
def change(name: str) -> Response:
    """Change a wall's settings; show the form with errors if a field is invalid."""
    found, wanted = walls.at(name), _wanted(name)
    try:
        walls.change(found, wanted)
    except InvalidInput as error:
        return _wall_page(found, wanted, error)
    return go("wall_office.wall", name=name)


@blueprint.post("/<name>/<any(open, pause, resume, close):act>")
def act_on(name: str, act: str) -> Response:
    """Open, pause, resume or close a wall; closing preserves what it has shown."""
    found = walls.at(name)
    if act == "close" and found.state != CLOSED:
        walls.close(found)
    elif act == "open" and found.state == CLOSED:
        wanted = walls.settings_of(found)
        try:
            walls.open_wall(wanted)
        except InvalidInput as error:  # for example the model no longer has the wall's style
            return _wall_page(found, wanted, error)
    elif act in ("pause", "resume") and found.state != CLOSED:
        walls.set_state(found, PAUSED if act == "pause" else OPEN)
    return go("wall_office.wall", name=name)


@blueprint.post("/<name>/words/<int:number>/skip")
def skip_words(name: str, number: int) -> Response:
    """Skip a visitor's words."""
    found = walls.at(name)
    row = words.at(number, wall=found)
    return _skipped(found, lambda: words.skip(row))


@blueprint.post("/<name>/legs/<int:number>/skip")
def skip_leg(name: str, number: int) -> Response:
    """Skip the current leg or a later one."""
    found = walls.at(name)
    return _skipped(found, lambda: words.skip_leg(found, number))


def _skipped(found: Wall, skip: Callable[[], None]) -> Response:
    try:
        skip()
    except Conflict as error:
        return _wall_page(found, walls.settings_of(found), status=error.status, error=str(error))
    return go("wall_office.wall", name=found.name)


def _ahead(found: Wall) -> list[tuple[WallLeg, str]]:
    """Return the current leg of a wall and later ones with what they lead to, without skipped legs."""
    rows = db.session.execute(
        select(WallLeg, Walk, WallWords)
        .outerjoin(Walk, Walk.id == WallLeg.walk_id)
        .outerjoin(WallWords, WallWords.number == WallLeg.words_number)
        .where(*words.legs_kept(found), WallLeg.number >= max(found.lead, found.first_leg))
        .order_by(WallLeg.number)
        .options(selectinload(Walk.stops))
    )
    return [(leg, _leads_to(walk, written)) for leg, walk, written in rows]


def _leads_to(walk: Walk | None, written: WallWords | None) -> str:
    """Return what a leg leads to; "" while that is not known."""
    if written is not None:
        return written.text or _("a photo")
    return (walk.stops[-1].prompt or _("a photo")) if walk is not None and walk.stops else ""


def _wanted(name: str) -> WallRequest:
    form = request.form
    banned = [line for line in form.get("banned", "").splitlines() if line.strip()]
    return WallRequest(name, form.get("title", ""), form.get("hand", ""), banned, bool(form.get("listed")))


def _walls_page(wanted: WallRequest, error: InvalidInput | None = None) -> Response:
    every = [(each, words.count(each)) for each in walls.all_walls()]
    context: dict[str, Any] = {"walls": every, "wanted": wanted, "styles": Limits.current(None).styles}
    return room_page("curator/walls.html", error, **context)


def _wall_page(
    found: Wall,
    wanted: WallRequest,
    invalid: InvalidInput | None = None,
    *,
    status: int = 200,
    error: str | None = None,
) -> Response:
    evening = exhibitions.find(found.evening) if found.evening else None
    return room_page(
        "curator/wall.html",
        invalid,
        status=status,
        error=error,
        wall=found,
        wanted=wanted,
        styles=Limits.current(None).styles,
        legs=_ahead(found),
        line=words.waiting_words(found),
        say=programme.say_address(found),
        screen=screen_keys.screen_address(found),
        evening=evening,
    )
