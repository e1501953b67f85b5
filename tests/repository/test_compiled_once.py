"""What applications of a test run share changes nothing for the next."""

from pathlib import Path

import pytest
from werkzeug.exceptions import NotFound

from tests.conftest import make_app


def test_route_that_one_application_adds_is_its_own(tmp_path: Path) -> None:
    one, other, late = (make_app(tmp_path) for _ in range(3))
    late.url_map.bind("localhost").match("/gallery")
    assert late.url_map._matcher is other.url_map._matcher
    for app in (one, late):  # before and after the shared routes were looked at
        app.add_url_rule("/whoami", view_func=lambda: "me")
        assert app.test_client().get("/whoami").text == "me"
    assert other.test_client().get("/whoami").status_code == 404
    with pytest.raises(NotFound):
        make_app(tmp_path).url_map.bind("localhost").match("/whoami")


def test_what_one_application_says_of_slashes_is_its_own(tmp_path: Path) -> None:
    one, other = make_app(tmp_path), make_app(tmp_path)
    other.url_map.bind("localhost").match("/gallery")
    other.url_map.merge_slashes = True
    assert not one.url_map.merge_slashes and other.url_map.merge_slashes


def test_endpoint_of_two_functions_is_refused(tmp_path: Path) -> None:
    app = make_app(tmp_path)
    app.add_url_rule("/one", "same", lambda: "one")
    with pytest.raises(AssertionError, match="overwriting an existing endpoint function: same"):
        app.add_url_rule("/other", "same", lambda: "other")
