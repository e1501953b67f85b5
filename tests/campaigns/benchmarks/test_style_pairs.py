"""The pairs of styles: what is painted is compared with its ends, and written for the site and the page."""

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from app.collection.styles.pairs import IN_PLACE, TOGETHER, Pair
from app.core.models.facts import ModelFacts
from benchmarks import style_pairs
from benchmarks.store import Store

STYLES = ("etching", "watercolour")
FACTS = ModelFacts(name="house-9", hands=tuple({"words": words, "title": words.capitalize()} for words in STYLES))


def noise(amplitude: int) -> Image.Image:
    """Return a picture whose pixels differ by so many levels."""
    levels = np.random.default_rng(5).integers(0, amplitude + 1, (64, 64, 1)).repeat(3, 2)
    return Image.fromarray((100 + levels).astype(np.uint8))


@pytest.fixture
def store(tmp_path: Path) -> Store:
    """Return what one round painted, with blurred middles where subject and style change, and part of another round."""
    store = Store("pairs", results=tmp_path)
    store.add("about", revision="r1")

    def add(part: str, amplitude: int, **names: str | int) -> None:
        noise(amplitude).save(store.folder / style_pairs._file(part, **names), lossless=True)
        store.add(part, **names)

    for subject in style_pairs.ROUNDS[0]:
        for style, amplitude in zip(STYLES, (120, 20), strict=True):
            add("end", amplitude, subject=subject, style=style)
    for first, last, direct, in_place in (
        ("etching", "etching", 120, 120),
        ("watercolour", "watercolour", 20, 20),
        ("etching", "watercolour", 10, 60),
    ):
        add("direct", direct, round=0, first=first, last=last)
        add("in_place", in_place, round=0, first=first, last=last)
    add("direct", 5, round=1, first="etching", last="etching")
    add("in_place", 5, round=1, first="etching", last="etching")
    return store


def test_middles_are_compared_with_the_geometric_mean_of_their_ends(store: Store) -> None:
    ratios = style_pairs.compare(store)
    assert {pair: len(each) for pair, each in ratios.items()} == dict.fromkeys(ratios, 1)
    assert ratios["etching", "etching"] == [pytest.approx((1, 1))]
    ((direct, in_place),) = ratios["etching", "watercolour"]
    assert direct < 0.5 and Pair(direct, in_place).fit == IN_PLACE


def test_table_and_page_are_written(store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    page, table = tmp_path / "page.md", tmp_path / "pairs.json"
    page.write_text(f"before\n{style_pairs.BEGIN}\nold\n{style_pairs.END}\nafter\n", "utf-8")
    monkeypatch.setattr(style_pairs, "PAGE", page)
    monkeypatch.setattr(style_pairs, "TABLE", table)
    style_pairs.write(store, FACTS, "r1")
    written = json.loads(table.read_text("utf-8"))
    assert (written["model"], written["revision"], len(written["subjects"])) == ("house-9", "r1", 1)
    assert Pair(*written["pairs"]["etching"]["watercolour"]).fit == IN_PLACE
    lines = page.read_text("utf-8").splitlines()
    assert "old" not in lines and lines[0] == "before" and lines[-1] == "after"
    assert lines[4].split(" | ")[1:] == ["1.00", f"{style_pairs.SIGNS[IN_PLACE]} |"]
    assert style_pairs.SIGNS[TOGETHER] not in lines[5]
