"""``flask doctor``: one line for each part that the site stands on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from flask import current_app

from app.generation import models_on_offer
from app.queue import jobs
from app.search import semantic_search, visual_search
from app.storage import media_store
from app.storage.database import ping, schema_state

INDEXES = (("meaning", semantic_search), ("looks", visual_search))


@dataclass(frozen=True, slots=True)
class Finding:
    """What was found of one part: whether it is well, and a sentence."""

    part: str
    well: bool
    detail: str


def examine() -> list[Finding]:
    """Look at database, Redis, media store, models on offer, the indexes where the database is well, and workers."""
    database = _finding("database", ping() or schema_state(), "answers, at the code's revision")
    return [
        database,
        _finding("redis", "" if jobs.redis_answers() else _redis_flaw(), "answers"),
        _finding("media", media_store.store().check(), _about_media()),
        *(
            _finding("model", models_on_offer.flaw(model.setting), f"{model.setting} is whole")
            for model in models_on_offer.offered()
        ),
        *(_finding(name, index.flaw(), index.about()) for name, index in INDEXES if database.well),
        _worker(),
    ]


def _finding(part: str, flaw: str, well: str) -> Finding:
    return Finding(part, not flaw, flaw or well)


def _about_media() -> str:
    """Say that the store is well, and where nginx has to fetch what it signs for."""
    store, config = media_store.store(), current_app.config
    well = f"{config['MEDIA_URL']} takes, gives and deletes"
    if store.is_local or not config["ACCEL_PREFIX"]:
        return well
    place = urlsplit(store.signed("walks/doctor"))
    told = f"MOMA_BUCKET is {place.scheme}://{place.netloc}" if place.netloc else "it signs no addresses"
    return f"{well}; for nginx, {told}"


def _redis_flaw() -> str:
    url = jobs.address(current_app)
    return f"Redis at {url} does not answer." if url else "No Redis is set and no site runs. Start it: make run"


def _worker() -> Finding:
    workers = jobs.workers()
    if not workers:
        return Finding("worker", False, "No worker is running. Start one: python -m worker")
    return Finding("worker", True, f"{len(workers)} running: {', '.join(map(_about, workers))}")


def _about(worker: dict[str, Any]) -> str:
    """Name a worker's models; those without a revision were not asked for since it began."""
    models = worker.get("models") or {worker["model"]: worker["revision"]}
    names = [f"{name} {revision}" if revision else f"{name} (not loaded yet)" for name, revision in models.items()]
    return f"{' and '.join(names)} on {worker['device']}"
