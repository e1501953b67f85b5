"""What the tests of the site share: an application with the settings that a test is marked with, and a curator.

Each drawing is tried in a process of its own once.
"""

import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app.storage.walk_models import Walk
from app.storage.wall_models import Wall
from app.walks.queue import jobs
from app.wall import director
from sketch import svg
from tests.conftest import inside, make_app
from tests.support import led
from tests.support.curator import HASH, enter
from tests.support.rows import Maker
from tests.support.walls import opened

KEPT: dict[str, str] = {}


def pytest_configure(config: pytest.Config) -> None:
    """Register the mark ``settings``."""
    message = "settings(**settings): of the test's application; a model is a function that lays it out in a folder"
    config.addinivalue_line("markers", message)


@pytest.fixture(scope="module", autouse=True)
def tried_once() -> Iterator[None]:
    """Try each drawing once in a test run: the same few are added by dozens of tests, a fifth of a second each.

    Refusals are not kept, and ``tests/sketch/test_svg.py`` tests the trial itself.
    """
    try_rendering = svg.try_rendering

    def kept(drawing: str) -> str:
        if drawing not in KEPT:
            KEPT[drawing] = try_rendering(drawing)
        return KEPT[drawing]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(svg, "try_rendering", kept)
        yield


@pytest.fixture
def app(instance: Path, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Flask]:
    """Build an application with the settings of the test's marks ``settings``, and stay in its context."""

    def lay_out(value: Any) -> Any:
        if isinstance(value, list):
            return [lay_out(each) for each in value]
        if value is led.lay_out:
            return str(request.getfixturevalue("led_folder"))
        return str(value(Path(tempfile.mkdtemp(dir=tmp_path)))) if callable(value) else value

    marks = reversed([*request.node.iter_markers("settings")])  # a module's first
    settings = {name: lay_out(value) for mark in marks for name, value in mark.kwargs.items()}
    with inside(make_app(instance, **settings)) as app:
        yield app


@pytest.fixture
def curator(app: Flask) -> FlaskClient:
    """Sign in as the curator."""
    app.config["CURATOR_HASH"] = HASH
    client = app.test_client()
    assert enter(client).status_code == 303
    return client


@pytest.fixture
def in_request(app: Flask) -> Iterator[None]:
    """Stay in a request, whose language words are in."""
    with app.test_request_context():
        yield


@pytest.fixture
def walk(publish: Maker) -> Walk:
    """Publish a finished walk."""
    return publish()


@pytest.fixture
def wall(app: Flask, monkeypatch: pytest.MonkeyPatch) -> Wall:
    """Open a wall, whose screen may walk as fast as it likes."""
    monkeypatch.setattr(director, "FPS_MAX", 1e9)
    return opened()


@pytest.fixture
def living(monkeypatch: pytest.MonkeyPatch) -> None:
    """Put one living worker in the place of what Redis knows."""
    monkeypatch.setattr(jobs, "workers", lambda: [{"name": "one"}])
    monkeypatch.setattr(jobs, "redis_answers", lambda: True)
