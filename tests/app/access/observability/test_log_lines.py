"""Lines of the logs: for people and for programs, with the ids of what they are about."""

import json
import logging
import runpy
from pathlib import Path

import pytest

from app.access.observability import log_lines
from app.core.config import ROOT


@pytest.fixture(autouse=True)
def _no_ids() -> None:
    """End what an earlier test's request bound: a thread keeps a request's ids until its next request."""
    log_lines.bind()


def record(
    message: str = "two of %s", *args: object, name: str = "app.site.web", error: bool = False
) -> logging.LogRecord:
    """Make a record as a logger does, with the ids of where it is made."""
    try:
        raise ValueError("no quinces")
    except ValueError as raised:
        raised_here = (type(raised), raised, raised.__traceback__) if error else None
        made = logging.LogRecord(name, logging.ERROR, "", 0, message, args or ("three",), raised_here)
    log_lines.Ids().filter(made)
    return made


def written(made: logging.LogRecord) -> dict[str, object]:
    line = log_lines.formatter("json").format(made)
    assert "\n" not in line
    return dict(json.loads(line))


def test_json_is_an_object_in_one_line_with_its_ids() -> None:
    with log_lines.bound(request_id="ab", walk_id="w"):
        entry = written(record())
    assert entry.pop("time")
    assert entry == {
        "level": "error", "logger": "app.site.web", "message": "two of three", "request_id": "ab", "walk_id": "w"
    }  # fmt: skip
    assert "request_id" not in written(record())


def test_traceback_stays_in_the_line() -> None:
    entry = written(record(error=True))
    assert entry["error"] == "ValueError"
    assert "no quinces" in str(entry["traceback"])


def test_text_has_its_ids_at_the_end_of_the_first_line() -> None:
    with log_lines.bound(request_id="ab", task_id=None):
        first, *rest = log_lines.formatter("text").format(record(error=True)).splitlines()
    assert first.endswith("app.site.web ERROR two of three request_id=ab")
    assert rest[0].startswith("Traceback")


def test_ids_of_an_inner_context_join_those_of_the_outer_and_go_with_it() -> None:
    with log_lines.bound(request_id="ab"):
        with log_lines.bound(walk_id="w"):
            assert log_lines.ids() == {"request_id": "ab", "walk_id": "w"}
        assert log_lines.ids() == {"request_id": "ab"}
    assert log_lines.ids() == {}


ATOMS = {
    "m": "GET",
    "U": "/gallery",
    "s": "200",
    "B": 312,
    "M": 7,
    "h": "203.0.113.9",
    "q": "q=quinces",
    "a": "Nosegay",
}


@pytest.mark.parametrize("names_visitors", [False, True])
def test_access_log_names_visitors(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, names_visitors: bool) -> None:
    monkeypatch.setenv("PROMETHEUS_MULTIPROC_DIR", str(tmp_path))
    settings = runpy.run_path(str(ROOT / "deploy" / "gunicorn.conf.py"))
    pattern = settings["WITH_VISITORS" if names_visitors else "access_log_format"]
    made = logging.LogRecord(
        "gunicorn.access", logging.INFO, "", 0, pattern, ({**ATOMS, "{x-request-id}o": "ab"},), None
    )
    entry = written(made)
    kept = {"method": "GET", "path": "/gallery", "status": 200, "bytes": 312, "milliseconds": 7, "request_id": "ab"}
    visitor = {"address": "203.0.113.9", "query": "q=quinces", "user_agent": "Nosegay"}
    assert {name: value for name, value in entry.items() if name not in ("time", "level", "logger")} == kept | (
        visitor if names_visitors else {}
    )
