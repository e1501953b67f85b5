"""A fault that is planted in a worker's way: a file says where, when and what; whoever comes by it first has it."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path

LOAD, CLAIM, STEP, FILE, ROW, COMMITTED, FILM = "load", "claim", "step", "file", "row", "committed", "film"
PLACES = (CLAIM, STEP, FILE, ROW, COMMITTED, FILM)
"""Where a fault may be planted while a walk is painted: at a piece's claim, between two steps of the solver, when a
file is written, before and after the commit of its row, and in a film."""

KILL, FULL, DEVICE, HANG = "kill", "out of memory", "device", "hang"
"""What it does: the process is killed, its device has no room or answers no more, or a call never returns."""

POISON = "poison"
"""A walk by this prompt kills whoever paints it."""


@dataclass(frozen=True, slots=True)
class Planted:
    """A fault, and how often the place is passed before it comes."""

    place: str
    act: str
    passed: int = 0


class Ground:
    """The folder in which it lies, of a site."""

    def __init__(self, instance: Path) -> None:
        self._waiting = instance / "fault.json"
        self._taken = instance / "fault.taken.json"
        self._claims = instance / "claims.log"
        self._passed = 0

    def plant(self, fault: Planted) -> None:
        """Lay a fault out."""
        self._taken.unlink(missing_ok=True)
        aside = self._waiting.with_suffix(".part")
        aside.write_text(json.dumps(asdict(fault)))
        aside.rename(self._waiting)

    def met(self) -> bool:
        """Tell whether somebody met it."""
        return self._taken.exists()

    def note_claim(self, kind: str) -> None:
        """Note that a piece of this kind was claimed."""
        with self._claims.open("a") as file:
            file.write(kind + "\n")

    def claimed(self) -> set[str]:
        """Name the kinds of pieces that were claimed so far."""
        return set(self._claims.read_text().split())

    def pass_by(self, place: str) -> str | None:
        """Return what is to happen to whoever passes here now."""
        try:
            fault = Planted(**json.loads(self._waiting.read_text()))
        except FileNotFoundError:
            self._passed = 0
            return None
        if fault.place != place:
            return None
        self._passed += 1
        if self._passed <= fault.passed:
            return None
        try:
            self._waiting.rename(self._taken)
        except FileNotFoundError:  # another process was quicker
            return None
        self._passed = 0
        return fault.act
