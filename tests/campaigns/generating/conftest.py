"""Fixtures of the tests that generate with tiny models of every family."""

from __future__ import annotations

from tests.support.worker_fixtures import (  # noqa: F401 - fixtures
    beside_writers,
    film,
    flow_models,
    flow_painters,
    house,
    models,
    one_setting_of_torch,
    painter,
    painters,
    tiny_models,
    words_alone,
)
