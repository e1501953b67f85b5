"""Banned words: refused in new prompts and titles by name, whatever their case and accents, until they are lifted."""

import pytest
from flask import Flask
from flask.testing import FlaskClient, FlaskCliRunner

from app.collection.moderation import banned_words, drawing_curation, word_lists
from app.collection.moderation.drawing_request import DrawingRequest
from app.core.errors import InvalidInput
from app.requests.walk_requests import walk_edits
from tests.conftest import Maker
from tests.support.commands import count, run, run_json
from tests.support.led import ROBOT


@pytest.mark.parametrize(
    ("word", "text", "is_found"),
    [
        ("gore", "a field of GORE", True),
        ("gore", "a category of gored bulls", False),
        ("Göre", "gore", True),
        ("dead bird", "two dead, birds", False),
        ("dead bird", "a Dead-Bird", True),
        ("dead bird", "a bird, dead", False),
        ("血", "流血的心", True),
        ("foo_bar", "foo bar", True),
        # Any script, as it is written and as it is read.
        ("ΜΗΝΑΣ", "μήνας", True),
        ("μήνας", "ΜΗΝΑΣ", True),
        ("кровь", "КРОВЬ", True),
        ("cop", "сор", True),
        ("go\u00adre", "gore", True),
        ("血", "流\u200b血的心", True),
        # What only comes near.
        ("gore", "море и горе", False),
        ("heil", "hell", False),
        ("gore", "ore of gold", False),
        ("rape", "grapes", False),
        ("gore", "g ore 👩\u200d🚀", False),
    ],
)
def test_word_is_found_in_any_case_and_accents(client: FlaskClient, word: str, text: str, is_found: bool) -> None:
    word_lists.BANNED.add(word)
    assert is_refused(text) == is_found


@pytest.mark.parametrize(
    "text",
    [
        "g\u200bore", "g\u200do\u200cr\u2060e", "go\u00adre", "\ufeffgore", "gore\ufe0f", "g\u034fore", "go\u2064re",
        "g\U000e0061ore", "g\u3164ore", "gоre", "gοre", "GΟRE", "ցօrе", "ｇｏｒｅ", "𝔤𝔬𝔯𝔢", "𝗚𝗢𝗥𝗘", "ⓖⓞⓡⓔ",
        "🅖🅞🅡🅔", "🅶🅾🆁🅴", "🇬🇴🇷🇪", "ɢᴏʀᴇ", "ɡore", "gøre", "g̶o̶r̶e̶", "g⃝o⃝r⃝e⃝", "gσre", "ĝőŕë", "a gоre-fest",
    ],
)  # fmt: skip
def test_word_is_found_however_it_is_made_to_look_like_itself(client: FlaskClient, text: str) -> None:
    word_lists.BANNED.add("gore")
    assert is_refused(text)


def is_refused(text: str) -> bool:
    return any("a word that is not shown" in each.message for each in banned_words.flaws([(("title",), "It", text)]))


def test_all_that_a_request_shows_is_looked_at(client: FlaskClient) -> None:
    word_lists.BANNED.add("gore")
    scene = {"version": 1, "things": [], "setting": {}, "words": "a gore fest"}
    for field, stop in (
        ("negative_prompt", {"negative_prompt": "rain, GORE"}),
        ("scene.words", {"scene": scene}),
    ):
        answer = client.post("/api/v1/walks", json={"stops": [{"prompt": "a fox"}, {"prompt": "a kite"} | stop]})
        assert answer.status_code == 422
        (error,) = answer.json["errors"]
        assert error["field"] == f"stops.1.{field}"
        assert "of stop 2 contains “gore”, a word that is not shown here." in error["message"]
    page = client.post("/walks", data={"prompt": ["a kite", "a fox"], "negative_prompt": "go\u200bre"})
    assert page.status_code == 422
    assert "The negative prompt contains “gore”, a word that is not shown here." in page.text
    assert count() == 0


def test_letters_that_are_shown_in_another_order_are_refused(client: FlaskClient) -> None:
    answer = client.post("/api/v1/walks", json={"stops": [{"prompt": "\u202eerog"}, {"prompt": "a kite"}]})
    assert "contains control characters" in answer.json["errors"][0]["message"]


@pytest.mark.slow
def test_name_and_other_words_of_a_drawing_are_looked_at(app: Flask) -> None:
    word_lists.BANNED.add("gore")
    for names in ("gore", "robot, gоre robot"):
        with pytest.raises(InvalidInput, match="The name contains “gore”") as refusal:
            drawing_curation.add(ROBOT.encode(), DrawingRequest(names))
        assert refusal.value.errors[0].field == "name"
    assert drawing_curation.add(ROBOT.encode(), DrawingRequest("robot", artist="Lesley Gore")).what == "added"


def test_new_walk_with_a_banned_word_is_refused_at_its_stop_and_makes_no_row(client: FlaskClient) -> None:
    word_lists.BANNED.add("gothic")
    page = client.post("/walks", data={"prompt": ["a kite", "a gothic fest"]})
    assert page.status_code == 422
    assert "We cannot paint the second stop." in page.text
    assert "The prompt contains “gothic”, a word that is not shown here." in page.text
    assert "a gothic fest</textarea>" in page.text
    answer = client.post("/api/v1/walks", json={"stops": [{"prompt": "Gothic!"}, {"prompt": "a kite"}]})
    assert answer.status_code == 422
    (error,) = answer.json["errors"]
    assert error["field"] == "stops.0.prompt"
    words = "The prompt of stop 1 contains “gothic”, a word that is not shown here. Use another word."
    assert error["message"] == words
    assert count() == 0
    word_lists.BANNED.remove("GOTHIC")
    assert client.post("/walks", data={"prompt": ["a kite", "a gothic fest"]}).status_code == 303


def test_title_with_a_banned_word_is_refused(client: FlaskClient, publish: Maker) -> None:
    walk = publish()
    word_lists.BANNED.add("gore")
    with pytest.raises(InvalidInput, match="The title contains “gore”"):
        walk_edits.validate({"title": "Gore in July"})
    assert walk.title == "A fox, a kite"


def test_what_is_public_stays_public(client: FlaskClient, publish: Maker) -> None:
    walk = publish("moose", "a kite")
    word_lists.BANNED.add("moose")
    assert client.get(walk.url).status_code == 200


@pytest.mark.parametrize("word", ["", "  !? ", "x" * 81])
def test_what_is_no_word_is_not_banned(client: FlaskClient, word: str) -> None:
    with pytest.raises(InvalidInput, match="A word to ban has 1 to 80 letters or digits"):
        word_lists.BANNED.add(word)
    assert word_lists.BANNED.words() == []


@pytest.mark.databases
def test_commands_ban_list_and_lift(runner: FlaskCliRunner) -> None:
    assert run_json(runner, "curator", "ban", "Göre") == {"word": "gore", "banned": True}
    run(runner, "curator", "ban", "gore")
    assert run_json(runner, "curator", "words") == ["gore"]
    assert run(runner, "curator", "lift", "gore").output == "“gore” is allowed again.\n"
    assert run(runner, "curator", "lift", "gore").output == "“gore” was not banned.\n"
    deeds = run_json(runner, "curator", "log")
    assert [(deed["who"], deed["what"], deed["about"]) for deed in deeds] == [
        ("command line", "lifted word", "gore"),
        ("command line", "banned word", "gore"),
    ]
