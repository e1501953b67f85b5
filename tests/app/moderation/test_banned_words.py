"""Banned words: refused in new prompts and titles by name, whatever their case and accents, until they are lifted."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask.testing import FlaskClient, FlaskCliRunner
from sqlalchemy import func, select

from app.commissions import walk_edits
from app.errors import InvalidInput
from app.moderation import banned_words
from app.storage.database import db
from app.storage.walk_models import Walk
from tests.support.commands import run, run_json

pytestmark = pytest.mark.databases

Hanger = Callable[..., Walk]


def count() -> int:
    db.session.rollback()
    return db.session.scalar(select(func.count()).select_from(Walk)) or 0


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
    ],
)
def test_word_is_found_whole_whatever_its_case_and_accents(
    client: FlaskClient, word: str, text: str, is_found: bool
) -> None:
    banned_words.ban(word)
    assert (banned_words.found_in(text) is not None) == is_found


def test_new_walk_with_a_banned_word_is_refused_at_its_stop_and_makes_no_row(client: FlaskClient) -> None:
    banned_words.ban("gore")
    page = client.post("/walks", data={"prompt": ["a kite", "a gore fest"]})
    assert page.status_code == 422
    assert "We cannot paint the second stop." in page.text
    assert "The prompt asks for “gore”, which does not hang here." in page.text
    assert "a gore fest</textarea>" in page.text
    answer = client.post("/api/v1/walks", json={"stops": [{"prompt": "Gore!"}, {"prompt": "a kite"}]})
    assert answer.status_code == 422
    (error,) = answer.json["errors"]
    assert error["field"] == "stops.0.prompt"
    assert error["message"] == "The prompt of stop 1 asks for “gore”, which does not hang here."
    assert count() == 0
    banned_words.lift("GORE")
    assert client.post("/walks", data={"prompt": ["a kite", "a gore fest"]}).status_code == 303


def test_title_with_a_banned_word_is_refused(client: FlaskClient, hung: Hanger) -> None:
    walk = hung()
    banned_words.ban("gore")
    with pytest.raises(InvalidInput, match="The title asks for “gore”"):
        walk_edits.validate({"title": "Gore in July"})
    assert walk.title == "A fox, a kite"


def test_what_hangs_goes_on_hanging(client: FlaskClient, hung: Hanger) -> None:
    walk = hung("gore", "a kite")
    banned_words.ban("gore")
    assert client.get(walk.url).status_code == 200


@pytest.mark.parametrize("word", ["", "  !? ", "x" * 81])
def test_what_is_no_word_is_not_banned(client: FlaskClient, word: str) -> None:
    with pytest.raises(InvalidInput, match="A word to ban has 1 to 80 letters or digits"):
        banned_words.ban(word)
    assert banned_words.words() == []


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
