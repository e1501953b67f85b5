"""The interface of a family of models, so that the rest of the code need not check a model's kind."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module
from types import MappingProxyType, SimpleNamespace
from typing import Any, ClassVar

import numpy as np
import torch
from numpy.typing import NDArray

from app.core.models import kinds
from app.core.models.kinds import Kind
from worker.diffusion import solvers
from worker.diffusion.families.text_options import TextOptions
from worker.networks import decoding
from worker.networks.lora_tensors import LoraFormat

CLASSIFIER_FREE = "passes"
"""Guidance takes a second evaluation, without the prompt (Ho & Salimans, arXiv 2207.12598)."""

INPUT = "input"
"""The strength of guidance is an input of the network (Meng et al., arXiv 2210.03142)."""

UNGUIDED = "none"
"""The network was distilled to work without guidance, and has no input for it."""


@dataclass(frozen=True, slots=True)
class Text:
    """One encoded prompt, in float32.

    The output of several encoders is concatenated along the width or the tokens, as the family's network takes it.
    `pooled` is None where the model has no pooled vector. `empty` are the states of an empty chunk, which pads texts of
    several chunks to one length.
    """

    states: NDArray[np.float32]  # (tokens, width)
    pooled: NDArray[np.float32] | None = None  # (width,)
    empty: NDArray[np.float32] | None = None  # (tokens of a chunk, width)


@dataclass(frozen=True, slots=True)
class Between:
    """A point between two texts of different lengths; `share` is the second's, above 0 and below 1."""

    first: torch.Tensor  # (tokens, width)
    last: torch.Tensor  # (tokens, width)
    share: float


States = torch.Tensor | Sequence[torch.Tensor | Between]
"""Text states, one row for each picture: one tensor, or a list where texts have different lengths."""


@dataclass(frozen=True, slots=True)
class Prompts:
    """A prompt and a negative prompt to encode; `known_negative` is the encoded negative one where it is cached.

    Families that do not read weights get none.
    """

    prompt: str
    negative: str
    device: torch.device
    known_negative: Text | None
    options: TextOptions


@dataclass(frozen=True, slots=True)
class Batch:
    """The input of an evaluation: latents (batch x channels x height x width) at time `t`, and their texts."""

    latents: torch.Tensor
    t: torch.Tensor | int
    states: States
    pooled: torch.Tensor | None
    guidance: float
    memory_format: torch.memory_format


class OfDiffusers:
    """An attribute whose value is a class of diffusers, imported when it is read."""

    def __init__(self, name: str, module: str = "diffusers") -> None:
        self._name, self._module = name, module

    def __get__(self, _instance: object, _owner: type) -> Any:
        return getattr(import_module(self._module), self._name)


class Family(ABC):
    """A model's family, with the configuration of one model.

    The class says how the parts are loaded, an instance what the model computes. `latent_shape` is (channels, height,
    width) of a picture of the model's own size, `scale` how many pixels, along each side, one latent stands for.
    `guidance` is CLASSIFIER_FREE, INPUT or UNGUIDED.
    """

    kinds: ClassVar[tuple[str, ...]]
    """The classes of pipelines, as ``model_index.json`` names them."""
    pipeline: ClassVar[Any]
    """The class of diffusers that loads tokenizers, text encoders and scheduler, and encodes prompts."""
    pipeline_options: ClassVar[Mapping[str, Any]]
    """The options for loading that pipeline; None for each part that is not loaded."""
    part: ClassVar[str]
    """The folder of the network that is called at every step."""
    network_class: ClassVar[Any]
    encoders: ClassVar[tuple[str, ...]]
    """The text encoders' folders."""
    optional: ClassVar[tuple[str, ...]] = ()
    """Parts of the pipeline that may be missing."""
    traces: ClassVar[bool] = False
    """Whether a small network may be traced on a CPU."""
    original: ClassVar[str] = ""
    """The name in `app.core.models.families` of network-only files with the keys of the original implementation."""
    evaluation_bytes: ClassVar[int] = 520
    """Bytes of GPU memory that an evaluation takes for each pixel, without the weights, in half precision."""
    stores_float8: ClassVar[bool] = False
    """Whether the network may be stored in float8 where a GPU is too small for half precision."""
    upcasts: ClassVar[bool] = False
    """Whether a VAE overflows in float16 unless its configuration says otherwise."""
    lora_loader: ClassVar[Any]
    """The class of diffusers that reads LoRA files."""
    lora_encoders: ClassVar[tuple[str, ...]] = ()
    """The text encoders that a LoRA may change."""

    guidance: str
    latent_shape: tuple[int, int, int]
    scale: int

    def __init__(
        self,
        config: SimpleNamespace,
        vae: Any,
        index: Mapping[str, Any],
        house: Mapping[str, Any] = MappingProxyType({}),
    ) -> None:
        """Describe a model by four configurations.

        They are its network's, its VAE's, its ``model_index.json`` (`index`) and its ``house.json`` (`house`).
        """
        self.config, self.vae, self.index, self.house = config, vae, index, house
        self.describe()

    @abstractmethod
    def describe(self) -> None:
        """Set scale, latent shape and guidance, which follow from the configurations."""

    @property
    def kind(self) -> Kind:
        """The site's description of models of this family."""
        return kinds.BY_PIPELINE[self.kinds[0]]

    @classmethod
    def prepare(cls, network: Any) -> None:
        """Rewrite a small network for a CPU, so that it computes the same numbers faster."""
        del network

    @classmethod
    def wide(cls) -> tuple[str, ...]:
        """Return patterns of the layers that stay in half precision where the others are stored in float8."""
        if not cls.stores_float8:
            return ()
        from diffusers.hooks.layerwise_casting import DEFAULT_SKIP_MODULES_PATTERN

        return (*DEFAULT_SKIP_MODULES_PATTERN, *(cls.network_class._skip_layerwise_casting_patterns or ()))

    @property
    def lora_format(self) -> LoraFormat:
        """How LoRA files are read, and which parts they may change."""
        return LoraFormat(self.lora_loader, self.part, self.lora_encoders, self.original, options=self.lora_options())

    def lora_options(self) -> dict[str, Any]:
        """Return the options of the reader of LoRA files."""
        return {}

    def count_tokens(self, latents: Any, *inputs: Any) -> Mapping[str, Sequence[int]]:
        """Return, for modules that get all rows of a batch as one sequence, the number of tokens of each row.

        The modules are named by the prefix of their layers' names; `latents` and `inputs` are the network's arguments.
        All other modules get a batch.
        """
        del latents, inputs
        return {}

    @abstractmethod
    def encode(self, pipe: Any, prompts: Prompts) -> tuple[Text, Text | None]:
        """Encode a prompt and a negative prompt; the second is None where the family has none."""

    def reads_syntax(self, pipe: Any) -> bool:
        """Return whether prompts of this model may have weights, any length and textual inversions."""
        del pipe
        return False

    def chunks(self, pipe: Any, prompt: str, options: TextOptions) -> int:
        """Return how many chunks a prompt takes; at most `clip_text.CHUNKS_MAX` are encoded."""
        raise NotImplementedError

    def tokenizer(self, pipe: Any) -> tuple[Any, int]:
        """Return the tokenizer that decides which words are known, and how many tokens are read."""
        return pipe.tokenizer, int(pipe.tokenizer.model_max_length)

    @abstractmethod
    def predict(self, network: Any, batch: Batch) -> torch.Tensor:
        """Return the network's prediction for a batch, in float32, as the solver takes it.

        The network's first argument must have one row for each picture, because adapters depend on it.
        """

    def apply_guidance(self, unguided: torch.Tensor, conditioned: torch.Tensor, guidance: float) -> torch.Tensor:
        """Return the guided prediction from those without the prompt and with it, as the family's pipeline does."""
        return torch.add(unguided, conditioned - unguided, alpha=guidance)

    def solver(
        self, scheduler: str, config: Mapping[str, Any], steps: int, size: tuple[int, int], device: torch.device
    ) -> Any:
        """Return a new solver with its time steps for latents of this (height, width).

        `config` is that of the model's own scheduler.

        :raises ModelError: as `solvers.make` does.
        """
        del size
        return solvers.make(scheduler, config, steps, device)

    def unscaled(self, vae: Any, latents: torch.Tensor) -> torch.Tensor:
        """Return latents as the VAE decodes them, from latents scaled to the variance of noise."""
        return decoding.unscaled(vae.config, latents)

    def scaled(self, vae: Any, encoded: torch.Tensor) -> torch.Tensor:
        """Return the VAE's encoded latents, scaled to the variance of noise."""
        return decoding.scaled(vae.config, encoded)
