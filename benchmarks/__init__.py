"""Benchmarks, side by side and as ratios within one run: ``python -m benchmarks``."""
