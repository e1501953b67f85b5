"""Allowed words: what the built-in lists refuse is public where an operator says so, and it is in the log."""

import pytest
from flask import Flask
from flask.testing import FlaskClient, FlaskCliRunner

from app.collection.moderation import banned_words, word_lists
from app.core.errors import InvalidInput
from tests.support.commands import count, run, run_json


def test_unfit_prompt_is_refused_at_its_stop_with_the_form_still_filled(client: FlaskClient) -> None:
    page = client.post("/walks", data={"prompt": ["a kite", "a n4ked w0man"]})
    assert page.status_code == 422
    assert "We cannot paint the second stop." in page.text
    assert "The prompt is about nudity, which is not shown here: the site is for all ages." in page.text
    assert "a n4ked w0man</textarea>" in page.text
    answer = client.post("/api/v1/walks", json={"stops": [{"prompt": "gory"}, {"prompt": "a kite"}]})
    assert answer.status_code == 422
    (error,) = answer.json["errors"]
    assert error["field"] == "stops.0.prompt"
    assert error["message"].startswith("The prompt of stop 1 is about blood or cruelty")
    assert count() == 0


def test_what_is_unfit_may_be_left_out(client: FlaskClient) -> None:
    sent = {"prompt": ["a kite", "a fox"], "negative_prompt": "nudity, blood"}
    assert client.post("/walks", data=sent).status_code == 303


def test_allowed_word_is_published_until_it_is_taken_back(client: FlaskClient) -> None:
    sent = {"prompt": ["a kite", "a gory sunset"]}
    assert word_lists.ALLOWED.add("GÖRY") == "gory"
    assert client.post("/walks", data=sent).status_code == 303
    assert word_lists.ALLOWED.remove("gory")
    assert not word_lists.ALLOWED.remove("gory")
    assert client.post("/walks", data=sent | {"seed": "2"}).status_code == 422


def test_banned_word_stays_banned_where_it_is_allowed(app: Flask) -> None:
    word_lists.BANNED.add("gore")
    word_lists.ALLOWED.add("gore")
    (error,) = banned_words.flaws([(("title",), "The title", "gore")])
    assert error.message == "The title contains “gore”, a word that is not shown here. Use another word."


@pytest.mark.parametrize("word", ["", "  !? ", "x" * 81])
def test_what_is_no_word_is_not_allowed(app: Flask, word: str) -> None:
    with pytest.raises(InvalidInput, match="A word to allow has 1 to 80 letters or digits"):
        word_lists.ALLOWED.add(word)


@pytest.mark.databases
def test_commands_allow_list_and_take_back(runner: FlaskCliRunner) -> None:
    assert run_json(runner, "curator", "allow", "Gore") == {"word": "gore", "allowed": True}
    assert run_json(runner, "curator", "allowed") == ["gore"]
    assert run(runner, "curator", "take-back", "gore").output == "“gore” is left to the lists again.\n"
    assert run(runner, "curator", "take-back", "gore").output == "“gore” was not allowed.\n"
    deeds = [(deed["who"], deed["what"], deed["about"]) for deed in run_json(runner, "curator", "log")]
    assert deeds == [("command line", "took back word", "gore"), ("command line", "allowed word", "gore")]
