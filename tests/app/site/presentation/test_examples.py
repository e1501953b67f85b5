"""The example on the empty form: from walks that curators chose, in the page's language, else a pair of the model."""

from typing import Any

import pytest
from flask import Flask
from flask_babel import force_locale

from app.collection.gallery import exhibitions
from app.collection.gallery.exhibitions import ExhibitionRequest
from app.collection.moderation import curation
from app.core.text import stop_notes
from app.site.presentation import examples
from app.site.presentation.examples import Example
from app.storage.walk_models import Stop, Walk
from tests.support.rows import Maker, change

STARTERS = [("a tulip", "a rose")]


def chosen(app: Flask, language: str, *featured: Walk) -> Example:
    with app.test_request_context(), force_locale(language):
        return examples.choose(featured, STARTERS)


def test_walk_that_no_curator_chose_is_no_example(app: Flask, publish: Maker) -> None:
    publish("a fox", "a kite")
    assert chosen(app, "en") == Example(("a tulip", "a rose"))


def test_featured_walk_comes_before_those_of_exhibitions(app: Flask, publish: Maker) -> None:
    shown, featured = publish("a bee", "a rose"), publish("a fox", "a kite")
    exhibitions.create(ExhibitionRequest("Small things", walks=[shown.id]))
    assert chosen(app, "en") == Example(("a bee", "a rose"), shown)
    assert chosen(app, "en", featured) == Example(("a fox", "a kite"), featured)


def test_walk_of_a_hidden_exhibition_and_a_hidden_walk_are_no_examples(app: Flask, publish: Maker) -> None:
    shown, hidden = publish("a bee", "a rose"), publish("a fox", "a kite")
    exhibitions.create(ExhibitionRequest("Not yet", walks=[shown.id], is_shown=False))
    exhibitions.create(ExhibitionRequest("Hidden", walks=[hidden.id]))
    curation.hide(hidden)
    assert chosen(app, "en").walk is None


def test_example_is_in_the_language_of_the_page(app: Flask, publish: Maker) -> None:
    english, german = publish("a fox", "a kite"), publish("ein Fuchs", "ein Drachen")
    assert chosen(app, "en", german, english).walk == english
    assert chosen(app, "de", english, german) == Example(("ein Fuchs", "ein Drachen"), german)
    assert chosen(app, "de", english).walk is None


def test_known_prompts_are_translated_with_all_that_lies_between(app: Flask, publish: Maker) -> None:
    walk = publish("a guitar", "an apple", "a violin", ending="round", frames=4)
    assert chosen(app, "en", walk) == Example(("a guitar", "a violin"), walk)
    translated = ("eine Gitarre", "ein Apfel", "eine Geige", "eine Gitarre")
    assert chosen(app, "de", walk) == Example(("eine Gitarre", "eine Geige"), walk, translated)


@pytest.mark.parametrize("prompts", [("a fox", "a kite", "a fox"), ("a very long description", "a kite")])
def test_round_or_long_walk_is_no_example(app: Flask, publish: Maker, prompts: tuple[str, ...]) -> None:
    walk = publish(*prompts, frames=4)
    assert chosen(app, "en", walk).walk is None


@pytest.mark.parametrize("values", [{"note": stop_notes.NOT_READ}, {"prompt": ""}])
def test_walk_partly_read_or_of_a_photo_is_no_example(app: Flask, publish: Maker, values: dict[str, Any]) -> None:
    walk = publish("a fox", "a kite")
    change(Stop, Stop.walk_number == walk.number, Stop.position == 0, **values)
    assert chosen(app, "en", walk).walk is None


def test_example_of_a_bare_site_is_a_fixed_one(app: Flask) -> None:
    with app.test_request_context(), force_locale("de"):
        assert examples.choose([], []) == Example(("eine Zitrone", "die Sonne"))
