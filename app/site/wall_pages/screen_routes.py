"""Routes of the walls' screens and of the programme that they poll."""

import io

import segno
from flask import Blueprint, Response, jsonify, make_response, render_template, request, url_for
from werkzeug.exceptions import Forbidden

from app.core.i18n.gettext import _
from app.site.web.form_guards import csrf
from app.site.web.responses import conditional, page_response
from app.wall import director, programme, screen_keys, stretches, walls

blueprint = Blueprint("wall", __name__)


@blueprint.get("/wall/<name>")
def screen(name: str) -> Response:
    """Show a wall's screen; with the wall's key in ``key`` it moves the wall on, else it only shows it."""
    wall = walls.at(name)
    key = request.args.get("key", "")
    page = render_template(
        "wall/screen.html",
        wall=wall,
        say=programme.say_address(wall),
        shown=programme.shown_address(wall),
        programme_url=url_for("wall.ask", name=wall.name),
        key=key if screen_keys.is_valid(wall, key) else "",
        leg=programme.newest_still(wall),
    )
    return page_response(page, cache="no-store")


@blueprint.get("/wall/<name>/programme")
def ask(name: str) -> Response:
    """Return the programme as JSON, and change nothing."""
    return conditional(jsonify(programme.describe_wall(walls.at(name))), cache="private, no-cache")


@blueprint.post("/wall/<name>/programme")
@csrf.exempt  # type: ignore[untyped-decorator]  # the wall's key, which no other site knows, stands in for a CSRF token
def move(name: str) -> Response:
    """Move the wall on by the leg that its screen reports in ``at``, and return the programme as JSON.

    :raises Forbidden: when ``key`` is not the key of the wall's screen.
    """
    wall = walls.at(name)
    if not screen_keys.is_valid(wall, request.args.get("key", "")):
        raise Forbidden(_("Only the wall’s own screen moves it on. Its address is on the curator’s page of the wall."))
    director.advance(wall, programme.read_leg_number())
    stretches.preserve_shown(wall)
    stretches.delete_superfluous(wall)
    return make_response(jsonify(programme.describe_wall(wall)), {"Cache-Control": "no-store"})


@blueprint.get("/wall/<name>/code.svg")
def code(name: str) -> Response:
    """Return the QR code of the address of a wall's form, as SVG."""
    wall = walls.at(name)
    file = io.BytesIO()
    made = segno.make(programme.say_address(wall), error="m", micro=False)
    made.save(file, kind="svg", border=4, dark="#141312", light="#ffffff", xmldecl=False, omitsize=True)
    return Response(file.getvalue(), mimetype="image/svg+xml", headers={"Cache-Control": "no-cache"})
