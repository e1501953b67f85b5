"""Walls by name: open, change, pause and close them, for curators and commands."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from sqlalchemy import func, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from app.collection.moderation import audit_log
from app.core.errors import FieldError, InvalidInput, MomaError
from app.core.i18n.gettext import N_, _
from app.core.text import lookalikes
from app.core.text.folding import spaced
from app.offer.generation import offers
from app.offer.generation.model_styles import find as find_style
from app.offer.generation.model_styles import words_of
from app.storage.database import db, now, writing
from app.storage.house_models import TITLE_MAX, WORD_MAX
from app.storage.wall_models import CLOSED, NAME_MAX, OPEN, PAUSED, TAKEN, WAITING, Wall, WallLeg, WallWords
from app.wall import stretches

NAME = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
BANNED_MAX = 200  # banned words of one wall
CHANGED = "changed wall"
ACTS = {OPEN: "opened wall", PAUSED: "paused wall", CLOSED: "closed wall"}


class NoWall(MomaError):
    """No wall has this name."""

    status = 404
    title = N_("No such wall")


@dataclass(slots=True)
class WallRequest:
    """The settings of a wall; ``banned`` are words that it refuses, in addition to those of the site."""

    name: str
    title: str = ""
    style: str = ""
    banned: Sequence[str] = field(default_factory=list)
    is_listed: bool = False

    def __post_init__(self) -> None:
        """Normalise the fields."""
        self.name = self.name.strip()
        self.title = " ".join(self.title.split()) or self.name.replace("-", " ").capitalize()
        self.style = self.style.strip()
        folded = (spaced(lookalikes.strip_invisible(word)) for word in self.banned)
        self.banned = list(dict.fromkeys(word for word in folded if word))


def at(name: str) -> Wall:
    """Return the wall of this name.

    :raises NoWall: when there is none.
    """
    wall = find(name)
    if wall is None:
        raise NoWall(_("No wall has this name. It may have been mistyped."))
    return wall


def find(name: str) -> Wall | None:
    """Return the wall of this name, or ``None``."""
    wall: Wall | None = db.session.scalar(select(Wall).where(Wall.name == name)) if NAME.fullmatch(name) else None
    return wall


def all_walls() -> list[Wall]:
    """Return all walls, ordered by name."""
    return list(db.session.scalars(select(Wall).order_by(Wall.name)))


def open_wall(wanted: WallRequest, *, who: str = audit_log.CURATOR) -> Wall:
    """Open a new or closed wall with these settings and begin an evening; return the wall.

    A wall that is open already is only changed, and its evening continues.

    :raises InvalidInput: for a field that breaks a rule.
    """
    _check(wanted)
    try:
        with writing() as session:
            wall = session.scalar(select(Wall).where(Wall.name == wanted.name))
            if wall is None:
                wall = Wall(name=wanted.name)
                session.add(wall)
            elif wall.state == CLOSED:
                wall.opened_at, wall.closed_at, wall.evening = now(), None, None
                _begin_evening(session, wall)
            _take_over(wall, wanted)
            wall.state = OPEN
            audit_log.note_in(session, ACTS[OPEN], wanted.name, who=who)
    except IntegrityError as error:  # a concurrent request created it
        raise InvalidInput.on("name", message=_("A wall has the name %(name)s already.", name=wanted.name)) from error
    return wall


def create(wanted: WallRequest, *, who: str = audit_log.CURATOR) -> Wall:
    """Open a new wall and return it.

    :raises InvalidInput: for a field that breaks a rule, or a name that is in use.
    """
    if db.session.scalar(select(Wall.number).where(Wall.name == wanted.name)) is not None:
        raise InvalidInput.on("name", message=_("A wall has the name %(name)s already.", name=wanted.name))
    return open_wall(wanted, who=who)


def change(wall: Wall, wanted: WallRequest, *, who: str = audit_log.CURATOR) -> None:
    """Change a wall's title, style, listing and banned words; its state stays as it is.

    :raises InvalidInput: for a field that breaks a rule.
    """
    _check(wanted)
    with writing() as session:
        _take_over(session.merge(wall), wanted)
        audit_log.note_in(session, CHANGED, wall.name, who=who)


def settings_of(wall: Wall) -> WallRequest:
    """Return the settings of a wall."""
    return WallRequest(wall.name, wall.title, wall.style, wall.banned, wall.is_listed)


def _take_over(wall: Wall, wanted: WallRequest) -> None:
    wall.title, wall.style, wall.is_listed = wanted.title, wanted.style, wanted.is_listed
    wall.banned = list(wanted.banned)


def _begin_evening(session: Session, wall: Wall) -> None:
    """Begin a new evening: skip legs that were never shown, requeue their words, and start the next leg anywhere."""
    last = session.scalar(select(func.max(WallLeg.number)).where(WallLeg.wall_number == wall.number)) or 0
    ahead = WallWords.wall_number == wall.number, WallWords.state == TAKEN, WallWords.leg > wall.lead
    again = {"state": WAITING, "leg": None}
    session.execute(update(WallWords).where(*ahead).values(again).execution_options(synchronize_session=False))
    wall.lead, wall.first_leg, wall.lead_at = last, last + 1, now()
    left = WallLeg.wall_number == wall.number, WallLeg.shown_at.is_(None)
    session.execute(update(WallLeg).where(*left).values(skipped=True).execution_options(synchronize_session=False))


def set_state(wall: Wall, state: str, *, who: str = audit_log.CURATOR) -> None:
    """Set the state of a wall to open, paused or closed; :func:`close` also preserves what it has shown."""
    with writing() as session:
        row = session.merge(wall)
        row.state, row.closed_at = state, now() if state == CLOSED else None
        audit_log.note_in(session, ACTS[state], row.name, who=who)


def close(wall: Wall, *, who: str = audit_log.CURATOR) -> None:
    """Close a wall and preserve what it has shown, including stretches that are not full."""
    set_state(wall, CLOSED, who=who)
    db.session.refresh(wall)
    stretches.preserve_shown(wall, all_of_it=True)
    stretches.delete_superfluous(wall)


def _check(wanted: WallRequest) -> None:
    errors = []
    if not (NAME.fullmatch(wanted.name) and len(wanted.name) <= NAME_MAX):
        message = _("The name must be 1 to %(most)s small letters, digits and hyphens between them.", most=NAME_MAX)
        errors.append(FieldError(("name",), message))
    if not 0 < len(wanted.title) <= TITLE_MAX or not wanted.title.isprintable():
        errors.append(FieldError(("title",), _("The title must have 1 to %(most)s characters.", most=TITLE_MAX)))
    if wanted.style:
        styles = offers.first().styles
        found = find_style(wanted.style, styles)
        if found is None:
            names = {"hand": f"{wanted.style:.60}", "hands": words_of(styles)}
            message = _("The style cannot be “%(hand)s”. The model knows %(hands)s.", **names)
            errors.append(FieldError(("hand",), message))
        else:
            wanted.style = str(found.words)
    if len(wanted.banned) > BANNED_MAX or any(len(word) > WORD_MAX for word in wanted.banned):
        message = _(
            "A wall leaves out at most %(count)s words of its own, of at most %(most)s characters.",
            count=BANNED_MAX,
            most=WORD_MAX,
        )
        errors.append(FieldError(("banned",), message))
    if errors:
        raise InvalidInput(errors)
