"""What a line of the logs looks like, and the ids that it carries: of the request, and of the walk that it led to.

Of the standard library alone: ``deploy/gunicorn.conf.py`` loads this file by its path, before the application is there.
"""

from __future__ import annotations

import json
import logging
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime
from typing import Any, TextIO

FORMATS = TEXT, JSON = "text", "json"
KEYS = "request_id", "walk_id", "task_id"
LINE = "%(asctime)s %(name)s %(levelname)s %(message)s"
ACCESS = {"m": "method", "U": "path", "s": "status", "B": "bytes", "M": "milliseconds"}
OF_VISITORS = {"h": "address", "q": "query", "a": "user_agent"}
REQUEST_ID = "{x-request-id}o"  # as gunicorn names a header of an answer
NUMBER = re.compile(r"[0-9]+")

_ids: ContextVar[dict[str, str]] = ContextVar("moma_ids", default={})  # noqa: B039 - it is replaced, never changed


@contextmanager
def bound(**ids: str | None) -> Iterator[None]:
    """Have all lines that are written in this context carry these ids; those that are ``None`` are left out."""
    token = _ids.set(_ids.get() | {name: value for name, value in ids.items() if value})
    try:
        yield
    finally:
        _ids.reset(token)


def bind(**ids: str) -> None:
    """Have all lines of this thread carry these ids and no others, from here on."""
    _ids.set(ids)


def ids() -> dict[str, str]:
    """Return the ids that lines carry here."""
    return _ids.get()


class Ids(logging.Filter):
    """Write on a record the ids of where it was made; a handler has it do so in the thread that logs."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Let all through."""
        for name, value in _ids.get().items():
            if not hasattr(record, name):
                setattr(record, name, value)
        return True


class TextLines(logging.Formatter):
    """A line for people, with the ids at its end."""

    def format(self, record: logging.LogRecord) -> str:
        """Write a record; a traceback follows in lines of its own."""
        carried = [f"{name}={value}" for name in KEYS if (value := getattr(record, name, None))]
        first, _, rest = super().format(record).partition("\n")
        return " ".join([first, *carried]) + (f"\n{rest}" if rest else "")


class JsonLines(logging.Formatter):
    """A JSON object in one line, for programs."""

    def format(self, record: logging.LogRecord) -> str:
        """Write a record; what an access log says of a request is taken apart."""
        told: dict[str, Any] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
        }
        if record.name == "gunicorn.access" and isinstance(record.args, dict):
            told |= _of_request(record)
        else:
            told["message"] = record.getMessage()
        told |= {name: value for name in KEYS if (value := getattr(record, name, None))}
        if record.exc_info and record.exc_info[0]:
            told["error"] = record.exc_info[0].__name__
            told["traceback"] = self.formatException(record.exc_info)
        return json.dumps(told, ensure_ascii=False)


def _of_request(record: logging.LogRecord) -> dict[str, Any]:
    """Take a line of gunicorn's access log apart; whom it was for is told where the text would tell it."""
    atoms: Any = record.args
    names = ACCESS | (OF_VISITORS if "%(a)s" in record.msg else {})
    told = {name: atoms[atom] for atom, name in names.items() if atom in atoms}
    numbers = {name: int(value) for name, value in told.items() if NUMBER.fullmatch(str(value))}
    if (request_id := str(atoms[REQUEST_ID])) != "-":
        told["request_id"] = request_id
    return told | numbers


def warn_once(extensions: dict[str, Any], log: logging.Logger, sentence: str) -> None:
    """Log a warning, however often an application comes to it, once; its `extensions` remember that."""
    warned: set[str] = extensions.setdefault("moma-warned", set())
    if sentence not in warned:
        warned.add(sentence)
        log.warning("%s", sentence)


def formatter(kind: str) -> logging.Formatter:
    """Return what writes lines of a kind."""
    return JsonLines() if kind == JSON else TextLines(LINE)


class _Lines(logging.StreamHandler[TextIO]):
    """A handler that is known again when the form of its lines is set anew."""


def configure(kind: str, level: int) -> None:
    """Have everything that is logged in this process, from ``level`` on, come out as such lines.

    Where somebody else has seen to that already, it is left to them.
    """
    root = logging.getLogger()
    if any(not isinstance(handler, _Lines) for handler in root.handlers):
        return
    for handler in root.handlers:
        handler.setFormatter(formatter(kind))
    if not root.handlers:
        lines = _Lines(sys.stderr)
        lines.setFormatter(formatter(kind))
        lines.addFilter(Ids())
        root.addHandler(lines)
    root.setLevel(level)
