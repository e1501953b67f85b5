"""Medians with confidence intervals by resampling of the measured pairs."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

RESAMPLED = 2000
SHARE = 0.95


@dataclass(frozen=True, slots=True)
class Median:
    """A median and its 95 % interval (Efron's percentile bootstrap, 1979)."""

    value: float
    low: float
    high: float
    count: int

    def __str__(self) -> str:
        """Return the text for tables."""
        if self.count < 3:
            return f"{_short(self.value)} (n = {self.count})"
        return f"{_short(self.value)} ({_short(self.low)}–{_short(self.high)})"


def median(values: Sequence[float]) -> Median:
    """Return the median of values and its interval.

    :raises ValueError: without values.
    """
    if not values:
        raise ValueError("nothing was measured")
    drawn = np.random.default_rng(0).choice(np.asarray(values, np.float64), (RESAMPLED, len(values)))
    low, high = np.quantile(np.median(drawn, axis=1), [(1 - SHARE) / 2, (1 + SHARE) / 2])
    return Median(float(statistics.median(values)), float(low), float(high), len(values))


def ratios(above: Sequence[float], below: Sequence[float]) -> Median:
    """Return the median of the ratios of corresponding values."""
    return median([a / b for a, b in zip(above, below, strict=True)])


def _short(value: float) -> str:
    return f"{value:.3g}" if abs(value) < 100 else f"{value:.0f}"
