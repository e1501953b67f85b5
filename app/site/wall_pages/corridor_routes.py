"""Routes of corridors and of a wall's replay: a wall's screen that shows published walks."""

from typing import Any

from flask import Blueprint, Response, jsonify, render_template, request, url_for
from werkzeug.exceptions import NotFound

from app.collection.gallery import exhibitions
from app.collection.moderation import audit_log
from app.core.i18n.gettext import _
from app.site.web.curator_room import go, guard, room_page
from app.site.web.responses import conditional, redirect_to
from app.storage.wall_models import OPEN
from app.wall import corridors, walls
from app.wall.programme import read_leg_number

blueprint = Blueprint("corridors", __name__)
office = Blueprint("corridor_office", __name__, url_prefix="/curator/exhibitions")
guard(office)

KEPT_SECONDS = 60
"""How long browsers cache the programme: screens poll every second, but exhibitions seldom change."""


@blueprint.get("/corridor/<slug>")
def screen(slug: str) -> Response:
    """Show the corridor of an exhibition, from the walk with the ID in ``at`` on."""
    exhibition = exhibitions.at(slug)
    legs = corridors.legs_of(exhibition)
    if not legs:
        raise NotFound(_("This exhibition has no walks to show at the moment, so there is no corridor."))
    start = corridors.first_leg(legs, request.args.get("at", "").partition("-")[0])
    first = legs[start - 1].to_json(start)
    page = render_template(
        "wall/corridor.html",
        exhibition=exhibition,
        programme_url=url_for("corridors.ask", slug=exhibition.slug),
        start=start,
        leg=first | {"still": first["frames"][0] if first["frames"] else ""},
    )
    return conditional(Response(page))


@blueprint.get("/corridor/<slug>/programme")
def ask(slug: str) -> Response:
    """Return the legs around the one that a screen shows, as JSON."""
    at = read_leg_number()
    legs = corridors.legs_of(exhibitions.at(slug))
    wall: dict[str, Any] = {"name": slug, "state": OPEN, "lead": at}
    response = jsonify({"wall": wall, "legs": corridors.describe_legs(legs, at), "queue": [], "waiting": 0})
    return conditional(response, cache=f"private, max-age={KEPT_SECONDS}")


@blueprint.get("/wall/<name>/replay")
def replay(name: str) -> Response:
    """Redirect to the corridor of a wall's last evening."""
    wall = walls.at(name)
    evening = None if wall.evening is None else exhibitions.find(wall.evening)
    if evening is None or not corridors.legs_of(evening):
        raise NotFound(_("Nothing is kept of this wall's last evening yet."))
    return redirect_to(url_for("corridors.screen", slug=evening.slug), 302)


@office.get("/<slug>/corridor")
def joints(slug: str) -> Response:
    """Show the curator which connecting walks an exhibition's corridor lacks."""
    exhibition = exhibitions.at(slug, even_unshown=True)
    return room_page("curator/corridor.html", exhibition=exhibition, missing=corridors.find_missing(exhibition))


@office.post("/<slug>/corridor")
def join(slug: str) -> Response:
    """Request the missing connecting walks of an exhibition."""
    if corridors.request_joints(exhibitions.at(slug, even_unshown=True)):
        audit_log.note("joined the walks of exhibition", slug)
    return go("corridor_office.joints", slug=slug)
