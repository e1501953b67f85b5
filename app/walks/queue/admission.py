"""Admission control of walks: limits of the queue, of a network's daily storage, and of the disk.

Work is counted in usual walks, as turns are. A visitor with nothing in the queue may request a walk of any size, or
large walks would never be admitted. A refusal names the limit and, if it can be estimated, the time until there is
room.
"""

from __future__ import annotations

import logging
from datetime import timedelta
from time import monotonic

from flask import current_app
from sqlalchemy import ColumnElement, and_, case, func, or_, select
from sqlalchemy.orm import Session

from app.core.errors import NoRoom, TooMany
from app.core.i18n.formatting import duration_about, file_size, number
from app.core.i18n.gettext import N_, _
from app.storage import free_space, upload_models
from app.storage.database import db, now
from app.storage.upload_models import Upload
from app.storage.walk_models import WAITING, Frame, Medium, Walk
from app.walks.queue import estimates, fair_queue
from app.walks.uploads import kinds

DAY = timedelta(days=1)
LOOK_SECONDS = 60.0  # how long a network's stored bytes are cached, because summing them up is slow
CACHED_MAX = 10_000  # networks
UNKNOWN_SECONDS = 60  # Retry-After when no estimate is possible
EXTENSION = "moma_kept_bytes"

log = logging.getLogger(__name__)

WHOLE = N_("The line is full: the work of %(count)s usual walks is as much as may wait.")
OF_VISITOR = N_("The work of %(count)s usual walks is as much as may wait in line of one visitor.")
OF_ADDRESS = N_("The work of %(count)s usual walks is as much as may wait in line of one address.")
OF_DAY = N_(
    "%(size)s of pictures and sounds a day are as much as we keep from one address. Delete some of yours, or wait."
)
NO_DISK = N_(
    "There is no space for more pictures at the moment: less than %(size)s is free (FREE_BYTES_MIN). The operator of"
    " this site has to free some (flask --app wsgi media prune)."
)
ROOM_IN = N_("There is room again in %(time)s.")


def check_disk() -> None:
    """Check that the disk has space for more files.

    :raises NoRoom: when less than `FREE_BYTES_MIN` is free on it.
    """
    if flaw := free_space.find_disk_problem():
        log.warning("%s", flaw)
        least = file_size(current_app.config["FREE_BYTES_MIN"])
        raise NoRoom(_(NO_DISK, size=least), retry_after=UNKNOWN_SECONDS, reason="disk")


def check_storage(network: str) -> None:
    """Check that there is storage for a walk from this network.

    :raises NoRoom: when less than `FREE_BYTES_MIN` is free on the disk.
    :raises TooMany: when the network's walks of the last day and its uploads exceed `DAILY_BYTES_ADDRESS`.
    """
    check_disk()
    share = current_app.config["DAILY_BYTES_ADDRESS"]
    if _kept_bytes(network) >= share:
        oldest = db.session.scalar(select(func.min(Walk.created_at)).where(*_of_the_day(network)))
        ends = db.session.scalar(select(func.min(Upload.expires_at)).where(Upload.network == network))
        first = min(each for each in (oldest and oldest + DAY, ends, now() + DAY) if each)
        wait = max(1.0, (first - now()).total_seconds())
        raise TooMany(_with_wait(_(OF_DAY, size=file_size(share)), wait), retry_after=wait, reason="day")


def check_queue(session: Session, walk: Walk, asked: int, line: fair_queue.QueueSnapshot) -> None:
    """Check that the queue has room for a walk of ``asked`` UNet evaluations; the caller holds the writer lock.

    ``line`` is a snapshot from before the lock was taken, because loading a long queue would block other writers.

    :raises TooMany: when the visitor or the network has too much work in the queue.
    :raises NoRoom: when the queue is full.
    """
    config = current_app.config
    by_network = Walk.network == walk.network if walk.network else Walk.visitor == walk.visitor  # or an old walk
    # Walks of a cookie are matched by their owner, from any network; walks of a program by its network.
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
            wait = _seconds_until_done(session, whose, excess)
            message = _with_wait(_(sentence, count=number(most)), wait)
            raise TooMany(message, retry_after=wait or UNKNOWN_SECONDS, reason="share")
    most = config["LINE_MAX"]
    waiting, pool = fair_queue.waiting_work(line)
    if waiting and (excess := waiting + asked - most * fair_queue.turn_passes()) > 0:
        wait = estimates.seconds_of_evaluations(pool, excess)
        message = _with_wait(_(WHOLE, count=number(most)), wait)
        raise NoRoom(message, retry_after=wait or UNKNOWN_SECONDS, reason="line")


def _with_wait(sentence: str, wait: float | None) -> str:
    return sentence if wait is None else f"{sentence} {_(ROOM_IN, time=duration_about(wait))}"


def _seconds_until_done(session: Session, whose: ColumnElement[bool], excess: int) -> float | None:
    """Return the estimated seconds until ``excess`` UNet evaluations of the selected walks are done, or ``None``."""
    theirs = select(Walk).where(fair_queue.AMONG_FEW.in_(WAITING), whose).order_by(*fair_queue.ORDER)
    for walk in session.scalars(theirs):
        excess -= walk.cost - (walk.evaluations or 0)
        if excess <= 0:
            return fair_queue.find_estimate(walk).seconds
    return None  # the requested walk alone exceeds the limit


def _kept_bytes(network: str) -> int:
    """Return the stored bytes of a network's walks of the last day, and of its uploads.

    Cached results, which share files, do not count. A sound that waits for a worker counts as the largest FLAC that
    may be made of it.
    """
    cache: dict[str, tuple[float, int]] = current_app.extensions.setdefault(EXTENSION, {})
    until, total = cache.get(network, (0.0, 0))
    share = current_app.config["DAILY_BYTES_ADDRESS"]
    if monotonic() < until and total < share:  # over the limit, count again: walks may have been deleted
        return total
    total = sum(
        db.session.scalar(
            select(func.sum(table.bytes)).join(Walk, Walk.number == table.walk_number).where(*_of_the_day(network))
        ) or 0
        for table in (Frame, Medium)
    )  # fmt: skip
    total += int(db.session.scalar(select(func.sum(_upload_bytes())).where(Upload.network == network)) or 0)
    if len(cache) >= CACHED_MAX:
        cache.clear()
    cache[network] = monotonic() + (LOOK_SECONDS if current_app.config["LINE_SECONDS"] else 0.0), total
    return total


def _upload_bytes() -> ColumnElement[float]:
    """Return the bytes of an upload, or of the largest file that a worker may make of one that it has not read yet."""
    growing = [kind for kind in kinds.KINDS.values() if kind.second_bytes]
    sizes = {
        kind.name: func.coalesce(Upload.seconds, current_app.config[kind.seconds_max]) * kind.second_bytes
        for kind in growing
    }
    largest = case(sizes, value=Upload.kind, else_=0)
    return case(((Upload.state == upload_models.WAITING) & (largest > Upload.bytes), largest), else_=Upload.bytes)


def _of_the_day(network: str) -> tuple[ColumnElement[bool], ...]:
    return Walk.network == network, Walk.created_at > now() - DAY, Walk.repeat_of.is_(None), Walk.deleted_at.is_(None)
