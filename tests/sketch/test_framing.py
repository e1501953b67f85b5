"""Frames that are not square show all that a square shows whole, about as large, and at the same horizon."""

from dataclasses import replace

import numpy as np
import pytest

from sketch import rendering
from sketch.compositions.composition import Composition
from sketch.framing import Frame
from sketch.mixing import Mixture
from sketch.parts import PartCache
from sketch.scene import Scene, Setting, Thing
from tests.support import drawings
from tests.support.drawings import DIGESTS

BOOK = drawings.book()
WIDE, HIGH = (36, 64), (64, 36)
FRAMES = pytest.mark.parametrize("size", [(42, 64), WIDE, (64, 42), HIGH])
LAND = Setting("hills", 0.6, ("808080",) * 5)
SKY = drawings.FLAT


def fitted(size: tuple[int, int], *things: Thing, setting: Setting = SKY) -> Scene:
    return Frame(*size).fit(Scene(things, setting), BOOK)


def square(x: float = 0.5, y: float = 0.5, size: float = 0.7, turn: float = 0.0) -> Thing:
    return Thing(DIGESTS["square"], x, y, size, turn)


def test_square_leaves_a_scene_as_it_is() -> None:
    scene = Scene((square(),), LAND)
    assert Frame.from_size(64) == Frame(64, 64) and Frame.from_size(64).fit(scene, BOOK) is scene
    assert np.array_equal(rendering.draw(scene, BOOK, (64, 64)).picture, rendering.draw(scene, BOOK, 64).picture)


@FRAMES
@pytest.mark.parametrize("setting", [SKY, LAND])
def test_what_was_whole_is_whole_in_a_frame(size: tuple[int, int], setting: Setting) -> None:
    things = square(0.3, 0.4, 0.5), square(0.72, 0.7, 0.5), square(0.5, 0.15, 0.2)
    share = min(size) / max(size)
    for thing in fitted(size, *things, setting=setting).things:
        across = thing.y if size[1] > size[0] else thing.x
        assert abs(across - 0.5) + thing.size / 2 <= share / 2 + 1e-6
        along = thing.x if size[1] > size[0] else thing.y
        assert abs(along - 0.5) + thing.size / 2 <= 0.5 + 1e-6


@FRAMES
def test_thing_alone_stays_larger_than_if_the_square_were_shrunk(size: tuple[int, int]) -> None:
    (thing,) = fitted(size, square()).things
    assert 0.7 * min(size) / max(size) < thing.size < 0.7


@FRAMES
def test_things_that_overlap_keep_their_relation(size: tuple[int, int]) -> None:
    first, second = fitted(size, square(0.45, 0.4, 0.3), square(0.55, 0.5, 0.2)).things
    smaller = first.size / 0.3
    assert second.size == pytest.approx(0.2 * smaller)
    for between in (second.x - first.x, second.y - first.y):
        assert between == pytest.approx(0.1 * smaller)


def test_things_apart_stay_apart_along_a_frame() -> None:
    first, second = fitted(WIDE, square(0.2, 0.5, 0.3), square(0.8, 0.5, 0.3)).things
    assert second.x - first.x == pytest.approx(0.6)


def test_view_and_photo_go_on_filling_a_frame() -> None:
    view = square(size=1.2)
    assert fitted(WIDE, view, square(size=0.3)).things[0] == view
    assert (rendering.draw(Scene((view,), SKY), BOOK, WIDE).numbers == 1).all()


@FRAMES
def test_close_up_stays_cropped(size: tuple[int, int]) -> None:
    (thing,) = fitted(size, square(0.5, 0.55, 1.3, 0.02)).things
    assert thing.size == pytest.approx(1.3 * (min(size) / max(size)) ** 0.5)


def test_what_ends_at_the_lower_edge_ends_there_in_a_frame() -> None:
    (thing,) = fitted(WIDE, square(0.5, 0.65, 0.9), setting=LAND).things
    below = thing.y + thing.size / 2 - (0.5 + 36 / 64 / 2)
    assert below / thing.size == pytest.approx(0.1 / 0.9)
    assert thing.y - thing.size / 2 > 0.5 - 36 / 64 / 2


def test_horizon_lies_at_the_same_share_of_a_frame() -> None:
    scene = Scene((), replace(LAND, kind="sea"))
    for size in (WIDE, HIGH):
        frame = Frame(*size)
        level = frame.fit(scene, BOOK).setting.horizon * frame.side - (frame.side - frame.height) / 2
        assert level / frame.height == pytest.approx(0.6)


def test_wall_without_a_floor_stays_one() -> None:
    assert fitted(WIDE, setting=Setting("plain", 1.0)).setting.horizon == 1.0


@FRAMES
@pytest.mark.parametrize(
    "composition",
    [
        None,
        Composition(),
        Composition("poster"),
        Composition("linocut", "grid", 2, 2),
        Composition("textile", "pattern", 2, 2),
    ],
)
def test_scene_is_drawn_in_a_frame_at_stops_and_between(size: tuple[int, int], composition: Composition | None) -> None:
    inks = ("f2ead8", "1d1a18", "c23b22")
    chosen = composition and replace(composition, inks=inks)
    first, last = (Scene((square(x),), LAND, composition=chosen) for x in (0.4, 0.6))
    mixture = Mixture(first, last, BOOK, PartCache(BOOK))
    frames = [mixture.at(t, size) for t in (0.0, 0.5, 1.0)]
    for drawn in frames:
        assert drawn.picture.shape == (*size, 3) and drawn.things.shape == (*size, 4) and drawn.numbers.shape == size
        assert drawn.numbers.max() == 1 and np.isfinite(drawn.picture).all()
        assert drawn.sketch(size[0] // 2).shape == (4, size[0] // 2, size[1] // 2)
        assert drawn.guide(size[0]).shape == (4, *size)
    assert np.array_equal(frames[0].picture, rendering.draw(first, BOOK, size).picture)
    assert np.abs(frames[1].picture - frames[0].picture).mean() > 0.001


@FRAMES
def test_way_from_a_painted_to_a_repeated_scene_is_drawn_in_a_frame(size: tuple[int, int]) -> None:
    first = Scene((square(),), LAND, composition=Composition())
    last = Scene((square(),), LAND, composition=Composition("linocut", "grid", 2, 2, ("f2ead8", "1d1a18", "c23b22")))
    drawn = Mixture(first, last, BOOK, PartCache(BOOK)).at(0.5, size)
    assert drawn.things.shape == (*size, 4) and np.isfinite(drawn.sketch(size[0] // 2)).all()


def test_size_that_does_not_fit_is_refused() -> None:
    drawn = rendering.draw(Scene((square(),), SKY), BOOK, (32, 50))
    with pytest.raises(ValueError, match="A sketch 8 pixels high cannot be made of a picture of 32 x 50"):
        drawn.sketch(8)
    with pytest.raises(ValueError, match="A guide 8 pixels high cannot be made of a picture of 32 x 50"):
        drawn.guide(8)


@FRAMES
def test_what_is_seen_of_a_drawing_counts_and_not_its_square(size: tuple[int, int]) -> None:
    flag = Thing(DIGESTS["flag"], 0.7, 0.5, 0.7)  # nothing is seen of its right edge, which lies beyond the square
    if size[1] > size[0]:
        flag = Thing(DIGESTS["flag"], 0.5, 0.7, 0.7, turn=np.pi / 2)
    for frame in (max(size) * 4, (size[0] * 4, size[1] * 4)):
        cover = rendering.draw(Scene((flag,), SKY), BOOK, frame).things[..., 3] > 0.5
        assert cover.any()
        assert not any(edge.any() for edge in (cover[0], cover[-1], cover[:, 0], cover[:, -1]))
