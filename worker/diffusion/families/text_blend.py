"""Predict between two texts of unequal length by a Z-Image transformer, in one UNet evaluation.

The transformer's context refiner turns each text into the states that its main layers attend to. Here these states are
interpolated token by token as far as both texts reach. The longer text's other tokens are kept and faded: the logarithm
of that text's share is added to their attention scores before the softmax. The picture's position in the rotary
embedding follows the texts', and is interpolated between both. At both ends the prediction is the transformer's own, up
to rounding (decision 64).
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import torch
from diffusers.models.transformers.transformer_z_image import SEQ_MULTI_OF
from torch.nn import functional

from worker.diffusion.families.family import Between

PATCH = "2-1"
"""diffusers' name of the layers for patches of two by two latents of one frame."""


def predict(network: Any, latents: torch.Tensor, times: torch.Tensor, texts: Sequence[Between]) -> torch.Tensor:
    """Return the transformer's velocities for latents (rows x channels x height x width), each between two texts.

    `times` (rows) are 0 for noise and 1 for a clean picture. All tensors have the network's precision.
    """
    with _on_its_device(network):
        rows, ends, fading = [], [], []
        for text in texts:
            one, other = (_refined(network, each.to(latents.dtype)) for each in (text.first, text.last))
            both = min(len(one), len(other))
            longer, share = (one, 1 - text.share) if len(one) > len(other) else (other, text.share)
            rows.append(torch.cat([torch.lerp(one[:both], other[:both], text.share), longer[both:]]))
            ends.append((1 - text.share) * len(one) + text.share * len(other))
            fading.append((both, share))
        return _main(network, latents, times, rows, ends, fading)


def filled(tokens: int) -> int:
    """Return the number of tokens after padding: the network pads to a multiple."""
    return tokens + -tokens % int(SEQ_MULTI_OF)


@contextmanager
def _on_its_device(network: Any) -> Iterator[None]:
    """Run accelerate's hooks around the block: they run only when the whole network is called, as it is not here."""
    hook = getattr(network, "_hf_hook", None)
    if hook is not None:
        hook.pre_forward(network)
    yield
    if hook is not None:
        hook.post_forward(network, None)


def _refined(network: Any, text: torch.Tensor) -> torch.Tensor:
    """Return a text's refined tokens (tokens x width), padded with the network's own token."""
    length = filled(len(text))
    tokens = network.cap_embedder(text)
    padding = network.cap_pad_token.to(tokens).expand(length - len(text), -1)
    tokens = torch.cat([tokens, padding])[None]
    turns = network.rope_embedder(_places(torch.arange(1, length + 1, device=text.device)))[None]
    for layer in network.context_refiner:
        tokens = layer(tokens, None, turns)
    refined: torch.Tensor = tokens[0]
    return refined


def _main(
    network: Any,
    latents: torch.Tensor,
    times: torch.Tensor,
    texts: Sequence[torch.Tensor],
    ends: Sequence[float],
    fading: Sequence[tuple[int, float]],
) -> torch.Tensor:
    """Run the main layers over each picture's tokens followed by its text's; return the velocities."""
    embedding = network.t_embedder(times * network.t_scale).type_as(latents)
    patches, grids = zip(*(_patches(network, each) for each in latents), strict=True)
    count, area = len(patches[0]), len(grids[0])
    image = network.all_x_embedder[PATCH](torch.stack(patches))
    image[:, area:] = network.x_pad_token.to(image)
    turns = torch.stack([_image_turns(network, grid, end + 1, count) for grid, end in zip(grids, ends, strict=True)])
    for layer in network.noise_refiner:
        image = layer(image, None, turns, embedding)
    width = max(map(len, texts))
    rows = torch.stack([functional.pad(text, (0, 0, 0, width - len(text))) for text in texts])
    places = _places(torch.arange(1, width + 1, device=latents.device))
    words = network.rope_embedder(places).expand(len(texts), -1, -1)
    tokens, turns = torch.cat([image, rows], 1), torch.cat([turns, words], 1)
    bias = tokens.new_zeros(len(texts), 1, 1, count + width)
    for row, (text, (both, share)) in enumerate(zip(texts, fading, strict=True)):
        bias[row, :, :, count + both : count + len(text)] = math.log(share)
        bias[row, :, :, count + len(text) :] = -math.inf
    bias = bias.expand(-1, -1, tokens.shape[1], -1)
    for layer in network.layers:
        tokens = layer(tokens, bias, turns, embedding)
    out = network.all_final_layer[PATCH](tokens[:, :count], c=embedding)
    sizes = [(1, *latents.shape[-2:])] * len(latents)
    velocities: torch.Tensor = torch.stack(network.unpatchify([*out.unbind(0)], sizes, 2, 1)).squeeze(2)
    return velocities


def _patches(network: Any, latents: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """Return a picture's patches, padded, and the (row, column) of each."""
    patches, _, (_, height, width) = network._patchify_image(latents.unsqueeze(1), 2, 1)
    patches = torch.cat([patches, patches[-1:].repeat(filled(len(patches)) - len(patches), 1)])
    sides = (torch.arange(side, device=latents.device) for side in (height, width))
    return patches, torch.stack(torch.meshgrid(*sides, indexing="ij"), -1).flatten(0, 1)


def _places(numbers: torch.Tensor) -> torch.Tensor:
    """Return the positions of a text's tokens, which differ on the first axis alone."""
    return functional.pad(numbers[:, None], (0, 2))


def _image_turns(network: Any, grid: torch.Tensor, place: float, count: int) -> torch.Tensor:
    """Return the rotary embedding of a picture's tokens, whose position after the text may be a fraction."""
    rope = network.rope_embedder
    padded = functional.pad(functional.pad(grid, (1, 0), value=int(place)), (0, 0, 0, count - len(grid)))
    turns: torch.Tensor = rope(padded)
    if place != int(place):
        width = rope.axes_dims[0]
        angles = place / rope.theta ** (torch.arange(0, width, 2, dtype=torch.float64) / width)
        turns[: len(grid), : width // 2] = torch.polar(torch.ones_like(angles), angles).to(turns)
    return turns
