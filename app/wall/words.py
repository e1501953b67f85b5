"""Words that visitors write for a wall: accepted, queued, shown, or skipped by a curator."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise

from sqlalchemy import ColumnElement, func, select, update
from sqlalchemy.orm import Session

from app.access.auth import visitors
from app.collection.moderation import audit_log, banned_words
from app.core.errors import Conflict, FieldError, InvalidInput, MomaError, TooMany
from app.core.i18n.formatting import duration_about
from app.core.i18n.gettext import N_, _
from app.core.text import stop_notes
from app.offer.generation import offers
from app.offer.generation.limits import Limits
from app.requests.walk_requests import brought_photos, error_messages, scenes, validation
from app.requests.walk_requests.walk_request import WalkRequest
from app.storage.database import db, now, take_advisory_lock, writing
from app.storage.walk_models import A_PHOTO, FINISHED, Walk
from app.storage.wall_models import CLOSED, OPEN, SKIPPED, TAKEN, WAITING, Wall, WallLeg, WallWords
from app.walks.saved import note_sentences, wall_words

LINE_MAX = 60  # waiting words of one wall
OWN_MAX = 3  # waiting words of one visitor
SHOWN_MAX = 8  # waiting words that are shown
RETRY_SECONDS = 20
NUMBER_MAX = 2**63 - 1
LEG_MAX = 2**31 - 1
LEG_SECONDS = 6.0  # the assumed duration of a leg before any was measured
MEASURED = 8  # the number of legs for the estimate of a leg's duration
UNWATCHED = 60.0  # seconds without a screen after which no waiting time is estimated
LINED_UP, BEING_PAINTED, ON_THE_WALL, WALKED, LEFT_OUT, LOST = (
    "waiting", "painting", "walking", "walked", "skipped", "lost"
)  # fmt: skip


class NoWords(MomaError):
    """No words for a wall have this number."""

    status = 404
    title = N_("No such words")


@dataclass(frozen=True, slots=True)
class OwnWords:
    """A visitor's words, empty for a picture alone, and their state.

    ``place`` is the queue position from 1, ``about`` the estimated time until they are shown, "" if unknown. ``kept``
    is the walk that preserves them, once it is published. ``note`` says what of them was not read or was ignored.
    """

    words: str
    state: str
    place: int | None = None
    about: str = ""
    shown_at: datetime | None = None
    kept: Walk | None = None
    note: str = ""


def say(
    wall: Wall,
    text: str,
    *,
    owner: str,
    picture: str | None = None,
    cut_out: bool = False,
    may_be_shown: bool = False,
    admit: Callable[[], None] | None = None,
) -> WallWords:
    """Add a visitor's words, with or without an uploaded picture, to a wall's queue; return the row.

    Words that the visitor already has in the queue are not added again. ``owner`` is the visitor's secret. ``admit``
    counts accepted words, and may refuse them by raising an exception.

    :raises InvalidInput: for words or a picture that cannot be accepted, naming the field.
    :raises Conflict: when the wall is closed.
    :raises TooMany: when the queue is full, or the visitor has enough words in it.
    """
    if wall.state == CLOSED:
        raise Conflict(_("This wall is closed."))
    owners = visitors.owners_of(owner)
    owner_hash = owners[0]
    clean = _checked(wall, text, picture)
    if picture is not None:
        picture = _photo(picture, owners)
    with writing() as session:
        take_advisory_lock(session)
        if session.scalar(select(Wall.state).where(Wall.number == wall.number)) == CLOSED:
            raise Conflict(_("This wall is closed."))
        mine = session.scalars(select(WallWords).where(*_waits(wall), WallWords.owner_hash == owner_hash)).all()
        if same := next((row for row in mine if (row.text, row.picture) == (clean, picture)), None):
            return same
        if len(mine) >= OWN_MAX:
            message = _("%(most)s of yours are waiting already. Write again when one of them is painted.", most=OWN_MAX)
            raise TooMany(message, retry_after=RETRY_SECONDS, reason="wall")
        if count(wall) >= LINE_MAX:
            message = _("%(most)s are waiting already, as many as the wall can take. Try again soon.", most=LINE_MAX)
            raise TooMany(message, retry_after=RETRY_SECONDS, reason="wall")
        if admit:
            admit()
        row = WallWords(
            wall_number=wall.number, text=clean, picture=picture, cut_out=cut_out, may_be_shown=may_be_shown,
            owner_hash=owner_hash,
        )  # fmt: skip
        session.add(row)
    return row


def _photo(picture: str, owners: Sequence[str]) -> str:
    """Return the ID of an uploaded picture.

    :raises InvalidInput: when it has expired, belongs to another visitor or cannot be shown.
    """
    asked = error_messages.read_model(
        WalkRequest, {"stops": [{"prompt": "", "picture": picture}]}, Limits.current(None), shape=""
    )
    try:
        return brought_photos.find_for_stops(asked, owners)[0].id
    except InvalidInput as error:
        subject = error_messages.subject(("stops", 0, "picture"))
        raise InvalidInput([_on_picture(each, subject) for each in error.errors]) from error


def _checked(wall: Wall, text: str, picture: str | None) -> str:
    """Return the words normalised and checked like a walk's prompt, and against the wall's banned words.

    :raises InvalidInput: for the field ``words`` or ``picture``, with the broken rule.
    """
    asked = {"prompt": text} if picture is None else {"prompt": text, "picture": picture}
    try:
        stop = validation.validate({"stops": [{"prompt": "a stop", "seed": 0}, asked]}).stops[1]
    except InvalidInput as error:
        raise InvalidInput([_on_words(each) for each in error.errors]) from error
    if found := banned_words.find_word(stop.prompt, wall.banned):
        raise InvalidInput.on("words", message=_("“%(word)s” is a word that this wall does not take.", word=found))
    return stop.prompt


def _on_words(error: FieldError) -> FieldError:
    """Return an error of a walk's form with the field and subject of the wall's form."""
    if error.path[-1] == "picture":
        return _on_picture(error, error_messages.subject(("stops", 1, "picture")))
    subject = error_messages.subject(("stops", 1, "prompt"))
    return FieldError(("words",), error.message.replace(subject, _("What you wrote"), 1))


def _on_picture(error: FieldError, subject: str) -> FieldError:
    return FieldError(("picture",), error.message.replace(subject, _("The picture"), 1))


def _waits(wall: Wall) -> tuple[ColumnElement[bool], ...]:
    return WallWords.wall_number == wall.number, WallWords.state == WAITING


def waiting_words(wall: Wall, *, most: int | None = None) -> list[WallWords]:
    """Return the waiting words of a wall in queue order, at most ``most``.

    The first words of all visitors come before any visitor's second words.
    """
    rank = func.row_number().over(partition_by=WallWords.owner_hash, order_by=WallWords.number).label("rank")
    ranked = select(WallWords.number, rank).where(*_waits(wall)).subquery()
    query = select(WallWords).join(ranked, ranked.c.number == WallWords.number)
    return list(db.session.scalars(query.order_by(ranked.c.rank, WallWords.number).limit(most)))


def at(number: int, *, wall: Wall | None = None) -> WallWords:
    """Return the words with this number, of any wall or only of ``wall``.

    :raises NoWords: when there are none.
    """
    found: WallWords | None = db.session.get(WallWords, number) if number <= NUMBER_MAX else None
    if found is None or (wall is not None and found.wall_number != wall.number):
        raise NoWords(_("Nothing that was written for a wall has this number."))
    return found


def count(wall: Wall) -> int:
    """Return the number of waiting words of a wall."""
    return db.session.scalar(select(func.count()).select_from(WallWords).where(*_waits(wall))) or 0


def assign(session: Session, words: WallWords, leg: int) -> bool:
    """Assign waiting words to a leg; return whether they were still waiting."""
    taken = session.execute(
        update(WallWords)
        .where(WallWords.number == words.number, WallWords.state == WAITING)
        .values(state=TAKEN, leg=leg)
        .execution_options(synchronize_session=False)
    )
    return bool(taken.rowcount == 1)  # type: ignore[attr-defined]


def skip(words: WallWords, *, who: str = audit_log.CURATOR) -> None:
    """Skip a visitor's words: they are not generated, or the wall leaves the leg that leads to them.

    :raises Conflict: when the wall has already passed that leg.
    """
    with writing() as session:
        take_advisory_lock(session)
        row = session.get_one(WallWords, words.number, populate_existing=True, with_for_update=True)
        if row.state == TAKEN and row.leg is not None:
            wall = session.get_one(Wall, row.wall_number)
            if row.leg < wall.lead:
                raise Conflict(_("The wall has walked on from there."))
            wall_words.skip_leg(session, wall.number, row.leg)
        row.state = SKIPPED
        audit_log.note_in(session, "skipped words", str(row.number), who=who)
    db.session.expire_all()


def skip_leg(wall: Wall, number: int) -> None:
    """Skip the current leg or a later one of a wall, together with the words that it leads to.

    :raises Conflict: when the wall has no such leg or has already passed it.
    """
    leg = db.session.get(WallLeg, (wall.number, number)) if number <= LEG_MAX else None
    if leg is None or leg.skipped or number < wall.lead:
        raise Conflict(_("The wall has walked on from there."))
    if leg.words_number is not None and (row := db.session.get(WallWords, leg.words_number)) is not None:
        skip(row)
        return
    with writing() as session:
        take_advisory_lock(session)
        wall_words.skip_leg(session, wall.number, number)
        audit_log.note_in(session, "skipped leg", f"{wall.name} {number}")
    db.session.expire_all()


def own_words(wall: Wall, owner: str | None, *, most: int = 5) -> list[OwnWords]:
    """Return a visitor's own words with their states, the newest first; an empty list without an owner."""
    if owner is None:
        return []
    mine = WallWords.wall_number == wall.number, WallWords.owner_hash.in_(visitors.owners_of(owner))
    rows = db.session.scalars(select(WallWords).where(*mine).order_by(WallWords.number.desc()).limit(most)).all()
    if not rows:
        return []
    places = {each.number: index for index, each in enumerate(waiting_words(wall), start=1)}
    numbers = [row.leg for row in rows if row.leg is not None]
    of_wall = WallLeg.wall_number == wall.number
    legs = {leg.number: leg for leg in db.session.scalars(select(WallLeg).where(of_wall, WallLeg.number.in_(numbers)))}
    stretches = {leg.stretch for leg in legs.values() if leg.stretch}
    seen = Walk.id.in_(stretches), Walk.state == FINISHED, Walk.deleted_at.is_(None), Walk.hidden_at.is_(None)
    kept = {walk.id: walk for walk in db.session.scalars(select(Walk).where(*seen))} if stretches else {}
    ahead = _ahead(wall)
    return [_describe(wall, row, places.get(row.number), legs.get(row.leg or 0), kept, ahead) for row in rows]


def _describe(
    wall: Wall, row: WallWords, place: int | None, leg: WallLeg | None, kept: dict[str, Walk], ahead: _Ahead | None
) -> OwnWords:
    state, words = state_of(wall, row), row.text
    note = _note(row)
    if state == LINED_UP:
        about = duration_about(ahead.seconds(place)) if ahead and place else ""
        return OwnWords(words, state, place, about, note=note)
    if leg is not None and leg.skipped and state in (BEING_PAINTED, ON_THE_WALL):
        return OwnWords(words, LOST)
    walked_at = leg.shown_at if leg is not None and state == WALKED else None
    kept_walk = kept.get(leg.stretch or "") if leg else None
    return OwnWords(words, state, shown_at=walked_at, kept=kept_walk, note=note)


def _note(row: WallWords) -> str:
    """Return the notes on words in sentences; "" if the site's first model is not sketch-conditioned."""
    notes = scenes.notes_on(row.text, offer=offers.first(), has_photo=row.picture is not None)
    return note_sentences.describe(stop_notes.joined(notes), row.text)


@dataclass(frozen=True, slots=True)
class _Ahead:
    """The legs ahead of the queue: their number, the seconds of each, and the seconds since the current one began."""

    legs: int
    each: float
    gone: float

    def seconds(self, place: int) -> float:
        """Return the estimated seconds until the wall begins the leg to the words at this queue position, from 1."""
        return max(1.0, self.each - self.gone) + (self.legs + place - 1) * self.each


def _ahead(wall: Wall) -> _Ahead | None:
    """Return the legs ahead of a wall's queue; ``None`` for a wall that is not open or has no screen."""
    gone = max(0.0, (now() - wall.lead_at).total_seconds())
    if wall.state != OPEN or gone > UNWATCHED:
        return None
    kept = legs_kept(wall)
    legs = db.session.scalar(select(func.count()).where(*kept, WallLeg.number > wall.lead)) or 0
    were_shown = *kept, WallLeg.shown_at.is_not(None), WallLeg.number >= wall.first_leg
    query = select(WallLeg.shown_at).where(*were_shown).order_by(WallLeg.number.desc())
    times = db.session.scalars(query.limit(MEASURED)).all()
    apart = [(later - earlier).total_seconds() for later, earlier in pairwise(times) if later and earlier]
    return _Ahead(legs, statistics.median(apart) if apart else LEG_SECONDS, gone)


def legs_kept(wall: Wall) -> tuple[ColumnElement[bool], ...]:
    """Return the conditions for the legs of a wall that were not skipped."""
    return WallLeg.wall_number == wall.number, WallLeg.skipped.is_(False)


def state_of(wall: Wall, row: WallWords) -> str:
    """Return the state of words, from `LINED_UP` to `WALKED`, or `LEFT_OUT`."""
    if row.state != TAKEN or row.leg is None:
        return LEFT_OUT if row.state == SKIPPED else LINED_UP
    if row.leg > wall.lead:
        return LINED_UP if wall.state == CLOSED else BEING_PAINTED
    return ON_THE_WALL if row.leg == wall.lead and wall.state != CLOSED else WALKED


def public_texts(rows: Sequence[WallWords]) -> list[str]:
    """Return the words as the public sees them; a picture alone is called a photo."""
    return [row.text or A_PHOTO for row in rows]
