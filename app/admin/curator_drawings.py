"""The curator's drawings: what prompts are read as and walks are painted after; added, removed and brought back.

Where sketches lead no model on offer, they are not there.
"""

from __future__ import annotations

from dataclasses import asdict

from flask import Flask, Response, request
from werkzeug.exceptions import NotFound

from app.admin.curator import blueprint
from app.drawings import added_drawings, offered
from app.errors import InvalidInput
from app.i18n.gettext import N_, _
from app.moderation import drawing_curation, drawing_request
from app.moderation.drawing_request import DrawingRequest
from app.web.curator_room import go, room_page
from sketch import svg
from sketch.sketchbook import Drawing

SIDE = 96
"""How wide and high a drawing is shown."""

SHIPPED = 24
"""How many of the shipped drawings that a search finds are shown."""

TOLD = ("kind", "style", "artist", "licence", "source")
BECAME = {
    drawing_curation.ADDED: N_("“%(name)s” is added: prompts are read as it from now on."),
    drawing_curation.CHANGED: N_("“%(name)s” was here already; what you told of it is taken over."),
    drawing_curation.BROUGHT_BACK: N_("“%(name)s” is offered again."),
    drawing_curation.REMOVED: N_("“%(name)s” is offered no longer; walks that hold it keep it."),
    drawing_curation.AS_IT_WAS: N_("“%(name)s” was here already, as it is."),
    drawing_curation.SHIPPED: N_("“%(name)s” is shipped with the model; nothing was added."),
}
ACTS = {"remove": drawing_curation.remove, "restore": drawing_curation.bring_back}


def init_app(app: Flask) -> None:
    """Serve the curator's pages, these among them."""
    app.register_blueprint(blueprint)


@blueprint.get("/drawings")
def drawings() -> Response:
    """Show the drawings that were added, and what a search finds of those that are shipped."""
    return _drawings_page(DrawingRequest(""))


@blueprint.post("/drawings")
def add_drawing() -> Response:
    """Add a drawing."""
    form, file = request.form, request.files.get("file")
    wanted = DrawingRequest(form.get("name", ""), **{name: form.get(name, "").strip() or None for name in TOLD})
    data = file.read(svg.BYTES + 1) if file else b""
    request.close()  # a large one lies in a file of its own, which goes now and not at some time
    try:
        outcome = drawing_curation.add(data, wanted)
    except InvalidInput as error:
        return _drawings_page(wanted, error)
    return _told(outcome)


@blueprint.post("/drawings/<digest>/<any(remove, restore):act>")
def act_on_drawing(digest: str, act: str) -> Response:
    """Remove a drawing, or bring it back."""
    try:
        return _told(ACTS[act](digest))
    except InvalidInput as error:
        raise NotFound from error


def _told(outcome: drawing_curation.Outcome) -> Response:
    return go("office.drawings", drawing=outcome.drawing.digest, became=outcome.what)


def _drawings_page(wanted: DrawingRequest, invalid: InvalidInput | None = None) -> Response:
    if not offered.list_books():
        raise NotFound
    asked = " ".join(request.args.get("q", "").split())
    shipped = _shipped(asked) if asked else []
    return room_page(
        "curator/drawings.html",
        invalid,
        asked=asked,
        added=drawing_curation.every(asked),
        shipped=shipped[:SHIPPED],
        found=len(shipped),
        wanted=asdict(wanted),
        kinds=drawing_request.kinds(),
        said=_said(),
        side=SIDE,
        most=svg.BYTES,
    )


def _shipped(asked: str) -> list[Drawing]:
    """Return the shipped drawings that a search finds, those first that are called so."""
    added = added_drawings.book()
    known = {digest: each for book in offered.list_books() for digest, each in book.drawings.items()}
    found = [each for each in known.values() if each.digest not in added and drawing_curation.is_found(each, asked)]
    return sorted(found, key=lambda each: (each.name != asked, not each.name.startswith(asked), each.name, each.style))


def _said() -> str:
    """Say what became of the drawing that the page was led to from."""
    became, drawing = BECAME.get(request.args.get("became", "")), offered.find_drawing(request.args.get("drawing", ""))
    return _(became, name=drawing.name) if became and drawing else ""
