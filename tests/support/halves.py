"""Models whose weights are there in half precision alone."""

import json
import shutil
from pathlib import Path

from safetensors.torch import load_file, save_file


def halved(source: Path, target: Path, *, shards: int = 1) -> Path:
    """Copy a model with its weights in half precision alone, whole or in shards."""
    shutil.copytree(source, target)
    for path in [*target.rglob("*.safetensors")]:
        tensors = {name: tensor.half() for name, tensor in load_file(path).items()}
        path.unlink()
        if shards == 1:
            save_file(tensors, path.with_suffix(".fp16.safetensors"), metadata={"format": "pt"})
            continue
        where: dict[str, str] = {}
        for number in range(shards):
            file = path.with_name(f"{path.stem}.fp16-{number + 1:05}-of-{shards:05}.safetensors")
            part = {name: tensors[name] for name in sorted(tensors)[number::shards]}
            save_file(part, file, metadata={"format": "pt"})
            where |= dict.fromkeys(part, file.name)
        about = {"metadata": {"total_size": 0}, "weight_map": where}
        path.with_name(f"{path.name}.index.fp16.json").write_text(json.dumps(about))
    return target
