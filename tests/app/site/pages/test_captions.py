"""The page with captions, and the same for programs."""

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app.storage.database import db
from app.storage.upload_models import READY, WAITING, Upload
from app.storage.walk_models import QUEUED, Walk
from tests.support import photos
from tests.support.rows import Maker, change


def test_page_writes_in_the_tone_asked_for_and_keeps_the_choice(client: FlaskClient, walk: Walk) -> None:
    answer = client.get(f"/walks/{walk.id}/captions?tone=happy&audience=academic")
    assert answer.status_code == 200
    assert answer.text.count('id="caption-') == 3
    assert 'value="happy" checked' in answer.text
    assert 'value="academic" checked' in answer.text


def test_own_word_becomes_the_nearest_tone_and_the_page_says_so(client: FlaskClient, publish: Maker) -> None:
    address = f"/walks/{publish().id}/captions"
    near = client.get(f"{address}?tone=happy&own_tone=ironic")
    assert "<bdi>“ironic”</bdi> is nearest to funny here." in near.text
    assert 'value="ironic"' in near.text
    assert 'value="happy" checked' not in near.text
    assert "We have no words for <bdi>“xqzzt”</bdi>; these are poetic." in client.get(f"{address}?own_tone=xqzzt").text


def test_wrong_tone_is_named_above_the_form(client: FlaskClient, publish: Maker) -> None:
    address = f"/walks/{publish().id}/captions"
    answer = client.get(f"{address}?own_tone={'x' * 41}")
    assert answer.status_code == 422
    assert "The tone must be a word or a few, of 1 to 40 characters." in answer.text
    assert "<form" in answer.text
    assert client.get(f"{address}?own_tone=fucking").status_code == 422


def test_german_page_writes_german(client: FlaskClient, publish: Maker) -> None:
    text = client.get(f"/walks/{publish().id}/captions", headers={"Accept-Language": "de"}).text
    assert "Ein Spaziergang durch" in text


def test_walk_leads_to_its_captions(client: FlaskClient, walk: Walk) -> None:
    assert f'href="/walks/{walk.id}/captions"' in client.get(walk.url).text


def test_walk_that_is_not_finished_has_none(client: FlaskClient, walk: Walk) -> None:
    walk.state = QUEUED
    db.session.commit()
    answer = client.get(f"/walks/{walk.id}/captions")
    assert answer.status_code == 409
    assert "This walk is not finished." in answer.text


def test_programs_get_as_many_as_they_ask_for(client: FlaskClient, publish: Maker) -> None:
    address = f"/api/v1/walks/{publish().id}/captions"
    answer = client.post(address, json={"tone": "funny", "audience": "promotional", "variants": 5, "language": "de"})
    assert answer.status_code == 200
    assert len(set(answer.json["captions"])) == 5
    assert answer.json["wall_label"]["sentence"] == answer.json["label"]
    assert (answer.json["by"], answer.json["tone"], answer.json["asked_tone"]) == ("grammar", "funny", "funny")
    assert (
        client.post(address, json={"tone": "funny", "audience": "promotional", "variants": 5, "language": "de"}).json
        == answer.json
    )
    wrong = client.post(address, json={"variants": True, "tone": ""})
    assert wrong.status_code == 422
    assert [each["field"] for each in wrong.json["errors"]] == ["tone", "variants"]
    assert client.post(address, json=[]).status_code == 422


TOKEN = {"Authorization": f"Bearer {'t' * 40}"}


@pytest.fixture
def photo(app: Flask) -> Upload:
    """Bring a photo that a worker took for a fox."""
    return photos.keep("t" * 40, analysis={"description": "a fox"}, state=READY)


def test_photo_is_captioned_by_the_guess_for_its_owner_alone(client: FlaskClient, photo: Upload) -> None:
    address = f"/photos/{photo.id}/captions"
    answer = client.get(f"{address}?tone=happy", headers=TOKEN)
    assert "Our guess is “<bdi>a fox</bdi>”." in answer.text
    assert answer.text.lower().count("“a fox”") >= 3
    assert "Untitled (a fox)\nDigital image, 96 × 64 pixels" in answer.text
    assert answer.headers["Cache-Control"] == "private, no-store"
    assert client.get(address).status_code == 404


def test_photo_is_captioned_by_what_its_owner_says(client: FlaskClient, photo: Upload) -> None:
    address = f"/photos/{photo.id}/captions"
    text = client.get(f"{address}?description=a+wolf&tone=serious&audience=academic", headers=TOKEN).text
    assert text.lower().count("“a wolf”") >= 3
    assert "A wolf\nDigital image" in text
    assert 'value="serious" checked' in text
    wrong = client.get(f"{address}?description={'x' * 301}&audience=academic", headers=TOKEN)
    assert wrong.status_code == 422
    assert "The description has at most 300 characters." in wrong.text
    assert "x" * 301 in wrong.text
    assert 'value="academic" checked' in wrong.text


def test_form_leads_to_a_photos_captions(client: FlaskClient, photo: Upload) -> None:
    live = client.get(f"/photos/{photo.id}/live", headers=TOKEN).text
    assert 'name="edit" value="captions-0"' in live


def test_photo_without_a_look_has_captions_without_a_name(client: FlaskClient, photo: Upload) -> None:
    change(photo, analysis=None, state=WAITING)
    text = client.get(f"/photos/{photo.id}/captions", headers=TOKEN).text
    assert "We are still looking at what it shows." in text
    assert "Untitled\n" in text


def test_programs_learn_whose_words_they_are(client: FlaskClient, photo: Upload) -> None:
    address = f"/api/v1/pictures/{photo.id}/captions"
    answer = client.post(address, json={"variants": 8, "audience": "academic"}, headers=TOKEN)
    assert (answer.json["description"], answer.json["is_guess"], len(answer.json["captions"])) == ("a fox", True, 8)
    assert answer.json["wall_label"]["year"] is None
    assert answer.headers["Cache-Control"] == "no-store"
    result = client.post(address, json={"description": "a wolf", "language": "de"}, headers=TOKEN).json
    assert (result["description"], result["is_guess"], result["wall_label"]["title"]) == ("a wolf", False, "A wolf")
    assert client.post(address, json={"description": 3}, headers=TOKEN).json["errors"][0]["field"] == "description"
    assert client.post(address, json={}).status_code == 401
    assert client.post(address, json={}, headers={"Authorization": f"Bearer {'x' * 40}"}).status_code == 404
