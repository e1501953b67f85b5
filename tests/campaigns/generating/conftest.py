"""Fixtures of the tests that generate with tiny models of every family."""

from __future__ import annotations

from tests.support.worker_fixtures import *  # noqa: F403
