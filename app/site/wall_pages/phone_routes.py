"""Routes of a wall's form for phones: one line of words, an optional picture, and the state of the visitor's words.

htmx polls only the part of the page with the states. The form is outside of it, so typed text is never lost.
"""

import hashlib
from dataclasses import dataclass, field

from flask import Blueprint, Response, render_template, request, url_for
from flask_wtf.csrf import CSRFError

from app.access.auth import rate_limits, visitors
from app.collection.gallery import exhibitions
from app.core.errors import Conflict, InvalidInput, NoRoom
from app.core.i18n.gettext import _
from app.core.i18n.locales import here
from app.offer.generation.limits import Limits
from app.requests.walk_requests import brought_photos
from app.site.presentation import file_field
from app.site.presentation.photo_view import PhotoView, view
from app.site.web import error_responses, fragments, sent_files
from app.site.web.responses import NOT_INDEXED, conditional, page_response, redirect_to, refuse
from app.storage.house_models import Exhibition
from app.storage.walk_models import ID
from app.storage.wall_models import CLOSED, OPEN, Wall
from app.walks.uploads import kinds
from app.wall import walls, words
from app.wall.words import OwnWords

blueprint = Blueprint("phones", __name__)

SOON_MS, LATER_MS, SELDOM_MS = 2_000, 6_000, 20_000
"""Polling intervals of a phone: with own words in the queue, without, and for a closed wall."""
COMING = (words.LINED_UP, words.BEING_PAINTED, words.ON_THE_WALL)
KEPT = "private, no-cache"
"""Cache-Control of the form: revalidated on each visit, except with the back button, which restores typed text."""


@dataclass
class SayForm:
    """The submitted form and its errors by field; the key ``form`` holds an error of the whole form."""

    words: str = ""
    picture: str = ""
    photo: PhotoView | None = None
    cut_out: bool = False
    photos_may_be_shown: bool = False
    errors: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Standing:
    """The polled part of the page: the wall's state, the visitor's own words, and the queue; ``known`` is its ETag."""

    state: str
    own: list[OwnWords]
    queue: list[str]
    waiting: int
    evening: Exhibition | None
    again: int
    known: str


@blueprint.get("/w/<name>")
def short(name: str) -> Response:
    """Redirect from the short address, which people type, to the form."""
    return redirect_to(url_for("phones.say", name=walls.at(name).name), 302)


@blueprint.get("/wall/<name>/say")
def say(name: str) -> Response:
    """Show the form."""
    wall = walls.at(name)
    visitors.current()  # set the cookie now, so that two quick submissions have the same visitor
    form = SayForm(picture=request.args.get("picture", ""))
    _look_at_photo(form)
    return _page(wall, form)


@blueprint.get("/wall/<name>/say/live")
def live(name: str) -> Response:
    """Show the polled part of the page: the states of the visitor's own words, and the queue."""
    wall = walls.at(name)
    if fragments.is_opened():
        return fragments.redirect_to_page(url_for("phones.say", name=wall.name))
    now = _standing(wall)
    is_known = request.if_none_match.contains_weak(now.known)
    page = "" if is_known else render_template("wall/_standing.html", wall=wall, now=now)
    response = page_response(page, headers={"Vary": f"Cookie, {fragments.VARY}"})
    return conditional(response, now.known, cache=KEPT)


@blueprint.post("/wall/<name>/say")
def send(name: str) -> Response:
    """Queue the submitted words, or show the form with errors; the other buttons upload or remove a picture."""
    wall, form, owner = walls.at(name), _filled(), visitors.current()
    try:
        if wall.state == CLOSED:
            raise Conflict(_("This wall is closed."))
        if request.form.get("edit", "").startswith("drop-photo"):
            form.picture, form.cut_out = "", False
            return _page(wall, form)
        _bring_photo(form)
        _look_at_photo(form)
        if form.errors or request.form.get("edit"):
            return _page(wall, form, status=422 if form.errors else 200)
        words.say(
            wall,
            form.words,
            owner=owner,
            picture=form.picture or None,
            cut_out=form.cut_out,
            may_be_shown=form.photos_may_be_shown,
            admit=rate_limits.WORDS.admit,
        )
    except InvalidInput as error:
        form.errors |= {each.field: each.message for each in error.errors}
        return _page(wall, form, status=422)
    except (Conflict, NoRoom) as error:
        form.errors["form"] = str(error)
        _look_at_photo(form)
        return refuse(_page(wall, form), error)
    return redirect_to(url_for("phones.say", name=wall.name), cache="no-store")


@blueprint.errorhandler(CSRFError)
def stale_form(_error: CSRFError) -> Response:
    """Show the form with the typed text again when its CSRF token has expired."""
    message = _("This page had been open for too long, or your browser keeps no cookies. Press once more.")
    try:
        wall = walls.at(str((request.view_args or {}).get("name")))
    except walls.NoWall:
        return error_responses.answer(400, message)
    form = _filled()
    form.errors["form"] = message
    return _page(wall, form, status=400)


def _filled() -> SayForm:
    fields = request.form
    return SayForm(
        words=fields.get("words", ""),
        picture=fields.get("picture", ""),
        cut_out=bool(fields.get("cut_out")),
        photos_may_be_shown=bool(fields.get("photos_may_be_shown")),
    )


def _bring_photo(form: SayForm) -> None:
    """Store a picture that was uploaded with the form; add an error to the form if it cannot be used.

    :raises NoRoom: when there is no storage for it.
    """
    file = request.files.get("photo-0")
    if file is None or not file.filename:
        return
    try:
        photo = sent_files.store(kinds.OF_STOPS, file, owner_hash=visitors.owner(), limit=rate_limits.of_upload)
    except ValueError as error:
        form.errors["picture"] = f"{_('The picture')} {error}"
        return
    form.picture, form.photo = photo.id, view(photo)


def _look_at_photo(form: SayForm) -> None:
    """Load the picture that the form names if it belongs to the visitor; else add an error to the form."""
    if not form.picture or form.photo is not None:
        return
    is_id = ID.fullmatch(form.picture)
    photo = brought_photos.find(form.picture, *visitors.owners()) if is_id else None
    if photo is None:
        flaw = _("is not here: it was kept for a day, for the visitor who uploaded it. Upload it again.")
        form.errors["picture"] = f"{_('The picture')} {flaw}"
        form.picture = ""
        return
    form.picture, form.photo = photo.id, view(photo)


def _standing(wall: Wall) -> Standing:
    """Return the polled part of the page for the current visitor; its ETag changes with everything that is shown."""
    own = words.own_words(wall, visitors.known())
    queue = [row.text for row in words.waiting_words(wall, most=words.SHOWN_MAX)]
    waiting = words.count(wall)
    evening = exhibitions.find(wall.evening) if wall.evening else None
    if evening is not None and evening.shown_at is None:
        evening = None
    is_coming = any(each.state in COMING for each in own)
    again = SELDOM_MS if wall.state == CLOSED else SOON_MS if is_coming and wall.state == OPEN else LATER_MS
    own_states = [
        (each.words, each.state, each.place, each.about, each.shown_at, each.kept.url if each.kept else "")
        for each in own
    ]
    all_of_it = wall.state, wall.title, own_states, queue, waiting, evening.slug if evening else "", str(here())
    known = hashlib.sha256(repr(all_of_it).encode()).hexdigest()[:32]
    return Standing(wall.state, own, queue, waiting, evening, again, known)


def _page(wall: Wall, form: SayForm, *, status: int = 200) -> Response:
    page = render_template(
        "wall/say.html",
        wall=wall,
        form=form,
        now=_standing(wall),
        most=Limits.current(None).prompt_max,
        photo_field=file_field.of(kinds.OF_STOPS),
    )
    return page_response(page, status=status, cache=KEPT, headers=NOT_INDEXED)
