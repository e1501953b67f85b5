"""Fixtures of the worker's tests: tiny models of the real classes with random weights, as diffusers saves them."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import diffusers
import numpy as np
import pytest
import torch
import transformers
from numpy.typing import NDArray

from worker.painter import Painter

HOUSE = Path(__file__).parents[2] / "models" / "house"
SPECIAL = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
WORDS = [*SPECIAL, "a", "an", "the", "sun", "bear", "lemon", "red", "of", ":", "artwork", "##s", "x", "##y", "##z"]


@pytest.fixture(autouse=True)
def _one_setting_of_torch() -> Iterator[None]:
    """Give the process its number of threads back: painting sets it."""
    threads = torch.get_num_threads()
    yield
    torch.set_num_threads(threads)


@pytest.fixture(scope="session")
def tiny_models(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Save one tiny pipeline like Stable Diffusion 1, one like 2, and one like the house model."""
    folder = tmp_path_factory.mktemp("models")
    makers: dict[str, Callable[[Path], Any]] = {"sd1": _sd1, "sd2": _sd2, "bert": _bert}
    for name, make in makers.items():
        torch.manual_seed(len(name))
        make(folder).save_pretrained(folder / name)
    (folder / "bert" / "house.json").write_text('{"name": "tiny", "title": "Tiny model", "prefix": "artwork of: "}')
    return {name: folder / name for name in makers}


@pytest.fixture(scope="session")
def painters(tiny_models: dict[str, Path]) -> dict[str, Painter]:
    """Load each tiny model once."""
    return {name: Painter.load(str(folder), device="cpu") for name, folder in tiny_models.items()}


@pytest.fixture(scope="session")
def house() -> Painter:
    """Load the house model once."""
    return Painter.load(str(HOUSE), device="cpu")


@pytest.fixture
def film() -> list[NDArray[np.uint8]]:
    """Draw 12 frames of 40 x 56 in which a disc of changing colour crosses a shaded ground."""
    y, x = np.mgrid[:40, :56]
    frames = []
    for i in range(12):
        frame = np.stack([x * 4, y * 5, np.full_like(x, 6 * i)], axis=-1).astype(np.uint8)
        frame[(x - 4 * i - 4) ** 2 + (y - 20) ** 2 < 60] = (250 - 20 * i, 10 * i, 40)
        frames.append(frame)
    return frames


def _pipeline(**parts: Any) -> Any:
    return diffusers.StableDiffusionPipeline(
        **parts, safety_checker=None, feature_extractor=None, requires_safety_checker=False
    )


def _sd1(folder: Path) -> Any:
    betas = {"beta_start": 0.00085, "beta_end": 0.012, "beta_schedule": "scaled_linear"}
    return _pipeline(
        unet=_unet(attention_head_dim=4),
        vae=_autoencoder(),
        text_encoder=_clip(),
        tokenizer=_clip_tokenizer(folder),
        scheduler=diffusers.PNDMScheduler(**betas, skip_prk_steps=True, steps_offset=1, set_alpha_to_one=False),
    )


def _sd2(folder: Path) -> Any:
    betas = {"beta_start": 0.00085, "beta_end": 0.012, "beta_schedule": "scaled_linear"}
    return _pipeline(
        unet=_unet(attention_head_dim=[2, 4], use_linear_projection=True, upcast_attention=True),
        vae=_autoencoder(),
        text_encoder=_clip(),
        tokenizer=_clip_tokenizer(folder),
        scheduler=diffusers.DDIMScheduler(**betas, prediction_type="v_prediction", steps_offset=1, clip_sample=False),
    )


def _bert(folder: Path) -> Any:
    vocabulary = folder / "vocab.txt"
    vocabulary.write_text("\n".join(WORDS))
    config = transformers.BertConfig(
        vocab_size=len(WORDS), hidden_size=32, num_hidden_layers=2, num_attention_heads=2, intermediate_size=64
    )
    config.use_attention_mask = True
    return _pipeline(
        unet=_unet(attention_head_dim=4, addition_embed_type="text", addition_embed_type_num_heads=4),
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


def _unet(**settings: Any) -> Any:
    return diffusers.UNet2DConditionModel(
        sample_size=16,
        block_out_channels=(16, 32),
        layers_per_block=1,
        down_block_types=("DownBlock2D", "CrossAttnDownBlock2D"),
        up_block_types=("CrossAttnUpBlock2D", "UpBlock2D"),
        cross_attention_dim=32,
        norm_num_groups=8,
        **settings,
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
    ends = {"bos_token_id": 512, "eos_token_id": 513, "pad_token_id": 513}
    config = transformers.CLIPTextConfig(
        vocab_size=514, hidden_size=32, intermediate_size=64, num_hidden_layers=2, num_attention_heads=2, **ends
    )
    return transformers.CLIPTextModel(config).eval()


def _clip_tokenizer(folder: Path) -> Any:
    """Make a byte-level tokenizer without merges: every letter is a token, as is every last letter of a word."""
    printable = [*range(33, 127), *range(161, 173), *range(174, 256)]
    others = [byte for byte in range(256) if byte not in printable]
    letters = [chr(byte) for byte in printable] + [chr(256 + i) for i in range(len(others))]
    tokens = [*letters, *(letter + "</w>" for letter in letters), "<|startoftext|>", "<|endoftext|>"]
    (folder / "vocab.json").write_text(json.dumps({token: i for i, token in enumerate(tokens)}))
    (folder / "merges.txt").write_text("#version: 0.2\n")
    (folder / "tokenizer_config.json").write_text('{"model_max_length": 77, "tokenizer_class": "CLIPTokenizer"}')
    return transformers.CLIPTokenizer.from_pretrained(folder)
