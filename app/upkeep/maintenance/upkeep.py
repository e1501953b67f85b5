"""Periodic maintenance: delete expired candidates, codes, uploads, ended walks and unreferenced files."""

from __future__ import annotations

import logging
from datetime import timedelta

from flask import current_app
from sqlalchemy import delete, select

from app.access.auth import transfers
from app.core.errors import MediaError
from app.storage.database import db, now, writing
from app.storage.walk_models import CANCELLED, FAILED, REFUSED, Walk
from app.upkeep.maintenance import media_upkeep
from app.walks.queue import candidate_requests
from app.walks.saved import lifecycle, wall_words
from app.walks.uploads import upload_store
from app.wall import stretches

BATCH = 50  # walks in one transaction, so that others can write in between

log = logging.getLogger(__name__)


def run() -> tuple[int, int]:
    """Run the maintenance; return the numbers of deleted walks and files. Several processes may run it at once."""
    if codes := transfers.delete_expired():
        log.info("upkeep: deleted %s codes for other devices that are too late", codes)
    if sets := candidate_requests.delete_expired():
        log.info("upkeep: deleted %s expired sets of candidates", sets)
    if words := wall_words.forget_old():
        log.info("upkeep: removed the authors of %s words for walls", words)
    if legs := stretches.delete_superfluous_of_all():
        log.info("upkeep: deleted %s legs of walls", legs)
    walks, files = forget_ended(), 0
    try:
        files = upload_store.forget_expired() + len(media_upkeep.prune())
    except MediaError as error:
        log.warning("upkeep: unreferenced files could not be deleted: %s", error)
    if walks or files:
        log.info("upkeep: deleted %s failed, cancelled or refused walks and %s unreferenced files", walks, files)
    return walks, files


def forget_ended() -> int:
    """Delete walks that failed, were cancelled or refused longer than ``KEEP_ENDED_DAYS`` ago; return how many.

    Their URLs are then unknown (404). Walks that were deleted or hidden keep their rows.
    """
    until, count = now() - timedelta(days=current_app.config["KEEP_ENDED_DAYS"]), 0
    ended = select(Walk).where(
        Walk.state.in_((FAILED, CANCELLED, REFUSED)),
        Walk.finished_at < until,
        Walk.deleted_at.is_(None),
        Walk.hidden_at.is_(None),
    )
    while True:
        with writing() as session:  # a concurrent retry waits for the row lock, then finds the walk deleted
            walks = session.scalars(ended.limit(BATCH).with_for_update()).all()
            session.execute(delete(Walk).where(Walk.number.in_([walk.number for walk in walks])))
        if not walks:
            return count
        for walk in walks:
            lifecycle.delete_files(walk)  # if this fails, no row names the files, and they are pruned later
        count += len(walks)
        db.session.expunge_all()
