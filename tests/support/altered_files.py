"""Alter model folders and adapter files of tiny models, load them as a worker does, and count the outcomes.

Run as ``python -m tests.support.altered_files COUNT SEED`` it prints tables; the same seed alters the same tensors. A
third number is where to begin, so that a run can be divided.

A file that loads is *right* where each part has exactly the numbers that the altered file holds, and each LoRA changes
each module by `alpha / rank * up @ down` of the altered file. A tensor that was multiplied by a number is another valid
file, with nothing in it to see; what is tried is a factor that the file records (scaled float8, an alpha).
"""

import logging
import random
import shutil
import sys
import tempfile
import warnings
from collections.abc import Callable, Collection, Mapping
from pathlib import Path
from typing import Any
from unittest.mock import patch

import diffusers
import torch
import transformers
from diffusers.quantizers.gguf.utils import GGUFParameter, dequantize_gguf_tensor
from gguf import GGMLQuantizationType as Type
from safetensors.torch import save_file

from app.core.models import families
from app.core.models.folder import read_json
from tests.support import (
    alterations,
    flow_lora_files,
    gguf_files,
    lora_arithmetic,
    lora_files,
    original_flow_keys,
    original_keys,
    single_files,
    tiny,
    tiny_flow,
)
from tests.support.alterations import Tensors, read
from tests.support.altered_outcomes import ALLOWED, Altered, Case, judge, table
from worker.diffusion.families.inversion_files import vectors
from worker.diffusion.families.text_options import EmbeddingFile
from worker.diffusion.fitting import completeness
from worker.diffusion.fitting.loading import Source
from worker.networks import encoder_adapters
from worker.networks.adapters import AdapterLayers

CPU = torch.device("cpu")
Rename = Callable[[Mapping[str, torch.Tensor]], Tensors]

FOLDERS = ("sd1", "sd2", "bert", "led", "sdxl", "lcm", "turbo", "xl")
FLOWS = ("schnell", "dev", "sd3", "sd3-no-t5", "z-image", "klein")
UNETS = ("sd1", "sdxl")
IN_GGUF = (
    "remove", "rename", "add", "truncate", "empty end", "integers", "other shape", "half", "vector", "quantised",
    "harmless", "unaltered",
)  # fmt: skip
QUANTISED = (Type.Q8_0, Type.Q4_0, Type.Q5_1, Type.BF16)
SCALED = ("scaled float8", "scale changed", "scale removed", "scale renamed", "scale of blocks")


class Rig:
    """Tiny models of every family in a folder, and what their parts hold."""

    def __init__(self, folder: Path, *names: str) -> None:
        """Save the models; those with these names alone, if any are named."""
        self.folder = folder
        unets, flows = ([each for each in every if not names or each in names] for every in (FOLDERS, FLOWS))
        self.models = (tiny.save(folder, *unets) if unets else {}) | (tiny_flow.save(folder, *flows) if flows else {})
        self._loras: dict[tuple[str, str], Path] = {}
        self._families = single_files.lay_out(self.models, folder / "families")
        self._single_files = {
            family: single_files.save(self.models[name], family, folder / f"my-{family}.safetensors")
            for family, name in single_files.KINDS.items()
            if name in self.models
        }

    def run(self, seed: int) -> Case:
        """Alter one file by a seed, and return what loading it led to."""
        rng = random.Random(seed)  # nosec B311 - repeatable, not secret
        kinds = {
            "folder": 6, "single": 3, "network": 2, "scaled": 1, "gguf": 2, "vae": 1, "lora": 3, "flow_lora": 1,
            "embedding": 1,
        }  # fmt: skip
        kind = rng.choices(list(kinds), list(kinds.values()))[0]
        place = Path(tempfile.mkdtemp(dir=self.folder))
        try:
            return getattr(self, f"_{kind}")(rng, place)  # type: ignore[no-any-return]
        finally:
            shutil.rmtree(place)

    def _any(self, rng: random.Random, names: Collection[str]) -> str:
        return rng.choice([each for each in names if each in self.models])

    def _weights(self, name: str, part: str) -> Path:
        return next((self.models[name] / part).glob("*.safetensors"))

    def _folder(self, rng: random.Random, place: Path) -> Case:
        name = rng.choice(sorted(self.models))
        model = Path(shutil.copytree(self.models[name], place / name))
        part = rng.choice(sorted(path.parent.name for path in model.glob("*/*.safetensors")))
        path = next((model / part).glob("*.safetensors"))
        known, alteration = set(read(path)), rng.choice(alterations.IN_FOLDER)
        names = alterations.alter(path, alteration, rng)
        altered = Altered(f"folder: {part}", alteration, str(path), names, known)
        return judge(altered, lambda: _is_loaded(Source(model, CPU), part, read(path)))

    def _network(self, rng: random.Random, place: Path) -> Case:
        name = self._any(rng, FLOWS)
        rename = original_flow_keys.OF_MODELS.get(name) if rng.random() < 0.5 else None
        return self._replaced(rng, name, place / "network.safetensors", "transformer", rename)

    def _vae(self, rng: random.Random, place: Path) -> Case:
        name = self._any(rng, ("sd1", "sd2", "schnell", "sd3", "z-image"))
        config = read_json(self.models[name] / "vae" / "config.json")

        def rename(weights: Mapping[str, torch.Tensor]) -> Tensors:
            renamed = original_keys.vae(weights, config)
            return {each.removeprefix("first_stage_model."): tensor.contiguous() for each, tensor in renamed}

        return self._replaced(rng, name, place / "VAE.safetensors", "vae", rename if rng.random() < 0.5 else None)

    def _replaced(self, rng: random.Random, name: str, path: Path, part: str, rename: Rename | None) -> Case:
        """Alter a copy of a part, with the names of its authors or diffusers' own, and load it in its place."""
        tensors = read(self._weights(name, part))
        renamed = rename(tensors) if rename else tensors
        save_file(renamed, path, {"format": "pt"})
        alteration = rng.choice(alterations.IN_FOLDER)
        names = alterations.alter(path, alteration, rng)
        form = "authors' names" if rename else "diffusers' names"
        altered = Altered(f"{path.stem}, {form}", alteration, str(path), names, {*tensors, *renamed})
        source: dict[str, Any] = {part: str(path)}
        return judge(
            altered, lambda: _is_loaded(Source(self.models[name], CPU, **source), part, read(path), rename=rename)
        )

    def _scaled(self, rng: random.Random, place: Path) -> Case:
        name, path = self._any(rng, FLOWS), place / "scaled.safetensors"
        tensors = read(self._weights(name, "transformer"))
        end, expected = rng.choice(("scale_weight", "weight_scale")), dict(tensors)
        matrices = sorted(each for each, tensor in tensors.items() if tensor.ndim == 2 and each.endswith(".weight"))
        alteration, chosen = rng.choice(SCALED), rng.choice(matrices)
        for each in matrices:
            by_row = end == "weight_scale" and rng.random() < 0.5
            scale = tensors[each].abs().amax(1, keepdim=True) / 448 if by_row else tensors[each].abs().max() / 448
            stored = (tensors[each] / scale).to(torch.float8_e4m3fn)
            scale = scale * 3 if each == chosen and alteration == "scale changed" else scale
            expected[each] = stored.float() * scale
            tensors |= {each: stored, f"{each.removesuffix('.weight')}.{end}": scale}
        of = f"{chosen.removesuffix('.weight')}.{end}"
        names: tuple[str, ...] = (of,)
        if alteration == "scale removed":
            del tensors[of]
            names = (chosen, of)
        elif alteration == "scale renamed":
            names = (of, of.replace(".", ".x.", 1))
            tensors[names[1]] = tensors.pop(of)
        elif alteration == "scale of blocks":
            tensors[of] = torch.ones(3, 5)
        save_file(tensors, path)
        altered = Altered("scaled float8 network", alteration, str(path), names, {*expected, *tensors})
        return judge(
            altered, lambda: _is_loaded(Source(self.models[name], CPU, transformer=str(path)), "transformer", expected)
        )

    def _single(self, rng: random.Random, place: Path) -> Case:
        family = rng.choice(sorted(self._single_files))
        path = Path(shutil.copy(self._single_files[family], place / f"my-{family}.safetensors"))
        with patch.object(families, "FOLDER", self._families):
            parts = next(each for each in families.every() if each.folder.name == family).parts
            part, known = rng.choice(sorted(parts)), set(read(path))
            alteration = rng.choice(alterations.IN_SINGLE_FILE)
            names = alterations.alter(path, alteration, rng, parts[part].prefix)
            for each in parts:
                known |= set(read(self._weights(single_files.KINDS[family], each)))
            altered = Altered(f"single file: {part}", alteration, str(path), names, known)
            return judge(altered, lambda: _is_loaded_whole(Source(path, CPU), parts, read(path)))

    def _gguf(self, rng: random.Random, place: Path) -> Case:
        name, path = self._any(rng, FLOWS), place / "network.gguf"
        rename = original_flow_keys.OF_MODELS.get(name) if rng.random() < 0.5 else None
        own = read(self._weights(name, "transformer"))
        tensors = rename(own) if rename else own
        alteration, types = rng.choice(IN_GGUF), {}
        known = {*own, *tensors}
        flat, matrices = ([each for each in sorted(tensors) if (tensors[each].ndim > 1) is of] for of in (False, True))
        altered = rng.choice(flat if alteration == "vector" else sorted(tensors))
        names: tuple[str, ...] = (altered,)
        if alteration == "remove":
            del tensors[altered]
        elif alteration == "rename":
            names = (altered, f"{altered}x")
            tensors[f"{altered}x"] = tensors.pop(altered)
        elif alteration in ("add", "harmless"):
            names = (f"{altered}.more" if alteration == "add" else rng.choice(alterations.HARMLESS),)
            tensors[names[0]] = torch.ones(4)
        elif alteration == "other shape":
            tensors[altered] = torch.cat([tensors[altered], tensors[altered]])
        elif alteration in ("integers", "half", "vector"):
            types[altered] = {"integers": Type.I32, "half": Type.F16, "vector": Type.BF16}[alteration]
        elif alteration == "quantised":
            stored = rng.choice(QUANTISED)
            types = {each: stored for each in matrices if tensors[each].shape[-1] % 32 == 0}
        places = gguf_files.places(gguf_files.write(path, tensors, types))
        if alteration in ("truncate", "empty end"):
            names = alterations.cut(path, alteration, rng, places)
        case = Altered(f"GGUF, {'authors' if rename else 'diffusers'}' names", alteration, str(path), names, known)
        return judge(
            case,
            lambda: _is_loaded(
                Source(self.models[name], CPU, transformer=str(path)), "transformer", gguf_files.read(path),
                rename=rename,
            ),
        )  # fmt: skip

    def _lora(self, rng: random.Random, place: Path) -> Case:
        name, form = self._any(rng, UNETS), rng.choice(("kohya", "diffusers"))
        for each, save in (("kohya", lora_files.as_kohya), ("diffusers", lora_files.as_diffusers)):
            if (name, each) not in self._loras:
                lora = lora_files.make(self.models[name])
                self._loras[name, each] = save(lora, self.folder / f"{name}-{each}.safetensors")
        return self._altered_lora(rng, name, form, place, set(read(self._loras[name, "diffusers"])))

    def _flow_lora(self, rng: random.Random, place: Path) -> Case:
        name, form = self._any(rng, FLOWS), "transformer"
        if (name, form) not in self._loras:
            path = self.folder / f"{name}-{form}.safetensors"
            self._loras[name, form] = flow_lora_files.save(self.models[name], path, parts=("transformer",))
        return self._altered_lora(rng, name, form, place, set())

    def _altered_lora(self, rng: random.Random, name: str, form: str, place: Path, known: set[str]) -> Case:
        path = Path(shutil.copy(self._loras[name, form], place / "lora.safetensors"))
        known |= set(read(path))
        alteration = rng.choice([each for each in alterations.IN_LORA if form == "kohya" or "alpha" not in each])
        names = alterations.alter_lora(path, alteration, rng)
        altered = Altered(f"LoRA: {form}", alteration, "the adapter lora", names, known)
        return judge(altered, lambda: self._is_applied(name, form, path))

    def _is_applied(self, name: str, form: str, path: Path) -> bool:
        """Apply a LoRA as a worker does, and return whether each module changes by the product of its matrices."""
        source = Source(self.models[name], CPU)
        family = source.make_family(source.vae().config, {})
        file = lora_files.adapter_of(path)
        network, pipe = source.network(torch.float32), source.pipeline(torch.float32)
        encoders = {part: each for part in family.lora_encoders if (each := getattr(pipe, part, None))}
        prefixes = {part: f"{part}." for part in (family.part, *encoders)}
        if form == "kohya":
            first = "lora_te1_text_model_" if len(encoders) > 1 else "lora_te_text_model_"
            prefixes = {"unet": "lora_unet_", "text_encoder": first, "text_encoder_2": "lora_te2_"}
        stored = family.network_class.from_pretrained(source.folder / family.part)
        config = None if form == "kohya" else {"lora_alpha": lora_files.ALPHA}
        layers = AdapterLayers(family.lora_format)
        layers.apply(network, frozenset({file}), CPU)
        changes = {family.part: lora_arithmetic.actual(network, file.name)}
        with encoder_adapters.applied(pipe, {file: 1.0}, family.lora_format):
            changes |= {part: lora_arithmetic.actual(encoder, file.name) for part, encoder in encoders.items()}
        expected = {
            part: lora_arithmetic.expected(read(path), each, prefixes[part], config)
            for part, each in {family.part: stored, **encoders}.items()
        }
        return all(lora_arithmetic.is_close(changes[part], each) for part, each in expected.items())

    def _embedding(self, rng: random.Random, place: Path) -> Case:
        path, number = place / "word.safetensors", rng.randrange(2)
        tensors = {"clip_l": torch.randn(2, 32), "clip_g": torch.randn(2, 32)}
        save_file(tensors, path)
        alteration = rng.choice(alterations.IN_EMBEDDING)
        names = alterations.alter(path, alteration, rng)

        def is_read() -> bool:
            file, keys = EmbeddingFile("word", "", path), ("clip_l", "clip_g")
            order = (number, 1 - number)
            return all(torch.equal(vectors(file, each, 32), read(path)[keys[each]].float()) for each in order)

        return judge(Altered("embedding", alteration, "the embedding word", names, tensors.keys()), is_read)


def _is_loaded(
    source: Source, part: str, expected: Mapping[str, torch.Tensor], *, rename: Rename | None = None
) -> bool:
    """Load a part as a worker does, and return whether it holds these numbers, in any shape.

    `rename` returns the loaded tensors by the names of the file, where these are not the network's own.
    """
    source.is_small = False  # the layers of a small network are rewritten for a CPU
    load: dict[str, Callable[[], Any]] = {source.family.part: lambda: source.network(torch.float32), "vae": source.vae}
    loaded = load[part]() if part in load else getattr(source.pipeline(torch.float32), part)
    state = loaded.state_dict()
    is_quantised = any(isinstance(each, GGUFParameter) for each in state.values())
    found = {name: _numbers(each) for name, each in state.items()}
    found = rename(found) if rename else found
    wanted = {name: each for name, each in expected.items() if _is_read(name)}
    by_end = {name: next((own for own in found if own == name or name.endswith(f".{own}")), None) for name in wanted}
    missing = [name for name in found if _is_read(name) and name not in by_end.values()]
    if part == "vae" and "AutoencoderTiny" in type(loaded).__name__:
        missing = []  # its layers are rewritten for a CPU
        by_end = {name: own for name, own in by_end.items() if own and found[own].shape == wanted[name].shape}
    tied = [name for name in missing if name.endswith("embed_tokens.weight")]
    return set(missing) == set(tied) and all(
        own is not None and _is_equal(found[own], wanted[name], is_rounded=is_quantised) for name, own in by_end.items()
    )


def _is_loaded_whole(source: Source, parts: Mapping[str, families.Part], expected: Tensors) -> bool:
    """Load a single file as a worker does, and return whether its parts hold these numbers, by the file's names."""
    source.is_small = False
    pipe, found = source.pipeline(torch.float32), {}
    for part, about in parts.items():
        own = {"unet": lambda: source.network(torch.float32), "vae": source.vae}
        loaded = own[part]() if part in own else getattr(pipe, part)
        config = read_json(source.folder / part / "config.json")
        weights = {name: each for name, each in loaded.state_dict().items() if _is_read(name)}
        found |= original_keys.rename(part, weights, config, about.prefix)
    wanted = {name: each for name, each in expected.items() if _is_read(name)}
    return found.keys() == wanted.keys() and all(_is_equal(found[name], each) for name, each in wanted.items())


def _is_read(name: str) -> bool:
    """Return whether a picture depends on a tensor."""
    return not completeness.UNREAD.search(name) and not name.startswith(("model_ema.", "ema."))


def _numbers(loaded: torch.Tensor) -> torch.Tensor:
    return dequantize_gguf_tensor(loaded) if isinstance(loaded, GGUFParameter) else loaded


def _is_equal(found: torch.Tensor, wanted: torch.Tensor, *, is_rounded: bool = False) -> bool:
    """Return whether a loaded tensor holds these numbers; quantised ones are expanded in float16."""
    one, other = found.float().reshape(-1), wanted.float().reshape(-1)
    if not is_rounded:
        return torch.equal(one, other)
    return one.shape == other.shape and torch.allclose(one, other, rtol=2e-3, atol=2e-3)


def main(count: int, seed: int, begin: int = 0) -> None:
    """Alter so many files from number `begin` on, and print the tables and each outcome that must not be."""
    logging.disable(logging.CRITICAL)
    warnings.simplefilter("ignore")
    diffusers.utils.logging.disable_progress_bar()
    transformers.utils.logging.disable_progress_bar()
    with tempfile.TemporaryDirectory() as folder:
        rig = Rig(Path(folder))
        cases: list[Case] = []
        try:
            for number in range(begin, begin + count):
                cases.append(case := rig.run(seed * 1_000_000 + number))
                if case.outcome not in ALLOWED:
                    print(number, case, file=sys.stderr, flush=True)
        finally:  # also where it is interrupted
            print(
                table(cases, "file", lambda case: case.kind),
                table(cases, "altered", lambda case: case.alteration),
                sep="\n\n",
            )


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
