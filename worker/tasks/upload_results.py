"""The end of the task of an upload: store what was found, and delete the files that nothing names then."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from app.storage import media_store
from app.storage.database import writing
from app.walks.uploads import upload_store
from worker.queue import upload_tasks
from worker.queue.leases import Claim, write_as_holder


def record(claim: Claim, columns: dict[str, Any], *, made: Collection[str | None] = (), replaced: str = "") -> None:
    """Store what a task found of its upload, and delete the files that no row names then.

    :param made: the files that the task made, which are deleted if the upload did not wait for them any more.
    :param replaced: the file that they replace, which is deleted otherwise.
    :raises LeaseLost: when this worker no longer holds the task; the files that it made are deleted.
    """
    is_written = False
    try:
        with writing() as session:
            write_as_holder(session, claim)
            is_written = upload_tasks.store(session, str(claim.task), **columns)
    finally:
        if unused := {path for path in ([replaced] if is_written else made) if path}:
            for path in unused - upload_store.paths():
                media_store.store().delete(path)
