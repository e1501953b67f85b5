"""Prompts of any length, with weights and textual inversions, for the text encoders of CLIP.

A prompt is cut into chunks of as many tokens as an encoder takes, each between a start token and an end token; their
states are concatenated. A weight multiplies the difference of a token's state from that of the empty prompt at the same
place: at 1 the states are exactly the encoder's own, at 0 the token has no effect.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from app.core.text import embedding_names, prompt_weights
from worker.diffusion.families import inversion_files
from worker.diffusion.families.family import Text
from worker.diffusion.families.text_options import TextOptions

CHUNKS_MAX = 8
"""How many chunks of a prompt are encoded at most."""

PLACEHOLDER = 0
"""The token at the place of a textual inversion, whose vector replaces the token's embedding."""

Layer = Callable[[Any, torch.Tensor, torch.Tensor | None], tuple[torch.Tensor, torch.Tensor | None]]
"""Returns an encoder's states (1 x tokens x width), and its pooled vector if it has one, for token IDs and their mask.
"""


@dataclass(frozen=True, slots=True)
class Token:
    """A token of a prompt: its ID, its weight and, at the place of a textual inversion, its vector."""

    id: int
    weight: float = 1.0
    vector: torch.Tensor | None = None


Group = list[Token]
"""Tokens that must be in the same chunk: one, or those of one textual inversion."""


def encode(
    encoders: Sequence[tuple[Any, Any]], prompt: str, options: TextOptions, layer: Layer, device: torch.device
) -> Text:
    """Encode a prompt by pairs of a tokenizer and an encoder, whose states are concatenated along the width.

    The pooled vector is that of the first chunk.

    :raises InversionError: when a textual inversion cannot be used.
    """
    chunked = [
        _chunked(tokenizer, encoder, prompt, options, number) for number, (tokenizer, encoder) in enumerate(encoders)
    ]
    count = max(len(chunks) for chunks in chunked)
    rows, pooled = [], None
    blank = []
    for (tokenizer, encoder), chunks in zip(encoders, chunked, strict=True):
        empty, nothing = _states(tokenizer, encoder, [], layer, device)
        encoded = [_states(tokenizer, encoder, chunk, layer, device) if chunk else (empty, nothing) for chunk in chunks]
        if pooled is None:
            pooled = encoded[0][1]
        states = [_weighted(each, empty, chunk) for (each, _), chunk in zip(encoded, chunks, strict=True)]
        rows.append(torch.cat([*states, *[empty] * (count - len(chunks))]))
        blank.append(empty)
    return Text(_array(torch.cat(rows, -1)), None if pooled is None else _array(pooled), _array(torch.cat(blank, -1)))


def count_chunks(tokenizer: Any, prompt: str, options: TextOptions) -> int:
    """Return how many chunks the whole prompt would take."""
    return len(_packed(_groups(tokenizer, prompt, options, 0, None), tokenizer.model_max_length - 2))


def pad_to_longest(texts: Sequence[Text]) -> list[Text]:
    """Return the texts padded by empty chunks to the length of the longest."""
    most = max((len(text.states) for text in texts), default=0)
    return [_filled(text, most) for text in texts]


def _filled(text: Text, length: int) -> Text:
    missing = length - len(text.states)
    if missing <= 0 or text.empty is None:
        return text
    blank = np.tile(text.empty, (missing // len(text.empty), 1))
    return Text(np.concatenate([text.states, blank]), text.pooled, text.empty)


def _chunked(tokenizer: Any, encoder: Any, prompt: str, options: TextOptions, number: int) -> list[list[Token]]:
    """Return the tokens of each chunk; one empty chunk for an empty prompt."""
    width = encoder.get_input_embeddings().weight.shape[1]
    groups = _groups(tokenizer, prompt, options, number, width)
    return _packed(groups, tokenizer.model_max_length - 2)[:CHUNKS_MAX]


def _packed(groups: Sequence[Group], room: int) -> list[list[Token]]:
    chunks: list[list[Token]] = [[]]
    for group in groups:
        if len(chunks[-1]) + len(group) > room:
            chunks.append([])
        chunks[-1] += group
    return chunks


def _groups(tokenizer: Any, prompt: str, options: TextOptions, number: int, width: int | None) -> list[Group]:
    """Return a prompt's tokens for the encoder with this number; `width` is its vectors' width, None for any."""
    files = {file.name.casefold(): file for file in options.embeddings}
    groups: list[Group] = []
    for span in prompt_weights.parse(prompt).spans:
        for text, name in embedding_names.split(span.text, files):
            if name:
                vectors = inversion_files.vectors(files[name], number, width)
                groups.append([Token(PLACEHOLDER, span.weight, vector) for vector in vectors])
            else:
                ids = tokenizer(text, add_special_tokens=False).input_ids
                groups += [[Token(each, span.weight)] for each in ids]
    return groups


def _states(
    tokenizer: Any, encoder: Any, tokens: Sequence[Token], layer: Layer, device: torch.device
) -> tuple[torch.Tensor, torch.Tensor | None]:
    """Encode one chunk; return its states (tokens x width) and its pooled vector (width), in float32."""
    length = tokenizer.model_max_length
    ids = [tokenizer.bos_token_id, *(token.id for token in tokens), tokenizer.eos_token_id]
    mask = None
    if getattr(encoder.config, "use_attention_mask", False):
        mask = torch.tensor([[1] * len(ids) + [0] * (length - len(ids))], device=device)
    ids += [tokenizer.pad_token_id] * (length - len(ids))
    with _in_place(encoder, [(index, token.vector) for index, token in enumerate(tokens, 1)]):
        states, pooled = layer(encoder, torch.tensor([ids], device=device), mask)
    return states[0].float(), None if pooled is None else pooled[0].float()


@contextmanager
def _in_place(encoder: Any, vectors: Sequence[tuple[int, torch.Tensor | None]]) -> Iterator[None]:
    """Replace embeddings at some places of a chunk by vectors while the block runs.

    Tokenizer and encoder are not changed, so that other prompts are not affected.
    """
    there = [(place, vector) for place, vector in vectors if vector is not None]
    if not there:
        yield
        return

    def replace(_module: Any, _inputs: Any, embedded: torch.Tensor) -> torch.Tensor:
        embedded = embedded.clone()
        for place, vector in there:
            embedded[:, place] = vector.to(embedded.device, embedded.dtype)
        return embedded

    handle = encoder.get_input_embeddings().register_forward_hook(replace)
    try:
        yield
    finally:
        handle.remove()


def _weighted(states: torch.Tensor, empty: torch.Tensor, tokens: Sequence[Token]) -> torch.Tensor:
    """Return states in which the difference of weighted tokens from the empty prompt is multiplied."""
    if all(token.weight == 1 for token in tokens):
        return states
    weights = states.new_ones(len(states), 1)
    weights[1 : 1 + len(tokens), 0] = states.new_tensor([token.weight for token in tokens])
    return torch.where(weights == 1, states, torch.lerp(empty, states, weights))


def _array(tensor: torch.Tensor) -> NDArray[np.float32]:
    array: NDArray[np.float32] = tensor.cpu().numpy()
    return array
