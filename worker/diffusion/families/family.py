"""What a family of models must say of itself, so that everything else can do without asking for the kind of a model."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType, SimpleNamespace
from typing import Any, ClassVar

import numpy as np
import torch
from diffusers.hooks.layerwise_casting import DEFAULT_SKIP_MODULES_PATTERN
from numpy.typing import NDArray

from app.models import kinds
from app.models.kinds import Kind
from worker.diffusion import solvers
from worker.diffusion.families.text_options import TextOptions
from worker.networks import decoding
from worker.networks.lora_tensors import LoraFormat

PASSES = "passes"
"""Guidance takes a second pass, without the prompt (Ho & Salimans, arXiv 2207.12598)."""

INPUT = "input"
"""The strength of guidance is an input of the network (Meng et al., arXiv 2210.03142)."""

UNGUIDED = "none"
"""The network was distilled to paint without guidance, and has no input for it."""


@dataclass(frozen=True, slots=True)
class Text:
    """One encoded prompt, in float32: its states (tokens x width) and, where the model has one, its pooled vector.

    What several encoders make of it stands side by side or in a row, as the family's network reads it. `empty` are the
    states of an empty chunk, by which texts of several chunks are brought to one length.
    """

    states: NDArray[np.float32]
    pooled: NDArray[np.float32] | None = None
    empty: NDArray[np.float32] | None = None


@dataclass(frozen=True, slots=True)
class Between:
    """Something between two texts of different lengths; `share` is the second's, above 0 and below 1."""

    first: torch.Tensor
    last: torch.Tensor
    share: float


States = torch.Tensor | Sequence[torch.Tensor | Between]
"""Text states, a row for each picture: one tensor, or a list where texts have different lengths."""


class Family(ABC):
    """A model's family, with the configuration of the model at hand.

    The class says how its parts are loaded; an instance what the model computes. `latent_shape` is (channels, height,
    width) of a picture of the model's own size, `scale` how many pixels, along each side, one latent stands for.
    `guidance` is PASSES, INPUT or UNGUIDED.
    """

    kinds: ClassVar[tuple[str, ...]]
    """The classes of pipelines, as ``model_index.json`` names them."""
    pipeline: ClassVar[Any]
    """The class of diffusers that loads tokenizers, text encoders and scheduler, and encodes prompts."""
    pipeline_options: ClassVar[Mapping[str, Any]]
    """What that pipeline is told to load nothing for, and its other settings."""
    part: ClassVar[str]
    """The folder of the network that is called at every step."""
    network_class: ClassVar[Any]
    encoders: ClassVar[tuple[str, ...]]
    """The text encoders' folders."""
    optional: ClassVar[tuple[str, ...]] = ()
    """Parts of the pipeline without which a model can be painted with."""
    traces: ClassVar[bool] = False
    """Whether a small network may be traced on a CPU."""
    original: ClassVar[str] = ""
    """What `app.models.families` calls files of the network alone in the keys of the original implementation."""
    pass_bytes: ClassVar[int] = 520
    """Bytes of a GPU that a pass for one picture takes for each pixel besides the weights, in half precision."""
    stores_float8: ClassVar[bool] = False
    """Whether the network may be stored in float8 where a GPU is too small for half precision."""
    upcasts: ClassVar[bool] = False
    """Whether a VAE whose configuration does not say otherwise overflows in float16."""
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
        """Describe a model by its network's configuration, its VAE's, its ``model_index.json`` and ``house.json``."""
        self.config, self.vae, self.index, self.house = config, vae, index, house

    @property
    def kind(self) -> Kind:
        """What the site knows of models of this family."""
        return kinds.BY_PIPELINE[self.kinds[0]]

    @classmethod
    def prepare(cls, network: Any) -> None:
        """Write a small network out for a CPU, which computes the same numbers in less time."""
        del network

    @classmethod
    def wide(cls) -> tuple[str, ...]:
        """Return patterns of the weights that diffusers leaves in half precision where others are stored in float8."""
        if not cls.stores_float8:
            return ()
        return (*DEFAULT_SKIP_MODULES_PATTERN, *(cls.network_class._skip_layerwise_casting_patterns or ()))

    @property
    def lora_format(self) -> LoraFormat:
        """How LoRA files are read, and which parts they may change."""
        return LoraFormat(self.lora_loader, self.part, self.lora_encoders, self.original, options=self.lora_options())

    def lora_options(self) -> dict[str, Any]:
        """Return what the reader of LoRA files is called with besides the tensors."""
        return {}

    def count_tokens(self, latents: Any, *given: Any) -> Mapping[str, Sequence[int]]:
        """Return how many tokens of each row some modules of the network are given, all rows in one long one.

        The modules are named by how the names of their layers begin; `latents` and `given` are what the network is
        called with. All others are given a batch.
        """
        del latents, given
        return {}

    @abstractmethod
    def encode(
        self,
        pipe: Any,
        prompt: str,
        negative_prompt: str,
        device: torch.device,
        known_negative: Text | None,
        options: TextOptions,
    ) -> tuple[Text, Text | None]:
        """Encode a prompt and what is to be left out; None where the family leaves nothing out.

        `left_out` is the second where it is known already. Families that do not read weights are given none.
        """

    def reads_syntax(self, pipe: Any) -> bool:
        """Return whether prompts of this model may have weights, any length and textual inversions."""
        del pipe
        return False

    def chunks(self, pipe: Any, prompt: str, options: TextOptions) -> int:
        """Return how many chunks a prompt takes, of a model that reads them; `clip_text.CHUNKS_MAX` are read."""
        raise NotImplementedError

    def tokenizer(self, pipe: Any) -> tuple[Any, int]:
        """Return the tokenizer by which prompts are judged, and how many tokens are read."""
        return pipe.tokenizer, int(pipe.tokenizer.model_max_length)

    @abstractmethod
    def predict(
        self,
        network: Any,
        latents: torch.Tensor,
        t: torch.Tensor | int,
        states: States,
        pooled: torch.Tensor | None,
        *,
        guidance: float,
        memory_format: torch.memory_format,
    ) -> torch.Tensor:
        """Return what the network makes of a batch of latents at time `t`, in float32, as the solver takes it.

        The network is called with what its batch's rows stand in as the first argument.
        """

    def apply_guidance(self, unguided: torch.Tensor, conditioned: torch.Tensor, guidance: float) -> torch.Tensor:
        """Return a guided prediction from those without the prompt and with it, as the family's pipeline does."""
        return torch.add(unguided, conditioned - unguided, alpha=guidance)

    def solver(
        self, scheduler: str, config: Mapping[str, Any], steps: int, size: tuple[int, int], device: torch.device
    ) -> Any:
        """Make a fresh solver with its time steps for latents of this (height, width).

        `config` is that of the model's own scheduler. Raises ModelError as `solvers.make` does.
        """
        del size
        return solvers.make(scheduler, config, steps, device)

    def unscaled(self, vae: Any, latents: torch.Tensor) -> torch.Tensor:
        """Return what the VAE decodes, from latents of the spread of noise."""
        return decoding.unscaled(vae.config, latents)

    def scaled(self, vae: Any, encoded: torch.Tensor) -> torch.Tensor:
        """Bring what the VAE encoded to the spread of noise."""
        return decoding.scaled(vae.config, encoded)
