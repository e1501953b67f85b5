"""The making page offers aspect ratios and a frame rate, with the values that they come to."""

import re
from functools import partial

import pytest
from flask.testing import FlaskClient

from tests.support import led

pytestmark = pytest.mark.settings(MODEL=partial(led.lay_out, size=256, sizes=[512]))


def checked(page: str, name: str) -> str:
    """Return the value of the choice that is made."""
    found = re.search(rf'name="{name}" value="([^"]*)"[^>]* checked', page)
    assert found is not None
    return found[1]


def test_aspects_are_offered_and_a_square_is_chosen(client: FlaskClient) -> None:
    page = client.get("/").text
    assert page.count('name="aspect"') == 5 and checked(page, "aspect") == "1:1"
    assert '<span id="frame-size">256 × 256 pixels</span>' in page
    assert '<span class="aspect"></span>' in page


@pytest.mark.parametrize(
    ("address", "size"),
    [
        ("/?aspect=16:9", "256 × 144 pixels"),
        ("/?aspect=9:16&size=512", "288 × 512 pixels"),
        ("/?aspect=3:2", "256 × 168 pixels, the nearest to 3:2 that the model paints"),
        ("/?aspect=4:3", "256 × 256 pixels"),
    ],
)
def test_size_that_is_painted_is_said_beside_the_aspect(client: FlaskClient, address: str, size: str) -> None:
    assert f'<span id="frame-size">{size}</span>' in client.get(address).text


def test_values_are_said_where_more_is_shut(client: FlaskClient) -> None:
    page = client.get("/?aspect=16:9&fps=30").text
    assert '<span class="aspect">, 16:9</span>' in page and '<span class="fps">, 30 a second</span>' in page


def test_frame_rate_is_said_as_a_gif_can_show_it(client: FlaskClient) -> None:
    page = client.get("/?fps=30").text
    assert "The nearest is 33.333: a GIF counts hundredths of a second" in page
    assert 'data-stop="2.8 seconds, with a second’s rest at each end"' in page
    assert 'data-back="3.4 seconds, with a second’s rest at each end"' in page
    assert 'data-round="0.7 seconds"' in page
    assert "From 1 to 50" in client.get("/?fps=25").text


@pytest.mark.parametrize("fps", ["0", "51", "x", "-3", "1e3"])
def test_frame_rate_that_cannot_be_is_refused_beside_its_field(client: FlaskClient, fps: str) -> None:
    answer = client.post("/walks", data={"prompt": ["a fox", "a bat"], "fps": fps})
    assert answer.status_code == 422
    assert "Frames a second must be a number from 1 to 50." in answer.text
    assert f'name="fps" value="{fps}"' in answer.text


def test_german_form_takes_a_comma(client: FlaskClient) -> None:
    german = {"Accept-Language": "de"}
    page = client.get("/?aspect=3:2&fps=12,5", headers=german).text
    assert "Seitenverhältnis" in page and "Bilder pro Sekunde" in page
    assert "256 × 168 Pixel: die Größe, die das Modell malt und die 3:2 am nächsten kommt" in page
    answer = client.post("/walks", data={"prompt": ["a fox", "a bat"], "fps": "6,25"}, headers=german)
    assert answer.status_code == 303


def test_page_of_a_wide_walk_keeps_its_place_and_says_its_size(client: FlaskClient) -> None:
    answer = client.post("/walks", data={"prompt": ["a fox", "a bat"], "aspect": "3:2"})
    page = client.get(answer.headers["Location"]).text
    assert 'class="walk queued wide"' in page and "big bare a3-2" in page
    assert "256 × 168 pixels, the nearest to 3:2 that the model paints" in page
