"""The making page says of each word whether it is read, spells it right, and searches the drawings in the form."""

import re
from html import unescape

import pytest
from flask.testing import FlaskClient

from app.core.config import ROOT
from app.site.presentation import finder
from tests.support import led
from tests.support.html import prompts_on, values_of

GERMAN = {"Accept-Language": "de"}
TAG = re.compile("<[^>]+>")
pytestmark = pytest.mark.settings(MODEL=led.lay_out, MEANING=str(ROOT / "models/meaning"))


def rows(page: str) -> list[str]:
    """Return the rows of marked words on a page, as text."""
    found = re.findall(r'<div class="(?:read|approximated|unread)">(<dt>.*?)</div>', page, re.DOTALL)
    return [" ".join(unescape(TAG.sub(" ", each)).split()) for each in found]


def taken(page: str) -> list[str]:
    """Return what the buttons of a search choose."""
    return re.findall(r'value="(take-[^"]+)"', page)


def test_each_word_is_read_approximated_or_not_read(client: FlaskClient) -> None:
    page = client.get("/", query_string={"prompt": ["a sad fox and a zorp", "the warm glow of a lynx"]}).text
    assert rows(page)[:2] == ["Read fox", "Not read sad , zorp"]
    assert any(row.startswith("Approximated") for row in rows(page)[2:])


@pytest.mark.parametrize(
    ("prompts", "headers", "marked"),
    [
        (["a sunbeam", "a building"], {}, ["Approximated sunbeam → sun", "Approximated building → house"]),
        (["ein trauriger Fuchs", "ein Haus"], GERMAN, ["Gelesen Fuchs", "Nicht gelesen trauriger", "Gelesen Haus"]),
    ],
    ids=["drawn by its meaning alone", "on a German page"],
)
def test_words_are_marked(client: FlaskClient, prompts: list[str], headers: dict[str, str], marked: list[str]) -> None:
    assert rows(client.get("/", query_string={"prompt": prompts}, headers=headers).text) == marked


def test_word_without_a_drawing_is_said_with_ways_on(client: FlaskClient) -> None:
    page = client.get("/reading", query_string={"prompt": "a palace and the sun", "stop": "1"}).text
    legends = [" ".join(unescape(TAG.sub("", each)).split()) for each in re.findall(r"<legend>(.*?)</legend>", page)]
    assert "no “palace”: drawn after" in legends
    assert 'value="seek-1-0"' in page
    assert '<a href="#photo-1" data-draws="1">Draw it yourself</a>' in page
    assert "no “palace”: drawn after" in unescape(re.findall('data-said="([^"]*)"', page)[0])


def test_chosen_drawing_is_no_approximation(client: FlaskClient) -> None:
    asked = {"prompt": "a palace and the sun"}
    page = client.get("/reading", query_string=asked).text
    other = re.findall(r'name="thing-0-0" value="(\w+)"', page)[0]
    chosen = client.get("/reading", query_string=asked | {"drawing": other}).text
    assert "no <bdi>“palace”</bdi>" in page
    assert "no <bdi>“palace”</bdi>" not in chosen
    assert rows(chosen)[0].startswith("Read palace →")


@pytest.mark.parametrize(
    ("prompt", "headers", "right"),
    [
        ("a snoman by a zorp", {}, "a snowman by a zorp"),
        ("buterflies", {}, "butterfly"),
        ("ein Eichhörchen", GERMAN, "ein Eichhörnchen"),
    ],
)
def test_misspelt_word_is_corrected(client: FlaskClient, prompt: str, headers: dict[str, str], right: str) -> None:
    fields = {"prompt": ["the sun", prompt], "seed": "7"}
    page = client.get("/", query_string=fields, headers=headers).text
    (button,) = re.findall('value="(spell-1-[0-9]+)"', page)
    page = client.post("/", data=fields | {"edit": button}, headers=headers).text
    assert prompts_on(page) == ["the sun", right]
    assert 'value="7"' in page
    assert "spell-" not in page


def test_few_unknown_words_are_looked_up(client: FlaskClient) -> None:
    page = client.get("/reading", query_string={"prompt": "buterflies " * 20}).text
    assert page.count('value="spell-') == 3


@pytest.mark.parametrize("button", ["spell-0-0", "spell-0-99", "spell-1-0", "take-0-zzz", "seek-9-0"])
def test_button_that_names_nothing_changes_nothing(client: FlaskClient, button: str) -> None:
    page = client.post("/", data={"prompt": ["a fox", ""], "edit": button}).text
    assert prompts_on(page) == ["a fox", ""]


def test_search_opens_in_the_form_and_keeps_the_draft(client: FlaskClient) -> None:
    fields = {"prompt": ["a fox", " a  bat "], "seed": "7", "negative_prompt": "rain", "edit": "find-1-0"}
    page = client.post("/", data=fields).text
    assert prompts_on(page) == ["a fox", " a  bat "]
    assert [text in page for text in ('value="7"', 'value="rain"', "What it can draw: To")] == [True] * 3
    assert len(taken(page)) == 8
    assert '<details id="more">' in page
    first = re.findall("<button[^>]*>", page[page.index('<form id="make"') :])[0]
    assert 'value="find-1-1"' in first  # Enter in the search field searches, and paints nothing


def test_search_finds_and_its_choice_is_added_to_the_stop_that_asked(client: FlaskClient) -> None:
    fields = {"prompt": ["a fox", "the sun"], "find_stop": "1", "find": "cricket", "find_group": ""}
    page = client.post("/", data=fields | {"edit": "find-1-1"}).text
    assert taken(page)[0] == f"take-1-{led.CRICKET}"
    page = client.post("/", data=fields | {"edit": f"take-1-{led.CRICKET}"}).text
    assert prompts_on(page) == ["a fox", "the sun, cricket game"]
    assert led.CRICKET in page
    assert 'id="finder"' not in page


def test_choice_takes_the_place_of_the_word_that_was_not_read(client: FlaskClient) -> None:
    fields = {"prompt": ["a zorp on a bat", "the sun"], "drawing": [led.CRICKET, ""]}
    page = client.get("/", query_string=fields).text
    (seek,) = re.findall('value="(seek-0-[0-9]+)"', page)
    found = client.post("/", data=fields | {"edit": seek}).text
    assert 'name="find_for" value="zorp"' in found
    sent = fields | {"find_stop": "0", "find_for": "zorp", "find": "fox", "edit": f"take-0-{led.FOX}"}
    page = client.post("/", data=sent).text
    assert prompts_on(page)[0] == "a fox on a bat"
    assert values_of(page, "drawing")[0] == f"- {led.CRICKET}"  # what was chosen before stays with its thing


@pytest.mark.parametrize("digest", [led.HOUSE, led.OTHER_HOUSE])
def test_one_of_two_drawings_of_a_thing_is_the_one_that_is_painted(client: FlaskClient, digest: str) -> None:
    page = client.post("/", data={"prompt": ["", "the sun"], "token": "same", "edit": f"take-0-{digest}"}).text
    assert prompts_on(page)[0] == "house"
    checked = re.findall(r'value="[^"]*" checked><span class="mount"><img class="ink" src="/drawings/(\w+)', page)
    assert checked[0] == digest


def test_choice_is_named_in_the_language_of_the_page(client: FlaskClient) -> None:
    sent = {"prompt": ["ein Haus", ""], "edit": f"take-0-{led.BAT}"}
    assert prompts_on(client.post("/", data=sent, headers=GERMAN).text)[0] == "ein Haus, Fledermaus"


@pytest.mark.parametrize(("find", "is_like"), [("snowmann", led.SNOWMAN), ("zorp", "")])
def test_search_without_results_shows_similar_names_or_all(client: FlaskClient, find: str, is_like: str) -> None:
    page = client.post("/", data={"prompt": ["", ""], "find_stop": "0", "find": find, "edit": "find-0-1"}).text
    assert f"Nothing is called <bdi>“{find}”</bdi> here." in page
    assert taken(page)[0] == f"take-0-{is_like}" if is_like else len(taken(page)) == 8


def test_search_goes_on_in_pages_and_groups(client: FlaskClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(finder, "PAGE", 3)
    fields = {"prompt": ["", ""], "find_stop": "0", "find": ""}
    pages = [taken(client.post("/", data=fields | {"edit": f"find-0-{page}"}).text) for page in (1, 2, 3, 9)]
    assert [len(page) for page in pages] == [3, 4, 1, 1]  # there are two drawings of a house
    assert pages[2] == pages[3]
    places = client.post("/", data=fields | {"find_group": "places", "edit": "find-0-1"}).text
    assert {*taken(places)} == {f"take-0-{led.HOUSE}", f"take-0-{led.OTHER_HOUSE}"}


def test_words_of_a_search_at_another_stop_are_not_taken_along(client: FlaskClient) -> None:
    fields = {"prompt": ["", "a zorp"], "find_stop": "0", "find": "fox", "find_for": "zorp"}
    assert len(taken(client.post("/", data=fields | {"edit": "find-1-0"}).text)) == 8
    page = client.post("/", data=fields | {"edit": f"take-1-{led.FOX}"}).text
    assert prompts_on(page)[1] == "a zorp, fox"


def test_strange_search_does_no_harm(client: FlaskClient) -> None:
    for words in ("x" * 5000, "<b>", "\x07", "%"):
        fields = {"prompt": ["a fox", ""], "find_stop": "0", "find": words, "find_group": "<i>", "edit": "find-0-1"}
        answer = client.post("/", data=fields)
        assert answer.status_code == 200
        assert "<b>" not in answer.text
        assert "<i>" not in answer.text
