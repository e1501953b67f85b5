"""Stable Diffusion tuned on pictures: collected, captioned, encoded, learned, evaluated, published, painted by."""

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import diffusers
import numpy as np
import pytest
import torch
from click.testing import CliRunner
from PIL import Image
from safetensors.torch import load_file

from studio.__main__ import main
from studio.publishing import lora_file
from studio.training import diffusion, loop
from studio.workspace.training_run import Run
from studio.workspace.work_folder import Folder
from tests.support import tiny
from tests.support.marks import SLOW_TRAINING
from tests.support.studio_fixtures import call
from tests.support.training_runs import fail_at_call
from worker.diffusion.model import Model
from worker.diffusion.rendering import StopInput
from worker.diffusion.walk_pipeline import WalkPipeline

pytestmark = SLOW_TRAINING
SIZE = 32
OFTEN = ("--batch", 2, "--rate", 0.003, "--warmup", 1, "--steps", 6, "--save-every", 2, "--log-every", 1)
FULL = ("--tune", "full", "--frugal", "--average", 0, "--checkpointing", "--run", "full", *OFTEN)
LORA = ("--tune", "lora", "--rank", 4, "--run", "lora", *OFTEN)
LITTLE = ("--size", SIZE, "--steps", 1, "--plain", 1, "--seeds", 1, "--by-hand", 0, "--reworded", 0, "--composed", 0,
          "--decoded", 0)  # fmt: skip


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tiny model of Stable Diffusion 1's classes."""
    return tiny.save(tmp_path_factory.mktemp("tiny"), "sd1")["sd1"]


@pytest.fixture(scope="module")
def prepared(base: Path, tmp_path_factory: pytest.TempPathFactory) -> Folder:
    """A folder of six practice pictures, captioned and encoded; not to be written to."""
    path = tmp_path_factory.mktemp("prepared") / "work"
    call("collect", "--folder", path, "--practice", "linocut", "--number", 6)
    call("caption", "--folder", path)
    call("encode", "--folder", path, "--base", base, "--vae", base / "vae", "--size", SIZE)
    return Folder(path)


@pytest.fixture
def half() -> Iterator[None]:
    """Reset accelerate, which holds one precision for a process, so that a test may take another."""
    from accelerate.state import AcceleratorState

    AcceleratorState._reset_state(True)
    yield
    AcceleratorState._reset_state(True)


@pytest.fixture
def work(prepared: Folder, tmp_path: Path) -> Folder:
    shutil.copytree(prepared.path, tmp_path / "work")
    return Folder(tmp_path / "work")


def train(work: Folder, base: Path, *words: object, ok: bool = True) -> dict[str, Any]:
    return call("train", "--folder", work.path, "--base", base, *words, ok=ok)


def publish(work: Folder, base: Path, *words: object) -> Path:
    target = work.path / "published"
    call("publish", "--folder", work.path, "--base", base, "--vae", base / "vae", "--to", target, "--name", "tuned",
         "--size", SIZE, *words)  # fmt: skip
    return target


def losses(work: Folder, run: str) -> list[tuple[int, float]]:
    """Return all rows of a curve, those of steps that were taken twice too."""
    lines = (work.path / f"runs/{run}/curve.jsonl").read_text().splitlines()
    return [(row["step"], row["loss"]) for row in map(json.loads, lines)]


def painted(pipe: Any) -> np.ndarray[Any, np.dtype[np.float64]]:
    pipe.set_progress_bar_config(disable=True)
    dice = torch.Generator().manual_seed(3)
    picture = pipe("a fox", num_inference_steps=3, guidance_scale=4.0, height=SIZE, width=SIZE, generator=dice).images
    return np.asarray(picture[0], float)


def opened(path: Path) -> Any:
    return diffusers.StableDiffusionPipeline.from_pretrained(path, safety_checker=None, requires_safety_checker=False)


def test_practice_pictures_have_titles_a_licence_and_a_credit(prepared: Folder) -> None:
    records = list(prepared.catalogue())
    assert len({record.title for record in records}) == len(records) == 6
    assert {record.licence for record in records} == {"Apache-2.0"}
    assert all("Noto" in record.attribution and record.materials == "linocut" for record in records)
    assert {caption.text[:19] for caption in prepared.captions()} == {"A MoMA artwork of: "}


def test_practice_pictures_are_collected_once(work: Folder) -> None:
    report = call("collect", "--folder", work.path, "--practice", "linocut", "--number", 7)
    assert (report["had"], report["taken"]) == (6, 1)


def test_full_tuning_that_is_stopped_takes_the_same_steps_again(
    work: Folder, base: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        fail_at_call(patch, loop._Training, "_take_average", 3, KeyboardInterrupt())
        words = ("train", "--folder", work.path, "--base", base, *FULL)
        assert CliRunner().invoke(main, [*map(str, words)]).exit_code != 0
    assert [step for step, _ in losses(work, "full")] == [1, 2, 3]
    assert train(work, base, *FULL)["taken_now"] == 4
    again = losses(work, "full")
    assert [step for step, _ in again] == [1, 2, 3, 3, 4, 5, 6]
    assert again[2][1] == pytest.approx(again[3][1], rel=1e-6)


def test_full_tuning_keeps_no_average_and_all_weights_learn(work: Folder, base: Path) -> None:
    train(work, base, *FULL)
    state = Run(work, "full").state()
    assert state is not None
    before = load_file(base / "unet/diffusion_pytorch_model.safetensors")
    after = load_file(work.path / "model/unet/diffusion_pytorch_model.safetensors")
    assert all(torch.equal(after[name], state["model"][name]) for name in after)
    assert sum(not torch.equal(before[name], after[name]) for name in before) > 0.9 * len(before)


def test_lora_file_paints_over_the_base_what_the_published_model_paints(work: Folder, base: Path) -> None:
    train(work, base, *LORA)
    path = publish(work, base)
    keys = load_file(path / lora_file.NAME)
    assert keys and all(key.startswith("unet.") for key in keys)
    own = opened(path)
    laid = opened(base)
    laid.scheduler = own.scheduler
    plain = painted(laid)
    laid.load_lora_weights(path, weight_name=lora_file.NAME)
    assert np.abs(painted(laid) - painted(own)).max() <= 1
    assert np.abs(painted(own) - plain).max() > 1
    assert lora_file.NAME in (path / "MODEL_CARD.md").read_text()


def test_full_tuning_drops_the_changes_of_a_run_before(work: Folder, base: Path) -> None:
    train(work, base, *LORA)
    train(work, base, *FULL)
    assert not (publish(work, base) / lora_file.NAME).exists()


@pytest.mark.usefixtures("half")
def test_half_base_learns_in_float32_and_leaves_the_rest_as_it_was(work: Folder, base: Path) -> None:
    train(work, base, *LORA, "--half-base", "--precision", "bf16", "--checkpointing", "--validate-every", 6,
          "--painted-in", 1)  # fmt: skip
    changes = load_file(work.path / "model/adapter/adapter.safetensors")
    assert any(not torch.equal(value, value.bfloat16().float()) for value in changes.values())
    before = load_file(base / "unet/diffusion_pytorch_model.safetensors")
    after = load_file(work.path / "model/unet/diffusion_pytorch_model.safetensors")
    changed = {name for name in before if not torch.equal(before[name], after[name])}
    assert changed and all(".to_" in name for name in changed)


def test_weights_that_do_not_learn_lie_in_the_precision_asked_for() -> None:
    network = tiny._unet(attention_head_dim=4)
    diffusion.add_lora(network, 2, torch.bfloat16)
    kinds = {value.requires_grad: value.dtype for value in network.parameters()}
    assert kinds == {True: torch.float32, False: torch.bfloat16}


@pytest.mark.usefixtures("half")
def test_checkpointing_in_half_precision_computes_the_same_again_on_the_way_back(work: Folder, base: Path) -> None:
    train(work, base, *FULL, "--precision", "bf16")
    rows = dict(losses(work, "full"))
    words = [word for word in FULL if word != "--checkpointing"]
    train(work, base, *words, "--precision", "bf16", "--run", "plain")
    assert dict(losses(work, "plain")) == pytest.approx(rows, rel=1e-3)


def test_evaluation_compares_what_is_painted_of_captions_with_the_collection(work: Folder, base: Path) -> None:
    call("evaluate", "--folder", work.path, "--model", base, *LITTLE, "--captioned", 4, "--name", "base")
    train(work, base, *FULL)
    report = call("evaluate", "--folder", work.path, "--base", base, "--vae", base / "vae", *LITTLE, "--captioned", 4,
                  "--name", "full", "--before", "base")  # fmt: skip
    assert report["collection"]["found"]["of"] == 4 and -1 <= report["collection"]["own"] <= 1
    assert report["collection"]["before"].keys() == {"own", "others", "found"}
    with Image.open(work.path / "evaluations/full/captioned.webp") as sheet:
        assert sheet.size == (6 * SIZE, 2 * SIZE)
    card = (publish(work, base, "--evaluation", "full") / "MODEL_CARD.md").read_text()
    assert "its own picture is the nearest" in card and "before it learned" in card


def test_eye_finds_pictures_of_the_collection_where_they_are_painted_as_they_are(
    prepared: Folder, monkeypatch: pytest.MonkeyPatch
) -> None:
    from image_encoder import ImageEncoder
    from studio.judging import exam, likeness

    collection = likeness.Collection.of_folder(prepared, 6)
    pictures = collection.pictures(96)
    gallery = exam.Gallery(prepared, "as they are")
    monkeypatch.setattr(gallery, "load_pictures", lambda _: iter([pictures]))
    monkeypatch.setattr(gallery, "picture", lambda _: pictures[0])
    result = likeness.score(ImageEncoder.load(Path("models/eye")), gallery, collection)
    assert result["found"]["share"] == 1 and result["own"] > 0.99 > result["others"]


def test_worker_paints_with_what_was_published_at_its_size(work: Folder, base: Path) -> None:
    train(work, base, *FULL)
    model = Model.load(str(publish(work, base)), device="cpu")
    assert (model.name, model.prefix) == ("tuned", "A MoMA artwork of: ")
    painter = WalkPipeline(model)
    prepared = painter.prepare([StopInput("a bear", "", 1), StopInput("a fox", "", 1)], painter.rendering(steps=2))
    assert painter.paint(prepared, [0.5])[0].picture.shape[:2] == (SIZE, SIZE)


def test_card_tells_of_the_run_that_made_the_model_and_of_no_card_that_is_not_there(work: Folder, base: Path) -> None:
    train(work, base, *LORA)
    train(work, base, *FULL)
    card = (publish(work, base, "--trained-by", "full") / "MODEL_CARD.md").read_text()
    assert "| full | epsilon | 6 |" in card and "| lora |" not in card
    assert "It went on from the model `sd1`." in card and "BASE_MODEL_CARD" not in card


@pytest.mark.parametrize(("spoil", "says"), [
    (lambda path: (path / "model_index.json").write_text('{"_class_name": "FluxPipeline"}'),
     "is a FluxPipeline; supported for tuning: Stable Diffusion 1.x, 2.x and XL"),
    (lambda path: (path / "model_index.json").unlink(), "is not a diffusers model"),
    (lambda path: (path / "model_index.json").write_text("[]"), "is not a diffusers model"),
    (lambda path: (shutil.rmtree(path), path.write_bytes(b"weights")), "is a single file"),
])  # fmt: skip
def test_base_that_cannot_be_tuned_is_named(spoil: Any, says: str, work: Folder, base: Path, tmp_path: Path) -> None:
    other = tmp_path / "other"
    shutil.copytree(base, other)
    spoil(other)
    assert says in train(work, other, *FULL, ok=False)["error"]


def test_run_does_not_go_on_from_another_base_or_under_other_settings(work: Folder, base: Path, tmp_path: Path) -> None:
    train(work, base, *FULL)
    assert "began with other settings (rate)" in train(work, base, *FULL, "--rate", 0.5, ok=False)["error"]
    other = tmp_path / "other"
    shutil.copytree(base, other)
    torch.manual_seed(5)
    tiny._unet(attention_head_dim=4).save_pretrained(other / "unet")
    assert "began with other settings (base)" in train(work, other, *FULL, ok=False)["error"]


def test_run_that_noted_no_base_goes_on(work: Folder, base: Path) -> None:
    train(work, base, *FULL)
    path = work.path / "runs/full/settings.json"
    path.write_text(json.dumps({name: value for name, value in json.loads(path.read_text()).items() if name != "base"}))
    assert train(work, base, *FULL)["taken_now"] == 0


@pytest.mark.parametrize(("words", "says"), [
    (("--tune", "full", "--half-base", "--precision", "bf16"), "requires --tune lora and --precision"),
    (("--tune", "lora", "--half-base"), "requires --tune lora and --precision"),
    (("--tune", "full", "--muon", "--frugal"), "exclude each other"),
])  # fmt: skip
def test_options_that_do_not_go_together_are_named(words: Any, says: str, work: Folder, base: Path) -> None:
    assert says in train(work, base, *words, ok=False)["error"]


def test_folder_without_pictures_or_captions_is_named(base: Path, tmp_path: Path) -> None:
    (tmp_path / "scans").mkdir()
    said = call("collect", "--folder", tmp_path / "work", "--from", tmp_path / "scans", ok=False)["error"]
    assert "holds no pictures" in said
    assert "no pictures to caption" in call("caption", "--folder", tmp_path / "work", ok=False)["error"]
    call("collect", "--folder", tmp_path / "work", "--practice", "linocut", "--number", 1)
    said = call("encode", "--folder", tmp_path / "work", "--base", base, "--size", SIZE, ok=False)["error"]
    assert "no captioned pictures; the stage caption writes captions" in said
    said = call("collect", "--folder", tmp_path / "work", "--practice", "crayons", ok=False)["error"]
    assert "'crayons': no style that renders backgrounds; these do: " in said


def test_size_that_the_network_cannot_halve_is_named(work: Folder, base: Path) -> None:
    words = ("publish", "--folder", work.path, "--base", base, "--to", work.path / "out", "--name", "tuned")
    train(work, base, *FULL)
    assert "--size must be a multiple of 4" in call(*words, "--size", 33, ok=False)["error"]
