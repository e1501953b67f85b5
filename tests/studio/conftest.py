"""Fixtures of the studio's tests."""

from tests.support.studio_fixtures import *  # noqa: F403 - fixtures
