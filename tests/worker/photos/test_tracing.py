"""Photos lead a painter as scenes do: whole or cut out, by colours and outline."""

import itertools

import numpy as np
import pytest

from sketch import rendering
from sketch.mixing import Mixture
from sketch.parts import PartCache
from sketch.scene import Scene, Setting, Thing
from sketch.sketchbook import Sketchbook
from sketch.surroundings import Surroundings
from tests.support import drawings, photos
from worker.photos import tracing
from worker.photos.pictures import PAPER
from worker.photos.tracing import Traced

pytestmark = pytest.mark.slow


def book(*traced: Traced) -> Sketchbook:
    pictures = {each.digest: each.thing for each in traced if each.thing is not None}
    return drawings.book().join(Sketchbook((), {}, pictures=pictures))


def sketch_of(traced: Traced, asked: Scene | None = None) -> np.ndarray:
    return rendering.draw(traced.scene(asked), book(traced), 128).sketch(64)


def test_a_whole_photo_leads_by_its_colours_and_the_outline_of_its_thing() -> None:
    traced = tracing.trace(photos.disc_outdoors((200, 200)), cut_out=False)
    sketch = sketch_of(traced)
    middle, corner = sketch[:, 35, 32], sketch[:, 4, 4]
    assert np.allclose((middle[:3] + 1) / 2 * 255, photos.RED, atol=25)
    assert (corner[2], corner[0]) > (0.4, -1) and corner[0] < 0.2
    assert middle[3] > 0.5 and corner[3] < -0.3
    outline = np.diff(np.sign(sketch[3, 35])).nonzero()[0]
    assert len(outline) == 2
    assert outline[1] - outline[0] == pytest.approx(32, abs=3)


def test_what_lies_behind_the_thing_is_filled_with_what_is_around_it() -> None:
    traced = tracing.trace(photos.disc_outdoors((200, 200)), cut_out=False)
    red, green, _ = traced.around[160, 128].astype(int)
    assert green > red


def test_a_photo_without_a_thing_has_no_outline() -> None:
    traced = tracing.trace(photos.slope(), cut_out=False)
    assert traced.thing is None
    assert np.all(sketch_of(traced)[3] == 1)


def test_what_is_cut_out_stands_in_the_setting_and_the_place_that_are_asked_for() -> None:
    asked = Scene((Thing("x", x=0.3, y=0.6, size=0.5), Thing("y", size=0.2)), Setting(kind="hills"), words="a ball")
    traced = tracing.trace(photos.disc_outdoors(), cut_out=True)
    scene = traced.scene(asked)
    assert (scene.setting, scene.words) == (asked.setting, "a ball")
    (thing,) = scene.things
    assert (thing.x, thing.size, thing.y) == (0.3, 0.5, pytest.approx(0.6))
    sketch = sketch_of(traced, asked)
    assert sketch[3, 38, 19] > 0.4 and sketch[3, 38, 50] < 0


def test_whole_is_what_cannot_be_cut_out() -> None:
    traced = tracing.trace(photos.slope(), cut_out=True)
    assert isinstance(traced.scene().setting, Surroundings)


@pytest.mark.parametrize("cut_out", [False, True])
@pytest.mark.parametrize("picture", [photos.disc_outdoors(), photos.finger_ring(), photos.slope(), photos.sticker()])
def test_a_traced_photo_is_read_as_it_was_written(picture: np.ndarray, cut_out: bool) -> None:
    traced = tracing.trace(picture, cut_out=cut_out)
    data = tracing.pack(traced)
    assert data == tracing.pack(tracing.trace(picture, cut_out=cut_out))
    assert tracing.unpack(data).scene() == traced.scene()
    assert np.array_equal(sketch_of(tracing.unpack(data)), sketch_of(traced))


@pytest.mark.parametrize("data", [b"", b"nothing", tracing.pack(Traced(None, np.zeros((4, 4, 3), np.uint8)))[:90]])
def test_what_is_no_traced_photo_is_refused(data: bytes) -> None:
    with pytest.raises(ValueError, match="no traced photo"):
        tracing.unpack(data)


@pytest.mark.parametrize("cut_out", [False, True])
def test_shapes_turn_smoothly_from_a_photo_into_a_drawing(cut_out: bool) -> None:
    traced = tracing.trace(photos.disc_outdoors((200, 200)), cut_out=cut_out)
    house = Scene((Thing(drawings.DIGESTS["house"], y=0.5, size=0.7),), Setting(kind="hills"))
    held = book(traced)
    first = traced.scene(house if cut_out else None)
    mixture = Mixture(first, house, held, PartCache(held, side=128))
    sketches = [mixture.at(t, 128).sketch(64) for t in np.linspace(0, 1, 25)]
    assert np.array_equal(sketches[0], sketch_of(traced, house if cut_out else None))
    steps = np.array([np.abs(b - a).mean() for a, b in itertools.pairwise(sketches)])
    assert steps.max() < 3.2 * steps.mean()
    outlines = [int((sketch[3] > 0).sum()) for sketch in sketches]
    assert min(outlines) > 0.5 * min(outlines[0], outlines[-1])  # it turns, and does not vanish and come again


def test_an_outline_comes_in_smoothly_where_the_photo_has_none() -> None:
    traced = tracing.trace(photos.slope(), cut_out=False)
    house = Scene((Thing(drawings.DIGESTS["house"], size=0.7),), Setting(kind="hills"))
    mixture = Mixture(traced.scene(), house, book(traced), PartCache(book(traced), side=128))
    away = [mixture.at(t, 128).sketch(64)[3] for t in np.linspace(0, 1, 25)]
    assert max(np.abs(b - a).mean() for a, b in itertools.pairwise(away)) < 0.15


def test_a_preview_is_the_thing_in_its_own_colours() -> None:
    cut = tracing.cut(photos.disc_outdoors(), 64)
    high, wide = cut.shape[:2]
    assert max(high, wide) == 64 and abs(high - wide) <= 4
    assert np.allclose(cut[high // 2, wide // 2, :3], photos.RED, atol=25) and cut[high // 2, wide // 2, 3] == 255
    assert cut[0, 0, 3] == 0
    assert tracing.cut(photos.slope(), 64) is None


def test_a_model_that_words_lead_is_given_the_picture_itself() -> None:
    whole = tracing.compose(photos.disc_outdoors((300, 180)), 64, 64, cut_out=False)
    assert whole.shape == (64, 64, 3)
    assert np.allclose(whole[35, 32], photos.RED, atol=25) and whole[4, 4, 2] > whole[4, 4, 0]
    alone = tracing.compose(photos.disc_outdoors((300, 180)), 64, 64, cut_out=True)
    assert np.allclose(alone[32, 32], photos.RED, atol=25) and tuple(alone[2, 2]) == PAPER


@pytest.mark.parametrize("ratio", [16 / 9, 9 / 16])
def test_photo_fills_a_frame_that_is_not_square_with_what_fits_it(ratio: float) -> None:
    traced = tracing.trace(photos.disc_outdoors((400, 400)), cut_out=False, ratio=ratio)
    assert traced.around is not None and traced.around.shape == (tracing.SIDE, tracing.SIDE, 3)
    assert traced.thing is not None and traced.thing.shape == (tracing.SIDE, tracing.SIDE, 4)
    wide, high = round(tracing.SIDE * min(1, ratio)), round(tracing.SIDE / max(1, ratio))
    top, left = (tracing.SIDE - high) // 2, (tracing.SIDE - wide) // 2
    seen = traced.thing[top : top + high, left : left + wide, 3] > 128
    rows, columns = np.nonzero(seen)
    across, down = np.ptp(columns) + 1, np.ptp(rows) + 1
    assert abs(across - tracing.SIDE / 2) < 4, "it is as large as fits"
    assert abs(across / down - 1) < 0.04, "a disc stays whole and round"
