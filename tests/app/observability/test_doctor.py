"""What the doctor says of workers."""

from __future__ import annotations

import pytest

from app.observability import doctor
from app.version import __version__

WORKER = {"name": "one", "model": "tiny", "revision": "abc", "device": "cpu", "models": {"tiny": "abc"}}


def test_worker_of_another_version_is_named_with_the_cure(monkeypatch: pytest.MonkeyPatch) -> None:
    workers = [{**WORKER, "version": __version__}, {**WORKER, "version": "0.9.0"}]
    monkeypatch.setattr(doctor.jobs, "workers", lambda: workers)
    found = doctor._worker(has_database=False)
    assert not found.well
    assert found.detail == f"1 of 2 run 0.9.0, this is {__version__}. Start them anew."


def test_no_worker_is_no_good(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor.jobs, "workers", list)
    assert not doctor._worker(has_database=False).well
