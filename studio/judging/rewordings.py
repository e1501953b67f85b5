"""Rewordings: prompts that name a concept in other words than any caption does, written before any training.

They tell what a model understands beyond the names that it learned. Each means one concept, the first, or one that may
as well be meant. What the text encoder itself makes of them among the concepts' names is the most that can be asked.
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


def read() -> list[Rewording]:
    """Return all of them, in the order in which they were written."""
    return [Rewording(row["prompt"], tuple(row["means"])) for row in json.loads(FILE.read_bytes())]


def among(concepts: Sequence[str]) -> list[Rewording]:
    """Return those that mean something among ``concepts``."""
    known = {name.casefold() for name in concepts}
    return [each for each in read() if any(name.casefold() in known for name in each.means)]


def hits(scores: Tensor, meant: Sequence[Sequence[str]], concepts: Sequence[str], best: int) -> Tensor:
    """Tell for each row of ``scores`` (n, concepts) whether what is meant is among the ``best`` concepts."""
    place = {name.casefold(): number for number, name in enumerate(concepts)}
    found = scores.topk(min(best, len(concepts)), dim=1).indices
    rows = [torch.tensor([place.get(name.casefold(), -1) for name in names]) for names in meant]
    return torch.stack([torch.isin(row, right).any() for row, right in zip(found.cpu(), rows, strict=True)])


def understood(texts: Texts, concepts: Sequence[str]) -> dict[str, float]:
    """Measure the share that the text encoder alone finds among the concepts' names, first and among five."""
    asked = among(concepts)
    scores = texts.sentences([each.prompt for each in asked]) @ named(texts, concepts).T
    meant = [each.means for each in asked]
    return {f"top{best}": round(float(hits(scores, meant, concepts, best).float().mean()), 4) for best in (1, 5)}


def named(texts: Texts, concepts: Sequence[str]) -> Tensor:
    """Return the sentence of each concept's name as it stands in a prompt (n, width), of length 1."""
    return texts.sentences([wording.thing(name) for name in concepts])
