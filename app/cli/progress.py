"""Show on stderr how far a command is."""

from __future__ import annotations

import shutil
import sys
import time
from typing import Self

import click

from app.cli.common import wants_json

TERMINAL_SECONDS = 0.1
LINE_SECONDS = 2.0
CLEAR = "\r\033[K"


class Progress:
    """The progress of a command; nothing is shown with ``--json``.

    On a terminal it is one line, replaced ten times a second at most and removed at the end. Elsewhere, such as in a
    log, a line is printed every two seconds, so that quick commands print none.
    """

    def __init__(self) -> None:
        self._is_terminal = sys.stderr.isatty()
        self._is_silent = wants_json()
        self._shown_at = time.monotonic()
        self._what = self._line = ""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self.clear()

    def report(self, what: str, done: int, total: int) -> None:
        """Show how much is done (`app.core.progress.Report`), unless the last line is too young.

        On a terminal, the start of something else is shown at once.
        """
        is_due = time.monotonic() - self._shown_at >= (TERMINAL_SECONDS if self._is_terminal else LINE_SECONDS)
        if self._is_silent or not (is_due or (self._is_terminal and what != self._what)):
            return
        total = max(done, total)  # what is counted may have grown since
        self._shown_at, self._what = time.monotonic(), what
        self._line = what + (f": {done:,} of {total:,}, {100 * done // total} %" if total else " …")
        if self._is_terminal:
            width = shutil.get_terminal_size().columns - 1  # a wrapped line could not be replaced
            click.echo(f"{CLEAR}{self._line:.{width}}", err=True, nl=False)
        else:
            click.echo(self._line, err=True)

    def clear(self) -> None:
        """Remove the line from a terminal, so that something else can be printed."""
        if self._is_terminal and self._line:
            click.echo(CLEAR, err=True, nl=False)
            self._line = ""
