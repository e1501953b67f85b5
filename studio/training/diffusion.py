"""Training targets of a UNet (rectified flow, velocity, noise), their weights, and sampling.

Time in rectified flow runs from 0, the picture, to 1, noise, on a straight line (Liu et al., arXiv 2209.03003); the
network receives ``1000 t``. DPMSolverMultistepScheduler samples it with ``flow_prediction`` and ``use_flow_sigmas``.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from studio.errors import StudioError

STEPS = 1000
CHANNELS = (64, 128, 224)
ATTENTION = ["to_q", "to_k", "to_v", "to_out.0"]
"""The layers that LoRA changes."""


@dataclass(frozen=True, slots=True)
class Objective:
    """The training target, the distribution of times (logit-normal: Esser et al., arXiv 2403.03206), and min-SNR gamma.

    ``kind`` is ``flow``, ``epsilon`` or ``v_prediction``. ``gamma`` 0 turns min-SNR weights (arXiv 2303.09556) off.
    """

    kind: str = "flow"
    gamma: float = 0.0
    mean: float = 0.0
    spread: float = 1.0

    def times(self, count: int, rng: torch.Generator) -> Tensor:
        """Draw times 0…1, stratified over the batch."""
        quantiles = (torch.arange(count) + torch.rand(count, generator=rng)) / count
        normal = torch.special.ndtri(quantiles.clamp(1e-4, 1 - 1e-4))
        times = torch.sigmoid(self.mean + self.spread * normal)
        return times[torch.randperm(count, generator=rng)]

    def noised(self, latents: Tensor, noise: Tensor, times: Tensor, alphas: Tensor | None = None) -> tuple[Tensor, ...]:
        """Return the network's noisy input, its time steps, the target, and a weight for each picture.

        ``alphas`` are the scheduler's cumulated alphas; all kinds but flow need them.

        :raises StudioError: when they are missing.
        """
        if self.kind == "flow":
            t = times.view(-1, 1, 1, 1)
            snr = ((1 - times) / times) ** 2
            weight = times**2 * snr.clamp(max=self.gamma) if self.gamma else torch.ones_like(times)
            return latents + t * (noise - latents), times * STEPS, noise - latents, weight
        if alphas is None:
            raise StudioError(f"The objective {self.kind} needs the scheduler's alphas.")
        steps = (times * len(alphas)).long().clamp(max=len(alphas) - 1)
        alpha = alphas.to(latents.device)[steps]
        a, s = alpha.sqrt().view(-1, 1, 1, 1), (1 - alpha).sqrt().view(-1, 1, 1, 1)
        snr = alpha / (1 - alpha)
        shown = a * latents + s * noise
        if self.kind == "epsilon":
            target, per_picture = noise, snr
        else:
            target, per_picture = a * noise - s * latents, snr + 1
        weight = snr.clamp(max=self.gamma) / per_picture if self.gamma else torch.ones_like(snr)
        return shown, steps, target, weight


def loss(predicted: Tensor, target: Tensor, weight: Tensor) -> Tensor:
    """Return the weighted mean squared error, in float32."""
    return (((predicted.float() - target.float()) ** 2).mean((1, 2, 3)) * weight).mean()


@torch.no_grad()
def mix(network: nn.Module, base: nn.Module, share: float) -> None:
    """Interpolate the weights of ``network`` towards those of its ``base``, by ``share``, in place.

    The mixture keeps more of the base's abilities and most of what was learned (Wortsman et al., arXiv 2109.01903).

    :raises StudioError: when the two have different shapes.
    """
    weights, others = network.state_dict(), base.state_dict()
    if {name: value.shape for name, value in weights.items()} != {name: value.shape for name, value in others.items()}:
        raise StudioError("The base's UNet has another shape than the UNet to train on: they cannot be mixed.")
    for name, value in weights.items():
        value.lerp_(others[name], share)


def unet(
    channels: tuple[int, ...],
    *,
    latent: int,
    sample: int,
    width: int,
    inputs: int | None = None,
    checkpointing: bool = False,
) -> Any:
    """Return a new UNet that also receives the mean of the text states, beside the time.

    ``inputs`` is the number of input channels when it is more than ``latent``: a sketch comes with the latents.

    :raises StudioError: when ``channels`` are fewer than two or not multiples of 16.
    """
    from diffusers import UNet2DConditionModel

    if any(count % 16 for count in channels) or len(channels) < 2:
        raise StudioError(f"Channels must be at least two multiples of 16, not {', '.join(map(str, channels))}.")
    deeper = len(channels) - 1
    made = UNet2DConditionModel(
        sample_size=sample,
        in_channels=inputs or latent,
        out_channels=latent,
        block_out_channels=channels,
        layers_per_block=1,
        down_block_types=("DownBlock2D",) + ("CrossAttnDownBlock2D",) * deeper,
        up_block_types=("CrossAttnUpBlock2D",) * deeper + ("UpBlock2D",),
        cross_attention_dim=width,
        attention_head_dim=8,
        norm_num_groups=16,
        addition_embed_type="text",
        addition_embed_type_num_heads=8,
    )
    if checkpointing:
        made.enable_gradient_checkpointing()
    return made


def solver(objective: Objective, base: Path | None = None) -> Any:
    """Return a new scheduler for an objective; for kinds other than flow, ``base`` supplies the noise schedule."""
    from diffusers import DPMSolverMultistepScheduler

    if objective.kind == "flow":
        return DPMSolverMultistepScheduler(
            num_train_timesteps=STEPS,
            prediction_type="flow_prediction",
            use_flow_sigmas=True,
            flow_shift=1.0,
            algorithm_type="dpmsolver++",
            solver_order=2,
            final_sigmas_type="zero",
            timestep_spacing="trailing",
            steps_offset=1,
        )
    if base is not None:
        return DPMSolverMultistepScheduler.from_pretrained(
            base / "scheduler", prediction_type=objective.kind, use_flow_sigmas=False
        )
    return DPMSolverMultistepScheduler(
        num_train_timesteps=STEPS,
        beta_schedule="squaredcos_cap_v2",
        prediction_type=objective.kind,
        algorithm_type="dpmsolver++",
        timestep_spacing="trailing",
        steps_offset=1,
        lambda_min_clipped=-5.1,
    )


@torch.no_grad()
def sample(
    network: nn.Module,
    painter: Any,
    states: Tensor,
    nothing: Tensor,
    noise: Tensor,
    *,
    steps: int,
    guidance: float,
    sketches: Tensor | None = None,
    guided: tuple[int, int] | None = None,
    first: int = 0,
) -> Tensor:
    """Sample latents as the pipeline does, by text states (n, tokens, width) and ``nothing`` (1, …), the empty text's.

    Steps outside ``guided`` take one UNet evaluation; with None all are guided. When ``first`` is not 0, sampling
    starts at that step and ``noise`` holds latents with the noise level of that step.
    """
    painter.set_timesteps(steps, device=noise.device)
    painter.set_begin_index(first)
    latents: Tensor = noise if first else noise * painter.init_noise_sigma
    words = torch.cat([nothing.expand(len(states), -1, -1), states])
    for step, t in enumerate(painter.timesteps[first:], first):
        shown = painter.scale_model_input(latents, t)
        if sketches is not None:
            shown = with_sketches(shown, sketches)
        if guided is None or guided[0] <= step < guided[1]:
            both = network(torch.cat([shown, shown]), t, encoder_hidden_states=words, return_dict=False)[0].float()
            unguided, conditioned = both.chunk(2)
            predicted = unguided + guidance * (conditioned - unguided)
        else:
            predicted = network(shown, t, encoder_hidden_states=states, return_dict=False)[0].float()
        latents = painter.step(predicted, t, latents, return_dict=False)[0]
    return latents


def with_sketches(latents: Tensor, sketches: Tensor) -> Tensor:
    """Concatenate latents and sketches (n, 4, side, side), pixel-unshuffled to the latents' size."""
    fold = sketches.shape[-1] // latents.shape[-1]
    return torch.cat([latents, torch.nn.functional.pixel_unshuffle(sketches, fold)], 1)


def sketch_side(config: Mapping[str, Any]) -> int | None:
    """Return the side of the sketches that a UNet takes, by its configuration; None when it takes none."""
    beside = (config.get("in_channels", 4) - config.get("out_channels", 4)) / 4
    fold = math.isqrt(int(beside)) if beside > 0 else 0
    return int(config["sample_size"]) * fold if fold and fold * fold == beside else None


def add_lora(network: Any, rank: int, frozen: torch.dtype = torch.float32) -> None:
    """Freeze a network and add LoRA to its attention layers (Hu et al., arXiv 2106.09685), initially without effect.

    Frozen weights are stored in the precision ``frozen``, trained weights in float32.
    """
    from peft import LoraConfig

    network.requires_grad_(False)
    if frozen != torch.float32:
        torch.nn.Module.to(network, frozen)
    network.add_adapter(LoraConfig(r=rank, lora_alpha=rank, init_lora_weights="gaussian", target_modules=ATTENTION))
    for value in network.parameters():
        if value.requires_grad:
            value.data = value.data.float()


def plain_copy(network: Any, base: nn.Module | None = None) -> Any:
    """Return a network of the same class with LoRA merged into its weights.

    ``base`` supplies the full-precision weights when the network holds its own in half precision. Weights without LoRA
    are shared with the network, not copied.
    """
    from accelerate import init_empty_weights
    from peft.tuners.lora import LoraLayer

    weights = {
        name.replace(".base_layer.", "."): value for name, value in network.state_dict().items() if ".lora_" not in name
    }
    if base is not None:
        weights = base.state_dict()
    for name, part in network.named_modules():
        if isinstance(part, LoraLayer):
            below = weights[f"{name}.weight"]
            changed = sum(part.get_delta_weight(adapter).float() for adapter in part.active_adapters)
            weights[f"{name}.weight"] = below.float() + changed
    with init_empty_weights():
        made = type(network).from_config(network.config)
    made.load_state_dict(weights, assign=True)
    return made


def lora_weights(network: Any) -> dict[str, Tensor]:
    """Return the LoRA weights alone, under the names that diffusers uses to load them."""
    from peft import get_peft_model_state_dict

    weights: dict[str, Tensor] = get_peft_model_state_dict(network)
    return {name: value.detach().float().cpu().contiguous() for name, value in weights.items()}


def further_inputs(
    config: Any, pooled: Tensor | None, *, count: int, size: int, guidance: float, device: Any = "cpu"
) -> dict[str, Any]:
    """Return the network's inputs other than times and text states, for ``count`` pictures of ``size`` pixels a side.

    Stable Diffusion XL takes pooled text embeddings and the picture's size, uncropped. A guidance-distilled network
    (Meng et al., arXiv 2210.03142) takes the guidance scale.
    """
    from diffusers import StableDiffusionPipeline

    inputs: dict[str, Any] = {}
    if pooled is not None:
        sizes = torch.tensor([size, size, 0, 0, size, size], dtype=pooled.dtype, device=pooled.device)
        inputs["added_cond_kwargs"] = {"text_embeds": pooled, "time_ids": sizes.expand(count, -1)}
    if config.time_cond_proj_dim is not None:
        embed: Any = StableDiffusionPipeline.get_guidance_scale_embedding
        strength = torch.full((count,), guidance - 1)
        inputs["timestep_cond"] = embed(None, strength, embedding_dim=config.time_cond_proj_dim).to(device)
    return inputs
