"""Shards of encoded pictures: latents and text states as safetensors, mapped into memory and read row by row.

A shard holds ``latents`` (n, channels, h, w), ``states`` (texts, tokens, width) and ``texts`` (n, k), which says for
each picture the rows of ``states`` that are true of it; ``pooled`` (texts, width) where the model has such. Where a
model is led by sketches, it also holds ``sketches`` (n, 4, side, side) in bytes, and of what lies between two scenes
``others`` (n, k), the rows that are true of the second, and ``shares`` (n), how much of it there is. ``shards.json``
tells what they were made from.
"""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from studio.errors import FolderError
from studio.workspace.work_folder import Folder

INDEX = "shards.json"
READERS = 2_048  # above every process: the number with which a reader throws dice of its own


@dataclass(frozen=True, slots=True)
class Batch:
    """What a step learns from: latents, the text states of one caption each, and the seconds it was waited for.

    ``sketches`` (n, 4, side, side) are within −1…1, ``pooled`` (n, width) are the texts' vectors;
    None where the shards hold none.
    """

    latents: Tensor
    states: Tensor
    waited: float = 0.0
    sketches: Tensor | None = None
    pooled: Tensor | None = None


@dataclass(frozen=True, slots=True)
class Led:
    """What leads a painter besides words: sketches, the texts of a second scene, and its shares."""

    sketches: Tensor
    others: Tensor
    shares: Tensor


def write(folder: Folder, name: str, latents: Tensor, states: Tensor, texts: Tensor, led: Led | None = None, *,
          pooled: Tensor | None = None) -> None:  # fmt: skip
    """Write a shard in half precision, and its sketches in bytes, whole or not at all."""
    from safetensors.torch import save

    held = {"latents": latents.half().contiguous(), "states": states.half().contiguous(), "texts": texts.int()}
    if pooled is not None:
        held["pooled"] = pooled.half()
    if led is not None:
        held["sketches"] = ((led.sketches.clamp(-1, 1) + 1) * 127.5).round().byte()
        held |= {"others": led.others.int(), "shares": led.shares.half()}
    folder.write(name, save({key: value.cpu().contiguous() for key, value in held.items()}))


def count(path: Path) -> int | None:
    """Count the pictures of a shard; None where it cannot be read."""
    from safetensors import safe_open

    try:
        with safe_open(path, "pt") as shard:
            return int(shard.get_slice("latents").get_shape()[0])
    except Exception:  # noqa: BLE001 - a torn or missing file: safetensors has its own errors
        return None


class Shards:
    """All shards of a folder; their files are mapped, so that opening them reads nothing."""

    def __init__(self, path: Path) -> None:
        from safetensors import safe_open

        index = path / INDEX
        if not index.exists():
            raise FolderError(f"{index} is missing; the stage encode writes it.")
        self.about: dict[str, Any] = json.loads(index.read_bytes())
        self.latents: list[Tensor] = []
        self.states: list[Tensor] = []
        self.texts: list[Tensor] = []
        self.led: list[Led] = []
        self.pooled: list[Tensor] = []
        for name in self.about["shards"]:
            try:
                with safe_open(path / name, "pt") as shard:
                    for kind in ("latents", "states", "texts"):
                        getattr(self, kind).append(shard.get_tensor(kind))
                    if "pooled" in shard.keys():  # noqa: SIM118 - it is no mapping
                        self.pooled.append(shard.get_tensor("pooled"))
                    if "sketches" in shard.keys():  # noqa: SIM118
                        self.led.append(Led(*(shard.get_tensor(kind) for kind in ("sketches", "others", "shares"))))
            except Exception as error:  # a torn or missing file: safetensors has its own errors
                raise FolderError(f"{path / name} cannot be read ({error}): delete it and encode again.") from error
        if self.led and len(self.led) < len(self.latents):
            raise FolderError(f"Some shards of {path} hold sketches, and some do not: encode again.")
        sizes = torch.tensor([len(part) for part in self.latents])
        self._ends = sizes.cumsum(0)
        if int(self._ends[-1]) != self.about["pictures"]:
            raise FolderError(
                f"{path} holds {int(self._ends[-1])} pictures, and its index says {self.about['pictures']}."
            )

    def __len__(self) -> int:
        return int(self._ends[-1])

    def rows(self, numbers: Tensor, dice: torch.Generator) -> Batch:
        """Gather pictures by number, each with one of its captions."""
        shard = torch.bucketize(numbers, self._ends, right=True)
        row = numbers - torch.where(shard > 0, self._ends[(shard - 1).clamp(min=0)], 0)
        pick = torch.rand(len(numbers), generator=dice)
        latents = torch.empty(len(numbers), *self.latents[0].shape[1:], dtype=torch.float16)
        states = torch.empty(len(numbers), *self.states[0].shape[1:], dtype=torch.float16)
        sketches = torch.empty(len(numbers), *self.led[0].sketches.shape[1:]) if self.led else None
        pooled = torch.empty(len(numbers), self.pooled[0].shape[1], dtype=torch.float16) if self.pooled else None
        for each in sorted(set(shard.tolist())):
            at = torch.nonzero(shard == each)[:, 0]
            latents[at] = self.latents[each][row[at]]
            choices = self.texts[each][row[at]].long()
            chosen = choices.gather(1, (pick[at] * choices.shape[1]).long()[:, None])[:, 0]
            states[at] = self.states[each][chosen]
            if pooled is not None:
                pooled[at] = self.pooled[each][chosen]
            if sketches is not None:
                led = self.led[each]
                sketches[at] = led.sketches[row[at]].float() / 127.5 - 1
                others = led.others[row[at]].long()
                second = others.gather(1, (pick[at] * others.shape[1]).long()[:, None])[:, 0]
                states[at] = torch.lerp(states[at], self.states[each][second], led.shares[row[at]].view(-1, 1, 1))
        return Batch(latents, states, sketches=sketches, pooled=pooled)

    def numbers(self, step: int, batch: int, *, seed: int, process: int = 0, processes: int = 1) -> Tensor:
        """Return which pictures a step of a process sees: each once a round, every round in an order of its own."""
        whole = batch * processes
        places = torch.arange(step * whole + process * batch, step * whole + (process + 1) * batch)
        rounds, places = places // len(self), places % len(self)
        numbers = torch.empty_like(places)
        for each in sorted(set(rounds.tolist())):
            order = torch.randperm(len(self), generator=torch.Generator().manual_seed(seed * 7_919 + each))
            here = rounds == each
            numbers[here] = order[places[here]]
        return numbers


class Reader:
    """Batches by step, read ahead by threads while the step before is computed."""

    def __init__(self, shards: Shards, batch: int, *, seed: int, process: int = 0, processes: int = 1,
                 ahead: int = 3) -> None:  # fmt: skip
        self._shards, self._batch = shards, batch
        self._who: dict[str, int] = {"seed": seed, "process": process, "processes": processes}
        self._ahead = ahead
        self._pool = ThreadPoolExecutor(ahead)
        self._asked: dict[int, Future[Batch]] = {}

    def batch(self, step: int) -> Batch:
        """Return the batch of a step, and have those of the next read."""
        for each in range(step, step + 1 + self._ahead):
            if each not in self._asked:
                self._asked[each] = self._pool.submit(self._read, each)
        began = time.perf_counter()
        read = self._asked.pop(step).result()
        return replace(read, waited=time.perf_counter() - began)

    def close(self) -> None:
        """Let go of the threads."""
        self._pool.shutdown(cancel_futures=True)

    def _read(self, step: int) -> Batch:
        numbers = self._shards.numbers(step, self._batch, **self._who)
        who = self._who
        # Not the dice that a step of training throws: else the caption would tell which pictures go without one.
        dice = torch.Generator().manual_seed((who["seed"] * 1_000_003 + step) * 4_099 + who["process"] + READERS)
        return self._shards.rows(numbers, dice)


def tabled(texts: Sequence[Sequence[str]]) -> tuple[list[str], Tensor]:
    """List distinct texts, and for each picture their places in the list (n, k)."""
    places: dict[str, int] = {}
    rows = [[places.setdefault(text, len(places)) for text in row] for row in texts]
    return list(places), torch.tensor(rows, dtype=torch.int32)
