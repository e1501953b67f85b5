"""Fixtures of the worker's tests."""

from tests.support.worker_fixtures import *  # noqa: F403 - fixtures
