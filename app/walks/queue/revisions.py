"""The available model revisions: only the revision that generated a walk can reproduce its pictures."""

from __future__ import annotations

from flask import g, has_request_context
from sqlalchemy import select

from app.offer.generation import offers
from app.storage.database import db
from app.storage.walk_models import FINISHED, Walk
from app.walks.queue import jobs


def is_model_here(walk: Walk) -> bool | None:
    """Return whether the model revision that generated a walk is available.

    Return ``None`` for a walk that was not begun, or when no worker or finished walk shows which revision is available.
    """
    if walk.model_revision is None:
        return None
    offer = offers.current().find(walk.model)
    if offer is None or offer.name != walk.model_name:
        return False
    here = find_revisions(offer.name)
    return walk.model_revision in here if here else None


def find_revisions(name: str) -> frozenset[str]:
    """Return the available revisions of a model: those of live workers, else that of the newest finished walk.

    There are several while workers are updated, and none if nothing is known. The result is cached per request.
    """
    if not has_request_context():
        return _find_revisions(name)
    known: dict[str, frozenset[str]] = g.setdefault("revisions", {})
    if name not in known:
        known[name] = _find_revisions(name)
    return known[name]


def _find_revisions(name: str) -> frozenset[str]:
    loaded = [worker.get("models") or {worker["model"]: worker["revision"]} for worker in jobs.workers()]
    living = frozenset(models[name] for models in loaded if models.get(name))  # not loaded before its first task
    if living:
        return living
    newest = (
        select(Walk.model_revision)
        .where(Walk.state == FINISHED, Walk.model_name == name, Walk.is_pinned.is_(False), Walk.repeat_of.is_(None))
        .order_by(Walk.finished_at.desc())
        .limit(1)
    )
    revision: str | None = db.session.scalar(newest)
    return frozenset() if revision is None else frozenset([revision])
