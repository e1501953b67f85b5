"""How long drawing takes is measured style by style, and told beside a scene of 1.0."""

from __future__ import annotations

from benchmarks import drawing
from benchmarks.drawing import Row


def test_table_tells_times_beside_those_of_a_scene_of_old() -> None:
    table = drawing.written([Row("1.0", 4.0, 8.0), Row("linocut", 10.0, 12.0, 1.5, 2.5, 3.5)]).splitlines()
    assert table[1].split() == ["1.0", "4.0", "1.0x", "8.0", "1.0x", "0.0", "0.0", "0.0"]
    assert table[2].split() == ["linocut", "10.0", "2.5x", "12.0", "1.5x", "1.5", "2.5", "3.5"]


def test_first_time_does_not_count() -> None:
    calls: list[int] = []
    assert drawing.milliseconds(lambda: calls.append(1), 3) >= 0
    assert len(calls) == 4
