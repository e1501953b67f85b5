"""Distil a table of static token embeddings from a text encoder, for semantic search.

The sum of a text's token vectors approximates the text encoder's embedding. Vectors begin as the encoder's output for
each token alone, weighted by rarity (model2vec; Arora et al., ICLR 2017), and are then fitted to real texts.
"""

from __future__ import annotations

import gzip
import io
import json
import re
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch
import torch.nn.functional as F  # noqa: N812 - as everybody calls it
from numpy.typing import NDArray
from torch import Tensor

from studio.errors import StudioError
from studio.text.text_encoder import Texts
from studio.workspace.stage_command import progress

FORMAT = 1
LEVELS = 12
"""The largest integer in a table: 25 values need five bits, which compress to about three and a half."""

RARITY = 1e-4
"""The frequency at which a token has half the weight (Arora's a)."""

LATIN = re.compile(r"(##)?[\x21-\x7e\u00a1-\u024f\u2010-\u2033]+")
BATCH = 512


class Table(NamedTuple):
    """Tokens, their vectors, and the mean cosine similarity to the encoder's embeddings on held-out sentences."""

    pieces: list[str]
    vectors: NDArray[np.float32]
    likeness: float


def distil(texts: Texts, sentences: Sequence[str], *, width: int, passes: int, rate: float, seed: int) -> Table:
    """Return a table of ``width`` numbers per token, fitted to sentences, of which a twentieth is held out."""
    pieces = _pieces(texts)
    numbers = _numbers(sentences, texts, {number: row for row, (number, _) in enumerate(pieces)})
    embeddings = texts.sentences(sentences)
    rng = torch.Generator().manual_seed(seed)
    order = torch.randperm(len(sentences), generator=rng)
    held_out = set(order[: len(sentences) // 20].tolist())
    learned = [i for i in order.tolist() if i not in held_out and numbers[i]]
    onto = _directions(embeddings[learned], width, rng)
    aims = F.normalize(embeddings @ onto, dim=1)
    vectors = torch.nn.Parameter(_alone(texts, [number for number, _ in pieces]) @ onto)
    _fit(vectors, [numbers[i] for i in learned], aims[learned], passes=passes, rate=rate, rng=rng)
    tested = [i for i in held_out if numbers[i]]
    with torch.no_grad():
        likeness = float(F.cosine_similarity(_sums(vectors, [numbers[i] for i in tested]), aims[tested]).mean())
    return Table([piece for _, piece in pieces], vectors.detach().numpy(), likeness)


def table(pieces: Sequence[str], vectors: NDArray[np.float32]) -> bytes:
    """Return a table as bytes in the format that the site reads: integers, and a scale for each row."""
    scales = (np.abs(vectors).max(axis=1) / LEVELS).astype(np.float16)
    rows = np.rint(vectors / np.maximum(scales.astype(np.float32), 1e-9)[:, None]).clip(-LEVELS, LEVELS)
    file = io.BytesIO()
    np.savez_compressed(
        file,
        format=np.array(FORMAT),
        pieces=np.frombuffer("\n".join(pieces).encode(), np.uint8),
        rows=rows.astype(np.int8),
        scales=scales,
    )
    return file.getvalue()


def read_texts(path: Path) -> list[str]:
    """Return the texts of a file: one a line, or JSON Lines with a ``title``; also compressed with gzip.

    :raises StudioError: when the file cannot be read.
    """
    try:
        data = path.read_bytes()
        lines = (gzip.decompress(data) if path.suffix == ".gz" else data).decode().splitlines()
        return [text for line in lines if (text := _text(line))]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise StudioError(f"{path} cannot be read as texts: {error}") from error


def house_texts(base: Path) -> list[str]:
    """Return the prompts that a house model was trained on: its concepts, alone and in each style."""
    concepts, house = _json(base / "concepts.json", []), _json(base / "house.json", {})
    names = [str(concept["name"]) for concept in concepts] + [str(name) for name in house.get("vocabulary", [])]
    hands = [str(hand["words"]) for hand in house.get("hands", [])]
    return names + hands + [f"{name}, {hand}" for i, name in enumerate(names) for hand in hands[i % 7 : i % 7 + 1]]


def unique(texts: Iterable[str]) -> list[str]:
    """Return each text once, shortest first, because texts of similar length are encoded together."""
    return sorted({" ".join(text.split()) for text in texts} - {""}, key=lambda text: (len(text), text))


def _text(line: str) -> str:
    return str(json.loads(line)["title"]).strip() if line.startswith("{") else line.strip()


def _json(path: Path, otherwise: Any) -> Any:
    return json.loads(path.read_text("utf-8")) if path.exists() else otherwise


def _pieces(texts: Texts) -> list[tuple[int, str]]:
    """Return the tokenizer's tokens of Latin script with their numbers, in the tokenizer's order."""
    special = set(texts.tokenizer.all_special_tokens)
    known = sorted((number, piece) for piece, number in texts.tokenizer.get_vocab().items() if piece not in special)
    return [(number, piece) for number, piece in known if LATIN.fullmatch(piece) and not piece.startswith("[unused")]


def _numbers(sentences: Sequence[str], texts: Texts, rows: dict[int, int]) -> list[list[int]]:
    """Return the table rows of each sentence's tokens."""
    tokens = texts.tokenizer(list(sentences), add_special_tokens=False, truncation=True, max_length=64)["input_ids"]
    return [[rows[number] for number in row if number in rows] for row in tokens]


@torch.no_grad()
def _alone(texts: Texts, numbers: Sequence[int]) -> Tensor:
    """Return the encoder's output for each token alone, longer for rare tokens.

    Rarity follows from the order of the vocabulary.
    """
    first, last = texts.tokenizer.cls_token_id, texts.tokenizer.sep_token_id
    parts = []
    for each in progress(torch.split(torch.tensor(numbers), BATCH), what="pieces"):
        ids = torch.stack([torch.full_like(each, first), each, torch.full_like(each, last)], 1).to(texts.device)
        parts.append(texts.model(ids, attention_mask=torch.ones_like(ids))[0].mean(1).cpu())
    states = torch.cat(parts)
    frequency = 1 / (torch.tensor(numbers).float() + 2.7)  # Zipf: the vocabulary is in the order of frequency
    frequency /= frequency.sum()
    return (states - states.mean(0)) * (RARITY / (RARITY + frequency))[:, None]


def _directions(sentences: Tensor, width: int, rng: torch.Generator) -> Tensor:
    """Return the principal directions of the sentences, randomly rotated so that all are equally informative."""
    centred = sentences - sentences.mean(0)
    _, directions = torch.linalg.eigh(centred.T @ centred)  # rising
    directions = directions[:, -width:]
    turned, _ = torch.linalg.qr(torch.randn(width, width, generator=rng))
    both: Tensor = directions @ turned
    return both


def _sums(vectors: Tensor, numbers: Sequence[Sequence[int]]) -> Tensor:
    lengths = torch.tensor([0, *(len(each) for each in numbers[:-1])])
    flat = torch.tensor([number for each in numbers for number in each])
    return F.embedding_bag(flat, vectors, lengths.cumsum(0), mode="sum")


def _fit(
    vectors: torch.nn.Parameter,
    numbers: Sequence[Sequence[int]],
    aims: Tensor,
    *,
    passes: int,
    rate: float,
    rng: torch.Generator,
) -> None:
    """Fit the vectors so that their sums point in the directions of ``aims``."""
    size = rate * float(vectors.detach().norm(dim=1).mean()) / vectors.shape[1] ** 0.5
    optimiser = torch.optim.Adam([vectors], lr=size)
    total = passes * (len(numbers) // BATCH + 1)
    falling = torch.optim.lr_scheduler.LambdaLR(optimiser, lambda step: max(0.0, 1 - step / total))
    for _ in progress(range(passes), what="fit"):
        for batch in torch.split(torch.randperm(len(numbers), generator=rng), BATCH):
            chosen = batch.tolist()
            loss = (1 - F.cosine_similarity(_sums(vectors, [numbers[i] for i in chosen]), aims[chosen])).mean()
            optimiser.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]
            optimiser.step()
            falling.step()
