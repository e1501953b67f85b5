"""Fixtures of the tests that generate with tiny models of every family."""

from __future__ import annotations

from tests.support.worker_fixtures import *  # noqa: F403
from tests.support.worker_fixtures import _one_setting_of_torch  # noqa: F401 - a fixture
