"""The curator's pages: reports, walks to feature, hide or delete, banned words, exhibitions, and the audit log.

They answer 404 unless the settings contain a password hash. They are neither cached nor indexed, every form has a CSRF
token, and each action is written to the audit log.
"""

from collections.abc import Callable
from typing import Any

from flask import Blueprint, Response, request
from werkzeug.exceptions import NotFound

from app.access.auth import curator_session, rate_limits
from app.collection.gallery import exhibitions
from app.collection.gallery.exhibitions import ExhibitionRequest
from app.collection.moderation import audit_log, curation, reports, word_lists
from app.core.errors import InvalidInput, TooMany, WalkGone, WalkNotFound
from app.core.i18n.foreign_messages import translate_foreign
from app.core.i18n.gettext import _
from app.site.web.curator_room import go, guard, room_page
from app.site.web.responses import refuse, send_stored
from app.storage.walk_models import Walk
from app.walks.saved import lookup
from app.wall import stretches

blueprint = Blueprint("office", __name__, url_prefix="/curator")
guard(blueprint)

CASES = 20
LINES = 50
ACTS: dict[str, tuple[Callable[[Walk], object], str]] = {
    "hide": (curation.hide, "hid walk"),
    "unhide": (curation.unhide, "unhid walk"),
    "feature": (curation.feature, "featured walk"),
    "unfeature": (curation.unfeature, "unfeatured walk"),
    "delete": (curation.take_down, "deleted walk"),
    "leave": (reports.close_reports, "left walk as it is"),
    "list": (lambda walk: stretches.set_listed(walk, True), "listed walk"),
    "unlist": (lambda walk: stretches.set_listed(walk, False), "unlisted walk"),
}
SETTLING = ("hide", "delete")
WORD_FORMS = {"ban": (word_lists.BANNED, "written", "error"), "allow": (word_lists.ALLOWED, "allowing", "allow_error")}
"""The lists of words, and the names by which the page has what was typed into the form of each, and its error."""


@blueprint.get("/sign-in")
def sign_in() -> Response:
    """Show the sign-in form, or redirect a signed-in curator to the reports."""
    return go("office.room") if curator_session.current() else room_page("curator/sign_in.html")


@blueprint.post("/sign-in")
def enter() -> Response:
    """Sign in with the password: 403 for a wrong one, 429 after too many attempts."""
    try:
        rate_limits.SIGN_IN.admit()
    except TooMany as error:
        return refuse(room_page("curator/sign_in.html", error=str(error)), error)
    if not curator_session.matches(request.form.get("password", "")):
        audit_log.note("sign-in", failed=True)
        return room_page("curator/sign_in.html", status=403, error=_("That is not the password."))
    response = go("office.room")
    curator_session.begin(response)
    return response


@blueprint.post("/sign-out")
def leave() -> Response:
    """Sign the curator out."""
    response = go("office.sign_in")
    curator_session.end(response)
    return response


@blueprint.get("")
def room() -> Response:
    """Show the walks and collections with open reports."""
    return room_page("curator/room.html", **_reported())


@blueprint.get("/walks")
def look_up() -> Response:
    """Redirect to the curator's page of the walk with an ID or URL; 404 if there is none."""
    name = request.args.get("walk", "")
    try:
        walk = exhibitions.walk_named(name)
    except (WalkNotFound, WalkGone) as error:
        return room_page("curator/room.html", status=404, asked=name, error=str(error), **_reported())
    return go("office.walk", walk_id=walk.id)


def _reported() -> dict[str, Any]:
    collections = reports.reported_collections(CASES)
    walks = {"cases": reports.reported_walks(CASES), "count": reports.count()}
    return walks | {"collections": collections, "reasons": reports.REASONS}


@blueprint.get("/walks/<walk_id>")
def walk(walk_id: str) -> Response:
    """Show a walk, hidden or not, and the actions on it."""
    return _walk_page(lookup.walk_at_address(walk_id, even_hidden=True))


@blueprint.get("/walks/<walk_id>/picture")
def picture(walk_id: str) -> Response:
    """Send the poster of a walk, also of a hidden one; 404 if it has none."""
    walk = lookup.walk_at_address(walk_id, even_hidden=True)
    poster = walk.media.get("poster")
    if poster is None:
        raise NotFound(_("This walk has no picture."))
    return send_stored(poster.path, "image/png", size=poster.bytes, etag=poster.etag, name=f"{walk.id}.png")


@blueprint.post("/walks/<walk_id>/<any(hide, unhide, feature, unfeature, delete, leave, list, unlist):act>")
def act_on(walk_id: str, act: str) -> Response:
    """Apply an action to a walk, write the audit log, and redirect; 422 with the page if the action is refused."""
    subject = lookup.walk_at_address(walk_id, even_hidden=True)
    if act == "feature" and not subject.is_public:
        return _walk_page(subject, status=422, error=_("It is not in the gallery, so it cannot be featured."))
    if act == "delete" and not request.form.get("sure"):
        return _walk_page(subject, status=422, error=_("Tick that you are sure: this cannot be undone."))
    do, done = ACTS[act]
    try:
        do(subject)
    except InvalidInput as error:
        return _walk_page(subject, status=422, error=str(error))
    if act in SETTLING:
        reports.close_reports(subject)
    audit_log.note(done, subject.id)
    is_back = act == "delete" or request.form.get("back") == "room"
    return go("office.room") if is_back else go("office.walk", walk_id=subject.id)


@blueprint.get("/exhibitions")
def all_exhibitions() -> Response:
    """Show the exhibitions, and a form to create one."""
    return _exhibitions_page(ExhibitionRequest(""))


@blueprint.post("/exhibitions")
def make_exhibition() -> Response:
    """Create an exhibition; 422 with the form if a field breaks a rule."""
    wanted = _wanted(request.form.get("slug", "").strip())
    try:
        created = exhibitions.create(wanted)
    except InvalidInput as error:
        return _exhibitions_page(wanted, error)
    return go("office.exhibition", slug=created.slug)


@blueprint.get("/exhibitions/<slug>")
def exhibition(slug: str) -> Response:
    """Show the form to change an exhibition."""
    found = exhibitions.at(slug, even_unshown=True)
    return _exhibition_page(found, exhibitions.request_for(found))


@blueprint.post("/exhibitions/<slug>")
def change_exhibition(slug: str) -> Response:
    """Change an exhibition; 422 with the form if a field breaks a rule."""
    found, wanted = exhibitions.at(slug, even_unshown=True), _wanted(slug)
    try:
        exhibitions.change(found, wanted)
    except InvalidInput as error:
        return _exhibition_page(found, wanted, error)
    return go("office.exhibition", slug=slug)


@blueprint.post("/exhibitions/<slug>/remove")
def remove_exhibition(slug: str) -> Response:
    """Delete an exhibition; its walks stay."""
    exhibitions.remove(exhibitions.at(slug, even_unshown=True))
    return go("office.all_exhibitions")


@blueprint.get("/words")
def words() -> Response:
    """Show the banned words, and the words that are allowed although the built-in lists call them unfit."""
    return _words_page()


@blueprint.post("/words", endpoint="ban", defaults={"kind": "ban"})
@blueprint.post("/words/allow", endpoint="allow", defaults={"kind": "allow"})
def add_word(kind: str) -> Response:
    """Ban or allow a word; 422 with the form if it is not a word or there are too many."""
    text, (words, typed, flaw) = request.form.get("word", ""), WORD_FORMS[kind]
    try:
        words.add(text)
    except InvalidInput as error:
        return _words_page(status=422, **{typed: text, flaw: str(error)})
    return go("office.words")


@blueprint.post("/words/lift", endpoint="lift", defaults={"kind": "ban"})
@blueprint.post("/words/take-back", endpoint="take_back", defaults={"kind": "allow"})
def remove_word(kind: str) -> Response:
    """Remove a word from the banned or the allowed words."""
    WORD_FORMS[kind][0].remove(request.form.get("word", ""))
    return go("office.words")


def _words_page(*, status: int = 200, **context: str) -> Response:
    lists: dict[str, Any] = {"words": word_lists.BANNED.words(), "allowed": word_lists.ALLOWED.words()}
    values: dict[str, Any] = lists | context
    return room_page("curator/words.html", status=status, **values)


@blueprint.get("/log")
def log() -> Response:
    """Show the audit log, the latest entry first."""
    before = request.args.get("before", "")
    is_number = before.isascii() and before.isdecimal() and len(before) < 16
    return room_page(
        "curator/log.html",
        deeds=audit_log.latest(LINES, before=int(before) if is_number else None),
        lines=LINES,
        actor=_actor,
    )


def _actor(who: str) -> str:
    kind, _space, name = who.partition(" ")
    return _("The token %(name)s", name=name) if kind == "token" else translate_foreign(f"The {who}")


def _wanted(slug: str) -> ExhibitionRequest:
    form = request.form
    lines = [line for line in form.get("walks", "").splitlines() if line.strip()]
    return ExhibitionRequest(form.get("title", ""), form.get("text", ""), slug, bool(form.get("shown")), lines)


def _exhibitions_page(wanted: ExhibitionRequest, error: InvalidInput | None = None) -> Response:
    return room_page("curator/exhibitions.html", error, exhibitions=exhibitions.every(), wanted=wanted)


def _exhibition_page(found: Any, wanted: ExhibitionRequest, error: InvalidInput | None = None) -> Response:
    walks = exhibitions.walks_of(found, even_unseen=True)
    return room_page("curator/exhibition.html", error, exhibition=found, wanted=wanted, walks=walks)


def _walk_page(found: Walk, *, status: int = 200, error: str | None = None) -> Response:
    return room_page(
        "curator/walk.html",
        status=status,
        error=error,
        walk=found,
        reports=reports.open_ones(found),
        reasons=reports.REASONS,
        exhibitions=exhibitions.of_walk(found),
    )
