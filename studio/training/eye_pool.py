"""Pictures that the eye learns from beside plain drawings: subjects of a sketchbook, painted once and kept.

They lie in ``seen/`` of the work folder, in shards that several processes paint side by side; one that was killed goes
on where it was. They are kept as small as the eye sees them, for a processor paints fewer in a second than it learns.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import torch
import torch.nn.functional as F  # noqa: N812 - as everybody calls it
from torch import Tensor

from sketch.sketchbook import Sketchbook
from studio.hands import registry
from studio.scenes.painted import Easel
from studio.scenes.subjects import Plan, Programme, Subject
from studio.workspace.stage_command import progress
from studio.workspace.work_folder import Folder, digest

HANDS = tuple(name for name, hand in registry.HANDS.items() if hand.paints_ground)
MIXED = 0.1
"""The share of pictures of what lies between two scenes."""

SHARD, CHUNK = 256, 32


@dataclass(frozen=True, slots=True)
class Pool:
    """Painted pictures (n, 3, size, size) in bytes, and what each shows."""

    pictures: Tensor
    subjects: tuple[Subject, ...]


@dataclass(frozen=True, slots=True)
class Order:
    """What is to be painted: how many subjects of which sketchbook, how large, and as how large they are kept."""

    book: Sketchbook
    name: str
    count: int
    painted_at: int
    size: int

    @property
    def programme(self) -> Programme:
        """All subjects; each hand's words are left out of one caption of each."""
        return Programme(Plan(self.count, hands=HANDS, unnamed=HANDS, mixed=MIXED), self.book)

    def shards(self) -> Iterator[tuple[str, range]]:
        """Yield each shard's file within the work folder, and the numbers of its subjects."""
        told = digest(f"{self.name}:{self.painted_at}:{self.size}:{','.join(HANDS)}:{MIXED}".encode())
        for first in range(0, self.count, SHARD):
            numbers = range(first, min(first + SHARD, self.count))
            yield f"seen/{told[:12]}/{first:06}-{len(numbers)}.safetensors", numbers


@torch.no_grad()
def paint(folder: Folder, order: Order, *, process: int = 0, processes: int = 1) -> None:
    """Paint the shards that are missing; of several processes each its share."""
    from safetensors.torch import save

    easel, programme = Easel(order.book, size=order.painted_at), order.programme
    own = [each for number, each in enumerate(order.shards()) if number % processes == process]
    missing = [(name, numbers) for name, numbers in own if not (folder.path / name).exists()]
    for name, numbers in progress(missing, what="painted"):
        parts = []
        for first in range(numbers.start, numbers.stop, CHUNK):
            chunk = [programme.subject(number) for number in range(first, min(first + CHUNK, numbers.stop))]
            pictures = easel.paint(chunk).pictures
            small = F.interpolate(pictures, (order.size,) * 2, mode="bilinear", antialias=True, align_corners=False)
            parts.append((small.clamp(0, 1) * 255).round().byte())
        folder.write(name, save({"pictures": torch.cat(parts)}))


def read(folder: Folder, order: Order) -> Pool:
    """Read what was painted."""
    from safetensors.torch import load_file

    parts = [load_file(folder.path / name)["pictures"] for name, _ in order.shards()]
    nothing = torch.empty(0, 3, order.size, order.size, dtype=torch.uint8)
    programme = order.programme
    return Pool(torch.cat([nothing, *parts]), tuple(programme.subject(number) for number in range(order.count)))


def shares(subject: Subject, book: Sketchbook) -> dict[str, float]:
    """Tell what a subject shows: the names of its things, each with its share of one."""
    told: dict[str, float] = {}
    ends = [(subject.first, 1 - subject.t)] + ([(subject.last, subject.t)] if subject.last else [])
    for end, weight in ends:
        names = {book.drawings[thing.drawing].name for thing in end.scene.things}
        for name in names:
            told[name] = told.get(name, 0.0) + weight / len(names)
    return told


def caption(subject: Subject) -> str:
    """Return the shorter caption of a subject without its hand, of what it is more of."""
    nearer = subject.last if subject.last and subject.t > 0.5 else subject.first
    return nearer.texts[-1]
