"""The sound of a walk on the form: upload it, and show what is heard in it once a worker has read it."""

from __future__ import annotations

from flask import Blueprint, Response, make_response, render_template, request, url_for
from werkzeug.exceptions import NotFound

from app.access.auth import rate_limits, visitors
from app.core.i18n.gettext import _
from app.requests.walk_requests import walk_sounds
from app.site.pages.photos import mark_private
from app.site.presentation import sound_line
from app.site.presentation.make_form import MakeForm
from app.site.presentation.sound_line import SoundLine, SoundView
from app.site.web import fragments, sent_files
from app.storage.walk_models import ID
from app.walks.uploads import sound_store

blueprint = Blueprint("music", __name__)

FILE = "sound-file"
"""The form's field for a file."""


@blueprint.get("/sounds/<sound_id>/live")
def live(sound_id: str) -> Response:
    """Return the part of the form with a sound, which changes when a worker has read it."""
    if fragments.is_opened():
        return fragments.redirect_to_page(url_for("pages.make", sound=sound_id))
    sound = sound_store.find(sound_id, *visitors.owners()) if ID.fullmatch(sound_id) else None
    if sound is None:
        raise NotFound(_("No sound of yours has this address. A sound is kept for a day, for its owner alone."))
    line = SoundLine.from_fields(request.args)
    line.id, line.view = sound.id, sound_line.view(sound)
    return mark_private(make_response(render_template("pages/_sound.html", sound=line, times=[])))


def store_file(form: MakeForm) -> None:
    """Store the sound sent with the form; set the form's error for one that is refused.

    :raises NoRoom: when the visitor's hourly limit or the disk is full.
    """
    file = request.files.get(FILE)
    if file is None or not file.filename:
        return
    try:
        sound = sent_files.store_sound(file, owner_hash=visitors.owner(), limit=rate_limits.SOUND)
    except ValueError as error:
        form.errors["sound"] = _("The sound %(flaw)s", flaw=error)
        return
    form.set_sound(sound)


def attach_sound(form: MakeForm, *, is_filled: bool = False) -> None:
    """Attach to the form the sound that it names: an upload of the visitor's, or the part of one that a walk kept.

    One that is not here any more is an error. That of a walk or a recipe with which the form is filled in, which
    anyone may make again, is only said.
    """
    line = form.sound
    if not line.id or line.view is not None:
        return
    sound = sound_store.find(line.id, *visitors.owners())
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
