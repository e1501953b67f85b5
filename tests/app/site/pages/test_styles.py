"""The page of the styles, and what the form and a walk's page propose."""

from functools import partial

import pytest
from flask.testing import FlaskClient

from app.core.config import ROOT
from tests.support import led
from tests.support.rows import Maker, change

HANDS = [{"words": "pop art", "title": "Pop art"}, {"words": "watercolour", "title": "Watercolour"}]
pytestmark = pytest.mark.settings(
    MODEL=partial(led.lay_out, hands=HANDS),
    MODELS=[partial(led.lay_out_words_alone, hands=HANDS)],
    MEANING=str(ROOT / "models/meaning"),
)


def test_page_shows_each_style_with_its_picture_words_and_a_way_to_ask(client: FlaskClient) -> None:
    page = client.get("/styles").text
    assert "/styles/watercolour.webp" in page and "hand=watercolour" in page
    assert "For gardens, journeys and pale skies" in page


def test_styles_that_suit_a_prompt_come_first_and_take_it_along(client: FlaskClient) -> None:
    page = client.get("/styles?prompt=a+superhero").text
    assert page.index('id="pop-art"') < page.index("All the others")
    assert "prompt=a+superhero&amp;hand=pop+art" in page


def test_too_long_a_prompt_is_said_and_kept(client: FlaskClient) -> None:
    answer = client.get("/styles", query_string={"prompt": "x" * 400})
    assert answer.status_code == 422 and "at most 300 are read" in answer.text


@pytest.mark.parametrize("path", ["/styles?model=zzz", "/styles/fresco.webp", "/styles/../hands.webp"])
def test_what_is_none_here_is_not_found(client: FlaskClient, path: str) -> None:
    assert client.get(path).status_code == 404


def test_form_proposes_styles_for_a_prompt_that_names_none(client: FlaskClient) -> None:
    page = client.get("/?prompt=a+superhero&prompt=a+fox,+watercolour").text
    assert 'value="style-0-pop-art"' in page and 'value="style-1-' not in page


def test_one_press_gives_a_stop_a_style_of_its_own(client: FlaskClient) -> None:
    asked = {"prompt": ["a superhero", "a fox"], "own": ["", ""], "edit": "style-0-pop-art"}
    page = client.post("/", data=asked).text
    assert "Style pop art." in page
    assert "{&#34;hand&#34;:&#34;pop art&#34;}" in page


@pytest.mark.parametrize("edit", ["style-0-fresco", "style-7-pop-art", "style-x-neon"])
def test_style_that_is_none_changes_nothing(client: FlaskClient, edit: str) -> None:
    page = client.post("/", data={"prompt": ["a superhero", "a fox"], "own": ["", ""], "edit": edit}).text
    assert "Reset" not in page


def test_walk_painted_by_words_is_remixed_in_styles_that_suit_it(client: FlaskClient, publish: Maker) -> None:
    walk = publish("a superhero", "a comic book", model="words")
    change(walk, model_name="words")
    page = client.get(walk.url).text
    assert "In the style “pop art”" in page and f"remix_of={walk.id}" in page
