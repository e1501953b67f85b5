"""Fixtures with real servers, a browser among them."""

from tests.support.server_fixtures import (  # noqa: F401 - fixtures
    browser_type_launch_args,
    interrupts_arrive,
    new_site,
    planted_site,
    shared_site,
    site,
    sleep_of_pages_is_counted,
    small_model,
)
