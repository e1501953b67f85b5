"""Did you mean: only public words, and never one that finds nothing."""

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app.collection.gallery import spelling
from app.collection.gallery.catalogue_query import CatalogueQuery
from app.collection.moderation import curation
from app.collection.search import ranking
from tests.conftest import Maker

MEANT = {
    "sunflwoer": "sunflower",
    "sunflowr": "sunflower",
    "sunnflower": "sunflower",
    "zunflower": "sunflower",
    "a pumkin -fox": "a pumpkin -fox",
    '"cosy pumkin"': '"cosy pumpkin"',
    "CUSY pumkin": "cosy pumpkin",
    "лисаа": "лиса",
    "sunflower zeppelin": None,
    "cosy sunflwoer": None,
    "zeppelin": None,
    "xq": None,
    "-pumkin": None,
}


@pytest.mark.databases
def test_slips_are_put_right_where_that_finds_something(publish: Maker) -> None:
    publish("a cosy pumpkin", "a red owl")
    publish("a sunflower", "рыжая лиса")
    assert {query: spelling.suggestion(CatalogueQuery(q=query)) for query in MEANT} == MEANT


@pytest.mark.databases
def test_filters_count_in_what_was_meant(publish: Maker) -> None:
    publish("a pumpkin", "a kite")
    assert spelling.suggestion(CatalogueQuery(q="pumkin", stops=[2])) == "pumpkin"
    assert spelling.suggestion(CatalogueQuery(q="pumkin", stops=[3])) is None


@pytest.mark.databases
def test_word_of_a_hidden_walk_is_not_suggested(publish: Maker) -> None:
    walk = publish("a pumpkin", "a kite")
    curation.hide(walk)
    publish("an unlisted sunflower", "x", unlisted=True)
    assert spelling.suggestion(CatalogueQuery(q="pumkin")) is None
    assert spelling.suggestion(CatalogueQuery(q="sunflowr")) is None


def test_word_of_a_hidden_walk_is_corrected_as_an_unknown_one(publish: Maker) -> None:
    publish("a sunflower", "a cosy owl")
    curation.hide(publish("a sunflowre", "a cozy owl"))
    assert spelling.suggestion(CatalogueQuery(q="sunflowre")) == "sunflower"
    assert spelling.suggestion(CatalogueQuery(q="sunflowwer cozy")) == "sunflower cosy"


def test_word_among_very_many_is_not_put_right(publish: Maker) -> None:
    words = "one two three four five six seven eight nine ten eleven twelve"
    publish(f"{words} pumpkin", "x")
    shorter = words.removeprefix("one ")
    assert spelling.suggestion(CatalogueQuery(q=f"{shorter} pumkin")) == f"{shorter} pumpkin"
    assert spelling.suggestion(CatalogueQuery(q=f"{words} pumkin")) is None


def test_page_offers_what_was_meant_with_the_same_filters(client: FlaskClient, publish: Maker) -> None:
    publish("a pumpkin <3", "a kite")
    page = client.get("/gallery?q=pumkin&stops=2").text
    assert 'Did you mean <a class="meant" href="/gallery?q=pumpkin&amp;stops=2"><bdi>pumpkin</bdi></a>?' in page
    assert "Did you mean" not in client.get("/gallery?q=zeppelin").text


@pytest.mark.databases
def test_page_offers_the_spelling_beside_similar_walks(app: Flask, client: FlaskClient, publish: Maker) -> None:
    publish("a pumpkin", "a kite")
    near = publish("an apple", "a pear")
    ranking.add_ranker(app, lambda _query: [near.number])
    page = client.get("/gallery?q=pumkin").text
    assert near.id in page
    assert 'href="/gallery?q=pumpkin"' in page
    assert "Did you mean" not in client.get("/gallery?q=kite").text
