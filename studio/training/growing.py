"""Grow a model that has learned: its autoencoder to pictures twice as large and to more latents, its UNet to those.

Nothing learned is lost. The first latents are those that the base makes of the picture halved, so its UNet knows them;
the others say what these leave out, the most telling first (reduced-rank regression: Izenman 1975), and are small, so
that a diffusion model comes to them last. The decoder begins as the base's, with one level more.
"""

from __future__ import annotations

from typing import Any

import torch
import torch.nn.functional as F  # noqa: N812 - as everybody calls it
from torch import Tensor

from studio.errors import StudioError

LARGEST, LEAST = 0.5, 0.2  # deviations of the first and of the last new latent, where the base's are about one
RIDGE = 1e-3
SIDE_BY_SIDE = 28  # channels of a pixel and its eight neighbours in three colours, and of a one


@torch.no_grad()
def autoencoder(base: Any, pictures: Tensor, *, latent: int) -> Any:
    """Make an autoencoder of twice the size of ``base`` (an AutoencoderTiny), with ``latent`` channels.

    ``pictures`` (n, 3, 2h, 2w), 0…1, show what its latents leave out; some hundred do.

    :raises StudioError: where the base is of another class, or has as many latents.
    """
    from diffusers import AutoencoderTiny

    if not isinstance(base, AutoencoderTiny):
        raise StudioError(f"Only an AutoencoderTiny can be grown, not {type(base).__name__}.")
    has = base.config.latent_channels
    if latent < has:
        raise StudioError(f"It has {has} latents a place; {latent} would be fewer.")
    width = base.config.encoder_block_out_channels[0]
    levels = len(base.config.encoder_block_out_channels) + 1
    if width < SIDE_BY_SIDE:
        raise StudioError(f"An encoder of {width} channels is too thin to be grown: it takes {SIDE_BY_SIDE}.")
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
        last.weight.zero_()  # what is left out is what the first latents, alone, do not tell
        last.weight[:has], last.bias[:has] = weight, bias
        more, of_more = _left_out(made, base, pictures, latent - has)
        weight, bias = torch.cat([weight, more]), torch.cat([bias, of_more])
    last.weight.copy_(weight)
    last.bias.copy_(bias)
    return made


@torch.no_grad()
def unet(base: Any, *, latent: int) -> Any:
    """Make a UNet of ``latent`` channels that does what ``base`` does with the first, and nothing yet with the others.

    :raises StudioError: where the base takes more.
    """
    has = base.config.in_channels
    if latent < has:
        raise StudioError(f"The UNet takes {has} latents a place; it cannot be given {latent}.")
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
    """Make a UNet of more layers in its upper levels that does what ``base``, of one layer each, does.

    A new layer hands on what it is given, until it has learned.

    :raises StudioError: where a level would have fewer, or one with attention more.
    """
    has = base.config.layers_per_block
    if has != 1 or len(layers) != len(base.config.block_out_channels) or min(layers) < 1:
        raise StudioError(f"A UNet of {has} layers a level cannot be given {', '.join(map(str, layers))}.")
    attending = [layers[at] for at, name in enumerate(base.config.down_block_types) if name != "DownBlock2D"]
    if max(attending, default=1) > 1:
        raise StudioError("Only levels without attention can be given more layers.")
    made = type(base).from_config(base.config, layers_per_block=list(layers))
    weights = made.state_dict()
    levels = len(layers)
    for name, value in base.state_dict().items():
        parts = name.split(".")
        if parts[0] == "up_blocks" and parts[2] == "resnets" and parts[3] == "1":
            # The last layer of a level stays the last: it is given what came first.
            parts[3] = str(layers[levels - 1 - int(parts[1])])
        weights[".".join(parts)] = value
    made.load_state_dict(weights)
    for level, count in enumerate(layers):
        for new in range(1, count):
            for block in (made.down_blocks[level], made.up_blocks[levels - 1 - level]):
                _hand_on(block.resnets[new])
    return made


def _hand_on(layer: Any) -> None:
    """Set a layer so that it hands on the first of what it is given."""
    torch.nn.init.zeros_(layer.conv2.weight)
    torch.nn.init.zeros_(layer.conv2.bias)
    if layer.conv_shortcut is not None:
        torch.nn.init.zeros_(layer.conv_shortcut.bias)
        layer.conv_shortcut.weight.zero_()
        width = layer.conv_shortcut.weight.shape[0]
        layer.conv_shortcut.weight[:, :width, 0, 0] = torch.eye(width)


def _grow_encoder(layers: Any, old: Any) -> None:
    """Set the new first level so that the old ones see the picture halved.

    A first convolution lays a place's neighbours side by side, and a second of stride 2 takes the old first one's taps
    of them: two pixels for each tap, and one for the last, whose second lies out of reach.
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
    # Pixels of an old tap: their steps of the second convolution and of the first, and their share.
    reach = {-1: ((-1, -1, 0.5), (-1, 0, 0.5)), 0: ((0, 0, 0.5), (0, 1, 0.5)), 1: ((1, 1, 1.0),)}
    for tap_down, rows in reach.items():
        for tap_right, columns in reach.items():
            for down, down_by, share in rows:
                for right, right_by, part in columns:
                    at = beside[down_by, right_by]
                    second.weight[:, at : at + 3, down + 1, right + 1] += (
                        share * part * old[0].weight[:, :, tap_down + 1, tap_right + 1]
                    )
    for new, kept in zip(list(layers)[2:-1], list(old)[1:-1], strict=True):
        new.load_state_dict(kept.state_dict())


def _grow_decoder(layers: Any, old: Any) -> None:
    """Give the old decoder its new latents, of which it does not know yet, and a last level that enlarges."""
    layers[0].weight.zero_()
    layers[0].weight[:, : old[0].weight.shape[1]] = old[0].weight
    layers[0].bias.copy_(old[0].bias)
    for new, kept in zip(list(layers)[1:-3], list(old)[1:-1], strict=True):
        new.load_state_dict(kept.state_dict())
    enlarging, last = layers[-2], layers[-1]
    torch.nn.init.dirac_(enlarging.weight)
    last.load_state_dict(old[-1].state_dict())


def _left_out(made: Any, base: Any, pictures: Tensor, count: int) -> tuple[Tensor, Tensor]:
    """Find what of the encoder's last features tells most of what the base does not paint: weights and biases."""
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
    _, told, directions = torch.linalg.svd(by.T @ square @ by)
    weights = by @ directions[:count].T
    # What the base's latents tell already is taken out; a little of it is left in x, where it is not linear in them.
    weights -= torch.linalg.solve(square, x.T @ z) @ torch.linalg.solve(z.T @ z, z.T @ (x @ weights))
    size = (told[:count] / told[0]).sqrt().clamp(min=LEAST / LARGEST) * LARGEST / base.config.scaling_factor
    weights *= size / (x @ weights).std(0)
    bias = -(middle @ weights)
    return weights.T.reshape(count, width, 3, 3).float(), bias.float()


def _places(maps: Tensor) -> Tensor:
    """Lay out maps (n, c, h, w) as a row for each place (n h w, c)."""
    return maps.flatten(2).transpose(1, 2).flatten(0, 1)
