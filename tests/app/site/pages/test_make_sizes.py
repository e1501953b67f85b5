"""The making page offers the sizes that a model paints, and a walk is asked for again in its own."""

from functools import partial

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app.requests.walk_requests.validation import validate
from app.site.presentation import form_fields
from app.storage.database import db
from tests.support import led, placing

pytestmark = pytest.mark.settings(MODEL=partial(led.lay_out, size=256, sizes=[256, 512]))


def test_sizes_are_offered_and_the_models_own_is_chosen(client: FlaskClient) -> None:
    page = client.get("/").text
    assert page.count('name="size"') == 2 and 'value="512" data-name="512 pixels">' in page
    assert 'name="size" value="256" data-name="256 pixels" checked' in page


def test_larger_walk_says_so_and_is_asked_for_again_in_its_size(app: Flask) -> None:
    asked = {"stops": [{"prompt": "a fox"}, {"prompt": "a bat"}], "size": 512}
    walk, _ = placing.place(validate(asked), visitor_key="ann")
    assert walk.sampling is not None and walk.sampling["enlarged"] == 2
    walk.width = walk.height = 512  # as the worker that paints it writes down
    assert form_fields.fields(walk)["size"] == 512


def test_walk_that_goes_on_is_as_large_as_the_one_before(app: Flask) -> None:
    first, _ = placing.place(
        validate({"stops": [{"prompt": "a fox"}, {"prompt": "a bat"}], "seed": 1, "size": 512}), visitor_key="ann"
    )
    first.state, first.width, first.height, first.model_name = "finished", 512, 512, "led"
    db.session.add(first)
    db.session.commit()
    asked = {"stops": [{"prompt": "a bat"}, {"prompt": "a house"}], "continues": first.id}
    following, _ = placing.place(validate(asked), visitor_key="ann")
    assert following.sampling is not None and following.sampling["enlarged"] == 2


@pytest.mark.parametrize("size", ["300", "0", "x", "512.5"])
def test_size_that_is_not_offered_is_said_beside_the_sizes(client: FlaskClient, size: str) -> None:
    answer = client.post("/walks", data={"prompt": ["a fox", "a bat"], "size": size})
    assert answer.status_code == 422 and 'id="size-error"' in answer.text
    assert "The size must be one of 256 and 512, in pixels of a side." in answer.text
