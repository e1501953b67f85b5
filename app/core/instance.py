"""The instance folder of a running site: its path, and the lock that allows one site at a time to use it."""

import fcntl
import os
import time
from pathlib import Path

from app.core.environment import variable
from app.core.errors import ConfigError

VARIABLE = "MOMA_INSTANCE"
LOCK_FILE = "lock"
CLOSING_SECONDS = 20.0


class InstanceTaken(ConfigError):
    """Another site uses this instance folder."""


def folder(default: Path) -> Path:
    """Return the absolute path in ``MOMA_INSTANCE``, in which ``~`` is expanded, or else of ``default``.

    Space around the path, such as the CR of an environment file from Windows, is no part of it.
    """
    return Path(variable(VARIABLE) or default).expanduser().resolve()


def take(instance: Path) -> int:
    """Lock the folder ``instance`` and return the file descriptor of the lock file.

    The lock lasts until every process that inherits the descriptor has ended. If the owner was killed, waits up to
    ``CLOSING_SECONDS`` for its child processes to end.

    :raises InstanceTaken: when another site uses the folder.
    :raises ConfigError: when the folder cannot be written to.
    """
    try:
        descriptor = os.open(instance / LOCK_FILE, os.O_RDWR | os.O_CREAT, 0o600)
    except OSError as error:
        raise ConfigError(f"The instance folder {instance} cannot be written to: {error.strerror}.") from error
    deadline = time.monotonic() + CLOSING_SECONDS
    while not _lock(descriptor):
        owner = os.pread(descriptor, 20, 0).decode("ascii", "replace")
        if _runs(owner) or time.monotonic() > deadline:
            os.close(descriptor)
            raise InstanceTaken(
                f"Another site runs in {instance} (process {owner}). Stop it, or set {VARIABLE} to another folder."
            )
        time.sleep(0.05)
    os.ftruncate(descriptor, 0)
    os.pwrite(descriptor, str(os.getpid()).encode(), 0)
    return descriptor


def _lock(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _runs(pid: str) -> bool:
    if not pid.isdigit():
        return False
    try:
        os.kill(int(pid), 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        pass  # it runs as another user
    return True
