"""The tables and the gate, from records whose figures are known."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from benchmarks import report
from benchmarks.contenders import Film
from benchmarks.films import JUDGED, NAMES
from benchmarks.judging import JUDGED_NAMES, nearness
from benchmarks.report import median, ratios
from benchmarks.store import Store

PAIRS = 4


@pytest.fixture
def store(tmp_path: Path) -> Store:
    """Fill a store with a run in which the default preset is all that it is meant to be."""
    filled = Store("run", results=tmp_path)
    for pair in range(PAIRS):
        for half in (0, 1):
            filled.add("usual", pair=pair, half=half, wall=2.0 + half, processor=4.0, passes=100)
        for name in NAMES:
            wall = 10.0 if name == "balanced" else 40.0
            film = _film(pair)
            filled.keep(film, name, pair, JUDGED)
            filled.add(
                "film", contender=name, pair=pair, frames=JUDGED, wall=wall, processor=2 * wall, passes=wall * 60,
                decodes=60, evenness=0.96 if name == "balanced" else 0.7, jump=1.3 if name == "balanced" else 3.0,
                sharpness=0.9, black=0, doubled=0,
            )  # fmt: skip
        for name in JUDGED_NAMES:
            filled.add("judged", contender=name, pair=pair, distance=5.0, likeness=0.9, sharpness=0.95)
        filled.keep(_film(pair), "reference", pair)
    return filled


def _film(pair: int) -> Film:
    """Paint frames of one colour to a pair."""
    positions = [i / (JUDGED - 1) for i in range(JUDGED)]
    return Film(positions, [np.full((16, 16, 3), 50 * pair + i % 3, np.uint8) for i in range(JUDGED)])


def change(store: Store, part: str, contender: str, **values: Any) -> None:
    for record in store.select(part, contender=contender):
        record |= values


def test_gate_is_open_for_films_that_are_all_they_should_be(store: Store) -> None:
    assert report.gate(store) == []


@pytest.mark.parametrize(
    ("part", "contender", "values", "complaint"),
    [
        ("film", "P1", {"wall": 5.0}, "P1 is faster and nearer"),
        ("film", "balanced", {"evenness": 0.6}, "evenness"),
        ("film", "balanced", {"jump": 4.0}, "jumps"),
        ("judged", "balanced", {"sharpness": 0.5}, "sharpness"),
        ("film", "fast", {"doubled": 1}, "4 doubled or black frames by fast"),
        ("film", "balanced", {"black": 1}, "4 doubled or black frames by balanced"),
    ],
)
def test_gate_is_shut_by_each_thing_that_is_worse(
    store: Store, part: str, contender: str, values: dict[str, float], complaint: str
) -> None:
    change(store, "judged", "P1", distance=4.0)
    change(store, part, contender, **values)
    (broken,) = report.gate(store)
    assert complaint in broken


def test_gate_is_shut_by_pictures_of_another_prompt(store: Store) -> None:
    for pair in range(PAIRS):
        store.keep(_film((pair + 1) % PAIRS), "balanced", pair, JUDGED)
    (broken,) = report.gate(store)
    assert "fit" in broken


def test_gate_is_shut_while_nothing_is_measured(tmp_path: Path) -> None:
    assert len(report.gate(Store("empty", results=tmp_path))) == 4


def test_tables_hold_the_ratios(store: Store) -> None:
    tables = report.markdown(store)
    assert "The quality gate is open." in tables
    assert "| balanced | 15 (15–15) |" in tables  # 60 frames at 2.5 s against 10 s
    assert "| 60 | balanced | 4 (4–4) | 4 (4–4) |" in tables


def test_site_is_compared_with_the_same_walks_in_process(store: Store) -> None:
    for pair in range(PAIRS):
        store.add("site", frames=24, pair=pair, whole=5.0, first=1.0, in_process=4.0)
    assert "| 24 | 5 (5–5) | 0.25 (0.25–0.25) | 12 (12–12) | 0.2 (0.2–0.2) |" in report.markdown(store)


def test_a_run_goes_on_where_it_stopped(store: Store) -> None:
    again = Store("run", results=store.folder.parent)
    assert again.records == store.records
    assert again.has("film", contender="P1", pair=0, frames=JUDGED)
    assert not again.has("film", contender="P1", pair=PAIRS, frames=JUDGED)
    assert Store("run", results=store.folder.parent, fresh=True).records == []


def test_tables_go_into_the_page(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    page = tmp_path / "painting.md"
    page.write_text(f"before\n{report.BEGIN}\nold\n{report.END}\nafter\n")
    monkeypatch.setattr(report, "PAGE", page)
    report.into_docs("new")
    report.into_docs("newer")
    before, figures, after = (
        page.read_text().split("<!-- ", 1)[0],
        page.read_text(),
        page.read_text().split("-->\n")[-1],
    )
    assert (before, after) == ("before\n", "after\n")
    assert [word in figures for word in ("newer\n", "old")] == [True, False]


def test_median_of_ratios_is_taken_pair_by_pair() -> None:
    found = ratios([2, 30, 8], [1, 10, 2])
    assert (found.value, found.low, found.high) == (3, 2, 4)
    assert median([1.0] * 9).low == 1
    with pytest.raises(ValueError, match="nothing"):
        median([])


def test_films_are_held_against_references_at_the_same_positions() -> None:
    board = (np.indices((32, 32)).sum(0) % 2 * 200).astype(np.uint8)
    reference = np.stack([board] * 3, -1)
    soft = reference // 2
    same, softer = (
        nearness([reference] * 4, [reference] * 4),
        nearness([reference, soft, soft, reference], [reference] * 4),
    )
    assert (same["distance"], same["likeness"], same["sharpness"]) == (0, pytest.approx(1), 1)
    assert softer["sharpness"] == pytest.approx(0.25)
    assert softer["distance"] > 0
