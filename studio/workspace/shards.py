"""Shards of encoded pictures: latents and text states as safetensors, memory-mapped and read row by row.

A shard holds ``latents`` (n, channels, h, w), ``states`` (texts, tokens, width) and ``texts`` (n, k): for each picture,
the rows of ``states`` that are its captions. ``pooled`` (texts, width) is present for text encoders that return pooled
embeddings. Shards for a sketch-conditioned model also hold ``sketches`` (n, 4, side, side) as bytes; for pictures
between two scenes, ``others`` (n, k) are the caption rows of the second scene, and ``shares`` (n) its weight, 0…1.
``shards.json`` records what the shards were made from.
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
READERS = 2_048  # offset of the readers' random seeds, larger than any process number


@dataclass(frozen=True, slots=True)
class Batch:
    """Input of one training step: latents, the text states of one caption each, and the seconds spent waiting for them.

    ``sketches`` (n, 4, side, side) lie in −1…1; ``pooled`` (n, width) are pooled text embeddings. Both are None when
    the shards do not hold them.
    """

    latents: Tensor
    states: Tensor
    waited: float = 0.0
    sketches: Tensor | None = None
    pooled: Tensor | None = None


@dataclass(frozen=True, slots=True)
class Conditioning:
    """Conditioning on sketches: the sketches, the caption rows of a second scene, and the weight of that scene."""

    sketches: Tensor
    others: Tensor
    shares: Tensor


def write_shard(
    folder: Folder,
    name: str,
    latents: Tensor,
    states: Tensor,
    texts: Tensor,
    conditioning: Conditioning | None = None,
    *,
    pooled: Tensor | None = None,
) -> None:
    """Write a shard atomically: tensors in half precision, sketches as bytes."""
    from safetensors.torch import save

    tensors = {"latents": latents.half().contiguous(), "states": states.half().contiguous(), "texts": texts.int()}
    if pooled is not None:
        tensors["pooled"] = pooled.half()
    if conditioning is not None:
        tensors["sketches"] = ((conditioning.sketches.clamp(-1, 1) + 1) * 127.5).round().byte()
        tensors |= {"others": conditioning.others.int(), "shares": conditioning.shares.half()}
    folder.write(name, save({key: value.cpu().contiguous() for key, value in tensors.items()}))


def count_pictures(path: Path) -> int | None:
    """Return the number of pictures in a shard, or None when the file cannot be read."""
    from safetensors import safe_open

    try:
        with safe_open(path, "pt") as shard:
            return int(shard.get_slice("latents").get_shape()[0])
    except Exception:  # noqa: BLE001 - a torn or missing file: safetensors has its own errors
        return None


class Shards:
    """All shards of a folder. The files are memory-mapped, so opening them reads no tensors.

    :raises FolderError: when the index or a shard is missing or damaged, or they contradict each other.
    """

    def __init__(self, path: Path) -> None:
        from safetensors import safe_open

        index = path / INDEX
        if not index.exists():
            raise FolderError(f"{index} is missing; the stage encode writes it.")
        self.about: dict[str, Any] = json.loads(index.read_bytes())
        self.latents: list[Tensor] = []
        self.states: list[Tensor] = []
        self.texts: list[Tensor] = []
        self.conditioning: list[Conditioning] = []
        self.pooled: list[Tensor] = []
        for name in self.about["shards"]:
            try:
                with safe_open(path / name, "pt") as shard:
                    for kind in ("latents", "states", "texts"):
                        getattr(self, kind).append(shard.get_tensor(kind))
                    if "pooled" in shard.keys():  # noqa: SIM118 - it is no mapping
                        self.pooled.append(shard.get_tensor("pooled"))
                    if "sketches" in shard.keys():  # noqa: SIM118
                        self.conditioning.append(
                            Conditioning(*(shard.get_tensor(kind) for kind in ("sketches", "others", "shares")))
                        )
            except Exception as error:  # a torn or missing file: safetensors has its own errors
                raise FolderError(f"{path / name} cannot be read ({error}): delete it and encode again.") from error
        if self.conditioning and len(self.conditioning) < len(self.latents):
            raise FolderError(f"Some shards of {path} hold sketches, and some do not: encode again.")
        sizes = torch.tensor([len(part) for part in self.latents])
        self._ends = sizes.cumsum(0)
        if int(self._ends[-1]) != self.about["pictures"]:
            raise FolderError(
                f"{path} holds {int(self._ends[-1])} pictures, and its index says {self.about['pictures']}."
            )

    def __len__(self) -> int:
        return int(self._ends[-1])

    def rows(self, numbers: Tensor, rng: torch.Generator) -> Batch:
        """Return a batch of the pictures with these ``numbers``, each with one of its captions drawn by ``rng``."""
        shard = torch.bucketize(numbers, self._ends, right=True)
        row = numbers - torch.where(shard > 0, self._ends[(shard - 1).clamp(min=0)], 0)
        pick = torch.rand(len(numbers), generator=rng)
        latents = torch.empty(len(numbers), *self.latents[0].shape[1:], dtype=torch.float16)
        states = torch.empty(len(numbers), *self.states[0].shape[1:], dtype=torch.float16)
        sketches = torch.empty(len(numbers), *self.conditioning[0].sketches.shape[1:]) if self.conditioning else None
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
                conditioning = self.conditioning[each]
                sketches[at] = conditioning.sketches[row[at]].float() / 127.5 - 1
                others = conditioning.others[row[at]].long()
                second = others.gather(1, (pick[at] * others.shape[1]).long()[:, None])[:, 0]
                states[at] = torch.lerp(
                    states[at], self.states[each][second], conditioning.shares[row[at]].view(-1, 1, 1)
                )
        return Batch(latents, states, sketches=sketches, pooled=pooled)

    def numbers(self, step: int, batch: int, *, seed: int, process: int = 0, processes: int = 1) -> Tensor:
        """Return the numbers of the pictures that one process sees in one step.

        Each epoch shuffles all pictures; every picture comes once per epoch.
        """
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
    """Batches by step, prefetched by threads while the previous step runs."""

    def __init__(
        self, shards: Shards, batch: int, *, seed: int, process: int = 0, processes: int = 1, ahead: int = 3
    ) -> None:
        self._shards, self._batch = shards, batch
        self._source: dict[str, int] = {"seed": seed, "process": process, "processes": processes}
        self._ahead = ahead
        self._pool = ThreadPoolExecutor(ahead)
        self._pending: dict[int, Future[Batch]] = {}

    def batch(self, step: int) -> Batch:
        """Return the batch of a step and start to read the next ones."""
        for each in range(step, step + 1 + self._ahead):
            if each not in self._pending:
                self._pending[each] = self._pool.submit(self._read, each)
        began = time.perf_counter()
        batch = self._pending.pop(step).result()
        return replace(batch, waited=time.perf_counter() - began)

    def close(self) -> None:
        """Stop the threads that read ahead."""
        self._pool.shutdown(cancel_futures=True)

    def _read(self, step: int) -> Batch:
        numbers = self._shards.numbers(step, self._batch, **self._source)
        source = self._source
        # Use another seed than the training step: else the choice of caption would depend on caption dropout.
        rng = torch.Generator().manual_seed((source["seed"] * 1_000_003 + step) * 4_099 + source["process"] + READERS)
        return self._shards.rows(numbers, rng)


def index_texts(texts: Sequence[Sequence[str]]) -> tuple[list[str], Tensor]:
    """Return the distinct texts, and for each picture the indices of its texts in that list (n, k)."""
    places: dict[str, int] = {}
    rows = [[places.setdefault(text, len(places)) for text in row] for row in texts]
    return list(places), torch.tensor(rows, dtype=torch.int32)
