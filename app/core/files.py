"""Atomic writing of files: a reader sees the old content or the new, never a part."""

import os
import tempfile
from contextlib import suppress
from pathlib import Path


def atomic_write(target: Path, data: bytes, *, is_public: bool = False) -> None:
    """Write ``data`` to ``target`` atomically: to a temporary file, which is synced and renamed.

    Creates the folder if it is missing. The user's group may read both, and if ``is_public`` other users too, such as
    nginx's, whatever the umask is.

    :raises OSError: when the file cannot be written; an earlier file at ``target`` is unchanged.
    """
    _make_folder(target.parent, 0o755 if is_public else 0o750)
    descriptor, aside = tempfile.mkstemp(dir=target.parent, prefix=".", suffix=".part")
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        Path(aside).chmod(0o644 if is_public else 0o640)
        Path(aside).replace(target)
    except BaseException:
        Path(aside).unlink(missing_ok=True)
        raise


def _make_folder(folder: Path, mode: int) -> None:
    missing = [each for each in (folder, *folder.parents) if not each.exists()]
    folder.mkdir(parents=True, exist_ok=True)
    for each in missing:
        with suppress(PermissionError):  # another user's process made it meanwhile
            each.chmod(mode)
