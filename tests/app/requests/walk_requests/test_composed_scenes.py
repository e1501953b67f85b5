"""Scenes of models whose styles compose: in which marks, layout and inks each stop of a walk is to be drawn."""

import io
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import current_app

from app.access.auth import visitors
from app.core.errors import InvalidInput
from app.requests.walk_requests import layouts
from app.requests.walk_requests.validation import validate
from app.site.presentation import form_fields
from app.storage.database import db
from app.storage.walk_models import Walk
from app.walks.saved import lookup
from app.walks.uploads import kinds, photo_check, upload_store
from sketch.scene import Scene
from tests.conftest import make_app
from tests.support import led, placing
from tests.support.pictures import two_halves, written

STYLES = [
    {"words": "linocut", "title": "Linocut", "marks": "linocut", "also": ["linolschnitt", "lino print"]},
    {"words": "swirling brushstrokes", "title": "Swirling brushstrokes", "marks": "painted"},
    {"words": "watercolour", "title": "Watercolour"},
]


@pytest.fixture(autouse=True)
def composing(instance: Path, tmp_path: Path) -> Iterator[None]:
    """Offer a model whose styles compose."""
    model = led.lay_out(tmp_path / "composes", hands=STYLES, unnamed=["linocut", "swirling brushstrokes"])
    app = make_app(instance, MODEL=str(model))
    with app.app_context():
        yield
        db.session.remove()
        db.engine.dispose()


def placed(*prompts: str | dict[str, Any], seed: int = 7) -> Walk:
    stops = [prompt if isinstance(prompt, dict) else {"prompt": prompt} for prompt in prompts]
    return placing.place(validate({"stops": stops, "seed": seed}), visitor_key="ann", owner="hers")[0]


def compositions(walk: Walk) -> list[dict[str, Any] | None]:
    return [stop.scene.get("composition") if stop.scene else None for stop in walk.stops]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("hand", "marks"), [("linocut", "linocut"), ("swirling brushstrokes", "painted"), ("watercolour", None)]
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


@pytest.mark.slow
def test_walk_that_names_no_style_is_composed_in_one_that_suits_something() -> None:
    found = [compositions(placed("a house", "the sun", seed=seed)) for seed in range(12)]
    marks = {each["marks"] for pair in found for each in pair if each}
    assert marks == {"linocut"}
    assert all(pair[0]["marks"] == pair[1]["marks"] for pair in found if pair[0] and pair[1])


@pytest.mark.slow
def test_walk_that_shows_several_things_and_names_no_style_keeps_them_apart() -> None:
    found = [compositions(placed("a fox beside a house", "the sun", seed=seed)) for seed in range(12)]
    assert {each["marks"] for pair in found for each in pair if each} == {"linocut"}


def test_place_that_a_prompt_names_stays_in_a_graphic_style() -> None:
    walk = placed({"prompt": "a house by the sea", "hand": "linocut"}, {"prompt": "the sun", "hand": "linocut"})
    assert walk.stops[0].scene is not None and walk.stops[0].scene["setting"]["kind"] == "sea"


@pytest.mark.parametrize("changes", [{"version": 2}, {"rows": 100}, {"marks": "holograms"}])
def test_forged_composition_is_refused_by_field(changes: dict[str, Any]) -> None:
    document = Scene(composition=None).as_json() | {
        "composition": {"version": 1, "marks": "linocut", "inks": ["ffffff", "000000"], **changes}
    }
    with pytest.raises(InvalidInput) as refused:
        placed({"prompt": "a house", "scene": document}, "the sun")
    assert "composition" in str(refused.value) or any("composition" in str(each) for each in refused.value.errors)


def test_style_named_otherwise_is_painted_by_the_models_own_words() -> None:
    walk = placed("Haus als Linolschnitt", "the sun, lino print")
    assert [each["marks"] if each else None for each in compositions(walk)] == ["linocut", "linocut"]
    assert [stop.scene["words"].endswith(", linocut") for stop in walk.stops if stop.scene] == [True, True]


def test_what_is_no_style_of_the_model_is_painted_in_one_that_is() -> None:
    walk = placed("a house, anime", "a photo of the sun")
    assert all(each for each in compositions(walk))
    assert not any(
        "anime" in stop.scene["words"] or "photo" in stop.scene["words"] for stop in walk.stops if stop.scene
    )


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(6))
def test_painting_without_a_style_is_painterly(seed: int) -> None:
    assert {each["marks"] for each in compositions(placed("a painting of a house", "the sun", seed=seed)) if each} == {
        "painted"
    }


@pytest.mark.parametrize("layout", ["single", "grid", "tilted"])
def test_layout_that_is_asked_for_is_that_of_the_scene(layout: str) -> None:
    stops = [{"prompt": prompt, "hand": "linocut", "layout": layout} for prompt in ("a house", "the sun")]
    first, second = compositions(placed(*stops))
    assert first and second and (first["layout"], second["layout"]) == (layout, layout)
    assert (first["tilt"] != 0) is (layout == "tilted")


@pytest.mark.parametrize("seed", range(6))
def test_layout_alone_chooses_a_style_that_offers_it(seed: int) -> None:
    first, _ = compositions(placed({"prompt": "a house", "layout": "grid"}, "the sun", seed=seed))
    assert first and (first["marks"], first["layout"]) == ("linocut", "grid")


@pytest.mark.parametrize(
    ("stop", "message"),
    [
        ({"hand": "linocut", "layout": "pattern"}, "Linocut offers auto, single, grid and tilted."),
        ({"hand": "swirling brushstrokes", "layout": "grid"}, "Swirling brushstrokes offers auto and single."),
        ({"hand": "watercolour", "layout": "single"}, "Watercolour offers auto."),
        ({"layout": "panels"}, "The styles that are chosen here offer auto, single, grid and tilted."),
        ({"layout": "spiral"}, "There are auto, single, grid, panels, pattern and tilted."),
        ({"layout": 3}, "There are auto, single, grid, panels, pattern and tilted."),
    ],
)
def test_layout_that_cannot_be_is_refused_with_those_that_can(stop: dict[str, Any], message: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        placed("the sun", {"prompt": "a house", **stop})
    (error,) = refused.value.errors
    assert error.field == "stops.1.layout"
    assert error.message.startswith("The layout of stop 2 cannot be “") and error.message.endswith(message)


def test_layout_of_a_named_style_is_held_against_that() -> None:
    with pytest.raises(InvalidInput, match="Swirling brushstrokes offers auto and single"):
        placed("the sun", {"prompt": "a house, swirling brushstrokes", "layout": "grid"})


def test_layout_comes_back_with_the_scene_and_into_the_form() -> None:
    stops = [{"prompt": prompt, "hand": "linocut", "layout": "tilted"} for prompt in ("a house", "the sun")]
    walk = placed(*stops)
    texts = [stop.scene for stop in walk.stops]
    again = placed(*({"prompt": stop.prompt, "hand": stop.requested_style, "scene": stop.scene} for stop in walk.stops))
    assert [stop.scene for stop in again.stops] == texts
    own = [layouts.requested_layout(scene, walk_seed=walk.seed) for scene in texts]
    assert form_fields.fields(walk)["layout"] == (own if any(own) else None)
    assert "tilted" in {layouts.requested_layout(scene, walk_seed=seed) for scene in texts for seed in range(8)}


def test_repainted_scene_is_composed_in_the_marks_of_its_new_style() -> None:
    result = placed({"prompt": "a house", "hand": "linocut", "layout": "tilted"}, "the sun").stops[0].scene
    assert result is not None
    painted = layouts.recompose(result, "painted", seed=7, walk_seed=7)
    assert painted["composition"]["marks"] == "painted" and painted["things"] == result["things"]
    assert "composition" not in layouts.recompose(result, "", seed=7, walk_seed=7)
    assert layouts.recompose(result, "linocut", seed=7, walk_seed=7) == result
    assert layouts.recompose(painted, "etching", seed=7, walk_seed=7)["composition"]["marks"] == "etching"


@pytest.mark.slow
def test_form_paints_the_style_that_the_api_does() -> None:
    client = current_app.test_client()
    for seed in range(4):
        data = {"prompt": ["a house", "the sun", "a fox"], "seed": str(seed), "layout": ["", "", ""]}
        answer = client.post("/walks", data=data)
        assert answer.status_code == 303, answer.text
        by_form = lookup.walk_at_address(answer.headers["Location"].removeprefix("/walks/"))
        by_json = placed("a house", "the sun", "a fox", seed=seed)
        assert [stop.scene for stop in by_form.stops] == [stop.scene for stop in by_json.stops]
        assert len({each["marks"] for each in compositions(by_json) if each}) == 1


def test_stop_of_several_things_is_shown_once_which_is_no_request() -> None:
    for seed in range(8):
        walk = placed({"prompt": "three foxes", "hand": "linocut"}, {"prompt": "the sun", "hand": "linocut"}, seed=seed)
        scene = walk.stops[0].scene
        assert scene is not None and scene["composition"]["layout"] == "single"
        assert layouts.requested_layout(scene, walk_seed=walk.seed) == ""
        again = layouts.recompose(scene, "textile", seed=seed, walk_seed=seed)["composition"]
        assert (again["marks"], again["layout"]) == ("textile", "single")
        assert layouts.requested_layout(scene | {"composition": scene["composition"] | {"layout": "grid"}},
                                        walk_seed=walk.seed) == "grid"  # fmt: skip


def test_form_offers_layouts_and_explains_beside_them_what_cannot_be() -> None:
    client = current_app.test_client()
    page = client.get("/").text
    assert page.count('<select name="layout"') == 2 and ">Automatic</option>" in page
    for group in ("Graphic", "Painterly", "Added here"):
        assert f">{group}</p>" in page
    data = {"prompt": ["a house", "the sun"], "hand": "swirling brushstrokes", "layout": ["grid", ""]}
    answer = client.post("/walks", data=data)
    assert answer.status_code == 422
    assert answer.text.count("Swirling brushstrokes offers auto and single.") == 2
    assert '<option value="grid" selected>' in answer.text
    made = client.post("/walks", data=data | {"hand": "linocut"})
    walk = lookup.walk_at_address(made.headers["Location"].removeprefix("/walks/"))
    assert (compositions(walk)[0] or {})["layout"] == "grid"


def test_command_line_takes_a_layout() -> None:
    runner = current_app.test_cli_runner()
    asked = ["walks", "create", "a house", "the sun", "--hand", "linocut", "--json", "--layout"]
    done = runner.invoke(args=[*asked, "grid"])
    assert done.exit_code == 0, done.output
    stops = json.loads(done.stdout)["recipe"]["stops"]
    assert [stop["scene"]["composition"]["layout"] for stop in stops] == ["grid", "grid"]
    assert "Linocut offers auto, single, grid and tilted." in runner.invoke(args=[*asked, "pattern"]).output


def test_api_says_what_layouts_a_style_offers() -> None:
    answer = current_app.test_client().get("/api/v1/styles").json["styles"]
    assert [style["layouts"] for style in answer] == [["single", "grid", "tilted"], ["single"], []]


@pytest.mark.slow
@pytest.mark.parametrize("layout", [None, "single", "grid", "tilted"])
@pytest.mark.parametrize("words", ["", "a house"])
def test_photo_takes_any_style_and_layout(words: str, layout: str | None) -> None:
    data = photo_check.check(written(two_halves((96, 64))))
    photo = upload_store.save(kinds.PHOTO, data, owner_hash=visitors.digest("hers"), network="")[0]
    walk = placed({"picture": photo.id, "prompt": words, "hand": "linocut", "layout": layout}, "the sun")
    scene = walk.stops[0].scene
    assert scene is not None and scene["things"] == []
    assert scene["composition"]["marks"] == "linocut"
    assert layout is None or scene["composition"]["layout"] == layout


def test_photo_on_the_form_takes_a_layout() -> None:
    client = current_app.test_client()
    data = {"prompt": ["a house", "the sun"], "layout": ["grid", ""], "hand": "linocut"}
    answer = client.post("/walks", data=data | {"photo-0": (io.BytesIO(written(two_halves((96, 64)))), "a.png")})
    assert answer.status_code == 303, answer.text
    walk = lookup.walk_at_address(answer.headers["Location"].removeprefix("/walks/"))
    assert walk.stops[0].photo and (compositions(walk)[0] or {})["layout"] == "grid"
