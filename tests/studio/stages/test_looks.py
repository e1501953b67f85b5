"""The table of the hands' looks: painted, learned, measured on other subjects."""

from pathlib import Path

import pytest

from studio.judging.looks import FILE, Looks
from tests.support.eyes import make_eye
from tests.support.studio_fixtures import call


@pytest.mark.slow
def test_table_knows_the_hands_that_painted_and_is_measured_on_others(tmp_path: Path, book: Path) -> None:
    eye = make_eye(tmp_path / "eye")
    report = call("looks", "--folder", tmp_path, "--eye", eye, "--sketchbook", book, "--painted", 40, "--measured", 6,
                  "--painted-at", 32)  # fmt: skip
    table = Looks.load(tmp_path / "model")
    assert report["hands"] == len(table.hands) > 5
    assert table.vectors.shape == (report["hands"], table.directions.shape[1])
    assert 0 <= report["told"] <= 1 and (tmp_path / "model" / FILE).exists()
