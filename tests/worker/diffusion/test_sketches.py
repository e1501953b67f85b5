"""A model that is led by sketches: what it is shown between the scenes of a walk, and what comes of it."""

import json
import shutil
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from sketch import sketchbook
from sketch.scene import Scene, Thing
from sketch.sketchbook import Drawing
from sketch.styling.colour_table import ColourTable
from sketch.walks.drawing_pool import DrawingPool, Place
from tests.support import drawings
from tests.support.led import ROBOT as SVG
from tests.support.led import ROBOT_DIGEST
from tests.support.whole_walk import WholeWalk
from worker.diffusion import model_folder, sketches, tuning
from worker.diffusion.model import Model
from worker.diffusion.model_folder import ModelError
from worker.diffusion.rendering import GenerationError, StopInput
from worker.diffusion.sketches import Palette, WalkSketches
from worker.diffusion.solvers import SOLVER
from worker.diffusion.walk_pipeline import WalkPipeline

pytestmark = pytest.mark.slow

HOUSE, CAT, SUN = (drawings.scene(name) for name in ("house", "cat face", "sun"))


@pytest.fixture
def led(painters: dict[str, WalkPipeline]) -> WalkPipeline:
    return painters["led"]


def painted(painter: WalkPipeline, scenes: list[Scene | None], positions: list[float], **how: Any) -> NDArray[np.uint8]:
    stops = [StopInput("a sun", "", 3, scene=scene) for scene in scenes]
    prepared = painter.prepare(stops, painter.rendering(steps=3, guidance=2.0), **how)
    return np.stack([np.asarray(one.picture) for one in painter.paint(prepared, positions)])


def test_latents_are_as_many_as_the_network_predicts(led: WalkPipeline) -> None:
    assert (led.model.latent_shape, led.model.sketch_side, led.size) == ((4, 16, 16), 32, (32, 32))


def test_same_words_and_seed_are_painted_after_their_scenes(led: WalkPipeline) -> None:
    house, cat = painted(led, [HOUSE, CAT], [0.0, 1.0])
    blank = painted(led, [None, None], [0.0])[0]
    assert (house != cat).any()
    assert (house != blank).any()
    assert (painted(led, [HOUSE, CAT], [0.0, 1.0]) == [house, cat]).all()


def test_half_of_the_stops_are_drawn_by_other_processes(led: WalkPipeline, monkeypatch: pytest.MonkeyPatch) -> None:
    ahead: list[Place] = []
    pool = DrawingPool(0)
    monkeypatch.setattr(pool, "draw_ahead", lambda _, places: ahead.extend(places))
    monkeypatch.setattr(sketches, "_pool", lambda: pool)
    stops = [StopInput("a sun", "", 3, scene=scene) for scene in (HOUSE, CAT)]
    prepared = led.prepare(stops, led.rendering(steps=3, guidance=2.0))
    led.paint(prepared, [0.0, 1.0], ahead=[0.0, 0.25, 0.5])
    assert ahead == [(0, 0.0), (0, 0.25), (0, 0.5)]


def test_stops_of_a_walk_have_the_first_samples_drawn_ahead(led: WalkPipeline, monkeypatch: pytest.MonkeyPatch) -> None:
    ahead: list[Sequence[float]] = []
    monkeypatch.setattr(WalkSketches, "draw_ahead", lambda _, positions: ahead.append(positions))
    stops = [StopInput("a sun", "", 3, scene=scene) for scene in (HOUSE, CAT)]
    sampling = {"scheduler": SOLVER, "steps": 4, "guidance": 1.0, "ladder": [[2, 3]], "branches": True}
    walk = WholeWalk(led, led.prepare(stops, led.rendering(sampling)), sampling)
    walk.paint(frames=6)
    assert ahead[0] == (0.25, 0.5, 0.75)
    assert not any(ahead[1:])


def test_picture_does_not_depend_on_what_else_is_painted(led: WalkPipeline) -> None:
    together, alone = painted(led, [HOUSE, CAT], [0.0, 0.5, 1.0]), painted(led, [HOUSE, CAT], [0.5])
    assert np.abs(together[1].astype(int) - alone[0]).max() <= 1


def test_walk_round_leads_back_through_a_sketch_between_last_and_first(led: WalkPipeline) -> None:
    walk = WalkSketches([HOUSE, CAT, SUN], drawings.book(), 32, closed=True)
    (on_the_way, home, start) = walk.at([2.5, 3.0, 0.0])
    assert (home == start).all()
    assert (on_the_way != start).any()
    assert len(painted(led, [HOUSE, CAT, SUN], [2.5], closed=True)) == 1


def test_sketch_at_a_stop_is_its_scene_and_between_two_it_has_one_outline() -> None:
    walk = WalkSketches([HOUSE, CAT], drawings.book(), 64)
    first, between, last = walk.at([0.0, 0.5, 1.0])
    for sketch, scene in ((first, HOUSE), (last, CAT)):
        assert (sketch == WalkSketches([scene, scene], drawings.book(), 64).at([0.0])[0]).all()
    inside = [(sketch[3] > 0).mean() for sketch in (first, between, last)]
    assert min(inside[0], inside[2]) * 0.8 < inside[1] < max(inside[0], inside[2]) * 1.2
    assert np.abs(between).max() <= 1


@pytest.mark.parametrize("size", [(168, 256), (256, 144)])
def test_walk_in_a_frame_is_painted_after_sketches_of_its_shape(led: WalkPipeline, size: tuple[int, int]) -> None:
    height, width = size[0] // 8 * 2, size[1] // 8 * 2  # two pixels to a latent of this model
    rendering = replace(led.rendering(steps=3, guidance=2.0), height=height, width=width)
    prepared = led.prepare([StopInput("a sun", "", 3, scene=scene) for scene in (HOUSE, CAT)], rendering)
    before = led.evaluations
    pictures = [np.asarray(one.picture) for one in led.paint(prepared, [0.0, 0.5])]
    assert prepared.sketches is not None and prepared.sketches.at([0.5]).shape == (1, 4, height, width)
    assert all(picture.shape == (height, width, 3) for picture in pictures)
    assert led.evaluations - before >= 2 * 3 * 2, "though a frame may be smaller than the model's own size"


def test_stop_without_a_scene_is_led_by_a_blank_sketch() -> None:
    blank, half, whole = WalkSketches([None, HOUSE], drawings.book(), 32).at([0.0, 0.5, 1.0])
    assert not blank.any()
    assert np.allclose(half, whole / 2, atol=1e-6)


INVERTED = "LUT_3D_SIZE 2\n" + "".join(f"{1 - x} {1 - y} {1 - z}\n" for z in (0, 1) for y in (0, 1) for x in (0, 1))


def test_stops_in_the_style_of_a_palette_are_recoloured_and_transitions_by_shares() -> None:
    palette = Palette(ColourTable.from_text(INVERTED), [1.0, 0.0, 0.0])
    scenes = [HOUSE, HOUSE, None]
    plain, recoloured = (WalkSketches(scenes, drawings.book(), 32, guide=2, palette=each) for each in (None, palette))
    first, half, second, blank = recoloured.at([0.0, 0.5, 1.0, 2.0])
    before = plain.at([0.0])[0]
    assert np.allclose(first[:3], -before[:3], atol=0.01) and (first[3] == before[3]).all()
    assert np.abs(half[:3]).max() < 0.01 and np.array_equal(second, before) and not blank.any()
    (guide,), (shown,) = recoloured.guides([0.0]), plain.guides([0.0])
    assert guide is not None and shown is not None
    assert np.allclose(guide[:3], -shown[:3], atol=0.01) and (guide[3] == shown[3]).all()


def test_model_with_a_palette_recolours_stops_in_that_style_alone(tiny_models: dict[str, Path], tmp_path: Path) -> None:
    folder = tmp_path / "style"
    shutil.copytree(tiny_models["led"], folder)
    before = model_folder.fingerprint(folder)
    (folder / "palette.cube").write_text('TITLE "hokusai"\n' + INVERTED)
    assert model_folder.fingerprint(folder) != before
    painter = WalkPipeline(Model.load(str(folder), device="cpu"))
    inputs = [StopInput("a sun", "", 3, scene=HOUSE, style=style) for style in ("", "hokusai", "pop art")]
    prepared = painter.prepare(inputs, painter.rendering(steps=3, guidance=2.0))
    first, second, third = prepared.sketches.at([0.0, 1.0, 2.0])
    assert np.allclose(second[:3], -first[:3], atol=0.01) and np.array_equal(third, first)


def test_palette_that_is_broken_is_named(tiny_models: dict[str, Path], tmp_path: Path) -> None:
    (tmp_path / "palette.cube").write_text("LUT_3D_SIZE 3\n0 0 0\n")
    with pytest.raises(ModelError, match=r"palette\.cube is broken: it has 1 colours for a grid of 3 × 3 × 3"):
        model_folder.palette(tmp_path)


def test_model_that_is_led_by_words_alone_heeds_no_scene(bert: WalkPipeline) -> None:
    assert (painted(bert, [HOUSE, CAT], [0.0]) == painted(bert, [None, None], [0.0])).all()


def test_drawing_that_is_not_here_is_named(led: WalkPipeline) -> None:
    with pytest.raises(GenerationError, match="the drawing 0123, which the walk is to be painted after, is not here"):
        painted(led, [Scene((Thing("0123"),)), CAT], [0.0])


ROBOT = Scene((Thing(ROBOT_DIGEST),))


def test_drawing_of_a_walk_is_used_as_any(led: WalkPipeline, tiny_models: dict[str, Path], tmp_path: Path) -> None:
    brought = painted(led, [ROBOT, CAT], [0.0, 0.5, 1.0], drawings={ROBOT_DIGEST: SVG})
    copy = shutil.copytree(tiny_models["led"], tmp_path / "copy")
    svgs = {**drawings.SVGS, ROBOT_DIGEST: SVG}
    shipped = [*drawings.SHIPPED, Drawing(ROBOT_DIGEST, "robot")]
    (copy / "sketchbook.zip").write_bytes(sketchbook.pack(shipped, svgs))
    beside = WalkPipeline(Model.load(str(copy), device="cpu"), tuning.fallback())
    assert (painted(beside, [ROBOT, CAT], [0.0, 0.5, 1.0]) == brought).all()
    assert (brought[0] != painted(led, [HOUSE, CAT], [0.0])[0]).any()
    assert (brought[0] != painted(led, [None, CAT], [0.0])[0]).any()


def test_drawing_of_the_models_own_is_never_taken_from_elsewhere(led: WalkPipeline) -> None:
    forged = {drawings.DIGESTS["house"]: SVG}
    assert (painted(led, [HOUSE, CAT], [0.0], drawings=forged) == painted(led, [HOUSE, CAT], [0.0])).all()


def test_walk_between_two_scenes_is_no_breath_though_words_are_equal(led: WalkPipeline) -> None:
    same = painted(led, [HOUSE, HOUSE], [1.5], closed=True)
    other = painted(led, [HOUSE, CAT], [1.5], closed=True)
    assert (same != other).any()


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"version": 2, "side": 32}, "sketch.json asks for other sketches than this program draws, of version 1"),
        ({"version": 1}, "asks for other sketches"),
        ({"version": 1, "side": 33}, "sketches of 33 cannot be folded to latents of 16"),
        ({"version": 1, "side": 64}, "takes 20 channels, where latents and sketch have 68"),
    ],
)
def test_sketches_of_other_kinds_are_refused(
    tiny_models: dict[str, Path], tmp_path: Path, given: dict[str, int], said: str
) -> None:
    copy = shutil.copytree(tiny_models["led"], tmp_path / "copy")
    (copy / "sketch.json").write_text(json.dumps(given))
    with pytest.raises(ModelError, match=said):
        model_folder.inspect(copy)


def test_revision_follows_the_kind_of_sketch_and_not_the_drawings(tiny_models: dict[str, Path], tmp_path: Path) -> None:
    copy = shutil.copytree(tiny_models["led"], tmp_path / "copy")
    before = model_folder.fingerprint(copy)
    (copy / "sketchbook.zip").write_bytes(b"other drawings")
    assert model_folder.fingerprint(copy) == before
    (copy / "sketch.json").write_text('{"version": 1, "side": 16}')
    assert model_folder.fingerprint(copy) != before


def test_sketchbook_that_is_missing_is_named_when_it_is_needed(tiny_models: dict[str, Path], tmp_path: Path) -> None:
    copy = shutil.copytree(tiny_models["led"], tmp_path / "copy")
    (copy / "sketchbook.zip").unlink()
    painter = WalkPipeline(Model.load(str(copy), device="cpu"), tuning.Setting("float32", "contiguous", 1, 2))
    assert len(painted(painter, [None, None], [0.0])) == 1
    with pytest.raises(ModelError, match=r"sketchbook\.zip is no sketchbook"):
        painted(painter, [HOUSE, CAT], [0.0])
