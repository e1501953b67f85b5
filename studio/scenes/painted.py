"""Subjects rendered in their styles, with the sketches of them that condition the model."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from sketch import mixing, rendering
from sketch.colour import Array
from sketch.layers.drawn import Drawn
from sketch.parts import PartCache
from sketch.sketchbook import Sketchbook
from studio.scenes import picture_sketches
from studio.scenes.subjects import Subject
from studio.styles import registry

CHUNK = 16
OWN, ROUGH = 0.08, 0.05
"""The share of sketches made from the rendered picture, and of sketches drawn roughly, as with a finger."""


@dataclass(frozen=True, slots=True)
class Painted:
    """Rendered pictures (n, 3, size, size), 0…1, and their sketches (n, 4, size / 4, size / 4), −1…1.

    ``guides`` (n, 4, size / 2, size / 2), −1…1, condition the decoder. ``graphic`` (n), 0…1, is the share of the
    picture that must show the drawn marks themselves.
    """

    pictures: Tensor
    sketches: Tensor
    guides: Tensor
    graphic: Tensor


class SubjectRenderer:
    """Renders subjects in their styles, ``size`` pixels a side, with drawings of a library."""

    def __init__(self, book: Sketchbook, *, size: int = 256) -> None:
        self._book, self._size, self._part_cache = book, size, PartCache(book)

    def drawn(self, subject: Subject) -> Drawn:
        """Return the drawing of a subject's scene, or of the transition between its two scenes at its ``t``."""
        if subject.last is None:
            return rendering.draw(subject.first.scene, self._book, self._size)
        return mixing.Mixture(subject.first.scene, subject.last.scene, self._book, self._part_cache).at(
            subject.t, self._size
        )

    def paint(self, subjects: Sequence[Subject]) -> Painted:
        """Return subjects rendered in their styles; a subject with two styles is a blend of both pictures.

        :raises StudioError: when a style renders no given backgrounds.
        """
        drawn = [self.drawn(subject) for subject in subjects]
        pictures = torch.zeros(len(subjects), 3, self._size, self._size)
        by_hand: dict[str, list[tuple[int, float | Tensor]]] = defaultdict(list)
        for row, subject in enumerate(subjects):
            last = subject.last if subject.last and subject.last.hand != subject.first.hand else None
            turned = drawn[row].turned
            far = subject.t if turned is None else torch.from_numpy(turned)
            by_hand[subject.first.hand].append((row, 1 - far if last else 1.0))
            if last:
                by_hand[last.hand].append((row, far))
        for hand, rows in by_hand.items():
            for start in range(0, len(rows), CHUNK):
                chunk = rows[start : start + CHUNK]
                motifs = torch.from_numpy(np.stack([drawn[row].things for row, _ in chunk])).permute(0, 3, 1, 2)
                grounds = torch.from_numpy(np.stack([drawn[row].ground for row, _ in chunk])).permute(0, 3, 1, 2)
                seeds = torch.tensor([subjects[row].seed for row, _ in chunk])
                painted = registry.paint(hand, motifs, seeds, grounds)
                for (row, share), picture in zip(chunk, painted, strict=True):
                    pictures[row] += share * picture
        sketches = [self._sketch(*each) for each in zip(subjects, drawn, pictures, strict=True)]
        guides = np.stack([each.guide(self._size // 2) for each in drawn])
        graphic = torch.tensor([float(np.mean(each.graphic)) for each in drawn])
        return Painted(pictures, torch.from_numpy(np.stack(sketches)), torch.from_numpy(guides), graphic)

    def _sketch(self, subject: Subject, drawn: Drawn, picture: Tensor) -> Array:
        """Return a subject's sketch (4, size / 4, size / 4): of its drawing, a rough one, or of its picture."""
        side = self._size // 4
        rng = np.random.default_rng(subject.seed)
        kind = rng.random()
        if kind < OWN:
            return picture_sketches.sketch_picture(picture.permute(1, 2, 0).numpy(), side)
        sketch = drawn.sketch(side)
        return picture_sketches.roughen(sketch, rng) if kind < OWN + ROUGH else sketch
