"""What a Z-Image transformer predicts between two texts of unequal length, one picture after the other.

The worker's prediction is compared with this one, which was measured against others (decision 64).
"""

import math
from collections.abc import Sequence
from typing import Any

import diffusers
import torch
from diffusers.models.transformers.transformer_z_image import SEQ_MULTI_OF
from torch import Tensor
from torch.nn import functional

WIDTH = 32
"""The width of a token's states in the small transformer."""

CONFIG = {
    "in_channels": 3, "dim": 128, "n_layers": 6, "n_refiner_layers": 1, "n_heads": 4, "n_kv_heads": 4,
    "cap_feat_dim": WIDTH, "axes_dims": [8, 12, 12], "axes_lens": [256, 64, 64],
}  # fmt: skip
LENGTHS = (9, 26), (12, 45), (40, 7), (20, 58)
"""The lengths of a pair's two texts in tokens; Z-Image pads each text to a multiple of 32."""

Pair = tuple[Tensor, Tensor]


def small_network() -> Any:
    """Return a small transformer with random weights."""
    torch.manual_seed(0)
    return diffusers.ZImageTransformer2DModel(**CONFIG)


def random_pairs() -> list[Pair]:
    """Return pairs of random texts of unequal length, as states (tokens, width)."""
    rng = torch.Generator().manual_seed(3)
    return [
        (torch.randn(one, WIDTH, generator=rng), torch.randn(other, WIDTH, generator=rng)) for one, other in LENGTHS
    ]


def plain(network: Any, pictures: Tensor, times: Tensor, texts: Sequence[Tensor]) -> Tensor:
    """Return the transformer's unmodified predictions, with one text per picture."""
    return torch.stack(network([*pictures.unsqueeze(2)], times, [*texts], return_dict=False)[0]).squeeze(2)


def blended(network: Any, pictures: Tensor, times: Tensor, pairs: Sequence[Pair], amounts: Sequence[float]) -> Tensor:
    """Return the predictions between two texts per picture.

    Refined states are interpolated up to the shorter length. The longer text's rest is kept, and the logarithm of that
    text's share is added to its attention weights. The picture's position follows the texts' as in the plain call,
    interpolated between the two by the amount.
    """
    rows = zip(pictures.split(1), times.split(1), pairs, amounts, strict=True)
    return torch.cat([_blended(network, *row) for row in rows])


def _blended(network: Any, picture: Tensor, time: Tensor, pair: Pair, amount: float) -> Tensor:
    one, other = (_refine(network, text) for text in pair)
    both = min(len(one), len(other))
    longer, share = (one, 1 - amount) if len(one) > len(other) else (other, amount)
    text = torch.cat([torch.lerp(one[:both], other[:both], amount), longer[both:]])
    embedding = network.t_embedder(time * network.t_scale).type_as(picture)
    patches, _, (_, height, width) = network._patchify_image(picture[0].unsqueeze(1), 2, 1)
    area, count = len(patches), _padded(len(patches))
    image = network.all_x_embedder["2-1"](torch.cat([patches, patches[-1:].repeat(count - area, 1)]))[None]
    image[:, area:] = network.x_pad_token
    place = 1 + (1 - amount) * len(one) + amount * len(other)
    turns = _picture_turns(network, height, width, place, count)[None]
    for layer in network.noise_refiner:
        image = layer(image, None, turns, embedding)
    tokens = torch.cat([image, text[None]], 1)
    turns = torch.cat([turns, _text_turns(network, len(text))], 1)
    bias = torch.zeros(1, 1, count + len(text), count + len(text))
    bias[..., count + both :] = math.log(share)
    for layer in network.layers:
        tokens = layer(tokens, bias, turns, embedding)
    out = network.all_final_layer["2-1"](tokens[:, :count], c=embedding)
    [velocity] = network.unpatchify([*out], [(1, *picture.shape[-2:])], 2, 1)
    return velocity.transpose(0, 1)


def _refine(network: Any, text: Tensor) -> Tensor:
    """Return a text's tokens as inputs of the main layers, padded; they do not depend on time."""
    length = _padded(len(text))
    tokens = network.cap_embedder(text)
    tokens = torch.cat([tokens, network.cap_pad_token.expand(length - len(text), -1)])[None]
    for layer in network.context_refiner:
        tokens = layer(tokens, None, _text_turns(network, length))
    return tokens[0]


def _text_turns(network: Any, length: int) -> Tensor:
    places = torch.zeros(length, 3, dtype=torch.int32)
    places[:, 0] = torch.arange(1, length + 1)
    return network.rope_embedder(places)[None]


def _picture_turns(network: Any, height: int, width: int, place: float, count: int) -> Tensor:
    """Return the rotations of a picture's tokens, whose position after the text may be fractional."""
    rope = network.rope_embedder
    grid = torch.stack(torch.meshgrid(torch.arange(height), torch.arange(width), indexing="ij"), -1).flatten(0, 1)
    turns = rope(functional.pad(functional.pad(grid, (1, 0), value=int(place)), (0, 0, 0, count - len(grid))))
    if place != int(place):
        axis = rope.axes_dims[0]
        angles = place / rope.theta ** (torch.arange(0, axis, 2, dtype=torch.float64) / axis)
        turns[: len(grid), : axis // 2] = torch.polar(torch.ones_like(angles), angles).to(turns.dtype)
    return turns


def _padded(length: int) -> int:
    return length + -length % SEQ_MULTI_OF
