"""A text-to-image diffusion model, loaded once: its networks, tokenizers, solvers and metadata.

It loads every folder that `model_folder` accepts. The methods are single steps that are the same for all models;
`worker.diffusion.families` has what differs between families, and the painter joins the steps to pictures.
"""

import copy
import logging
import os
import sys
import warnings
from collections.abc import Sequence
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np
import torch
from huggingface_hub.utils.tqdm import disable_progress_bars
from numpy.typing import NDArray

from app.core.models import folder as model_layout
from app.core.models import hub, names
from app.core.text import prompt_weights
from sketch import sketchbook
from sketch.sketchbook import Sketchbook, SketchbookError
from sketch.styling.colour_table import ColourTable
from worker.diffusion import families
from worker.diffusion import model_folder as files
from worker.diffusion import tuning as machine
from worker.diffusion.families import CLASSIFIER_FREE, DEFAULT_OPTIONS, Text, TextOptions, text_notes
from worker.diffusion.fitting import devices, placement
from worker.diffusion.fitting.encoders import Encoders
from worker.diffusion.fitting.loading import Source
from worker.diffusion.fitting.networks import Networks
from worker.diffusion.fitting.placement import Needs, Plan
from worker.diffusion.model_folder import ModelError
from worker.networks import adapters, decoding, encoder_adapters
from worker.networks.adapters import AdapterFile, Weights
from worker.stand_ins import diffusers

__all__ = ["Model", "ModelError", "Text"]

log = logging.getLogger(__name__)

NONE: adapters.Shares = MappingProxyType({})
ALONE: Weights = MappingProxyType({})

TEXTS = 32
"""How many pairs of encoded texts are cached."""


class Model:
    """A loaded model. `size` is its pictures' (width, height), `latent_shape` their latents' (channels, height, width).

    `scale` is how many pixels, along each side, one latent stands for. `sketch_side` is the side in pixels of the
    sketches of a sketch-conditioned model, None for one that is conditioned by text alone. A model that `is_guided`
    takes a second UNet evaluation, without the prompt, for guidance; for others guidance is an input of the network, or
    there is none. A model that `decodes_scenes` has a second decoder, which is given guides of the scenes; `finest` is
    the largest multiple of the usual size that it can decode to.
    """

    def __init__(
        self,
        folder: Path,
        *,
        name: str = "",
        revision: str = "",
        device: str = "auto",
        vae: str = "",
        transformer: str = "",
        offload: str = "auto",
    ) -> None:
        """Load a folder or a single file; `name` and `revision` replace its own when it comes from a hub.

        `vae` and `transformer` name another VAE and another network, `offload` what may leave a GPU. The network is
        loaded when it is first used.

        :raises ModelError: when files are missing or broken, or memory is too small for every plan.
        """
        self.device = machine.find(device)
        self._source = Source(folder, self.device, vae, transformer)
        house = files.house(folder)
        folder = self._source.folder
        self.name: str = name or house.get("name") or folder.resolve().name
        self.title: str = house.get("title", self.name)
        self.prefix: str = house.get("prefix", "")
        self.revision = self._source.revision(revision)
        self._encoders = Encoders(self._source, self.device)
        self._pipe = self._encoders.pipe
        self._networks = Networks(self._source, self.device)
        self._upcasts = False
        self._texts: dict[
            tuple[str, str, frozenset[tuple[AdapterFile, float]], TextOptions], tuple[Text, Text | None]
        ] = {}  # in the order of their last use
        self._solvers: dict[tuple[str, int, tuple[int, int]], Any] = {}
        self._family = self._source.make_family(self._networks.vae_config, house)
        self._adapters = adapters.AdapterLayers(self._family.lora_format)
        self.scale, self.latent_shape = self._family.scale, self._family.latent_shape
        _, height, width = self.latent_shape
        self.sketch_side = files.sketch_side(folder)
        self.decodes_scenes = self._networks.decodes_scenes
        self.finest = self._networks.finest
        self._folder = folder
        self.size: tuple[int, int] = (width * self.scale, height * self.scale)
        self.is_guided = self._family.guidance == CLASSIFIER_FREE
        self.reads_syntax = self.sketch_side is None and self._family.reads_syntax(self._pipe)
        self.is_small = self._source.is_small
        self.plans = self._plans(offload)
        self.follow(self.plans[0])

    def _plans(self, offload: str) -> tuple[Plan, ...]:
        """Return the plans for placing the parts on this device, the fastest first.

        :raises ModelError: when no plan fits.
        """
        memory = devices.memory(self.device)
        try:
            if memory is None:
                if offload != "auto":
                    log.info("OFFLOAD=%s is ignored: the model runs on the CPU", offload)
                return placement.cpu_plans(self._needs, devices.host_memory())
            return placement.plans(offload, self._needs, *memory, host=devices.host_memory())
        except placement.NotEnoughMemory as error:
            where = "in the memory" if memory is None else "on the GPU"
            raise ModelError(f"The model {self.name} does not fit {where}: {error}") from error

    def missing(self) -> str:
        """Describe how much GPU memory is missing for the model."""
        free, total = devices.memory(self.device) or (0, 0)
        return placement.missing(self.plans, self._needs, free, total)

    @property
    def _needs(self) -> Needs:
        on_gpu = devices.is_gpu(self.device)
        return Needs(
            self._source.sizes,
            self.size[0] * self.size[1],
            # with the precision that is tried first
            upcast=on_gpu and self.decoder(devices.halves(self.device)[0]) == "float32",
            stores_float8=self._source.stores_float8 and "bfloat16" in devices.halves(self.device),
            encoder_bytes=self._encoders.bytes,
            evaluation_bytes=self._family.evaluation_bytes,
        )

    @property
    def plan(self) -> Plan:
        """The plan by which the parts of the model are placed."""
        return self._networks.plan

    def follow(self, plan: Plan) -> None:
        """Place the parts of the model by a plan from now on; they move to a GPU when they are first used."""
        self._networks.follow(plan)
        self._encoders.follow(plan)

    @cached_property
    def sketchbook(self) -> Sketchbook:
        """The drawing library beside the weights, which is no part of the revision.

        :raises ModelError: when there is none.
        """
        try:
            return sketchbook.load(self._folder / sketchbook.FILE)
        except SketchbookError as error:
            raise ModelError(str(error)) from error

    @cached_property
    def palette(self) -> ColourTable | None:
        """The table that recolours the sketches of stops in one of the model's styles; None for most models.

        :raises ModelError: when the file is no such table.
        """
        return files.palette(self._folder)

    def with_sketches(self, latents: torch.Tensor, sketches: torch.Tensor | None) -> torch.Tensor:
        """Return scaled latents with sketches (batch x 4 x height x width) as further channels; blank ones for None.

        Models without sketch conditioning get the latents unchanged.
        """
        if self.sketch_side is None:
            return latents
        fold = self.sketch_side // self.latent_shape[-1]
        if sketches is None:
            beside = latents.new_zeros(len(latents), model_layout.SKETCH_CHANNELS * fold**2, *latents.shape[-2:])
        else:
            beside = torch.nn.functional.pixel_unshuffle(sketches, fold)
        return torch.cat([latents, beside], 1)

    @classmethod
    def load(cls, model: str, *, cache: str = "", **options: str) -> "Model":
        """Load a model from a folder, a single file or, by its name, from the Hugging Face cache or hub.

        `cache` is the folder of downloads; the other options are those of the constructor.

        :raises ModelError: naming what is missing, broken or not supported.
        """
        _quiet()
        named = names.parse(model)
        if named.path is not None:
            return cls(named.path, **options)
        snapshot = hub.fetch(named, cache)
        return cls(snapshot, name=named.repository, revision=snapshot.name[:12], **options)

    def encode(
        self, prompt: str, negative_prompt: str, weights: Weights = ALONE, options: TextOptions = DEFAULT_OPTIONS
    ) -> tuple[Text, Text | None]:
        """Return the encoded prompt and negative prompt; the caller has added the model's prefix.

        The negative prompt is None where the model's family has none. `weights` are those of the stop's adapters, some
        of which change the text encoders. The last texts are cached, because most walks share a negative prompt. For a
        model that does not read the syntax of `options`, weights are removed from the texts.

        :raises AdapterError: when an adapter does not fit.
        :raises InversionError: when a textual inversion cannot be used.
        """
        if options.syntax and not self.reads_syntax:
            prompt, negative_prompt = prompt_weights.plain(prompt), prompt_weights.plain(negative_prompt)
            options = replace(options, syntax=0, embeddings=frozenset())
        key = prompt, negative_prompt, frozenset(weights.items()), options
        texts = self._texts.pop(key, None) or self._encode(*key[:2], weights, options)
        self._texts[key] = texts
        while len(self._texts) > TEXTS:
            del self._texts[next(iter(self._texts))]
        return texts

    @torch.inference_mode()
    def _encode(
        self, prompt: str, negative_prompt: str, weights: Weights, options: TextOptions
    ) -> tuple[Text, Text | None]:
        adapter_weights = frozenset(weights.items())
        same = (
            texts[1]
            for (_, *others), texts in self._texts.items()
            if others == [negative_prompt, adapter_weights, options]
        )
        self._networks.make_room()
        with self._encoders.on_device(), encoder_adapters.applied(self._pipe, weights, self._family.lora_format):
            prompts = families.Prompts(prompt, negative_prompt, self.device, next(same, None), options)
            return self._family.encode(self._pipe, prompts)

    def check_adapter(self, file: AdapterFile, precision: str) -> None:
        """Check that an adapter fits, by applying it to the networks.

        :raises AdapterError: when it does not.
        """
        unet, _ = self.networks(precision, "contiguous")
        try:
            self._adapters.apply(unet.unet, frozenset([file]), self.device)
            self._networks.make_room()
            lora_format = self._family.lora_format
            with self._encoders.on_device(), encoder_adapters.applied(self._pipe, {file: 1.0}, lora_format):
                pass
        finally:
            self._adapters.remove_all()

    def note(
        self,
        prompt: str,
        subject: str,
        *,
        weighted: Sequence[str] | None = None,
        options: TextOptions = DEFAULT_OPTIONS,
    ) -> str:
        """Return notes on a stop, as `app.core.text.stop_notes` joins them: what of its texts was cut or ignored.

        `prompt` is the whole encoded prompt, `subject` the visitor's part of it. `weighted` are the texts whose weights
        are checked, by default the prompt alone.
        """
        reading = text_notes.ModelReading(self._family, self._pipe, reads_syntax=self.reads_syntax)
        return text_notes.collect_notes(reading, prompt, subject, [prompt] if weighted is None else weighted, options)

    def networks(
        self, precision: str, memory_format: str, shares: adapters.Shares = NONE, *, decoder: str | None = None
    ) -> tuple[Any, Any]:
        """Return the UNet and the decoder, ready to be called.

        `shares` are the weights of adapters for each row of a batch. The memory format is the UNet's. `decoder` is the
        decoder's precision; None means, as in release 1.0.0, the UNet's, or float32 with a float16 UNet where the
        autoencoder of a Stable Diffusion XL requires that.

        :raises ModelError: when they must be loaded and cannot be.
        """
        if not shares or not self._networks.holds(precision):
            self._adapters.remove_all()
        if decoder is None:
            forces = self._source.family.upcasts and self._networks.vae_config.force_upcast
            is_forced = forces and precision == "float16"
            decoder = "float32" if is_forced else precision
        unet, vae = self._networks.unet(precision, memory_format), self._networks.vae(decoder)
        if not shares:
            return unet, vae
        self._adapters.apply(unet.unet, frozenset(shares), self.device)
        return adapters.AdaptedNetwork(unet.unet, shares, self._family.count_tokens), vae

    def vae(self, precision: str = "float32") -> Any:
        """Return the autoencoder alone, ready to be called."""
        return self._networks.vae(precision)

    def decoder(self, precision: str) -> str | None:
        """Return the decoder's precision to record in a new walk with this UNet precision; None where they agree.

        With float16 it is always recorded: a walk without it, of release 1.0.0, is rendered again in float32 as a whole
        where only its decoder overflows.
        """
        if self._upcasts or (precision == "float16" and self._source.forces_upcast):
            return "float32"
        return {"float16": precision, "float8": "bfloat16"}.get(precision)

    def upcast(self) -> None:
        """Decode new walks in float32 from now on."""
        self._upcasts = True

    def keep_precision(self, precision: str) -> None:
        """Keep the networks in this precision, and delete copies that were only measured."""
        if not self._networks.holds(precision):
            self._adapters.remove_all()
        self._networks.keep_precision(precision)

    def predict(
        self,
        unet: Any,
        latents: torch.Tensor,
        t: torch.Tensor | int,
        states: families.States,
        pooled: torch.Tensor | None = None,
        *,
        guidance: float = 1.0,
        memory_format: str = "contiguous",
    ) -> torch.Tensor:
        """Return the network's prediction for a batch of latents (scaled by the solver) at time `t`, in float32.

        It is the noise, the velocity or the picture, as the solver expects. `states`, and `pooled` where prompts have
        pooled vectors, have one row for each row of latents. Only networks that take `guidance` as an input use it.
        `memory_format` must be the one that `networks` was called with.
        """
        batch = families.Batch(latents, t, states, pooled, guidance, machine.MEMORY_FORMATS[memory_format])
        return self._family.predict(unet, batch)

    def apply_guidance(self, unguided: torch.Tensor, conditioned: torch.Tensor, guidance: float) -> torch.Tensor:
        """Return the guided prediction from those without the prompt and with it."""
        return self._family.apply_guidance(unguided, conditioned, guidance)

    def solver(self, scheduler: str, steps: int, size: tuple[int, int] | None = None) -> Any:
        """Return a new solver of this class with its time steps, configured as the model's own scheduler is.

        `size` is the latents' (height, width), by default the model's own. The solver is copied from a cache, since
        making one takes as long as a UNet evaluation.
        """
        key = scheduler, steps, size or self.latent_shape[1:]
        if key not in self._solvers:
            config = self._pipe.scheduler.config
            self._solvers = {key: self._family.solver(scheduler, config, steps, key[2], self.device)}
        return copy.deepcopy(self._solvers[key])

    def decode(
        self, vae: Any, latents: torch.Tensor, guides: decoding.Guides | None = None, *, finer: int = 1, pixels: int = 0
    ) -> NDArray[np.float32]:
        """Return pictures (frames x height x width x 3, 0-1) of latents, `finer` times as large as usual.

        `guides`, one for each picture, show the scenes to a model that `decodes_scenes`; they are as much larger. A GPU
        decodes batches of `pixels`; where that is 0, and on a CPU, a batch fits into a CPU's caches.
        """
        lanes = self.is_small and not devices.is_gpu(self.device)
        unscaled = self._family.unscaled(vae, latents)
        scale = self.scale * finer * latents.shape[-1] // unscaled.shape[-1]
        at_once = pixels if pixels and devices.is_gpu(self.device) else decoding.DECODED_PIXELS
        return decoding.decode(vae, unscaled, guides, scale=scale, lanes=lanes, pixels=at_once)

    @torch.inference_mode()
    def encode_picture(self, picture: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Return a picture (height x width x 3) as latents (channels x height x width), in float32.

        Their decoded picture is the closest that this model gets to the original.
        """
        vae = self.vae()
        pixels = torch.from_numpy(np.ascontiguousarray(picture, np.float32) / 127.5 - 1).permute(2, 0, 1)[None]
        encoded = vae.encode(pixels.to(self.device, torch.float32))
        latents = encoded.latents if hasattr(encoded, "latents") else encoded.latent_dist.mode()
        scaled: NDArray[np.float32] = self._family.scaled(vae, latents)[0].cpu().numpy()
        return scaled


def _quiet() -> None:
    """Silence the libraries' warnings about parts that differ from Stable Diffusion's, which are supported."""
    diffusers.utils.logging.set_verbosity_error()
    diffusers.utils.logging.disable_progress_bar()
    os.environ["TRANSFORMERS_VERBOSITY"] = "error"  # transformers reads it when it is imported
    disable_progress_bars()
    if transformers := sys.modules.get("transformers"):
        transformers.utils.logging.set_verbosity_error()
        transformers.utils.logging.disable_progress_bar()
    logging.getLogger("torchao").setLevel(logging.ERROR)
    warnings.filterwarnings("ignore", "__array__ implementation", DeprecationWarning)  # NumPy's, about diffusers
    warnings.filterwarnings("ignore", category=FutureWarning, module="(diffusers|transformers|huggingface_hub)")
