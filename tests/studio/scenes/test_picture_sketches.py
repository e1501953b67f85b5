"""Sketches of pictures that were never drawn: few colours; an outline where one thing stands out, and else none."""

import numpy as np
import pytest

from sketch.layers import distance
from studio.scenes import picture_sketches
from tests.support.loaded_modules import modules_after

SIDE = 32


def disc(tone: tuple[float, float, float], ground: object, *, radius: float = 0.25, x: float = 0.5) -> np.ndarray:
    """Paint a disc before a ground, 128 pixels a side."""
    rows, columns = np.mgrid[:128, :128] / 127
    picture = np.broadcast_to(np.asarray(ground, np.float32), (128, 128, 3)).copy()
    picture[(rows - 0.5) ** 2 + (columns - x) ** 2 < radius**2] = tone
    return picture


def test_any_picture_makes_a_sketch_of_few_colours() -> None:
    picture = np.random.default_rng(0).random((96, 96, 3)).astype(np.float32)
    picture[:48] = (0.9, 0.1, 0.1)
    made = picture_sketches.sketch_picture(picture, 24)
    assert made.shape == (4, 24, 24) and made.dtype == np.float32 and (made[3] == 1).all()
    assert len(np.unique(made[:3].reshape(3, -1), axis=1).T) <= 12
    assert np.allclose(made[:3, 4, 4] / 2 + 0.5, (0.9, 0.1, 0.1), atol=0.03)


@pytest.mark.parametrize("seed", range(4))
def test_distances_are_those_of_drawn_scenes(seed: int) -> None:
    inside = np.random.default_rng(seed).random((SIDE, SIDE)) > (0.1, 0.5, 0.9, 0.99)[seed]
    wanted = distance.signed(inside.astype(np.int16), 4.0) / distance.CLAMP
    assert np.allclose(picture_sketches.signed_distance(inside), wanted, atol=1e-6)


def test_thing_that_stands_out_is_found_where_it_is() -> None:
    shades = np.linspace(0.55, 0.75, 128, dtype=np.float32)[:, None, None] * np.ones((1, 128, 3), np.float32)
    found = picture_sketches.find_figure(disc((0.8, 0.2, 0.1), shades), SIDE)
    assert found is not None
    rows, columns = np.mgrid[:SIDE, :SIDE] / (SIDE - 1)
    wanted = (rows - 0.5) ** 2 + (columns - 0.5) ** 2 < 0.25**2
    assert (found & wanted).sum() / (found | wanted).sum() > 0.85


def test_ring_is_filled() -> None:
    ring = disc((0.9, 0.9, 0.9), (0.1, 0.2, 0.6), radius=0.3)
    inner = disc((0.1, 0.2, 0.6), (0, 0, 0), radius=0.2)
    ring = np.where(inner.sum(-1, keepdims=True) > 0, inner, ring)
    found = picture_sketches.find_figure(ring, SIDE)
    assert found is not None and found[SIDE // 2, SIDE // 2]


@pytest.mark.parametrize("kind", ["noise", "even", "slope", "edge", "tiny", "faint", "two"])
def test_picture_without_one_thing_has_no_outline(kind: str) -> None:
    pictures = {
        "noise": np.random.default_rng(1).random((128, 128, 3)),
        "even": np.full((128, 128, 3), 0.4),
        "slope": np.linspace(0, 1, 128)[:, None, None] * np.ones((1, 128, 3)),
        "edge": disc((0.9, 0.1, 0.1), (0.2, 0.6, 0.2), radius=0.5, x=0.0),
        "tiny": disc((0.9, 0.1, 0.1), (0.2, 0.6, 0.2), radius=0.05),
        "faint": disc((0.42, 0.4, 0.4), (0.4, 0.4, 0.4)),
        "two": np.maximum(
            disc((0.9, 0.9, 0), (0, 0, 0.4), radius=0.15, x=0.25), disc((0.9, 0.9, 0), (0, 0, 0.4), radius=0.15, x=0.75)
        ),
    }
    picture = pictures[kind].astype(np.float32)
    assert picture_sketches.find_figure(picture, SIDE) is None
    for seed in range(6):
        made = picture_sketches.vary_sketch(picture, SIDE, np.random.default_rng(seed))
        assert made.shape == (4, SIDE, SIDE) and bool((made[3] == 1).all()) and np.abs(made).max() <= 1


@pytest.mark.slow
def test_sketches_of_a_picture_vary_and_some_have_its_outline() -> None:
    picture = disc((0.8, 0.2, 0.1), (0.3, 0.5, 0.7))
    made = [picture_sketches.vary_sketch(picture, SIDE, np.random.default_rng(seed)) for seed in range(60)]
    outlined = [each for each in made if each[3].min() < 0]
    assert 0.65 < len(outlined) / 60 < 0.95
    assert all(each[3, SIDE // 2, SIDE // 2] > 0 > each[3, 0, 0] for each in outlined)
    assert len({each.tobytes() for each in made}) > 20
    result = picture_sketches.vary_sketch(picture, SIDE, np.random.default_rng(3), inside=np.eye(SIDE, dtype=bool))
    assert result[3].min() < 0 or bool((result[3] == 1).all())


def test_soft_sketch_keeps_the_edge_of_its_thing_and_loses_its_strokes() -> None:
    rows, columns = np.mgrid[:SIDE, :SIDE] / (SIDE - 1)
    inside = (rows - 0.5) ** 2 + (columns - 0.5) ** 2 < 0.25**2
    strokes = np.arange(SIDE)[:, None] % 2 * np.ones((1, SIDE))
    picture = np.where(inside[..., None], (0.8, 0.2, 0.1), 0.3 + 0.4 * strokes[..., None]).astype(np.float32)
    made = picture_sketches.sketch_picture(picture, SIDE, blur=3.0, inside=inside)[:3].transpose(1, 2, 0) / 2 + 0.5
    assert np.allclose(made[inside], (0.8, 0.2, 0.1), atol=0.03)
    assert np.abs(made[~inside] - 0.5).mean() < 0.03
    assert (picture_sketches.sketch_picture(picture, SIDE)[:3, 0, 0] < -0.3).all(), "a sharp one has them"


def test_lines_are_left_out_and_what_is_broad_keeps_its_edge() -> None:
    picture = np.full((128, 128, 3), 0.2, np.float32)
    picture[60:68, :80], picture[:, 96:] = 0.9, 0.6  # a line of two pixels of the sketch, and a broad field
    made = picture_sketches.sketch_picture(picture, SIDE, lines=5)[0] / 2 + 0.5
    assert np.allclose(made[:, :23], 0.2, atol=0.02) and np.allclose(made[:, 25:], 0.6, atol=0.02)
    assert picture_sketches.sketch_picture(picture, SIDE)[0, 16, 4] > 0.7, "else the line is there"


def test_colours_are_given_with_the_thing_in_mind_also_where_its_outline_is_kept_back() -> None:
    events: list[object] = []

    def green(sketch: np.ndarray, inside: np.ndarray | None, _dice: np.random.Generator) -> np.ndarray:
        events.append(None if inside is None else inside[SIDE // 2, SIDE // 2])
        return np.concatenate([np.broadcast_to(np.float32([[[-1]], [[1]], [[-1]]]), sketch[:3].shape), sketch[3:]])

    picture = disc((0.8, 0.2, 0.1), (0.3, 0.5, 0.7))
    made = [
        picture_sketches.vary_sketch(picture, SIDE, np.random.default_rng(seed), recolour=green) for seed in range(20)
    ]
    assert events == [True] * 20
    assert all((each[1] > 0.98).all() and (each[:3:2] < -0.98).all() for each in made)
    assert {bool((each[3] == 1).all()) for each in made} == {True, False}


def test_nothing_but_numpy_and_pillow_is_needed_to_sketch_a_picture() -> None:
    script = """
import numpy as np
from studio.scenes import picture_sketches
picture_sketches.vary_sketch(np.zeros((64, 64, 3), np.float32), 16, np.random.default_rng(0))
picture_sketches.signed_distance(np.eye(8, dtype=bool))
"""
    assert not modules_after(script) & {"torch", "scipy", "cv2"}
