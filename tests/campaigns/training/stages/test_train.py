"""Encoding and training: shards read as they were written, resumed training, LoRA, several processes, a plain model."""

import json
import shutil
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import fsspec
import pytest
import torch
from diffusers import DPMSolverMultistepScheduler, StableDiffusionPipeline, UNet2DConditionModel

from studio.errors import FolderError, StudioError
from studio.stages.train import OBJECTIVES
from studio.text.text_encoder import Texts
from studio.training import diffusion, loop
from studio.workspace import shards
from studio.workspace.shards import Reader, Shards
from studio.workspace.training_run import Run
from studio.workspace.work_folder import Folder
from tests.support.marks import SLOW_TRAINING
from tests.support.studio_fixtures import call
from tests.support.training_runs import losses

pytestmark = SLOW_TRAINING
STEPS = ("--channels", "16,32", "--batch", 4, "--warmup", 1, "--rate", 0.01)


def test_shards_hold_what_was_encoded(encoded: Folder, base: Path) -> None:
    held = Shards(encoded.path / "latents")
    assert len(held) == 10 and len(held.latents) == 3
    read = held.rows(torch.tensor([1, 9, 4]), torch.Generator().manual_seed(0))
    wanted = Texts(base).states(["a bear", "a bear", "a fox, neon"])
    assert read.latents.shape == (3, 4, 8, 8) and torch.allclose(read.states.float(), wanted, atol=2e-3)


def test_text_states_are_those_of_the_pipeline(base: Path) -> None:
    pipe = StableDiffusionPipeline.from_pretrained(base, safety_checker=None, requires_safety_checker=False)
    expected = pipe.encode_prompt("a bear, neon", "cpu", 1, False)[0]
    assert torch.allclose(Texts(base).states(["a bear, neon"]), expected, atol=1e-6)
    assert torch.allclose(Texts(base).sentences(["a bear", "fox"]).norm(dim=1), torch.ones(2), atol=1e-5)


def test_each_picture_comes_once_a_round_for_all_who_ask(encoded: Folder) -> None:
    held = Shards(encoded.path / "latents")
    seen = [held.numbers(step, 5, seed=1) for step in range(4)]
    assert sorted(torch.cat(seen[:2]).tolist()) == sorted(torch.cat(seen[2:]).tolist()) == list(range(10))
    assert seen[0].tolist() != seen[2].tolist()
    halves = [held.numbers(0, 5, seed=1, process=process, processes=2) for process in range(2)]
    assert sorted(torch.cat(halves).tolist()) == list(range(10))


def test_reader_gives_a_step_the_same_batch_wherever_it_starts(encoded: Folder) -> None:
    held = Shards(encoded.path / "latents")
    from_start, later = Reader(held, 3, seed=1), Reader(held, 3, seed=1)
    first = [from_start.batch(step) for step in range(4)]
    assert torch.equal(later.batch(3).latents, first[3].latents) and torch.equal(later.batch(4).states,
                                                                                from_start.batch(4).states)  # fmt: skip
    from_start.close()
    later.close()


def test_captions_are_drawn_apart_from_what_a_step_draws(encoded: Folder, monkeypatch: pytest.MonkeyPatch) -> None:
    held, thrown = Shards(encoded.path / "latents"), []
    monkeypatch.setattr(Shards, "rows", lambda _self, _numbers, dice: thrown.append(dice.initial_seed()))
    reader = Reader(held, 3, seed=1, process=1, processes=2, ahead=1)
    reader._read(5)
    reader.close()
    assert len(thrown) == 1
    assert thrown[0] not in {loop.step_rng(1, 5, process).initial_seed() for process in range(64)}


def test_encoding_goes_on_where_it_was_and_follows_its_source(encoded_copy: Folder, base: Path, pictures: Path) -> None:
    words = ("encode", "--folder", encoded_copy.path, "--base", base, "--from", pictures, "--size", 16, "--shard", 4)
    before = (encoded_copy.path / "latents/shard-00001.safetensors").read_bytes()
    (encoded_copy.path / "latents/shard-00002.safetensors").unlink()
    assert call(*words)["encoded_now"] == 1 and call(*words)["encoded_now"] == 0
    assert (encoded_copy.path / "latents/shard-00001.safetensors").read_bytes() == before
    assert call(*words, "--shard", 5)["encoded_now"] == 2
    assert len(list((encoded_copy.path / "latents").glob("*.safetensors"))) == 2


def test_pictures_of_a_bucket_are_encoded_as_those_of_a_folder(
    encoded: Folder, base: Path, pictures: Path, tmp_path: Path
) -> None:
    bucket = fsspec.filesystem("memory")
    for path in pictures.iterdir():
        bucket.pipe_file(f"/art/{path.name}", path.read_bytes())
    call("encode", "--folder", tmp_path, "--base", base, "--from", "memory://art", "--size", 16, "--shard", 4)
    assert torch.equal(Shards(tmp_path / "latents").latents[2], Shards(encoded.path / "latents").latents[2])


def test_scenes_are_encoded_with_captions_that_are_true(drawn: Folder, base: Path, tmp_path: Path) -> None:
    shutil.copytree(drawn.path, tmp_path / "work")
    call("compose", "--folder", tmp_path / "work", "--number", 6, "--sheet", 0, "--hand", "neon")
    report = call("encode", "--folder", tmp_path / "work", "--base", base, "--size", 32, "--captions", 3, "--batch", 4)
    held = Shards(tmp_path / "work/latents")
    assert report["from"] == "scenes" and held.latents[0].shape == (6, 4, 16, 16) and held.texts[0].shape == (6, 3)


@pytest.mark.parametrize(("spoil", "says"), [
    (lambda path: (path / "latents/shards.json").unlink(), "the stage encode writes it"),
    (lambda path: (path / "latents/shard-00000.safetensors").write_bytes(b"torn"), "delete it and encode again"),
])  # fmt: skip
def test_spoilt_shards_are_named(spoil: Any, says: str, encoded_copy: Folder, base: Path) -> None:
    spoil(encoded_copy.path)
    assert says in call("train", "--folder", encoded_copy.path, "--base", base, *STEPS, "--steps", 1, ok=False)["error"]


def test_nothing_to_encode_and_broken_captions_are_named(base: Path, tmp_path: Path) -> None:
    words = ("encode", "--folder", tmp_path, "--base", base)
    assert "no captioned pictures" in call(*words, ok=False)["error"]
    (tmp_path / "pictures").mkdir()
    (tmp_path / "pictures/metadata.jsonl").write_text('{"file_name": "1.png"}\n')
    assert "line 1: no file_name and text" in call(*words, ok=False)["error"]


@pytest.mark.parametrize("kind", OBJECTIVES)
def test_right_prediction_paints_the_picture(kind: str) -> None:
    torch.manual_seed(0)
    picture, noise = torch.randn(1, 4, 8, 8), torch.randn(2, 4, 8, 8)
    aim = diffusion.Objective(kind)
    painter = diffusion.solver(aim)

    def knows(shown: torch.Tensor, t: torch.Tensor, **_: Any) -> tuple[torch.Tensor]:
        """Predict what leads to the one picture there is."""
        if kind == "flow":
            at = t / 1000
            return ((shown - picture) / at,)
        alpha = painter.alphas_cumprod[t]
        epsilon = (shown - alpha.sqrt() * picture) / (1 - alpha).sqrt()
        return (epsilon if kind == "epsilon" else alpha.sqrt() * epsilon - (1 - alpha).sqrt() * picture,)

    states = torch.zeros(2, 1, 1)
    painted = diffusion.sample(knows, painter, states, states[:1], noise, steps=20, guidance=1.0)  # type: ignore[arg-type]
    assert torch.allclose(painted, picture.expand(2, -1, -1, -1), atol=0.05)


@pytest.mark.parametrize("kind", OBJECTIVES)
def test_target_and_weight_of_each_objective(kind: str) -> None:
    latents, noise = torch.randn(64, 1, 4, 4), torch.randn(64, 1, 4, 4)
    aim = diffusion.Objective(kind, gamma=5.0)
    times = aim.times(64, torch.Generator().manual_seed(1))
    assert float(times.min()) < 0.2 < 0.8 < float(times.max()) and abs(float(times.median()) - 0.5) < 0.1
    shown, _, target, weight = aim.noised(latents, noise, times, diffusion.solver(aim).alphas_cumprod)
    assert shown.shape == target.shape == latents.shape and float(weight.min()) >= 0 and float(weight.max()) <= 1.3
    assert float(diffusion.loss(target, target, weight)) == 0


def test_training_learns_and_leaves_a_model_that_the_pipeline_paints_with(
    encoded_copy: Folder, base: Path, tmp_path: Path
) -> None:
    words = ("train", "--folder", encoded_copy.path, "--base", base, *STEPS, "--steps", 40, "--validate-every", 40,
             "--painted-in", 2, "--validate", "a bear", "--tracker", "tensorboard")  # fmt: skip
    report = call(*words)
    lost = losses(encoded_copy)
    assert report["objective"] == "flow" and lost[40] < lost[1]
    assert (encoded_copy.path / "runs/train/validation-000040.webp").stat().st_size > 100
    assert list((encoded_copy.path / "runs/train").rglob("events.out.tfevents*"))
    pipe = StableDiffusionPipeline.from_pretrained(
        base, unet=UNet2DConditionModel.from_pretrained(encoded_copy.path / "model/unet"),
        scheduler=DPMSolverMultistepScheduler.from_pretrained(encoded_copy.path / "model/scheduler"),
        safety_checker=None, requires_safety_checker=False,
    )  # fmt: skip
    pipe.set_progress_bar_config(disable=True)
    picture = pipe("a bear", num_inference_steps=3, guidance_scale=4.0, height=16, width=16).images[0]
    assert picture.size == (16, 16)


def test_lora_changes_attention_alone_and_is_merged(encoded_copy: Folder, base: Path) -> None:
    call("train", "--folder", encoded_copy.path, "--base", base, "--tune", "lora", "--rank", 2, *STEPS, "--steps", 3)
    before = UNet2DConditionModel.from_pretrained(base / "unet").state_dict()
    after = UNet2DConditionModel.from_pretrained(encoded_copy.path / "model/unet").state_dict()
    changed = {name for name in before if not torch.equal(before[name], after[name])}
    assert changed and all(".to_" in name for name in changed) and before.keys() == after.keys()


def test_full_tuning_goes_on_from_the_base_in_its_own_objective(encoded_copy: Folder, base: Path) -> None:
    report = call("train", "--folder", encoded_copy.path, "--base", base, "--tune", "full", *STEPS, "--steps", 2,
                  "--rate", 1e-6, "--gamma", 5, "--checkpointing")  # fmt: skip
    before = UNet2DConditionModel.from_pretrained(base / "unet")
    after = UNet2DConditionModel.from_pretrained(encoded_copy.path / "model/unet")
    assert report["objective"] == "flow" and torch.allclose(before.conv_in.weight, after.conv_in.weight, atol=1e-4)


def test_base_of_other_shapes_is_refused(encoded_copy: Folder, base: Path, tmp_path: Path) -> None:
    other = tmp_path / "other"
    shutil.copytree(base, other)
    diffusion.unet((16, 32), latent=8, sample=8, width=16).save_pretrained(other / "unet")
    said = call(
        "train", "--folder", encoded_copy.path, "--base", other, "--tune", "full", *STEPS, "--steps", 1, ok=False
    )
    assert "takes 8 channels" in said["error"]


@pytest.mark.parametrize(("precision", "fused"), [("no", True), ("bf16", False)])
def test_processor_attends_in_half_precision_without_the_fused_way_back(precision: str, fused: bool) -> None:
    machine = SimpleNamespace(device=torch.device("cpu"), mixed_precision=precision)
    asked = torch.ones(1, 1, 4, 8, requires_grad=True)
    with loop.attention_backend(machine):
        seen = torch.nn.functional.scaled_dot_product_attention(asked, asked, asked)
    assert ("Fused" in str(seen.grad_fn) or "Flash" in str(seen.grad_fn)) == fused


def test_unknown_tracker_and_torn_shard_counts_are_reported(encoded_copy: Folder, base: Path) -> None:
    with pytest.raises(StudioError):
        loop.accelerator(run=Run(encoded_copy, "x"), trackers=("nobody",), cpu=True)
    index = json.loads((encoded_copy.path / "latents/shards.json").read_text())
    (encoded_copy.path / "latents/shards.json").write_text(json.dumps(index | {"pictures": 11}))
    with pytest.raises(FolderError, match="its index says 11"):
        Shards(encoded_copy.path / "latents")


def test_texts_are_tabled_once() -> None:
    listed, places = shards.index_texts([["a", "b"], ["b", "a"]])
    assert listed == ["a", "b"] and places.tolist() == [[0, 1], [1, 0]]


def test_default_sizes_fit_into_a_hundred_megabytes() -> None:
    """With the house's text encoder; counted without filling any memory."""
    from studio.training import autoencoder

    with torch.device("meta"):
        vae = autoencoder.make_autoencoder()
        network = diffusion.unet(diffusion.CHANNELS, latent=vae.config.latent_channels, sample=16, width=384)
    learned = sum(value.numel() for part in (vae, network) for value in part.parameters())
    given = sum(
        path.stat().st_size for part in ("text_encoder", "tokenizer") for path in Path("models/house", part).iterdir()
    )
    assert 2 * learned + given < 98e6  # the rest is for the card and its sheets


def test_defaults_of_the_stages_are_the_sizes_that_were_measured() -> None:
    from studio.stages import autoencoder as coding
    from studio.stages import train
    from studio.training import autoencoder

    for stage, channels in ((coding, autoencoder.CHANNELS), (train, diffusion.CHANNELS)):
        option = next(each for each in stage.command.params if each.name == "channels")
        assert option.default == ",".join(map(str, channels))
