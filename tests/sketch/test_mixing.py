"""What lies between two scenes: exact at the ends, without ghosts between, parts turn into parts."""

import random
from itertools import pairwise

import numpy as np
import pytest
from scipy import ndimage

from sketch import mixing, palettes, rendering
from sketch.backdrops import backdrop
from sketch.layers.drawn import Drawn
from sketch.mixing import Mixture
from sketch.parts import PartCache
from sketch.scene import COLOURS, Scene, Setting
from tests.support.drawings import FLAT, book, scene_of, thing

BOOK = book()
TAKEN = PartCache(BOOK)
SIZE = 128


def mixture(first: Scene, last: Scene) -> Mixture:
    return Mixture(first, last, BOOK, TAKEN)


def between(first: Scene, last: Scene, t: float = 0.5, size: int = SIZE) -> Drawn:
    return mixture(first, last).at(t, size)


def edges(picture: np.ndarray) -> float:
    """Measure how long the outlines of a picture (h, w, …) are that one clearly sees, as shares of its side."""
    seen = picture.reshape(*picture.shape[:2], -1)
    across = np.abs(np.diff(seen, axis=1)).max(-1) > 0.1
    down = np.abs(np.diff(seen, axis=0)).max(-1) > 0.1
    return float(across.sum() + down.sum()) / picture.shape[0]


def white(seen: Drawn) -> np.ndarray:
    """Return where a picture is nearly white: a window, an eye."""
    return np.asarray((seen.picture.min(-1) > 0.75) & (seen.numbers > 0))


@pytest.mark.parametrize("t", [0, 1, 0.0, 1.0, -0.1, 1.1])
def test_ends_are_exactly_the_scenes(t: float) -> None:
    first, last = scene_of(thing("house"), thing("cat face", 0.2, 0.2, 0.2)), scene_of(thing("cat face", 0.6, turn=0.3))
    seen, alone = between(first, last, t), rendering.draw(first if t <= 0 else last, BOOK, SIZE)
    assert np.array_equal(seen.things, alone.things) and np.array_equal(seen.ground, alone.ground)
    assert np.array_equal(seen.sketch(64), alone.sketch(64))


@pytest.mark.parametrize("t", [0.02, 0.98])
def test_near_the_ends_it_is_nearly_the_scenes(t: float) -> None:
    first = scene_of(thing("house", 0.45, 0.5, 0.6, turn=0.3), setting=Setting("table", 0.6, seed=4))
    last = scene_of(
        thing("cat face", 0.6, 0.55, 0.5, mirrored=True, colour="blue"), setting=Setting("room", 0.7, seed=4)
    )
    alone = rendering.draw(first if t < 0.5 else last, BOOK, SIZE).picture
    assert np.abs(between(first, last, t).picture - alone).mean() < 0.03


@pytest.mark.parametrize("name", ["house", "cat face", "flag"])
@pytest.mark.parametrize("colour", COLOURS)
def test_what_stays_the_same_keeps_its_colour_all_the_way(name: str, colour: str) -> None:
    """A thing of several tones has them by its parts as it has them drawn at once."""
    same = scene_of(thing(name, size=0.8, colour=colour))
    alone, seen = rendering.draw(same, BOOK, SIZE), between(same, same, 0.4)
    inner = ndimage.minimum_filter(alone.things[..., 3], 9) > 0.99
    tones = alone.picture.sum(-1)
    inner &= ndimage.maximum_filter(tones, 9) - ndimage.minimum_filter(tones, 9) < 0.1  # not where tones meet
    assert inner.sum() > 1000
    assert np.abs(seen.picture - alone.picture)[inner].max() < 0.02


@pytest.mark.parametrize(("one", "other"), [("house", "cat face"), ("square", "disc"), ("cat face", "disc")])
def test_between_there_are_no_ghosts(one: str, other: str) -> None:
    """Its outlines are about as long as those of its ends, where a cross-fade has both of them."""
    first, last = scene_of(thing(one, 0.3, 0.4, 0.5)), scene_of(thing(other, 0.65, 0.6, 0.45))
    ends = [rendering.draw(each, BOOK, SIZE).picture for each in (first, last)]
    faded = edges((ends[0] + ends[1]) / 2)
    longer = max(edges(end) for end in ends)
    for t in (0.25, 0.5, 0.75):
        assert edges(between(first, last, t).picture) < min(1.2 * longer, 0.85 * faded)


@pytest.mark.slow
def test_window_of_one_becomes_an_eye_of_the_other() -> None:
    first, last = scene_of(thing("house", size=0.8)), scene_of(thing("cat face", size=0.8))
    places = []
    for t in (0.0, 0.25, 0.5, 0.75, 1.0):
        rows, columns = np.nonzero(white(between(first, last, t)))
        places.append((columns.mean() / SIZE, rows.mean() / SIZE))
        assert 60 < len(rows) < 900
    steps = np.diff(np.array(places), axis=0)
    assert np.hypot(*steps.T).max() < 0.05, "it moves, and is there all the while"
    assert places[-1] == pytest.approx((0.1 + 0.8 * 13 / 32, 0.1 + 0.8 * 12 / 32), abs=0.02)


def test_thing_moves_grows_and_changes_its_colour_on_a_straight_way() -> None:
    first, last = scene_of(thing("disc", 0.3, 0.3, 0.2)), scene_of(thing("disc", 0.7, 0.7, 0.6, colour="yellow"))
    seen = between(first, last)
    rows, columns = np.nonzero(seen.numbers)
    assert (columns.mean() / SIZE, rows.mean() / SIZE) == pytest.approx((0.5, 0.5), abs=0.03)
    area = (seen.numbers > 0).mean()
    assert area == pytest.approx(np.pi / 4 * (15 / 16) ** 2 * 0.2 * 0.6, rel=0.15), "in size, as factors go"
    blue, yellow = (rendering.draw(each, BOOK, SIZE).things for each in (first, last))
    ends = blue[38, 38, :3], yellow[90, 90, :3]
    assert np.abs(seen.things[64, 64, :3] - (ends[0] + ends[1]) / 2).max() < 0.12


@pytest.mark.slow
def test_thing_without_partner_shrinks_away_where_it_stands() -> None:
    first, last = (
        scene_of(thing("disc", 0.3, 0.3, 0.3), thing("square", 0.7, 0.7, 0.3)),
        scene_of(thing("disc", 0.3, 0.3, 0.3)),
    )
    areas = []
    for t in (0.0, 0.3, 0.6, 0.9, 1.0):
        seen = between(first, last, t)
        rows, columns = np.nonzero(seen.numbers == 2)
        areas.append(len(rows))
        if len(rows):
            assert (columns.mean() / SIZE, rows.mean() / SIZE) == pytest.approx((0.7, 0.7), abs=0.02)
        assert (seen.numbers == 1).sum() == pytest.approx((between(first, last, 0).numbers == 1).sum(), rel=0.05)
    assert areas == sorted(areas, reverse=True) and areas[0] > 3 * areas[2] > 0 == areas[-1]


def test_thing_grows_out_of_nothing() -> None:
    areas = [(between(scene_of(), scene_of(thing("cat face")), t).numbers > 0).sum() for t in (0.0, 0.2, 0.5, 0.8, 1.0)]
    assert areas[0] == 0 and areas == sorted(areas) and areas[2] > 0


def test_nearest_things_are_partners_whatever_their_order() -> None:
    first = scene_of(thing("disc", 0.2, 0.5, 0.3), thing("square", 0.8, 0.5, 0.3))
    last = scene_of(thing("square", 0.8, 0.5, 0.3), thing("disc", 0.2, 0.5, 0.3))
    alone = rendering.draw(first, BOOK, SIZE).picture
    assert np.abs(between(first, last).picture - alone).mean() < 0.01


@pytest.mark.parametrize(("one", "other"), [("nothing", "cat face"), ("cat face", "nothing"), ("nothing", "nothing")])
def test_drawing_without_parts_can_be_mixed(one: str, other: str) -> None:
    seen = between(scene_of(thing(one)), scene_of(thing(other)))
    assert np.isfinite(seen.picture).all() and ((seen.numbers > 0).any() == (one != other))


@pytest.mark.parametrize("t", [0.2, 0.5, 0.8])
def test_horizons_meet(t: float) -> None:
    """A sea with its horizon high and one with it low: between, there is one horizon, on its way."""
    tones = ("ffffff", "ffffff", "ffffff", "101080", "101080")
    first, last = (Setting("sea", level, tones, 0.5, seed) for level, seed in ((0.3, 1), (0.8, 2)))
    ground = between(scene_of(setting=first), scene_of(setting=last), t, 256).ground.mean((1, 2))
    fall = np.diff(ground)
    at = int(fall.argmin())
    assert at / 256 == pytest.approx(0.3 + 0.5 * t, abs=0.02)
    assert fall[at] < 5 * np.delete(fall, range(at - 2, at + 3)).min(), "one edge, not two"


def test_setting_without_a_horizon_takes_that_of_the_other() -> None:
    tones = ("ffffff", "ffffff", "ffffff", "101080", "101080")
    sea, sky = Setting("sea", 0.5, tones, 0.5, 1), Setting("sky", 1.0, ("ffffff",) * 5, 0.5, 1)
    ground = between(scene_of(setting=sky), scene_of(setting=sea), 0.7, 256).ground.mean((1, 2))
    assert int(np.diff(ground).argmin()) / 256 == pytest.approx(0.5, abs=0.02)


@pytest.mark.slow
def test_all_settings_can_be_mixed_with_each_other() -> None:
    settings = [
        Setting(kind, level, palettes.tones(kind, "day", "", random.Random(1)), seed=3)
        for kind in backdrop._DRAWN
        for level in (0.0, 1.0)
    ]
    dice = random.Random(2)
    for _ in range(40):
        first, last = dice.sample(settings, 2)
        ground = between(scene_of(setting=first), scene_of(setting=last), dice.uniform(0.01, 0.99), 32).ground
        assert np.isfinite(ground).all() and ground.min() >= 0 and ground.max() <= 1


@pytest.mark.slow
def test_what_is_drawn_between_can_be_shown_and_sketched() -> None:
    first = scene_of(thing("house", 0.4), thing("ring", 0.1, 0.9, 0.3), setting=Setting("hills", 0.6, seed=2))
    last = scene_of(thing("flag", 0.9, 0.9, 0.9, turn=-1.0, mirrored=True), setting=Setting("space", 1.0, time="night"))
    for t in (0.1, 0.5, 0.9):
        seen = between(first, last, t, 96)
        assert all(
            np.isfinite(each).all() and each.min() >= 0 and each.max() <= 1
            for each in (seen.things, seen.ground, seen.picture)
        )
        assert seen.numbers.max() == 2 and np.abs(seen.sketch(48)).max() <= 1


def test_mixture_is_the_same_each_time_and_spoils_nothing() -> None:
    first, last = (
        scene_of(thing("house"), setting=Setting("table", 0.6)),
        scene_of(thing("cat face"), setting=Setting("sea", 0.6)),
    )
    mixed = mixture(first, last)
    one = mixed.at(0.4, 64)
    mixed.at(0.8, 64)
    again = mixed.at(0.4, 64)
    assert np.array_equal(one.picture, again.picture) and np.array_equal(one.numbers, again.numbers)
    assert np.array_equal(one.picture, mixture(first, last).at(0.4, 64).picture)


def test_sizes_of_a_mixture_agree() -> None:
    mixed = mixture(scene_of(thing("house", 0.4)), scene_of(thing("cat face", 0.6)))
    small = mixed.at(0.5, 256).picture.reshape(64, 4, 64, 4, 3).mean((1, 3))
    assert np.abs(small - mixed.at(0.5, 64).picture).mean() < 0.02


@pytest.mark.slow
def test_walk_is_continuous() -> None:
    mixed = mixture(
        scene_of(thing("house", 0.4), thing("disc", 0.8, 0.8, 0.2)), scene_of(thing("cat face", 0.6), setting=FLAT)
    )
    pictures = [mixed.at(t, 64).picture for t in np.linspace(0.02, 0.98, 33)]
    steps = [float(np.abs(b - a).mean()) for a, b in pairwise(pictures)]
    assert max(steps) < 5 * float(np.median(steps)) + 0.004


@pytest.mark.slow
def test_part_that_comes_to_lie_under_another_fades_and_does_not_jump() -> None:
    mixed = mixture(scene_of(thing("yolk")), scene_of(thing("egg")))
    middles = [mixed.at(t, 64).picture[32, 32] for t in np.linspace(0, 1, 41)]
    steps = [float(np.abs(b - a).max()) for a, b in pairwise(middles)]
    assert np.abs(middles[-1] - middles[0]).max() > 0.5
    assert max(steps) < 0.15


def test_night_falls_on_things_little_by_little() -> None:
    night = Setting("sky", 1.0, ("808080",) * 5, 0.0, time="night")
    mixed = mixture(scene_of(thing("disc")), scene_of(thing("disc"), setting=night))
    lights = [float(mixed.at(t, 64).things[32, 32, 2]) for t in np.linspace(0, 1, 11)]
    steps = [a - b for a, b in pairwise(lights)]
    assert lights[0] - lights[-1] > 0.05 and min(steps) >= 0 and max(steps) < 0.25 * (lights[0] - lights[-1])


@pytest.mark.parametrize("t", [0.0, 0.3, 1.0])
def test_straight_line_mixes_sketches_that_have_no_parts(t: float) -> None:
    one, other = np.full((4, 8, 8), -1, np.float32), np.full((4, 8, 8), 1, np.float32)
    seen = mixing.mix_sketches(one, other, t)
    assert seen.dtype == np.float32 and np.allclose(seen, 2 * t - 1)
