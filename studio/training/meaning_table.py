"""Distilling the table of meaning: a vector for each piece of a word, whose sum says what the text encoder says.

The vectors begin as what the text encoder makes of each piece alone, weighed by how rare it is (model2vec; Arora et
al., ICLR 2017), and are then fitted to its sentences for real texts.
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
"""The greatest number of a table: five bits, of which a compressed file takes some three and a half."""

RARITY = 1e-4
"""How rare a piece must be to count for half (Arora's a)."""

LATIN = re.compile(r"(##)?[\x21-\x7e\u00a1-\u024f\u2010-\u2033]+")
BATCH = 512


class Table(NamedTuple):
    """Pieces and their vectors; on sentences kept out, how alike their sums are to the text encoder's sentences."""

    pieces: list[str]
    vectors: NDArray[np.float32]
    likeness: float


def distil(texts: Texts, sentences: Sequence[str], *, width: int, passes: int, rate: float, seed: int) -> Table:
    """Make a table of ``width`` numbers a piece from a text encoder and sentences, a twentieth of which is kept out."""
    pieces = _pieces(texts)
    numbers = _numbers(sentences, texts, {number: row for row, (number, _) in enumerate(pieces)})
    said = texts.sentences(sentences)
    dice = torch.Generator().manual_seed(seed)
    order = torch.randperm(len(sentences), generator=dice)
    kept_out = set(order[: len(sentences) // 20].tolist())
    learned = [i for i in order.tolist() if i not in kept_out and numbers[i]]
    onto = _directions(said[learned], width, dice)
    aims = F.normalize(said @ onto, dim=1)
    vectors = torch.nn.Parameter(_alone(texts, [number for number, _ in pieces]) @ onto)
    _fit(vectors, [numbers[i] for i in learned], aims[learned], passes=passes, rate=rate, dice=dice)
    tested = [i for i in kept_out if numbers[i]]
    with torch.no_grad():
        likeness = float(F.cosine_similarity(_sums(vectors, [numbers[i] for i in tested]), aims[tested]).mean())
    return Table([piece for _, piece in pieces], vectors.detach().numpy(), likeness)


def table(pieces: Sequence[str], vectors: NDArray[np.float32]) -> bytes:
    """Write a table as the site reads it: whole numbers, and what one is worth in each row."""
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
    """Read texts, one a line, or JSON Lines with a ``title``; also compressed with gzip.

    :raises StudioError: where it is none.
    """
    try:
        data = path.read_bytes()
        lines = (gzip.decompress(data) if path.suffix == ".gz" else data).decode().splitlines()
        return [text for line in lines if (text := _text(line))]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise StudioError(f"{path} cannot be read as texts: {error}") from error


def of_house(base: Path) -> list[str]:
    """Say what a house model was taught to paint: its concepts, alone and in each of its hands."""
    concepts, house = _json(base / "concepts.json", []), _json(base / "house.json", {})
    names = [str(concept["name"]) for concept in concepts] + [str(name) for name in house.get("vocabulary", [])]
    hands = [str(hand["words"]) for hand in house.get("hands", [])]
    return names + hands + [f"{name}, {hand}" for i, name in enumerate(names) for hand in hands[i % 7 : i % 7 + 1]]


def unique(texts: Iterable[str]) -> list[str]:
    """Keep each text once, the short ones first: those of one length are encoded together."""
    return sorted({" ".join(text.split()) for text in texts} - {""}, key=lambda text: (len(text), text))


def _text(line: str) -> str:
    return str(json.loads(line)["title"]).strip() if line.startswith("{") else line.strip()


def _json(path: Path, otherwise: Any) -> Any:
    return json.loads(path.read_text("utf-8")) if path.exists() else otherwise


def _pieces(texts: Texts) -> list[tuple[int, str]]:
    """List the tokenizer's pieces of Latin script, which is what the text encoder has learned, in its own order."""
    special = set(texts.tokenizer.all_special_tokens)
    known = sorted((number, piece) for piece, number in texts.tokenizer.get_vocab().items() if piece not in special)
    return [(number, piece) for number, piece in known if LATIN.fullmatch(piece) and not piece.startswith("[unused")]


def _numbers(sentences: Sequence[str], texts: Texts, rows: dict[int, int]) -> list[list[int]]:
    """Return the rows of each sentence's pieces."""
    read = texts.tokenizer(list(sentences), add_special_tokens=False, truncation=True, max_length=64)["input_ids"]
    return [[rows[number] for number in found if number in rows] for found in read]


@torch.no_grad()
def _alone(texts: Texts, numbers: Sequence[int]) -> Tensor:
    """Return what the text encoder makes of each piece alone, the rare ones longer, as a vocabulary's order tells."""
    first, last = texts.tokenizer.cls_token_id, texts.tokenizer.sep_token_id
    parts = []
    for each in progress(torch.split(torch.tensor(numbers), BATCH), what="pieces"):
        ids = torch.stack([torch.full_like(each, first), each, torch.full_like(each, last)], 1).to(texts.device)
        parts.append(texts.model(ids, attention_mask=torch.ones_like(ids))[0].mean(1).cpu())
    found = torch.cat(parts)
    often = 1 / (torch.tensor(numbers).float() + 2.7)  # Zipf: the vocabulary is in the order of frequency
    often /= often.sum()
    return (found - found.mean(0)) * (RARITY / (RARITY + often))[:, None]


def _directions(sentences: Tensor, width: int, dice: torch.Generator) -> Tensor:
    """Return the directions in which sentences differ most, turned at random: every bit of an index says as much."""
    centred = sentences - sentences.mean(0)
    _, found = torch.linalg.eigh(centred.T @ centred)  # rising
    found = found[:, -width:]
    turned, _ = torch.linalg.qr(torch.randn(width, width, generator=dice))
    both: Tensor = found @ turned
    return both


def _sums(vectors: Tensor, numbers: Sequence[Sequence[int]]) -> Tensor:
    lengths = torch.tensor([0, *(len(each) for each in numbers[:-1])])
    flat = torch.tensor([number for each in numbers for number in each])
    return F.embedding_bag(flat, vectors, lengths.cumsum(0), mode="sum")


def _fit(vectors: torch.nn.Parameter, numbers: Sequence[Sequence[int]], aims: Tensor, *, passes: int, rate: float,
         dice: torch.Generator) -> None:  # fmt: skip
    """Move the vectors until their sums point where the aims do."""
    size = rate * float(vectors.detach().norm(dim=1).mean()) / vectors.shape[1] ** 0.5
    optimiser = torch.optim.Adam([vectors], lr=size)
    total = passes * (len(numbers) // BATCH + 1)
    falling = torch.optim.lr_scheduler.LambdaLR(optimiser, lambda step: max(0.0, 1 - step / total))
    for _ in progress(range(passes), what="fit"):
        for batch in torch.split(torch.randperm(len(numbers), generator=dice), BATCH):
            chosen = batch.tolist()
            loss = (1 - F.cosine_similarity(_sums(vectors, [numbers[i] for i in chosen]), aims[chosen])).mean()
            optimiser.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]
            optimiser.step()
            falling.step()
