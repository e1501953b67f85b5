"""Whose drawings a walk is painted after stands wherever the walk is shown, and nowhere where it is after none."""

import io
import json
import re
from dataclasses import replace
from urllib.parse import quote

import pytest
from flask.testing import FlaskClient

from app.collection.moderation import drawing_curation
from app.collection.moderation.drawing_request import DrawingRequest
from app.offer.drawings import drawing_credits
from app.requests.walk_requests import recipe
from app.site.publishing import embed
from app.storage.walk_models import Walk
from app.walks.saved import lifecycle
from sketch.sketchbook import Drawing
from tests.support import led
from tests.support.html import Elements
from tests.support.recipes import RENDERING
from tests.support.rows import Maker, change

CC_BY = "https://creativecommons.org/licenses/by/4.0/"
TWEMOJI = "https://github.com/twitter/twemoji"
DRAWINGS = [
    Drawing("1", "fox", (), "", "flat", "Twitter, Inc. and other contributors", "CC-BY-4.0",
            "npm:@iconify-json/twemoji@1.2.5#fox"),
    Drawing("2", "yeti <&>"),
]  # fmt: skip
TEXT = (
    f"After drawings: fox (Twitter, Inc. and other contributors, Twemoji, CC BY 4.0, {CC_BY}, {TWEMOJI});"
    " yeti <&> (artist not named, licence not named)."
)


pytestmark = pytest.mark.settings(MODEL=led.lay_out)


@pytest.fixture
def walk(publish: Maker) -> Walk:
    """Publish a walk that was painted after two drawings, one of them without a credit."""
    walk = publish("a fox", "a yeti")
    change(walk, drawings=[drawing_credits.as_record(each) for each in DRAWINGS])
    return walk


@pytest.fixture
def plain(publish: Maker) -> Walk:
    """Publish a walk that was painted after none."""
    walk = publish("a house", "the sun")
    change(walk, drawings=None)
    return walk


def read(page: str) -> str:
    return " ".join(re.sub(r"<[^>]*>", "", page).split())


def test_label_names_artists_and_licences_and_leads_to_both(client: FlaskClient, walk: Walk, plain: Walk) -> None:
    page = client.get(walk.url).text
    assert "After drawings: fox (Twemoji, Twitter, Inc. and other contributors, CC BY 4.0); yeti" in read(page)
    assert "yeti &lt;&amp;&gt; (artist and licence not named)." in read(page)
    links = {link["href"]: link.get("rel", "") for link in Elements(page).of("a")}
    assert "license" in str(links[CC_BY]) and TWEMOJI in links
    assert "After drawings" not in client.get(plain.url).text


def test_json_and_recipe_name_them(client: FlaskClient, walk: Walk, plain: Walk) -> None:
    answer = client.get(f"/api/v1/walks/{walk.id}").json
    assert answer["drawings"] == answer["recipe"]["drawings"] == client.get(f"/walks/{walk.id}.json").json["drawings"]
    assert [each["name"] for each in answer["drawings"]] == ["fox", "yeti <&>"]
    assert answer["drawings"][1] == {"digest": "2", "name": "yeti <&>", "artist": None, "licence": None, "source": None}
    answer = client.get(f"/api/v1/walks/{plain.id}").json
    assert answer["drawings"] == [] and "drawings" not in answer["recipe"]


def test_embedded_page_names_known_artists(client: FlaskClient, walk: Walk, plain: Walk) -> None:
    page = client.get(f"/walks/{walk.id}/embed").text
    assert "After drawings by Twitter, Inc. and other contributors, CC BY 4.0" in read(page)
    assert "not named" not in page
    links = {link["href"]: link["target"] for link in Elements(page).of("a")}
    assert links[CC_BY] == links[TWEMOJI] == "_blank"
    assert "After drawings" not in client.get(f"/walks/{plain.id}/embed").text
    with client.application.test_request_context("/"):
        assert embed.size(walk)[1] == embed.size(plain)[1] + embed.CREDITS


def test_oembed_names_them(client: FlaskClient, walk: Walk, plain: Walk) -> None:
    def read_oembed(of: Walk) -> dict[str, str]:
        return dict(client.get(f"/oembed?url={quote(f'http://localhost/walks/{of.id}')}").json)

    assert read_oembed(walk)["credits"] == TEXT
    assert "credits" not in read_oembed(plain)


def test_search_engines_learn_what_it_is_based_on(client: FlaskClient, walk: Walk, plain: Walk) -> None:
    def read_linked_data(of: Walk) -> dict[str, object]:
        page = client.get(of.url).text
        return dict(json.loads(re.search(r'<script type="application/ld\+json">(.*?)</script>', page)[1]))  # type: ignore[index]

    assert read_linked_data(walk)["isBasedOn"] == [
        {"@type": "VisualArtwork", "name": "fox", "url": TWEMOJI, "license": CC_BY,
         "creditText": "Twitter, Inc. and other contributors"},
        {"@type": "VisualArtwork", "name": "yeti <&>"},
    ]  # fmt: skip
    assert "isBasedOn" not in read_linked_data(plain)


def test_files_name_them_in_words(walk: Walk, plain: Walk) -> None:
    assert recipe.drawings_text(walk) == TEXT
    assert recipe.drawings_text(plain) == ""


def test_about_page_tells_all_whose_drawings_lead_the_model(client: FlaskClient) -> None:
    assert "Whose drawings lead it 8 drawings MoMA Lisa, CC0 1.0" in read(client.get("/about").text)


@pytest.mark.settings(MODEL=led.lay_out_words_alone)
def test_about_page_tells_of_no_drawings_where_words_alone_lead(client: FlaskClient) -> None:
    assert "Whose drawings lead it" not in client.get("/about").text


@pytest.mark.parametrize(
    ("language", "is_removed", "label"),
    [
        ("en", True, "robot hamster (Ann Example, licence not named)"),
        ("de", False, "Nach Zeichnungen: robot hamster (Ann Example, Lizenz nicht genannt); Sonne ("),
    ],
    ids=["removed since", "German"],
)
def test_label_names_drawings_in_the_language_of_the_page_removed_ones_too(
    client: FlaskClient, publish: Maker, language: str, is_removed: bool, label: str
) -> None:
    drawing_curation.add(led.ROBOT.encode(), DrawingRequest("robot hamster", artist="Ann Example"))
    walk = publish("a robot hamster", "the sun")
    if is_removed:
        drawing_curation.remove("robot hamster")
    assert label in read(client.get(walk.url, headers={"Accept-Language": language}).text)


def test_label_names_each_drawing_once_below_its_licence(client: FlaskClient, publish: Maker) -> None:
    walk = publish("a fox", "a fox above a house")
    twice = [drawing_credits.as_record(each) for each in (DRAWINGS[0], replace(DRAWINGS[0], digest="3"))]
    change(walk, drawings=twice)
    label = read(client.get(walk.url).text.partition('<section class="label"')[2].partition("</section>")[0])
    assert label.count("CC BY 4.0") == 1
    assert "After drawings: fox (Twemoji, Twitter, Inc. and other contributors, CC BY 4.0)." in label


def test_form_says_that_a_drawing_of_the_recipe_is_not_offered_any_more(client: FlaskClient, publish: Maker) -> None:
    drawing_curation.add(led.ROBOT.encode(), DrawingRequest("robot hamster"))
    walk = publish("a robot hamster", "a fox")
    fixed = {**RENDERING, "positions": [0.0, 1.0], "model_name": "led", "sampling": None}
    change(walk, **fixed)
    document = recipe.dumps(walk).encode()

    def bring() -> str:
        return client.post("/recipe", data={"film": (io.BytesIO(document), "recipe.json")}).text

    assert "The settings of your film are loaded" in bring() and "is not offered any more" not in bring()
    drawing_curation.remove("robot hamster")
    assert "A drawing that it was painted after is not offered any more: another takes its place here." in bring()


def test_walk_that_is_taken_down_keeps_no_names_of_drawings(walk: Walk) -> None:
    lifecycle.delete_walk(walk)
    assert walk.drawings is None
