"""What several files of this campaign share."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from playwright.sync_api import Browser, Page

from app.core.config import ROOT
from app.storage.database import db
from tests.conftest import make_app
from tests.support import easel, led
from tests.support.visits import visiting

Open = Callable[..., Page]


@pytest.fixture
def visit(instance: Path, tmp_path: Path, browser: Browser) -> Iterator[Open]:
    """Return a function that opens the form; at the end no page may have complained."""
    folder = led.lay_out(tmp_path / "model")
    app: Flask = make_app(instance, MODEL=str(folder), WTF_CSRF_ENABLED=True, MEANING=str(ROOT / "models/meaning"))
    with app.app_context(), easel.served(app) as address, visiting(browser) as visits:

        def open_page(path: str = "/", **options: Any) -> Page:
            page = visits.open(base_url=address, **options)
            page.goto(path)
            return page

        yield open_page
        db.session.remove()
        db.engine.dispose()
