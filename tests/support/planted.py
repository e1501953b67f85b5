"""A fault that is planted in a worker's way: a file says where, when and what; the first process to come by has it."""

import json
import os
import time
from dataclasses import asdict, dataclass
from pathlib import Path

LOAD, CLAIM, STEP, FILE, ROW, COMMITTED, FILM = "load", "claim", "step", "file", "row", "committed", "film"
PLACES = (CLAIM, STEP, FILE, ROW, COMMITTED, FILM)
"""Where a fault may be planted while a walk is painted: at a piece's claim, between two steps of the solver, when a
file is written, before and after the commit of its row, and in a film."""

KILL, FULL, DEVICE, STALL, STAND = "kill", "out of memory", "device", "hang", "stand still"
"""What it does: the process is killed, its device has no room or answers no more, a call never returns, or it
stands still at the next step until it is let go, while its other threads go on."""

POISON = "poison"
"""A walk by this prompt kills the worker that paints it."""


def claim_of(kind: str) -> str:
    """Name the place after the claim of a piece of a kind, which the process then holds."""
    return f"{CLAIM} of {kind}"


@dataclass(frozen=True, slots=True)
class Planted:
    """A fault, and how often the place is passed before it comes.

    It comes to the first process that passes, or once to each if ``everyone`` is a number that no other fault has.
    """

    place: str
    act: str
    passed: int = 0
    everyone: int = 0


class Ground:
    """The folder in which it lies, of a site."""

    def __init__(self, instance: Path) -> None:
        self._waiting = instance / "fault.json"
        self._taken = instance / "fault.taken.json"
        self._claims = instance / "claims.log"
        self._passed = 0
        self._met = 0  # the last fault for everyone that came to this process
        self.stands = False  # as soon as this process comes by a step

    def plant(self, fault: Planted) -> None:
        """Lay a fault out."""
        self._taken.unlink(missing_ok=True)
        aside = self._waiting.with_suffix(".part")
        aside.write_text(json.dumps(asdict(fault)))
        aside.rename(self._waiting)

    def clear(self) -> None:
        """Remove a fault that waits."""
        self._waiting.unlink(missing_ok=True)

    def met(self) -> bool:
        """Return whether a worker met it."""
        return self._taken.exists()

    def stand(self) -> None:
        """Stand still until :meth:`let_go`."""
        self.stands = False
        mark = self._waiting.with_name(f"stands.{os.getpid()}")
        mark.touch()
        while mark.exists():
            time.sleep(0.02)

    def standing(self) -> set[int]:
        """Return the numbers of the processes that stand still."""
        return {int(mark.suffix.removeprefix(".")) for mark in self._waiting.parent.glob("stands.*")}

    def let_go(self) -> None:
        """Release all processes that stand still."""
        for mark in self._waiting.parent.glob("stands.*"):
            mark.unlink()

    def note_claim(self, kind: str) -> None:
        """Note that a piece of this kind was claimed."""
        with self._claims.open("a") as file:
            file.write(kind + "\n")

    def claimed(self) -> set[str]:
        """Name the kinds of pieces that were claimed so far."""
        return set(self._claims.read_text().split())

    def pass_by(self, place: str) -> str | None:
        """Return what is to happen to a process that passes here now."""
        try:
            fault = Planted(**json.loads(self._waiting.read_text()))
        except FileNotFoundError:
            self._passed = 0
            return None
        if fault.place != place or (fault.everyone and fault.everyone == self._met):
            return None
        self._passed += 1
        if self._passed <= fault.passed:
            return None
        if fault.everyone:
            self._met, self._passed = fault.everyone, 0
            return fault.act
        try:
            self._waiting.rename(self._taken)
        except FileNotFoundError:  # another process was quicker
            return None
        self._passed = 0
        return fault.act
