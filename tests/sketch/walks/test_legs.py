"""What leads a painter along a walk's legs: from an order alone, without the sketchbook it was written from."""

import pickle

import numpy as np
import pytest

from sketch import rendering
from sketch.scene import Scene, Thing
from sketch.sketchbook import Sketchbook, SketchbookError
from sketch.walks.legs import Legs, Order
from tests.support import drawings

HOUSE, CAT = (drawings.scene(name) for name in ("house", "cat face"))


def order(*scenes: Scene | None, guide: int = 0) -> Order:
    return Order.from_scenes(scenes, drawings.book(), 32, guide=guide)


def test_order_holds_the_drawings_of_its_scenes_and_no_others() -> None:
    assert order(HOUSE, None, CAT).drawings.keys() == {drawings.DIGESTS["house"], drawings.DIGESTS["cat face"]}


def test_order_that_was_sent_to_another_process_is_drawn_alike() -> None:
    here = order(HOUSE, CAT, guide=2)
    there = pickle.loads(pickle.dumps(here))  # noqa: S301 - our own
    for t in (0.0, 0.3, 1.0):
        (sketch, guide), (other, further) = Legs(here).draw(0, t), Legs(there).draw(0, t)
        assert (sketch == other).all()
        assert guide is not None and further is not None and (guide == further).all()


def test_what_was_cut_out_of_a_photo_goes_with_the_order() -> None:
    cut_out = np.full((8, 8, 4), 255, np.uint8)
    book = drawings.book().join(Sketchbook((), {}, pictures={"photo": cut_out}))
    order = Order.from_scenes([Scene((Thing("photo"),))], book, 32)
    assert (order.cut_outs["photo"] == cut_out).all() and not order.drawings
    assert Legs(order).draw(0, 0.0).sketch.any()


def test_drawing_that_is_not_there_is_named_before_anything_is_drawn() -> None:
    with pytest.raises(SketchbookError, match="0123"):
        order(Scene((Thing("0123"),)))


def test_last_leg_of_a_closed_walk_ends_at_the_first_scene() -> None:
    legs = Legs(order(HOUSE, CAT))
    assert (legs.draw(1, 1.0).sketch == legs.draw(0, 0.0).sketch).all()
    assert (legs.draw(1, 0.0).sketch == legs.draw(0, 1.0).sketch).all()


def test_guides_of_stops_are_drawn_twice_as_fine_as_what_lies_between() -> None:
    legs = Legs(order(HOUSE, CAT, guide=2))
    guide = legs.draw(0, 0.0).guide
    assert guide is not None
    assert (guide == rendering.draw(HOUSE, drawings.book(), 128).guide(64).astype(np.float16)).all()
