"""The worker of a process: found by its application, and shared with no other."""

from pathlib import Path

import pytest
from flask import Flask

from tests.conftest import make_app
from tests.support.fake_painter import FakePainter
from worker.process.worker import Worker, this_worker


def test_each_application_finds_its_own_worker(app: Flask, tmp_path: Path) -> None:
    other = make_app(tmp_path / "other")
    workers = [Worker(each, FakePainter()) for each in (app, other)]  # type: ignore[arg-type]
    workers[0].stopping.set()
    workers[0].memory.get_or_create(1, "a")
    assert this_worker() is workers[0]
    with other.app_context():
        assert this_worker() is workers[1]
        assert not this_worker().stopping.is_set()


def test_application_without_a_worker_is_named(app: Flask) -> None:
    with pytest.raises(RuntimeError, match="has no worker"):
        this_worker()


def test_captioner_that_fails_is_reported_once(app: Flask, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    app.config["BLIP"] = str(tmp_path / "nowhere")
    worker = Worker(app, FakePainter())  # type: ignore[arg-type]
    assert worker.captioner is None and worker.captioner is None
    assert caplog.text.count("BLIP") == 1
