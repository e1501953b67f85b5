"""Atomic writing of files: a reader sees the old content or the new, never a part."""

from __future__ import annotations

import os
import tempfile
from contextlib import suppress
from pathlib import Path


def atomic_write(target: Path, data: bytes) -> None:
    """Write ``data`` to ``target`` atomically: to a temporary file, which is synced and renamed.

    Creates the folder if it is missing. Other users, such as nginx's, may read both, whatever the umask is.

    :raises OSError: when the file cannot be written; an earlier file at ``target`` is unchanged.
    """
    _make_folder(target.parent)
    descriptor, aside = tempfile.mkstemp(dir=target.parent, prefix=".", suffix=".part")
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        Path(aside).chmod(0o644)
        Path(aside).replace(target)
    except BaseException:
        Path(aside).unlink(missing_ok=True)
        raise


def _make_folder(folder: Path) -> None:
    missing = [each for each in (folder, *folder.parents) if not each.exists()]
    folder.mkdir(parents=True, exist_ok=True)
    for each in missing:
        with suppress(PermissionError):  # another user's process made it meanwhile
            each.chmod(0o755)
