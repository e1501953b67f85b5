"""The making page shows what prompts are read as, takes choices along, and has painted what it shows."""

import io
import json
import re
from typing import Any

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from app.collection.moderation import word_lists
from app.core.config import ROOT
from app.requests.walk_requests import recipe
from app.storage.database import db
from app.storage.walk_models import FINISHED, Walk
from tests.support import drawings, led
from tests.support.html import Elements, values_of

NAMES = {led.BAT: "bat", led.CRICKET: "cricket game", led.FOX: "fox", led.SNOWMAN: "snowman", led.CAT: "cat face",
         led.HOUSE: "house", led.OTHER_HOUSE: "other house", led.SUN: "sun"}  # fmt: skip
GERMAN = {"Accept-Language": "de"}
pytestmark = pytest.mark.settings(
    MODEL=led.lay_out, MODELS=[led.lay_out_words_alone], MEANING=str(ROOT / "models/meaning")
)


def options(page: str) -> list[list[str]]:
    """List what there is to choose from for each thing, the chosen one marked."""
    groups = []
    for thing in page.split('class="thing"')[1:]:
        radios = [each for each in Elements(thing).of("input") if str(each.get("name")).startswith("thing-")]
        marks = ["*" if "checked" in radio else "" for radio in radios] or ["*"]
        found = re.findall(r'src="/drawings/(\w+)\.webp"', thing)
        groups.append([mark + NAMES[digest] for mark, digest in zip(marks, found, strict=True)])
    return groups


def painted(answer: TestResponse) -> list[list[str]]:
    """Name what the stops of the requested walk show."""
    assert answer.status_code == 303, answer.text
    walk_id = answer.headers["Location"].split("/")[2].partition("-")[0]
    walk = db.session.query(Walk).filter_by(id=walk_id).one()
    return [sorted({NAMES[thing["drawing"]] for thing in stop.scene["things"]}) for stop in walk.stops]


def test_prompts_in_the_address_are_shown_as_drawings_to_choose_from(client: FlaskClient) -> None:
    page = client.get("/", query_string={"prompt": ["a bat", "a fox next to a house at night"]}).text
    bat, fox, house = options(page)
    assert bat[:2] == ["*bat", "cricket game"]
    assert (fox[0], house[0][-5:]) == ("*fox", "house")
    assert "<bdi>“a bat”</bdi>, drawn after" in page
    assert "At night." in page
    assert "What it can draw" in page


def test_empty_form_has_nothing_to_show_and_a_button_to_read(client: FlaskClient) -> None:
    page = client.get("/").text
    assert options(page) == []
    assert '<button class="link no-script" name="edit" value="read"' in page


def test_names_are_german_on_a_german_page(client: FlaskClient) -> None:
    page = client.get("/", query_string={"prompt": ["ein Fuchs", "drei Häuser"]}, headers=GERMAN).text
    assert [group[0] for group in options(page)] in (["*fox", "*house"], ["*fox", "*other house"])
    assert [name in page for name in ("<span>Fuchs</span>", "<span>Haus</span>", "<span>Schneemann</span>")]


def test_word_of_both_languages_is_read_and_painted_in_that_of_the_page(client: FlaskClient) -> None:
    fields = {
        "prompt": ["Villa", "the sun"],
        "seed": "3",
    }  # a house to the English; of the German one this library has no drawing
    for headers, groups in (({}, 2), (GERMAN, 1)):
        page = client.get("/", query_string=fields, headers=headers).text
        shown = [[group[0].removeprefix("*")] for group in options(page)]
        assert len(shown) == groups
        assert painted(client.post("/walks", data=fields, headers=headers)) == ([] if groups == 2 else [[]]) + shown


@pytest.mark.parametrize("seed", [None, "1", "2", "3", "4"])
def test_what_is_shown_is_what_is_painted(client: FlaskClient, seed: str | None) -> None:
    fields = {"prompt": ["a house", "a house and a bat"], **({"seed": seed} if seed else {})}
    page = client.get("/", query_string=fields).text
    first, house, bat = (group[0].removeprefix("*") for group in options(page))
    answer = client.post("/walks", data={**fields, "token": values_of(page, "token")[0]})
    assert painted(answer) == [[first], sorted([house, bat])]


@pytest.mark.slow
def test_without_a_seed_both_houses_are_shown_in_turn(client: FlaskClient) -> None:
    shown = {options(client.get("/?prompt=a+house").text)[0][0] for _ in range(24)}
    assert shown == {"*house", "*other house"}


def test_choice_stands_in_the_address_and_in_the_text_that_is_painted(client: FlaskClient) -> None:
    fields = {"prompt": ["two bats", "the sun"], "drawing": [led.CRICKET, ""]}
    page = client.get("/", query_string=fields).text
    assert [each for each in options(page)[0] if each.startswith("*")] == ["*cricket game"]
    assert values_of(page, "drawing") == [led.CRICKET, ""]
    assert painted(client.post("/walks", data=fields)) == [["cricket game"], ["sun"]]
    walk = db.session.query(Walk).order_by(Walk.number.desc()).first()
    assert walk.stops[0].scene["words"].startswith("two cricket games")
    assert len(walk.stops[0].scene["things"]) == 2


@pytest.mark.slow
def test_choice_made_without_javascript_is_kept_by_every_button_and_painted(client: FlaskClient) -> None:
    fields = {"prompt": ["a fox and a bat", "the sun"], "own": ["", ""], "drawing": ["", ""]}
    sent = {**fields, "thing-0-0": "-", "thing-0-1": led.CRICKET, "thing-1-0": "-", "token": "once"}
    for edit in ("read", "add-stop", "plain-0"):
        page = client.post("/", data={**sent, "edit": edit}).text
        assert values_of(page, "drawing")[0] == f"- {led.CRICKET}"
    assert ("*cricket game" in options(page)[1], options(page)[0][0]) == (True, "*fox")
    turned = client.post("/", data={**sent, "edit": "turn-round"}).text
    assert values_of(turned, "drawing") == ["", f"- {led.CRICKET}"]
    assert painted(client.post("/walks", data=sent)) == [["cricket game", "fox"], ["sun"]]


def test_reading_leaves_more_shut_and_keeps_all_that_was_typed(client: FlaskClient) -> None:
    sent = {"prompt": [" a  bat", "<b>"], "negative_prompt": "rain", "seed": " 7", "frames": "60", "edit": "read"}
    page = client.post("/", data=sent).text
    assert '<details id="more">' in page
    assert [text in page for text in ("> a  bat</textarea>", "&lt;b&gt;</textarea>", 'value="rain"', 'value=" 7"')]
    assert options(page)[0][0] == "*bat"


def test_same_prompt_with_another_drawing_is_another_stop(client: FlaskClient) -> None:
    same = client.post("/walks", data={"prompt": ["a bat", "a bat"]})
    assert "nothing lies between" in same.text
    other = client.post("/walks", data={"prompt": ["a bat", "a bat"], "drawing": ["", led.CRICKET]})
    assert painted(other) == [["bat"], ["cricket game"]]


def test_choice_that_fits_no_longer_is_left_aside_quietly(client: FlaskClient) -> None:
    fields = {"prompt": ["a fox", "the sun"], "drawing": [led.CRICKET, f"- - {led.BAT}"]}
    page = client.get("/", query_string=fields).text
    assert 'role="alert"' not in page
    assert values_of(page, "drawing") == ["", ""]
    assert painted(client.post("/walks", data=fields)) == [["fox"], ["sun"]]


@pytest.mark.parametrize("forged", ["zzz", "../../etc", "<b>", "0" * 500, "\x07"])
def test_forged_choice_is_refused_by_name_and_nothing_else_is_lost(client: FlaskClient, forged: str) -> None:
    fields = {"prompt": ["a bat", "the sun"], "drawing": ["", f"{forged} {led.CRICKET}"], "seed": "7"}
    for answer in (client.get("/", query_string=fields), client.post("/walks", data=fields)):
        assert answer.status_code == (422 if answer.request.method == "POST" else 200)
        assert "The drawing of stop 2 cannot be “" in answer.text
        assert "<b>" not in answer.text
        assert [text in answer.text for text in ("a bat</textarea>", 'value="7"')] == [True, True]
        assert values_of(answer.text, "drawing") == ["", ""]
    assert db.session.query(Walk).count() == 0


@pytest.mark.parametrize(
    ("prompt", "said"),
    [("a warm glow", "</bdi>, freely after"), ("a fox", "</bdi>, drawn after"), ("🜁🜂", "No drawing is found in it.")],
)
def test_way_in_which_a_prompt_is_read_is_said(client: FlaskClient, prompt: str, said: str) -> None:
    assert client.get("/", query_string={"prompt": [prompt, ""]}).text.count(said) == 1


def test_what_is_left_out_and_a_seed_of_its_own_are_heeded(client: FlaskClient) -> None:
    own = json.dumps({"negative_prompt": "fox", "seed": 5})
    fields = {"prompt": ["a fox and a house", "a fox and a house"], "own": [own, ""], "seed": "4"}
    page = client.get("/", query_string=fields).text
    shown = [group[0].removeprefix("*") for group in options(page)]
    assert len(shown) == 3
    assert painted(client.post("/walks", data=fields)) == [[shown[0]], sorted(shown[1:])]


def test_remix_shows_what_the_walk_shows(client: FlaskClient) -> None:
    client.post("/walks", data={"prompt": ["a bat", "a house"], "drawing": [led.CRICKET, led.OTHER_HOUSE]})
    walk = db.session.query(Walk).one()
    walk.state = "cancelled"
    db.session.commit()
    page = client.application.test_client().get(walk.url).text  # as a stranger sees it
    (link,) = re.findall(r'href="(/\?[^"]*)">Paint one like it', page)
    again = client.get(link.replace("&amp;", "&")).text
    assert [next(each for each in group if each.startswith("*")) for group in options(again)] == [
        "*cricket game", "*other house",
    ]  # fmt: skip
    fields = {name: values_of(again, name) for name in ("drawing", "own")} | {"prompt": ["a bat", "a house"]}
    client.post("/walks", data={**fields, "seed": str(walk.seed)})
    newest = db.session.query(Walk).order_by(Walk.number.desc()).first()
    assert [stop.scene for stop in newest.stops] == [stop.scene for stop in walk.stops]


def test_walk_of_the_api_and_its_remix_show_the_same(client: FlaskClient) -> None:
    stops = [{"prompt": "three houses in the rain"}, {"prompt": "a bat"}]
    made = client.post("/api/v1/walks", json={"stops": stops, "seed": 12}).json
    client.post("/walks", data={"prompt": [stop["prompt"] for stop in stops], "seed": "12"})
    newest = db.session.query(Walk).order_by(Walk.number.desc()).first()
    assert [stop.scene for stop in newest.stops] == [stop["scene"] for stop in made["stops"]]


def test_walk_gone_on_from_shows_its_last_scene_without_a_choice(client: FlaskClient) -> None:
    client.post("/walks", data={"prompt": ["the sun", "a bat"], "drawing": ["", led.CRICKET]})
    parent = db.session.query(Walk).one()
    parent.state = FINISHED
    db.session.commit()
    fields = {"prompt": ["a bat", "a fox"], "continues": parent.id, "seed": str(parent.seed)}
    page = client.get("/", query_string=fields).text
    assert f'src="/drawings/{led.CRICKET}.webp"' in page
    assert 'name="thing-0-0"' not in page
    assert painted(client.post("/walks", data=fields)) == [["cricket game"], ["fox"]]


def test_recipe_brought_back_shows_what_was_chosen(client: FlaskClient) -> None:
    client.post("/walks", data={"prompt": ["a bat", "the sun"], "drawing": [led.CRICKET, ""], "seed": "3"})
    walk = db.session.query(Walk).one()
    document: dict[str, Any] = recipe.recipe_of(walk)  # type: ignore[assignment]
    document |= {
        "version": 1,
        "frames": 2,
        "positions": [0.0, 1.0],
        "size": [128, 128],
        "sampler": {**document["sampler"]},
    }
    document["model"] = {"name": "led", "revision": "3f9a2c1d0e5b", "prefix": ""}
    document["device"] = {"precision": "float32", "memory_format": "contiguous", "threads": 2, "batch": 8}
    film = (io.BytesIO(json.dumps(document).encode()), "recipe.json")
    page = client.post("/recipe", data={"film": film}).text
    assert "The settings of your film are loaded." in page
    assert values_of(page, "drawing")[0] == led.CRICKET


def test_other_model_shows_nothing_and_takes_no_choice(client: FlaskClient) -> None:
    fields = {"prompt": ["a bat", "the sun"], "drawing": ["zzz", ""], "model": "words"}
    page = client.get("/", query_string=fields).text
    assert (options(page), 'role="alert"' in page) == ([], False)
    assert client.post("/walks", data=fields).status_code == 303
    assert [stop.scene for stop in db.session.query(Walk).one().stops] == [None, None]


@pytest.mark.settings(MODEL=led.lay_out_words_alone, MODELS=[])
def test_site_without_drawings_is_as_it_was(client: FlaskClient) -> None:
    page = client.get("/", query_string={"prompt": ["a bat", "the sun"], "drawing": ["zzz", ""]}).text
    assert not [
        text
        for text in ("readings", "drawing", "reading.js", "drawings.css", "/drawings")
        if f'"{text}' in page or f"/{text}" in page
    ]
    assert client.get("/reading?prompt=a+bat").status_code == 404
    assert client.post("/walks", data={"prompt": ["a bat", "the sun"], "drawing": "zzz"}).status_code == 303
    for path in ("/about", "/gallery"):
        assert 'href="/drawings' not in client.get(path).text


def test_part_of_the_page_is_read_for_a_prompt_that_is_typed(client: FlaskClient) -> None:
    asked = {"prompt": "a bat", "seed": "3", "stop": "4", "drawing": led.CRICKET}
    answer = client.get("/reading", query_string=asked)
    assert options(answer.text)[0][:2] == ["bat", "*cricket game"]
    assert 'name="thing-4-0"' in answer.text
    assert 'data-said="drawn after cricket game"' in answer.text
    assert "<html" not in answer.text
    assert answer.headers["Cache-Control"] == "private, max-age=60"
    again = client.get("/reading", query_string=asked, headers={"If-None-Match": answer.headers["ETag"]})
    assert again.status_code == 304


@pytest.mark.parametrize(
    "asked",
    [{}, {"prompt": ""}, {"prompt": "a" * 301}, {"prompt": "\x07"}, {"prompt": "a bat", "leave_out": "b" * 301}],
)  # fmt: skip
def test_prompt_that_will_be_refused_is_not_read(client: FlaskClient, asked: dict[str, str]) -> None:
    assert client.get("/reading", query_string=asked).text.strip() == ""


def test_word_that_is_not_shown_is_refused_as_it_is_typed(client: FlaskClient) -> None:
    word_lists.BANNED.add("bat")
    page = client.get("/reading", query_string={"prompt": "a bat"}).text
    assert page.count("The prompt contains “bat”, a word that is not shown here. Use another word.") == 1
    assert "The prompt contains “bat”" in page[page.index("data-said") :] and "No drawing is found" not in page
    assert options(page) == []


@pytest.mark.parametrize(
    "asked", [{"seed": "x"}, {"seed": "-1"}, {"stop": "x"}, {"stop": "9" * 40}, {"drawing": "zzz " * 99}]
)
def test_strange_fields_of_the_part_do_no_harm(client: FlaskClient, asked: dict[str, str]) -> None:
    answer = client.get("/reading", query_string={"prompt": "a bat", **asked})
    assert options(answer.text)[0][0] == "*bat"


def test_part_for_a_model_without_drawings_is_not_found(client: FlaskClient) -> None:
    assert client.get("/reading?prompt=a+bat&model=words").status_code == 404
    assert client.get("/reading?prompt=a+bat&model=zzz").status_code == 200  # which would be painted by the first


def test_drawings_of_the_tests_are_those_that_are_named() -> None:
    assert set(NAMES) == set(led.book().drawings)
    assert drawings.DIGESTS["house"] == led.HOUSE
