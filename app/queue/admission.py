"""Whether there is room for another walk: in the line, in a network's share of what is kept, and on the disk.

Work is counted in usual walks, as turns are. Who has nothing waiting may ask for any walk, however large: else nobody
ever could. Whoever is refused is told what is full, its limit, and when there is room, as far as the line can tell.
"""

from __future__ import annotations

import logging
import shutil
from datetime import timedelta
from time import monotonic

from flask import current_app
from sqlalchemy import ColumnElement, and_, func, or_, select
from sqlalchemy.engine import make_url
from sqlalchemy.orm import Session

from app.errors import NoRoom, TooMany
from app.i18n.formatting import duration_about, file_size, number
from app.i18n.gettext import N_, _
from app.queue import fair_queue
from app.storage import disk_space, media_store
from app.storage.database import db, now
from app.storage.walk_models import WAITING, Frame, Medium, Walk

DAY = timedelta(days=1)
LOOK_SECONDS = 60.0  # for which what a network has kept is remembered: adding it up takes a while where it is much
REMEMBERED = 10_000  # networks
UNKNOWN_SECONDS = 60  # till somebody refused may look again, where no painter lives or none has painted yet
EXTENSION = "moma_kept_bytes"

log = logging.getLogger(__name__)

WHOLE = N_("The line is full: the work of %(count)s usual walks is as much as may wait.")
OF_VISITOR = N_("The work of %(count)s usual walks is as much as may wait in line of one visitor.")
OF_ADDRESS = N_("The work of %(count)s usual walks is as much as may wait in line of one address.")
OF_DAY = N_("%(size)s of pictures a day are as much as we keep from one address. Take some of yours down, or wait.")
NO_DISK = N_(
    "There is no room for more pictures just now: less than %(size)s is free (FREE_BYTES_MIN). Whoever runs this site"
    " has to make room (flask --app wsgi media prune)."
)
ROOM_IN = N_("There is room again in %(time)s.")


def check_storage(network: str) -> None:
    """Look whether there is room for what a walk from this network would leave.

    :raises NoRoom: when the disk is nearly full.
    :raises TooMany: when the network has had its share of the day kept.
    """
    least, share = current_app.config["FREE_BYTES_MIN"], current_app.config["DAILY_BYTES_ADDRESS"]
    if flaw := disk_flaw():
        log.warning("%s", flaw)
        raise NoRoom(_(NO_DISK, size=file_size(least)), retry_after=UNKNOWN_SECONDS, reason="disk")
    if _kept_bytes(network) >= share:
        oldest = db.session.scalar(select(func.min(Walk.created_at)).where(*_of_the_day(network)))
        wait = ((oldest or now()) + DAY - now()).total_seconds()
        raise TooMany(_and_when(_(OF_DAY, size=file_size(share)), wait), retry_after=wait, reason="day")


def check_line(session: Session, walk: Walk, asked: int, line: fair_queue.QueueSnapshot) -> None:
    """Look whether the line has room for a walk of ``asked`` passes; the caller is alone in adding to it.

    ``line`` was looked at before that: with thousands in it, all others would wait while it is.

    :raises TooMany: when its visitor, or its network, has too much waiting.
    :raises NoRoom: when the line is full.
    """
    config = current_app.config
    by_network = Walk.network == walk.network if walk.network else Walk.visitor == walk.visitor  # one of long ago
    # A cookie's walks are found by their owner, from wherever they were asked for; a program's by its network.
    by_visitor = or_(Walk.owner_hash == walk.visitor, and_(by_network, Walk.visitor == walk.visitor))
    of_visitor = func.sum(fair_queue.LEFT).filter(by_visitor)
    of_network = func.sum(fair_queue.LEFT).filter(by_network)
    theirs = fair_queue.AMONG_FEW.in_(WAITING), or_(by_visitor, by_network)
    sums = session.execute(select(of_visitor, of_network).where(*theirs)).one()
    for waiting, whose, sentence, most in (
        (sums[0], by_visitor, OF_VISITOR, config["LINE_MAX_VISITOR"]),
        (sums[1], by_network, OF_ADDRESS, config["LINE_MAX_ADDRESS"]),
    ):
        if waiting and (excess := waiting + asked - most * fair_queue.turn_passes()) > 0:
            wait = _till_done(session, whose, excess)
            told = _and_when(_(sentence, count=number(most)), wait)
            raise TooMany(told, retry_after=wait or UNKNOWN_SECONDS, reason="share")
    most = config["LINE_MAX"]
    waiting, painters = fair_queue.waiting_work(line)
    if waiting and (excess := waiting + asked - most * fair_queue.turn_passes()) > 0:
        wait = painters.seconds(excess / painters.painters) if painters.painters else None
        told = _and_when(_(WHOLE, count=number(most)), wait)
        raise NoRoom(told, retry_after=wait or UNKNOWN_SECONDS, reason="line")


def _and_when(sentence: str, wait: float | None) -> str:
    return sentence if wait is None else f"{sentence} {_(ROOM_IN, time=duration_about(wait))}"


def _till_done(session: Session, whose: ColumnElement[bool], excess: int) -> float | None:
    """Estimate when so much of somebody's work in line is done: with the walk of theirs by which that is reached."""
    theirs = select(Walk).where(fair_queue.AMONG_FEW.in_(WAITING), whose).order_by(*fair_queue.ORDER)
    for walk in session.scalars(theirs):
        excess -= walk.asked - (walk.passes or 0)
        if excess <= 0:
            return fair_queue.find_place(walk).seconds
    return None  # the walk asked for is larger than all that may wait


def disk_flaw() -> str:
    """Say that walks are refused for want of room, and what to do; ``""`` where they are not."""
    least = current_app.config["FREE_BYTES_MIN"]
    free, place = min(((free, place) for place, free in free_bytes().items()), default=(least, ""))
    if free >= least:
        return ""
    told = f"{free / 1e9:.1f} GB are free at {place}, and walks are refused: FREE_BYTES_MIN is {least / 1e9:.1f} GB"
    return f"{told}. {disk_space.CURE}"


def free_bytes() -> dict[str, int]:
    """Tell what is free where this site keeps its files, as far as that is on disks of this machine."""
    store, address = media_store.store(), make_url(current_app.config["DATABASE_URL"])
    folders = [store.root] if store.is_local else []
    if address.get_backend_name() == "sqlite" and address.database:
        folders.append(address.database)
    found = {}
    for folder in folders:
        try:
            found[folder] = shutil.disk_usage(folder).free
        except OSError:  # not made yet, or away: whoever writes there will tell
            continue
    return found


def _kept_bytes(network: str) -> int:
    """Add up what is kept of a network's walks of the day; repeats share the files of others."""
    remembered: dict[str, tuple[float, int]] = current_app.extensions.setdefault(EXTENSION, {})
    until, kept = remembered.get(network, (0.0, 0))
    share = current_app.config["DAILY_BYTES_ADDRESS"]
    if monotonic() < until and kept < share:  # who is over it may have taken some down since
        return kept
    kept = sum(
        db.session.scalar(
            select(func.sum(table.bytes)).join(Walk, Walk.number == table.walk_number).where(*_of_the_day(network))
        ) or 0
        for table in (Frame, Medium)
    )  # fmt: skip
    if len(remembered) >= REMEMBERED:
        remembered.clear()
    remembered[network] = monotonic() + (LOOK_SECONDS if current_app.config["LINE_SECONDS"] else 0.0), kept
    return kept


def _of_the_day(network: str) -> tuple[ColumnElement[bool], ...]:
    return Walk.network == network, Walk.created_at > now() - DAY, Walk.repeat_of.is_(None), Walk.deleted_at.is_(None)
