"""Walks between names drawn by chance: the same ones for a seed, half in one style, painted every way in turn."""

from __future__ import annotations

from typing import Any

import pytest

from app.generation import presets
from benchmarks import between
from benchmarks.asking import Asking
from tests.support.house import FACTS, HOUSE
from worker.diffusion.painter import Painter


def test_way_is_a_preset_or_changes_the_default_one() -> None:
    assert between.way("fast", FACTS, None) == presets.resolve("fast", FACTS)
    changed = between.way('{"detail": 0.2, "ladder": [[1.0, 7]]}', FACTS, None)
    assert changed == presets.resolve(presets.DEFAULT, FACTS) | {"detail": 0.2, "ladder": [[3, 7]]}


class Asked(Asking):
    """Notes what it is asked for."""

    def __init__(self) -> None:
        pass

    def stop(self, prompt: str, seed: int, hand: str = "") -> Any:
        return prompt, seed, hand


def test_walks_follow_from_the_seed_and_every_other_one_changes_its_style() -> None:
    def drawn(seed: int) -> list[tuple[str, list[Any]]]:
        return list(between.drawn(Asked(), HOUSE, 6, seed))

    assert drawn(3) == drawn(3) != drawn(4)
    for number, (kind, ((name, _, style), (other, _, last))) in enumerate(drawn(3)):
        assert (kind, style == last) == (("across", False) if number % 2 else ("within", True))
        assert name != other


@pytest.mark.slow
def test_what_is_measured_stands_in_the_table(painters: dict[str, Painter]) -> None:
    painter = painters["led"]
    ask = Asking(painter, HOUSE)
    sampling = presets.resolve("fast", FACTS)
    rows = [
        {"kind": kind} | between.measured(painter, stops, sampling) for kind, stops in between.drawn(ask, HOUSE, 2, 1)
    ]
    lines = list(between.table({"fast": rows, "again": [row | {"wall": row["wall"] * 2} for row in rows]}))
    assert [line.split(" | ")[0] for line in lines[2:]] == [
        f"| {way}, {kind}" for way in ("fast", "again") for kind in ("within", "across", "all")
    ]
    assert lines[-1].endswith("| 2.00 | 1.00 |")
