"""Alter one tensor of a safetensors file, or the file as a whole, by a random generator."""

import json
import random
import struct
from pathlib import Path

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import load_file, save_file

Tensors = dict[str, torch.Tensor]
Places = dict[str, tuple[int, int]]

IN_FOLDER = (
    "remove", "rename", "add", "truncate", "empty end", "integers", "other floats", "other shape", "harmless",
)  # fmt: skip
IN_LORA = (
    "remove", "rename", "truncate", "integers", "other floats", "alpha", "no alpha", "rank", "other shape",
    "not finite", "DoRA",
)  # fmt: skip
IN_EMBEDDING = ("remove", "rename", "add", "truncate", "integers", "other floats", "other shape", "not finite")
IN_SINGLE_FILE = (*IN_FOLDER, "no part")

INTEGERS = (torch.int32, torch.int64, torch.uint8, torch.bool)
FLOATS = (torch.float16, torch.bfloat16, torch.float64, torch.float8_e4m3fn)

HARMLESS = ("model_ema.decay", "ema.more.weight")
"""Tensors of training, which no picture depends on, so that a file with them must be read."""


def alter(path: Path, alteration: str, rng: random.Random, prefix: str = "") -> tuple[str, ...]:
    """Alter one tensor of a file whose name begins with `prefix`.

    Return the names by which a message may say which one: none where the file as a whole is broken or lacks a part.
    """
    tensors = load_file(path)
    name = rng.choice(sorted(each for each in tensors if each.startswith(prefix)))
    names: tuple[str, ...] = (name,)
    if alteration in ("truncate", "empty end"):
        return cut(path, alteration, rng, _places(path))
    if alteration == "remove":
        del tensors[name]
    elif alteration == "no part":
        tensors = {each: tensor for each, tensor in tensors.items() if not each.startswith(prefix)}
        names = ()
    elif alteration == "rename":
        names = (name, f"{name}x")
        tensors[f"{name}x"] = tensors.pop(name)
    elif alteration in ("add", "harmless"):
        names = (f"{name}.more" if alteration == "add" else rng.choice(HARMLESS),)
        tensors[names[0]] = torch.ones(4)
    elif alteration == "integers":
        tensors[name] = tensors[name].to(rng.choice(INTEGERS))
    elif alteration == "other floats":
        tensors[name] = tensors[name].to(rng.choice(FLOATS))
    elif alteration == "not finite":
        tensors[name] = torch.full_like(tensors[name], float("nan"))
    else:
        tensors[name] = torch.cat([tensors[name].reshape(-1), tensors[name].reshape(-1)])
    save_file(tensors, path, metadata(path))
    return names


def alter_lora(path: Path, alteration: str, rng: random.Random) -> tuple[str, ...]:
    """Alter one tensor of a LoRA file, or the rank, alpha or kind of one module; return its tensors' names."""
    if alteration not in ("alpha", "no alpha", "rank", "DoRA"):
        return alter(path, alteration, rng)
    tensors = load_file(path)
    alphas = sorted(name for name in tensors if name.endswith(".alpha"))
    pairs = [(name, name.replace("lora_down", "lora_up").replace("lora_A", "lora_B")) for name in sorted(tensors)]
    down, up = rng.choice([pair for pair in pairs if pair[0] != pair[1]])
    name = rng.choice(alphas) if "alpha" in alteration else down
    if alteration == "alpha":
        tensors[name] = tensors[name] * rng.choice((0.25, 2.0, 3.0))
    elif alteration == "no alpha":
        del tensors[name]
    elif alteration == "DoRA":
        name = down.replace("lora_down.weight", "dora_scale").replace("lora_A.weight", "lora_magnitude_vector")
        tensors[name] = torch.ones(len(tensors[up]))
    else:
        tensors[down], tensors[up] = tensors[down][:2].contiguous(), tensors[up][:, :2].contiguous()
    save_file(tensors, path, metadata(path))
    return name, up


def cut(path: Path, alteration: str, rng: random.Random, places: Places) -> tuple[str, ...]:
    """Cut a file off, or fill its end with zeros; return the tensors that this changes, none within the header.

    `places` are where the bytes of each tensor begin and end.
    """
    data, header, last = path.read_bytes(), min(place[0] for place in places.values()), max(places.values())[1]
    place = rng.randrange(last) if alteration == "truncate" else rng.randrange(header, last - 512)
    path.write_bytes(data[:place] + (bytes(len(data) - place) if alteration == "empty end" else b""))
    return tuple(name for name, (_, end) in places.items() if end > place) if place >= header else ()


def _places(path: Path) -> Places:
    data = path.read_bytes()
    begin = 8 + struct.unpack("<Q", data[:8])[0]
    entries = json.loads(data[8:begin])
    entries.pop("__metadata__", None)
    return {
        name: (begin + entry["data_offsets"][0], begin + entry["data_offsets"][1]) for name, entry in entries.items()
    }


def metadata(path: Path) -> dict[str, str]:
    """Return the metadata of a file."""
    with safe_open(path, framework="pt") as file:
        return dict(file.metadata() or {})


def read(path: Path) -> Tensors:
    """Return the tensors of a file, none of a broken one."""
    try:
        return load_file(path)
    except (SafetensorError, OSError):
        return {}
