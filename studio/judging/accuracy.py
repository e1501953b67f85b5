"""Accuracy of the image encoder and of models, each with its count and confidence interval."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import torch
from torch import Tensor

from image_encoder import ImageEncoder
from sketch import arrangement, rendering
from sketch.arrangement import Wish
from sketch.sketchbook import Sketchbook
from studio.judging.rewordings import hits
from studio.scenes.canvas import PLAIN, Canvas

CHUNK = 32


def interval(share: float, count: int) -> tuple[float, float]:
    """Return the 95 % confidence interval of a share of ``count`` trials (Wilson, 1927)."""
    if not count:
        return 0.0, 1.0
    z = 1.96
    middle = (share + z * z / (2 * count)) / (1 + z * z / count)
    half = z / (1 + z * z / count) * math.sqrt(share * (1 - share) / count + z * z / (4 * count * count))
    return round(max(0.0, middle - half), 4), round(min(1.0, middle + half), 4)


def count_share(hits: Tensor) -> dict[str, Any]:
    """Return a share as ``{"share", "of", "interval"}``, from a Boolean tensor."""
    share = float(hits.float().mean()) if len(hits) else 0.0
    return {"share": round(share, 4), "of": len(hits), "interval": interval(share, len(hits))}


def format_share(result: dict[str, Any]) -> str:
    """Format a share that :func:`count_share` returned, with its count and interval."""
    low, high = result["interval"]
    return f"{result['share']:.1%} of {result['of']:,} ({low:.1%} to {high:.1%})"


def concept_hits(eye: ImageEncoder, sentences: Tensor, names: list[str], best: int) -> Tensor:
    """Return for each sentence (n, width) whether its concept is among the ``best`` that the image encoder names."""
    return hits(eye.score(sentences), [(name,) for name in names], eye.concepts, best)


@torch.no_grad()
def measure_drawings(eye: ImageEncoder, canvas: Canvas) -> dict[str, Any]:
    """Measure the image encoder on all plain drawings of a canvas, on a light background: top-1 and top-5 accuracy."""
    vectors = []
    for start in range(0, len(canvas.records), CHUNK):
        chosen = list(range(start, min(start + CHUNK, len(canvas.records))))
        vectors.append(eye.encode(canvas.by_hand(PLAIN, chosen))[0])
    names = [record.title for record in canvas.records]
    sentences = torch.cat(vectors)
    return {f"top{best}": count_share(concept_hits(eye, sentences, names, best)) for best in (1, 5)}


@torch.no_grad()
def measure_styles(eye: ImageEncoder, canvas: Canvas, count: int) -> dict[str, Any]:
    """Measure the image encoder on ``count`` drawings in each style: style accuracy, and top-5 accuracy of concepts."""
    count = min(count, len(canvas.records))
    chosen = [n * len(canvas.records) // count for n in range(count)]
    names = [canvas.records[n].title for n in chosen]
    size = canvas.motifs.pixels.shape[-1]
    nothing = Sketchbook((), {})
    grounds = [rendering.draw(arrangement.arrange((), Wish(), seed), nothing, size).ground for seed in range(count)]
    before = torch.from_numpy(np.stack(grounds)).permute(0, 3, 1, 2).to(canvas.motifs.pixels.device)
    right_hands, right_concepts, by_hand = [], [], {}
    for number, hand in enumerate(eye.hands):
        sentences, shares = eye.encode(canvas.by_hand(hand, chosen, grounds=before))
        right = (shares.argmax(1) == number).cpu()
        by_hand[hand] = round(float(right.float().mean()), 3)
        right_hands.append(right)
        right_concepts.append(concept_hits(eye, sentences, names, 5))
    return {
        "hand": count_share(torch.cat(right_hands)),
        "concept_top5": count_share(torch.cat(right_concepts)),
        "by_hand": by_hand,
    }
