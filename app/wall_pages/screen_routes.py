"""Routes of the walls' screens and of the programme that they poll."""

from __future__ import annotations

import io

import segno
from flask import Blueprint, Response, jsonify, render_template, url_for

from app.wall import director, programme, stretches, walls
from app.web.responses import conditional

blueprint = Blueprint("wall", __name__)


@blueprint.get("/wall/<name>")
def screen(name: str) -> Response:
    """Show a wall's screen."""
    wall = walls.at(name)
    response = Response(
        render_template(
            "wall/screen.html",
            wall=wall,
            say=programme.say_address(wall),
            shown=programme.shown_address(wall),
            programme_url=url_for("wall.ask", name=wall.name),
            leg=programme.newest_still(wall),
        )
    )
    response.headers["Cache-Control"] = "no-store"
    return response


@blueprint.get("/wall/<name>/programme")
def ask(name: str) -> Response:
    """Return the programme as JSON; the leg that the screen reports moves the wall on."""
    wall = walls.at(name)
    director.advance(wall, programme.read_leg_number())
    stretches.preserve_shown(wall)
    stretches.delete_superfluous(wall)
    response = conditional(jsonify(programme.describe_wall(wall)))
    response.headers["Cache-Control"] = "private, no-cache"
    return response


@blueprint.get("/wall/<name>/code.svg")
def code(name: str) -> Response:
    """Return the QR code of the address of a wall's form, as SVG."""
    wall = walls.at(name)
    file = io.BytesIO()
    made = segno.make(programme.say_address(wall), error="m", micro=False)
    made.save(file, kind="svg", border=4, dark="#141312", light="#ffffff", xmldecl=False, omitsize=True)
    response = Response(file.getvalue(), mimetype="image/svg+xml")
    response.headers["Cache-Control"] = "no-cache"
    return response
