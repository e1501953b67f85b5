"""Fixtures of the benchmarks' tests: the tiny models of the worker's."""

from tests.support.worker_fixtures import _one_setting_of_torch, models, painters, tiny_models  # noqa: F401
