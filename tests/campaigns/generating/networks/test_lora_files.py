"""LoRA files over a model: the worker paints what diffusers' own `load_lora_weights` paints, to one grey level."""

from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from app.offer.generation import lora_file
from tests.support import lora_files
from tests.support.lora_files import adapter_of
from tests.support.marks import SLOW_LORAS
from tests.support.own_calls import difference, exact, pipeline, shown, usual
from worker.diffusion.rendering import StopInput
from worker.diffusion.walk_pipeline import WalkPipeline
from worker.networks.adapters import AdapterFile

pytestmark = SLOW_LORAS

PROMPT = "a red bear"
Picture = NDArray[np.uint8]


def painted(painter: WalkPipeline, weights: dict[AdapterFile, float], *, prompt: str = PROMPT) -> Picture:
    stop = StopInput(prompt, "a lemon", 3, adapters=weights)
    return shown(painter, painter.prepare([stop, stop], exact(painter)), [0.0])[0]


def theirs(painter: WalkPipeline, folder: Path, paths: dict[Path, float]) -> Picture:
    with lora_files.loaded(pipeline(folder), paths):
        return usual(folder, StopInput(PROMPT, "a lemon", 3), exact(painter))


@pytest.mark.parametrize("kind", ["sd1", "sd2", "sdxl"])
@pytest.mark.parametrize("form", ["kohya", "diffusers"])
@pytest.mark.parametrize("weight", [1.0, -0.7])
def test_stop_with_a_lora_is_what_load_lora_weights_paints(
    painters: dict[str, WalkPipeline], tiny_models: dict[str, Path], tmp_path: Path, kind: str, form: str, weight: float
) -> None:
    painter, folder = painters[kind], tiny_models[kind]
    lora, path = lora_files.make(folder), tmp_path / "lora.safetensors"
    (lora_files.as_kohya if form == "kohya" else lora_files.as_diffusers)(lora, path)
    ours = painted(painter, {adapter_of(path): weight})
    assert difference(ours, theirs(painter, folder, {path: weight})) <= 1
    assert difference(ours, painted(painter, {})) > 20


def test_civitai_names_of_xl_blocks_are_the_same_lora(
    painters: dict[str, WalkPipeline], tiny_models: dict[str, Path], tmp_path: Path
) -> None:
    painter, folder = painters["sdxl"], tiny_models["sdxl"]
    path = lora_files.as_kohya(lora_files.make(folder), tmp_path / "civitai.safetensors", sgm=True)
    plain = lora_files.as_kohya(lora_files.make(folder), tmp_path / "plain.safetensors")
    assert any(name.startswith("lora_unet_input_blocks_") for name in lora_file.read_header(path))
    ours = painted(painter, {adapter_of(path): 0.8})
    assert difference(ours, theirs(painter, folder, {path: 0.8})) <= 1
    assert difference(ours, painted(painter, {adapter_of(plain): 0.8})) <= 1


def test_peft_file_is_the_same_lora_once_its_configuration_is_in_its_header(
    painters: dict[str, WalkPipeline], tiny_models: dict[str, Path], tmp_path: Path
) -> None:
    painter, folder = painters["sd1"], tiny_models["sd1"]
    lora = lora_files.make(folder, parts=("unet",))
    saved = lora_files.as_peft(lora, tmp_path / "peft")
    path = tmp_path / "kept.safetensors"
    path.write_bytes(lora_file.with_peft_config(saved.read_bytes(), saved.with_name("adapter_config.json")))
    diffusers_own = lora_files.as_diffusers(lora, tmp_path / "lora.safetensors")
    assert difference(painted(painter, {adapter_of(path): 1.0}), theirs(painter, folder, {diffusers_own: 1.0})) <= 1


def test_two_loras_at_one_stop_add_up_as_set_adapters_has_it(
    painters: dict[str, WalkPipeline], tiny_models: dict[str, Path], tmp_path: Path
) -> None:
    painter, folder = painters["sd1"], tiny_models["sd1"]
    a = lora_files.as_kohya(lora_files.make(folder, seed=1), tmp_path / "a.safetensors")
    b = lora_files.as_kohya(lora_files.make(folder, seed=2, parts=("unet",)), tmp_path / "b.safetensors")
    ours = painted(painter, {adapter_of(a): 0.6, adapter_of(b): 0.5})
    assert difference(ours, theirs(painter, folder, {a: 0.6, b: 0.5})) <= 1


@pytest.mark.parametrize("kind", ["sd1", "sdxl"])
def test_model_is_as_it_was_once_a_lora_is_taken_off(
    painters: dict[str, WalkPipeline], tiny_models: dict[str, Path], tmp_path: Path, kind: str
) -> None:
    painter = painters[kind]
    path = lora_files.as_kohya(lora_files.make(tiny_models[kind]), tmp_path / "lora.safetensors")
    before = painted(painter, {})
    assert not np.array_equal(painted(painter, {adapter_of(path): 1.0}), before)
    painter.model._texts.clear()
    assert np.array_equal(painted(painter, {}), before)
    encoder = painter.model._pipe.text_encoder
    assert not any("lora" in name for name in encoder.state_dict()) and not encoder._hf_peft_config_loaded


def test_loras_of_several_stops_stay_loaded_and_paint_as_each_alone_does(
    painters: dict[str, WalkPipeline], tiny_models: dict[str, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    painter, folder = painters["sd1"], tiny_models["sd1"]
    files = [
        adapter_of(
            lora_files.as_kohya(lora_files.make(folder, seed=seed, parts=("unet",)), tmp_path / f"{seed}.safetensors")
        )
        for seed in range(1, 7)
    ]
    texts = adapter_of(
        lora_files.as_kohya(lora_files.make(folder, parts=("text_encoder",)), tmp_path / "texts.safetensors")
    )
    plain = adapter_of(
        lora_files.as_kohya(
            lora_files.make(folder, seed=9, parts=("unet",), targets=lora_files.ATTENTION),
            tmp_path / "plain.safetensors",
        )
    )
    pairs = [{files[0]: 1.0, files[1]: 0.5}, {files[1]: 0.5, files[2]: -0.4}, {texts: 1.0}, {plain: 1.0}]
    alone = []
    for weights in (*pairs, {}):
        painter.model._adapters.remove_all()
        alone.append(painted(painter, weights))
    assert not np.array_equal(alone[2], alone[4])
    painter.model._adapters.remove_all()
    read: list[str] = []
    whole = AdapterFile.read_tensors
    monkeypatch.setattr(AdapterFile, "read_tensors", lambda file, config: read.append(file.name) or whole(file, config))
    painter.model._texts.clear()
    for number in (0, 1, 0, 1, 2, 0, 3, 1, 4, 0):
        assert np.array_equal(painted(painter, (*pairs, {})[number]), alone[number]), number
    counted = 0
    painter.model._adapters.remove_all()
    for number in (0, 1, 0, 1):
        before = len(read)
        painted(painter, pairs[number])
        counted += len(read) - before
    assert counted == 3
    for file, following in pairwise(files):
        painted(painter, {file: 1.0, following: 1.0})
    assert len(painter.model._adapters._loaded) == 4
    painter.model._adapters.remove_all()
