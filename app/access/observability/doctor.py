"""``flask doctor``: check each part that the site depends on."""

import stat
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from flask import current_app

from app.collection.search import semantic_search, visual_search
from app.core.version import __version__
from app.offer.generation import model_folders, offers
from app.storage import disk_space, free_space, media_store
from app.storage.database_health import find_refusal, ping
from app.storage.schema import recorded_revision, schema_notice, schema_state
from app.walks.queue import jobs

SECRETS = {"secret_key", "secret_key_fallbacks", "metrics_token", "curator_hash", "language_model_key", "sentry_dsn"}
ROOMY = 3  # times the minimum must be free, or a warning says that the disk is nearly full
INDEXES = (("meaning", semantic_search), ("looks", visual_search))


@dataclass(frozen=True, slots=True)
class Finding:
    """The result of one check: the part, whether it is well, and a sentence."""

    part: str
    well: bool
    detail: str


def examine() -> list[Finding]:
    """Check every part and return the results; indexes are checked only if the database is well."""
    config = current_app.config
    flaw = ping() or schema_state() or find_refusal()
    database = _finding("database", flaw, (not flaw and schema_notice()) or "answers, at the code's revision")
    return [
        database,
        _finding("redis", _redis_flaw(), "answers and takes writes"),
        _finding("media", media_store.store().check(), _about_media()),
        *(_model(offer.setting) for offer in offers.load()),
        *(_finding(name, index.flaw(), index.summary()) for name, index in INDEXES if database.well),
        _finding("disk", _disk_flaw(), "has room"),
        _finding("secrets", _secrets_flaw(), "are long enough, and no one else on this machine reads them"),
        _finding("proxy", _proxy_flaw(), f"{config['PROXIES']} in front"),
        _worker(database.well),
    ]


def _model(setting: str) -> Finding:
    """Check a model; the hub is asked about one that is not downloaded."""
    state = model_folders.examine(setting, ask=True)
    return _finding("model", state.flaw, state.sentence)


def _finding(part: str, flaw: str, well: str) -> Finding:
    return Finding(part, not flaw, flaw or well)


def _about_media() -> str:
    """Return the sentence for a working store, with the origin from which nginx must fetch signed URLs."""
    store, config = media_store.store(), current_app.config
    well = f"{config['MEDIA_URL']} takes, gives and deletes"
    if store.is_local or not config["ACCEL_PREFIX"]:
        return well
    place = urlsplit(store.sign_url("walks/doctor"))
    origin = f"MOMA_BUCKET is {place.scheme}://{place.netloc}" if place.netloc else "it signs no addresses"
    return f"{well}; for nginx, {origin}"


def _redis_flaw() -> str:
    url = jobs.address(current_app)
    if jobs.redis_answers():
        refusal = jobs.find_redis_refusal()
        return f"Redis at {url} refuses writes: {refusal}" if refusal else ""
    return f"Redis at {url} does not answer." if url else "No Redis is set and no site runs. Start it: make run"


def _disk_flaw() -> str:
    """Return a sentence if walks are refused because the disk is full, or soon will be; else ``""``."""
    if flaw := free_space.find_disk_problem():
        return flaw
    least, free = current_app.config["FREE_BYTES_MIN"], free_space.free_bytes().values()
    if not free or min(free) >= max(ROOMY * least, 1):
        return ""
    room = f"{min(free) / 1e9:.1f} GB are free for pictures and the database"
    return f"{room}; at {least / 1e9:.1f} GB (FREE_BYTES_MIN) walks are refused. {disk_space.CURE}"


def _secrets_flaw() -> str:
    """Return a sentence if other users can read a file with a secret, or weak secrets are not refused; else ``""``.

    The secrets themselves are checked at the start.
    """
    config, folder = current_app.config, Path(current_app.instance_path)
    settings = folder / "settings.toml"
    holds = settings.exists() and SECRETS & set(tomllib.loads(settings.read_text("utf-8")))
    for path in (folder / "secret_key", *([settings] if holds else [])):
        if path.exists() and path.stat().st_mode & (stat.S_IRGRP | stat.S_IROTH):
            return f"Others on this machine read {path}. Run: chmod 600 {path}"
    if config["PROXIES"] and not config["PRODUCTION"]:
        return "PROXIES says that strangers come, but PRODUCTION is not set, so weak secrets are not refused. Set it."
    return ""


def _proxy_flaw() -> str:
    """Return a sentence if the settings about the proxy contradict each other; else ``""``."""
    config = current_app.config
    if config["ACCEL_PREFIX"] and not config["PROXIES"]:
        return (
            "ACCEL_PREFIX has nginx send the films, but PROXIES says that nothing stands in front: they would be empty."
        )
    return ""


def _worker(has_database: bool) -> Finding:
    """Check the workers: all must run the site's version, as others may not know its tasks, and one its first model.

    That none of them reads sounds is only said, because a site may do without walks to music.
    """
    workers = jobs.workers()
    if not workers:
        return Finding("worker", False, "No worker is running. Start one: python -m worker")
    schema = recorded_revision() if has_database else None
    if old := [worker for worker in workers if jobs.is_outdated(worker, schema)]:
        versions = ", ".join(sorted({str(worker.get("version") or "an earlier version") for worker in old}))
        ours = f"this is {__version__}"
        return Finding("worker", False, f"{len(old)} of {len(workers)} run {versions}, {ours}. Restart them.")
    running = f"{len(workers)} running: {', '.join(map(_about, workers))}"
    first = offers.first().name
    if not any(first in _models(worker) for worker in workers):
        return Finding("worker", False, f"{running}. None has {first}, the site's model. Restart them.")
    if jobs.lacks_sound_readers(workers):
        return Finding("worker", True, f"{running}. None reads sounds: install requirements/music.txt for one.")
    return Finding("worker", True, running)


def _about(worker: dict[str, Any]) -> str:
    """Return a worker's models, with revisions once they are loaded, and its device."""
    models = _models(worker)
    names = [f"{name} {revision}" if revision else f"{name} (not loaded yet)" for name, revision in models.items()]
    return f"{' and '.join(names)} on {worker['device']}"


def _models(worker: dict[str, Any]) -> dict[str, str | None]:
    """Return the revisions of a worker's models by name; None for one not loaded yet."""
    return worker.get("models") or {worker["model"]: worker["revision"]}
