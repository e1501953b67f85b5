"""Turns in which pictures are decoded: one at a time on each machine, with a few that wait.

Locks on files in the instance folder are shared by all processes of a machine, and end with the process that has them.
"""

from __future__ import annotations

import fcntl
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import IO

from flask import current_app

from app.core.errors import NoRoom
from app.core.i18n.gettext import _

FOLDER = "decoding"
WAITING = 2
"""How many pictures may wait for the one that is decoded; each holds a thread of the web server."""
RETRY_SECONDS = 5


@contextmanager
def turn() -> Iterator[None]:
    """Wait until no other picture is decoded, and keep others waiting within the context.

    :raises NoRoom: when :data:`WAITING` are waiting already.
    """
    folder = Path(current_app.instance_path) / FOLDER
    folder.mkdir(parents=True, exist_ok=True)
    with ExitStack() as files:
        places = (files.enter_context((folder / f"place-{index}").open("w")) for index in range(1 + WAITING))
        if not any(_is_free(index) for index in places):
            raise NoRoom(
                _("Several pictures are being looked at just now. Send yours again in a few seconds."),
                retry_after=RETRY_SECONDS,
                reason="pictures",
            )
        fcntl.flock(files.enter_context((folder / "turn").open("w")), fcntl.LOCK_EX)
        yield


def _is_free(place: IO[str]) -> bool:
    """Lock a place if no other thread or process has it; return whether it was free."""
    try:
        fcntl.flock(place, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
