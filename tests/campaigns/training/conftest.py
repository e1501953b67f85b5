"""Fixtures of the studio's tests."""

from __future__ import annotations

from tests.support.studio_fixtures import *  # noqa: F403
