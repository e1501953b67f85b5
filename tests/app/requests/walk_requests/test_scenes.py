"""What prompts are read as when a walk is requested: where sketches lead the model, in its row, JSON and recipe."""

import json
import random
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app.collection.moderation import drawing_curation
from app.collection.moderation.drawing_request import DrawingRequest
from app.core.errors import InvalidInput
from app.offer.generation import offers
from app.offer.generation.offers import Offer
from app.requests.walk_requests import recipe, scenes
from app.requests.walk_requests.recipe_pins import PinnedSettings
from app.requests.walk_requests.validation import validate
from app.site.presentation import walk_description
from app.storage.database import db
from app.storage.walk_models import FINISHED, Walk
from app.walks.saved import reuse
from sketch import scene
from sketch.scene import Scene
from tests.conftest import make_app
from tests.support import drawings, led, placing
from tests.support.led import ROBOT, ROBOT_DIGEST
from tests.support.recipes import RENDERING

HOUSE = drawings.scene("house")
UNNAMED = ["pop art", "watercolour"]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return led.lay_out(tmp_path_factory.mktemp("model"), unnamed=UNNAMED)


@pytest.fixture
def app(instance: Path, folder: Path, tmp_path: Path) -> Iterator[Flask]:
    app = make_app(instance, MODEL=str(folder), MODELS=[str(led.lay_out_words_alone(tmp_path / "words"))])
    with app.app_context():
        yield app
        db.session.remove()
        db.engine.dispose()


pytestmark = pytest.mark.usefixtures("app")


def placed(*prompts: str | dict[str, Any], seed: int = 7, **fields: Any) -> Walk:
    stops = [prompt if isinstance(prompt, dict) else {"prompt": prompt} for prompt in prompts]
    return placing.place(validate({"stops": stops, "seed": seed, **fields}), visitor_key="ann", owner="hers")[0]


def shown(walk: Walk) -> list[list[str]]:
    """Name what each stop shows."""
    names = {digest: name for name, digest in drawings.DIGESTS.items()}
    return [[names[thing.drawing] for thing in scene.read_scene(stop.scene).things] for stop in walk.stops]


def test_each_prompt_is_read_as_a_scene_of_drawings() -> None:
    walk = placed("a house", "the sun over a house")
    first, second = (scene.read_scene(stop.scene) for stop in walk.stops)
    assert shown(walk) == [["house"], ["house", "sun"]]
    assert second.things[1].y < second.things[0].y  # from far to near, and the sun is above
    assert (first.words.removesuffix(", pop art").removesuffix(", watercolour"), first.reader > 0) == ("a house", True)


def test_german_is_painted_from_its_english() -> None:
    walk = placed("drei Häuser bei Nacht", "die Sonne")
    first = scene.read_scene(walk.stops[0].scene)
    assert shown(walk) == [["house"] * 3, ["sun"]]
    assert first.words.startswith("three houses")
    assert first.setting.time == "night"


def test_named_hand_is_painted_and_not_drawn_at_random() -> None:
    walk = placed("an oil painting of a house", "a house, woodcut")
    assert shown(walk) == [["house"], ["house"]]
    texts = [scene.read_scene(stop.scene).words for stop in walk.stops]
    assert ["oil painting" in texts[0], "woodcut" in texts[1]] == [True, True]
    assert not any(hand in words for hand in UNNAMED for words in texts)


def test_walk_that_names_no_hand_gets_one_for_all_its_stops() -> None:
    chosen = []
    for seed in range(12):
        texts = [scene.read_scene(stop.scene).words for stop in placed("a house", "the sun", seed=seed).stops]
        (hand,) = {words.rpartition(", ")[2] for words in texts}
        assert hand == random.Random(f"hand:{seed}").choice(UNNAMED)  # as for earlier walks
        chosen.append(hand)
    assert set(chosen) == set(UNNAMED)


def test_what_is_left_out_is_not_drawn() -> None:
    walk = placed({"prompt": "the sun and a house", "negative_prompt": "sun"}, "a house without a sun")
    assert shown(walk) == [["house"], ["house"]]


def test_seed_decides_how_the_same_words_look() -> None:
    first, again, other = (placed("a house", "the sun", seed=seed).stops[0].scene for seed in (1, 1, 2))
    assert first == again != other


def test_scene_stands_in_json_and_recipe_and_in_what_counts_as_the_same_walk() -> None:
    walk = placed("a house", "the sun")
    kept = [stop.scene for stop in walk.stops]
    assert [stop["scene"] for stop in walk_description.describe(walk)["stops"]] == kept
    assert [stop["scene"] for stop in json.loads(recipe.dumps(walk))["stops"]] == kept
    key = reuse.key_of(walk, "led")
    walk.stops[0].scene = HOUSE.as_json()
    assert reuse.key_of(walk, "led") != key


def test_scene_that_is_brought_stays_as_it_is() -> None:
    walk = placed({"prompt": "the sun", "scene": HOUSE.as_json()}, "a house")
    assert walk.stops[0].scene == HOUSE.as_json()
    assert shown(walk)[0] == ["house"]


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({**HOUSE.as_json(), "version": 9}, "scene.version: 9 cannot be read here"),
        ({**HOUSE.as_json(), "things": HOUSE.as_json()["things"] * 10_000}, "scene.things: 10000 things, at most 24"),
        ({**HOUSE.as_json(), "things": [{"drawing": "../../etc"}]}, "scene.things[0].drawing: the digest"),
        ({"version": 1}, "scene.things: a list is wanted"),
    ],
)
def test_forged_scene_is_refused_with_the_field_and_the_limit(given: dict[str, Any], said: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        placed({"prompt": "the sun", "scene": given}, "a house")
    assert said in str(refused.value.as_dict() if hasattr(refused.value, "as_dict") else refused.value)


def added(names: str = "robot hamster, Roboterhamster", **fields: str) -> str:
    return drawing_curation.add(ROBOT.encode(), DrawingRequest(names, **fields)).drawing.digest


def with_robot(**place: Any) -> dict[str, Any]:
    return {**HOUSE.as_json(), "things": [*HOUSE.as_json()["things"] * 2, {"drawing": ROBOT_DIGEST, **place}]}


def test_prompts_are_read_as_a_drawing_as_soon_as_it_is_added_and_no_longer_once_it_is_removed() -> None:
    before = placed("a robot hamster", "a house")
    added(artist="Ann Example")
    walk = placed("two robot hamsters", "ein Roboterhamster bei Nacht")
    assert [{thing["drawing"] for thing in stop.scene["things"]} for stop in walk.stops] == [{ROBOT_DIGEST}] * 2
    assert len(walk.stops[0].scene["things"]) == 2 and walk.stops[0].scene["words"].startswith("two robot hamsters")
    drawing_curation.remove("robot hamster")
    after = placed("a robot hamster", "a house")
    assert [stop.scene for stop in after.stops] == [stop.scene for stop in before.stops]


def test_other_words_of_an_added_drawing_are_read_where_its_name_was_known_before() -> None:
    added("house, tin shack")
    seen = {placed("a tin shack", "the sun", seed=seed).stops[0].scene["things"][0]["drawing"] for seed in range(8)}
    assert ROBOT_DIGEST in seen and seen <= {ROBOT_DIGEST, led.HOUSE, led.OTHER_HOUSE}


def test_reader_is_rebuilt_only_when_a_drawing_was_added_or_removed(app: Flask) -> None:
    first = scenes.reader_of(offers.first())
    assert first is not None and scenes.reader_of(offers.first()) is first
    added()
    second = scenes.reader_of(offers.first())
    assert second is not first and scenes.reader_of(offers.first()) is second


def test_drawing_that_was_never_here_is_refused_by_its_field_and_one_that_was_removed_is_painted(
    client: FlaskClient,
) -> None:
    asked = {"stops": [{"prompt": "the sun"}, {"prompt": "a robot", "scene": with_robot()}]}
    answer = client.post("/api/v1/walks", json=asked)
    (error,) = answer.json["errors"]
    assert (answer.status_code, error["field"]) == (422, "stops.1.scene.things.2.drawing")
    assert error["pointer"] == "#/stops/1/scene/things/2/drawing" and ROBOT_DIGEST in error["message"]
    added()
    drawing_curation.remove(ROBOT_DIGEST)
    assert client.post("/api/v1/walks", json=asked).status_code == 202


def test_recipe_whose_drawing_was_never_here_is_refused_by_its_field() -> None:
    pinned = PinnedSettings(**RENDERING | {"positions": [0.0, 1.0]})
    wanted = validate({"stops": [{"prompt": "the sun"}, {"prompt": "a robot", "scene": with_robot()}], "frames": 2})
    with pytest.raises(InvalidInput) as refused:
        placing.place(wanted, visitor_key="ann", pinned=pinned)
    assert [error.field for error in refused.value.errors] == ["stops.1.scene.things.2.drawing"]


def test_walk_continued_from_an_unusable_scene_is_read_again() -> None:
    parent = placed("the sun", "a house", seed=3)
    parent.state, parent.stops[-1].scene = FINISHED, with_robot()
    db.session.commit()
    child = placed("a house", "the sun", seed=3, continues=parent.id)
    drawn = [{thing["drawing"] for thing in stop.scene["things"]} for stop in child.stops]
    assert drawn[0] <= {led.HOUSE, led.OTHER_HOUSE} and drawn[1] == {led.SUN}


def test_walk_knows_whose_drawings_it_is_painted_after() -> None:
    added(artist="Ann Example", licence="CC-BY-4.0", source="https://example.org/robot")
    walk = placed("a house and a robot hamster", "two houses")
    assert sorted(walk.drawings, key=lambda each: each["name"]) == [
        {"digest": drawings.DIGESTS["house"], "name": "house", "artist": "MoMA Lisa", "licence": "CC0-1.0",
         "source": "tests"},
        {"digest": ROBOT_DIGEST, "name": "robot hamster", "artist": "Ann Example", "licence": "CC-BY-4.0",
         "source": "https://example.org/robot"},
    ]  # fmt: skip
    assert placed("a house", "the sun", model="words").drawings is None


def test_model_that_is_led_by_words_alone_gets_no_scene() -> None:
    walk = placed({"prompt": "the sun", "scene": HOUSE.as_json()}, "a house", model="words")
    assert [stop.scene for stop in walk.stops] == [None, None]
    assert "scene" not in recipe.recipe_of(walk)["stops"][0]


def test_walk_that_goes_on_begins_with_the_last_scene() -> None:
    parent = placed("the sun", "a house", seed=3)
    parent.state = FINISHED
    db.session.commit()
    child = placed("a house", "the sun", seed=3, continues=parent.id)
    assert child.stops[0].scene == parent.stops[-1].scene


def test_prompt_in_which_nothing_is_found_is_read_as_a_setting_alone() -> None:
    walk = placed("🜁🜂", "a house")
    assert isinstance(scene.read_scene(walk.stops[0].scene), Scene)


def test_without_a_lexicon_prompts_are_painted_by_their_words(
    instance: Path, tmp_path: Path, folder: Path, caplog: pytest.LogCaptureFixture
) -> None:
    bare = shutil.copytree(folder, tmp_path / "bare")
    (bare / "lexicon.npz").unlink()
    with make_app(instance, MODEL=str(bare)).app_context():
        assert scenes.reader_of(Offer.load(str(bare))) is None
        assert [stop.scene for stop in placed("the sun", "a house").stops] == [None, None]
    assert "lexicon.npz is missing" in caplog.text
