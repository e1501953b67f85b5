"""The page with captions for a walk or a photo. All of its state is in its address, so history navigation is safe."""

from flask import Blueprint, Response, make_response, render_template, request

from app.access.auth import rate_limits
from app.collection.labels import captions, descriptions, pictures, wall_label, writing
from app.collection.labels.captions import CaptionRequest, PictureCaptionRequest, Request, Subject
from app.core.errors import InvalidInput
from app.core.i18n.gettext import N_
from app.core.i18n.locales import here
from app.site.pages import uploads
from app.site.web.responses import NOT_INDEXED, conditional, page_response
from app.walks.saved import lookup

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
    wanted, errors = _read_request(CaptionRequest)
    html = _render(descriptions.of_walk(walk, wanted.language), wanted, errors, walk=walk)
    response = page_response(html, status=422 if errors else 200, headers=NOT_INDEXED)
    return response if errors else conditional(response)


@blueprint.get("/photos/<photo_id>/captions")
def of_photo(photo_id: str) -> Response:
    """Show captions of a photo to its owner: of the owner's description, or else of a worker's guess."""
    photo = uploads.own_photo(photo_id)
    wanted, errors = _read_request(PictureCaptionRequest)
    about = pictures.of_photo(photo, wanted.description)
    html = _render(about, wanted, errors, photo=photo, guess=pictures.of_photo(photo).shows)
    return uploads.mark_private(make_response(html, 422 if errors else 200))


def _read_request(kind: type[Request]) -> tuple[Request, list[str]]:
    """Return the captions that the address requests, without the invalid fields, and an error message for each."""
    language = here().language
    fields = {name: request.args[name] for name in FIELDS if name in request.args and name in kind.model_fields}
    if own := request.args.get("own_tone", "").strip():
        fields["tone"] = own
    try:
        return captions.parse_request({**fields, "language": language}, kind), []
    except InvalidInput as error:
        wrong = {str(each.path[0]) for each in error.errors}
        right = {name: value for name, value in fields.items() if name not in wrong}
        return captions.parse_request({**right, "language": language}, kind), [each.message for each in error.errors]


def _render(about: Subject, wanted: CaptionRequest, errors: list[str], **context: object) -> str:
    """Return the page as HTML, with the errors above the form and the form as it was filled in."""
    # The language model costs money or time, so it runs only for visitors who chose something on the form.
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
        **context,
    )
