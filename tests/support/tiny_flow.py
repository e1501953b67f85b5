"""Tiny models of the rectified-flow families with random weights: the real classes, as diffusers saves them."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import diffusers
import torch
import transformers
from torch import nn

from tests.support import tiny

SIZE = 64  # pixels a side; 8 x 8 latents

# As the scheduler configurations of FLUX.1 [dev] and FLUX.2 [klein] are.
DYNAMIC = {
    "shift": 3.0,
    "use_dynamic_shifting": True,
    "base_shift": 0.5,
    "max_shift": 1.15,
    "base_image_seq_len": 256,
    "max_image_seq_len": 4096,
}

# As Qwen3's, for one message: without thinking, the answer begins with an empty thought.
CHAT_TEMPLATE = (
    "{%- for message in messages %}"
    "{{- '<|im_start|>' + message.role + '\n' + message.content + '<|im_end|>\n' }}"
    "{%- endfor %}"
    "{%- if add_generation_prompt %}"
    "{{- '<|im_start|>assistant\n' }}"
    "{%- if enable_thinking is defined and enable_thinking is false %}{{- '<think>\n\n</think>\n\n' }}{%- endif %}"
    "{%- endif %}"
)
QWEN_SPECIAL = ["<|endoftext|>", "<|im_start|>", "<|im_end|>", "<think>", "</think>"]


def save(folder: Path, *names: str) -> dict[str, Path]:
    """Save tiny pipelines of FLUX.1, Stable Diffusion 3, Z-Image and FLUX.2 [klein], and return their folders.

    The names are ``schnell``, ``dev``, ``sd3``, ``sd3-no-t5``, ``z-image`` and ``klein``; without any, all are saved.
    The weights of a model depend on its name alone.
    """
    makers: dict[str, Callable[[Path], Any]] = {
        "schnell": _schnell, "dev": _dev, "sd3": _sd3, "sd3-no-t5": _sd3_without_t5, "z-image": _z_image,
        "klein": _klein,
    }  # fmt: skip
    names = names or tuple(makers)
    for name in names:
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(len(name))
            makers[name](folder).save_pretrained(folder / name)
        facts = {"name": name, "title": f"Tiny {name}", "size": SIZE}
        (folder / name / "house.json").write_text(json.dumps(facts))
    return {name: folder / name for name in names}


def _schnell(folder: Path) -> Any:
    scheduler = diffusers.FlowMatchEulerDiscreteScheduler(shift=1.0, use_dynamic_shifting=False)
    return _flux(folder, scheduler, guidance_embeds=False)


def _dev(folder: Path) -> Any:
    return _flux(folder, diffusers.FlowMatchEulerDiscreteScheduler(**DYNAMIC), guidance_embeds=True)


def _flux(folder: Path, scheduler: Any, *, guidance_embeds: bool) -> Any:
    transformer = diffusers.FluxTransformer2DModel(
        in_channels=64,
        num_layers=2,
        num_single_layers=2,
        attention_head_dim=16,
        num_attention_heads=2,
        joint_attention_dim=48,
        pooled_projection_dim=32,
        guidance_embeds=guidance_embeds,
        axes_dims_rope=(4, 6, 6),
    )
    return diffusers.FluxPipeline(
        transformer=_randomised(transformer),
        vae=_autoencoder(scaling_factor=0.3611, shift_factor=0.1159),
        text_encoder=_randomised(transformers.CLIPTextModel(tiny.clip_config())),
        tokenizer=tiny.clip_tokenizer(folder),
        text_encoder_2=_t5(width=48),
        tokenizer_2=_t5_tokenizer(),
        scheduler=scheduler,
    )


def _sd3(folder: Path) -> Any:
    """Make a pipeline like Stable Diffusion 3.5 medium, whose first blocks attend to the picture twice."""
    return _stable_diffusion_3(folder, text_encoder_3=_t5(width=96), tokenizer_3=_t5_tokenizer())


def _sd3_without_t5(folder: Path) -> Any:
    return _stable_diffusion_3(folder, text_encoder_3=None, tokenizer_3=None)


def _stable_diffusion_3(folder: Path, **third: Any) -> Any:
    """Make the pipeline, whose first two encoders are together narrower than the third."""
    transformer = diffusers.SD3Transformer2DModel(
        sample_size=SIZE // 8,
        num_layers=3,
        attention_head_dim=16,
        num_attention_heads=2,
        joint_attention_dim=96,
        caption_projection_dim=32,
        pooled_projection_dim=24 + 40,
        pos_embed_max_size=16,
        dual_attention_layers=(0, 1),
        qk_norm="rms_norm",
    )
    first, second = (
        _randomised(transformers.CLIPTextModelWithProjection(tiny.clip_config(**sizes)))
        for sizes in ({"projection_dim": 24}, {"projection_dim": 40, "hidden_size": 48, "hidden_act": "gelu"})
    )
    return diffusers.StableDiffusion3Pipeline(
        transformer=_randomised(transformer),
        vae=_autoencoder(scaling_factor=1.5305, shift_factor=0.0609),
        text_encoder=first,
        tokenizer=tiny.clip_tokenizer(folder),
        text_encoder_2=second,
        tokenizer_2=tiny.clip_tokenizer(folder, pad_token="!"),
        scheduler=diffusers.FlowMatchEulerDiscreteScheduler(shift=3.0),
        **third,
    )


def _z_image(folder: Path) -> Any:
    transformer = diffusers.ZImageTransformer2DModel(
        dim=32,
        n_layers=2,
        n_refiner_layers=1,
        n_heads=2,
        n_kv_heads=2,
        cap_feat_dim=32,
        axes_dims=[4, 6, 6],
    )
    return diffusers.ZImagePipeline(
        transformer=_randomised(transformer),
        vae=_autoencoder(scaling_factor=0.3611, shift_factor=0.1159),
        text_encoder=_randomised(transformers.Qwen3Model(_qwen_config(hidden_size=32, num_hidden_layers=3))),
        tokenizer=_qwen_tokenizer(),
        scheduler=diffusers.FlowMatchEulerDiscreteScheduler(shift=3.0, use_dynamic_shifting=False),
    )


def _klein(folder: Path) -> Any:
    """Make a pipeline that reads three layers of its text encoder and whose latents are normalised by statistics."""
    transformer = diffusers.Flux2Transformer2DModel(
        in_channels=128,
        num_layers=2,
        num_single_layers=2,
        attention_head_dim=16,
        num_attention_heads=2,
        joint_attention_dim=3 * 16,
        axes_dims_rope=(4, 4, 4, 4),
        guidance_embeds=False,
    )
    return diffusers.Flux2KleinPipeline(
        transformer=_randomised(transformer),
        vae=_autoencoder_of_flux_2(),
        text_encoder=_randomised(transformers.Qwen3ForCausalLM(_qwen_config(hidden_size=16, num_hidden_layers=28))),
        tokenizer=_qwen_tokenizer(),
        scheduler=diffusers.FlowMatchEulerDiscreteScheduler(**DYNAMIC),
        is_distilled=True,
    )


BLOCKS = {
    "block_out_channels": (8, 8, 16, 16),
    "down_block_types": ("DownEncoderBlock2D",) * 4,
    "up_block_types": ("UpDecoderBlock2D",) * 4,
    "layers_per_block": 1,
    "norm_num_groups": 4,
}


def _autoencoder(**factors: float) -> Any:
    vae = diffusers.AutoencoderKL(
        **BLOCKS, latent_channels=16, sample_size=1024, use_quant_conv=False, use_post_quant_conv=False, **factors
    )
    return _randomised(vae)


def _autoencoder_of_flux_2() -> Any:
    vae = _randomised(diffusers.AutoencoderKLFlux2(**BLOCKS, latent_channels=32))
    vae.bn.running_mean.normal_(std=0.5)
    vae.bn.running_var.log_normal_(std=0.5)
    return vae


def _t5(*, width: int) -> Any:
    config = transformers.T5Config(
        vocab_size=128,
        d_model=width,
        d_kv=8,
        d_ff=64,
        num_layers=2,
        num_heads=4,
        feed_forward_proj="gated-gelu",
        tie_word_embeddings=False,
    )
    return _randomised(transformers.T5EncoderModel(config))


def _t5_tokenizer() -> Any:
    """Make a tokenizer to which every printable ASCII character is a token, and every other one unknown."""
    special = ["<pad>", "</s>", "<unk>"]
    letters = ["▁", *map(chr, range(33, 127))]
    vocabulary = [(token, 0.0) for token in special] + [(letter, -2.0) for letter in letters]
    return transformers.T5Tokenizer(vocab=vocabulary, extra_ids=0, model_max_length=512)


def _qwen_config(**sizes: int) -> Any:
    return transformers.Qwen3Config(
        vocab_size=256 + len(QWEN_SPECIAL),
        intermediate_size=32,
        num_attention_heads=2,
        num_key_value_heads=1,
        head_dim=8,
        max_position_embeddings=1024,
        bos_token_id=None,
        eos_token_id=256,
        pad_token_id=256,
        **sizes,
    )


def _qwen_tokenizer() -> Any:
    """Make a byte-level tokenizer without merges, whose chat template is like Qwen3's."""
    vocabulary = {token: i for i, token in enumerate([*tiny.byte_letters(), *QWEN_SPECIAL])}
    tokenizer = transformers.Qwen2Tokenizer(vocab=vocabulary, merges=[], model_max_length=1024)
    tokenizer.add_tokens([transformers.AddedToken(token, special=True) for token in QWEN_SPECIAL])
    tokenizer.chat_template = CHAT_TEMPLATE
    return tokenizer


@torch.no_grad()
def _randomised(model: Any) -> Any:
    """Draw all weights again, those that their class sets to zero or one, too, so that each has a part in the picture.

    Matrices keep the scale of what passes through them. Norms of queries and keys are larger, which makes attention
    choose among tokens: a few words count among hundreds of padding tokens.
    """
    for name, weight in model.named_parameters():
        if weight.ndim > 1:
            weight.normal_(std=(weight.numel() / len(weight)) ** -0.5)
        elif name.endswith("weight"):
            weight.normal_(mean=2.5 if _is_norm_of_attention(name) else 1.0, std=0.2)
        else:
            weight.normal_(std=0.1)
    for name, module in model.named_modules():
        if isinstance(module, nn.Conv2d) and name == "decoder.conv_out":
            module.weight.mul_(0.6)  # most pixels are within the range of a picture
    return model.eval()


def _is_norm_of_attention(name: str) -> bool:
    return any(part in name for part in ("norm_q", "norm_k", "norm_added_q", "norm_added_k", "q_norm", "k_norm"))
