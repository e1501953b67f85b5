"""Fixtures of the studio's tests."""

from __future__ import annotations

from tests.support.studio_fixtures import (  # noqa: F401 - fixtures
    base,
    book,
    drawn,
    encoded,
    encoded_copy,
    halving,
    led,
    model,
    modules,
    pictures,
    run,
    sketched,
    threads,
)
