"""A model with a decoder that is shown scenes: what it is shown, when, and what comes of it."""

import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import diffusers
import numpy as np
import pytest
import torch

import decoder
from app.core.models import aspects
from app.core.models.facts import ModelFacts
from app.offer.generation import presets
from decoder import SceneDecoder, Shape
from sketch import rendering
from sketch.compositions.composition import Composition
from sketch.scene import Scene
from tests.support import drawings
from tests.support.whole_walk import WholeWalk
from worker.diffusion import model_folder, tuning
from worker.diffusion.model import Model
from worker.diffusion.model_folder import ModelError
from worker.diffusion.rendering import GenerationError, StopInput
from worker.diffusion.sketches import GUIDE, WalkSketches
from worker.diffusion.walk_pipeline import WalkPipeline
from worker.planning.latent_state import GeneratedFrame

pytestmark = pytest.mark.slow

HOUSE, CAT = (replace(drawings.scene(name), composition=Composition("linocut")) for name in ("house", "cat face"))
PAINTED = replace(HOUSE, composition=Composition())
SMALL = Shape((8, 8, 4), (1, 1, 1))


def eighth(folder: Path, target: Path) -> Path:
    """Copy the tiny model that sketches lead, with an autoencoder whose latents are an eighth as wide as pictures."""
    copy = shutil.copytree(folder, target)
    torch.manual_seed(1)
    channels: dict[str, Any] = {f"{part}_block_out_channels": (8,) * 4 for part in ("encoder", "decoder")}
    blocks: dict[str, Any] = {f"num_{part}_blocks": (1,) * 4 for part in ("encoder", "decoder")}
    diffusers.AutoencoderTiny(**channels, **blocks, scaling_factor=0.9).save_pretrained(copy / "vae")
    return copy


@pytest.fixture(scope="module")
def plain(tiny_models: dict[str, Path], tmp_path_factory: pytest.TempPathFactory) -> Path:
    return eighth(tiny_models["led"], tmp_path_factory.mktemp("plain") / "model")


@pytest.fixture(scope="module")
def guided(plain: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    copy = shutil.copytree(plain, tmp_path_factory.mktemp("guided") / "model")
    torch.manual_seed(2)
    decoder.save(SceneDecoder(SMALL), copy / "decoder")
    return copy


@pytest.fixture(scope="module")
def finer(plain: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    copy = shutil.copytree(plain, tmp_path_factory.mktemp("finer") / "model")
    torch.manual_seed(2)
    network = SceneDecoder(SMALL)
    network.add_finer(4)
    decoder.save(network, copy / "decoder")
    return copy


@pytest.fixture(scope="module")
def painters(plain: Path, guided: Path, finer: Path) -> dict[str, WalkPipeline]:
    setting = tuning.Setting("float32", "contiguous", 1, 2)
    return {path.parent.name.rstrip("0"): WalkPipeline(Model.load(str(path), device="cpu"), setting)
            for path in (plain, guided, finer)}  # fmt: skip


def painted(
    painter: WalkPipeline, scenes: list[Scene | None], positions: list[float], **how: Any
) -> list[GeneratedFrame]:
    stops = [StopInput("a sun", "", 3, scene=scene) for scene in scenes]
    setting = replace(painter.rendering(steps=3, guidance=2.0), **how.pop("setting", {}))
    return painter.paint(painter.prepare(stops, setting), positions, **how)


def pictures(found: list[GeneratedFrame]) -> np.ndarray:
    return np.stack([np.asarray(one.picture) for one in found])


def test_decoder_beside_the_autoencoder_paints_what_has_a_scene(painters: dict[str, WalkPipeline]) -> None:
    assert painters["guided"].model.decodes_scenes and not painters["plain"].model.decodes_scenes
    led, alone = (pictures(painted(painters[name], [HOUSE, CAT], [0.0, 0.5])) for name in ("guided", "plain"))
    assert led.shape == alone.shape == (2, 128, 128, 3) and (led != alone).any((1, 2, 3)).all()
    assert (pictures(painted(painters["guided"], [HOUSE, CAT], [0.0, 0.5])) == led).all()


def test_finer_stage_paints_larger_pictures_of_the_same_latents_and_passes(painters: dict[str, WalkPipeline]) -> None:
    painter, setting = painters["finer"], {"width": 256, "height": 256, "finer": 2, "decoded": (2,)}
    before = painter.evaluations
    usual = painted(painter, [HOUSE, None], [0.0, 0.5, 1.0], setting={"decoded": (2,)}, keep=[2])
    middle = painter.evaluations
    large = painted(painter, [HOUSE, None], [0.0, 0.5, 1.0], setting=setting, keep=[2])
    assert painter.evaluations - middle == middle - before
    assert pictures(large).shape == (3, 256, 256, 3) and pictures(usual).shape == (3, 128, 128, 3)
    for one, other in zip(large, usual, strict=True):  # what places frames is as before
        assert one.thumbnails[2].shape == other.thumbnails[2].shape
        assert np.abs(one.thumbnails[2] - other.thumbnails[2]).mean() < 0.02


def test_finer_pictures_of_a_model_without_that_stage_are_refused(painters: dict[str, WalkPipeline]) -> None:
    with pytest.raises(GenerationError, match="no stage for pictures so much finer"):
        painted(painters["guided"], [HOUSE], [0.0], setting={"width": 256, "height": 256, "finer": 2})


def test_what_has_no_scene_is_decoded_by_the_same_decoder(painters: dict[str, WalkPipeline]) -> None:
    walk = [None, None, HOUSE]
    led, alone = (pictures(painted(painters[name], walk, [0.0, 0.5, 2.0])) for name in ("guided", "plain"))
    assert (led != alone).any((1, 2, 3)).all()
    latents = torch.zeros(1, 4, 16, 16)
    model = painters["guided"].model
    vae = model.networks("float32", "contiguous")[1]
    with torch.inference_mode():
        blank = model.decode(vae, latents, [np.zeros((decoder.GUIDE, 64, 64), np.float32)])
        assert np.array_equal(model.decode(vae, latents, None), blank)
        assert np.array_equal(model.decode(vae, latents, [None]), blank)


def test_picture_with_a_scene_does_not_depend_on_one_without_beside_it(painters: dict[str, WalkPipeline]) -> None:
    together = pictures(painted(painters["guided"], [None, HOUSE], [0.0, 1.0]))
    assert (pictures(painted(painters["guided"], [None, HOUSE], [1.0], pad=2))[0] == together[1]).all()


def test_thumbnails_that_are_decoded_are_decoded_after_the_scene(painters: dict[str, WalkPipeline]) -> None:
    how: dict[str, Any] = {"until": 2, "keep": [2], "decode": False, "setting": {"decoded": (2,)}}
    decoded = [painted(painters[name], [HOUSE, CAT], [0.5], **how)[0].thumbnails[2] for name in ("guided", "plain")]
    assert not np.array_equal(*decoded)


def test_expected_pictures_are_decoded_after_the_scene(painters: dict[str, WalkPipeline]) -> None:
    shown = [pictures(painted(painters[name], [HOUSE, CAT], [0.5], until=2)) for name in ("guided", "plain")]
    assert (shown[0] != shown[1]).any()


def test_decoder_is_cast_and_placed_with_the_autoencoder(guided: Path) -> None:
    model = Model.load(str(guided), device="cpu")
    vae = model.networks("bfloat16", "contiguous")[1]
    weights = [*vae.scene_decoder.parameters()]
    assert {each.dtype for each in weights} == {torch.bfloat16} and not any(each.requires_grad for each in weights)
    assert vae.scene_decoder.blocks[0].first.weight.is_contiguous(memory_format=torch.channels_last)
    with torch.inference_mode():
        guide = np.zeros((4, 64, 64), np.float32)
        half = model.decode(vae, torch.zeros(2, 4, 16, 16), [guide, guide])
        full = model.decode(model.networks("float32", "contiguous")[1], torch.zeros(2, 4, 16, 16), [guide, guide])
    assert half.dtype == np.float32 and np.abs(half - full).max() < 0.05


def test_pictures_are_decoded_with_their_own_guides_in_whatever_parts(painters: dict[str, WalkPipeline]) -> None:
    model, dice = painters["guided"].model, np.random.default_rng(1)
    latents = torch.randn(11, 4, 16, 16, generator=torch.Generator().manual_seed(1))
    guides = [*dice.uniform(-1, 1, (11, 4, 64, 64)).astype(np.float32)]
    vae = model.networks("float32", "contiguous")[1]
    with torch.inference_mode():
        together = model.decode(vae, latents, guides)
        alone = np.concatenate([model.decode(vae, latents[n : n + 1], guides[n : n + 1]) for n in range(11)])
    assert np.abs(together - alone).max() < 1e-5


def test_revision_names_the_decoder(plain: Path, guided: Path, tmp_path: Path) -> None:
    copy = shutil.copytree(guided, tmp_path / "copy")
    before = model_folder.fingerprint(copy)
    assert before == model_folder.fingerprint(guided) != model_folder.fingerprint(plain)
    (copy / "decoder/notes.txt").write_text("no part of it")
    assert model_folder.fingerprint(copy) == before
    decoder.save(SceneDecoder(SMALL), copy / "decoder")
    assert model_folder.fingerprint(copy) != before


def test_decoder_that_does_not_fit_is_refused(guided: Path, tiny_models: dict[str, Path], tmp_path: Path) -> None:
    copy = shutil.copytree(guided, tmp_path / "copy")
    (copy / "decoder/config.json").write_text('{"version": 2}')
    with pytest.raises(ModelError, match=r"decoder/config\.json is of another version than 1"):
        Model.load(str(copy), device="cpu")
    decoder.save(SceneDecoder(replace(SMALL, latent=8)), copy / "decoder")
    with pytest.raises(ModelError, match="decoder is made for other latents or sketches"):
        Model.load(str(copy), device="cpu")
    halving = shutil.copytree(tiny_models["led"], tmp_path / "halving")
    decoder.save(SceneDecoder(SMALL), halving / "decoder")
    with pytest.raises(ModelError, match="decoder is made for other latents or sketches"):
        Model.load(str(halving), device="cpu")


@pytest.mark.parametrize("aspect", ["3:2", "9:16"])
def test_whole_walk_is_painted_in_a_frame(painters: dict[str, WalkPipeline], aspect: str) -> None:
    width, height = aspects.frame(aspect, 256, 8)
    sampling = presets.resolve("balanced", ModelFacts(), steps=4)
    films = []
    for name in ("guided", "plain"):
        rendering = replace(painters[name].rendering(sampling), height=height, width=width, batch=3)
        stops = [StopInput("a sun", "", 3, scene=scene) for scene in (HOUSE, CAT)]
        walk = WholeWalk(painters[name], painters[name].prepare(stops, rendering), sampling)
        walk.paint(frames=5)
        films.append(np.stack([*walk.pictures.values()]))
    assert films[0].shape == films[1].shape == (5, height, width, 3)
    assert (films[0] != films[1]).any((1, 2, 3)).all(), "decoded after the scenes"
    assert (films[0][1:] != films[0][:-1]).any((1, 2, 3)).all()


def walk_of(*scenes: Scene | None, guided: bool = True) -> WalkSketches:
    return WalkSketches(scenes, drawings.book(), 32, guide=GUIDE if guided else 0)


def test_guides_of_graphic_scenes_are_twice_as_large_as_sketches_and_show_the_same() -> None:
    walk, positions = walk_of(HOUSE, CAT), [0.0, 0.4, 1.0]
    guides, sketches = walk.guides(positions), walk.at(positions)
    for guide, sketch in zip(guides, sketches, strict=True):
        assert guide is not None and guide.shape == (4, 64, 64) and guide.dtype == np.float32
        assert np.abs(guide).max() <= 1 and guide[3].min() == 1
        assert np.abs(guide[:3].reshape(3, 32, 2, 32, 2).mean((2, 4)) - sketch[:3]).mean() < 0.03


def test_guides_of_painted_scenes_are_blank_and_come_on_the_way_to_graphic_ones() -> None:
    blank, between, shown = walk_of(PAINTED, CAT).guides([0.0, 0.5, 1.0])
    assert blank is not None and between is not None and shown is not None
    assert not blank.any() and 0.1 < between[3].mean() < 0.9 and shown[3].min() == 1


def test_stop_is_drawn_as_a_picture_for_the_guide() -> None:
    (guide,) = walk_of(HOUSE, CAT).guides([1.0])
    assert guide is not None
    assert np.allclose(guide, rendering.draw(CAT, drawings.book(), 128).guide(64), atol=1e-3)


def test_guide_and_sketch_are_of_one_drawing(monkeypatch: pytest.MonkeyPatch) -> None:
    counted, real = [], rendering.draw
    monkeypatch.setattr(rendering, "draw", lambda *given: counted.append(given) or real(*given))
    walk = walk_of(HOUSE, CAT)
    for _ in range(2):
        walk.at([0.0, 1.0])
        walk.guides([0.0, 1.0])
    assert len(counted) == 2


def test_stop_without_a_scene_has_a_blank_guide_and_frames_go_there_evenly() -> None:
    first, between, last = walk_of(HOUSE, None).guides([0.0, 0.5, 1.0])
    assert first is not None and between is not None and last is not None
    assert not last.any() and np.allclose(between, first / 2, atol=1e-3)


def test_there_is_no_guide_where_none_is_asked_for() -> None:
    assert walk_of(HOUSE, CAT, guided=False).guides([0.0, 0.5]) == [None, None]
