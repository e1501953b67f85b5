"""The decoder's network and its folder.

Thin where the picture is large: a channel costs sixteen times as much at the last level as at the first. Levels are
joined by enlargements and convolutions that can be folded into one of the smaller size, so that nothing is convolved in
the picture's own size where frames are decoded; channels that become pixels (Shi et al., arXiv 1609.05158) left a grid.
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
"""How many pixels along each side one latent stands for; the finer stage doubles it."""

GUIDE = 4
"""Channels of a guide: the colours of marks that are drawn, within -1…1, and how far any are, 0…1."""

MARGIN = 1
"""How many latents a picture is continued by on each side while it is painted, and cut off again: at the very edge an
adversary lets the network draw what it never would within a picture."""

SATURATED = 3.0
"""How far latents may lie from zero: beyond, a model's are off, and are taken for less."""


class DecoderError(Exception):
    """A folder is no scene decoder, or none of this version."""


@dataclass(frozen=True, slots=True)
class Shape:
    """What a decoder is built by: channels and residual blocks of its levels (1, 2 and 4 places a latent's side).

    ``finer`` are the channels of the finer stage at 8 places, 0 where there is none.
    """

    channels: tuple[int, int, int] = (96, 48, 24)
    blocks: tuple[int, int, int] = (2, 1, 3)
    latent: int = 4
    finer: int = 0

    @classmethod
    def of(cls, told: dict[str, Any]) -> Shape:
        """Read a shape as ``config.json`` holds it.

        :raises DecoderError: where it is none that can be built.
        """
        try:
            channels, blocks = (tuple(int(part) for part in told[name]) for name in ("channels", "blocks"))
            latent, finer = int(told["latent"]), int(told.get("finer", 0))
        except (KeyError, TypeError, ValueError) as error:
            raise DecoderError(f"{CONFIG} does not say how the decoder is built: {error}.") from error
        if len(channels) != 3 or len(blocks) != 3 or min(*channels, latent) < 1 or min(*blocks, finer) < 0:
            raise DecoderError(f"{CONFIG}: a decoder has three levels of at least one channel each.")
        return cls(channels, blocks, latent, finer)


class Block(nn.Module):
    """Two convolutions beside which what came in is carried on (He et al., arXiv 1512.03385); nothing is normalised."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.first = nn.Conv2d(channels, channels, 3, padding=1)
        self.second = nn.Conv2d(channels, channels, 3, padding=1)

    def forward(self, x: Tensor) -> Tensor:
        """Add what the block sees."""
        return F.relu(x + self.second(F.relu(self.first(x))))


class Level(nn.Module):
    """A doubling, the guide of that size, and residual blocks."""

    def __init__(self, before: int, channels: int, blocks: int) -> None:
        super().__init__()
        self.doubled = nn.Sequential(_doubling(), nn.Conv2d(before, channels, 3, padding=1))
        self.led = nn.Conv2d(GUIDE, channels, 3, padding=1)
        self.blocks = nn.Sequential(*(Block(channels) for _ in range(blocks)))

    def forward(self, x: Tensor, guide: Tensor) -> Tensor:
        """Return features (n, channels, 2h, 2w) of those before (n, …, h, w) and a guide (n, 4, 2h, 2w)."""
        seen: Tensor = self.blocks(F.relu(self.doubled(x) + self.led(guide)))
        return seen


def _continued(picture: Tensor, by: int) -> Tensor:
    """Continue (n, c, h, w) beyond its edges as it ends there."""
    return F.pad(picture, (by, by, by, by), mode="replicate")


def _doubling() -> nn.Upsample:
    return nn.Upsample(scale_factor=2, mode="nearest")


def _painting(channels: int) -> nn.Sequential:
    """Return the last doubling and its colours; the first convolution has no bias, so that both can be folded."""
    return nn.Sequential(_doubling(), nn.Conv2d(channels, 16, 3, padding=1, bias=False), nn.Conv2d(16, 3, 3, padding=1))


class SceneDecoder(nn.Module):
    """Latents and a drawing of what they show to pictures, of any height and width."""

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
        """Add the stage that paints pictures twice as large; what is there stays."""
        self.shape = Shape(self.shape.channels, self.shape.blocks, self.shape.latent, channels)
        like = self.seen.weight
        self.finer = Level(self.shape.channels[2], channels, 1).to(like.device, like.dtype)
        self.painted_finer = _painting(channels).to(like.device, like.dtype)

    def forward(self, latents: Tensor, guide: Tensor) -> Tensor:
        """Return pictures (n, 3, 8h, 8w), about -1…1, of unscaled latents (n, c, h, w) and a guide (n, 4, 4h, 4w).

        Those of a guide twice as large (n, 4, 8h, 8w) are twice as large as well, by the finer stage.

        :raises ValueError: where the guide is of neither size, or there is no finer stage.
        """
        times = self._times(latents, guide)
        latents, guide = _continued(latents, MARGIN), _continued(guide, times * MARGIN)
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
        """Return how many of the guide's pixels lie along one latent: 4, or 8 for the finer stage."""
        sides = latents.shape[-2:]
        for times in (4, 8) if self.finer is not None else (4,):
            if guide.shape[-2:] == (times * sides[0], times * sides[1]):
                return times
        height, width = guide.shape[-2:]
        finer = "" if self.finer is not None else " (this decoder has no finer stage)"
        raise ValueError(f"A guide of {height} x {width} does not fit latents of {sides[0]} x {sides[1]}{finer}.")


def save(network: SceneDecoder, folder: Path) -> None:
    """Write a decoder into a folder, its weights in half precision."""
    from safetensors.torch import save_file

    folder.mkdir(parents=True, exist_ok=True)
    weights = {name: value.detach().half().cpu().contiguous() for name, value in network.state_dict().items()}
    save_file(weights, folder / WEIGHTS)
    told = {"version": VERSION} | asdict(network.shape)
    (folder / CONFIG).write_text(json.dumps(told, indent=1) + "\n", "utf-8")


def shape_in(folder: Path) -> Shape:
    """Read how the decoder in a folder is built.

    :raises DecoderError: naming what is missing or broken, or where it is of another version.
    """
    path = folder / CONFIG
    try:
        told = json.loads(path.read_text("utf-8"))
    except FileNotFoundError as error:
        raise DecoderError(f"{folder} is no scene decoder: {CONFIG} is missing.") from error
    except ValueError as error:
        raise DecoderError(f"{path} cannot be read: {error}") from error
    if not isinstance(told, dict) or told.get("version") != VERSION:
        raise DecoderError(f"{path} is of another version than {VERSION}.")
    return Shape.of(told)


def load(folder: Path) -> SceneDecoder:
    """Load a decoder in float32.

    :raises DecoderError: naming what is missing or broken, or where it is of another version.
    """
    from safetensors.torch import load_file

    network, path = SceneDecoder(shape_in(folder)), folder / WEIGHTS
    if not path.exists():
        raise DecoderError(f"{folder} is no scene decoder: {WEIGHTS} is missing.")
    try:
        network.load_state_dict({name: value.float() for name, value in load_file(path).items()})
    except Exception as error:  # whatever a library raises about a file, the file is at fault
        raise DecoderError(f"{path} cannot be loaded as a scene decoder: {error}") from error
    return network
