"""A training run in the work folder: its settings, the state after the last good step, and the loss curve.

``runs/NAME/`` holds ``settings.json`` (a run resumes only with the settings it began with), ``state.pt`` (model, moving
average, optimiser, step), ``curve.jsonl`` (one row per logged step), the trackers' files and sample pictures.
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
# Settings that may change when a run resumes, because the result does not depend on them.
FREE = frozenset(("save_every", "log_every"))
# Settings that early runs did not record. They are not compared when they are missing.
NOTED_LATER = frozenset(("base",))


class Run:
    """Files of one training run, in ``runs/NAME/`` of the work folder.

    :raises FolderError: when ``name`` is not a valid run name.
    """

    def __init__(self, folder: Folder, name: str) -> None:
        if not name or "/" in name or name.startswith("."):
            raise FolderError(f"{name!r} is not a valid run name.")
        self.folder, self.name = folder, name
        self.path = folder.path / "runs" / name

    def begin(self, settings: dict[str, Any], *, writes: bool = True) -> None:
        """Record the settings of a new run, or compare them with those of the run to resume; repair its curve.

        A setting that did not exist when the run began must be empty, 0 or false.

        :raises FolderError: when the settings differ.
        """
        path = self.path / SETTINGS
        recorded = {name: value for name, value in settings.items() if name not in FREE}
        recorded = json.loads(json.dumps(recorded))
        if path.exists():
            began = json.loads(path.read_bytes())
            compared = (began.keys() | recorded.keys()) - (NOTED_LATER - began.keys())
            other = sorted(name for name in compared if (began.get(name) or None) != (recorded.get(name) or None))
            if other:
                raise FolderError(
                    f"{self.path} began with other settings ({', '.join(other)}): name another --run, or delete it."
                )
        elif writes:
            self.path.mkdir(parents=True, exist_ok=True)
            self.folder.write(f"runs/{self.name}/{SETTINGS}", (json.dumps(recorded, indent=2) + "\n").encode())
        if writes:
            self.folder.mend(self._file_name(CURVE))
            for torn in self.path.glob(".*.part"):  # of a process that was killed while it wrote a state
                torn.unlink()

    def state(self) -> dict[str, Any] | None:
        """Return the state after the last good step, or None for a new run.

        :raises FolderError: when the file cannot be read.
        """
        path = self.path / STATE
        if not path.exists():
            return None
        try:
            state: dict[str, Any] = torch.load(path, map_location="cpu", weights_only=True, mmap=True)
        except Exception as error:  # libraries raise many kinds of errors for a damaged file
            raise FolderError(f"{path} cannot be read ({error}): delete it to start again.") from error
        return state

    def save_state(self, state: dict[str, Any]) -> None:
        """Replace the stored state by ``state``, atomically.

        :raises StudioError: when it cannot be written; the previous state stays.
        """
        try:
            self.folder.write_by(self._file_name(STATE), lambda file: torch.save(state, file))
        except (OSError, RuntimeError) as error:  # torch raises RuntimeError for a file it cannot write
            before = self.path / STATE
            stays = f"{before} still holds the previous state" if before.exists() else "no state was saved before"
            reason = getattr(error, "strerror", None) or error
            raise StudioError(f"Step {state['step']} could not be saved ({reason}): {stays}.") from error

    def finish(self) -> None:
        """Record that the run is done and its result is in place."""
        self.folder.write(self._file_name(DONE), b"{}\n")

    def is_done(self) -> bool:
        """Return whether the run is done and its result is in place."""
        return (self.path / DONE).exists()

    def log(self, row: dict[str, Any]) -> None:
        """Append a row to the curve.

        :raises StudioError: when it cannot be written; :meth:`begin` drops an incomplete last line.
        """
        try:
            self.folder.append(self._file_name(CURVE), row)
        except OSError as error:
            raise StudioError(
                f"{self.path / CURVE} could not be written at step {row.get('step')} ({error.strerror or error}): "
                f"the last saved state stays."
            ) from error

    def curve(self) -> Iterator[dict[str, Any]]:
        """Return an iterator over the rows of the curve by step; a step that was logged twice yields its later row."""
        rows = {int(row["step"]): row for row in self.folder.rows(self._file_name(CURVE))}
        return iter([rows[step] for step in sorted(rows)])

    def save_picture(self, name: str, picture: Any) -> None:
        """Save a Pillow picture as WebP in the run's folder."""
        written = io.BytesIO()
        picture.save(written, "WEBP", quality=88)
        self.folder.write(self._file_name(name), written.getvalue())

    def _file_name(self, name: str) -> str:
        return os.fspath(Path("runs") / self.name / name)
