"""Uploads on the form: store them, show them only to their owner, and show what a worker made of them."""

from __future__ import annotations

from collections.abc import Sequence

from flask import Blueprint, Response, make_response, render_template, request, url_for
from werkzeug.exceptions import NotFound

from app.access.auth import api_tokens, rate_limits, visitors
from app.core.i18n.gettext import _
from app.requests.walk_requests import brought_photos, error_messages, walk_sounds
from app.site.presentation import form_address, sound_line
from app.site.presentation.make_form import MakeForm
from app.site.presentation.photo_view import PhotoView, view
from app.site.presentation.sound_line import SoundLine, SoundView
from app.site.web import fragments, sent_files
from app.site.web.responses import send_stored
from app.storage import media_store
from app.storage.upload_models import Upload
from app.storage.walk_models import ID
from app.walks.uploads import kinds, upload_store
from app.walks.uploads.kinds import UploadKind

photos = Blueprint("photos", __name__)
music = Blueprint("music", __name__)

OURS_ALONE = "private, no-store"
SOUND_FILE = "sound-file"
"""The form's field for the file of a sound; that of a stop's photo is ``photo-`` and the stop's index."""

photos.add_app_template_global(view, "photo_view")


@photos.get("/photos/<photo_id>.webp")
def show(photo_id: str) -> Response:
    """Send a stored photo to its owner."""
    photo = own_photo(photo_id)
    return mark_private(
        send_stored(str(photo.path), "image/webp", size=photo.bytes, etag=photo.digest, name="photo.webp")
    )


@photos.get("/photos/<photo_id>/cut.webp")
def show_cut(photo_id: str) -> Response:
    """Send a photo's main subject, cut out along its outline, to the photo's owner."""
    path = own_photo(photo_id).preview_path
    if path is None:
        raise NotFound(_("Nothing is cut out of this picture."))
    return mark_private(Response(media_store.store().read_bytes(path), mimetype="image/webp"))


@photos.get("/photos/<photo_id>/live")
def live(photo_id: str) -> Response:
    """Return the part of the form with a photo and its description, which changes when a worker has processed it."""
    photo, stop = _own_of_stop(photo_id), request.args.get("stop", "0")
    index = int(stop) if stop.isascii() and stop.isdigit() and len(stop) < 3 else 0
    wall = request.args.get("wall", "")
    if fragments.is_opened():
        form = url_for("phones.say", name=wall, picture=photo.id) if wall else form_address.of_photo(photo.id, index)
        return fragments.redirect_to_page(form)
    part = render_template("pages/_photo.html", shown=view(photo), index=index, for_wall=wall)
    return mark_private(make_response(part))


@music.get("/sounds/<sound_id>/live", endpoint="live")
def live_sound(sound_id: str) -> Response:
    """Return the part of the form with a sound, which changes when a worker has read it."""
    if fragments.is_opened():
        return fragments.redirect_to_page(url_for("pages.make", sound=sound_id))
    line = SoundLine.from_fields(request.args)
    sound = _own(kinds.OF_WALKS, sound_id, *visitors.owners())
    line.id, line.view = sound.id, sound_line.view(sound)
    return mark_private(make_response(render_template("pages/_sound.html", sound=line, times=[])))


def store_files(form: MakeForm) -> None:
    """Store the files sent with the form: a picture for a stop, and the sound; set the error of one that is refused.

    :raises NoRoom: when the visitor's hourly limit or the disk is full.
    """
    for index, stop in enumerate(form.stops):
        if form.parent is not None and index == 0:
            continue
        try:
            photo = _store(kinds.OF_STOPS, f"photo-{index}")
        except ValueError as error:
            stop.error = f"{error_messages.subject(('stops', index, 'picture'))} {error}"
            continue
        if photo is not None:
            stop.picture, stop.photo = photo.id, view(photo)
    try:
        sound = _store(kinds.OF_WALKS, SOUND_FILE)
    except ValueError as error:
        form.errors["sound"] = _("The sound %(flaw)s", flaw=error)
        return
    if sound is not None:
        form.set_sound(sound)


def _store(among: Sequence[UploadKind], field: str) -> Upload | None:
    """Store the file in a field of the form; return ``None`` without one."""
    file = request.files.get(field)
    if file is None or not file.filename:
        return None
    return sent_files.store(among, file, owner_hash=visitors.owner(), limit=rate_limits.of_upload)


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


def attach_sound(form: MakeForm, *, is_filled: bool = False) -> None:
    """Attach to the form the sound that it names: an upload of the visitor's, or the part of one that a walk kept.

    One that is not here any more is an error. That of a walk or a recipe with which the form is filled in, which
    anyone may make again, is only said.
    """
    line = form.sound
    if not line.id or line.view is not None:
        return
    sound = upload_store.find(kinds.OF_WALKS, line.id, *visitors.owners())
    if sound is not None:
        line.id, line.view = sound.id, sound_line.view(sound)
        return
    kept = walk_sounds.kept_parts(line.id, visitors.owners(), form.remix)
    if kept:
        found = next((each for each in kept if each.has(*line.part)), kept[0])
        line.view = SoundView(line.id, heard=found.heard, kept=found.kept)
        return
    if ID.fullmatch(line.id) or not is_filled:
        message = _("The sound is not here: it was kept for a day, for the visitor who uploaded it. Upload it again.")
        form.errors.setdefault("sound", message)
    line.id, line.way = "", line.way or next(iter(sound_line.WAYS))


def own_view(photo_id: str) -> PhotoView | None:
    """Return the form's view of a photo; ``None`` if the visitor has no such photo."""
    photo = upload_store.find(kinds.OF_STOPS, photo_id, *visitors.owners()) if ID.fullmatch(photo_id) else None
    return None if photo is None else view(photo)


def own_photo(photo_id: str) -> Upload:
    """Return a photo if the visitor's cookie or the request's bearer token owns it.

    :raises NotFound: when it does not exist, is no picture yet, or belongs to another owner; these look the same.
    :raises TokenRefused: when the API token is invalid.
    """
    photo = _own_of_stop(photo_id)
    if not photo.is_picture:
        raise NotFound(_(kinds.OF_STOPS[0].missing))
    return photo


def _own_of_stop(photo_id: str) -> Upload:
    api_tokens.current()
    token = api_tokens.bearer()
    return _own(kinds.OF_STOPS, photo_id, *visitors.owners(), *(() if token is None else visitors.owners_of(token)))


def _own(among: Sequence[UploadKind], upload_id: str, *owners: str) -> Upload:
    found = upload_store.find(among, upload_id, *owners) if ID.fullmatch(upload_id) else None
    if found is None:
        raise NotFound(_(among[0].missing))
    return found


def mark_private(response: Response) -> Response:
    """Return the response with headers that forbid caching and indexing."""
    response.headers["Cache-Control"] = OURS_ALONE
    response.headers["Vary"] = "Cookie, Authorization"
    response.headers["X-Robots-Tag"] = "noindex"
    return response
