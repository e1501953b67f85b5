"""What lies between two stops: on the straight line, or on the great arc that keeps noise as long as it is."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike, NDArray

PARALLEL = 0.9995
"""The cosine beyond which two vectors count as parallel and slerp becomes a straight line."""


def lerp(a: NDArray[np.floating], b: NDArray[np.floating], t: ArrayLike) -> NDArray[np.floating]:
    """Interpolate along the straight line from `a` to `b`; exactly `a` at t = 0 and `b` at t = 1.

    A scalar `t` keeps the arrays' shape; an array of `t` adds its own shape in front.
    """
    t = _leading(t, a)
    between: NDArray[np.floating] = (1 - t) * a + t * b
    return between


def slerp(a: NDArray[np.floating], b: NDArray[np.floating], t: ArrayLike) -> NDArray[np.floating]:
    """Interpolate along the great arc from `a` to `b`, taken as flat vectors (Shoemake, SIGGRAPH 1985).

    Gaussian noise keeps its length on the arc, which a straight line shortens. Beyond t = 1 the arc goes on round its
    circle. For vectors that are parallel or zero it is not defined, and the straight line takes its place; between
    opposite ones there are many, and the one by way of `_aside(a)` is taken. `t` as in `lerp`.
    """
    cosine = _cosine(a, b)
    if cosine > PARALLEL:
        return lerp(a, b, t)
    if cosine < -PARALLEL:
        third = _aside(a)
        early = _leading(np.less(t, 0.5), a).astype(bool)
        return np.where(early, slerp(a, third, 2 * np.asarray(t)), slerp(third, b, 2 * np.asarray(t) - 1))
    t = _leading(t, a)
    angle = math.acos(cosine)
    between: NDArray[np.floating] = (np.sin((1 - t) * angle) * a + np.sin(t * angle) * b) / math.sin(angle)
    return between


def long_way(a: NDArray[np.floating], b: NDArray[np.floating], t: ArrayLike) -> NDArray[np.floating]:
    """Go on from `b` at t = 0, the long way round the great circle of `slerp(a, b)`, to `a` at t = 1.

    Out by slerp and back by this, noise has gone full circle and was nowhere twice. Parallel or opposite vectors lie
    on no circle of their own; the way back is then the way out.
    """
    cosine = _cosine(a, b)
    if abs(cosine) > PARALLEL:
        return slerp(b, a, t)
    return slerp(a, b, 1 + np.asarray(t) * (2 * math.pi / math.acos(cosine) - 1))


def _cosine(a: NDArray[np.floating], b: NDArray[np.floating]) -> float:
    """Return the cosine of the angle between two arrays, taken as flat vectors; 1 where one of them is zero."""
    norms = float(np.linalg.norm(a) * np.linalg.norm(b))
    return float(np.vdot(a, b)) / norms if norms else 1.0


def _aside(a: NDArray[np.floating]) -> NDArray[np.floating]:
    """Make a vector at right angles to `a`, as long and, for noise, as random: its own numbers, moved on by one."""
    flat = a.ravel()
    for other in (np.roll(flat, 1), np.where(np.arange(flat.size) % 2, 1, -1)):
        rest = other - flat * (np.vdot(flat, other) / np.vdot(flat, flat))
        if np.linalg.norm(rest) > 1e-3 * np.linalg.norm(flat):
            break
    third: NDArray[np.floating] = (rest * (np.linalg.norm(flat) / np.linalg.norm(rest))).reshape(a.shape)
    return third.astype(a.dtype)


def _leading(t: ArrayLike, like: NDArray[np.floating]) -> NDArray[np.floating]:
    t = np.asarray(t, dtype=like.dtype)
    return t.reshape(t.shape + (1,) * like.ndim) if t.ndim else t
