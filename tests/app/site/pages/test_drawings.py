"""What the model can draw: its pictures, and the page to search them."""

import html
import io
import re
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from PIL import Image

from app.site.pages import drawings
from app.storage.database import db
from app.storage.walk_models import Walk
from tests.conftest import make_app
from tests.support import led


def test_drawing_is_a_picture_that_never_changes(client: FlaskClient) -> None:
    answer = client.get(f"/drawings/{led.FOX}.webp")
    assert (answer.status_code, answer.mimetype) == (200, "image/webp")
    assert answer.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    with Image.open(io.BytesIO(answer.data)) as picture:
        assert picture.size == (144, 144)
    again = client.get(f"/drawings/{led.FOX}.webp", headers={"If-None-Match": answer.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")


@pytest.mark.parametrize("digest", ["zzz", "0" * 20, "..", "%00", "x" * 3000, "index.json"])
def test_drawing_that_is_none_is_not_found(client: FlaskClient, digest: str) -> None:
    assert client.get(f"/drawings/{digest}.webp").status_code == 404


@pytest.mark.settings(MODELS=[])
@pytest.mark.parametrize("path", [f"/drawings/{led.FOX}.webp", "/drawings"])
def test_site_without_drawings_has_neither_a_page_nor_pictures_of_any(client: FlaskClient, path: str) -> None:
    assert client.get(path).status_code == 404


pytestmark = pytest.mark.settings(MODEL=led.lay_out_words_alone, MODELS=[led.lay_out])


def listed(client: FlaskClient, **asked: str) -> list[str]:
    """Name the drawings that a page shows."""
    return re.findall(r'<span class="named">([^<]+)</span>', client.get("/drawings", query_string=asked).text)


def test_page_lists_all_in_groups_with_their_makers(client: FlaskClient) -> None:
    page = client.get("/drawings").text
    assert listed(client) == ["fox", "bat", "sun", "snowman", "house", "house", "cricket game", "cat face"]
    assert re.findall(r"<h2>([^<]+)</h2>", page) == ["Animals", "Sky and weather", "Places", "Music and play", "Faces"]
    assert page.count('<bdi>MoMA Lisa</bdi>, <bdi class="licence">CC0 1.0</bdi>') == 8
    assert page.count("<bdi>MoMA Lisa</bdi>") == 9  # and once below all of them, with the way to the licence
    assert 'href="https://creativecommons.org/publicdomain/zero/1.0/"' in page


def test_each_leads_to_the_form_with_itself_chosen(client: FlaskClient) -> None:
    page = client.get("/drawings").text
    link = html.unescape(re.findall(rf'href="(/\?[^"]*{led.OTHER_HOUSE}[^"]*)"', page)[0])
    form = client.get(link).text
    assert "house</textarea>" in form
    assert (
        re.search(rf'value="{led.OTHER_HOUSE}" checked', form)
        or f'value="-" checked><span class="mount"><img class="ink" src="/drawings/{led.OTHER_HOUSE}' in form
    )
    assert 'name="model" value="led"' in form
    sent = {"prompt": ["house", "the sun"], "drawing": [led.OTHER_HOUSE, ""], "model": "led"}
    assert client.post("/walks", data=sent).status_code == 303
    (shown,) = {each["drawing"] for each in db.session.query(Walk).one().stops[0].scene["things"]}
    assert shown == led.OTHER_HOUSE


def test_search_finds_in_both_languages_and_names_in_that_of_the_page(client: FlaskClient) -> None:
    assert listed(client, q="fledermaus")[0] == listed(client, q="bat")[0] == "bat"
    page = client.get("/drawings?q=bat", headers={"Accept-Language": "de"}).text
    assert '<span class="named">Fledermaus</span>' in page
    assert '"/?prompt=Fledermaus&amp;' in page


def test_search_in_vain_says_so_and_what_may_have_been_meant(client: FlaskClient) -> None:
    page = client.get("/drawings?q=snowmann").text
    assert "Nothing is called <bdi>“snowmann”</bdi> here." in page
    assert '<a class="meant" href="/drawings?q=snowman">' in page


def test_groups_narrow_and_keep_the_search(client: FlaskClient) -> None:
    assert listed(client, group="places") == ["house", "house"]
    assert listed(client, group="animals", q="house") == []
    assert '"/drawings?q=house&amp;group=animals"' in client.get("/drawings?q=house").text


def test_pages_follow_each_other(client: FlaskClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(drawings, "PAGE", 3)
    pages = [listed(client, page=str(number)) for number in (1, 2, 3)]
    first, second, third = (set(page) for page in pages)
    assert (first, second, third) == ({"fox", "bat", "sun"}, {"snowman", "house", "cricket game"}, {"cat face"})
    assert '<a href="/drawings?page=3" rel="next">' in client.get("/drawings?page=2").text


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"q": "x" * 301}, "at most 300 characters"),
        ({"group": "9"}, "group must be one of animals, plants"),
        ({"page": "0"}, "page must be a whole number from 1 on."),
        ({"page": "x"}, "page must be a whole number from 1 on."),
        ({"page": "2"}, "page must be a whole number from 1 to 1."),
        ({"page": "9" * 4000}, "page must be a whole number from 1 on."),
    ],
)
def test_what_cannot_be_had_is_said_with_the_field(client: FlaskClient, asked: dict[str, str], said: str) -> None:
    answer = client.get("/drawings", query_string=asked)
    assert answer.status_code == 422
    assert re.search(r'role="alert">[^<]*' + re.escape(said), answer.text)
    assert '<span class="named">fox</span>' in answer.text


def test_page_is_for_models_that_drawings_lead(client: FlaskClient) -> None:
    assert client.get("/drawings?model=led").status_code == 200
    assert client.get("/drawings?model=words").status_code == client.get("/drawings?model=zzz").status_code == 404


def test_footer_and_about_page_link_drawings(client: FlaskClient, instance: Path, led_folder: Path) -> None:
    assert '<a href="/drawings">Drawings</a>' in client.get("/gallery").text
    assert "These are the drawings." not in client.get("/about").text
    led_first = make_app(instance, MODEL=str(led_folder)).test_client()
    assert '<a href="/drawings">These are the drawings.</a>' in led_first.get("/about").text
