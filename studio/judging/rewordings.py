"""Reworded prompts: each names a concept in words that no caption uses; written before any training.

They measure what a model understands other than the names it was trained on. Each means one concept, the first of its
list, or one of several. The text encoder's own accuracy on them is the upper limit.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor

from sketch import wording
from studio.text.text_encoder import Texts

FILE = Path(__file__).with_name("rewordings.json")


@dataclass(frozen=True, slots=True)
class Rewording:
    """A prompt, and the concepts that it may mean, the likeliest first."""

    prompt: str
    means: tuple[str, ...]


def load_rewordings() -> list[Rewording]:
    """Return all rewordings, in the order of the file."""
    return [Rewording(row["prompt"], tuple(row["means"])) for row in json.loads(FILE.read_bytes())]


def among(concepts: Sequence[str]) -> list[Rewording]:
    """Return the rewordings that mean one of ``concepts``."""
    known = {name.casefold() for name in concepts}
    return [each for each in load_rewordings() if any(name.casefold() in known for name in each.means)]


def hits(scores: Tensor, meanings: Sequence[Sequence[str]], concepts: Sequence[str], best: int) -> Tensor:
    """Return for each row of ``scores`` (n, concepts) whether a concept that is meant is among the ``best``."""
    place = {name.casefold(): number for number, name in enumerate(concepts)}
    named = scores.topk(min(best, len(concepts)), dim=1).indices
    rows = [torch.tensor([place.get(name.casefold(), -1) for name in names]) for names in meanings]
    return torch.stack([torch.isin(row, right).any() for row, right in zip(named.cpu(), rows, strict=True)])


def measure_text_encoder(texts: Texts, concepts: Sequence[str]) -> dict[str, float]:
    """Return the share of rewordings for which the text encoder alone finds the concept, first and among five."""
    known = among(concepts)
    scores = texts.sentences([each.prompt for each in known]) @ concept_vectors(texts, concepts).T
    meanings = [each.means for each in known]
    return {f"top{best}": round(float(hits(scores, meanings, concepts, best).float().mean()), 4) for best in (1, 5)}


def concept_vectors(texts: Texts, concepts: Sequence[str]) -> Tensor:
    """Return the text vectors (n, width), of length 1, of the concepts' names as in prompts."""
    return texts.sentences([wording.thing(name) for name in concepts])
