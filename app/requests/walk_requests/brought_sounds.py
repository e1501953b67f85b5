"""Sounds that visitors upload for walks: check and store them, and find them again."""

from __future__ import annotations

from collections.abc import Callable

from sqlalchemy.orm import Session

from app.core.errors import NoRoom
from app.core.i18n.gettext import N_, _
from app.storage.sound_models import WAITING, Sound
from app.storage.task_kinds import SOUNDS
from app.walks.queue import admission, jobs, queued_tasks
from app.walks.uploads import sound_check, sound_store

NO_READER = N_(
    "Sounds cannot be read here at the moment: no worker of this site has the packages for it. Its operator can install"
    " them (requirements/music.txt)."
)
RETRY_SECONDS = 600


def upload(
    data: bytes, *, owner_hash: str, network: str, check_room: Callable[[], None], admit: Callable[[], None]
) -> Sound:
    """Check an uploaded sound by its header, store it for a day, and queue the task that decodes and analyses it.

    ``check_room`` raises when there is no room for another sound; ``admit`` counts this one, even if it is refused.

    :raises ValueError: when the sound is refused, as :func:`app.walks.uploads.sound_check.check` does.
    :raises NoRoom: when there is no room for it, or no worker that reads it.
    """
    _check_readers()
    check_room()
    admission.check_storage(network)
    admit()
    checked = sound_check.check(data)
    sound, _is_new = sound_store.save(checked, owner_hash=owner_hash, network=network, enqueue=_enqueue)
    if sound.state == WAITING:
        jobs.notify_workers()
    return sound


def _check_readers() -> None:
    """Check that a worker reads sounds, as far as any runs.

    :raises NoRoom: when none of them does.
    """
    if jobs.lacks_sound_readers(jobs.workers()):
        raise NoRoom(_(NO_READER), retry_after=RETRY_SECONDS, reason="full")


def _enqueue(session: Session, sound_id: str) -> None:
    queued_tasks.add_short_task(session, SOUNDS, task=sound_id)
