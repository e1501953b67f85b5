"""Grow a trained model to pictures twice as large and to more latent channels.

Nothing learned is lost. The first latent channels are what the base encodes of the halved picture, so its UNet knows
them. The new channels encode what these leave out, the most informative first (reduced-rank regression: Izenman 1975).
They are small, so that a diffusion model samples them last. The decoder begins as the base's, with one more level.
"""

from __future__ import annotations

from typing import Any

import torch
import torch.nn.functional as F  # noqa: N812 - as everybody calls it
from torch import Tensor

from studio.errors import StudioError

LARGEST, LEAST = 0.5, 0.2  # standard deviations of the first and last new channel; the base's are about 1
RIDGE = 1e-3
SIDE_BY_SIDE = 28  # channels for a pixel and its eight neighbours in three colours, and a constant


@torch.no_grad()
def autoencoder(base: Any, pictures: Tensor, *, latent: int) -> Any:
    """Return an autoencoder with ``latent`` channels, for pictures twice as large as those of ``base``.

    ``base`` is an AutoencoderTiny. ``pictures`` (n, 3, 2h, 2w), 0…1, a few hundred of them, are used to find what the
    base's latents leave out.

    :raises StudioError: when the base has another class, more latent channels, or a too thin encoder.
    """
    from diffusers import AutoencoderTiny

    if not isinstance(base, AutoencoderTiny):
        raise StudioError(f"Only an AutoencoderTiny can be grown, not {type(base).__name__}.")
    has = base.config.latent_channels
    if latent < has:
        raise StudioError(f"The base has {has} latent channels; {latent} would be fewer.")
    width = base.config.encoder_block_out_channels[0]
    levels = len(base.config.encoder_block_out_channels) + 1
    if width < SIDE_BY_SIDE:
        raise StudioError(f"An encoder of {width} channels cannot be grown: it needs at least {SIDE_BY_SIDE}.")
    made = AutoencoderTiny(
        latent_channels=latent,
        encoder_block_out_channels=(width,) * levels,
        decoder_block_out_channels=(base.config.decoder_block_out_channels[0],) * levels,
        num_encoder_blocks=(0, *base.config.num_encoder_blocks),
        num_decoder_blocks=(*base.config.num_decoder_blocks, 0),
        act_fn=base.config.act_fn,
        scaling_factor=base.config.scaling_factor,
        force_upcast=False,
    )
    _grow_encoder(made.encoder.layers, base.encoder.layers)
    _grow_decoder(made.decoder.layers, base.decoder.layers)
    last, own = made.encoder.layers[-1], base.encoder.layers[-1]
    weight, bias = own.weight, own.bias
    if latent > has:
        last.weight.zero_()  # the new channels encode what the first ones alone leave out
        last.weight[:has], last.bias[:has] = weight, bias
        more, of_more = _left_out(made, base, pictures, latent - has)
        weight, bias = torch.cat([weight, more]), torch.cat([bias, of_more])
    last.weight.copy_(weight)
    last.bias.copy_(bias)
    return made


@torch.no_grad()
def unet(base: Any, *, latent: int) -> Any:
    """Return a UNet of ``latent`` channels that acts as ``base`` on the first ones.

    It ignores the other channels until it is trained.

    :raises StudioError: when the base has more channels.
    """
    has = base.config.in_channels
    if latent < has:
        raise StudioError(f"The UNet has {has} latent channels; it cannot be reduced to {latent}.")
    made = type(base).from_config(base.config, in_channels=latent, out_channels=latent)
    weights = base.state_dict()
    fresh = made.state_dict()
    for name in ("conv_in.weight", "conv_out.weight", "conv_out.bias"):
        grown = torch.zeros_like(fresh[name])
        if name == "conv_in.weight":
            grown[:, :has] = weights[name]
        else:
            grown[:has] = weights[name]
        weights[name] = grown
    made.load_state_dict(weights)
    return made


@torch.no_grad()
def deeper(base: Any, layers: tuple[int, ...]) -> Any:
    """Return a UNet with ``layers`` per level that computes the same as ``base``, which has one per level.

    A new layer passes its input on until it is trained.

    :raises StudioError: when a level would have fewer layers, or a level with attention more.
    """
    has = base.config.layers_per_block
    if has != 1 or len(layers) != len(base.config.block_out_channels) or min(layers) < 1:
        raise StudioError(f"A UNet with {has} layers per level cannot be extended to {', '.join(map(str, layers))}.")
    attending = [layers[at] for at, name in enumerate(base.config.down_block_types) if name != "DownBlock2D"]
    if max(attending, default=1) > 1:
        raise StudioError("Only levels without attention can have more layers.")
    made = type(base).from_config(base.config, layers_per_block=list(layers))
    weights = made.state_dict()
    levels = len(layers)
    for name, value in base.state_dict().items():
        parts = name.split(".")
        if parts[0] == "up_blocks" and parts[2] == "resnets" and parts[3] == "1":
            # The last layer of a level stays last: its input is the level's first skip connection.
            parts[3] = str(layers[levels - 1 - int(parts[1])])
        weights[".".join(parts)] = value
    made.load_state_dict(weights)
    for level, count in enumerate(layers):
        for new in range(1, count):
            for block in (made.down_blocks[level], made.up_blocks[levels - 1 - level]):
                _pass_through(block.resnets[new])
    return made


def _pass_through(layer: Any) -> None:
    """Set a layer's weights so that it returns the first channels of its input."""
    torch.nn.init.zeros_(layer.conv2.weight)
    torch.nn.init.zeros_(layer.conv2.bias)
    if layer.conv_shortcut is not None:
        torch.nn.init.zeros_(layer.conv_shortcut.bias)
        layer.conv_shortcut.weight.zero_()
        width = layer.conv_shortcut.weight.shape[0]
        layer.conv_shortcut.weight[:, :width, 0, 0] = torch.eye(width)


def _grow_encoder(layers: Any, old: Any) -> None:
    """Set the weights of the new first level so that the old levels see the picture halved.

    The first convolution copies a pixel's neighbours into channels. The second, of stride 2, applies the taps of the
    old first convolution to them: two pixels for each tap, and one for the last, whose second pixel is out of reach.
    """
    first, second = layers[0], layers[1]
    first.weight.zero_()
    first.bias.zero_()
    second.weight.zero_()
    beside = {}
    for n, (down, right) in enumerate((down, right) for down in (-1, 0, 1) for right in (-1, 0, 1)):
        beside[down, right] = 3 * n
        for colour in range(3):
            first.weight[3 * n + colour, colour, down + 1, right + 1] = 1.0
    first.bias[27] = 1.0
    second.weight[:, 27, 1, 1] = old[0].bias
    # Pixels of an old tap: their offset in the second convolution, in the first, and their share.
    reach = {-1: ((-1, -1, 0.5), (-1, 0, 0.5)), 0: ((0, 0, 0.5), (0, 1, 0.5)), 1: ((1, 1, 1.0),)}
    for tap_down, rows in reach.items():
        for tap_right, columns in reach.items():
            for down, down_by, share in rows:
                for right, right_by, part in columns:
                    at = beside[down_by, right_by]
                    second.weight[:, at : at + 3, down + 1, right + 1] += (
                        share * part * old[0].weight[:, :, tap_down + 1, tap_right + 1]
                    )
    for new, known in zip(list(layers)[2:-1], list(old)[1:-1], strict=True):
        new.load_state_dict(known.state_dict())


def _grow_decoder(layers: Any, old: Any) -> None:
    """Add inputs with zero weight for the new latents to the old decoder, and a last level that enlarges."""
    layers[0].weight.zero_()
    layers[0].weight[:, : old[0].weight.shape[1]] = old[0].weight
    layers[0].bias.copy_(old[0].bias)
    for new, known in zip(list(layers)[1:-3], list(old)[1:-1], strict=True):
        new.load_state_dict(known.state_dict())
    enlarging, last = layers[-2], layers[-1]
    torch.nn.init.dirac_(enlarging.weight)
    last.load_state_dict(old[-1].state_dict())


def _left_out(made: Any, base: Any, pictures: Tensor, count: int) -> tuple[Tensor, Tensor]:
    """Return weights and biases of the features that best predict what the base fails to reconstruct."""
    seen, missing, known = [], [], []
    for part in torch.split(pictures, 16):
        features = part
        for layer in list(made.encoder.layers)[:-1]:
            features = layer(features)
        halved = F.avg_pool2d(part, 2)
        latents = made.encoder.layers[-1](features)[:, : base.config.latent_channels]
        off = halved - (base.decode(latents, return_dict=False)[0] / 2 + 0.5).clamp(0, 1)
        seen.append(_places(F.unfold(features, 3, padding=1)))
        missing.append(_places(F.pixel_unshuffle(off, halved.shape[-1] // features.shape[-1])))
        known.append(_places(latents))
    x, y, z = (torch.cat(rows).double() for rows in (seen, missing, known))
    middle, width = x.mean(0), len(made.encoder.layers[-1].weight[0])
    x, y, z = x - middle, y - y.mean(0), z - z.mean(0)
    square = x.T @ x
    square += RIDGE * square.diagonal().mean() * torch.eye(len(square), dtype=square.dtype)
    by = torch.linalg.solve(square, x.T @ y)
    _, strengths, directions = torch.linalg.svd(by.T @ square @ by)
    weights = by @ directions[:count].T
    # Remove what the base's latents predict linearly; a small nonlinear part stays in x.
    weights -= torch.linalg.solve(square, x.T @ z) @ torch.linalg.solve(z.T @ z, z.T @ (x @ weights))
    size = (strengths[:count] / strengths[0]).sqrt().clamp(min=LEAST / LARGEST) * LARGEST / base.config.scaling_factor
    weights *= size / (x @ weights).std(0)
    bias = -(middle @ weights)
    return weights.T.reshape(count, width, 3, 3).float(), bias.float()


def _places(maps: Tensor) -> Tensor:
    """Return maps (n, c, h, w) as one row for each position (n h w, c)."""
    return maps.flatten(2).transpose(1, 2).flatten(0, 1)
