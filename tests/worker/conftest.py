"""Fixtures of the worker's tests."""

from __future__ import annotations

from tests.support.worker_fixtures import (  # noqa: F401 - fixtures
    _one_setting_of_torch,
    beside_writers,
    film,
    flow_models,
    flow_painters,
    generated,
    house,
    models,
    painter,
    painters,
    tiny_models,
    words_alone,
)
