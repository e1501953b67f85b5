"""Artists near a prompt, and the hand that stands in for each."""

import json
from functools import partial
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient, FlaskCliRunner

from app.collection.moderation import word_lists
from app.collection.styles import added, artists, shipped
from app.core.config import ROOT
from app.offer.generation import offers
from tests.support import led
from tests.support.commands import run, run_json

HANDS = [{"words": words, "title": words.capitalize()} for words in ("watercolour", "woodcut", "oil painting")]
WORKS = {
    "Ann Sea": ("Oil paint on canvas", ["The Wreck of a Ship", "A Harbour at Dawn"], ["sea", "boat, sailing"]),
    "Ben Wood": ("Woodcut on paper", ["A Forest Path", "Old Oaks"], ["tree", "forest"]),
    "Cy Town": ("Graphite on paper", ["A Street in the Rain", "The Tram"], ["street", "city"]),
    "Di Kitchen": ("Bronze", ["A Bowl of Pears", "The Table"], ["fruit", "bread"]),
}
CREDIT = ("--licence", "CC0-1.0", "--attribution", "A museum <&>")


pytestmark = pytest.mark.settings(MODEL=partial(led.lay_out, hands=HANDS), MEANING=str(ROOT / "models/meaning"))


@pytest.fixture
def catalogue(tmp_path: Path) -> str:
    rows = [
        {"artist": name, "title": title, "medium": medium, "subjects": subjects}
        for name, (medium, titles, subjects) in WORKS.items()
        for title in titles
    ]
    path = tmp_path / "works.jsonl"
    path.write_text("\n".join(map(json.dumps, rows)))
    return str(path)


@pytest.fixture
def kept(runner: FlaskCliRunner, catalogue: str) -> list[str]:
    return [each["name"] for each in run_json(runner, "styles", "artists", catalogue, *CREDIT, "--least", "2")]


def test_nearest_three_come_with_the_reason(kept: list[str], app: Flask) -> None:
    assert sorted(kept) == ["ann-sea", "ben-wood", "cy-town", "di-kitchen"]
    found = artists.nearest("a ship in a storm")
    assert len(found) == 3
    assert (found[0].artist.name, found[0].because) == ("ann-sea", "The Wreck of a Ship")
    assert [artists.nearest(prompt)[0].artist.name for prompt in ("a walk in the woods", "pears and apples")] == [
        "ben-wood",
        "di-kitchen",
    ]


def test_hand_of_the_medium_stands_in(kept: list[str], app: Flask) -> None:
    hands = {style.name: style.stand_in for style in artists.every()}
    assert (hands["ann-sea"], hands["ben-wood"]) == ("oil painting", "woodcut")
    assert hands["di-kitchen"] in {hand["words"] for hand in HANDS}  # of bronze none: by what is shown
    assert artists.stand_in(("watercolour on paper",), (), shipped.of_model(offers.first())) == "watercolour"


def test_page_names_artist_reason_and_stand_in_and_takes_the_prompt_along(kept: list[str], client: FlaskClient) -> None:
    page = client.get("/styles?prompt=a+ship+in+a+storm").text
    assert "Ann Sea" in page and "“The Wreck of a Ship”" in page and "“oil painting” stands in" in page
    assert "prompt=a+ship+in+a+storm&amp;hand=oil+painting" in page
    assert "Ann Sea" not in client.get("/styles").text


def test_programs_learn_it_and_stops_take_the_name(kept: list[str], client: FlaskClient) -> None:
    (first, *others) = client.get("/api/v1/styles?prompt=a+ship+in+a+storm").json["artists"]
    assert len(others) == 2 and first.pop("likeness") > others[0]["likeness"]
    assert first == {
        "name": "ann-sea", "title": "Ann Sea", "hand": "oil painting", "model": None, "works": 2,
        "because": "The Wreck of a Ship",
    }  # fmt: skip
    assert client.get("/api/v1/styles").json["artists"] == []
    walk = client.post("/api/v1/walks", json={"stops": [{"prompt": "a ship", "style": "ann-sea"}, {"prompt": "a"}]})
    assert walk.json["stops"][0]["hand"] == "oil painting"


def test_form_proposes_them_by_the_hand_that_stands_in(kept: list[str], client: FlaskClient) -> None:
    page = client.get("/?prompt=a+ship+in+a+storm&prompt=a+fox").text
    assert 'value="style-0-oil-painting"' in page and "Ann Sea" in page


def test_about_page_names_the_catalogue_with_its_licence(kept: list[str], client: FlaskClient) -> None:
    page = client.get("/about").text
    assert "works.jsonl" in page and "A museum &lt;&amp;&gt;, CC0-1.0" in page and "Ann Sea" not in page


def test_one_artist_is_added_by_name_and_removed(runner: FlaskCliRunner, catalogue: str) -> None:
    made = run_json(runner, "styles", "add", "our-ann", "--catalogue", catalogue, "--artist", "ann sea", *CREDIT)
    assert (made["title"], made["works"], made["pictures"], made["model"]) == ("Ann Sea", 2, 0, None)
    assert sorted(path.name for path in added.folder("our-ann").iterdir()) == ["style.json"]
    run(runner, "styles", "remove", "our-ann")
    assert artists.every() == []


def test_artist_without_works_there_is_said(runner: FlaskCliRunner, catalogue: str) -> None:
    answer = run_json(runner, "styles", "add", "el-nobody", "--catalogue", catalogue, *CREDIT, status=1)
    assert answer["errors"][0]["field"] == "artist" and "“el nobody”" in answer["errors"][0]["message"]
    answer = run_json(runner, "styles", "add", "el-nobody", *CREDIT, status=1)
    assert answer["errors"][0]["field"] == "source"


def test_words_that_are_not_public_are_not_kept(runner: FlaskCliRunner, catalogue: str, app: Flask) -> None:
    word_lists.BANNED.add("wreck")
    run(runner, "styles", "add", "ann-sea", "--catalogue", catalogue, *CREDIT)
    (ann,) = artists.every()
    assert ann.phrases == ("sailing boat", "sea", "A Harbour at Dawn")
