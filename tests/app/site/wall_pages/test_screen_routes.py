"""A wall's screen: who moves the wall on, and that reading it changes nothing."""

import pytest
from flask.testing import FlaskClient

from app.storage.wall_models import Wall
from app.wall import screen_keys
from tests.conftest import inside, make_app
from tests.support.walls import fresh, generate, legs, opened

PROGRAMME = "/wall/lobby/programme"


def test_get_of_the_programme_changes_nothing(client: FlaskClient, wall: Wall) -> None:
    key = screen_keys.key_of(wall)
    for address in (PROGRAMME, f"{PROGRAMME}?at=1", f"{PROGRAMME}?at=1&key={key}", f"/wall/lobby?key={key}"):
        assert client.get(address).status_code == 200
    assert (legs(wall), fresh(wall).lead) == ([], 0)


def test_post_with_the_key_moves_the_wall_on(client: FlaskClient, wall: Wall) -> None:
    key = screen_keys.key_of(wall)
    assert [leg["number"] for leg in client.post(f"{PROGRAMME}?at=0&key={key}").json["legs"]] == [1]
    generate(wall)
    assert client.post(f"{PROGRAMME}?at=1&key={key}").json["wall"]["lead"] == 1
    assert [leg.number for leg in legs(wall)] == [1, 2]


@pytest.mark.parametrize("key", ["", "0" * 32, "é"])
def test_post_without_the_key_is_refused(client: FlaskClient, wall: Wall, key: str) -> None:
    other = opened("hall")
    for tried in (key, screen_keys.key_of(other)):
        assert client.post(PROGRAMME, query_string={"at": 0, "key": tried}).status_code == 403
    assert legs(wall) == []


def test_key_outlives_a_change_of_the_secret(instance: str, wall: Wall) -> None:
    key, secret = screen_keys.key_of(wall), "another secret of the site, long enough"
    earlier = make_app(instance).config["SECRET_KEY"]
    with inside(make_app(instance, SECRET_KEY=secret, SECRET_KEY_FALLBACKS=[earlier])):
        assert screen_keys.key_of(wall) != key
        assert screen_keys.is_valid(wall, key)


def test_page_names_the_key_only_to_those_who_have_it(client: FlaskClient, wall: Wall) -> None:
    key = screen_keys.key_of(wall)
    assert f'data-key="{key}"' in client.get(f"/wall/lobby?key={key}").text
    for address in ("/wall/lobby", "/wall/lobby?key=0000"):
        page = client.get(address).text
        assert "data-key" not in page
        assert key not in page
        assert "data-watching=" in page


@pytest.mark.parametrize("number", ["9" * 11, "0" * 12 + "9" * 30, "9" * 5000])
def test_long_number_of_a_leg_is_refused(client: FlaskClient, wall: Wall, number: str) -> None:
    assert client.post(f"{PROGRAMME}?at={number}&key={screen_keys.key_of(wall)}").status_code == 422
