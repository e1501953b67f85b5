"""What leads away from the form, or undoes what was asked for on it: each by a press, without JavaScript, and back."""

import io
import json
import re
from functools import partial
from html import unescape
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from werkzeug.test import TestResponse

from app.core.config import ROOT
from app.storage.candidate_models import CandidateSet
from app.storage.database import db
from app.storage.walk_models import Task, Walk
from tests.support import candidates, led
from tests.support.make_form import FORM, filled
from tests.support.pictures import two_halves, written
from tests.support.rows import Maker

CARRIED = re.compile(r'<input type="hidden" name="(\w+)" value="([^"]*)">')
FIELDS = "prompt", "drawing", "seed", "negative_prompt", "frames"
HANDS = [{"words": "pop art", "title": "Pop art"}, {"words": "watercolour", "title": "Watercolour"}]
pytestmark = pytest.mark.settings(MODEL=partial(led.lay_out, hands=HANDS), MEANING=str(ROOT / "models/meaning"))


def press(client: FlaskClient, edit: str, **more: Any) -> TestResponse:
    """Press a button of the form, as a browser without JavaScript does."""
    return client.post("/", data={**FORM, **more, "edit": edit})


def row(client: FlaskClient) -> CandidateSet:
    """Paint the pictures of the first stop."""
    press(client, "candidates-0")
    found = db.session.scalars(select(CandidateSet)).one()
    candidates.deliver(found)
    return found


def with_photo(client: FlaskClient) -> dict[str, Any]:
    """Bring a photo for the first stop; return the form as it is filled then."""
    file = (io.BytesIO(written(two_halves())), "mine.png")
    page = client.post("/", data={**FORM, "prompt": ["", "a bat"], "photo-0": file, "edit": "bring"},
                       content_type="multipart/form-data").text  # fmt: skip
    return {**FORM, **filled(page), "picture": [re.findall(r'name="picture" value="([a-z0-9]{16})"', page)[0], ""]}


def test_photo_is_repainted_in_a_style_by_one_press_without_javascript(client: FlaskClient) -> None:
    sent = with_photo(client)
    page = client.post("/", data={**sent, "edit": "look"}).text
    assert 'value="style-0-watercolour"' in page
    page = client.post("/", data={**sent, "edit": "style-0-watercolour"}).text
    found = db.session.scalars(select(CandidateSet)).one()
    assert (found.wanted, found.request["stop"]["hand"]) == (1, "watercolour")
    assert found.request["stop"]["picture"] == sent["picture"][0]
    candidates.deliver(found)
    page = client.post("/", data={**sent, **filled(page), "edit": "look"}).text
    assert "Your picture in the style “watercolour”" in page
    assert len(re.findall(r"/candidates/[a-z0-9]{16}/0\.webp", page)) == 1
    client.post("/walks", data={**sent, **filled(page)})
    walk = db.session.scalars(select(Walk)).one()
    assert [stop.requested_style for stop in walk.stops] == ["watercolour", ""]


def test_style_for_a_prompt_has_nothing_painted_before_the_walk(client: FlaskClient) -> None:
    page = press(client, "style-0-watercolour").text
    assert db.session.query(CandidateSet).count() == 0
    assert json.loads(filled(page)["own"][0]) == {"hand": "watercolour"}


def test_style_that_is_none_here_repaints_nothing(client: FlaskClient) -> None:
    assert client.post("/", data={**with_photo(client), "edit": "style-0-nobodys"}).status_code == 200
    assert db.session.query(CandidateSet).count() == 0


@pytest.mark.parametrize("is_painted", [True, False])
def test_row_can_be_put_away_and_nothing_else_goes(client: FlaskClient, is_painted: bool) -> None:
    page = press(client, "candidates-0").text
    if is_painted:
        candidates.deliver(db.session.scalars(select(CandidateSet)).one())
        page = press(client, "look", **filled(page)).text
    else:
        assert "Cancel" in page
    page = press(client, "drop-0", **filled(page)).text
    assert (filled(page)["prompt"], filled(page)["candidates"]) == (FORM["prompt"], ["", ""])
    assert (db.session.query(CandidateSet).count(), db.session.query(Task).count()) == (0, 0)


def test_row_of_another_is_not_theirs_to_put_away(client: FlaskClient, app: Flask) -> None:
    found = row(client)
    app.test_client().post("/", data={**FORM, "candidates": [found.id, ""], "edit": "drop-0"})
    assert db.session.query(CandidateSet).count() == 1


def test_who_waits_for_pictures_is_led_to_a_walk_and_back_to_the_form(client: FlaskClient, walk: Walk) -> None:
    page = press(client, "candidates-0").text
    assert 'value="another"' in page
    answer = press(client, "another", **filled(page))
    assert (answer.status_code, answer.headers["Cache-Control"]) == (303, "no-store")
    address = answer.headers["Location"]
    assert address.startswith(f"{walk.url}?")
    shown = client.get(address).text
    assert "Your form is as you left it" in shown
    back = re.search(r'<a rel="nofollow" href="([^"]*)">Back to the form</a>', shown)
    assert back
    again = filled(client.get(unescape(back[1])).text)
    assert (again["prompt"], again["candidates"]) == (FORM["prompt"], filled(page)["candidates"])


def test_without_public_walks_the_form_stays(client: FlaskClient) -> None:
    answer = press(client, "another")
    assert answer.status_code == 200
    assert filled(answer.text)["prompt"] == FORM["prompt"]


def test_all_styles_lead_back_to_the_form_with_one_chosen_or_none(client: FlaskClient) -> None:
    answer = press(client, "styles")
    assert answer.status_code == 303
    shown = client.get(answer.headers["Location"]).text
    addresses = [unescape(each) for each in re.findall(r'href="(/\?[^"]*prompt=a\+fox[^"]*)"', shown)]
    chosen = [each for each in addresses if "hand=watercolour" in each]
    assert chosen
    for address in (chosen[0], next(each for each in addresses if "hand=" not in each)):
        page = client.get(address).text
        assert filled(page)["prompt"] == FORM["prompt"]
        assert 'value="no snow"' in page
        checked = re.search(r'name="hand" value="watercolour"[^>]* checked', page)
        assert bool(checked) is (address == chosen[0])


def test_captions_of_a_photo_lead_back_to_the_form(client: FlaskClient) -> None:
    sent = with_photo(client) | {"prompt": ["my cat", "a bat"]}
    answer = client.post("/", data={**sent, "edit": "captions-0"})
    assert answer.headers["Location"].startswith(f"/photos/{sent['picture'][0]}/captions?description=my+cat&")
    shown = client.get(answer.headers["Location"]).text
    back = re.search(r'href="([^"]*)">Back to the form</a>', shown)
    assert back
    page = client.get(unescape(back[1])).text
    assert filled(page)["prompt"] == ["my cat", "a bat"]
    assert f'name="picture" value="{sent["picture"][0]}"' in page


def test_opened_part_of_a_row_leads_to_the_form_with_the_row(client: FlaskClient) -> None:
    found = row(client)
    answer = client.get(f"/candidates/{found.id}?stop=0", headers={"Sec-Fetch-Mode": "navigate"})
    assert answer.status_code == 303
    page = client.get(answer.headers["Location"]).text
    assert (filled(page)["prompt"], filled(page)["candidates"]) == (["a fox", ""], [found.id, ""])
    assert filled(page)["seed"] == str(found.request["seed"])


def test_opened_part_of_a_photo_or_a_reading_leads_to_the_form(client: FlaskClient) -> None:
    photo = with_photo(client)["picture"][0]
    for part in (f"/photos/{photo}/live?stop=1", f"/reading?stop=1&picture={photo}&prompt="):
        answer = client.get(part, headers={"Sec-Fetch-Mode": "navigate"})
        assert answer.status_code == 303, part
        page = client.get(answer.headers["Location"]).text
        assert re.findall(r'name="picture" value="([a-z0-9]*)"', page) == ["", photo], part


def test_nothing_is_drawn_or_proposed_beside_words_that_are_refused(client: FlaskClient) -> None:
    for words, is_read in (("a naked fox lady, nsfw", False), ("a fox", True)):
        part = client.get("/reading", query_string={"prompt": words}).text
        assert ('class="thing"' in part) is ('class="suits"' in part) is is_read
        assert ("is not shown here" in part) is not is_read
        assert ('class="thing"' in client.get("/", query_string={"prompt": [words, ""]}).text) is is_read
    sent = with_photo(client)
    page = client.post("/", data={**sent, "prompt": ["nsfw", "a bat"], "edit": "look"}).text
    assert 'value="style-0-' not in page


@pytest.mark.parametrize(("edit", "prompts", "stop"), [
    ("drawings", ["a fox", ""], "1"),
    ("drawings", ["a fox", "a bat"], "0"),
    ("drawings-1", ["", "a bat"], "1"),
])  # fmt: skip
def test_drawings_are_chosen_for_their_stop(client: FlaskClient, edit: str, prompts: list[str], stop: str) -> None:
    answer = press(client, edit, prompt=prompts, seed="7")
    assert (answer.status_code, answer.headers["Cache-Control"]) == (303, "no-store")
    page = client.get(answer.headers["Location"]).text
    assert f'value="take-{stop}-{led.FOX}"' in page
    sent = {name: [unescape(value) for field, value in CARRIED.findall(page) if field == name] for name in FIELDS}
    page = client.post("/", data={**sent, "edit": f"take-{stop}-{led.CRICKET}"}).text
    chosen = [f"{text}, cricket game".removeprefix(", ") if str(number) == stop else text
              for number, text in enumerate(prompts)]  # fmt: skip
    assert filled(page)["prompt"] == chosen
    assert led.CRICKET in page
    assert (filled(page)["seed"], "no snow" in page) == ("7", True)


def test_drawings_are_looked_through_with_the_form_for_another_stop_as_well(client: FlaskClient) -> None:
    address = press(client, "drawings-1").headers["Location"]
    page = client.get(address).text
    assert f'value="take-1-{led.BAT}"' in page
    addresses = [unescape(each) for each in re.findall(r'href="(/drawings\?[^"]*)"', page)]
    pages = [client.get(each).text for each in addresses]
    assert len(pages) > 3
    assert all('id="choose"' in each for each in pages)
    assert sum('value="take-0-' in each for each in pages) == 1
    back = unescape(re.findall(r'href="(/\?[^"]*)">back to the form', page)[0])
    assert filled(client.get(back).text)["prompt"] == FORM["prompt"]


def test_drawings_are_not_chosen_for_the_end_of_another_walk(client: FlaskClient, publish: Maker) -> None:
    address = press(client, "drawings-0", continues=publish("a fox", "a kite").id).headers["Location"]
    page = client.get(address).text
    assert "take-1-" in page
    assert "take-0-" not in page + client.get(address.replace("stop=1", "stop=0")).text


@pytest.mark.parametrize("query", ["stop=1", "form=", "form=seed%3D7", "stop=9&form=x", "form=" + "x" * 5000])
def test_without_a_form_drawings_begin_a_walk(client: FlaskClient, query: str) -> None:
    page = client.get(f"/drawings?{query}").text
    assert "take-" not in page
    assert f"drawing={led.FOX}" in page


def test_form_too_long_to_carry_leads_to_the_drawings_without_it(client: FlaskClient) -> None:
    assert press(client, "drawings-1", prompt=["ä" * 300] * 8).headers["Location"] == "/drawings"
