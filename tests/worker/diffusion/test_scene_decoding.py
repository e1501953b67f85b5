"""A model with a decoder that is shown scenes: what it is shown, when, and what comes of it."""

from __future__ import annotations

import itertools
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import diffusers
import numpy as np
import pytest
import torch

import decoder
from decoder import GUIDE, SceneDecoder, Shape
from sketch import rendering
from sketch.compositions.composition import Composition
from sketch.scene import Scene
from tests.support import drawings
from worker.diffusion import model_folder, tuning
from worker.diffusion.model import Model
from worker.diffusion.model_folder import ModelError
from worker.diffusion.painter import Painter
from worker.diffusion.rendering import StopInput
from worker.diffusion.sketches import WalkSketches
from worker.networks.upsampling import Tail, Upsampler
from worker.planning.latent_state import Painted

HOUSE, CAT, SUN = (drawings.scene(name) for name in ("house", "cat face", "sun"))
PRINT, POSTER = (replace(scene, composition=Composition(marks, seed=3)) for scene, marks in
                 ((HOUSE, "linocut"), (CAT, "poster")))  # fmt: skip
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
def painters(plain: Path, guided: Path) -> dict[str, Painter]:
    setting = tuning.Setting("float32", "contiguous", 1, 2)
    return {path.parent.name.rstrip("0"): Painter(Model.load(str(path), device="cpu"), setting)
            for path in (plain, guided)}  # fmt: skip


def painted(painter: Painter, scenes: list[Scene | None], positions: list[float], **how: Any) -> list[Painted]:
    stops = [StopInput("a sun", "", 3, scene=scene) for scene in scenes]
    setting = replace(painter.rendering(steps=3, guidance=2.0), **how.pop("setting", {}))
    return painter.paint(painter.prepare(stops, setting), positions, **how)


def pictures(found: list[Painted]) -> np.ndarray:
    return np.stack([np.asarray(one.picture) for one in found])


def test_decoder_beside_the_autoencoder_paints_what_has_a_scene(painters: dict[str, Painter]) -> None:
    assert painters["guided"].model.decodes_scenes and not painters["plain"].model.decodes_scenes
    led, alone = (pictures(painted(painters[name], [HOUSE, CAT], [0.0, 0.5])) for name in ("guided", "plain"))
    assert led.shape == alone.shape == (2, 128, 128, 3) and (led != alone).any((1, 2, 3)).all()
    assert (pictures(painted(painters["guided"], [HOUSE, CAT], [0.0, 0.5])) == led).all()


def test_what_has_no_scene_is_decoded_by_it_too(painters: dict[str, Painter]) -> None:
    for walk in ([None, None, PRINT], [None, None]):
        led, alone = (pictures(painted(painters[name], list(walk), [0.0, 0.5, 1.0])) for name in ("guided", "plain"))
        assert (led != alone).any((1, 2, 3)).all()
    assert (pictures(painted(painters["guided"], [None, None, PRINT], [0.0, 0.5])) == led[:2]).all()


def test_pictures_without_guides_are_decoded_with_blank_ones(painters: dict[str, Painter]) -> None:
    model = painters["guided"].model
    vae, latents = model.networks("float32", "contiguous")[1], torch.randn(2, 4, 16, 16)
    blank, shown = np.zeros((GUIDE, 64, 64), np.float32), np.full((GUIDE, 64, 64), 0.5, np.float32)
    with torch.inference_mode():
        neither, one, both = (model.decode(vae, latents, guides) for guides in (None, [shown, None], [blank, blank]))
    assert (neither == both).all() and (one[0] != both[0]).any()
    assert np.abs(one[1] - both[1]).max() < 1e-5


def test_picture_changes_little_where_a_walk_leaves_a_stop_without_a_scene(painters: dict[str, Painter]) -> None:
    model, near = painters["guided"].model, 0.02
    walk = walk_of(None, PRINT)
    guides = walk.guides([0.0, near, 0.5, 1 - near, 1.0])
    latents = torch.randn(1, 4, 16, 16, generator=torch.Generator().manual_seed(1)).expand(5, 4, 16, 16)
    with torch.inference_mode():
        seen = model.decode(model.networks("float32", "contiguous")[1], latents, guides)
    first, *_, last = steps = [float(np.abs(after - before).mean()) for before, after in itertools.pairwise(seen)]
    assert 0 < first < 0.1 * sum(steps) and 0 < last < 0.1 * sum(steps)


def test_picture_with_a_scene_does_not_depend_on_one_without_beside_it(painters: dict[str, Painter]) -> None:
    together = pictures(painted(painters["guided"], [None, HOUSE], [0.0, 1.0]))
    assert (pictures(painted(painters["guided"], [None, HOUSE], [1.0], pad=2))[0] == together[1]).all()


def test_thumbnails_that_are_decoded_are_decoded_after_the_scene(painters: dict[str, Painter]) -> None:
    how: dict[str, Any] = {"until": 2, "keep": [2]}
    (seen,) = painted(painters["guided"], [PRINT, POSTER], [0.5], setting={"decoded": (2,)}, **how)
    small = pictures([seen])[0].reshape(32, 4, 32, 4, 3).mean((1, 3)) / 255
    assert np.abs(seen.thumbnails[2] - small).max() < 1 / 255


def test_preview_is_fitted_to_what_the_decoder_paints_without_a_scene(painters: dict[str, Painter]) -> None:
    how: dict[str, Any] = {"until": 2, "keep": [2], "decode": False}
    led, alone = (painted(painters[name], [HOUSE, CAT], [0.5], **how)[0].thumbnails[2] for name in ("guided", "plain"))
    assert led.shape == alone.shape and not np.array_equal(led, alone)


def test_expected_pictures_are_decoded_after_the_scene(painters: dict[str, Painter]) -> None:
    shown = [pictures(painted(painters[name], [HOUSE, CAT], [0.5], until=2)) for name in ("guided", "plain")]
    assert (shown[0] != shown[1]).any()


def test_decoder_is_cast_and_placed_with_the_autoencoder(guided: Path) -> None:
    model = Model.load(str(guided), device="cpu")
    vae = model.networks("bfloat16", "contiguous")[1]
    weights = [*vae.scene_decoder.parameters()]
    assert {each.dtype for each in weights} == {torch.bfloat16} and not any(each.requires_grad for each in weights)
    assert vae.scene_decoder.blocks[0].first.weight.is_contiguous(memory_format=torch.channels_last)
    with torch.inference_mode():
        guide = np.zeros((GUIDE, 64, 64), np.float32)
        half = model.decode(vae, torch.zeros(2, 4, 16, 16), [guide, guide])
        full = model.decode(model.networks("float32", "contiguous")[1], torch.zeros(2, 4, 16, 16), [guide, guide])
    assert half.dtype == np.float32 and np.abs(half - full).max() < 0.05


def test_decoder_is_folded_and_paints_the_same_but_for_last_bits(guided: Path) -> None:
    vae = Model.load(str(guided), device="cpu").networks("float32", "contiguous")[1]
    assert [type(each) for each in vae.scene_decoder.modules() if isinstance(each, Upsampler | Tail)] == [
        Upsampler, Upsampler, Tail]  # fmt: skip
    latents, guide = torch.randn(2, 4, 16, 16), torch.rand(2, GUIDE, 64, 64)
    with torch.inference_mode():
        assert torch.allclose(
            vae.scene_decoder(latents, guide), decoder.load(guided / "decoder")(latents, guide), atol=2e-6
        )


def test_pictures_are_decoded_with_their_own_guides_in_whatever_parts(painters: dict[str, Painter]) -> None:
    model, dice = painters["guided"].model, np.random.default_rng(1)
    latents = torch.randn(11, 4, 16, 16, generator=torch.Generator().manual_seed(1))
    guides = [*dice.uniform(-1, 1, (11, GUIDE, 64, 64)).astype(np.float32)]
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


def walk_of(*scenes: Scene | None, guided: bool = True) -> WalkSketches:
    return WalkSketches(scenes, drawings.book(), 32, guided=guided)


def test_guides_are_twice_as_large_as_sketches_and_show_the_same_where_marks_are_drawn() -> None:
    walk, positions = walk_of(PRINT, POSTER), [0.0, 0.4, 1.0]
    guides, sketches = walk.guides(positions), walk.at(positions)
    for guide, sketch in zip(guides, sketches, strict=True):
        assert guide is not None and guide.shape == (GUIDE, 64, 64) and guide.dtype == np.float32
        assert np.abs(guide).max() <= 1 and (guide[3] == 1).all()
        assert np.abs(guide[:3].reshape(3, 32, 2, 32, 2).mean((2, 4)) - sketch[:3]).mean() < 0.03
    usual = walk_of(PRINT, POSTER, guided=False).at(positions)
    assert np.array_equal(usual[1], sketches[1])


def test_guides_of_painterly_stops_and_of_what_lies_between_are_blank() -> None:
    guides = walk_of(HOUSE, CAT, None).guides([0.0, 0.4, 1.0, 1.5, 2.0])
    assert all(guide is not None and guide.shape == (GUIDE, 64, 64) and not guide.any() for guide in guides)


def test_stop_is_drawn_as_a_picture_for_the_guide() -> None:
    (guide,) = walk_of(HOUSE, PRINT).guides([1.0])
    assert guide is not None
    assert np.allclose(guide, rendering.draw(PRINT, drawings.book(), 128).guide(64), atol=1e-3)


def test_guide_and_sketch_are_of_one_drawing(monkeypatch: pytest.MonkeyPatch) -> None:
    counted, real = [], rendering.draw
    monkeypatch.setattr(rendering, "draw", lambda *given: counted.append(given) or real(*given))
    walk = walk_of(HOUSE, CAT)
    for _ in range(2):
        walk.at([0.0, 1.0])
        walk.guides([0.0, 1.0])
    assert len(counted) == 2


def test_guide_between_a_stop_with_a_scene_and_one_without_is_their_mean() -> None:
    walk = walk_of(PRINT, None)
    whole, blank, *between = walk.guides([0.0, 1.0, 0.25, 0.5, 0.999])
    assert whole is not None and blank is not None and not blank.any()
    for t, guide in zip((0.25, 0.5, 0.999), between, strict=True):
        assert guide is not None and np.allclose(guide, (1 - t) * whole, atol=1e-3)


def test_there_is_no_guide_where_none_is_asked_for() -> None:
    assert walk_of(PRINT, CAT, None, guided=False).guides([0.0, 0.5, 1.5, 2.0]) == [None] * 4
