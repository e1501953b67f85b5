"""Exhibitions: named, ordered selections of walks with a text. Visitors see only their public walks."""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import Select, bindparam, delete, func, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from app.collection.moderation import audit_log
from app.core.errors import FieldError, InvalidInput, MomaError, WalkGone, WalkNotFound
from app.core.i18n.gettext import N_, _
from app.storage.database import db, now, writing
from app.storage.house_models import TEXT_MAX, TITLE_MAX, Exhibition, ExhibitionItem
from app.storage.walk_models import FINISHED, SLUG_MAX, Walk, slug_of
from app.walks.saved import lookup

EXHIBITS_MAX = 200
SLUG = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
WALK_IN_ADDRESS = re.compile(r"(?:.*/walks/)?([^/?#\s]+).*")


class NoExhibition(MomaError):
    """No exhibition that the client may see has this slug."""

    status = 404
    title = N_("No such exhibition")


@dataclass(frozen=True, slots=True)
class ShownExhibition:
    """An exhibition as visitors see it, with the number of its public walks and the first of them."""

    exhibition: Exhibition
    count: int
    first: Walk | None


@dataclass(slots=True)
class ExhibitionRequest:
    """The wanted title, text, slug, visibility and walks (IDs or URLs, in their order) of an exhibition."""

    title: str
    text: str = ""
    slug: str = ""
    is_shown: bool = True
    walks: Sequence[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Normalise white space and line ends."""
        self.title = " ".join(self.title.split())
        self.text = self.text.replace("\r\n", "\n").strip()


def list_shown() -> list[ShownExhibition]:
    """Return the visible exhibitions that have a public walk, the newest first."""
    query = select(Exhibition).where(Exhibition.shown_at.is_not(None))
    halls = [_hall(each) for each in db.session.scalars(query.order_by(Exhibition.shown_at.desc()))]
    return [hall for hall in halls if hall.first]  # a counted walk may have been deleted since


def every() -> list[Exhibition]:
    """Return all exhibitions, hidden ones too, the newest first."""
    return list(db.session.scalars(select(Exhibition).order_by(Exhibition.number.desc())))


def at(slug: str, *, even_unshown: bool = False) -> Exhibition:
    """Return the exhibition with a slug.

    :raises NoExhibition: when there is none, or it is hidden and ``even_unshown`` is false.
    """
    exhibition = find(slug)
    if exhibition is None or (exhibition.shown_at is None and not even_unshown):
        raise NoExhibition(_("No exhibition has this address. It may be over."))
    return exhibition


def walks_of(exhibition: Exhibition, *, even_unseen: bool = False) -> list[Walk]:
    """Return the public walks of an exhibition in their order; with ``even_unseen`` all that are not deleted."""
    query = select(Walk).where(Walk.deleted_at.is_(None)) if even_unseen else lookup.select_exhibited()
    return lookup.without_deleted(
        db.session.scalars(_of(query, exhibition).order_by(ExhibitionItem.position).options(*lookup.WHOLE))
    )


def first_walks(limit: int) -> list[Walk]:
    """Return up to ``limit`` public walks of the visible exhibitions, those of the newest first, for their cards."""
    return lookup.without_deleted(db.session.scalars(FIRST.options(*lookup.CARD), {"limit": limit}))


def first_numbers(limit: int) -> list[int]:
    """Return the numbers of the walks of :func:`first_walks`."""
    return list(db.session.connection().execute(FIRST_NUMBERS, {"limit": limit}).scalars())


FIRST = (
    select(Walk)
    .join(ExhibitionItem, ExhibitionItem.walk_number == Walk.number)
    .join(Exhibition, Exhibition.number == ExhibitionItem.exhibition_number)
    .where(
        Exhibition.shown_at.is_not(None),
        func.coalesce(Walk.state, "") == FINISHED,  # else SQLite would scan all public walks
        Walk.unlisted.is_(False),
        Walk.deleted_at.is_(None),
        Walk.hidden_at.is_(None),
    )
    .order_by(Exhibition.shown_at.desc(), Exhibition.number.desc(), ExhibitionItem.position)
    .limit(bindparam("limit"))
)
FIRST_NUMBERS = FIRST.with_only_columns(Walk.number)


def of_walk(walk: Walk) -> list[Exhibition]:
    """Return the exhibitions that contain a walk, the oldest first."""
    query = select(Exhibition).join(ExhibitionItem).where(ExhibitionItem.walk_number == walk.number)
    return list(db.session.scalars(query.order_by(Exhibition.number)))


def create(request: ExhibitionRequest, *, who: str = audit_log.CURATOR) -> Exhibition:
    """Create an exhibition, write the audit log, and return the exhibition.

    :raises InvalidInput: for a field that breaks a rule, an unknown walk, or a slug that is taken.
    """
    walks = _checked(request)
    slug = request.slug or slug_of(request.title)
    exhibition = Exhibition(
        slug=slug, title=request.title, text=request.text, shown_at=now() if request.is_shown else None
    )
    try:
        with writing() as session:
            session.add(exhibition)
            session.flush()
            _set_walks(session, exhibition, walks)
            audit_log.note_in(session, "made exhibition", slug, who=who)
    except IntegrityError as error:
        message = _("An exhibition has the address %(slug)s already.", slug=slug)
        raise InvalidInput.on("slug", message=message) from error
    return exhibition


def change(exhibition: Exhibition, request: ExhibitionRequest, *, who: str = audit_log.CURATOR) -> None:
    """Replace the title, text, visibility and walks of an exhibition; its slug stays.

    :raises InvalidInput: for a field that breaks a rule, or an unknown walk.
    """
    walks = _checked(request)
    with writing() as session:
        row = session.merge(exhibition)
        row.title, row.text, row.changed_at = request.title, request.text, now()
        row.shown_at = (row.shown_at or now()) if request.is_shown else None
        _set_walks(session, row, walks)
        audit_log.note_in(session, "changed exhibition", row.slug, who=who)


def find(slug: str) -> Exhibition | None:
    """Return the exhibition with a slug, visible or not, or ``None``."""
    exhibition: Exhibition | None = db.session.scalar(select(Exhibition).where(Exhibition.slug == slug))
    return exhibition


def size(exhibition: Exhibition) -> int:
    """Return the number of an exhibition's walks, public or not."""
    items = select(func.count()).where(ExhibitionItem.exhibition_number == exhibition.number)
    return db.session.scalar(items) or 0


def add(exhibition: Exhibition, walk: Walk) -> None:
    """Append a walk to an exhibition, without an entry in the audit log."""
    with writing() as session:
        of_exhibition = ExhibitionItem.exhibition_number == exhibition.number
        position = session.scalar(select(func.coalesce(func.max(ExhibitionItem.position) + 1, 0)).where(of_exhibition))
        session.add(ExhibitionItem(exhibition_number=exhibition.number, position=position, walk_number=walk.number))
        session.execute(update(Exhibition).where(Exhibition.number == exhibition.number).values(changed_at=now()))


def remove(exhibition: Exhibition, *, who: str = audit_log.CURATOR) -> None:
    """Delete an exhibition and write the audit log; its walks are not changed."""
    with writing() as session:
        session.execute(delete(Exhibition).where(Exhibition.number == exhibition.number))
        audit_log.note_in(session, "removed exhibition", exhibition.slug, who=who)


def ensure(slug: str, title: str, text: str, walk_ids: Sequence[str]) -> None:
    """Create the exhibition with these walks, or append the missing ones to the exhibition with this slug."""
    exhibition = find(slug)
    if exhibition is None:
        create(ExhibitionRequest(title, text, slug, walks=walk_ids), who=audit_log.COMMAND)
        return
    request = request_for(exhibition)
    if missing := [walk_id for walk_id in walk_ids if walk_id not in request.walks]:
        request.walks = [*request.walks, *missing]
        change(exhibition, request, who=audit_log.COMMAND)


def ensure_absent(slug: str) -> None:
    """Delete the exhibition with this slug if there is one."""
    if (exhibition := find(slug)) is not None:
        remove(exhibition, who=audit_log.COMMAND)


def request_for(exhibition: Exhibition) -> ExhibitionRequest:
    """Return the request that describes an exhibition as it is."""
    walks = [walk.id for walk in walks_of(exhibition, even_unseen=True)]
    return ExhibitionRequest(exhibition.title, exhibition.text, exhibition.slug, exhibition.shown_at is not None, walks)


def walk_named(line: str) -> Walk:
    """Return the walk with this ID, slug or URL, hidden or not.

    :raises WalkNotFound: when there is none.
    :raises WalkGone: when it was deleted.
    """
    match = WALK_IN_ADDRESS.fullmatch(line.strip())
    return lookup.walk_at_address(match[1] if match else "", even_hidden=True)


def changed_at(exhibition: Exhibition, walks: Sequence[Walk]) -> datetime:
    """Return when an exhibition or one of these walks was last changed."""
    return max([exhibition.changed_at, *(walk.finished_at for walk in walks if walk.finished_at)])


def _hall(exhibition: Exhibition) -> ShownExhibition:
    query = _of(lookup.select_exhibited(), exhibition)
    count = db.session.scalar(select(func.count()).select_from(query.subquery())) or 0
    leading = query.order_by(ExhibitionItem.position).limit(1).options(*lookup.WHOLE)
    first = db.session.scalar(leading) if count else None
    return ShownExhibition(exhibition, count, first)


def _of(query: Select[tuple[Walk]], exhibition: Exhibition) -> Select[tuple[Walk]]:
    return query.join(ExhibitionItem, ExhibitionItem.walk_number == Walk.number).where(
        ExhibitionItem.exhibition_number == exhibition.number
    )


def _set_walks(session: Session, exhibition: Exhibition, walks: Sequence[Walk]) -> None:
    session.execute(delete(ExhibitionItem).where(ExhibitionItem.exhibition_number == exhibition.number))
    session.add_all(
        ExhibitionItem(exhibition_number=exhibition.number, position=position, walk_number=walk.number)
        for position, walk in enumerate(walks)
    )


def _checked(request: ExhibitionRequest) -> list[Walk]:
    """Validate a request and return its walks, each once.

    :raises InvalidInput: with up to ten errors.
    """
    errors = flaws(request)
    walks: dict[int, Walk] = {}
    for line in request.walks:
        try:
            walk = walk_named(line)
            walks.setdefault(walk.number, walk)
        except (WalkNotFound, WalkGone):
            message = _("“%(line)s” is not a walk of this site.", line=f"{line.strip():.80}")
            errors.append(FieldError(("walks",), message))
    if errors:
        raise InvalidInput(errors[:10])
    return list(walks.values())


def flaws(request: ExhibitionRequest) -> list[FieldError]:
    """Return an error for each field that breaks a rule; does not look up the walks."""
    errors = []
    if (count := len(set(request.walks))) > EXHIBITS_MAX:
        message = _("An exhibition has at most %(most)s walks, not %(count)s.", most=EXHIBITS_MAX, count=count)
        errors.append(FieldError(("walks",), message))
    if not 0 < len(request.title) <= TITLE_MAX:
        errors.append(FieldError(("title",), _("The title must have 1 to %(most)s characters.", most=TITLE_MAX)))
    if len(request.text) > TEXT_MAX:
        values = {"count": len(request.text), "most": TEXT_MAX}
        errors.append(FieldError(("text",), _("The text has %(count)s characters; at most %(most)s.", **values)))
    unreadable = {
        "title": N_("The title contains characters that cannot be shown."),
        "text": N_("The text contains characters that cannot be shown."),
    }
    for name, value in (("title", request.title), ("text", request.text)):
        if any(unicodedata.category(each) in ("Cc", "Cs") and each not in "\n\t" for each in value):
            errors.append(FieldError((name,), _(unreadable[name])))
    slug = request.slug or slug_of(request.title)
    if request.title and not (SLUG.fullmatch(slug) and len(slug) <= SLUG_MAX):
        message = _("The address must be 1 to %(most)s small letters, digits and hyphens between them.", most=SLUG_MAX)
        errors.append(FieldError(("slug",), message))
    return errors
