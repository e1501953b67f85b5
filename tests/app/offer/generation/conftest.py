"""What the tests of the models on offer share: a folder of a model."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.support import model_folders as folders
from tests.support.model_folders import safetensors

INDEX = folders.INDEX | {"safety_checker": [None, None]}


@pytest.fixture
def model(tmp_path: Path) -> Path:
    """Lay out a model folder that is whole."""
    folder = tmp_path / "model"
    files: dict[str, Any] = {"model_index.json": INDEX, "scheduler/scheduler_config.json": {}}
    files |= {"tokenizer/tokenizer_config.json": {}, "tokenizer/tokenizer.json": {}}
    files |= {"text_encoder/config.json": {}, "vae/config.json": {"_class_name": "AutoencoderKL"}}
    files["unet/config.json"] = {"_class_name": "UNet2DConditionModel", "sample_size": 64}
    for name, content in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(json.dumps(content))
    for part in ("text_encoder", "unet", "vae"):
        (folder / part / "model.safetensors").write_bytes(safetensors())
    return folder
