"""Files that root writes in the folders of a site belong to the folders' owner.

One command that root runs would else leave files that the site's user can neither change nor read, and every backup
would fail over them.
"""

from __future__ import annotations

import atexit
import os
import stat
import sys
from contextlib import suppress
from pathlib import Path

from flask import Flask


def give_at_exit(app: Flask) -> None:
    """When this process ends, give root's files in the site's folders to the folders' owner; only root does that."""
    if os.geteuid() != 0:
        return
    atexit.register(_give_all, app, os.getpid())


def _give_all(app: Flask, pid: int) -> None:
    media_store = sys.modules.get("app.storage.media_store")  # a command that needs none imports none
    store = app.extensions.get(media_store.EXTENSION) if media_store else None
    folders = {Path(app.instance_path), *([Path(store.root)] if store and store.is_local else [])}
    for folder in folders:
        give_to_owner(folder, pid)


def give_to_owner(folder: Path, pid: int | None = None) -> int:
    """Give all in ``folder`` that belongs to root to the owner and group of ``folder``; return how many paths.

    Links are not followed, and files with several names are left: its owner may have linked what is not theirs. A
    process forked from ``pid`` does nothing.
    """
    if pid not in (None, os.getpid()) or not folder.is_dir():
        return 0
    owner = folder.stat()
    if owner.st_uid == 0:
        return 0
    given = 0
    for _, folders, files, descriptor in os.fwalk(folder, follow_symlinks=False):
        for name in (*folders, *files):
            with suppress(OSError):  # it was deleted meanwhile
                about = os.stat(name, dir_fd=descriptor, follow_symlinks=False)
                is_single = stat.S_ISDIR(about.st_mode) or about.st_nlink == 1
                if about.st_uid == 0 and is_single:
                    os.chown(name, owner.st_uid, owner.st_gid, dir_fd=descriptor, follow_symlinks=False)
                    given += 1
    return given
