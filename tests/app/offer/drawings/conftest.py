"""A site whose model is led by sketches."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask

from tests.conftest import inside, make_app


@pytest.fixture
def app(instance: Path, led_folder: Path) -> Iterator[Flask]:
    with inside(make_app(instance, MODEL=str(led_folder))) as app:
        yield app
