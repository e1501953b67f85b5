"""Restore the recipe of a film dropped on the form. The film itself is neither stored nor decoded."""

from __future__ import annotations

import io
from typing import Any

from flask import Blueprint, Response, current_app, request
from werkzeug.datastructures import MultiDict

from app.access.auth import visitors
from app.core.errors import InvalidInput
from app.core.i18n.gettext import N_, _
from app.offer.drawings import sketchbooks
from app.offer.generation.limits import Limits
from app.requests.walk_requests import brought_photos, layouts, recipe, recipe_files
from app.requests.walk_requests.recipe import as_commission
from app.requests.walk_requests.recipe_pins import PinnedSettings
from app.requests.walk_requests.schema import Commission
from app.site.pages import uploads
from app.site.pages.make import make_page
from app.site.presentation import choices, form_fields
from app.site.presentation import make_form as forms
from app.walks.saved import reuse

blueprint = Blueprint("restoring", __name__)

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
        with recipe_files.mapped(film.stream if film else io.BytesIO()) as content:
            if not content:
                return _refused(
                    typed, _("No film came along. Choose a GIF, WebP, MP4, WebM or PNG made here, or a recipe.")
                )
            wanted, pinned = recipe.read_upload(content)
    except InvalidInput as error:
        return _refused(typed, " ".join(dict.fromkeys(each.message for each in error.errors)))
    form = forms.from_fields(_pairs(_fields(wanted, pinned)), Limits.current(wanted.model))
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


def _lacks_a_drawing(wanted: Commission) -> bool:
    """Return whether the recipe uses a drawing that is no longer in the model's library."""
    book = sketchbooks.find(wanted.offer)
    drawn = (thing["drawing"] for stop in wanted.stops if stop.scene for thing in stop.scene["things"])
    return book is not None and any(digest not in book.drawings for digest in drawn)


def _fields(wanted: Commission, pinned: PinnedSettings) -> dict[str, Any]:
    """Return the form fields that request the recipe again, without those that have default values."""
    body = as_commission(wanted, pinned)
    for stop, recorded in zip(body["stops"], wanted.stops, strict=True):
        seed = (wanted.seed or 0) if recorded.seed is None else recorded.seed
        stop["drawing"] = choices.of_stop(
            recorded.prompt, recorded.scene, leave_out=recorded.negative_prompt, seed=seed, model=wanted.model
        )
        stop["layout"] = layouts.requested_layout(recorded.scene, walk_seed=wanted.seed or 0)
    fields = {
        **form_fields.of_stops(body["stops"]),
        **form_fields.of_settings(wanted, **{name: body[name] for name in ("preset", "steps", "guidance")}),
        "seed": wanted.seed,
    }
    if wanted.sound is None:
        return fields
    times, fps = [stop.at for stop in wanted.stops], wanted.fps or float(current_app.config["FPS"])
    return fields | form_fields.of_sound(wanted.sound, times, pictures=body["frames"], fps=fps)


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
