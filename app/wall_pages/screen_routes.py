"""The screens of walls, and what they ask for while they walk."""

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
    """Tell a screen what it is to show; it says which leg it walks, and the wall goes on by that."""
    wall = walls.at(name)
    director.advance(wall, programme.read_leg_number())
    stretches.keep_walked(wall)
    stretches.tidy(wall)
    response = conditional(jsonify(programme.describe_wall(wall)))
    response.headers["Cache-Control"] = "private, no-cache"
    return response


@blueprint.get("/wall/<name>/code.svg")
def code(name: str) -> Response:
    """Draw the address at which one writes for a wall as a code that phones read."""
    wall = walls.at(name)
    drawn = io.BytesIO()
    made = segno.make(programme.say_address(wall), error="m", micro=False)
    made.save(drawn, kind="svg", border=4, dark="#141312", light="#ffffff", xmldecl=False, omitsize=True)
    response = Response(drawn.getvalue(), mimetype="image/svg+xml")
    response.headers["Cache-Control"] = "no-cache"
    return response
