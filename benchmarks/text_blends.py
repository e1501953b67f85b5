"""Ways to predict between two texts with a Z-Image transformer, whose texts have different lengths.

Each takes noisy pictures, the times (0 is noise, 1 is clean), and a pair of texts and an amount for each picture, and
returns the transformer's velocities. At amounts 0 and 1 each should equal the plain call.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import torch
from diffusers.models.transformers.transformer_z_image import SEQ_MULTI_OF
from torch import Tensor
from torch.nn import functional

Pair = tuple[Tensor, Tensor]
Way = Callable[[Any, Tensor, Tensor, Sequence[Pair], Tensor], Tensor]


def plain(network: Any, pictures: Tensor, times: Tensor, texts: Sequence[Tensor]) -> Tensor:
    """Return the transformer's unmodified predictions, with one text per picture."""
    return torch.stack(network([*pictures.unsqueeze(2)], times, [*texts], return_dict=False)[0]).squeeze(2)


def velocities(network: Any, pictures: Tensor, times: Tensor, pairs: Sequence[Pair], amounts: Tensor) -> Tensor:
    """Return the mix of the predictions for the two texts: two rows per picture."""
    both = _two_rows(network, pictures, times, pairs)
    return _mix(both[0::2], both[1::2], amounts)


def layers(network: Any, pictures: Tensor, times: Tensor, pairs: Sequence[Pair], amounts: Tensor) -> Tensor:
    """Mix the picture's tokens after each main layer: two rows per picture, each with the tokens of one text."""
    count = pictures.shape[-2] * pictures.shape[-1] // 4
    count += -count % SEQ_MULTI_OF

    def blend(_module: Any, _inputs: Any, tokens: Tensor) -> Tensor:
        mixed = _mix(tokens[0::2, :count], tokens[1::2, :count], amounts).repeat_interleave(2, 0)
        return torch.cat([mixed, tokens[:, count:]], 1)

    hooks = [layer.register_forward_hook(blend) for layer in network.layers]
    try:
        return _two_rows(network, pictures, times, pairs)[0::2]
    finally:
        for hook in hooks:
            hook.remove()


def states(network: Any, pictures: Tensor, times: Tensor, pairs: Sequence[Pair], amounts: Tensor) -> Tensor:
    """Mix the states of two texts of equal length: the plain call with one row per picture."""
    texts = [torch.lerp(a, b, float(amount)) for (a, b), amount in zip(pairs, amounts, strict=True)]
    return plain(network, pictures, times, texts)


def padded(network: Any, pictures: Tensor, times: Tensor, pairs: Sequence[Pair], amounts: Tensor) -> Tensor:
    """Mix refined states, the shorter text lengthened by the model's own padding: one row per picture."""
    texts = []
    for (a, b), amount in zip(pairs, amounts, strict=True):
        length = max(_padded_length(a), _padded_length(b))
        one, other = refine(network, a, length), refine(network, b, length)
        texts.append((torch.lerp(one, other, float(amount)),))
    return _one_stream(network, pictures, times, texts, None)


def tail(network: Any, pictures: Tensor, times: Tensor, pairs: Sequence[Pair], amounts: Tensor) -> Tensor:
    """Mix refined states up to the shorter length, and fade out the longer text's rest by a mask: one row per picture.

    The logarithm of its text's share is added to the attention weights of the rest. The picture's position follows the
    texts' as in the plain call, interpolated between the two by the amount, so that both ends are exact.
    """
    texts, ends, shares = [], [], []
    for (a, b), amount in zip(pairs, amounts.tolist(), strict=True):
        one, other = refine(network, a), refine(network, b)
        both = min(len(one), len(other))
        longer, share = (one, 1 - amount) if len(one) > len(other) else (other, amount)
        texts.append((torch.cat([torch.lerp(one[:both], other[:both], amount), longer[both:]]),))
        ends.append((1 - amount) * len(one) + amount * len(other))
        shares.append((both, share))
    return _one_stream(network, pictures, times, texts, None, ends, shares)


def fading(network: Any, pictures: Tensor, times: Tensor, pairs: Sequence[Pair], amounts: Tensor) -> Tensor:
    """Attend to both texts at once, in one row per picture: the picture's attention to each is faded by a mask.

    ``log(1 - t)`` is added before the softmax to the weight of each token of the first text, and ``log(t)`` to those of
    the second. The tokens of a text attend to the picture and to their own text.
    """
    texts = [(refine(network, a), refine(network, b)) for a, b in pairs]
    return _one_stream(network, pictures, times, texts, amounts)


def attention(network: Any, pictures: Tensor, times: Tensor, pairs: Sequence[Pair], amounts: Tensor) -> Tensor:
    """Attend to the picture with either text, and mix what the picture's tokens receive: one row per picture."""
    texts = [(refine(network, a), refine(network, b)) for a, b in pairs]
    own = [layer.attention.processor for layer in network.layers]
    try:
        for layer in network.layers:
            layer.attention.set_processor(_Mixed(amounts))
        return _one_stream(network, pictures, times, texts, amounts)
    finally:
        for layer, processor in zip(network.layers, own, strict=True):
            layer.attention.set_processor(processor)


WAYS: dict[str, Way] = {
    "velocities": velocities, "layers": layers, "attention": attention, "fading mask": fading,
    "padded states": padded, "fading tail": tail,
}  # fmt: skip


def refine(network: Any, text: Tensor, length: int = 0) -> Tensor:
    """Return a text's tokens as inputs of the main layers, padded to a length; they do not depend on time."""
    length = length or _padded_length(text)
    tokens = network.cap_embedder(text)
    tokens = torch.cat([tokens, network.cap_pad_token.expand(length - len(text), -1)])[None]
    places = torch.zeros(length, 3, dtype=torch.int32)
    places[:, 0] = torch.arange(1, length + 1)
    turns = network.rope_embedder(places)[None]
    for layer in network.context_refiner:
        tokens = layer(tokens, None, turns)
    return tokens[0]


def _one_stream(
    network: Any, pictures: Tensor, times: Tensor, texts: Sequence[tuple[Tensor, ...]], amounts: Tensor | None,
    image_ends: Sequence[float] = (), tails: Sequence[tuple[int, float]] = (),
) -> Tensor:  # fmt: skip
    """Return the predictions of the main layers over each picture's tokens followed by those of its texts."""
    embedding = network.t_embedder(times * network.t_scale).type_as(pictures)
    patches, grids = zip(*(_patches(network, each) for each in pictures), strict=True)
    spans = [[len(each) for each in row] for row in texts]
    ends = [max(row) for row in spans]  # the picture's position is one after each text's last
    count, area = patches[0].shape[0], len(grids[0])
    image = network.all_x_embedder["2-1"](torch.stack(patches))
    image[:, area:] = network.x_pad_token
    turns = torch.stack([
        _image_turns(network, grid, end + 1, count) for grid, end in zip(grids, image_ends or ends, strict=True)
    ])  # fmt: skip
    for layer in network.noise_refiner:
        image = layer(image, None, turns, embedding)
    # A batch pads each text to its longest one, so that all texts start at the same position.
    widths = [max(column) for column in zip(*spans, strict=True)]
    rows, places, starts = [], [], [count + sum(widths[:number]) for number in range(len(widths))]
    for row, end in zip(texts, ends, strict=True):
        wide = [*zip(row, widths, strict=True)]
        rows.append(torch.cat([functional.pad(text, (0, 0, 0, width - len(text))) for text, width in wide]))
        column = [
            functional.pad(torch.arange(end - len(text) + 1, end + 1), (0, width - len(text))) for text, width in wide
        ]
        places.append(network.rope_embedder(functional.pad(torch.cat(column)[:, None], (0, 2))))
    tokens = torch.cat([image, torch.stack(rows)], 1)
    turns = torch.cat([turns, torch.stack(places)], 1)
    bias = _bias(count, widths, spans, amounts, tokens)
    if tails and any(share < 1 for _, share in tails):
        bias = torch.zeros(len(texts), 1, *tokens.shape[1:2] * 2) if bias is None else bias
        for row, (both, share) in enumerate(tails):
            bias[row, :, :, count + both : count + spans[row][0]] = torch.tensor(share).log()
    for layer in network.layers:
        if isinstance(layer.attention.processor, _Mixed):
            layer.attention.processor.spans = count, starts, widths
        tokens = layer(tokens, bias, turns, embedding)
    out = network.all_final_layer["2-1"](tokens[:, :count], c=embedding)
    sizes = [(1, *pictures.shape[-2:])] * len(pictures)
    return torch.stack(network.unpatchify([*out.unbind(0)], sizes, 2, 1)).squeeze(2)


def _image_turns(network: Any, grid: Tensor, place: float, count: int) -> Tensor:
    """Return the rotations of a picture's tokens, whose position after the text may be fractional."""
    rope = network.rope_embedder
    turns = rope(functional.pad(functional.pad(grid, (1, 0), value=int(place)), (0, 0, 0, count - len(grid))))
    if place != int(place):
        width = rope.axes_dims[0]
        angles = place / rope.theta ** (torch.arange(0, width, 2, dtype=torch.float64) / width)
        turns[: len(grid), : width // 2] = torch.polar(torch.ones_like(angles), angles).to(turns.dtype)
    return turns


def _bias(count: int, widths: list[int], spans: list[list[int]], amounts: Tensor | None, like: Tensor) -> Tensor | None:
    """Return the bias of the attention weights (rows, 1, queries, keys), or None if there is none."""
    whole = all(span == widths for span in spans)
    if amounts is None and whole:
        return None
    total = count + sum(widths)
    bias = torch.zeros(len(spans), 1, total, total, dtype=like.dtype)
    for row, span in enumerate(spans):
        shares = [0.0] if amounts is None else [1 - float(amounts[row]), float(amounts[row])]
        start = count
        for number, (length, width) in enumerate(zip(span, widths, strict=True)):
            if amounts is not None:
                bias[row, :, :count, start : start + width] = torch.tensor(shares[number]).log()
                bias[row, :, count:start, start : start + width] = -torch.inf
                bias[row, :, start + width :, start : start + width] = -torch.inf
            bias[row, :, :, start + length : start + width] = -torch.inf
            start += width
    return bias


class _Mixed:
    """An attention processor that attends to picture and text once for each text, and mixes the picture's part."""

    spans: tuple[int, list[int], list[int]]

    def __init__(self, amounts: Tensor) -> None:
        self.amounts = amounts

    def __call__(
        self, attn: Any, hidden_states: Tensor, encoder_hidden_states: Any = None,  # noqa: ARG002
        attention_mask: Tensor | None = None, freqs_cis: Tensor | None = None,
    ) -> Tensor:  # fmt: skip
        query, key, value = (
            to(hidden_states).unflatten(-1, (attn.heads, -1)) for to in (attn.to_q, attn.to_k, attn.to_v)
        )
        query, key = _rotate(attn.norm_q(query), freqs_cis), _rotate(attn.norm_k(key), freqs_cis)
        count, starts, widths = self.spans
        images, texts = [], []
        for start, width in zip(starts, widths, strict=True):
            parts = [torch.cat([each[:, :count], each[:, start : start + width]], 1) for each in (query, key, value)]
            mask = None
            if attention_mask is not None:
                # Only the part of the bias that hides padding applies here: that of a text's own queries.
                own = attention_mask[:, :, start : start + 1]
                mask = torch.cat([own[..., :count], own[..., start : start + width]], -1)
                mask = mask if bool(mask.isinf().any()) else None
            out = functional.scaled_dot_product_attention(*(each.transpose(1, 2) for each in parts), attn_mask=mask)
            out = out.transpose(1, 2).flatten(2)
            images.append(out[:, :count])
            texts.append(out[:, count:])
        mixed = _mix(images[0], images[1], self.amounts)
        return attn.to_out[0](torch.cat([mixed, *texts], 1))


def _rotate(tokens: Tensor, turns: Tensor) -> Tensor:
    pairs = torch.view_as_complex(tokens.float().unflatten(-1, (-1, 2)))
    return torch.view_as_real(pairs * turns.unsqueeze(2)).flatten(3).type_as(tokens)


def _two_rows(network: Any, pictures: Tensor, times: Tensor, pairs: Sequence[Pair]) -> Tensor:
    texts = [text for pair in pairs for text in pair]
    return plain(network, pictures.repeat_interleave(2, 0), times.repeat_interleave(2), texts)


def _mix(one: Tensor, other: Tensor, amounts: Tensor) -> Tensor:
    share = amounts.to(one).reshape(-1, *[1] * (one.ndim - 1))
    return (1 - share) * one + share * other


def _padded_length(text: Tensor) -> int:
    return len(text) + -len(text) % SEQ_MULTI_OF


def _patches(network: Any, picture: Tensor) -> tuple[Tensor, Tensor]:
    patches, _, (_, height, width) = network._patchify_image(picture.unsqueeze(1), 2, 1)
    patches = torch.cat([patches, patches[-1:].repeat(-len(patches) % SEQ_MULTI_OF, 1)])
    grid = torch.stack(torch.meshgrid(torch.arange(height), torch.arange(width), indexing="ij"), -1).flatten(0, 1)
    return patches, grid
