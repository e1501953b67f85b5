"""What a site does by itself for what it keeps: candidates, walks that came to nothing, stray files go in time."""

from __future__ import annotations

import logging
from datetime import timedelta

from flask import current_app
from sqlalchemy import delete, select

from app.errors import MediaError
from app.maintenance import media_upkeep
from app.queue import candidate_requests
from app.storage.database import db, now, writing
from app.storage.walk_models import CANCELLED, FAILED, REFUSED, Walk
from app.uploads import photo_store
from app.walks import lifecycle, wall_words
from app.wall import stretches

BATCH = 50  # walks in one transaction, between which others write

log = logging.getLogger(__name__)


def run() -> tuple[int, int]:
    """Do the upkeep; return how many walks and how many files were deleted. Several may do it at once."""
    if sets := candidate_requests.delete_expired():
        log.info("upkeep: %s sets of candidates were deleted, whose time was over", sets)
    if words := wall_words.forget_old():
        log.info("upkeep: of %s words for walls it is forgotten who wrote them", words)
    if legs := stretches.tidy_all():
        log.info("upkeep: %s legs of walls were removed", legs)
    walks, files = forget_ended(), 0
    try:
        files = photo_store.forget_expired()
        files += len(media_upkeep.prune())
    except MediaError as error:
        log.warning("stray files are left for another day: %s", error)
    if walks or files:
        log.info("upkeep: %s walks that came to nothing and %s stray files were deleted", walks, files)
    return walks, files


def forget_ended() -> int:
    """Delete walks that failed, were cancelled or refused longer than ``KEEP_ENDED_DAYS`` ago; return how many.

    Their addresses are then unknown. What somebody took down stays known as that.
    """
    until, count = now() - timedelta(days=current_app.config["KEEP_ENDED_DAYS"]), 0
    ended = select(Walk).where(
        Walk.state.in_((FAILED, CANCELLED, REFUSED)),
        Walk.finished_at < until,
        Walk.deleted_at.is_(None),
        Walk.hidden_at.is_(None),
    )
    while True:
        with writing() as session:  # whoever has one painted after all waits, and finds it gone
            walks = session.scalars(ended.limit(BATCH).with_for_update()).all()
            session.execute(delete(Walk).where(Walk.number.in_([walk.number for walk in walks])))
        if not walks:
            return count
        for walk in walks:
            lifecycle.delete_files(walk)  # if that fails, nothing names them any more, and they are pruned
        count += len(walks)
        db.session.expunge_all()
