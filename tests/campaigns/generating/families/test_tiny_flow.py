"""The tiny models of rectified flow: diffusers loads them, and their pictures show the prompt, the seed and more."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch

from tests.support import flow_calls, tiny_flow
from tests.support.marks import SLOW_CALLS

pytestmark = SLOW_CALLS

CLASSES = {
    "schnell": "FluxPipeline",
    "dev": "FluxPipeline",
    "sd3": "StableDiffusion3Pipeline",
    "sd3-no-t5": "StableDiffusion3Pipeline",
    "z-image": "ZImagePipeline",
    "klein": "Flux2KleinPipeline",
}
GUIDANCE = {"schnell": 0.0, "dev": 3.5, "sd3": 4.0, "sd3-no-t5": 4.0, "z-image": 0.0, "klein": 1.0}
WITH_NEGATIVE_PROMPT = {"sd3": 4.0, "sd3-no-t5": 4.0, "z-image": 3.0}


def paint(
    flow_models: dict[str, Path], name: str, prompt: str, *, seed: int = 3, **options: object
) -> flow_calls.Picture:
    settings = {"seed": seed, "steps": 4, "guidance": GUIDANCE[name]} | options
    return flow_calls.own_call(flow_models[name], prompt, **settings)  # type: ignore[arg-type]


def distance(a: flow_calls.Picture, b: flow_calls.Picture) -> float:
    """Return the mean difference of two pictures in levels of 255."""
    return float(np.abs(a - b).mean() * 255)


@pytest.mark.parametrize("name", CLASSES)
def test_folder_names_its_class_and_size_and_is_small(flow_models: dict[str, Path], name: str) -> None:
    assert type(flow_calls.pipeline(flow_models[name])).__name__ == CLASSES[name]
    assert json.loads((flow_models[name] / "house.json").read_text()) == {
        "name": name, "title": f"Tiny {name}", "size": 64,
    }  # fmt: skip
    assert sum(file.stat().st_size for file in flow_models[name].rglob("*") if file.is_file()) < 3_000_000


@pytest.mark.parametrize("name", CLASSES)
def test_pictures_differ_by_prompt_and_seed_and_are_not_saturated(flow_models: dict[str, Path], name: str) -> None:
    picture = paint(flow_models, name, "a bear")
    assert (picture.shape, picture.dtype) == ((64, 64, 3), np.float32)
    assert picture.std() > 0.1
    assert ((picture <= 0) | (picture >= 1)).mean() < 0.05
    assert distance(picture, paint(flow_models, name, "the sun over a red lemon")) > 2
    assert distance(picture, paint(flow_models, name, "a bear", seed=4)) > 10


@pytest.mark.parametrize("name", CLASSES)
def test_call_from_states_and_noise_equals_the_call(flow_models: dict[str, Path], name: str) -> None:
    folder, guidance = flow_models[name], GUIDANCE[name]
    bear, beer = (flow_calls.encode(folder, prompt) for prompt in ("a bear", "a beer"))
    latents = flow_calls.noise(folder, 3)
    picture = flow_calls.own_call_from(folder, bear, latents=latents, steps=4, guidance=guidance)
    assert np.array_equal(picture, paint(flow_models, name, "a bear"))
    halfway = {key: _between(state, beer[key]) for key, state in bear.items()}
    between = flow_calls.own_call_from(folder, halfway, latents=latents, steps=4, guidance=guidance)
    assert min(distance(between, picture), distance(between, paint(flow_models, name, "a beer"))) > 0.5


def _between(first: object, second: object) -> object:
    if isinstance(first, torch.Tensor) and isinstance(second, torch.Tensor):
        return (first + second) / 2
    assert isinstance(first, list)
    assert isinstance(second, list)
    return [_between(*pair) for pair in zip(first, second, strict=True)]


@pytest.mark.parametrize("name", [*WITH_NEGATIVE_PROMPT, "dev"])
def test_guidance_changes_the_picture(flow_models: dict[str, Path], name: str) -> None:
    weak, strong = (paint(flow_models, name, "a bear", guidance=guidance) for guidance in (2.0, 6.0))
    assert distance(weak, strong) > 2


@pytest.mark.parametrize(("name", "guidance"), WITH_NEGATIVE_PROMPT.items())
def test_negative_prompt_changes_the_picture(flow_models: dict[str, Path], name: str, guidance: float) -> None:
    without, negative = (
        paint(flow_models, name, "a bear", guidance=guidance, negative_prompt=words) for words in ("", "a red lemon")
    )
    assert distance(without, negative) > 2


@pytest.mark.parametrize("name", ["z-image", "klein"])
def test_longer_prompt_takes_more_tokens(flow_models: dict[str, Path], name: str) -> None:
    tokenizer = flow_calls.pipeline(flow_models[name]).tokenizer
    short, long = (
        tokenizer.apply_chat_template(
            [{"role": "user", "content": prompt}], tokenize=False, add_generation_prompt=True, enable_thinking=False
        )
        for prompt in ("a bear", "a bear ñ")
    )
    assert len(tokenizer(long).input_ids) == len(tokenizer(short).input_ids) + 3
    assert short.endswith("<|im_start|>assistant\n<think>\n\n</think>\n\n")


def test_saving_again_writes_the_same_bytes(flow_models: dict[str, Path], tmp_path: Path) -> None:
    state = torch.get_rng_state()
    for name, again in tiny_flow.save(tmp_path).items():
        for file in flow_models[name].rglob("*"):
            if file.is_file():
                assert (again / file.relative_to(flow_models[name])).read_bytes() == file.read_bytes(), file
    assert torch.equal(torch.get_rng_state(), state)
