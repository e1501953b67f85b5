"""What a hostile visitor sends to every address: answered in words of ours, soon, and never by a mistake of ours."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app import signing_in, stored
from app.models import Walk
from tests.conftest import make_app

pytestmark = pytest.mark.databases

Hanger = Callable[..., Walk]
PLACE = re.compile(r"<(?:[^<>]*:)?(\w+)>")
PASSWORD = "a password of the tests"
STRANGE = ("%00", "a%00b", "%0d%0aX-Evil:1", "%ed%a0%80", "%ff", "x" * 3000, "9" * 5000, "%e2%80%ae", "'", "%25", "-")
ASKED = ("", "lang=de", "frame=%00&cursor=%00&prompt=%00&q=%00&walk=%00&before=%00&own=%5B%5B&url=http://[&since=%00")


@pytest.fixture
def curator(app: Flask, instance: Any) -> FlaskClient:
    """Be signed in to a site that answers for its mistakes as the real one does."""
    settings = {"CURATOR_HASH": signing_in.generate_password_hash(PASSWORD, "pbkdf2:sha256:1"), "TESTING": False}
    client = make_app(instance, **settings).test_client()
    assert client.post("/curator/sign-in", data={"password": PASSWORD}).status_code == 303
    return client


def strange(app: Flask, walk: Walk) -> Iterator[str]:
    """Put something strange into each place of each address, the others filled as they should be."""
    name, _, digest = stored.still_name(walk, walk.painted[0]).partition(".")
    good = {"walk_id": walk.id, "index": "0", "kind": "gif", "extension": "gif", "form": "sheet", "act": "hide"}
    good |= {"page": "1", "filename": "site.css", "slug": "x", "digest": digest, "name": name}
    for rule in app.url_map.iter_rules():
        for place in rule.arguments & {*good}:
            for each in STRANGE:
                filled = good | {place: each}
                yield PLACE.sub(lambda match, filled=filled: filled[match[1]], rule.rule)  # type: ignore[misc]


def test_no_address_breaks_whatever_stands_in_it(curator: FlaskClient, hung: Hanger) -> None:
    broken = set()
    for path in strange(curator.application, hung()):
        for asked in ASKED:
            with curator.get(f"{path}?{asked}") as answer:
                if answer.status_code >= 500:
                    broken.add((answer.status_code, path[:80], asked))
    assert broken == set()
