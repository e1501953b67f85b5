"""The scene decoder's network, and how its folder is saved and loaded.

The network has few channels where the image is large: a channel costs sixteen times as much at the last level as at the
first. Levels are joined by upsampling and convolutions, which can be folded into one convolution at the smaller size,
so that no convolution runs at full image size during inference. Sub-pixel convolution (Shi et al., arXiv 1609.05158)
left a visible grid.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch
import torch.nn.functional as F  # noqa: N812 - as everybody calls it
from torch import Tensor, nn

VERSION = 1
CONFIG, WEIGHTS = "config.json", "decoder.safetensors"

SCALE = 8
"""Number of image pixels per latent along each side; the finer stage doubles it."""

GUIDE = 4
"""Channels of a guide: the RGB colours of the drawn marks, -1…1, and their coverage, 0…1."""

MARGIN = 1
"""Number of latents of padding on each side during decoding. The padding is cropped again, because a network trained
against a discriminator draws artefacts at the image's very edge."""

SATURATED = 3.0
"""Limit of the absolute value of latents. Larger values are outliers of a model and are compressed by tanh."""


class DecoderError(Exception):
    """Raised when a folder does not contain a scene decoder of this version."""


@dataclass(frozen=True, slots=True)
class Shape:
    """Architecture of a decoder: channels and residual blocks of its levels, at 1, 2 and 4 times a latent's side.

    ``finer`` is the number of channels of the finer stage, at 8 times a latent's side; 0 if there is none.
    """

    channels: tuple[int, int, int] = (96, 48, 24)
    blocks: tuple[int, int, int] = (2, 1, 3)
    latent: int = 4
    finer: int = 0

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Shape:
        """Return the shape that the contents of ``config.json`` describe.

        :raises DecoderError: when the values do not describe a valid shape.
        """
        try:
            channels, blocks = (tuple(int(part) for part in config[name]) for name in ("channels", "blocks"))
            latent, finer = int(config["latent"]), int(config.get("finer", 0))
        except (KeyError, TypeError, ValueError) as error:
            raise DecoderError(f"{CONFIG} does not say how the decoder is built: {error}.") from error
        if len(channels) != 3 or len(blocks) != 3 or min(*channels, latent) < 1 or min(*blocks, finer) < 0:
            raise DecoderError(f"{CONFIG}: a decoder has three levels of at least one channel each.")
        return cls(channels, blocks, latent, finer)


class Block(nn.Module):
    """Residual block of two convolutions without normalisation (He et al., arXiv 1512.03385)."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.first = nn.Conv2d(channels, channels, 3, padding=1)
        self.second = nn.Conv2d(channels, channels, 3, padding=1)

    def forward(self, x: Tensor) -> Tensor:
        """Return ``x`` plus the output of the two convolutions, same shape."""
        return F.relu(x + self.second(F.relu(self.first(x))))


class Level(nn.Module):
    """Upsampling by 2, an added guide of that size, and residual blocks."""

    def __init__(self, before: int, channels: int, blocks: int) -> None:
        super().__init__()
        self.doubled = nn.Sequential(_doubling(), nn.Conv2d(before, channels, 3, padding=1))
        self.led = nn.Conv2d(GUIDE, channels, 3, padding=1)
        self.blocks = nn.Sequential(*(Block(channels) for _ in range(blocks)))

    def forward(self, x: Tensor, guide: Tensor) -> Tensor:
        """Return features (n, channels, 2h, 2w) for features (n, …, h, w) and a guide (n, 4, 2h, 2w)."""
        seen: Tensor = self.blocks(F.relu(self.doubled(x) + self.led(guide)))
        return seen


def _pad(picture: Tensor, by: int) -> Tensor:
    """Return a picture (n, c, h, w) padded by ``by`` pixels on each side, repeating its edge pixels."""
    return F.pad(picture, (by, by, by, by), mode="replicate")


def _doubling() -> nn.Upsample:
    return nn.Upsample(scale_factor=2, mode="nearest")


def _painting(channels: int) -> nn.Sequential:
    """Return the last upsampling and the convolutions to RGB; the first has no bias, so that both can be folded."""
    return nn.Sequential(_doubling(), nn.Conv2d(channels, 16, 3, padding=1, bias=False), nn.Conv2d(16, 3, 3, padding=1))


class SceneDecoder(nn.Module):
    """Network that decodes latents and a guide to images of any height and width."""

    def __init__(self, shape: Shape | None = None) -> None:
        super().__init__()
        self.shape = shape = shape or Shape()
        first, second, third = shape.channels
        self.seen = nn.Conv2d(shape.latent, first, 3, padding=1)
        self.blocks = nn.Sequential(*(Block(first) for _ in range(shape.blocks[0])))
        self.twice = Level(first, second, shape.blocks[1])
        self.four_times = Level(second, third, shape.blocks[2])
        self.painted = _painting(third)
        self.finer: Level | None = None
        self.painted_finer: nn.Sequential | None = None
        if shape.finer:
            self.add_finer(shape.finer)

    def add_finer(self, channels: int = 16) -> None:
        """Add the stage that decodes images twice as large, in place; existing weights stay."""
        self.shape = Shape(self.shape.channels, self.shape.blocks, self.shape.latent, channels)
        like = self.seen.weight
        self.finer = Level(self.shape.channels[2], channels, 1).to(like.device, like.dtype)
        self.painted_finer = _painting(channels).to(like.device, like.dtype)

    def forward(self, latents: Tensor, guide: Tensor) -> Tensor:
        """Return images (n, 3, 8h, 8w), about -1…1, for unscaled latents (n, c, h, w) and a guide (n, 4, 4h, 4w).

        With a guide twice as large (n, 4, 8h, 8w), the finer stage returns images (n, 3, 16h, 16w).

        :raises ValueError: when the guide has neither size, or needs a finer stage that does not exist.
        """
        times = self._times(latents, guide)
        latents, guide = _pad(latents, MARGIN), _pad(guide, times * MARGIN)
        coarse = guide if times == 4 else F.avg_pool2d(guide, 2)
        x = F.relu(self.seen(SATURATED * torch.tanh(latents / SATURATED)))
        x = self.twice(self.blocks(x), F.avg_pool2d(coarse, 2))
        x = self.four_times(x, coarse)
        if times == 4 or self.finer is None or self.painted_finer is None:
            picture: Tensor = self.painted(x)
        else:
            picture = self.painted_finer(self.finer(x, guide))
        cut = 2 * times * MARGIN
        return picture[..., cut:-cut, cut:-cut]

    def _times(self, latents: Tensor, guide: Tensor) -> int:
        """Return the number of guide pixels per latent: 4, or 8 for the finer stage."""
        sides = latents.shape[-2:]
        for times in (4, 8) if self.finer is not None else (4,):
            if guide.shape[-2:] == (times * sides[0], times * sides[1]):
                return times
        height, width = guide.shape[-2:]
        finer = "" if self.finer is not None else " (this decoder has no finer stage)"
        raise ValueError(f"A guide of {height} x {width} does not fit latents of {sides[0]} x {sides[1]}{finer}.")


def save(network: SceneDecoder, folder: Path) -> None:
    """Write a decoder's weights (float16) and configuration into a folder, which is created if missing."""
    from safetensors.torch import save_file

    folder.mkdir(parents=True, exist_ok=True)
    weights = {name: value.detach().half().cpu().contiguous() for name, value in network.state_dict().items()}
    save_file(weights, folder / WEIGHTS)
    config = {"version": VERSION} | asdict(network.shape)
    (folder / CONFIG).write_text(json.dumps(config, indent=1) + "\n", "utf-8")


def load(folder: Path) -> SceneDecoder:
    """Return the decoder in a folder, with float32 weights.

    :raises DecoderError: when a file is missing, malformed or of another version; the message names it.
    """
    from safetensors.torch import load_file

    path = folder / CONFIG
    try:
        config = json.loads(path.read_text("utf-8"))
    except FileNotFoundError as error:
        raise DecoderError(f"{folder} is no scene decoder: {CONFIG} is missing.") from error
    except ValueError as error:
        raise DecoderError(f"{path} cannot be read: {error}") from error
    if not isinstance(config, dict) or config.get("version") != VERSION:
        raise DecoderError(f"{path} is of another version than {VERSION}.")
    network, path = SceneDecoder(Shape.from_config(config)), folder / WEIGHTS
    if not path.exists():
        raise DecoderError(f"{folder} is no scene decoder: {WEIGHTS} is missing.")
    try:
        network.load_state_dict({name: value.float() for name, value in load_file(path).items()})
    except Exception as error:  # whatever a library raises about a file, the file is at fault
        raise DecoderError(f"{path} cannot be loaded as a scene decoder: {error}") from error
    return network
