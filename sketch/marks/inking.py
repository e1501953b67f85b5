"""Replace colours by their nearest inks, with soft transitions, so that no pixel jumps from frame to frame."""

from __future__ import annotations

import numpy as np

from sketch.colour import Array


def nearest(
    wanted: Array, inks: Array, *, soft: float, weights: tuple[float, float], burden: Array | None = None
) -> Array:
    """Return colours (…, 3) replaced by their nearest inks (n, 3), all in Oklab, mixed where inks are about as near.

    Distances are squared differences, weighted by ``weights``: one for lightness, one for a and b. ``soft`` is the
    difference in distance over which one ink fades into another; ``burden`` (n,) is added to the distances, and keeps
    some inks rare.
    """
    scale = np.sqrt(np.array([weights[0], weights[1], weights[1]], np.float32) / np.float32(soft))
    near = inks * scale
    # The colours' own squares are the same for all inks and are left out.
    score = 2 * near @ (wanted * scale).reshape(-1, 3).T - (near**2).sum(-1)[:, None]
    if burden is not None:
        score = score - (burden / soft)[:, None]
    share = np.exp(score - score.max(0))
    return np.asarray(((inks.T @ share) / share.sum(0)).T.reshape(wanted.shape), np.float32)


def opposite(inks: Array, mean: Array, *, soft: float = 0.03) -> Array:
    """Return the one (3,) of the inks (n, 3) that differs most from ``mean`` (3,), all in Oklab; a mix near ties."""
    apart = np.sqrt(((inks - mean) ** 2).sum(-1)) - 0.02 * np.arange(len(inks))
    share = np.exp((apart - apart.max()) / soft)
    return np.asarray(share @ inks / share.sum(), np.float32)
