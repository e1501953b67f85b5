"""The way out of waiting: another walk, from which there is a way back."""

import pytest
from flask.testing import FlaskClient

from app.storage.walk_models import FAILED, PAINTING, QUEUED
from tests.support.rows import Maker, change


@pytest.mark.parametrize("state", [QUEUED, PAINTING])
def test_walk_that_is_waited_for_offers_another(client: FlaskClient, request_walk: Maker, state: str) -> None:
    walk = request_walk()
    change(walk, state=state)
    for address in (walk.url, f"/walks/{walk.id}/live"):
        assert f'href="/walks/{walk.id}/another"' in client.get(address).text


def test_walk_that_is_there_offers_none(client: FlaskClient, publish: Maker) -> None:
    assert "/another" not in client.get(publish().url).text


def test_another_is_a_random_listed_walk(client: FlaskClient, request_walk: Maker, publish: Maker) -> None:
    shown = {publish("a lemon", f"the sun {number}").url for number in range(3)}
    publish("a secret", "a whisper", unlisted=True)
    waiting, found = request_walk("a fox", "an owl"), set()
    for _ in range(30):
        answer = client.get(f"/walks/{waiting.id}/another")
        assert (answer.status_code, answer.headers["Cache-Control"]) == (302, "no-store")
        url, _, query = answer.headers["Location"].partition("?")
        assert query == f"meanwhile={waiting.id}"
        found.add(url)
    assert found <= shown
    assert len(found) > 1  # by lot, out of three


def test_from_a_listed_walk_one_never_comes_to_itself(client: FlaskClient, publish: Maker) -> None:
    first, second = publish("a lemon", "the sun"), publish("a boat", "a cup")
    for _ in range(6):
        assert client.get(f"/walks/{first.id}/another").headers["Location"].startswith(second.url)


def test_without_another_walk_the_page_says_that_the_walk_goes_on(client: FlaskClient, request_walk: Maker) -> None:
    answer = client.get(f"/walks/{request_walk().id}/another")
    assert answer.status_code == 404
    assert "There is no other walk yet. The one that you are waiting for goes on" in answer.text
    assert "No other walk yet" in answer.text
    assert 'class="toucan' in answer.text


@pytest.mark.parametrize(
    ("state", "said"), [(QUEUED, "keeps its place"), (FAILED, "was not painted"), ("finished", "painted by now")]
)
def test_other_page_leads_back(client: FlaskClient, request_walk: Maker, publish: Maker, state: str, said: str) -> None:
    other = publish("a lemon", "the sun")
    left = publish("a fox", "an owl") if state == "finished" else request_walk("a fox", "an owl")
    change(left, state=state)
    page = client.get(f"{other.url}?meanwhile={left.id}").text
    assert said in page
    assert f'href="{left.url}"' in page
    assert 'class="toucan' in page


@pytest.mark.slow
@pytest.mark.parametrize("meanwhile", ["", "x", "k7mz3vq9xw2hd8cf", "../../etc"])
def test_page_of_the_other_shows_no_walk_that_is_not_there(client: FlaskClient, publish: Maker, meanwhile: str) -> None:
    page = client.get(f"{publish().url}?meanwhile={meanwhile}")
    assert page.status_code == 200
    assert "You did not want to wait" not in page.text
