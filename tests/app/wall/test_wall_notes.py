"""A wall says what of a visitor's words was not read: on the phone that wrote them and on the screen."""

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app.storage.wall_models import Wall
from app.wall import director, programme, words
from tests.support import led
from tests.support.walls import fresh, generate, legs, said, walk_of

CASTLE = "城堡"
pytestmark = pytest.mark.settings(MODEL=led.lay_out, MODELS=[led.lay_out_words_alone])


def test_phone_learns_that_the_words_wait(wall: Wall, client: FlaskClient) -> None:
    client.post("/wall/lobby/say", data={"words": CASTLE})
    page = client.get("/wall/lobby/say").text
    assert f"<bdi>{CASTLE}</bdi>" in page
    assert '<span class="quiet">Nothing in it was recognised' in page


def test_words_that_are_read_have_no_note(wall: Wall) -> None:
    said(wall, "a fox", "ann")
    said(wall, "a fox, 8k", "ann")
    notes = {each.words: each.note for each in words.own_words(wall, "ann")}
    assert notes == {"a fox": "", "a fox, 8k": "Tags for other tools were left out: 8k."}


def test_screen_gets_the_words_with_the_leg(wall: Wall, app: Flask) -> None:
    said(wall, CASTLE)
    director.advance(fresh(wall), 0)
    assert walk_of(legs(wall)[0]).stops[-1].note == "not read"
    with app.test_request_context():
        (leg,) = programme.describe_wall(fresh(wall))["legs"]
    assert (leg["to"], leg["note"][:30]) == (CASTLE, "Nothing in it was recognised: ")


def test_same_words_again_move_since_each_leg_has_a_seed_of_its_own(wall: Wall) -> None:
    said(wall, CASTLE)
    said(wall, "雪", "ben")
    for number in range(2):
        generate(wall)
        director.advance(fresh(wall), number)
    assert [leg.skipped for leg in legs(wall)] == [False, False]
