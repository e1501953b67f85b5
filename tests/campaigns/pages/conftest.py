"""What several files of this campaign share."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from playwright.sync_api import Browser

from app.core.config import ROOT
from tests.conftest import inside, make_app
from tests.support import led, walk_rows
from tests.support.visits import Open, visiting_site


@pytest.fixture
def address(app: Flask) -> Iterator[str]:
    """Serve the pages of this test's own rows."""
    with walk_rows.served(app) as url:
        yield url


@pytest.fixture
def visit(instance: Path, tmp_path: Path, browser: Browser) -> Iterator[Open]:
    """Return a function that opens the form; at the end no page may have complained."""
    folder = led.lay_out(tmp_path / "model")
    settings = {"MODEL": str(folder), "WTF_CSRF_ENABLED": True, "MEANING": str(ROOT / "models/meaning")}
    with inside(make_app(instance, **settings)) as app, visiting_site(app, browser) as visit:
        yield visit
