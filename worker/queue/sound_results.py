"""What the task of a sound leaves behind: the sound's columns."""

from __future__ import annotations

from typing import Any

from sqlalchemy import delete, update
from sqlalchemy.orm import Session

from app.storage.sound_models import FAILED, WAITING, Sound
from app.storage.task_kinds import SOUNDS
from app.storage.walk_models import Task

INTERRUPTED = "Reading the sound was interrupted. Upload it again."


def store(session: Session, sound_id: str, **columns: Any) -> bool:
    """Store what was read of a sound and delete its task; return whether the sound still waited for it."""
    session.execute(delete(Task).where(Task.task == sound_id, Task.kind == SOUNDS))
    if not columns:
        return False
    waits = Sound.id == sound_id, Sound.state == WAITING
    written = session.execute(
        update(Sound).where(*waits).values(**columns).execution_options(synchronize_session=False)
    )
    return bool(written.rowcount)  # type: ignore[attr-defined]


def fail(session: Session, sound_id: str) -> None:
    """Record that a sound failed because its worker was lost; its file is deleted with the row, in a day."""
    store(session, sound_id, state=FAILED, error=INTERRUPTED)
