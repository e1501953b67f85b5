"""Training pictures, rendered when they are needed on the training device: scenes in all styles, and plain drawings.

In this package, a ``hand`` is the key of a style in :mod:`studio.styles.registry`.
"""

from __future__ import annotations

from functools import cached_property
from typing import Any

import torch
from torch import Tensor

from studio.scenes import composition
from studio.styles import registry
from studio.styles.registry import HANDS
from studio.workspace.work_folder import Folder

PLAIN = "plain"


class Canvas:
    """Renders the drawings of a split of a work folder: scenes of its plan, or single drawings in a style.

    :raises FolderError: when the folder holds no drawings of the split.
    """

    def __init__(self, folder: Folder, *, split: str = "train", device: str = "cpu", size: int = 256) -> None:
        self.records = composition.motif_records(folder, split)
        self.motifs = composition.Motifs.from_folder(folder, split=split, device=device, size=size)
        self._folder = folder

    @cached_property
    def programme(self) -> composition.Programme:
        """Return the scenes of the folder's plan.

        :raises FolderError: when it has none.
        """
        return composition.Programme(composition.read_plan(self._folder), self.records)

    @torch.no_grad()
    def mixture(self, count: int, first: int, *, plain: float = 0.0, rng: torch.Generator) -> Tensor:
        """Return ``count`` pictures (count, 3, h, w), 0…1: scenes, and a share ``plain`` of plain drawings.

        ``first`` is the number of the first scene; ``rng`` chooses the plain drawings and the colours behind them.
        """
        of_plain = int(count * plain)
        painted = [composition.paint([self.programme.scene(first + n) for n in range(count - of_plain)], self.motifs)]
        if of_plain:
            chosen = torch.randint(len(self.motifs), (of_plain,), generator=rng).tolist()
            grounds = torch.rand((of_plain, 3, 1, 1), generator=rng)
            painted.append(self.plain(chosen, grounds))
        return torch.cat(painted)

    @torch.no_grad()
    def by_hand(self, hand: str, chosen: list[int], seed: int = 1, grounds: Tensor | None = None) -> Tensor:
        """Return single drawings rendered in a style (n, 3, h, w), 0…1; for ``plain`` unchanged on a light background.

        ``chosen`` are the numbers of the drawings, ``seed`` that of the first one. They are rendered in front of
        ``grounds`` (n, 3, h, w), or else the style's own background.

        :raises StudioError: when the style is unknown or cannot render with these backgrounds.
        """
        if hand == PLAIN:
            return self.plain(chosen, torch.full((len(chosen), 3, 1, 1), 0.94))
        parts = [
            composition.Scene(n, hand, seed + n, (composition.Part(motif, 0.5, 0.5, 0.8),), (), "", ())
            for n, motif in enumerate(chosen)
        ]
        if grounds is None:
            return composition.paint(parts, self.motifs)
        seeds = torch.tensor([part.seed for part in parts])
        return registry.paint(hand, composition.compose(parts, self.motifs), seeds, grounds)

    @torch.no_grad()
    def plain(self, chosen: list[int], grounds: Tensor) -> Tensor:
        """Return unchanged drawings (n, 3, h, w), 0…1, in front of plain backgrounds (n, 3, 1, 1)."""
        drawn = self.motifs.drawn(chosen)
        return drawn[:, :3] + grounds.to(drawn.device) * (1 - drawn[:, 3:])


def hands_and_plain(programme: Any) -> tuple[str, ...]:
    """Return the names to measure one by one: ``plain``, then the plan's styles in the order of the registry."""
    return (PLAIN, *(name for name in HANDS if name in programme.plan.hands))
