"""A decoder is taught texture on subjects of a sketchbook, and latents stay what they are."""

import json
from pathlib import Path
from typing import Any

import pytest
import torch

import decoder
from studio.errors import StudioError
from studio.scenes import subjects
from studio.training import adversary, autoencoder, loop, repainting, scene_lesson
from studio.workspace.work_folder import Folder
from tests.support.marks import SLOW_TRAINING
from tests.support.studio_fixtures import call
from tests.support.training_runs import fail_at_call, losses

pytestmark = SLOW_TRAINING
SMALL = ("--painted", 8, "--measured", 4, "--size", 32, "--piece", 16, "--batch", 2, "--warmup", 1)


@pytest.fixture
def asked(tmp_path: Path, halving: Path, book: Path) -> tuple[Any, ...]:
    return ("decoder", "--folder", tmp_path, "--vae", halving, "--sketchbook", book, *SMALL)


def test_decoder_learns_and_the_encoder_does_not(asked: tuple[Any, ...], halving: Path, tmp_path: Path) -> None:
    report = call(*asked, "--steps", 3)
    before, after = autoencoder.load_autoencoder(halving), autoencoder.load_autoencoder(tmp_path / "model/vae")
    assert autoencoder.digest(before.encoder) == autoencoder.digest(after.encoder)
    assert autoencoder.digest(before.decoder) != autoencoder.digest(after.decoder)
    assert before.config.scaling_factor == after.config.scaling_factor
    assert report["taken_now"] == 3 and set(report["before"]) == set(report["after"]) == {"psnr", "sharpness", "grain"}
    assert report["before"] != report["after"]
    again = call(*asked, "--steps", 3)
    assert again["taken_now"] == 0 and again["after"] == report["after"]


def run_on(words: tuple[Any, ...], folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Take six steps at once and killed in between; check that the losses are the same, and the pictures."""
    words, pool = (*words, "--steps", 6, "--save-every", 3), folder / "runs/decoder/pool.safetensors"
    call(*words)
    whole = losses(Folder(folder), "decoder")
    (folder / "runs").rename(folder / "before")
    with monkeypatch.context() as context:
        fail_at_call(context, adversary, "coarse_distance", 4, StudioError("killed"))
        call(*words, ok=False)
    there = pool.stat()
    assert call(*words)["taken_now"] == 3
    assert losses(Folder(folder), "decoder")[6] == pytest.approx(whole[6], rel=1e-4)
    assert pool.stat().st_mtime_ns == there.st_mtime_ns, "it was painted again"


def test_killed_lesson_goes_on_with_the_losses_it_would_have_had(
    asked: tuple[Any, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run_on(asked, tmp_path, monkeypatch)


def test_what_it_cannot_use_is_named(asked: tuple[Any, ...], tmp_path: Path, halving: Path) -> None:
    (tmp_path / "none.zip").write_bytes(b"nothing")
    said = call("decoder", "--folder", tmp_path, "--vae", halving, "--sketchbook", tmp_path / "none.zip", *SMALL,
                "--steps", 1, ok=False)["error"]  # fmt: skip
    assert "none.zip" in said
    assert "multiple of 32, not 40" in call(*asked, "--size", 40, "--steps", 1, ok=False)["error"]
    nothing = call(*asked, "--vae", tmp_path, "--steps", 1, ok=False)["error"]
    assert "holds no autoencoder" in nothing


def test_other_autoencoder_is_another_lesson(asked: tuple[Any, ...], tmp_path: Path, halving: Path) -> None:
    call(*asked, "--steps", 2)
    other = tmp_path / "other"
    vae = autoencoder.load_autoencoder(halving)
    with torch.no_grad():
        next(iter(vae.decoder.parameters())).mul_(1.1)
    vae.save_pretrained(other)
    assert json.loads((other / "config.json").read_text())["_class_name"]
    assert "other settings (began_as)" in call(*asked, "--vae", other, "--steps", 2, ok=False)["error"]


def test_decoder_learns_what_a_model_paints_too(
    asked: tuple[Any, ...], tmp_path: Path, halving: Path, model: Path, base: Path
) -> None:
    alone = call(*asked, "--steps", 3, "--folder", tmp_path / "alone")["after"]
    assert call(*asked, "--steps", 3, "--painter", model, "--share", 1)["after"] != alone
    assert "other settings (painter, share)" in call(*asked, "--steps", 3, ok=False)["error"]
    said = call(*asked, "--run", "words", "--painter", base, "--steps", 1, ok=False)["error"]
    assert "--painter" in said and "not sketch-conditioned" in said
    other = tmp_path / "other"
    vae = autoencoder.load_autoencoder(halving)
    with torch.no_grad():
        next(iter(vae.encoder.parameters())).mul_(1.1)
    vae.save_pretrained(other)
    said = call(*asked, "--run", "other", "--vae", other, "--painter", model, "--steps", 1, ok=False)["error"]
    assert "uses other latents than --vae" in said


def test_run_at_a_constant_rate_ends_when_asked_to(asked: tuple[Any, ...], monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as context:
        fail_at_call(context, adversary, "coarse_distance", 3, StudioError("killed"))
        call(*asked, "--steps", 90, "--constant", "--save-every", 2, ok=False)
    assert call(*asked, "--steps", 4, "--constant", "--cool", 2, "--save-every", 2)["taken_now"] == 2


def test_what_a_model_painted_again_is_near_and_not_the_same(halving: Path, book: Path, model: Path) -> None:
    vae = autoencoder.load_autoencoder(halving)
    painter = repainting.Repainter(model, vae)
    programme = subjects.Programme(subjects.Plan(4, 1), subjects.load_subject_library(book))
    drawn = [programme.subject(number) for number in range(4)]
    latents = torch.randn(4, 4, 4, 4, generator=loop.step_rng(1, 1))
    sketches = torch.zeros(4, 4, 8, 8)
    once, again = (painter.paint(latents, sketches, drawn, loop.step_rng(1, 2)) for _ in range(2))
    assert torch.equal(once, again) and once.shape == latents.shape and not torch.equal(once, latents)
    others = [float((once[n] - latents[m]).square().mean()) for n in range(4) for m in range(4) if n != m]
    assert max(float((once[n] - latents[n]).square().mean()) for n in range(4)) < min(others)


def test_what_a_model_painted_from_noise_is_of_the_sketch_and_not_of_the_latents(
    halving: Path, book: Path, model: Path
) -> None:
    painter = repainting.Repainter(model, autoencoder.load_autoencoder(halving), from_noise=True)
    programme = subjects.Programme(subjects.Plan(2, 1), subjects.load_subject_library(book))
    drawn, sketches = [programme.subject(number) for number in range(2)], torch.zeros(2, 4, 8, 8)
    one, other = (torch.randn(2, 4, 4, 4, generator=loop.step_rng(1, seed)) for seed in (1, 2))
    of_one, of_other = (painter.paint(latents, sketches, drawn, loop.step_rng(1, 3)) for latents in (one, other))
    assert torch.equal(of_one, of_other)
    assert not torch.equal(of_one, painter.paint(one, sketches + 0.5, drawn, loop.step_rng(1, 3)))


@pytest.fixture
def scenes(asked: tuple[Any, ...]) -> tuple[Any, ...]:
    return (*asked, "--scenes")


def test_decoder_of_scenes_learns_and_is_put_beside_the_autoencoder(scenes: tuple[Any, ...], tmp_path: Path) -> None:
    report = call(*scenes, "--steps", 3)
    assert not (tmp_path / "model/vae").exists()
    network = decoder.load(tmp_path / "model/decoder")
    assert network.shape.latent == 4 and network.shape.finer == 0
    assert set(report["before"]) == set(report["after"]) == {"graphic", "painterly"}
    assert all(set(kind) == {"psnr", "sharpness", "grain"} for kind in report["after"].values())
    assert report["before"] != report["after"]
    again = call(*scenes, "--steps", 3)
    assert again["taken_now"] == 0 and again["after"] == report["after"]
    assert "other settings (scenes)" in call(*scenes[:-1], "--steps", 3, ok=False)["error"]


def test_killed_lesson_of_scenes_goes_on_with_the_losses_it_would_have_had(
    scenes: tuple[Any, ...], tmp_path: Path, model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(scene_lesson, "PLAIN", 0)
    run_on((*scenes, "--painter", model), tmp_path, monkeypatch)


def test_lesson_goes_on_from_a_published_decoder(scenes: tuple[Any, ...], tmp_path: Path) -> None:
    call(*scenes, "--steps", 2)
    published = tmp_path / "published"
    (tmp_path / "model/decoder").rename(published)
    further = ("--run", "further", "--from-decoder", published)
    call(*scenes, *further, "--steps", 1, "--rate", 1e-6)
    first, last = decoder.load(published).state_dict(), decoder.load(tmp_path / "model/decoder").state_dict()
    assert first.keys() == last.keys() and any((first[name] != last[name]).any() for name in first)
    assert all(torch.allclose(first[name], last[name], atol=1e-3) for name in first)
    for more in (("--finer", published), ()):
        said = call(*(scenes if more else scenes[:-1]), *further, *more, "--steps", 1, ok=False)["error"]
        assert said == "--from-decoder requires --scenes, and excludes --finer."
    said = call(*scenes, "--run", "none", "--from-decoder", tmp_path / "none", "--steps", 1, ok=False)["error"]
    assert "--from-decoder" in said and "config.json is missing" in said


def test_finer_stage_is_learned_after_and_changes_nothing_before_it(scenes: tuple[Any, ...], tmp_path: Path) -> None:
    call(*scenes, "--steps", 2)
    coarse = tmp_path / "coarse"
    (tmp_path / "model/decoder").rename(coarse)
    report = call(*scenes, "--run", "finer", "--finer", coarse, "--size", 64, "--piece", 32, "--steps", 2)
    assert report["taken_now"] == 2 and set(report["after"]) == {"graphic", "painterly"}
    first, last = decoder.load(coarse).state_dict(), decoder.load(tmp_path / "model/decoder").state_dict()
    assert all(torch.equal(value, last[name]) for name, value in first.items())
    assert {name.split(".")[0] for name in last.keys() - first.keys()} == {"finer", "painted_finer"}
    said = call(*scenes[:-1], "--finer", coarse, "--steps", 1, ok=False)["error"]
    assert "requires --scenes" in said
    said = call(*scenes, "--finer", tmp_path / "none", "--size", 64, "--steps", 1, ok=False)["error"]
    assert "--finer" in said and "config.json is missing" in said
