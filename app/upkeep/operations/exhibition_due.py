"""Whether the first exhibition is still to be made, found without what makes it: most starts need only this."""

from __future__ import annotations

from flask import current_app
from sqlalchemy import select

from app.collection.moderation import audit_log
from app.storage.database import db
from app.storage.walk_models import Walk

SLUG = "the-first-exhibition"


def is_due() -> bool:
    """Return whether the setting ``EXHIBITION`` is on, and no walk was ever made or the exhibition was never opened."""
    if not current_app.config["EXHIBITION"]:
        return False
    return db.session.scalar(select(Walk.number).limit(1)) is None or not audit_log.is_noted("made exhibition", SLUG)
