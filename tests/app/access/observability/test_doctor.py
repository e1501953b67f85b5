"""What the doctor says of workers."""

import pytest
from flask import Flask

from app.access.observability import doctor
from app.core.version import __version__
from app.offer.generation import offers

WORKER = {"name": "one", "model": "tiny", "revision": "abc", "device": "cpu", "models": {"tiny": "abc"}, "sounds": True}


def test_no_worker_is_no_good(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor.jobs, "workers", list)
    assert not doctor._worker(has_database=False).well


@pytest.mark.parametrize(("name", "well"), [("other", False), (None, True)])
def test_workers_of_another_model(app: Flask, monkeypatch: pytest.MonkeyPatch, name: str | None, well: bool) -> None:
    first = offers.first().name
    worker = {**WORKER, "version": __version__, "models": {name or first: "abc"}}
    monkeypatch.setattr(doctor.jobs, "workers", lambda: [worker])
    found = doctor._worker(has_database=False)
    assert found.well is well
    message = "" if well else f". None has {first}, the site's model. Restart them."
    assert found.detail == f"1 running: {name or first} abc on cpu{message}"


@pytest.mark.parametrize("lacking", [{"sounds": False}, {}])
def test_workers_without_sounds_are_named(
    app: Flask, monkeypatch: pytest.MonkeyPatch, lacking: dict[str, bool]
) -> None:
    about = {name: value for name, value in WORKER.items() if name != "sounds"}
    worker = {**about, "version": __version__, "models": {offers.first().name: "abc"}}
    monkeypatch.setattr(doctor.jobs, "workers", lambda: [worker | lacking])
    found = doctor._worker(has_database=False)
    assert found.well and found.detail.endswith("None reads sounds: install requirements/music.txt for one.")
    monkeypatch.setattr(doctor.jobs, "workers", lambda: [worker | lacking, worker | {"sounds": True}])
    assert "sounds" not in doctor._worker(has_database=False).detail
