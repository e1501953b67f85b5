"""Fixtures of the benchmarks' tests: the tiny models of the worker's."""

from tests.support.worker_fixtures import models, one_setting_of_torch, painters, sd1, tiny_models  # noqa: F401
