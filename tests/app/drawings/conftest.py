"""A site whose model is led by sketches."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask

from app.storage.database import db
from tests.conftest import make_app
from tests.support import led


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return led.lay_out(tmp_path_factory.mktemp("model"))


@pytest.fixture
def app(instance: Path, folder: Path) -> Iterator[Flask]:
    app = make_app(instance, MODEL=str(folder))
    with app.app_context():
        yield app
        db.session.remove()
        db.engine.dispose()
