"""Rendered pictures for training the image encoder: subjects of a drawing library, rendered once and stored.

They lie in ``seen/`` of the work folder, in shards that several processes can render in parallel; a process that was
killed resumes. They are stored at the encoder's input size.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import torch
import torch.nn.functional as F  # noqa: N812 - as everybody calls it
from torch import Tensor

from sketch.sketchbook import Sketchbook
from studio.scenes.painted import SubjectRenderer
from studio.scenes.subjects import Plan, Programme, Subject
from studio.styles import registry
from studio.workspace.stage_command import progress
from studio.workspace.work_folder import Folder, digest

HANDS = tuple(name for name, hand in registry.HANDS.items() if hand.paints_ground)
MIXED = 0.1
"""The share of pictures that lie between two scenes."""

SHARD, CHUNK = 256, 32


@dataclass(frozen=True, slots=True)
class Pool:
    """Rendered pictures (n, 3, size, size) as bytes, and their subjects."""

    pictures: Tensor
    subjects: tuple[Subject, ...]


@dataclass(frozen=True, slots=True)
class Order:
    """What to render: how many subjects of which drawing library, at what size, and the size to store."""

    book: Sketchbook
    name: str
    count: int
    painted_at: int
    size: int

    @property
    def programme(self) -> Programme:
        """All subjects; one caption of each does not name the style."""
        return Programme(Plan(self.count, hands=HANDS, unnamed=HANDS, mixed=MIXED), self.book)

    def shards(self) -> Iterator[tuple[str, range]]:
        """Yield each shard's path within the work folder, and the numbers of its subjects."""
        fingerprint = digest(f"{self.name}:{self.painted_at}:{self.size}:{','.join(HANDS)}:{MIXED}".encode())
        for first in range(0, self.count, SHARD):
            numbers = range(first, min(first + SHARD, self.count))
            yield f"seen/{fingerprint[:12]}/{first:06}-{len(numbers)}.safetensors", numbers


@torch.no_grad()
def render_pool(folder: Folder, order: Order, *, process: int = 0, processes: int = 1) -> None:
    """Render the missing shards; each of several processes takes its share."""
    from safetensors.torch import save

    renderer, programme = SubjectRenderer(order.book, size=order.painted_at), order.programme
    own = [each for number, each in enumerate(order.shards()) if number % processes == process]
    missing = [(name, numbers) for name, numbers in own if not (folder.path / name).exists()]
    for name, numbers in progress(missing, what="painted"):
        parts = []
        for first in range(numbers.start, numbers.stop, CHUNK):
            chunk = [programme.subject(number) for number in range(first, min(first + CHUNK, numbers.stop))]
            pictures = renderer.paint(chunk).pictures
            small = F.interpolate(pictures, (order.size,) * 2, mode="bilinear", antialias=True, align_corners=False)
            parts.append((small.clamp(0, 1) * 255).round().byte())
        folder.write(name, save({"pictures": torch.cat(parts)}))


def load_pool(folder: Folder, order: Order) -> Pool:
    """Load the rendered pictures and their subjects."""
    from safetensors.torch import load_file

    parts = [load_file(folder.path / name)["pictures"] for name, _ in order.shards()]
    nothing = torch.empty(0, 3, order.size, order.size, dtype=torch.uint8)
    programme = order.programme
    return Pool(torch.cat([nothing, *parts]), tuple(programme.subject(number) for number in range(order.count)))


def shares(subject: Subject, book: Sketchbook) -> dict[str, float]:
    """Return the names of the things in a subject, each with its share; the shares add up to one."""
    by_name: dict[str, float] = {}
    ends = [(subject.first, 1 - subject.t)] + ([(subject.last, subject.t)] if subject.last else [])
    for end, weight in ends:
        names = {book.drawings[thing.drawing].name for thing in end.scene.things}
        for name in names:
            by_name[name] = by_name.get(name, 0.0) + weight / len(names)
    return by_name


def caption(subject: Subject) -> str:
    """Return the shorter caption, which does not name the style, of the scene with the larger share."""
    nearer = subject.last if subject.last and subject.t > 0.5 else subject.first
    return nearer.texts[-1]
