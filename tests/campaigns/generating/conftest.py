"""Fixtures of the tests that generate with tiny models of every family."""

from tests.support.worker_fixtures import *  # noqa: F403
