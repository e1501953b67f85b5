"""Free space on the disks of this machine that hold the site's pictures and database."""

import shutil

from flask import current_app
from sqlalchemy.engine import make_url

from app.storage import disk_space, media_store

FULL_BYTES = 1_000_000
"""A disk with fewer free bytes is full: not even one picture can be stored."""


def find_disk_problem() -> str:
    """Return why walks are refused for lack of disk space, and the remedy; ``""`` if there is enough."""
    least = current_app.config["FREE_BYTES_MIN"]
    free, place = min(((free, place) for place, free in free_bytes().items()), default=(least, ""))
    if free >= least:
        return ""
    message = f"{free / 1e9:.1f} GB are free at {place}, and walks are refused: FREE_BYTES_MIN is {least / 1e9:.1f} GB"
    return f"{message}. {disk_space.CURE}"


def is_disk_full() -> bool:
    """Return whether a disk with pictures or the database is full, whatever `FREE_BYTES_MIN` is."""
    return min(free_bytes().values(), default=FULL_BYTES) < FULL_BYTES


def free_bytes() -> dict[str, int]:
    """Return the free bytes of each folder with the site's files, for folders on this machine's disks."""
    store, address = media_store.store(), make_url(current_app.config["DATABASE_URL"])
    folders = [store.root] if store.is_local else []
    if address.get_backend_name() == "sqlite" and address.database:
        folders.append(address.database)
    found = {}
    for folder in folders:
        try:
            found[folder] = shutil.disk_usage(folder).free
        except OSError:  # not created yet or unavailable, which writers report
            continue
    return found
