"""My walks: all that a visitor asked for, of every state, known by their cookie and shown to nobody else."""

from __future__ import annotations

from dataclasses import dataclass

from flask import Blueprint, Flask, Response, current_app, make_response, render_template, request
from itsdangerous import BadSignature, URLSafeSerializer
from sqlalchemy import func, select
from sqlalchemy.orm import selectinload

from app.auth import visitors
from app.errors import InvalidInput
from app.gallery import cursors
from app.i18n.formatting import day
from app.i18n.gettext import N_, _
from app.presentation.wording import ordinal_place
from app.queue import fair_queue
from app.storage.database import db
from app.storage.walk_models import CANCELLED, FAILED, FINISHED, PAINTING, QUEUED, Walk

blueprint = Blueprint("mine", __name__)


@dataclass(frozen=True, slots=True)
class MyWalksPage:
    """Some of a visitor's walks, newest first, the cursors beside them, how many are newer, and how many there are."""

    walks: list[Walk]
    newer: str | None = None
    older: str | None = None
    behind: int = 0
    total: int = 0


def init_app(app: Flask) -> None:
    """Serve ``/mine``."""
    app.register_blueprint(blueprint)


@blueprint.get("/mine")
def index() -> Response:
    """Show the visitor's own walks."""
    secret, error = visitors.known(), None
    try:
        page = (
            MyWalksPage([]) if secret is None else walks_of(visitors.digest(secret), cursor=request.args.get("cursor"))
        )
    except InvalidInput as refused:
        page, error = MyWalksPage([]), str(refused)
    states = {walk.id: state_words(walk, fair_queue.place(walk)) for walk in page.walks}
    response = make_response(
        render_template("pages/my_walks.html", page=page, states=states, error=error), 422 if error else 200
    )
    response.headers["Cache-Control"] = "private, no-store"
    response.headers["Vary"] = "Cookie"
    response.headers["X-Robots-Tag"] = "noindex"
    return response


def walks_of(owner: str, *, cursor: str | None = None) -> MyWalksPage:
    """Return one page of the walks whose owner's hash is ``owner``; deleted ones are gone.

    :raises InvalidInput: for a forged cursor.
    """
    limit = int(current_app.config["PAGE_SIZE"])
    own = (Walk.owner_hash == owner, Walk.deleted_at.is_(None))
    upwards, number = _read(cursor, owner) if cursor else (False, None)
    query = select(Walk).where(*own).options(selectinload(Walk.stops), selectinload(Walk.media)).limit(limit + 1)
    if number is not None:
        query = query.where(Walk.number > number if upwards else Walk.number < number)
    found = list(db.session.scalars(query.order_by(Walk.number.asc() if upwards else Walk.number.desc())))
    more, walks = len(found) > limit, found[:limit]
    if upwards:
        walks.reverse()
    total = db.session.scalar(select(func.count()).select_from(Walk).where(*own)) or 0
    if not walks:
        return MyWalksPage([], total=total)
    newer = select(func.count()).select_from(Walk).where(*own, Walk.number > walks[0].number)
    behind = db.session.scalar(newer) or 0
    return MyWalksPage(
        walks,
        newer=_write(True, walks[0].number, owner) if behind else None,
        older=_write(False, walks[-1].number, owner) if more or upwards else None,
        behind=behind,
        total=total,
    )


def state_words(walk: Walk, place: fair_queue.QueuePlace) -> str:
    """Say what has become of a walk: ``Third in line``, ``Painted on 20 November 2026, unlisted``."""
    if walk.state == QUEUED:
        return ordinal_place(place.position or 1)
    if walk.state == PAINTING:
        return _("Being painted, %(count)s of %(frames)s", count=walk.painted_count, frames=walk.frames)
    if walk.state == FINISHED:
        painted = _("Painted on %(day)s", day=day(walk.finished_at)) if walk.finished_at else _("Painted")
        return _("%(state)s, unlisted", state=painted) if walk.unlisted else painted
    return _({FAILED: N_("Failed, can be painted on"), CANCELLED: N_("Cancelled")}.get(walk.state, N_("Refused")))


def _serializer() -> URLSafeSerializer:
    keys = [*current_app.config["SECRET_KEY_FALLBACKS"], current_app.config["SECRET_KEY"]]
    return URLSafeSerializer(keys, salt="mine")


def _write(upwards: bool, number: int, owner: str) -> str:
    text = _serializer().dumps([upwards, number, owner[:16]])
    return text if isinstance(text, str) else text.decode()


def _read(text: str, owner: str) -> tuple[bool, int]:
    try:
        upwards, number, whose = _serializer().loads(text)
        if whose != owner[:16]:
            raise ValueError("another visitor's")
        return bool(upwards), int(number)
    except (BadSignature, ValueError, TypeError) as error:
        raise cursors.foreign() from error
