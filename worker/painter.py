"""Paint the frames of a walk with a text-to-image diffusion model that is loaded once and stays.

The same code paints with the house model and with Stable Diffusion 1.x and 2.x: any folder that
`StableDiffusionPipeline` reads. The denoising loop is our own, because a walk shares work between its frames.
"""

import copy
import hashlib
import json
import logging
import re
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import diffusers
import numpy as np
import safetensors
import torch
import transformers
from numpy.typing import NDArray

from worker import device as machine
from worker import walk

SOLVER = "DPMSolverMultistepScheduler"

SOLVERS = frozenset(
    {
        SOLVER,
        "DDIMScheduler",
        "DEISMultistepScheduler",
        "DPMSolverSinglestepScheduler",
        "EulerDiscreteScheduler",
        "HeunDiscreteScheduler",
        "LMSDiscreteScheduler",
        "PNDMScheduler",
        "UniPCMultistepScheduler",
    }
)
"""The solvers that add no noise of their own, so that the same recipe paints the same picture."""

DECODED_PIXELS = 2**16
"""How many pixels are decoded at once: more do not fit into a processor's caches (twice as slow for 24 house pictures),
and the decoder of a large model needs kilobytes of memory for each."""


VOCABULARIES = (("tokenizer.json",), ("vocab.json", "merges.txt"), ("vocab.txt",))
"""The files that hold a tokenizer's words, in the layouts there are."""

HAND_PATTERN = "{prompt}, {words}"
"""How prompt and hand are joined if the model says nothing else; only another pattern is part of its revision."""

HUB_NAME = re.compile(r"\w[\w.-]*/[\w.-]+")


class ModelError(Exception):
    """A model, or a part of it that a recipe asks for, is missing or broken."""


class PaintingError(Exception):
    """A picture could not be painted."""


@dataclass(frozen=True, slots=True)
class Stop:
    """One station of a walk, its seed drawn.

    `subject` is what of the prompt its visitor wrote, where words of a hand were added; the note speaks of that.
    """

    prompt: str
    negative_prompt: str
    seed: int
    subject: str = ""


@dataclass(frozen=True, slots=True)
class Rendering:
    """All settings that fix a frame's pixels besides the stops and the model, and how many frames a batch holds."""

    scheduler: str
    steps: int
    guidance: float
    width: int
    height: int
    precision: str
    memory_format: str
    threads: int
    batch: int


@dataclass(frozen=True, slots=True)
class Prepared:
    """A walk ready to be painted: arrays with one row per stop, and a note on each prompt.

    `prompts` and `negatives` are text states (stops x tokens x width), `noises` the starting noise (stops x channels
    x height x width, unscaled), all float32. A note is "", "unknown words" or "cut".
    """

    rendering: Rendering
    prompts: NDArray[np.float32]
    negatives: NDArray[np.float32]
    noises: NDArray[np.float32]
    notes: tuple[str, ...]


def _nothing() -> None:
    """Do nothing between steps."""


class Painter:
    """A loaded model. Not safe to share between threads: a solver's settings and torch's threads are the process's."""

    def __init__(self, folder: Path, *, name: str, revision: str, device: str = "auto") -> None:
        house = _house(folder)
        self.device = machine.find(device)
        self.name: str = house.get("name", name)
        self.title: str = house.get("title", self.name)
        self.prefix: str = house.get("prefix", "")
        self.revision = revision or _fingerprint(folder, self.prefix, house.get("hand_pattern", HAND_PATTERN))
        self._pipe = _pipeline(folder).to(self.device)
        self._copies: dict[str, tuple[Any, Any]] = {"float32": (self._pipe.unet, self._pipe.vae)}
        side = self._pipe.unet.config.sample_size
        height, width = (side, side) if isinstance(side, int) else side
        self._latent_shape = (self._pipe.unet.config.in_channels, height, width)
        scale = self._pipe.vae_scale_factor
        self.size: tuple[int, int] = (width * scale, height * scale)
        self._setting = machine.choose(self._rehearsal(), self.device)

    @classmethod
    def load(cls, model: str, *, device: str = "auto") -> "Painter":
        """Load a model from a folder or, by its name, from the Hugging Face cache or hub, and measure the device.

        Raises ModelError naming what is missing or broken.
        """
        _quiet()
        folder = Path(model)
        if folder.is_dir():
            return cls(folder, name=folder.resolve().name, revision="", device=device)
        if not HUB_NAME.fullmatch(model):
            raise ModelError(f"model folder missing: {model}")
        snapshot = _download(model)
        return cls(snapshot, name=model, revision=snapshot.name[:12], device=device)

    def rendering(self, *, steps: int, guidance: float) -> Rendering:
        """Complete a walk's sampler settings with the model's size and what was measured on this device."""
        width, height = self.size
        setting = self._setting
        return Rendering(
            scheduler=SOLVER,
            steps=steps,
            guidance=guidance,
            width=width,
            height=height,
            precision=setting.precision,
            memory_format=setting.memory_format,
            threads=setting.threads,
            batch=setting.batch,
        )

    def prepare(self, stops: Sequence[Stop], rendering: Rendering) -> Prepared:
        """Encode the stops' prompts, behind the model's prefix, and draw their noise.

        Noise is drawn on the processor in float32, so that a seed means the same on every device.
        """
        _check(rendering)
        encoded = [self._encode(self.prefix + stop.prompt, stop.negative_prompt) for stop in stops]
        channels = self._latent_shape[0]
        scale = self._pipe.vae_scale_factor
        shape = (channels, rendering.height // scale, rendering.width // scale)
        return Prepared(
            rendering=rendering,
            prompts=np.stack([prompt for prompt, _ in encoded]),
            negatives=np.stack([negative for _, negative in encoded]),
            noises=np.stack([_noise(stop.seed, shape) for stop in stops]),
            notes=tuple(_note(self._pipe.tokenizer, self.prefix, stop) for stop in stops),
        )

    def paint(
        self, prepared: Prepared, positions: Sequence[float], *, on_step: Callable[[], None] = _nothing
    ) -> list[NDArray[np.uint8]]:
        """Paint one batch: the frames at these global positions, as RGB arrays (height x width x 3).

        `on_step` is called after every step of the solver. Raises PaintingError when the model yields no numbers
        even in float32.
        """
        rendering = prepared.rendering
        for precision in dict.fromkeys((rendering.precision, "float32")):
            pictures = self._paint(prepared, positions, replace(rendering, precision=precision), on_step)
            if np.isfinite(pictures).all():
                return list((pictures * 255).round().astype(np.uint8))
        raise PaintingError(f"the model {self.name} ({self.revision}) painted no picture: its numbers overflow")

    @torch.inference_mode()
    def _paint(
        self, prepared: Prepared, positions: Sequence[float], rendering: Rendering, on_step: Callable[[], None]
    ) -> NDArray[np.float32]:
        torch.set_num_threads(min(rendering.threads, machine.cores()))
        unet, vae = self._networks(rendering.precision, rendering.memory_format)
        states, x_t = _between(prepared, positions, guided=rendering.guidance > 1)
        solver = _solver(self._pipe, rendering, self.device)
        latents = torch.from_numpy(x_t).to(self.device) * solver.init_noise_sigma
        context = torch.from_numpy(states).to(self.device, unet.dtype)
        for t in solver.timesteps:
            prediction = _predict(unet, solver.scale_model_input(latents, t), t, context, rendering)
            latents = solver.step(prediction, t, latents, return_dict=False)[0]
            on_step()
        return _decode(vae, latents)

    @torch.inference_mode()
    def _encode(self, prompt: str, negative_prompt: str) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        encoded = self._pipe.encode_prompt(prompt, self.device, 1, True, negative_prompt)
        prompt_states, negative_states = (states[0].float().cpu().numpy() for states in encoded)
        return prompt_states, negative_states

    def _networks(self, precision: str, memory_format: str) -> tuple[Any, Any]:
        """Return the UNet and the decoder in this precision; a copy is made once and kept.

        The memory format is the UNet's: the decoder, all convolutions, is faster with channels last in any precision.
        """
        if precision not in self._copies:
            dtype = machine.DTYPES[precision]
            unet, vae = self._copies["float32"]
            self._copies[precision] = copy.deepcopy(unet).to(dtype), copy.deepcopy(vae).to(dtype)
        unet, vae = self._copies[precision]
        return unet.to(memory_format=machine.MEMORY_FORMATS[memory_format]), vae.to(memory_format=torch.channels_last)

    def _rehearsal(self) -> Callable[[machine.Setting], None]:
        """Make one guided pass of the UNet to be measured, on the model's own size."""
        states = torch.from_numpy(np.stack(self._encode("", "")))
        noise = torch.from_numpy(_noise(0, self._latent_shape))

        @torch.inference_mode()
        def run(setting: machine.Setting) -> None:
            torch.set_num_threads(setting.threads)
            unet, _ = self._networks(setting.precision, setting.memory_format)
            context = states.repeat_interleave(setting.batch, 0).to(self.device, unet.dtype)
            latents = noise.expand(2 * setting.batch, *noise.shape).to(self.device, unet.dtype)
            unet(latents, 500, encoder_hidden_states=context)

        return run


def _between(
    prepared: Prepared, positions: Sequence[float], *, guided: bool
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Interpolate text states (unguided half first) and noise at the positions."""
    legs = [walk.leg(position, len(prepared.prompts)) for position in positions]
    kinds = (prepared.negatives, prepared.prompts) if guided else (prepared.prompts,)
    states = [walk.lerp(kind[i], kind[i + 1], t) for kind in kinds for i, t in legs]
    noises = [_noise_between(prepared.noises[i], prepared.noises[i + 1], t) for i, t in legs]
    return np.stack(states), np.stack(noises)


def _noise_between(a: NDArray[np.float32], b: NDArray[np.float32], t: float) -> NDArray[np.float32]:
    """Return the very same noise where both ends have it, so that shared noise stays bit for bit the same."""
    return a if np.array_equal(a, b) else walk.slerp(a, b, t)


def _predict(unet: Any, latents: torch.Tensor, t: torch.Tensor, context: torch.Tensor, r: Rendering) -> torch.Tensor:
    """Predict with classifier-free guidance (Ho & Salimans, arXiv 2207.12598), both passes in one batch."""
    doubled = latents.repeat(len(context) // len(latents), 1, 1, 1).to(unet.dtype)
    doubled = doubled.contiguous(memory_format=machine.MEMORY_FORMATS[r.memory_format])
    prediction: torch.Tensor = unet(doubled, t, encoder_hidden_states=context, return_dict=False)[0].float()
    if len(context) == len(latents):
        return prediction
    unguided, conditioned = prediction.chunk(2)
    return torch.add(unguided, conditioned - unguided, alpha=r.guidance)


def _decode(vae: Any, latents: torch.Tensor) -> NDArray[np.float32]:
    """Decode latents into pictures (frames x height x width x 3, 0-1), a few at a time."""
    scaled = (latents / vae.config.scaling_factor).to(vae.dtype, memory_format=torch.channels_last)
    side = 2 ** (len(vae.config.block_out_channels) - 1)
    few = max(1, DECODED_PIXELS // (side * side * latents.shape[-1] * latents.shape[-2]))
    pictures = torch.cat([vae.decode(part, return_dict=False)[0].float() for part in scaled.split(few)])
    return (pictures / 2 + 0.5).clamp(0, 1).permute(0, 2, 3, 1).cpu().numpy()


def _noise(seed: int, shape: tuple[int, int, int]) -> NDArray[np.float32]:
    return torch.randn(shape, generator=torch.Generator("cpu").manual_seed(seed)).numpy()


def _check(rendering: Rendering) -> None:
    """Refuse a recipe's setting that this program does not know, before any work."""
    for what, name, known in (
        ("scheduler", rendering.scheduler, sorted(SOLVERS)),
        ("precision", rendering.precision, machine.DTYPES),
        ("memory format", rendering.memory_format, machine.MEMORY_FORMATS),
    ):
        if name not in known:
            raise ModelError(f"unknown {what} {name!r}; known are {', '.join(known)}")


def _solver(pipe: Any, rendering: Rendering, device: torch.device) -> Any:
    """Make a fresh solver with its time steps: it keeps the history of one batch."""
    config = dict(pipe.scheduler.config)
    if str(config.get("algorithm_type", "")).startswith("sde-"):
        config["algorithm_type"] = "dpmsolver++"  # the stochastic form draws noise that no recipe records
    solver = getattr(diffusers, rendering.scheduler).from_config(config)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # NumPy's, about how diffusers' solvers make arrays
        solver.set_timesteps(rendering.steps, device=device)
    return solver


def _note(tokenizer: Any, prefix: str, stop: Stop) -> str:
    """Say when the tokenizer cuts a prompt or does not know half of its visitor's words."""
    if len(tokenizer(prefix + stop.prompt).input_ids) > tokenizer.model_max_length:
        return "cut"
    words: list[list[str]] = []
    for token in tokenizer.tokenize(stop.subject or stop.prompt):
        if token.startswith("##") and words:
            words[-1].append(token[2:])
        else:
            words.append([token])
    unknown = sum(_is_unknown(word, tokenizer.unk_token) for word in words)
    return "unknown words" if words and 2 * unknown >= len(words) else ""


def _is_unknown(pieces: list[str], unknown: str) -> bool:
    """Tell whether a word is the unknown token, or, as WordPiece does to foreign scripts, only spelled out."""
    return pieces == [unknown] or (len(pieces) > 1 and all(len(piece) == 1 for piece in pieces))


def _house(folder: Path) -> dict[str, Any]:
    path = folder / "house.json"
    return _json(path) if path.exists() else {}


def _json(path: Path) -> Any:
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise ModelError(f"model file missing: {path}") from None
    except ValueError as error:
        raise ModelError(f"model file broken: {path}: {error}") from error


def _pipeline(folder: Path) -> Any:
    """Load the pipeline in float32, after a look at its files that can name the one at fault."""
    _inspect(folder)
    try:
        pipe = diffusers.StableDiffusionPipeline.from_pretrained(
            folder, safety_checker=None, requires_safety_checker=False, torch_dtype=torch.float32, local_files_only=True
        )
    except Exception as error:  # whatever a library raises about a folder, the folder is at fault
        raise ModelError(f"model folder {folder} cannot be loaded: {error}") from error
    pipe.set_progress_bar_config(disable=True)
    return pipe


def _components(folder: Path) -> list[Path]:
    index = _json(folder / "model_index.json")
    named = [key for key, value in index.items() if isinstance(value, list) and value[0]]
    return [folder / name for name in sorted(named) if name not in ("safety_checker", "feature_extractor")]


def _inspect(folder: Path) -> None:
    """Raise ModelError naming the first file that is missing or broken."""
    for component in _components(folder):
        configs = {"scheduler": "scheduler_config.json", "tokenizer": "tokenizer_config.json"}
        _json(component / configs.get(component.name, "config.json"))
        if component.name == "tokenizer":
            _inspect_vocabulary(component)
        elif component.name not in configs:
            _inspect_weights(component)


def _inspect_vocabulary(component: Path) -> None:
    """Look for a vocabulary: without one, a tokenizer loads all the same and knows no word."""
    if not any(all((component / name).is_file() for name in names) for names in VOCABULARIES):
        raise ModelError(f"model file missing: {component / VOCABULARIES[0][0]}")
    for path in component.glob("*.json"):
        _json(path)


def _inspect_weights(component: Path) -> None:
    weights = _weights(component)
    if not weights:
        raise ModelError(f"model file missing: {component}/*.safetensors")
    for path in weights:
        if path.suffix == ".safetensors":
            try:
                with safetensors.safe_open(path, framework="pt"):
                    pass
            except Exception as error:
                raise ModelError(f"model file broken: {path}: {error}") from error


def _weights(component: Path) -> list[Path]:
    """List a component's weight files as the pipeline chooses them: safetensors before pickles."""
    return sorted(component.glob("*.safetensors")) or sorted(component.glob("*.bin"))


def _fingerprint(folder: Path, prefix: str, hand_pattern: str) -> str:
    """Hash what a picture depends on in a model folder: how prompts are put, configurations, vocabularies, weights."""
    texts = [path for part in _components(folder) for path in part.iterdir() if path.suffix in (".json", ".txt")]
    weights = [path for part in _components(folder) for path in _weights(part)]
    digest = hashlib.sha256(prefix.encode())
    if hand_pattern != HAND_PATTERN:
        digest.update(b"\0" + hand_pattern.encode())
    for path in sorted((folder / "model_index.json", *texts, *weights)):
        digest.update(path.relative_to(folder).as_posix().encode())
        with path.open("rb") as file:
            digest.update(hashlib.file_digest(file, "sha256").digest())
    return digest.hexdigest()[:12]


def _download(name: str) -> Path:
    try:
        return Path(diffusers.StableDiffusionPipeline.download(name, safety_checker=None))
    except Exception as error:
        raise ModelError(f"model {name!r} is neither a folder nor to be had from the hub: {error}") from error


def _quiet() -> None:
    """Silence what the libraries say about parts that differ from Stable Diffusion's: it works."""
    diffusers.utils.logging.set_verbosity_error()
    transformers.utils.logging.set_verbosity_error()
    diffusers.utils.logging.disable_progress_bar()
    transformers.utils.logging.disable_progress_bar()
    logging.getLogger("torchao").setLevel(logging.ERROR)
    warnings.filterwarnings("ignore", category=FutureWarning, module="(diffusers|transformers|huggingface_hub)")
