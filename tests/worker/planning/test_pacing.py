"""Pacing: a distance that agrees with the eye on known orders, and frames at equal distances."""

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from worker.film import smoothness_measure
from worker.planning import pacing

Look = NDArray[np.float64]


def disc(
    *, x: float = 8, y: float = 8, radius: float = 4, colour: tuple[float, float, float] = (0.9, 0.2, 0.1)
) -> Look:
    """Draw a soft disc on a light ground."""
    rows, columns = np.mgrid[:16, :16]
    inside = np.clip(radius + 0.5 - np.hypot(columns - x, rows - y), 0, 1)[..., None]
    return np.asarray(inside * colour + (1 - inside) * 0.85)


def square() -> Look:
    look = np.full((16, 16, 3), 0.1)
    look[2:8, 3:14] = (0.1, 0.3, 0.9)
    return look


KNOWN_ORDERS = {
    "how far it moved": [disc(), disc(x=8.5), disc(x=9.5), disc(x=11.5), disc(x=15)],
    "how much it grew": [disc(), disc(radius=4.5), disc(radius=5.5), disc(radius=7)],
    "how far its colour went": [disc(), disc(colour=(0.9, 0.4, 0.1)), disc(colour=(0.9, 0.9, 0.1))],
    "from nothing to another motif": [
        disc(),
        disc(x=8.3),
        disc(colour=(0.9, 0.5, 0.1)),
        disc(colour=(0.1, 0.2, 0.9)),
        square(),
    ],
    "cross-fade": [disc() * (1 - t) + square() * t for t in (0, 0.1, 0.3, 0.6, 1)],
}


@pytest.mark.parametrize("order", KNOWN_ORDERS)
def test_distance_ranks_known_orders_as_the_eye_does(order: str) -> None:
    first, *others = KNOWN_ORDERS[order]
    distances = [pacing.distance(first, look) for look in (first, *others)]
    assert distances[0] == 0
    assert all(a < b for a, b in itertools.pairwise(distances)), distances


def test_distance_reads_what_the_ruler_reads() -> None:
    frames = [(np.kron(look, np.ones((3, 3, 1))) * 255).round().astype(np.uint8) for look in (disc(), disc(x=10))]
    [step] = smoothness_measure.smoothness(frames).steps
    assert abs(255 * pacing.distance(disc(), disc(x=10)) - step) < 1


def test_widest_halves_the_widest_gap_again_and_again() -> None:
    assert pacing.split_widest([0, 1, 2], [1.0, 9.0], 1) == [1.5]
    assert pacing.split_widest([0, 1, 2], [1.0, 9.0], 3) == [1.25, 1.5, 1.75]
    assert pacing.split_widest([0, 1, 2], [1.0, 1.0], 2) == [0.5, 1.5]
    assert pacing.split_widest([0, 0.25, 1], [1.0, 1.0], 1) == [0.625]


def test_parts_are_shared_in_proportion_to_length() -> None:
    assert pacing.share_parts([1.0, 1.0, 1.0], 9) == [3, 3, 3]
    assert pacing.share_parts([1.0, 3.0], 8) == [2, 6]
    assert pacing.share_parts([0.0, 3.0], 8) == [1, 7]
    with pytest.raises(ValueError, match="2 legs need at least as many parts, not 1"):
        pacing.share_parts([1.0, 1.0], 1)


@given(st.lists(st.floats(0, 10), min_size=1, max_size=8), st.integers(0, 240))
def test_every_part_is_shared_and_each_leg_has_one(lengths: list[float], more: int) -> None:
    counts = pacing.share_parts(lengths, len(lengths) + more)
    assert sum(counts) == len(lengths) + more
    assert min(counts) >= 1


knots = st.lists(st.floats(0.01, 1), min_size=2, max_size=12).map(lambda gaps: [0.0, *np.cumsum(gaps) / sum(gaps)])


@given(knots, st.data())
def test_pace_never_runs_backwards_and_keeps_the_ends(positions: list[float], data: st.DataObject) -> None:
    size = len(positions) - 1
    widths = data.draw(st.lists(st.one_of(st.just(0.0), st.floats(1e-9, 5)), min_size=size, max_size=size))
    placed = pacing.positions_at(positions, widths, np.linspace(0, 1, 50))
    assert np.isfinite(placed).all()
    assert placed[0] == positions[0]
    assert np.isclose(placed[-1], positions[-1])
    assert (np.diff(placed) >= -1e-9).all()


def test_pace_meets_the_knots() -> None:
    positions, widths = [0, 0.25, 0.5, 0.75, 1], [1.0, 2.0, 4.0, 1.0]
    reached = np.cumsum([0, *widths]) / sum(widths)
    assert np.allclose(pacing.positions_at(positions, widths, reached), positions, atol=1e-5)


def test_frames_of_a_known_film_are_placed_at_equal_distances() -> None:
    """The disc rushes through the middle of its way; paced by 21 thumbnails, 24 frames must not show it."""

    def place_of(position: float) -> float:
        return 3 + 10 / (1 + np.exp(-14 * (position - 0.6)))

    positions = np.linspace(0, 1, 21)
    frames = pacing.place_frames(positions, [disc(x=place_of(p)) for p in positions], stops=2, frames=24)
    evenly = np.linspace(0, 1, 24)
    paced, naive = (
        smoothness_measure.smoothness(
            [(np.kron(disc(x=place_of(p)), np.ones((8, 8, 1))) * 255).astype(np.uint8) for p in film]
        )
        for film in (frames, evenly)
    )
    assert naive.evenness < 0.6
    assert paced.evenness > 0.85
    assert paced.jump < 1.5


@given(
    stops=st.integers(2, 6),
    more=st.integers(0, 120),
    a_leg=st.integers(0, 9),
    closed=st.booleans(),
    easing=st.booleans(),
    seed=st.integers(0, 2**32 - 1),
)
def test_frames_rise_through_the_stops(
    stops: int, more: int, a_leg: int, closed: bool, easing: bool, seed: int
) -> None:
    legs = stops if closed else stops - 1
    positions = [leg + i / (a_leg + 1) for leg in range(legs) for i in range(a_leg + 1)] + [float(legs)]
    random = np.random.default_rng(seed)
    thumbnails = [random.choice([0, 1e-12, 1]) * random.random((4, 4, 3)) for _ in positions]
    placed = pacing.place_frames(positions, thumbnails, stops=stops, frames=stops + more, closed=closed, easing=easing)
    assert len(placed) == stops + more
    assert all(a < b for a, b in itertools.pairwise(placed))
    assert {float(stop) for stop in range(stops)} <= set(placed)
    assert placed[-1] < stops if closed else placed[-1] == stops - 1


def test_leg_without_any_change_is_paced_evenly() -> None:
    placed = pacing.place_frames([0, 0.125, 0.5, 1], [disc()] * 4, stops=2, frames=5)
    assert np.allclose(placed, [0, 0.25, 0.5, 0.75, 1], atol=1e-5)


def test_more_frames_go_where_more_changes() -> None:
    thumbnails = [disc(), disc(x=8.2), square()]
    placed = pacing.place_frames([0, 1, 2], thumbnails, stops=3, frames=24)
    assert sum(position > 1 for position in placed) > 3 * sum(position < 1 for position in placed)


def test_eased_walk_slows_down_at_its_stops_but_does_not_stand_still() -> None:
    thumbnails = [disc(x=3 + 2 * i) for i in range(5)]
    plain, eased = (
        np.diff(pacing.place_frames([0, 0.25, 0.5, 0.75, 1], thumbnails, stops=2, frames=21, easing=easing))
        for easing in (False, True)
    )
    assert 0.1 < eased[0] / plain[0] < 0.6
    assert 0.1 < eased[-1] / plain[-1] < 0.6
    assert eased[10] > plain[10]


def test_fewer_frames_than_stops_are_refused() -> None:
    with pytest.raises(ValueError, match="3 stops needs at least 3 frames, not 2"):
        pacing.place_frames([0, 1, 2], [disc()] * 3, stops=3, frames=2)
