"""In which revisions the models are here: only the one that painted a walk paints the same pictures again."""

from __future__ import annotations

from flask import g, has_request_context
from sqlalchemy import select

from app.generation import models_on_offer
from app.queue import jobs
from app.storage.database import db
from app.storage.walk_models import FINISHED, Walk


def is_model_here(walk: Walk) -> bool | None:
    """Tell whether the model that painted a walk is here in the same revision.

    ``None`` while no model has painted at it, or where nobody can tell.
    """
    if walk.model_revision is None:
        return None
    offer = models_on_offer.find(walk.model)
    if offer is None or offer.name != walk.model_name:
        return False
    here = find_revisions(offer.name)
    return walk.model_revision in here if here else None


def find_revisions(name: str) -> frozenset[str]:
    """Name the revisions of a model that would paint now: those of the living workers, or that of its newest picture.

    Several where not all workers have been updated yet; none where nobody can tell. One request asks once.
    """
    if not has_request_context():
        return _find_revisions(name)
    known: dict[str, frozenset[str]] = g.setdefault("revisions", {})
    if name not in known:
        known[name] = _find_revisions(name)
    return known[name]


def _find_revisions(name: str) -> frozenset[str]:
    told = [worker.get("models") or {worker["model"]: worker["revision"]} for worker in jobs.workers()]
    living = frozenset(models[name] for models in told if models.get(name))  # without those not asked for it yet
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
