"""Runs of training: laid out as their files, ended by an error in their midst, and the losses that they wrote."""

import itertools
import json
from typing import Any

import pytest

from studio.workspace.training_run import CURVE, SETTINGS, Run
from studio.workspace.work_folder import Folder

Rows = list[dict[str, Any]]
UNCOUNTED: Rows = [
    {"step": 1, "loss": 0.9, "seconds": 1.2345},
    {"step": 20, "loss": 0.8, "seconds": 1.1},
    {"step": 40, "loss": 0.7, "seconds": 1.1},
]
COUNTED: Rows = [{"step": 41, "loss": 0.6, "seconds": 1.1, "pictures": 8.0}, {"step": 60, "loss": 0.5, "pictures": 8.0}]


def losses(folder: Folder, name: str = "train") -> dict[int, float]:
    """Return the loss of each step of a run."""
    return {row["step"]: row["loss"] for row in Run(folder, name).curve()}


def fail_at_call(patch: pytest.MonkeyPatch, owner: Any, name: str, number: int, error: BaseException) -> None:
    """Make a function that a run calls raise an error in place of the call with this number, counted from 0."""
    whole, calls = getattr(owner, name), itertools.count()

    def called(*arguments: Any, **named: Any) -> Any:
        if next(calls) == number:
            raise error
        return whole(*arguments, **named)

    patch.setattr(owner, name, called)


def run(folder: Folder, name: str, rows: Rows, **settings: object) -> Run:
    """Lay out a run with a curve of ``rows``."""
    made = Run(folder, name)
    made.path.mkdir(parents=True)
    (made.path / SETTINGS).write_text(json.dumps({"batch": 4, **settings}))
    (made.path / CURVE).write_text("".join(json.dumps(row) + "\n" for row in rows))
    return made
