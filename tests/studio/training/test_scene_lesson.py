"""What a decoder that is shown scenes sees: pieces of latents, drawings and pictures that lie at the same place."""

from pathlib import Path

import pytest
import torch
import torch.nn.functional as F  # noqa: N812 - as everybody calls it
from torch import Tensor

import decoder
from decoder import SceneDecoder, Shape
from sketch import sketchbook
from studio.errors import StudioError
from studio.training import adversary, autoencoder, loop, scene_lesson
from studio.training.scene_lesson import ScenePool

pytestmark = pytest.mark.slow


def held(graphic: float = 1.0, times: int = 8) -> dict[str, Tensor]:
    """Make a pool of three whose values tell row, column and number at every size."""
    places = torch.stack(torch.meshgrid(torch.arange(8), torch.arange(8), indexing="ij")).float()
    latents = torch.stack([torch.cat([places, torch.full((1, 8, 8), float(n))]) for n in range(3)])
    shown = torch.cat([latents, torch.full((3, 1, 8, 8), scene_lesson.BLANK + graphic * scene_lesson.LEVELS)], 1)
    large = {
        name: F.interpolate(values, scale_factor=by).byte()
        for name, values, by in (("pictures", latents, times), ("guides", shown, times // 2))
    }
    return {"latents": latents, "repainted": latents + 0.25, "graphic": torch.full((3,), graphic)} | large


@pytest.mark.parametrize("times", [8, 16])
@pytest.mark.parametrize("step", [0, 4])
def test_latents_guides_and_pictures_are_cropped_alike(step: int, times: int) -> None:
    pool = ScenePool(held(times=times), 4 * times, share=0.5)
    seen = pool.seen(step, 8, loop.step_rng(1, step))
    assert seen.latents.shape[-1] == (8 if step == 4 else 4) and len(seen.latents) == (2 if step == 4 else 8)
    own = seen.own.view(-1, 1, 1, 1)
    placed = torch.where(own, seen.latents, seen.latents - 0.25)
    assert torch.equal(F.interpolate(placed, scale_factor=times), (seen.pictures * 255).round())
    guides = seen.guides * scene_lesson.LEVELS + scene_lesson.BLANK
    assert torch.allclose(F.interpolate(placed, scale_factor=times // 2), guides[:, :3], atol=1e-3)
    assert bool((seen.guides[:, 3] == 1).all())


def test_pieces_are_of_all_places_and_some_repainted() -> None:
    pool = ScenePool(held(), 32, share=0.5)
    seen = [pool.seen(step, 4, loop.step_rng(1, step)) for step in range(4)]
    assert len({tuple(each.latents[n, :2, 0, 0].tolist()) for each in seen for n in range(4)}) > 6
    assert 0 < sum(int(each.own.sum()) for each in seen) < 16
    assert all(bool((ScenePool(held(), 32).seen(step, 4, loop.step_rng(1, step)).own).all()) for step in range(4))


def test_lesson_pays_for_the_fine_of_graphic_pictures_whatever_was_repainted() -> None:
    def loss(graphic: float) -> float:
        torch.manual_seed(0)
        lesson = scene_lesson.SceneLoss(ScenePool(held(graphic), 64, share=1.0), 2, scaling=1.0, device="cpu")
        network = SceneDecoder(Shape((8, 8, 4), (1, 1, 1), 3))
        return float(lesson.loss_of(network, scene_lesson.PLAIN + adversary.FADE, loop.step_rng(1, 1))[0].detach())

    assert loss(1.0) != loss(0.0) == loss(0.0)


def test_new_decoder_learns_to_be_near_before_it_learns_texture() -> None:
    lesson = scene_lesson.SceneLoss(ScenePool(held(), 64), 2, scaling=1.0, device="cpu")
    network = SceneDecoder(Shape((8, 8, 4), (1, 1, 1), 3))
    parts = [set(lesson.loss_of(network, scene_lesson.PLAIN + after, loop.step_rng(1, 1))[1]) for after in (-1, 0)]
    assert parts == [{"psnr"}, {"psnr", "adversary"}]


def test_subjects_are_painted_with_guides_and_latents_of_their_size(book: Path, halving: Path) -> None:
    drawn, vae = sketchbook.load(book), autoencoder.load_autoencoder(halving)
    seen = scene_lesson.render_subjects(drawn, 2, 1, 32, vae)
    assert {name: tuple(value.shape) for name, value in seen.items()} == {
        "pictures": (2, 3, 32, 32), "latents": (2, 4, 4, 4), "guides": (2, 4, 16, 16), "graphic": (2,)}  # fmt: skip
    finer = scene_lesson.render_subjects(drawn, 2, 1, 64, vae, finer=True)
    assert finer["latents"].shape == (2, 4, 4, 4) and finer["guides"].shape == (2, 4, 32, 32)
    assert finer["pictures"].shape == (2, 3, 64, 64) and finer["guides"].dtype == torch.uint8


@pytest.mark.slow
def test_painted_subjects_have_a_blank_guide_and_graphic_ones_marks(book: Path, halving: Path) -> None:
    held = scene_lesson.render_subjects(sketchbook.load(book), 12, 3, 32, autoencoder.load_autoencoder(halving))
    graphic, seen = held["graphic"], {}

    def kept(_: Tensor, guides: Tensor) -> Tensor:
        seen["guides"] = guides
        return torch.zeros(len(guides), 3, 32, 32)

    scene_lesson.decode_all(kept, held)
    guides, whole = seen["guides"], ScenePool(held, 32).seen(4, 12, loop.step_rng(1, 1))
    assert bool((graphic == 0).any()) and bool((graphic == 1).any())
    assert not guides[graphic == 0].any() and not whole.guides[whole.graphic == 0].any(), "to the last bit"
    assert bool((guides[graphic == 1][:, 3] == 1).all()) and float(guides[graphic == 1][:, :3].std()) > 0.1
    assert float(guides.abs().max()) <= 1


def test_what_was_painted_is_decoded_to_the_size_of_the_pictures(book: Path, halving: Path) -> None:
    vae = autoencoder.load_autoencoder(halving)
    seen = scene_lesson.render_subjects(sketchbook.load(book), 2, 1, 64, vae, finer=True)
    network = SceneDecoder(Shape((8, 8, 4), (1, 1, 1), finer=4))
    for decode in (network, scene_lesson.by_autoencoder(vae)):
        pictures = scene_lesson.decode_all(decode, seen)
        assert pictures.shape == (2, 3, 64, 64) and 0 <= float(pictures.min()) <= float(pictures.max()) <= 1


def test_finer_stage_alone_is_learned_of_a_decoder_that_is_there(tmp_path: Path) -> None:
    decoder.save(SceneDecoder(Shape((8, 8, 4), (1, 1, 1))), tmp_path)
    learned = {
        name
        for name, value in scene_lesson.make_decoder(4, 1, finer=tmp_path).named_parameters()
        if value.requires_grad
    }
    assert {name.split(".")[0] for name in learned} == {"finer", "painted_finer"}
    assert scene_lesson.make_decoder(8, 1).shape.latent == 8
    with pytest.raises(StudioError, match=r"--finer: .*config\.json is missing"):
        scene_lesson.make_decoder(4, 1, finer=tmp_path / "none")
