"""The curator's pages of the drawing library: drawings to add, remove and restore.

They answer 404 if no offered model is sketch-conditioned.
"""

from dataclasses import asdict

from flask import Response, request
from werkzeug.exceptions import NotFound

from app.collection.moderation import drawing_curation, drawing_request
from app.collection.moderation.drawing_request import DrawingRequest
from app.core.errors import InvalidInput
from app.core.i18n.gettext import N_, _
from app.offer.drawings import added_drawings, offered
from app.site.admin.curator import blueprint
from app.site.web.curator_room import go, room_page
from sketch import svg
from sketch.sketchbook import Drawing

SIDE = 96
"""The width and height at which a drawing is shown, in pixels."""

SHIPPED = 24
"""The most shipped drawings that a search shows."""

FIELDS = ("kind", "style", "artist", "licence", "source")
BECAME = {
    drawing_curation.ADDED: N_("“%(name)s” is added: prompts are read as it from now on."),
    drawing_curation.CHANGED: N_("“%(name)s” was here already; your changes are saved."),
    drawing_curation.RESTORED: N_("“%(name)s” is offered again."),
    drawing_curation.REMOVED: N_("“%(name)s” is offered no longer; walks that hold it keep it."),
    drawing_curation.AS_IT_WAS: N_("“%(name)s” was here already, as it is."),
    drawing_curation.SHIPPED: N_("“%(name)s” is shipped with the model; nothing was added."),
}
ACTS = {"remove": drawing_curation.remove, "restore": drawing_curation.restore}


@blueprint.get("/drawings")
def drawings() -> Response:
    """Show the added drawings, the shipped drawings that match a search, and a form to add one."""
    return _drawings_page(DrawingRequest(""))


@blueprint.post("/drawings")
def add_drawing() -> Response:
    """Add an uploaded drawing; 422 with the form if the file or a field breaks a rule."""
    form, file = request.form, request.files.get("file")
    wanted = DrawingRequest(form.get("name", ""), **{name: form.get(name, "").strip() or None for name in FIELDS})
    data = file.read(svg.BYTES + 1) if file else b""
    request.close()  # delete the temporary file of a large upload now
    try:
        outcome = drawing_curation.add(data, wanted)
    except InvalidInput as error:
        return _drawings_page(wanted, error)
    return _redirect_to_outcome(outcome)


@blueprint.post("/drawings/<digest>/<any(remove, restore):act>")
def act_on_drawing(digest: str, act: str) -> Response:
    """Remove or restore an added drawing; 404 if there is none with this digest."""
    try:
        return _redirect_to_outcome(ACTS[act](digest))
    except InvalidInput as error:
        raise NotFound from error


def _redirect_to_outcome(outcome: drawing_curation.Outcome) -> Response:
    return go("office.drawings", drawing=outcome.drawing.digest, became=outcome.what)


def _drawings_page(wanted: DrawingRequest, invalid: InvalidInput | None = None) -> Response:
    if not offered.list_books():
        raise NotFound
    search = " ".join(request.args.get("q", "").split())
    shipped = _shipped(search) if search else []
    return room_page(
        "curator/drawings.html",
        invalid,
        asked=search,
        added=drawing_curation.every(search),
        shipped=shipped[:SHIPPED],
        found=len(shipped),
        wanted=asdict(wanted),
        kinds=drawing_request.kinds(),
        said=_outcome_message(),
        side=SIDE,
        most=svg.BYTES,
    )


def _shipped(search: str) -> list[Drawing]:
    """Return the shipped drawings that match a search, those with this name first."""
    added = added_drawings.book()
    drawings_by_digest = {digest: each for book in offered.list_books() for digest, each in book.drawings.items()}
    matches = [
        each
        for each in drawings_by_digest.values()
        if each.digest not in added and drawing_curation.is_found(each, search)
    ]
    return sorted(
        matches, key=lambda each: (each.name != search, not each.name.startswith(search), each.name, each.style)
    )


def _outcome_message() -> str:
    """Return the message on the outcome of the last action, which the URL names; ``""`` if there is none."""
    became, drawing = BECAME.get(request.args.get("became", "")), offered.find_drawing(request.args.get("drawing", ""))
    return _(became, name=drawing.name) if became and drawing else ""
