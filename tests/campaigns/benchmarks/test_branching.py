"""The benchmark of branching: walks follow from its seed, figures from the films; sheets do not tell whose is whose."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from app.offer.generation import presets
from benchmarks import branching, branching_curve
from benchmarks.branching import Film
from image_encoder import ImageEncoder
from tests.support.eyes import make_eye
from worker.diffusion.rendering import StopInput
from worker.diffusion.walk_pipeline import WalkPipeline

pytestmark = pytest.mark.slow

FACTS: dict[str, Any] = {"vocabulary": ["a fox", "a kite", "a pear"], "hands": [{"words": "neon"}, {"words": "cubist"}]}


def grey(level: int) -> Any:
    return np.full((32, 32, 3), level, np.uint8)


def test_first_ways_are_the_default_preset_and_that_of_the_first_release() -> None:
    ways = dict(branching.list_ways({}, (-2.68, 3.0), curve=False))
    assert list(ways) == [branching.DEFAULT, branching.FIRST_RELEASE]
    assert ways[branching.DEFAULT] == presets.resolve("balanced", {}) | {"spacing": [-2.68, 3.0]}
    assert (ways[branching.FIRST_RELEASE]["ladder"], ways[branching.FIRST_RELEASE]["mixing"]) == ([[6, 5], [9, 10]], 1)


def test_walks_follow_from_the_seed_and_keep_one_style() -> None:
    first, again, other = (list(branching.draw_walks(FACTS, 4, seed)) for seed in (3, 3, 4))
    assert first == again != other
    for a, b in first:
        assert a.prompt.split(", ")[1] == b.prompt.split(", ")[1]
        assert a.prompt != b.prompt and a.seed == b.seed
    assert all(a.seed != b.seed for a, b in branching.draw_walks(FACTS, 4, 3, own_seeds=True))


def test_film_painted_in_full_has_no_distance_to_itself(painters: dict[str, WalkPipeline], tmp_path: Path) -> None:
    painter = painters["sd1"]
    sampling = presets.resolve("balanced", {}, steps=4) | {"branches": False}
    walk = painter.prepare([StopInput("a fox", "", 1), StopInput("a kite", "", 1)], painter.rendering(sampling))
    film = branching.paint(painter, walk, sampling, 6)
    found = branching.measure(
        film, branching.paint_in_full(painter, walk, film), ImageEncoder.load(make_eye(tmp_path / "eye"))
    )
    assert found["distance"] == pytest.approx(0, abs=0.5)
    assert found["morph"] == pytest.approx(found["morph in full"], rel=0.05)
    assert found["passes"] == film.passes / 6 > 4


def test_cross_fade_of_a_film_has_its_stops_and_no_morph() -> None:
    film = Film({0.0: grey(0), 0.3: np.roll(grey(9), 3), 0.4: grey(80), 1.0: grey(255)}, 5)
    faded = branching.cross_fade(film)
    assert list(faded.pictures) == pytest.approx(np.linspace(0, 1, 4))
    assert np.array_equal(faded.pictures[0.0], grey(0)) and np.array_equal(faded.pictures[1.0], grey(255))
    assert branching._morph(faded.pictures) < 0.01


def test_table_tells_distances_against_the_first_release() -> None:
    row = {"passes": 3.0, "morph": 0.4, "morph in full": 0.5, "evenness": 0.9, "jump": 1.2, "seen": 0.01}
    found = {"balanced": [row | {"distance": 2.0}], branching.FIRST_RELEASE: [row | {"distance": 4.0, "jump": 1.4}]}
    lines = list(branching.table(found))
    assert "| balanced | 1 | 2.00 | 0.50 | 3.00 | 0.400, 0.800 | 0.900 | 1.20, 1.20 |" in lines[2]
    assert "| 4.00 | 1.00 |" in lines[3]


def test_sheet_holds_both_rows_and_the_key_beside_it_tells_ours(tmp_path: Path) -> None:
    film = Film({0.0: grey(0), 0.5: grey(255), 1.0: grey(100)}, 0)
    for number in range(4):
        branching._write_sheet(tmp_path / "sheets", number, film, 7)
    key = json.loads((tmp_path / "key.json").read_text("utf-8"))
    assert not (tmp_path / "sheets" / "key.json").exists()
    for number in range(4):
        sheet = np.asarray(Image.open(tmp_path / "sheets" / f"walk-{number + 1}.png"))
        middle = sheet.shape[1] // 2
        brightest = {"A": int(sheet[10, middle].max()), "B": int(sheet[-10, middle].max())}
        assert max(brightest, key=lambda name: brightest[name]) == key[f"walk-{number + 1}"]


def test_curve_names_every_way() -> None:
    drawn = branching_curve.drawing({"balanced": (7.0, 2.0), "σ < 1": (10.0, 1.0)})
    assert drawn.count("<circle") == 2
    assert "balanced" in drawn and "σ &lt; 1" in drawn
