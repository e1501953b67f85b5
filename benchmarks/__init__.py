"""Benchmarks, side by side and as ratios within one run: ``python -m benchmarks``."""

import worker  # noqa: F401 - both sides wait for their threads in the same way
