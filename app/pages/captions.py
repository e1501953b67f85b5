"""The page with captions for a walk or a photo. Its address says all, so that back and forward are safe."""

from __future__ import annotations

from flask import Blueprint, Response, render_template, request

from app.auth import rate_limits
from app.errors import InvalidInput
from app.i18n.gettext import N_
from app.i18n.locales import here
from app.labels import captions, descriptions, pictures, wall_label, writing
from app.labels.captions import CaptionRequest, PictureCaptionRequest, Request, Subject
from app.pages import photos
from app.walks import lookup
from app.web.responses import conditional

blueprint = Blueprint("captions", __name__)

FIELDS = "tone", "audience", "description"
TONES = {
    "quirky": N_("quirky"),
    "funny": N_("funny"),
    "serious": N_("serious"),
    "happy": N_("happy"),
    "poetic": N_("poetic"),
}
AUDIENCES = {"personal": N_("personal"), "promotional": N_("promotional"), "academic": N_("academic")}


@blueprint.get("/walks/<walk_id>/captions")
def page(walk_id: str) -> Response:
    """Show captions of a walk in the tone and for the audience that the address names."""
    walk = lookup.walk_at_address(walk_id)
    wanted, errors = _wanted(CaptionRequest)
    shown = _shown(descriptions.of_walk(walk, wanted.language), wanted, errors, walk=walk)
    response = Response(shown, status=422) if errors else conditional(Response(shown))
    response.headers["X-Robots-Tag"] = "noindex"
    return response


@blueprint.get("/photos/<photo_id>/captions")
def of_photo(photo_id: str) -> Response:
    """Show captions of a photo to whoever brought it, of what they say that it shows, else of the guess."""
    photo = photos.own_photo(photo_id)
    wanted, errors = _wanted(PictureCaptionRequest)
    about = pictures.of_photo(photo, wanted.description)
    shown = _shown(about, wanted, errors, photo=photo, guess=pictures.of_photo(photo).shows)
    return photos.for_its_owner(Response(shown, status=422 if errors else 200))


def _wanted(kind: type[Request]) -> tuple[Request, list[str]]:
    """Read which captions the address asks for; with errors, those that are asked for by what is right."""
    language = here().language
    told = {name: request.args[name] for name in FIELDS if name in request.args and name in kind.model_fields}
    if own := request.args.get("own_tone", "").strip():
        told["tone"] = own
    try:
        return captions.parse_request({**told, "language": language}, kind), []
    except InvalidInput as error:
        wrong = {str(each.path[0]) for each in error.errors}
        right = {name: value for name, value in told.items() if name not in wrong}
        return captions.parse_request({**right, "language": language}, kind), [each.message for each in error.errors]


def _shown(about: Subject, wanted: CaptionRequest, errors: list[str], **told: object) -> str:
    """Render the page; what is wrong is said above the form, and what was typed stays in it."""
    # The model costs something, so it is asked by those who choose, and not by whoever passes by.
    has_chosen = bool(request.args.keys() & {*FIELDS, "own_tone"})
    written = (
        None if errors else writing.compose(about, wanted, admit=lambda: has_chosen and rate_limits.admits_captions())
    )
    return render_template(
        "pages/captions.html",
        wanted=wanted,
        typed=request.args,
        tone_max=captions.TONE_MAX,
        description_max=captions.DESCRIPTION_MAX,
        errors=errors,
        tones=TONES,
        audiences=AUDIENCES,
        label=wall_label.compose(about, wanted.language),
        written=written,
        **told,
    )
