"""Photos on the form: upload them, show them only to their owner, and show a worker's description."""

from __future__ import annotations

from flask import Blueprint, Response, make_response, render_template, request, url_for
from werkzeug.exceptions import NotFound

from app.access.auth import api_tokens, rate_limits, visitors
from app.core.i18n.gettext import _
from app.requests.walk_requests import brought_photos, error_messages
from app.site.presentation import form_address
from app.site.presentation.make_form import MakeForm
from app.site.presentation.photo_view import PhotoView, view
from app.site.web import fragments, sent_files
from app.site.web.responses import send_stored
from app.storage import media_store
from app.storage.photo_models import Photo
from app.storage.walk_models import ID
from app.walks.uploads import photo_store

blueprint = Blueprint("photos", __name__)

OURS_ALONE = "private, no-store"

blueprint.add_app_template_global(view, "photo_view")


@blueprint.get("/photos/<photo_id>.webp")
def show(photo_id: str) -> Response:
    """Send a stored photo to its owner."""
    photo = own_photo(photo_id)
    return mark_private(send_stored(photo.path, "image/webp", size=photo.bytes, etag=photo.digest, name="photo.webp"))


@blueprint.get("/photos/<photo_id>/cut.webp")
def show_cut(photo_id: str) -> Response:
    """Send a photo's main subject, cut out along its outline, to the photo's owner."""
    path = own_photo(photo_id).cut_path
    if path is None:
        raise NotFound(_("Nothing is cut out of this picture."))
    return mark_private(Response(media_store.store().read_bytes(path), mimetype="image/webp"))


@blueprint.get("/photos/<photo_id>/live")
def live(photo_id: str) -> Response:
    """Return the part of the form with a photo and its description, which changes when a worker has processed it."""
    photo, stop = own_photo(photo_id), request.args.get("stop", "0")
    index = int(stop) if stop.isascii() and stop.isdigit() and len(stop) < 3 else 0
    wall = request.args.get("wall", "")
    if fragments.is_opened():
        form = url_for("phones.say", name=wall, picture=photo.id) if wall else form_address.of_photo(photo.id, index)
        return fragments.redirect_to_page(form)
    part = render_template("pages/_photo.html", shown=view(photo), index=index, for_wall=wall)
    return mark_private(make_response(part))


def store_files(form: MakeForm) -> None:
    """Store the pictures sent with the form, each for its stop; set the stop's error for one that is refused.

    :raises NoRoom: when the visitor's hourly limit or the disk is full.
    """
    for index, stop in enumerate(form.stops):
        file = request.files.get(f"photo-{index}")
        if file is None or not file.filename or (form.parent is not None and index == 0):
            continue
        try:
            photo = sent_files.store_photo(file, owner_hash=visitors.owner(), limit=rate_limits.PHOTO)
        except ValueError as error:
            stop.error = f"{error_messages.subject(('stops', index, 'picture'))} {error}"
            continue
        stop.picture, stop.photo = photo.id, view(photo)


def attach_photos(form: MakeForm) -> None:
    """Attach to each stop of the form the visitor's photo that it names; set an error where it no longer exists."""
    for index, stop in enumerate(form.stops):
        if not stop.picture or stop.photo is not None:
            continue
        photo = brought_photos.find(stop.picture, *visitors.owners())
        if photo is None:
            if ID.fullmatch(stop.picture):
                subject = error_messages.subject(("stops", index, "picture"))
                flaw = _("is not here: it was kept for a day, for the visitor who uploaded it. Upload it again.")
                stop.error = stop.error or f"{subject} {flaw}"
            stop.picture = ""  # a remix of another visitor's walk names that visitor's photo by its digest
            continue
        stop.picture, stop.photo = photo.id, view(photo)


def own_view(photo_id: str) -> PhotoView | None:
    """Return the form's view of a photo; ``None`` if the visitor has no such photo."""
    photo = photo_store.find(photo_id, *visitors.owners()) if ID.fullmatch(photo_id) else None
    return None if photo is None else view(photo)


def own_photo(photo_id: str) -> Photo:
    """Return a photo if the visitor's cookie or the request's bearer token owns it.

    :raises NotFound: when it does not exist or belongs to another owner; the two look the same.
    :raises TokenRefused: when the API token is invalid.
    """
    api_tokens.current()
    token = api_tokens.bearer()
    owners = *visitors.owners(), *(() if token is None else visitors.owners_of(token))
    photo = photo_store.find(photo_id, *owners) if ID.fullmatch(photo_id) else None
    if photo is None:
        raise NotFound(
            _("No photo of yours has this address. A photo is kept for a day, and shown to its owner alone.")
        )
    return photo


def mark_private(response: Response) -> Response:
    """Return the response with headers that forbid caching and indexing."""
    response.headers["Cache-Control"] = OURS_ALONE
    response.headers["Vary"] = "Cookie, Authorization"
    response.headers["X-Robots-Tag"] = "noindex"
    return response
