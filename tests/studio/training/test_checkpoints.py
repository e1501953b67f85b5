"""What a run has seen so far."""

from pathlib import Path

import pytest

from studio.training import checkpoints
from studio.workspace.work_folder import Folder
from tests.support.training_runs import COUNTED, UNCOUNTED, Rows, run


@pytest.mark.parametrize(
    ("rows", "settings", "after", "seen"),
    [
        (COUNTED, {}, 60, (480, True)),
        ([*UNCOUNTED, *COUNTED], {"processes": 0}, 60, (480, False)),  # any number of processes: as many as later
        ([*UNCOUNTED, *COUNTED], {"processes": 0}, 50, (400, False)),
        (UNCOUNTED, {"processes": 2}, 40, (320, True)),
        (UNCOUNTED, {"processes": 2}, 30, (240, True)),
        (UNCOUNTED, {"processes": 0}, 40, None),
        (UNCOUNTED, {}, 40, None),
        ([], {"processes": 2}, 40, None),
    ],
)
def test_pictures_seen_are_counted_by_the_curve_or_by_the_settings(
    rows: Rows, settings: dict[str, int], after: int, seen: tuple[int, bool] | None, tmp_path: Path
) -> None:
    assert checkpoints.pictures_seen(run(Folder(tmp_path), "led", rows, **settings), after) == seen


def test_number_of_processes_that_changed_is_counted_as_it_was(tmp_path: Path) -> None:
    halved = {"step": 70, "loss": 0.5, "pictures": 4.0}
    assert checkpoints.pictures_seen(run(Folder(tmp_path), "led", [*COUNTED, halved]), 70) == (520, True)
