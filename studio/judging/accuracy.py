"""Shares that the eye finds, each with of how many it was counted and how far chance may have led astray."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import torch
from torch import Tensor

from eye import Eye
from sketch import arrangement, rendering
from sketch.arrangement import Wish
from sketch.sketchbook import Sketchbook
from studio.judging.rewordings import hits
from studio.scenes.canvas import PLAIN, Canvas

CHUNK = 32


def interval(share: float, count: int) -> tuple[float, float]:
    """Return the 95 % interval of a share of ``count`` (Wilson, 1927)."""
    if not count:
        return 0.0, 1.0
    z = 1.96
    middle = (share + z * z / (2 * count)) / (1 + z * z / count)
    half = z / (1 + z * z / count) * math.sqrt(share * (1 - share) / count + z * z / (4 * count * count))
    return round(max(0.0, middle - half), 4), round(min(1.0, middle + half), 4)


def counted(found: Tensor) -> dict[str, Any]:
    """Describe a share that was counted: itself, of how many, and its interval."""
    share = float(found.float().mean()) if len(found) else 0.0
    return {"share": round(share, 4), "of": len(found), "interval": interval(share, len(found))}


def written(told: dict[str, Any]) -> str:
    """Write a share that was :func:`counted`, with of how many and its interval."""
    low, high = told["interval"]
    return f"{told['share']:.1%} of {told['of']:,} ({low:.1%} to {high:.1%})"


def concepts_found(eye: Eye, sentences: Tensor, names: list[str], best: int) -> Tensor:
    """Tell for each sentence (n, width) whether its concept is among the ``best`` of all that the eye knows."""
    return hits(eye.score(sentences), [(name,) for name in names], eye.concepts, best)


@torch.no_grad()
def of_drawings(eye: Eye, canvas: Canvas) -> dict[str, Any]:
    """Measure the eye on all drawings of a canvas as they are, on a light ground: R where the eye never saw them."""
    looked = []
    for start in range(0, len(canvas.records), CHUNK):
        chosen = list(range(start, min(start + CHUNK, len(canvas.records))))
        looked.append(eye.look(canvas.by_hand(PLAIN, chosen))[0])
    names = [record.title for record in canvas.records]
    sentences = torch.cat(looked)
    return {f"top{best}": counted(concepts_found(eye, sentences, names, best)) for best in (1, 5)}


@torch.no_grad()
def of_hands(eye: Eye, canvas: Canvas, count: int) -> dict[str, Any]:
    """Measure the eye on ``count`` drawings before settings by each hand: hands recognised, concepts among five."""
    count = min(count, len(canvas.records))
    chosen = [n * len(canvas.records) // count for n in range(count)]
    names = [canvas.records[n].title for n in chosen]
    size = canvas.motifs.pixels.shape[-1]
    nothing = Sketchbook((), {})
    grounds = [rendering.draw(arrangement.arrange((), Wish(), seed), nothing, size).ground for seed in range(count)]
    before = torch.from_numpy(np.stack(grounds)).permute(0, 3, 1, 2).to(canvas.motifs.pixels.device)
    told, found, by_hand = [], [], {}
    for number, hand in enumerate(eye.hands):
        sentences, shares = eye.look(canvas.by_hand(hand, chosen, grounds=before))
        right = (shares.argmax(1) == number).cpu()
        by_hand[hand] = round(float(right.float().mean()), 3)
        told.append(right)
        found.append(concepts_found(eye, sentences, names, 5))
    return {"hand": counted(torch.cat(told)), "concept_top5": counted(torch.cat(found)), "by_hand": by_hand}
