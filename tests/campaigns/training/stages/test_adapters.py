"""A style as changes of low rank to a model that words lead: learned, stopped and gone on, and painted by."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import diffusers
import numpy as np
import pytest
import torch
from click.testing import CliRunner
from numpy.typing import NDArray
from safetensors.torch import load_file

from studio.__main__ import main
from studio.text.text_encoder import Texts
from studio.training import loop
from tests.support import tiny
from tests.support.lora_files import adapter_of
from tests.support.marks import SLOW_TRAINING
from tests.support.pictures import RED, save_reds
from tests.support.studio_fixtures import call
from tests.support.training_runs import fail_at_call
from worker.diffusion.model import Model
from worker.diffusion.rendering import StopInput
from worker.diffusion.tuning import Setting
from worker.diffusion.walk_pipeline import WalkPipeline
from worker.networks.adapters import AdapterFile

pytestmark = SLOW_TRAINING
KINDS = ("sd1", "sd2", "sdxl", "lcm", "turbo")
STEPS = 24
LEARN = ("--tune", "lora", "--apart", "--rank", 16, "--batch", 4, "--rate", 0.01, "--warmup", 2, "--gamma", 5,
         "--spread", 1.7, "--average", 0.9, "--steps", STEPS, "--save-every", 8)  # fmt: skip


@dataclass(frozen=True)
class Lesson:
    """A model, the folder in which it learns, and what it learned."""

    base: Path
    work: Path

    @property
    def adapter(self) -> Path:
        return self.work / "model/adapter/adapter.safetensors"

    @property
    def file(self) -> AdapterFile:
        return adapter_of(self.adapter)

    def learn(self) -> None:
        call("train", "--folder", self.work, "--base", self.base, *LEARN)


@pytest.fixture(scope="module")
def reds(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Eight pictures, all of them red."""
    return save_reds(tmp_path_factory.mktemp("reds"), 8, side=40)


@pytest.fixture(scope="module")
def begun(reds: Path, tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Lesson]:
    """Collect, caption and encode the pictures for a tiny model of a kind."""

    def begin(kind: str) -> Lesson:
        path = tmp_path_factory.mktemp(kind)
        lesson = Lesson(tiny.save(path, kind)[kind], path / "work")
        call("collect", "--folder", lesson.work, "--from", reds, "--licence", "CC0-1.0", "--smallest", 32)
        call("caption", "--folder", lesson.work, "--prefix", "", "--hand", "our prints", "--pattern",
             "{words}: {prompt}")  # fmt: skip
        call("encode", "--folder", lesson.work, "--base", lesson.base, "--size", 32, "--batch", 4, "--device", "auto")
        return lesson

    return begin


def paintings(painter: WalkPipeline, adapter: AdapterFile | None) -> NDArray[np.float64]:
    rendering = painter.rendering(steps=6)
    stops = [
        StopInput(f"our prints: {word}", "", 1, has_style=True, adapters={adapter: 1.0} if adapter else {})
        for word in ("a", "the sun")
    ]
    painted = painter.paint(painter.prepare(stops, rendering), [0.0, 0.5, 1.0])
    return np.stack([np.asarray(one.picture, float) for one in painted])


@pytest.mark.parametrize("kind", KINDS)
def test_model_that_learned_from_red_pictures_paints_redder_and_without_it_as_before(
    begun: Callable[[str], Lesson], kind: str
) -> None:
    lesson = begun(kind)
    lesson.learn()
    painter = WalkPipeline(
        Model.load(str(lesson.base), device="cpu"), Setting("float32", "contiguous", threads=1, batch=4)
    )
    before, learned, after = (paintings(painter, adapter) for adapter in (None, lesson.file, None))
    assert np.abs(learned - RED).mean() < np.abs(before - RED).mean() - 0.5
    assert np.array_equal(before, after)


def test_learning_that_was_killed_goes_on_to_the_same_bytes(
    begun: Callable[[str], Lesson], monkeypatch: pytest.MonkeyPatch
) -> None:
    lesson = begun("sdxl")
    lesson.learn()
    whole = lesson.adapter.read_bytes()
    again = begun("sdxl")
    with monkeypatch.context() as patch:
        fail_at_call(patch, loop._Training, "_take_average", STEPS // 2, KeyboardInterrupt())
        words = ("train", "--folder", again.work, "--base", again.base, *LEARN)
        assert CliRunner().invoke(main, [*map(str, words)]).exit_code != 0
    assert not again.adapter.exists()
    again.learn()
    assert again.adapter.read_bytes() == whole


def test_only_attention_is_changed_and_no_network_is_written(begun: Callable[[str], Lesson]) -> None:
    lesson = begun("sd1")
    lesson.learn()
    names = load_file(lesson.adapter)
    assert names and all(".to_" in name and ".lora_" in name for name in names)
    assert not (lesson.work / "model/unet").exists()
    lines = (lesson.work / "pictures/metadata.jsonl").read_text()
    assert '"text": "our prints: ' in lines


def test_two_encoders_are_asked_as_the_pipeline_asks_them(begun: Callable[[str], Lesson]) -> None:
    base = begun("sdxl").base
    pipe = diffusers.StableDiffusionXLPipeline.from_pretrained(base, add_watermarker=False)
    states, _, pooled, _ = pipe.encode_prompt("a bear", device="cpu", do_classifier_free_guidance=False)
    texts = Texts(base)
    encoded, vector = texts.encode(["a bear"])
    assert vector is not None
    assert torch.allclose(encoded, states, atol=1e-6) and torch.allclose(vector, pooled, atol=1e-6)
    assert not any(part.any() for part in texts.nothing() if part is not None)  # as its settings say


def test_changes_are_kept_apart_of_low_rank_alone(begun: Callable[[str], Lesson]) -> None:
    lesson = begun("sd1")
    words = ("train", "--folder", lesson.work, "--base", lesson.base, "--tune", "full", "--apart", "--steps", 1)
    assert "requires --tune lora" in call(*words, ok=False)["error"]


def test_model_that_predicts_the_picture_itself_is_refused(begun: Callable[[str], Lesson]) -> None:
    lesson = begun("sd1")
    config = lesson.base / "scheduler/scheduler_config.json"
    config.write_text(config.read_text().replace('"epsilon"', '"sample"'))
    said = call("train", "--folder", lesson.work, "--base", lesson.base, *LEARN, ok=False)
    assert "predicts 'sample'; supported objectives: flow, v_prediction, epsilon" in said["error"]
