"""Scenes of models whose styles compose: in which marks, layout and inks each stop of a walk is to be drawn."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from app.commissions import intake
from app.commissions.validation import validate
from app.errors import InvalidInput
from app.storage.database import db
from app.storage.walk_models import Walk
from sketch.scene import Scene
from tests.conftest import make_app
from tests.support import led

STYLES = [
    {"words": "linocut", "title": "Linocut", "marks": "linocut"},
    {"words": "oil painting", "title": "Oil painting", "marks": "painted"},
    {"words": "watercolour", "title": "Watercolour"},
]


@pytest.fixture(autouse=True)
def composing(instance: Path, tmp_path: Path) -> Iterator[None]:
    """Offer a model whose styles compose."""
    model = led.lay_out(tmp_path / "composes", hands=STYLES, unnamed=["linocut", "oil painting"])
    app = make_app(instance, MODEL=str(model))
    with app.app_context():
        yield
        db.session.remove()
        db.engine.dispose()


def placed(*prompts: str | dict[str, Any], seed: int = 7) -> Walk:
    stops = [prompt if isinstance(prompt, dict) else {"prompt": prompt} for prompt in prompts]
    return intake.place(validate({"stops": stops, "seed": seed}), visitor_key="ann", owner="hers")[0]


def compositions(walk: Walk) -> list[dict[str, Any] | None]:
    return [stop.scene.get("composition") if stop.scene else None for stop in walk.stops]


@pytest.mark.parametrize(
    ("hand", "marks"), [("linocut", "linocut"), ("oil painting", "painted"), ("watercolour", None)]
)
def test_chosen_style_composes_the_scene_in_its_marks(hand: str, marks: str | None) -> None:
    stops = [{"prompt": prompt, "hand": hand} for prompt in ("a house", "the sun")]
    found = compositions(placed(*stops))
    assert [each["marks"] if each else None for each in found] == [marks, marks]


def test_style_named_in_the_prompt_composes_the_scene() -> None:
    (first, second) = compositions(placed("a house, linocut", "the sun, watercolour"))
    assert first is not None and first["marks"] == "linocut"
    assert second is None


def test_stops_of_a_walk_share_layout_and_seed_of_their_composition() -> None:
    stops = [{"prompt": prompt, "hand": "linocut", "seed": seed} for seed, prompt in enumerate(("a house", "the sun"))]
    first, second = compositions(placed(*stops))
    assert first and second
    assert all(first[name] == second[name] for name in ("layout", "rows", "columns", "seed", "scale"))


def test_walk_that_names_no_style_is_composed_in_one_of_the_models_own() -> None:
    found = [compositions(placed("a house", "the sun", seed=seed)) for seed in range(12)]
    marks = {each["marks"] for pair in found for each in pair if each}
    assert marks == {"linocut", "painted"}
    assert all(pair[0]["marks"] == pair[1]["marks"] for pair in found if pair[0] and pair[1])


def test_place_that_a_prompt_names_stays_in_a_graphic_style() -> None:
    walk = placed({"prompt": "a house by the sea", "hand": "linocut"}, {"prompt": "the sun", "hand": "linocut"})
    assert walk.stops[0].scene is not None and walk.stops[0].scene["setting"]["kind"] == "sea"


@pytest.mark.parametrize("changes", [{"version": 2}, {"rows": 100}, {"marks": "holograms"}])
def test_forged_composition_is_refused_by_field(changes: dict[str, Any]) -> None:
    told = Scene(composition=None).as_json() | {
        "composition": {"version": 1, "marks": "linocut", "inks": ["ffffff", "000000"], **changes}
    }
    with pytest.raises(InvalidInput) as refused:
        placed({"prompt": "a house", "scene": told}, "the sun")
    assert "composition" in str(refused.value) or any("composition" in str(each) for each in refused.value.errors)
