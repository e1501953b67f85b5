"""Runs of training as their files: a curve that counts the pictures of each step, and one that does not."""

from __future__ import annotations

import json
from typing import Any

from studio.workspace.training_run import CURVE, SETTINGS, Run
from studio.workspace.work_folder import Folder

Rows = list[dict[str, Any]]
UNCOUNTED: Rows = [
    {"step": 1, "loss": 0.9, "seconds": 1.2345},
    {"step": 20, "loss": 0.8, "seconds": 1.1},
    {"step": 40, "loss": 0.7, "seconds": 1.1},
]
COUNTED: Rows = [{"step": 41, "loss": 0.6, "seconds": 1.1, "pictures": 8.0}, {"step": 60, "loss": 0.5, "pictures": 8.0}]


def run(folder: Folder, name: str, rows: Rows, **settings: object) -> Run:
    """Lay out a run with a curve of ``rows``."""
    made = Run(folder, name)
    made.path.mkdir(parents=True)
    (made.path / SETTINGS).write_text(json.dumps({"batch": 4, **settings}))
    (made.path / CURVE).write_text("".join(json.dumps(row) + "\n" for row in rows))
    return made
