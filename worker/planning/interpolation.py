"""Interpolation between two stops: linear for embeddings, spherical for noise, which keeps its norm."""

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

    Gaussian noise keeps its norm on the arc; linear interpolation would shrink it. For t > 1 the arc continues around
    its circle. Parallel or zero vectors define no arc, so `lerp` is used. Opposite vectors have many arcs; the one
    through `_perpendicular(a)` is used. `t` is as in `lerp`.
    """
    cosine = _cosine(a, b)
    if cosine > PARALLEL:
        return lerp(a, b, t)
    if cosine < -PARALLEL:
        third = _perpendicular(a)
        early = _leading(np.less(t, 0.5), a).astype(bool)
        return np.where(early, slerp(a, third, 2 * np.asarray(t)), slerp(third, b, 2 * np.asarray(t) - 1))
    t = _leading(t, a)
    angle = math.acos(cosine)
    between: NDArray[np.floating] = (np.sin((1 - t) * angle) * a + np.sin(t * angle) * b) / math.sin(angle)
    return between


def long_way(a: NDArray[np.floating], b: NDArray[np.floating], t: ArrayLike) -> NDArray[np.floating]:
    """Interpolate from `b` at t = 0 to `a` at t = 1 along the longer arc of the great circle of `slerp(a, b)`.

    `slerp` out and this function back cover the whole circle, so no noise occurs twice. Parallel or opposite vectors
    define no unique circle; then the way back is `slerp(b, a, t)`.
    """
    cosine = _cosine(a, b)
    if abs(cosine) > PARALLEL:
        return slerp(b, a, t)
    return slerp(a, b, 1 + np.asarray(t) * (2 * math.pi / math.acos(cosine) - 1))


def _cosine(a: NDArray[np.floating], b: NDArray[np.floating]) -> float:
    """Return the cosine of the angle between two arrays, taken as flat vectors; 1 where one of them is zero."""
    norms = float(np.linalg.norm(a) * np.linalg.norm(b))
    return float(np.vdot(a, b)) / norms if norms else 1.0


def _perpendicular(a: NDArray[np.floating]) -> NDArray[np.floating]:
    """Return a vector perpendicular to `a` with the same norm, made from the values of `a` shifted by one."""
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
