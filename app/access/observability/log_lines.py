"""The format of log lines, and the IDs of request, walk and task that they carry.

Uses only the standard library, because ``deploy/gunicorn.conf.py`` loads this file by its path before the application.
"""

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
REQUEST_ID = "{x-request-id}o"  # gunicorn's notation for a response header
NUMBER = re.compile(r"[0-9]+")

_ids: ContextVar[dict[str, str]] = ContextVar("moma_ids", default={})  # noqa: B039 - replaced, never modified


@contextmanager
def bound(**ids: str | None) -> Iterator[None]:
    """Add IDs to all log lines within the context, in addition to those bound before; skip those that are None."""
    token = _ids.set(_ids.get() | {name: value for name, value in ids.items() if value})
    try:
        yield
    finally:
        _ids.reset(token)


def bind(**ids: str) -> None:
    """Set the IDs of all further log lines of this thread, in place of those bound before."""
    _ids.set(ids)


def ids() -> dict[str, str]:
    """Return the IDs bound in this context."""
    return _ids.get()


class Ids(logging.Filter):
    """A filter that adds the bound IDs to records; as a handler's filter it runs in the thread that logs."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Add the IDs that the record lacks; return True, as no record is dropped."""
        for name, value in _ids.get().items():
            if not hasattr(record, name):
                setattr(record, name, value)
        return True


class TextLines(logging.Formatter):
    """Formats records as text, with the IDs at the end of the first line."""

    def format(self, record: logging.LogRecord) -> str:
        """Return a record as text; a traceback follows on further lines."""
        carried = [f"{name}={value}" for name in KEYS if (value := getattr(record, name, None))]
        first, _, rest = super().format(record).partition("\n")
        return " ".join([first, *carried]) + (f"\n{rest}" if rest else "")


class JsonLines(logging.Formatter):
    """Formats records as JSON, one object in each line."""

    def format(self, record: logging.LogRecord) -> str:
        """Return a record as a JSON object; a line of gunicorn's access log is split into fields."""
        entry: dict[str, Any] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
        }
        if record.name == "gunicorn.access" and isinstance(record.args, dict):
            entry |= _of_request(record)
        else:
            entry["message"] = record.getMessage()
        entry |= {name: value for name in KEYS if (value := getattr(record, name, None))}
        if record.exc_info and record.exc_info[0]:
            entry["error"] = record.exc_info[0].__name__
            entry["traceback"] = self.formatException(record.exc_info)
        return json.dumps(entry, ensure_ascii=False)


def _of_request(record: logging.LogRecord) -> dict[str, Any]:
    """Return the fields of a line of gunicorn's access log; with the visitor's address only if its format has it."""
    atoms: Any = record.args
    names = ACCESS | (OF_VISITORS if "%(a)s" in record.msg else {})
    fields = {name: atoms[atom] for atom, name in names.items() if atom in atoms}
    numbers = {name: int(value) for name, value in fields.items() if NUMBER.fullmatch(str(value))}
    if (request_id := str(atoms[REQUEST_ID])) != "-":
        fields["request_id"] = request_id
    return fields | numbers


def warn_once(extensions: dict[str, Any], log: logging.Logger, sentence: str) -> None:
    """Log a warning once for each application, which stores in its `extensions` that it was logged."""
    warned: set[str] = extensions.setdefault("moma-warned", set())
    if sentence not in warned:
        warned.add(sentence)
        log.warning("%s", sentence)


def formatter(kind: str) -> logging.Formatter:
    """Return the formatter for ``kind``, one of `FORMATS`."""
    return JsonLines() if kind == JSON else TextLines(LINE)


class _Lines(logging.StreamHandler[TextIO]):
    """The handler that `configure` installs, recognised by its class when the format is set again."""


def configure(kind: str, level: int) -> None:
    """Configure logging of this process: write records from ``level`` on to stderr in the format ``kind``.

    Does nothing if the root logger has other handlers already.
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
