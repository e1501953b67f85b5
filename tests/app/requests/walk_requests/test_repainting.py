"""A walk repainted in another style: what stays, what changes, and what cannot be."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import update

from app.collection.styles import added
from app.collection.styles.added import AddedStyle
from app.core.errors import Conflict, InvalidInput
from app.requests.walk_requests import recipe, repainting
from app.storage.database import db, writing
from app.storage.walk_models import FAILED, Stop, Walk
from tests.conftest import Maker, inside, make_app
from tests.support import led, placing

HANDS = [
    {"words": "pop art", "title": "Pop art"},
    {"words": "watercolour", "title": "Watercolour"},
    {"words": "neon", "title": "Neon"},
]
LEARNED = {"words": "our prints", "title": "Our prints"}


@pytest.fixture
def app(instance: Path, tmp_path: Path) -> Iterator[Flask]:
    models = [str(led.lay_out_words_alone(tmp_path / "words"))]
    with inside(make_app(instance, MODEL=str(led.lay_out(tmp_path / "led", hands=HANDS)), MODELS=models)) as app:
        yield app


@pytest.fixture
def finished(publish: Maker) -> Callable[..., Walk]:
    """Return a function that publishes a walk by the model that drawings lead, without a record of its style."""

    def make(*prompts: str, **fields: Any) -> Walk:
        walk = publish(*(prompts or ("a fox", "a house")), **fields)
        with writing() as session:
            session.execute(update(Walk).where(Walk.number == walk.number).values(model_name="led"))
            session.execute(update(Stop).where(Stop.walk_number == walk.number).values(chosen_style=""))
        db.session.expire_all()
        return walk

    return make


def repainted(walk: Walk, style: str) -> Walk:
    return placing.place(repainting.restyled_request(walk, style), visitor_key="ben")[0]


def drawn(walk: Walk) -> list[Any]:
    return [[(thing["drawing"], thing["x"], thing["y"]) for thing in stop.scene["things"]] for stop in walk.stops]


def teach(model: str = "style-our-prints") -> None:
    style = AddedStyle("our-prints", "Our prints", "CC0-1.0")
    led.lay_out(style.folder / added.MODEL, name=model, hands=[*HANDS, LEARNED])
    (style.folder / added.MODEL / "model_index.json").write_text("{}")
    (style.folder / added.ABOUT).write_bytes(added.to_json(style))


def test_sketches_seeds_and_pace_stay_and_the_hand_changes(finished: Callable[..., Walk]) -> None:
    walk = finished(seed=7, frames=5, ending="back", easing=True)
    again = repainted(walk, "neon")
    assert drawn(again) == drawn(walk) and all(drawn(walk))
    assert [stop.requested_style for stop in again.stops] == ["neon", "neon"]
    same = ("seed", "frames", "ending", "easing", "preset", "sampler_steps", "guidance", "model", "unlisted")
    assert [getattr(again, name) for name in same] == [getattr(walk, name) for name in same]


def test_old_hand_is_not_named_beside_the_new_one(finished: Callable[..., Walk]) -> None:
    walk = finished("a fox", "a house, watercolour")
    texts = [stop.scene["words"] for stop in walk.stops]
    assert any("pop art" in words or "watercolour" in words for words in texts)
    again = [stop.scene["words"] for stop in repainted(walk, "neon").stops]
    assert again == [", ".join(part for part in words.split(", ") if part not in led.UNNAMED) for words in texts]


def test_recipe_says_which_public_walk_it_was(finished: Callable[..., Walk]) -> None:
    walk = finished()
    again = repainted(walk, "neon")
    assert recipe.recipe_of(again)["remix_of"] == walk.id
    with writing() as session:
        session.execute(update(Walk).where(Walk.number == walk.number).values(unlisted=True))
    db.session.expire_all()
    assert "remix_of" not in recipe.recipe_of(again)


def test_unlisted_walk_is_repainted_unlisted(finished: Callable[..., Walk]) -> None:
    assert repainted(finished(unlisted=True), "neon").unlisted


@pytest.mark.parametrize("style", ["fresco", "", "our-prints"])
def test_style_that_is_none_is_refused_with_those_there_are(finished: Callable[..., Walk], style: str) -> None:
    with pytest.raises(InvalidInput, match="There are pop-art, watercolour and neon") as refused:
        repainting.restyled_request(finished(), style)
    assert refused.value.errors[0].field == "style"


def test_walk_from_one_hand_to_another_has_nothing_between_in_one(finished: Callable[..., Walk]) -> None:
    walk = finished("a fox", "a house")
    for stop, hand in zip(walk.stops, ("pop art", "watercolour"), strict=True):
        stop.prompt, stop.requested_style, stop.scene = "a fox", hand, walk.stops[0].scene
    with pytest.raises(InvalidInput, match="nothing lies between"):
        repainting.restyled_request(walk, "neon")


def test_walk_that_is_not_finished_waits(request_walk: Maker) -> None:
    walk = request_walk("a fox", "a house")
    assert repainting.styles_for(walk) == ()
    with pytest.raises(Conflict):
        repainting.restyled_request(walk, "neon")


def test_walk_painted_by_words_alone_cannot_be(publish: Maker) -> None:
    walk = publish("a fox", "a house", model="words")
    with writing() as session:
        session.execute(update(Walk).where(Walk.number == walk.number).values(model_name="words"))
    db.session.refresh(walk)
    assert repainting.styles_for(walk) == ()
    with pytest.raises(InvalidInput, match="painted by words alone"):
        repainting.restyled_request(walk, "neon")


def test_style_that_is_its_own_already_is_not_offered(finished: Callable[..., Walk]) -> None:
    walk = repainted(finished(), "neon")
    with writing() as session:
        session.execute(update(Walk).where(Walk.number == walk.number).values(state="finished", model_name="led"))
    db.session.refresh(walk)
    assert [style.name for style in repainting.styles_for(walk)] == ["pop-art", "watercolour"]


def test_style_that_was_chosen_for_it_is_not_offered(finished: Callable[..., Walk]) -> None:
    walk = finished()
    for stop in walk.stops:
        stop.chosen_style = "watercolour"
    assert [style.name for style in repainting.styles_for(walk)] == ["pop-art", "neon"]


def test_style_that_was_learned_is_painted_by_its_model(finished: Callable[..., Walk]) -> None:
    teach()
    walk = finished()
    assert [style.name for style in repainting.styles_for(walk)][-1] == "our-prints"
    again = repainted(walk, "our-prints")
    assert (again.model, again.stops[0].requested_style) == ("style-our-prints", "our prints")
    assert drawn(again) == drawn(walk)


@pytest.mark.parametrize("learned_by", ["a model that no drawings lead", "no model"])
def test_style_that_no_model_led_by_drawings_learned_is_not_offered(
    finished: Callable[..., Walk], learned_by: str
) -> None:
    style = AddedStyle("our-prints", "Our prints", "CC0-1.0")
    style.folder.mkdir(parents=True)
    (style.folder / added.ABOUT).write_bytes(added.to_json(style))
    if learned_by != "no model":
        led.lay_out_words_alone(style.folder / added.MODEL, name="style-our-prints", hands=[LEARNED])
        (style.folder / added.MODEL / "model_index.json").write_text("{}")
    assert (added.every()[0].model is None) is (learned_by == "no model")
    walk = finished()
    assert [style.name for style in repainting.styles_for(walk)] == ["pop-art", "watercolour", "neon"]
    with pytest.raises(InvalidInput, match="There are pop-art, watercolour and neon"):
        repainting.restyled_request(walk, "our-prints")


@pytest.mark.databases
def test_asked_for_twice_it_is_one_until_it_came_to_nothing(finished: Callable[..., Walk]) -> None:
    walk = finished()
    wanted = repainting.restyled_request(walk, "neon")

    def ask() -> Walk:
        key = repainting.repeat_key(walk, wanted, "hash")
        return placing.place(wanted, visitor_key="ben", idempotency_key=key)[0]

    first = ask()
    assert ask().id == first.id
    with writing() as session:
        session.execute(update(Walk).where(Walk.id == first.id).values(state=FAILED, owner_hash="hash"))
    assert ask().id != first.id


@pytest.mark.parametrize(("owners", "agreed"), [(("ann",), True), (("ben",), False), ((), False)])
def test_only_the_owner_agreed_that_photos_and_sound_are_published(
    finished: Callable[..., Walk], owners: tuple[str, ...], agreed: bool
) -> None:
    walk = finished()
    walk.owner_hash, walk.photos_may_be_shown, walk.publish_sound = "ann", True, True
    walk.sound_digest, walk.sound_length, walk.sound_pictures = "f" * 64, 12.0, 40
    wanted = repainting.restyled_request(walk, "neon", owners=owners)
    assert (wanted.photos_may_be_shown, wanted.publish_sound) == (agreed, agreed)
