"""Hands: what the model folder lists, how their words join the prompt, and how they are named everywhere."""

import html
import json
import re
from collections import Counter
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient, FlaskCliRunner
from hypothesis import given
from hypothesis import strategies as st

from app.collection.styles.suiting import RETIRED
from app.core.errors import InvalidInput
from app.core.text import style_words
from app.offer.generation import model_styles, offers, walk_styles
from app.offer.generation.offers import Offer
from app.requests.walk_requests import recipe
from app.requests.walk_requests.validation import validate
from app.storage.database import db, now, writing
from app.storage.walk_models import FINISHED, Walk
from app.walks.saved.lookup import walk_at_address
from studio.styles import registry
from tests.conftest import Maker, make_app
from tests.support import placing
from tests.support.rows import change

WORDS = [
    "pop art", "paper cut-out", "risograph", "stained glass", "mosaic", "cubist", "pointillist", "woodcut",
    "constructivist poster", "planes of primary colour", "coloured squares", "linocut", "op art lines",
    "op art dots", "scratchboard", "etching", "printed textile", "batik", "tapestry", "cyanotype", "layered paper",
    "oil painting", "swirling brushstrokes", "chalk pastel", "charcoal", "watercolour", "gouache", "ink wash",
]  # fmt: skip
LINOCUT = [{"prompt": "a fox", "hand": "linocut"}, {"prompt": "a lion", "hand": "linocut"}]
TAUGHT = [
    model_styles.ModelStyle(hand.words, hand.title, hand.marks, hand.also)
    for hand in registry.HANDS.values()
    if hand.marks
]
MIXED = [
    {"prompt": "a fox", "hand": "linocut"},
    {"prompt": "a fox", "hand": "Cut paper"},
    {"prompt": "the sun, linocut"},
]


def asked(client: FlaskClient, **fields: object) -> Walk:
    answer = client.post("/api/v1/walks", json=fields)
    assert answer.status_code == 202, answer.json
    return walk_at_address(answer.json["id"])


def test_house_model_has_twenty_eight_hands(app: Flask) -> None:
    assert [hand.words for hand in offers.first().styles] == WORDS


def test_hand_is_found_by_its_words_or_title_in_any_case(app: Flask) -> None:
    for text in ("paper cut-out", "Cut paper", " CUT  PAPER "):
        assert model_styles.find(text, offers.first().styles).words == "paper cut-out"
    assert model_styles.find("fresco", offers.first().styles) is None


@pytest.mark.parametrize(
    ("prompt", "is_named"),
    [
        ("an owl, linocut", True), ("A Watercolour of an owl", True), ("pop  art", False), ("an owl in pop art", True),
        ("a linocutter", False), ("an owl", False), ("oil painting.", True),
    ],
)  # fmt: skip
def test_hand_is_named_by_its_whole_words(app: Flask, prompt: str, is_named: bool) -> None:
    assert model_styles.is_named(prompt, offers.first().styles) is is_named


@pytest.mark.parametrize(
    ("style", "words"),
    [
        ("als linolschnitt", "linocut"), ("a woodcut of", "woodcut"), ("by bridget riley", "op art lines"),
        ("op art dots", "op art dots"), ("in op art", "op art lines"), ("in öl", "oil painting"),
        ("ein oelgemaelde", "oil painting"), ("kubistisches", "cubist"), ("like mondrian", "planes of primary colour"),
        ("plakat im bauhaus stil", "constructivist poster"), ("as a quilt", "tapestry"), ("warhol", "pop art"),
        ("seurat", "pointillist"), ("glasfenster", "stained glass"), ("scherenschnitt", "paper cut-out"), ("anime", ""),
    ],
)  # fmt: skip
def test_hand_is_meant_by_further_names_in_two_languages(style: str, words: str) -> None:
    found = model_styles.find_mentioned(style, TAUGHT)
    assert (found.words if found else "") == words


def test_further_name_means_one_hand_alone() -> None:
    own = {model_styles.folded(hand.words): hand for hand in TAUGHT}
    names = Counter(model_styles.folded(name) for hand in TAUGHT for name in {*map(model_styles.folded, hand.also)})
    assert [name for name, count in names.items() if count > 1] == []
    assert [name for hand in TAUGHT for name in hand.also if own.get(model_styles.folded(name), hand) is not hand] == []


def test_words_of_a_hand_follow_the_prompt() -> None:
    assert style_words.append("a fox", "linocut") == "a fox, linocut"
    assert style_words.append("a fox", "") == "a fox"
    assert style_words.append("a fox", "linocut", "{words} of {prompt}") == "linocut of a fox"


@given(prompt=st.text(max_size=40), words=st.text(min_size=1, max_size=20).filter(lambda text: "{" not in text))
@pytest.mark.slow
def test_prompt_is_never_taken_for_a_pattern(prompt: str, words: str) -> None:
    assert style_words.append(prompt, words) == f"{prompt}, {words}"


def test_hand_of_each_stop_is_recorded_described_and_searched(client: FlaskClient) -> None:
    walk = asked(client, stops=MIXED)
    assert [stop.requested_style for stop in walk.stops] == ["linocut", "paper cut-out", ""]
    described = client.get(f"/api/v1/walks/{walk.id}").json
    assert [stop["hand"] for stop in described["stops"]] == ["linocut", "paper cut-out", None]
    assert [stop["hand"] for stop in described["recipe"]["stops"]] == ["linocut", "paper cut-out", None]
    assert " linocut " in walk.search_text


@pytest.mark.parametrize("hand", ["fresco", "lino", 7, True, ["linocut"]])
def test_unknown_hand_is_refused_with_a_list_of_those_there_are(client: FlaskClient, hand: object) -> None:
    answer = client.post("/api/v1/walks", json={"stops": [{"prompt": "a fox"}, {"prompt": "a kite", "hand": hand}]})
    assert answer.status_code == 422
    error = answer.json["errors"][0]
    assert error["field"] == "stops.1.hand"
    assert "stop 2" in error["message"]
    assert f"{', '.join(WORDS[:-1])} and {WORDS[-1]}" in error["message"]


def test_model_without_hands_refuses_any_and_shows_no_row(tmp_path: Path, instance: Path) -> None:
    (tmp_path / "plain").mkdir()
    app = make_app(instance, MODEL=str(tmp_path / "plain"))
    with app.app_context(), pytest.raises(InvalidInput, match="the model that paints here knows none"):
        validate({"stops": LINOCUT})
    client = app.test_client()
    page = client.get("/").text
    assert "<legend>Style" not in page
    assert "Surprise me" not in page
    assert client.get("/surprise").headers["Location"] == "/"


def test_hand_of_an_old_recipe_that_is_not_known_is_explained(publish: Maker) -> None:
    walk = publish()
    old = recipe.recipe_of(walk) | {"positions": [0.0, 1.0], "size": [128, 128]}
    old["stops"][0]["hand"] = "fresco"
    with pytest.raises(InvalidInput, match="The hand of stop 1 cannot be “fresco”"):
        recipe.request_of(old)


def test_recipe_without_hands_is_still_read(app: Flask) -> None:
    wanted = validate({"stops": [{"prompt": "a fox", "negative_prompt": "", "seed": None}, {"prompt": "a kite"}]})
    assert [stop.requested_style for stop in wanted.stops] == [None, None]


def test_form_offers_any_and_each_hand_and_keeps_the_choice(client: FlaskClient) -> None:
    page = client.get("/", query_string={"prompt": ["a fox", "a kite"], "hand": "linocut"}).text
    row = page[page.index("<legend>Style") :].partition("</fieldset>")[0]
    named = re.findall(r'<span(?: class="named")?>([^<]+)</span>', row)
    assert named == ["our choice", *(hand.title for hand in offers.first().styles if hand.words not in RETIRED)]
    assert re.findall(r'value="([^"]*)"[^>]*checked', row) == ["linocut"]
    answer = client.post("/walks", data={"prompt": ["a fox", "a kite"], "hand": "linocut"})
    walk = walk_at_address(answer.headers["Location"].removeprefix("/walks/"))
    assert [stop.requested_style for stop in walk.stops] == ["linocut", "linocut"]


def test_unknown_hand_on_the_form_is_explained_beside_its_row(client: FlaskClient) -> None:
    answer = client.post("/walks", data={"prompt": ["a fox", "a kite"], "hand": "<fresco>"})
    assert answer.status_code == 422
    assert "The hand cannot be “&lt;fresco&gt;”. The model knows pop art" in answer.text
    page = client.get("/?hand=fresco&prompt=a+fox").text
    assert "The model that paints here does not know “fresco”." in page


def test_label_and_captions_name_the_hand(client: FlaskClient, publish: Maker) -> None:
    walk = publish(stops=LINOCUT)
    assert "Film, linocut<br>" in client.get(walk.url).text
    assert re.search(r'"detail">Linocut<span class="count">, 2 frames', client.get("/gallery").text)
    mixed = publish(stops=MIXED, frames=3)
    assert "Film, linocut and cut paper<br>" in client.get(mixed.url).text
    assert "Linocut and cut paper, three stops" in client.get("/gallery").text


def test_label_and_api_mark_what_the_eye_found_as_found(client: FlaskClient, publish: Maker) -> None:
    walk = publish(stops=[{"prompt": "a fox"}, {"prompt": "a lion"}])
    assert "Detected style" not in client.get(walk.url).text
    walk.stops[0].chosen_style, walk.stops[1].chosen_style, walk.stops[1].detected_style = "", "", "paper cut-out"
    db.session.commit()
    assert "Film<br>Detected style: cut paper<br>" in client.get(walk.url).text
    answer = client.get(f"/api/v1/walks/{walk.id}").json
    assert [(stop["hand"], stop["found_hand"]) for stop in answer["stops"]] == [(None, None), (None, "paper cut-out")]
    assert "found_hand" not in str(answer["recipe"])


def test_walk_painted_again_keeps_hand_steps_and_guidance(client: FlaskClient, publish: Maker) -> None:
    walk = publish(stops=LINOCUT, steps=12, guidance=3.5)
    page = html.unescape(client.get(walk.url).text)
    assert "/?prompt=a+fox&prompt=a+lion&hand=linocut&frames=2&steps=12&guidance=3.5" in page.replace("%20", "+")
    described = client.get(f"/api/v1/walks/{walk.id}").json
    assert (described["steps"], described["guidance"]) == (12, 3.5)
    assert described["recipe"]["sampler"]["steps"] == 12


@pytest.mark.parametrize("guidance", [-0.1, 20.1, "3", True, float("nan")])
def test_unusable_guidance_names_the_limit(app: Flask, guidance: object) -> None:
    with pytest.raises(InvalidInput) as refused:
        validate({"stops": LINOCUT, "guidance": guidance})
    (error,) = refused.value.errors
    assert (error.field, error.message) == ("guidance", "Guidance must be a number from 0 to 20.")


@pytest.mark.parametrize(
    ("steps", "guidance"), [("x", "3"), ("0", ""), ("", "3,5"), ("", "nan"), ("٣", ""), ("", "99")]
)
def test_unusable_settings_on_the_form_are_kept_and_explained(client: FlaskClient, steps: str, guidance: str) -> None:
    answer = client.post("/walks", data={"prompt": ["a fox", "a kite"], "steps": steps, "guidance": guidance})
    assert answer.status_code == 422
    assert f'value="{steps}"' in answer.text
    assert f'value="{guidance}"' in answer.text
    assert re.search(r"<strong>(Steps|Guidance) must be a[^<]+</strong>", answer.text)


def test_surprise_draws_two_things_that_the_model_paints_well(client: FlaskClient) -> None:
    drawn = set()
    for _ in range(8):
        answer = client.get("/surprise")
        assert answer.status_code == 302
        assert answer.headers["Cache-Control"] == "no-store"
        page = client.get(answer.headers["Location"]).text
        pair = tuple(html.unescape(text) for text in re.findall(r"<textarea[^>]*>([^<]*)</textarea>", page))
        drawn.add(pair)
    with client.application.app_context():
        vocabulary = offers.first().facts.vocabulary
    assert all(len(set(pair)) == 2 and set(pair) <= set(vocabulary) for pair in drawn)
    assert len(drawn) > 1
    assert 'href="/surprise"' in client.get("/").text


def test_page_says_what_may_be_done_with_the_film(client: FlaskClient, publish: Maker) -> None:
    page = client.get(publish().url).text
    assert "May I use this film?" in page
    assert "free to use, also commercially" in page
    for maker in ("Noto Emoji</a>, Apache-2.0", "Twemoji</a>, CC BY 4.0"):
        assert maker in page


@pytest.fixture
def brush(tmp_path: Path) -> Path:
    """Make a model that has a hand, a licence and a pattern of its own, and no weights."""
    (tmp_path / "brush").mkdir()
    hands = [{"words": "in ink", "title": "Ink"}]
    fields = {"name": "brush", "hands": hands, "hand_pattern": "{words}: {prompt}", "licence": "Ask the brush."}
    (tmp_path / "brush" / "house.json").write_text(json.dumps(fields))
    return tmp_path / "brush"


def test_hands_and_licence_are_those_of_the_model_that_painted(instance: Path, brush: Path) -> None:
    app = make_app(instance, MODELS=[str(brush)])
    with app.app_context():
        wanted = validate({"stops": [{"prompt": "a fox", "hand": "ink"}, {"prompt": "a kite"}], "model": "brush"})
        walk, _ = placing.place(wanted, visitor_key="ann", owner="secret of ann")
        assert walk_styles.names(walk) == ["ink"]
        assert Offer.load(str(brush)).style_pattern == "{words}: {prompt}"
        with writing() as session:
            found = session.get(Walk, walk.number)
            found.model_name, found.state, found.finished_at = "brush", FINISHED, now()
        page = app.test_client().get(walk.url).text
        assert "Ask the brush." in page
        assert "free to use, also commercially" not in page
        db.session.remove()


def test_film_of_another_model_gets_no_licence_of_ours(client: FlaskClient, publish: Maker) -> None:
    walk = publish()
    change(walk, model_name="someone/else")
    page = client.get(walk.url).text
    assert "free to use, also commercially" not in page
    assert "someone/else painted it." in page


def test_command_line_takes_hand_steps_and_guidance(runner: FlaskCliRunner) -> None:
    options = ["--hand", "Linocut", "--steps", "9", "--guidance", "2", "--json"]
    done = runner.invoke(args=["walks", "create", "a fox", "a lion", *options])
    assert done.exit_code == 0, done.output
    walk = json.loads(done.stdout)
    assert [stop["hand"] for stop in walk["stops"]] == ["linocut", "linocut"]
    assert (walk["steps"], walk["guidance"]) == (9, 2.0)
    refused = runner.invoke(args=["walks", "create", "a fox", "a lion", "--hand", "fresco"])
    assert refused.exit_code == 1
    assert "The model knows pop art, paper cut-out" in refused.output
    nan = runner.invoke(args=["walks", "create", "a fox", "a lion", "--guidance", "nan"])
    assert "Guidance must be a number from 0 to 20." in nan.output
