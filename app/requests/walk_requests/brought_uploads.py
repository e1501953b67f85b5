"""Files that visitors upload for walks: check and store them, and queue the tasks that process them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sqlalchemy.orm import Session

from app.core.errors import NoRoom
from app.core.i18n.gettext import N_, _
from app.storage.upload_models import WAITING, Upload
from app.walks.queue import admission, jobs, queued_tasks
from app.walks.uploads import kinds, upload_store
from app.walks.uploads.kinds import UploadKind

NO_READER = N_(
    "Sounds cannot be read here at the moment: no worker of this site has the packages for it. Its operator can install"
    " them (requirements/music.txt)."
)
RETRY_SECONDS = 600
NO_LIMITS: dict[str, Any] = {"network": "", "check_room": lambda: None, "admit": lambda: None}
"""How operators upload: from no address, and without a rate limit."""


def upload(
    kind: UploadKind,
    data: bytes,
    *,
    owner_hash: str,
    network: str,
    check_room: Callable[[], None],
    admit: Callable[[], None],
) -> Upload:
    """Check an uploaded file, store it for a day, and queue the task that processes it.

    ``check_room`` raises when there is no room for another file; ``admit`` counts this one, before it is checked, since
    one that is refused is work too.

    :raises ValueError: when the file is refused, as the check of its kind does.
    :raises NoRoom: when there is no room for it, or no worker that reads its kind.
    """
    if kind is kinds.SOUND and jobs.lacks_sound_readers(jobs.workers()):
        raise NoRoom(_(NO_READER), retry_after=RETRY_SECONDS, reason="full")
    check_room()
    admission.check_storage(network)
    admit()
    stored, _is_new = upload_store.save(
        kind, kind.check(data), owner_hash=owner_hash, network=network, enqueue=_enqueue
    )
    if stored.state == WAITING:
        jobs.notify_workers()
    return stored


def _enqueue(session: Session, stored: Upload) -> None:
    queued_tasks.add_short_task(session, stored.kind, task=stored.id)
