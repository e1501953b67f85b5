"""Sites, and what follows their grid, stay where they are through a walk and follow a form smoothly."""

import numpy as np
import pytest

from sketch.marks import sites
from tests.support.marked import disc

PITCH = 10.0


def test_scatter_at_any_size_puts_sites_in_the_same_places() -> None:
    small, large = (sites.scatter(disc(side), 20) for side in (64, 128))
    assert np.array_equal(small.x, large.x) and np.array_equal(small.y, large.y)


def test_near_yields_the_nearest_site_of_every_pixel() -> None:
    field = disc(64)
    laid = sites.scatter(field, 24)
    x, y = field.places
    every = np.hypot(x[..., None] - laid.x.ravel(), y[..., None] - laid.y.ravel()).min(-1)
    found = np.min([np.hypot(right, below) for _, right, below in laid.near(field)], 0)
    assert np.quantile(found - every, 0.98) < 1e-3


def test_settle_brings_sites_between_level_lines() -> None:
    field = disc()
    laid = sites.scatter(field, PITCH)
    settled = sites.settle(laid, field, field.away, PITCH, 4)
    ring = np.abs(settled.at(field.away, field)) < 40
    off = [np.abs((each.at(field.away, field) / PITCH) % 1 - 0.5)[ring].mean() for each in (laid, settled)]
    assert off[1] < 0.5 * off[0]


def test_settle_on_a_form_that_grew_a_little_moves_sites_a_little() -> None:
    before, after = (
        sites.settle(sites.scatter(field, PITCH), field, field.away, PITCH)
        for field in (disc(radius=70), disc(radius=70.4))
    )
    moved = np.hypot(before.x - after.x, before.y - after.y)
    assert moved.max() < 0.5 * PITCH and np.quantile(moved, 0.95) < 0.2 * PITCH


def test_spread_keeps_sites_of_one_row_apart() -> None:
    field = disc()
    laid = sites.settle(sites.scatter(field, PITCH), field, field.away, PITCH)
    apart = [_crowded(each) for each in (laid, sites.spread(laid, field, field.away, PITCH))]
    assert apart[1] < apart[0]


def _crowded(laid: sites.Sites) -> float:
    x, y = laid.x.ravel(), laid.y.ravel()
    off = np.hypot(x - x[:, None], y - y[:, None]) + 1e3 * np.eye(len(x))
    return float((off.min(1) < 0.5 * PITCH).mean())


def test_lattice_of_a_plane_returns_the_plane() -> None:
    field = disc()
    x, y = field.places
    plane = np.asarray(0.3 * x - 0.2 * y, np.float32)
    inner = (slice(16, -16), slice(16, -16))
    assert sites.lattice(plane, field, 16)[inner] == pytest.approx(plane[inner], abs=1.0)
