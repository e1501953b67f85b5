"""The supported kinds of models, and what is fixed for each: its parts, their classes, size and guidance.

All of it follows from the source of diffusers 0.42, except for the steps, guidance and licences of known models, which
are those of their cards.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial
from types import MappingProxyType
from typing import Any

Configs = Mapping[str, Mapping[str, Any]]
"""A model's configurations, by ``index``, ``scheduler``, ``network`` and ``vae``; missing ones are empty."""

Mark = tuple[str, str, object]
"""A mark by which a model is recognised: a configuration of :data:`Configs`, a key and its value."""

FLOW_SOLVER = "FlowMatchEulerDiscreteScheduler"
"""Euler's method on the rectified flow from noise to picture (Liu et al., arXiv 2209.03003)."""

DISTILLED = re.compile(r"(?<![a-z])(schnell|turbo|lightning|hyper|flash|lcm)(?![a-z])")
"""Words in the names of distilled models whose configurations do not show it."""


@dataclass(frozen=True, slots=True)
class KnownModel:
    """A well-known model of a kind, with the steps and guidance that its authors recommend.

    `marks` identify it by its configurations. `guidance` has the meaning of its pipeline's parameter, and is 1 without
    guidance.
    """

    title: str
    repository: str
    licence: str
    steps: int
    guidance: float
    marks: tuple[Mark, ...] = ()
    few_step: bool = False


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of pipeline, as ``model_index.json`` names it.

    - ``network`` is the part that is evaluated at each step;
    - ``encoders`` are the text encoders with the classes they may have; ``absent`` are parts that an index may omit;
    - ``schedulers`` are those that a folder may name; empty: those of `app.core.models.folder.SCHEDULERS`;
    - ``folded``: how many channels of the network one channel of the VAE's latents becomes;
    - ``size`` is the default side of its pictures in pixels, ``tokens`` how many tokens of a prompt are used;
    - ``chats``: the prompt is formatted as a message by the tokenizer's chat template;
    - ``has_passes``: guidance takes a second evaluation; ``embedded`` marks networks with guidance as an input;
    - ``distilled`` marks models that generate in a few steps without guidance;
    - ``has_weights``: prompts may have weights, any length and textual inversions;
    - ``has_clip_skip``: the last layers of the text encoders can be skipped.
    """

    pipeline: str
    title: str
    family: str
    network: str
    network_classes: tuple[str, ...]
    vae_classes: tuple[str, ...]
    encoders: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    tokenizers: tuple[str, ...] = ("tokenizer",)
    absent: tuple[str, ...] = ()
    schedulers: tuple[str, ...] = ()
    folded: int = 1
    size: int | None = None
    tokens: int = 77
    chats: bool = False
    has_negatives: bool = True
    has_passes: bool = True
    has_weights: bool = False
    has_clip_skip: bool = False
    embedded: Mark | None = None
    distilled: tuple[Mark, ...] = ()
    known: tuple[KnownModel, ...] = ()

    @property
    def is_flow(self) -> bool:
        """Return whether its networks were trained by flow matching."""
        return self.schedulers == (FLOW_SOLVER,)

    @property
    def parts(self) -> tuple[str, ...]:
        """Return the parts that an index must name, except for tokenizers."""
        return (*(part for part in self.encoders if part not in self.absent), self.network, "vae")

    def embeds_guidance(self, configs: Configs) -> bool:
        """Return whether guidance is an input of a model's network."""
        return self.embedded is not None and _has(configs, (self.embedded,))

    def is_distilled(self, configs: Configs, name: str) -> bool:
        """Return whether a model generates in a few steps, by its configurations or its name."""
        return (bool(self.distilled) and _has(configs, self.distilled)) or _has_distilled_name(name)

    def nearest(self, configs: Configs, *, few_step: bool) -> KnownModel | None:
        """Return the first known model whose marks the configurations have, or None."""
        return next((each for each in self.known if each.few_step == few_step and _has(configs, each.marks)), None)


UNET, VAES = ("UNet2DConditionModel",), ("AutoencoderKL", "AutoencoderTiny")

APACHE, STABILITY = "Apache-2.0", "Stability AI Community License"
OF_DEV = "FLUX.1 [dev] Non-Commercial License"
OF_FLUX = "FLUX Non-Commercial License"

_with_unet = partial(Kind, network="unet", network_classes=UNET, vae_classes=VAES, has_weights=True, has_clip_skip=True)
_of_flow = partial(
    Kind, network="transformer", vae_classes=("AutoencoderKL",), schedulers=(FLOW_SOLVER,), size=1024, tokens=512
)

STABLE_DIFFUSION = _with_unet("StableDiffusionPipeline", "Stable Diffusion", "sd")

STABLE_DIFFUSION_XL = _with_unet(
    "StableDiffusionXLPipeline", "Stable Diffusion XL", "sdxl", tokenizers=("tokenizer", "tokenizer_2")
)

LATENT_CONSISTENCY = _with_unet("LatentConsistencyModelPipeline", "Latent consistency", "lcm")

STABLE_DIFFUSION_3 = _of_flow(
    pipeline="StableDiffusion3Pipeline",
    title="Stable Diffusion 3",
    family="sd3",
    network_classes=("SD3Transformer2DModel",),
    encoders=MappingProxyType(
        {
            "text_encoder": ("CLIPTextModelWithProjection",),
            "text_encoder_2": ("CLIPTextModelWithProjection",),
            "text_encoder_3": ("T5EncoderModel",),
        }
    ),
    tokenizers=("tokenizer", "tokenizer_2", "tokenizer_3"),
    absent=("text_encoder_3", "tokenizer_3"),
    tokens=256,
    has_clip_skip=True,
    known=(
        KnownModel(
            "Stable Diffusion 3.5 Large", "stabilityai/stable-diffusion-3.5-large", STABILITY, 28, 3.5,
            (("network", "qk_norm", "rms_norm"), ("network", "dual_attention_layers", [])),
        ),
        KnownModel(
            "Stable Diffusion 3 Medium", "stabilityai/stable-diffusion-3-medium-diffusers", STABILITY, 28, 7.0,
            (("network", "qk_norm", None),),
        ),
        KnownModel("Stable Diffusion 3.5 Medium", "stabilityai/stable-diffusion-3.5-medium", STABILITY, 40, 4.5),
        KnownModel(
            "Stable Diffusion 3.5 Large Turbo", "stabilityai/stable-diffusion-3.5-large-turbo", STABILITY, 4, 1.0,
            few_step=True,
        ),
    ),
)  # fmt: skip

FLUX_1 = _of_flow(
    pipeline="FluxPipeline",
    title="FLUX.1",
    family="flux1",
    network_classes=("FluxTransformer2DModel",),
    encoders=MappingProxyType({"text_encoder": ("CLIPTextModel",), "text_encoder_2": ("T5EncoderModel",)}),
    tokenizers=("tokenizer", "tokenizer_2"),
    folded=4,
    has_negatives=False,
    has_passes=False,
    embedded=("network", "guidance_embeds", True),
    distilled=(("network", "guidance_embeds", False),),
    known=(
        KnownModel("FLUX.1 [schnell]", "black-forest-labs/FLUX.1-schnell", APACHE, 4, 1.0, few_step=True),
        KnownModel("FLUX.1 [dev]", "black-forest-labs/FLUX.1-dev", OF_DEV, 28, 3.5),
    ),
)

Z_IMAGE = _of_flow(
    pipeline="ZImagePipeline",
    title="Z-Image",
    family="z_image",
    network_classes=("ZImageTransformer2DModel",),
    encoders=MappingProxyType({"text_encoder": ("Qwen3Model", "Qwen3ForCausalLM")}),
    chats=True,
    distilled=(("scheduler", "shift", 3.0), ("scheduler", "use_dynamic_shifting", False)),
    known=(
        KnownModel("Z-Image Turbo", "Tongyi-MAI/Z-Image-Turbo", APACHE, 8, 1.0, few_step=True),
        KnownModel("Z-Image", "Tongyi-MAI/Z-Image", APACHE, 50, 4.0),
    ),
)

FLUX_2_KLEIN = _of_flow(
    pipeline="Flux2KleinPipeline",
    title="FLUX.2 klein",
    family="flux2",
    network_classes=("Flux2Transformer2DModel",),
    vae_classes=("AutoencoderKLFlux2",),
    encoders=MappingProxyType({"text_encoder": ("Qwen3ForCausalLM", "Qwen3Model")}),
    folded=4,
    chats=True,
    has_negatives=False,
    distilled=(("index", "is_distilled", True),),
    known=(
        KnownModel("FLUX.2 [klein] 4B", "black-forest-labs/FLUX.2-klein-4B", APACHE, 4, 1.0, few_step=True),
        KnownModel("FLUX.2 [klein] 9B", "black-forest-labs/FLUX.2-klein-9B", OF_FLUX, 4, 1.0, few_step=True),
        KnownModel("FLUX.2 [klein] 4B Base", "black-forest-labs/FLUX.2-klein-base-4B", APACHE, 50, 4.0),
        KnownModel("FLUX.2 [klein] 9B Base", "black-forest-labs/FLUX.2-klein-base-9B", OF_FLUX, 50, 4.0),
    ),
)

EVERY = (
    STABLE_DIFFUSION, STABLE_DIFFUSION_XL, LATENT_CONSISTENCY, STABLE_DIFFUSION_3, FLUX_1, Z_IMAGE, FLUX_2_KLEIN,
)  # fmt: skip
BY_PIPELINE = MappingProxyType({kind.pipeline: kind for kind in EVERY})

TASKS = (
    (r"(Fill|Inpaint)", "inpainting"),
    (r"(Kontext|Img2Img|KV|Omni|Redux)", "changing pictures"),
    (r"Control", "pictures that another picture guides"),
)
"""Patterns in the names of flow pipelines for other tasks, and these tasks."""

OF_TASKS = re.compile(r"(Flux|StableDiffusion3|ZImage)\w+Pipeline")

OTHERS = (
    (r"Flux2Pipeline$", "FLUX.2 [dev]"),
    (r"Qwen", "Qwen-Image"),
    (r"Sana", "Sana"),
    (r"PixArt", "PixArt"),
    (r"Lumina", "Lumina"),
    (r"Chroma", "Chroma"),
    (r"HunyuanDiT", "HunyuanDiT"),
    (r"HunyuanImage", "HunyuanImage"),
    (r"HunyuanVideo", "HunyuanVideo"),
    (r"AuraFlow", "AuraFlow"),
    (r"Kolors", "Kolors"),
    (r"HiDream", "HiDream"),
    (r"CogView", "CogView"),
    (r"CogVideo", "CogVideoX"),
    (r"Kandinsky", "Kandinsky"),
    (r"StableCascade", "Stable Cascade"),
    (r"Wuerstchen", "Würstchen"),
    (r"IF", "DeepFloyd IF"),
    (r"Wan", "Wan"),
    (r"LTX", "LTX-Video"),
    (r"Mochi", "Mochi"),
    (r"OmniGen", "OmniGen"),
    (r"Bria", "BRIA"),
    (r"Ovis", "Ovis-Image"),
    (r"Glm", "GLM-Image"),
    (r"LongCat", "LongCat-Image"),
)
"""Patterns of the names of unsupported pipelines, and the titles of their families."""


def find(pipeline: object) -> Kind | None:
    """Return the kind of a pipeline by its class name; None if it is not supported."""
    return BY_PIPELINE.get(pipeline) if isinstance(pipeline, str) else None


def describe_unsupported(pipeline: str) -> str:
    """Return why a pipeline is not supported, as the end of a sentence; ``""`` if it is unknown."""
    if other := next((title for begin, title in OTHERS if re.match(begin, pipeline)), ""):
        titles = [kind.title for kind in EVERY]
        return f"is {other}; this program paints with {', '.join(titles[:-1])} and {titles[-1]}"
    if OF_TASKS.fullmatch(pipeline):
        for pattern, task in TASKS:
            if re.search(pattern, pipeline):
                return f"is of the kind {pipeline}, which is made for {task}, not for painting from words"
    return ""


def _has_distilled_name(name: str) -> bool:
    return DISTILLED.search(name.rpartition("/")[2].lower()) is not None


def _has(configs: Configs, marks: tuple[Mark, ...]) -> bool:
    return all(configs[config].get(key) == value for config, key, value in marks)
