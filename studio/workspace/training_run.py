"""A run of training in the work folder: its settings, its state after the last good step, its curve.

``runs/NAME/`` holds ``settings.json`` (a run goes on only under those it began with), ``state.pt`` (model, average,
optimiser, step), ``curve.jsonl`` (a row per logged step), the trackers' files and pictures to look at.
"""

from __future__ import annotations

import io
import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import torch

from studio.errors import FolderError, StudioError
from studio.workspace.work_folder import Folder

STATE, SETTINGS, CURVE, DONE = "state.pt", "settings.json", "curve.jsonl", "done.json"
# What may change from one start of a run to the next without changing what is learned.
FREE = frozenset(("save_every", "log_every"))
# What runs did not note from the beginning: a run that does not is taken at its word.
NOTED_LATER = frozenset(("base",))


class Run:
    """The files of a run; ``begin`` checks its settings."""

    def __init__(self, folder: Folder, name: str) -> None:
        if not name or "/" in name or name.startswith("."):
            raise FolderError(f"A run cannot be called {name!r}.")
        self.folder, self.name = folder, name
        self.path = folder.path / "runs" / name

    def begin(self, settings: dict[str, Any], *, writes: bool = True) -> None:
        """Note the settings of a new run, or hold them against those it began with; tidy its curve.

        A setting that there was not when it began is as good as none: it must be empty, 0 or false.

        :raises FolderError: where they differ.
        """
        path = self.path / SETTINGS
        kept = {name: value for name, value in settings.items() if name not in FREE}
        kept = json.loads(json.dumps(kept))
        if path.exists():
            began = json.loads(path.read_bytes())
            compared = (began.keys() | kept.keys()) - (NOTED_LATER - began.keys())
            other = sorted(name for name in compared if (began.get(name) or None) != (kept.get(name) or None))
            if other:
                raise FolderError(
                    f"{self.path} began with other settings ({', '.join(other)}): name another --run, or delete it."
                )
        elif writes:
            self.path.mkdir(parents=True, exist_ok=True)
            self.folder.write(f"runs/{self.name}/{SETTINGS}", (json.dumps(kept, indent=2) + "\n").encode())
        if writes:
            self.folder.mend(self._of(CURVE))
            for torn in self.path.glob(".*.part"):  # of a process that was killed while it wrote a state
                torn.unlink()

    def state(self) -> dict[str, Any] | None:
        """Return what the last good step left, or None in a new run.

        :raises FolderError: where the file cannot be read.
        """
        path = self.path / STATE
        if not path.exists():
            return None
        try:
            state: dict[str, Any] = torch.load(path, map_location="cpu", weights_only=True, mmap=True)
        except Exception as error:  # whatever a library raises about a file, the file is at fault
            raise FolderError(f"{path} cannot be read ({error}): delete it to begin anew.") from error
        return state

    def keep(self, state: dict[str, Any]) -> None:
        """Keep a state in the place of the one before, whole or not at all.

        :raises StudioError: where it does not fit on the disk; the one before stays.
        """
        try:
            self.folder.write_by(self._of(STATE), lambda file: torch.save(state, file))
        except (OSError, RuntimeError) as error:  # torch has an error of its own for a file that cannot be written
            before = self.path / STATE
            stays = f"{before} still holds the state before" if before.exists() else "no state was kept before"
            reason = getattr(error, "strerror", None) or error
            raise StudioError(f"Step {state['step']} could not be kept ({reason}): {stays}.") from error

    def finish(self) -> None:
        """Note that what was learned lies where it belongs."""
        self.folder.write(self._of(DONE), b"{}\n")

    def is_done(self) -> bool:
        """Tell whether it does."""
        return (self.path / DONE).exists()

    def log(self, row: dict[str, Any]) -> None:
        """Add a row to the curve.

        :raises StudioError: where it cannot be written; :meth:`begin` drops what was cut off.
        """
        try:
            self.folder.append(self._of(CURVE), row)
        except OSError as error:
            raise StudioError(
                f"{self.path / CURVE} could not be written at step {row.get('step')} ({error.strerror or error}): "
                f"the last kept state stays."
            ) from error

    def curve(self) -> Iterator[dict[str, Any]]:
        """Yield the rows of the curve; of steps that were taken twice, after a kill, the later."""
        rows = {int(row["step"]): row for row in self.folder.rows(self._of(CURVE))}
        return iter([rows[step] for step in sorted(rows)])

    def show(self, name: str, picture: Any) -> None:
        """Save a Pillow picture in the run's folder."""
        written = io.BytesIO()
        picture.save(written, "WEBP", quality=88)
        self.folder.write(self._of(name), written.getvalue())

    def _of(self, name: str) -> str:
        return os.fspath(Path("runs") / self.name / name)
