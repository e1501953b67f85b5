"""Pictures to learn from, painted on the training device when they are asked for: by all hands, and plain ones."""

from __future__ import annotations

from functools import cached_property
from typing import Any

import torch
from torch import Tensor

from studio.hands import registry
from studio.hands.registry import HANDS
from studio.scenes import composition
from studio.workspace.work_folder import Folder

PLAIN = "plain"


class Canvas:
    """The drawings of a split, painted: ``scenes`` of the programme, or single drawings by a hand."""

    def __init__(self, folder: Folder, *, split: str = "train", device: str = "cpu", size: int = 256) -> None:
        self.records = composition.motif_records(folder, split)
        self.motifs = composition.Motifs.of(folder, split=split, device=device, size=size)
        self._folder = folder

    @cached_property
    def programme(self) -> composition.Programme:
        """The scenes of the folder's plan.

        :raises FolderError: where it has none.
        """
        return composition.Programme(composition.read_plan(self._folder), self.records)

    @torch.no_grad()
    def mixture(self, count: int, first: int, *, plain: float = 0.0, dice: torch.Generator) -> Tensor:
        """Paint scenes from number ``first`` on, a share of the pictures as plain drawings on a ground: 0…1."""
        of_plain = int(count * plain)
        painted = [composition.paint([self.programme.scene(first + n) for n in range(count - of_plain)], self.motifs)]
        if of_plain:
            chosen = torch.randint(len(self.motifs), (of_plain,), generator=dice).tolist()
            grounds = torch.rand((of_plain, 3, 1, 1), generator=dice)
            painted.append(self.plain(chosen, grounds))
        return torch.cat(painted)

    @torch.no_grad()
    def by_hand(self, hand: str, chosen: list[int], seed: int = 1, grounds: Tensor | None = None) -> Tensor:
        """Paint drawings alone by a hand, before ``grounds`` or its own; as they are on a light one for ``plain``."""
        if hand == PLAIN:
            return self.plain(chosen, torch.full((len(chosen), 3, 1, 1), 0.94))
        parts = [composition.Scene(n, hand, seed + n, (composition.Part(motif, 0.5, 0.5, 0.8),), (), "", ())
                 for n, motif in enumerate(chosen)]  # fmt: skip
        if grounds is None:
            return composition.paint(parts, self.motifs)
        seeds = torch.tensor([part.seed for part in parts])
        return registry.paint(hand, composition.compose(parts, self.motifs), seeds, grounds)

    @torch.no_grad()
    def plain(self, chosen: list[int], grounds: Tensor) -> Tensor:
        """Lay drawings as they are on even grounds (n, 3, 1, 1)."""
        drawn = self.motifs.drawn(chosen)
        return drawn[:, :3] + grounds.to(drawn.device) * (1 - drawn[:, 3:])


def hands_and_plain(programme: Any) -> tuple[str, ...]:
    """Name what is measured one by one: the plain drawing, and the programme's hands in the order of all hands."""
    return (PLAIN, *(name for name in HANDS if name in programme.plan.hands))
