"""The task that decodes and analyses an uploaded sound, and replaces its file by a FLAC without metadata."""

from __future__ import annotations

import logging
import secrets
from typing import Any

from flask import current_app

from app.core.errors import MediaLost
from app.storage import media_store
from app.storage.database import db
from app.storage.task_kinds import SOUNDS
from app.storage.upload_models import FAILED, READY, WAITING, Upload
from app.walks.uploads import sound_headers
from worker import metrics
from worker.film import scratch
from worker.process.worker import this_worker
from worker.queue.leases import Claim
from worker.sound import reading
from worker.sound.reading import Limits, Unreadable
from worker.tasks import upload_results

LOST = "The sound can no longer be read."
SENTENCES = {
    "damaged": "The sound is cut off or damaged: it cannot be read to its end.",
    "silent": "The sound is silent: nothing in it is louder than -60 dB of full scale.",
    "music": "This site reads no sounds: its worker lacks the packages of the extra music.",
}
"""Sentences for flaws without a limit, as they are stored."""

log = logging.getLogger(__name__)


def analyse(claim: Claim) -> None:
    """Read the sound of a task and store the result; a sound that cannot be read fails with a sentence.

    :raises LeaseLost: when this worker no longer holds the task.
    """
    sound = db.session.get(Upload, claim.task)
    if sound is None or sound.state != WAITING or sound.path is None:  # deleted meanwhile
        upload_results.record(claim, {})
        return
    path, columns = sound.path, _read(sound)
    upload_results.record(claim, columns, made=[columns["path"]], replaced=path)
    log.info("sound %s was read: %s", claim.task, columns["state"])


def limits() -> Limits:
    """Return what the process that reads a sound may use, by the settings."""
    config = current_app.config
    return Limits(
        memory_max=config["SOUND_MEMORY_MAX"],
        cpu_seconds=config["SOUND_CPU_SECONDS"],
        wall_seconds=config["SOUND_WALL_SECONDS"],
        seconds_max=config["SOUND_SECONDS_MAX"],
    )


def _read(sound: Upload) -> dict[str, Any]:
    """Return the columns to store: those of the FLAC, which is written to the store, or the error."""
    sound_id, kind, path = sound.id, sound.details["format"], str(sound.path)
    db.session.rollback()  # no transaction stays open while the sound is read
    try:
        data = media_store.store().read_bytes(path)
    except MediaLost as error:
        log.warning("sound %s cannot be read: %s", sound_id, error)
        return _failed(LOST)
    scratch.check()
    try:
        with scratch.room():
            counted = sound_headers.with_frame_count(data) if kind == "mp3" else data
            read = reading.read_sound(counted, kind, limits(), this_worker().heartbeat.note_progress)
    except Unreadable as error:
        if error.flaw == "music":
            metrics.FAILURES.labels("other").inc()
        return _failed(_sentence(error.flaw))
    # random, so that no other worker that reads the same sound writes the same file, which this one may have to delete
    stored = f"{SOUNDS}/{sound_id}.{secrets.token_hex(8)}.flac"
    media_store.store().write(stored, read.data)
    return {
        "state": READY,
        "path": stored,
        "bytes": len(read.data),
        "details": {"format": kind, "rate": read.rate, "channels": read.channels},
        "seconds": read.analysis["seconds"],
        "analysis": read.analysis,
    }


def _failed(sentence: str) -> dict[str, Any]:
    return {"state": FAILED, "error": sentence, "path": None, "bytes": 0}


def _sentence(flaw: str) -> str:
    """Return the sentence about a flaw, with the limit."""
    most = limits()
    match flaw:
        case "long":
            return f"The sound lasts longer than {most.seconds_max:,} seconds; no more is read."
        case "memory":
            return f"The sound takes more than {most.memory_max / 1e6:,.0f} MB of memory to read."
        case "cpu":
            return f"The sound takes longer than {most.cpu_seconds:,} seconds of processor time to read."
        case "wall":
            return f"The sound takes longer than {most.wall_seconds:,} seconds to read."
        case _:
            return SENTENCES.get(flaw, SENTENCES["damaged"])
