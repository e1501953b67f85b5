"""Fixtures of the worker's tests."""

from __future__ import annotations

from tests.support.worker_fixtures import *  # noqa: F403 - fixtures
