"""The page with captions, and the same for programs."""

from __future__ import annotations

from collections.abc import Callable

from flask.testing import FlaskClient

from app.storage.database import db
from app.storage.walk_models import QUEUED, Walk

Hang = Callable[..., Walk]


def test_page_writes_in_the_tone_asked_for_and_keeps_the_choice(client: FlaskClient, hung: Hang) -> None:
    walk = hung()
    answer = client.get(f"/walks/{walk.id}/captions?tone=happy&audience=academic")
    assert answer.status_code == 200
    assert answer.text.count('id="caption-') == 3
    assert 'value="happy" checked' in answer.text
    assert 'value="academic" checked' in answer.text


def test_unknown_tone_is_named_above_the_form(client: FlaskClient, hung: Hang) -> None:
    answer = client.get(f"/walks/{hung().id}/captions?tone=angry")
    assert answer.status_code == 422
    assert "The tone must be one of quirky, funny, serious, happy and poetic." in answer.text
    assert "<form" in answer.text


def test_german_page_writes_german(client: FlaskClient, hung: Hang) -> None:
    text = client.get(f"/walks/{hung().id}/captions", headers={"Accept-Language": "de"}).text
    assert "Ein latenter Spaziergang durch" in text


def test_walk_leads_to_its_captions(client: FlaskClient, hung: Hang) -> None:
    walk = hung()
    assert f'href="/walks/{walk.id}/captions"' in client.get(walk.url).text


def test_walk_that_is_not_finished_has_none(client: FlaskClient, hung: Hang) -> None:
    walk = hung()
    walk.state = QUEUED
    db.session.commit()
    answer = client.get(f"/walks/{walk.id}/captions")
    assert answer.status_code == 422
    assert "Not finished yet" in answer.text


def test_programs_get_as_many_as_they_ask_for(client: FlaskClient, hung: Hang) -> None:
    address = f"/api/v1/walks/{hung().id}/captions"
    answer = client.post(address, json={"tone": "funny", "audience": "promotional", "variants": 5, "language": "de"})
    assert answer.status_code == 200
    assert len(set(answer.json["captions"])) == 5
    assert (
        client.post(address, json={"tone": "funny", "audience": "promotional", "variants": 5, "language": "de"}).json
        == answer.json
    )
    wrong = client.post(address, json={"variants": True, "tone": "x"})
    assert wrong.status_code == 422
    assert [each["field"] for each in wrong.json["errors"]] == ["tone", "variants"]
    assert client.post(address, json=[]).status_code == 422
