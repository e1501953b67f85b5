"""One site in the production shape for all of these tests, and the browser that the machine has."""

from collections.abc import Iterator

import pytest

from tests.campaigns.production.production import Production, running

SETTINGS = {"exhibition": False, "steps": 4, "free_bytes_min": 0, "lease_seconds": 8.0, "lost_max": 100}
SETTINGS |= {"hourly_walks": 100_000, "hourly_walks_address": 100_000, "line_max_visitor": 1000}
SETTINGS |= {"line_max_address": 1000}


@pytest.fixture(scope="session")
def production() -> Iterator[Production]:
    """Run a site as ``deploy/`` has it."""
    with running(**SETTINGS) as site:
        yield site
