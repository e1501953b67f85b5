"""Tiny models of the real classes with random weights, as diffusers saves them."""

import json
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import diffusers
import torch
import transformers

from tests.support import drawings

SPECIAL = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
WORDS = [*SPECIAL, "a", "an", "the", "sun", "bear", "lemon", "red", "of", ":", "artwork", "##s", "x", "##y", "##z"]


def save(folder: Path, *names: str) -> dict[str, Path]:
    """Save pipelines like Stable Diffusion 1, 2 and XL, LCM, XL Turbo, and the house models (``bert``, ``led``)."""
    makers: dict[str, Callable[[Path], Any]] = {
        "sd1": _sd1, "sd2": _sd2, "bert": _bert, "sdxl": _sdxl, "lcm": _lcm, "turbo": _turbo,
        "led": _led,
    } | ({"xl": _xl} if "xl" in names else {})  # fmt: skip
    names = names or tuple(makers)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # NumPy's, about how diffusers' solvers make arrays
        for name in names:
            torch.manual_seed(len(name))
            makers[name](folder).save_pretrained(folder / name)
    if "bert" in names:
        house_json = '{"name": "tiny", "title": "Tiny model", "prefix": "artwork of: "}'
        (folder / "bert" / "house.json").write_text(house_json)
    if "led" in names:
        (folder / "led" / "house.json").write_text('{"name": "led", "title": "Led model", "prefix": "artwork of: "}')
        (folder / "led" / "sketch.json").write_text('{"version": 1, "side": 32}')
        (folder / "led" / "sketchbook.zip").write_bytes(drawings.packed())
    return {name: folder / name for name in names}


BETAS = {"beta_start": 0.00085, "beta_end": 0.012, "beta_schedule": "scaled_linear"}


def _pipeline(**parts: Any) -> Any:
    return diffusers.StableDiffusionPipeline(
        **parts, safety_checker=None, feature_extractor=None, requires_safety_checker=False
    )


def _sd1(folder: Path) -> Any:
    return _pipeline(
        unet=_unet(attention_head_dim=4),
        vae=_autoencoder(),
        text_encoder=_clip(),
        tokenizer=clip_tokenizer(folder),
        scheduler=diffusers.PNDMScheduler(**BETAS, skip_prk_steps=True, steps_offset=1, set_alpha_to_one=False),
    )


def _sd2(folder: Path) -> Any:
    return _pipeline(
        unet=_unet(attention_head_dim=[2, 4], use_linear_projection=True, upcast_attention=True),
        vae=_autoencoder(),
        text_encoder=_clip(),
        tokenizer=clip_tokenizer(folder),
        scheduler=diffusers.DDIMScheduler(**BETAS, prediction_type="v_prediction", steps_offset=1, clip_sample=False),
    )


def _led(folder: Path) -> Any:
    """Make a pipeline whose network is also shown a sketch of 32 pixels a side, folded to its latents' 16."""
    return _bert(folder, in_channels=4 + 4 * 4, out_channels=4)


def _bert(folder: Path, **settings: Any) -> Any:
    vocabulary = folder / "vocab.txt"
    vocabulary.write_text("\n".join(WORDS))
    config = transformers.BertConfig(
        vocab_size=len(WORDS), hidden_size=32, num_hidden_layers=2, num_attention_heads=2, intermediate_size=64
    )
    config.use_attention_mask = True
    return _pipeline(
        unet=_unet(attention_head_dim=4, addition_embed_type="text", addition_embed_type_num_heads=4, **settings),
        vae=diffusers.AutoencoderTiny(
            encoder_block_out_channels=(16, 16),
            decoder_block_out_channels=(16, 16),
            num_encoder_blocks=(1, 1),
            num_decoder_blocks=(1, 1),
            scaling_factor=0.9,
        ),
        text_encoder=transformers.BertModel(config).eval(),
        tokenizer=transformers.BertTokenizer(str(vocabulary), model_max_length=16),
        scheduler=diffusers.DPMSolverMultistepScheduler(
            beta_schedule="squaredcos_cap_v2",
            prediction_type="v_prediction",
            lambda_min_clipped=-5.1,
            steps_offset=1,
            timestep_spacing="trailing",
        ),
    )


def _xl(folder: Path) -> Any:
    """Make such a pipeline with encoders of unequal width, by which those in a single file are distinguished."""
    return _sdxl(folder, width=48)


def _sdxl(folder: Path, *, width: int = 32, **settings: Any) -> Any:
    """Make a pipeline of two encoders, whose second pools; by default it puts nothing in place of no words."""
    euler = diffusers.EulerDiscreteScheduler(**BETAS, timestep_spacing="leading", steps_offset=1)
    parts = {"scheduler": euler, "force_zeros_for_empty_prompt": True} | settings
    return diffusers.StableDiffusionXLPipeline(
        unet=_unet(
            attention_head_dim=[2, 4],
            use_linear_projection=True,
            cross_attention_dim=32 + width,
            addition_embed_type="text_time",
            addition_time_embed_dim=8,
            projection_class_embeddings_input_dim=24 + 6 * 8,
        ),
        vae=_autoencoder(),
        text_encoder=_clip(),
        text_encoder_2=transformers.CLIPTextModelWithProjection(
            clip_config(projection_dim=24, hidden_size=width)
        ).eval(),
        tokenizer=clip_tokenizer(folder),
        tokenizer_2=clip_tokenizer(folder),
        add_watermarker=False,
        **parts,
    )


def _turbo(folder: Path) -> Any:
    euler = diffusers.EulerAncestralDiscreteScheduler(**BETAS, timestep_spacing="trailing", steps_offset=1)
    return _sdxl(folder, scheduler=euler, force_zeros_for_empty_prompt=False)


def _lcm(folder: Path) -> Any:
    """Make a pipeline into which guidance was distilled: its network takes it as an input."""
    return diffusers.LatentConsistencyModelPipeline(
        unet=_unet(attention_head_dim=4, time_cond_proj_dim=16),
        vae=_autoencoder(),
        text_encoder=_clip(),
        tokenizer=clip_tokenizer(folder),
        scheduler=diffusers.LCMScheduler(**BETAS, set_alpha_to_one=True),
        safety_checker=None,
        feature_extractor=None,
        requires_safety_checker=False,
    )


def _unet(**settings: Any) -> Any:
    return diffusers.UNet2DConditionModel(
        sample_size=16,
        block_out_channels=(16, 32),
        layers_per_block=1,
        down_block_types=("DownBlock2D", "CrossAttnDownBlock2D"),
        up_block_types=("CrossAttnUpBlock2D", "UpBlock2D"),
        norm_num_groups=8,
        **{"cross_attention_dim": 32, **settings},
    )


def _autoencoder() -> Any:
    return diffusers.AutoencoderKL(
        block_out_channels=(16, 32),
        down_block_types=("DownEncoderBlock2D",) * 2,
        up_block_types=("UpDecoderBlock2D",) * 2,
        latent_channels=4,
        norm_num_groups=8,
        scaling_factor=0.18215,
    )


def _clip() -> Any:
    return transformers.CLIPTextModel(clip_config()).eval()


def clip_config(**settings: Any) -> Any:
    ends = {"bos_token_id": 512, "eos_token_id": 513, "pad_token_id": 513}
    sizes = {"hidden_size": 32, "intermediate_size": 64, "num_hidden_layers": 2, "num_attention_heads": 2}
    return transformers.CLIPTextConfig(vocab_size=514, **sizes | ends | settings)


def clip_tokenizer(folder: Path, **settings: Any) -> Any:
    """Make a byte-level tokenizer without merges: every letter is a token, as is every last letter of a word."""
    letters = byte_letters()
    tokens = [*letters, *(letter + "</w>" for letter in letters), "<|startoftext|>", "<|endoftext|>"]
    (folder / "vocab.json").write_text(json.dumps({token: i for i, token in enumerate(tokens)}))
    (folder / "merges.txt").write_text("#version: 0.2\n")
    (folder / "tokenizer_config.json").write_text('{"model_max_length": 77, "tokenizer_class": "CLIPTokenizer"}')
    return transformers.CLIPTokenizer.from_pretrained(folder, **settings)


def byte_letters() -> list[str]:
    """Return the 256 letters by which byte-level tokenizers write bytes (GPT-2's)."""
    printable = [*range(33, 127), *range(161, 173), *range(174, 256)]
    others = [byte for byte in range(256) if byte not in printable]
    return [chr(byte) for byte in printable] + [chr(256 + i) for i in range(len(others))]
