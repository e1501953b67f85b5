"""Restore the recipe of a film dropped on the form. The film itself is neither stored nor decoded."""

import io
from typing import Any

from flask import Blueprint, Response, current_app, request
from werkzeug.datastructures import MultiDict

from app.access.auth import visitors
from app.core.errors import InvalidInput
from app.core.i18n.formatting import join_choices
from app.core.i18n.gettext import N_, _
from app.offer.drawings import sketchbooks
from app.offer.generation.limits import Limits
from app.requests.walk_requests import brought_photos, recipe
from app.requests.walk_requests.walk_request import WalkRequest
from app.site.pages import uploads
from app.site.pages.make import make_page
from app.site.presentation import form_fields
from app.site.presentation import make_form as forms
from app.walks.saved import film_formats, film_recipes, reuse

blueprint = Blueprint("restoring", __name__)

NOTHING = N_("No film came along. Choose a %(kinds)s made here, or a recipe.")
BACK = N_("The settings of your film are loaded. Paint this walk, or change what you like.")
NEWER = N_("The model has learned on since: the pictures will not be quite the same.")
NOT_OFFERED = N_("A drawing that it was painted after is not offered any more: another takes its place here.")
NO_PHOTO = N_("Upload its picture again: a recipe names it, but does not contain it.")
UPLOADS = ("restoring.restore", "api.read_recipe")
OF_UNKNOWN_LENGTH = 20_000_000


@blueprint.teardown_request
def _close_uploads(_error: BaseException | None) -> None:
    request.close()  # deletes the uploaded files now, without waiting for the garbage collector


@blueprint.post("/recipe")
def restore() -> Response:
    """Show the form filled in from a film's recipe; if the film has none, the form as it was, with the reason."""
    film = request.files.get("film")
    typed = forms.from_fields(request.form, Limits.current())
    try:
        with film_recipes.mapped(film.stream if film else io.BytesIO()) as content:
            if not content:
                return _refused(typed, _(NOTHING, kinds=join_choices(film_formats.NAMES)))
            wanted, pinned = recipe.read_upload(content)
    except InvalidInput as error:
        return _refused(typed, " ".join(dict.fromkeys(each.message for each in error.errors)))
    settings = {"steps": pinned.sampler_steps, "guidance": pinned.guidance}
    fields = form_fields.of_request(wanted.model_copy(update=settings))
    form = forms.from_fields(_pairs(fields), Limits.current(wanted.model))
    form.token, form.unlisted, form.restored = typed.token, typed.unlisted, _(BACK)
    if reuse.current_revision(pinned.model_name) not in (None, pinned.model_revision):
        form.restored += f" {_(NEWER)}"
    for stop in form.stops:  # a recipe names photos by digest; only the visitor's own can be used
        if stop.picture and not brought_photos.find(stop.picture, *visitors.owners()):
            stop.picture, stop.cut_out = "", False
            stop.error = _(NO_PHOTO)
    uploads.attach_photos(form)
    uploads.attach_sound(form, is_filled=True)
    if _lacks_a_drawing(wanted):
        form.restored += f" {_(NOT_OFFERED)}"
    return make_page(form)


def _lacks_a_drawing(wanted: WalkRequest) -> bool:
    """Return whether the recipe uses a drawing that is no longer in the model's library."""
    book = sketchbooks.find(wanted.offer)
    drawn = (thing["drawing"] for stop in wanted.stops if stop.scene for thing in stop.scene["things"])
    return book is not None and any(digest not in book.drawings for digest in drawn)


def _pairs(fields: dict[str, Any]) -> MultiDict[str, str]:
    pairs: MultiDict[str, str] = MultiDict()
    for name, value in fields.items():
        for each in value if isinstance(value, list) else [] if value is None else [value]:
            pairs.add(name, str(each))
    return pairs


def _refused(typed: forms.MakeForm, reason: str) -> Response:
    typed.errors["film"] = reason
    return make_page(typed, status=422)


@blueprint.app_url_value_preprocessor
def _raise_body_limit(endpoint: str | None, _values: dict[str, Any] | None) -> None:
    # This must run before anything reads the body. One without a Content-Length is read into memory.
    if endpoint in UPLOADS:
        most = current_app.config["UPLOAD_MAX"]
        request.max_content_length = most if request.content_length is not None else min(most, OF_UNKNOWN_LENGTH)
