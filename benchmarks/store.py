"""Store the results of a long benchmark line by line, so that it can be stopped and continued."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.contenders import Film

RESULTS = Path(__file__).resolve().parent / "results"

Record = dict[str, Any]


class Store:
    """Folder of one run: its records (one JSON object per line) and the frames of its films."""

    def __init__(self, name: str, *, fresh: bool = False, results: Path = RESULTS) -> None:
        self.folder = results / name
        self.folder.mkdir(parents=True, exist_ok=True)
        self._path = self.folder / "records.jsonl"
        if fresh:
            self._path.unlink(missing_ok=True)
        lines = self._path.read_text("utf-8").splitlines() if self._path.exists() else []
        self.records: list[Record] = [json.loads(line) for line in lines]

    def add(self, part: str, **found: Any) -> None:
        """Append a record to the file."""
        record = {"part": part, **found}
        self.records.append(record)
        with self._path.open("a", encoding="utf-8") as file:
            file.write(json.dumps(record) + "\n")

    def select(self, part: str, **wanted: Any) -> Iterator[Record]:
        """Yield the records of a part that have these values."""
        for record in self.records:
            if record["part"] == part and all(record[name] == value for name, value in wanted.items()):
                yield record

    def has(self, part: str, **wanted: Any) -> bool:
        """Return whether a record of a part has these values."""
        return next(self.select(part, **wanted), None) is not None

    def keep(self, film: Film, *name: object) -> None:
        """Store a film's frames and positions."""
        np.savez_compressed(self._film(name), positions=film.positions, pictures=np.stack(film.pictures))

    def film(self, *name: object) -> Film:
        """Return a stored film."""
        with np.load(self._film(name)) as data:
            return Film(data["positions"].tolist(), list(data["pictures"]))

    def _film(self, name: Sequence[object]) -> Path:
        return self.folder / f"{'-'.join(map(str, name))}.npz"
