"""What the worker's tests look at in the database."""

from datetime import timedelta

from app.storage.database import db, now
from app.storage.upload_models import Upload
from app.storage.walk_models import Task, Walk
from app.walks.saved import lookup
from tests.support.rows import change
from worker.queue import leases


def read(walk_id: str) -> Walk:
    """Read a walk as it stands in the database."""
    db.session.rollback()
    db.session.expire_all()
    return lookup.walk_at_address(walk_id)


def read_photo(photo_id: str) -> Upload:
    """Read a photo as it stands in the database."""
    db.session.rollback()
    found = db.session.get(Upload, photo_id, populate_existing=True)
    assert found is not None
    return found


def expire_leases() -> None:
    """Expire the leases of all claimed tasks, and sweep."""
    change(Task, Task.lease_until.is_not(None), lease_until=now() - timedelta(seconds=1))
    leases.sweep()
