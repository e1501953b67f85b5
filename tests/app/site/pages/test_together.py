"""The form proposes styles for the whole walk, and says which of its neighbours go together."""

import json
import re

import pytest
from flask.testing import FlaskClient

from app.collection.styles import pairs
from app.collection.styles.pairs import APART, IN_PLACE, TOGETHER, Pair
from app.core.config import ROOT
from app.core.i18n.formatting import join_words
from app.offer.generation import walk_styles
from app.storage.database import db
from app.storage.walk_models import Walk
from tests.support.html import Elements, prompts_on, values_of

WATERCOLOUR, POP_ART, CHARCOAL = "watercolour", "pop art", "charcoal"
MEASURED = {TOGETHER: Pair(0.95, 0.9), IN_PLACE: Pair(0.7, 0.95), APART: Pair(0.6, 0.7)}
IN_BAR = re.compile('<p class="of-style" id="style"[^>]*>([^<]*)</p>')
SECTION = re.compile(r'<section class="together"[^>]*>(.*?)</section>', re.DOTALL)
TWO = ["a fox, watercolour", "a lion, pop art"]
OPEN = ["a fox", "a kite"]
pytestmark = pytest.mark.settings(MODEL=str(ROOT / "models" / "house"), MEANING=str(ROOT / "models/meaning"))


@pytest.fixture
def fit(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Measure watercolour and pop art as the parameter says, and let watercolour go with charcoal alone."""
    words = [str(row["words"]) for row in json.loads((ROOT / "models/house/house.json").read_bytes())["hands"]]
    table = {frozenset((WATERCOLOUR, each)): MEASURED[APART] for each in words if each not in (WATERCOLOUR, CHARCOAL)}
    table[frozenset((WATERCOLOUR, CHARCOAL))] = MEASURED[TOGETHER]
    table[frozenset((WATERCOLOUR, POP_ART))] = MEASURED[request.param]
    monkeypatch.setattr(pairs, "_table", lambda: ("house-7", table))
    return str(request.param)


def commands(page: str) -> list[str]:
    """List the values of the buttons of a part of the form."""
    return values_of(page, "edit", "button")


def section(page: str) -> str:
    """Return the part of a page that says which styles go together."""
    found = SECTION.search(page)
    assert found is not None
    return found[1]


def test_part_is_that_of_the_page_with_the_same_fields(client: FlaskClient) -> None:
    for fields in ({}, {"prompt": ["a fox", "a kite"]}, {"prompt": TWO}, {"prompt": ["a fox", ""], "hand": POP_ART}):
        query = fields | {"seed": "7"}
        part = client.get("/together", query_string=query)
        assert part.headers["Cache-Control"] == "private, no-cache"
        assert section(client.get("/", query_string=query).text).strip() == part.text.strip()


def test_part_opened_as_a_page_leads_to_the_form(client: FlaskClient) -> None:
    answer = client.get("/together", query_string={"prompt": TWO}, headers={"Sec-Fetch-Mode": "navigate"})
    assert answer.status_code == 303
    assert answer.headers["Location"].startswith("/?prompt=a+fox")


def test_empty_form_and_unfit_words_get_no_proposals(client: FlaskClient) -> None:
    assert not client.get("/together").text.strip()
    assert not client.get("/together", query_string={"prompt": ["hardcore porn", "a fox"]}).text.strip()


def test_one_press_gives_the_whole_walk_a_style(client: FlaskClient) -> None:
    fields = {"prompt": ["a fox", "a lion, pop art"], "own": ['{"hand": "mosaic", "seed": 4}', ""]}
    proposed = [each for each in commands(section(client.post("/", data=fields).text)) if each.startswith("whole-")]
    assert 2 <= len(proposed) <= 3
    page = client.post("/", data=fields | {"edit": proposed[-1]}).text
    assert [each.replace("&#34;", '"') for each in values_of(page, "own")] == ['{"seed":4}', ""]
    (chosen,) = (each for each in Elements(page).of("input") if each.get("name") == "hand" and "checked" in each)
    assert str(chosen["value"]).replace(" ", "-") == proposed[-1].removeprefix("whole-")


@pytest.mark.parametrize("fit", MEASURED, indirect=True)
def test_form_says_how_two_styles_go_together(client: FlaskClient, fit: str) -> None:
    part = client.get("/together", query_string={"prompt": TWO}).text
    assert ("The styles “watercolour” and “pop art” go together." in part) is (fit == TOGETHER)
    assert ("The styles “watercolour” and “pop art” do not go well together" in part) is (fit != TOGETHER)
    assert ("change-1" in commands(part)) is (fit == IN_PLACE)
    assert ("style-1-charcoal" in commands(part)) is (fit != TOGETHER)


@pytest.mark.parametrize("fit", [IN_PLACE], indirect=True)
def test_style_changes_before_the_subject_by_one_press(client: FlaskClient, fit: str) -> None:
    page = client.post("/", data={"prompt": TWO, "edit": "change-1"}).text
    assert prompts_on(page) == [TWO[0], TWO[0], TWO[1]]
    assert [POP_ART in each for each in values_of(page, "own")] == [False, True, False]
    assert "do not go well" not in section(page)
    query = {"prompt": [TWO[0], TWO[0], TWO[1]], "own": values_of(page, "own"), "seed": "7"}
    answer = client.post("/walks", data=query)
    assert answer.status_code == 303, answer.text
    walk = db.session.query(Walk).one()
    assert [stop.style for stop in walk.stops] == [WATERCOLOUR, POP_ART, POP_ART]


@pytest.mark.parametrize("fit", [APART], indirect=True)
def test_second_stop_is_proposed_what_goes_with_the_first(client: FlaskClient, fit: str) -> None:
    query = {"prompt": [TWO[0], "a lion"]}
    page = client.get("/", query_string=query).text
    assert "Goes with “watercolour”, for “To”:" in section(page)
    offered = {each for each in commands(page) if each.startswith("style-1-")}
    assert offered <= {"style-1-charcoal", "style-1-watercolour"} and offered
    part = client.get("/reading", query_string={"prompt": "a lion", "stop": "1", "beside": WATERCOLOUR}).text
    assert {each for each in commands(part) if each.startswith("style-")} <= offered
    assert client.get("/reading", query_string={"prompt": "a lion", "beside": ["felt", "<b>", "x"]}).status_code == 200


def test_open_stop_is_painted_in_the_style_of_the_other(client: FlaskClient) -> None:
    for seed in range(3):
        answer = client.post("/walks", data={"prompt": ["a fox", "a lion, chalk pastel"], "seed": str(seed)})
        assert answer.status_code == 303, answer.text
    assert {stop.style for walk in db.session.query(Walk) for stop in walk.stops} == {"chalk pastel"}


@pytest.mark.parametrize("prompts", [OPEN, ["a fox", "a lion, chalk pastel"], TWO])
@pytest.mark.parametrize("seed", ["3", "7"])
def test_bar_names_the_styles_that_are_painted(client: FlaskClient, prompts: list[str], seed: str) -> None:
    fields = {"prompt": prompts, "seed": seed}
    page = client.get("/", query_string=fields).text
    answer = client.post("/walks", data=fields)
    assert answer.status_code == 303, answer.text
    walk = db.session.query(Walk).one()
    said = f"Style: {join_words(walk_styles.names(walk))}{', our choice' if prompts == OPEN else ''}"
    assert IN_BAR.search(page)[1] == said  # type: ignore[index]
    assert f'data-painted="{said}"' in client.get("/together", query_string=fields).text


@pytest.mark.parametrize("seed", ["3", "5", "7"])
@pytest.mark.parametrize("prompts", [OPEN, ["a fox", ""]])
def test_proposals_begin_with_the_style_that_the_bar_names(client: FlaskClient, prompts: list[str], seed: str) -> None:
    page = client.get("/", query_string={"prompt": prompts, "seed": seed}).text
    bar = IN_BAR.search(page)[1]  # type: ignore[index]
    assert f"{bar.replace('Style:', 'Style of the whole walk:')}. Another:" in section(page)
    name = bar.removeprefix("Style: ").removesuffix(", our choice")
    assert name not in [each.removeprefix("whole-").replace("-", " ") for each in commands(section(page))]


def test_proposals_begin_with_no_style_where_stops_differ(client: FlaskClient) -> None:
    part = client.get("/together", query_string={"prompt": TWO}).text
    assert "One style for the whole walk:" in part and "Another:" not in part


def test_bar_names_no_style_before_there_is_a_prompt(client: FlaskClient) -> None:
    assert IN_BAR.search(client.get("/").text)[1] == "Style: our choice"  # type: ignore[index]


def test_bar_names_the_style_that_is_chosen_before_there_is_a_prompt(client: FlaskClient) -> None:
    fields = {"prompt": ["", ""], "hand": WATERCOLOUR}
    page = client.get("/", query_string=fields).text
    assert IN_BAR.search(page)[1] == "Style: watercolour"  # type: ignore[index]
    assert "for the whole walk" not in section(page) and not commands(section(page))
    assert 'data-painted="Style: watercolour"' in client.get("/together", query_string=fields).text
    example = {"example": ["a fox", "a kite"], **fields}
    assert client.post("/walks", data=example).status_code == 303
    assert {stop.style for walk in db.session.query(Walk) for stop in walk.stops} == {WATERCOLOUR}


@pytest.mark.parametrize("edit", ["whole-none-such", "whole-<b>", "change-0", "change-9", "change-1"])
def test_button_that_changes_nothing_leaves_the_form(client: FlaskClient, edit: str) -> None:
    page = client.post("/", data={"prompt": ["a fox", "a lion"], "edit": edit}).text
    assert prompts_on(page) == ["a fox", "a lion"]
    assert values_of(page, "own") == ["", ""]


def test_sentences_are_german_on_a_german_page(client: FlaskClient) -> None:
    query = {"prompt": ["ein Fuchs", "ein Löwe"]}
    part = client.get("/together", query_string=query, headers={"Accept-Language": "de"}).text
    assert "Stil des ganzen Spaziergangs: " in part and ", unsere Wahl. Ein anderer:" in part
