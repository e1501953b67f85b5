"""An application that adds its parts when they are needed."""

import threading
from pathlib import Path

import pytest
from flask import Flask, Request
from werkzeug.routing import IntegerConverter

from app import INDEXES, SETTINGS, create_app
from app.core.late_app import LateApp

NO_REDIS = {"REDIS_URL": "redis://127.0.0.1:1/0"}


class OtherInteger(IntegerConverter):
    """A converter that a part adds."""


class OtherRequest(Request):
    """A class of requests that a part adds."""


def made(*names: str) -> tuple[LateApp, list[str]]:
    """Return an application, and the names of its parts that were added: those named, then a route."""
    app, added = LateApp(__name__), []

    def name_part(name: str) -> None:
        def part(app: Flask) -> None:
            app.url_map.converters["int"] = OtherInteger  # reads the map while a part is added
            app.request_class = OtherRequest
            app.extensions[name] = added.append(name)

        app.add_later(part)

    def add_route(app: Flask) -> None:
        assert app.url_map.converters["int"] is OtherInteger
        app.wsgi_app = wrapped(app.wsgi_app)  # type: ignore[method-assign]
        app.add_url_rule("/<int:number>", view_func=lambda number: f"{number}", endpoint="number")
        added.append("route")

    for name in names:
        name_part(name)
    app.add_later(add_route)
    return app, added


def wrapped(wsgi_app):  # type: ignore[no-untyped-def]
    def call(environ, start_response):  # type: ignore[no-untyped-def]
        return [*wsgi_app(environ, start_response), b" wrapped"]

    return call


def test_parts_are_added_in_order_and_once() -> None:
    app, added = made("first", "second")
    assert added == []
    app.load(1)
    assert added == ["first"]
    app.load(1)
    assert app.extensions["second"] is None
    assert added == ["first", "second"]
    app.load()
    app.load()
    assert added == ["first", "second", "route"]


def test_first_request_passes_through_all_parts() -> None:
    app, _ = made("first")
    assert app.test_client().get("/3").text == "3 wrapped"


def test_context_of_a_request_has_the_class_of_the_parts() -> None:
    app, _ = made("first")
    with app.test_request_context("/3") as context:
        assert type(context.request) is OtherRequest


def test_extension_that_no_part_adds_is_missing() -> None:
    app, added = made("first")
    with pytest.raises(KeyError):
        app.extensions["none"]
    assert added == ["first", "route"]


def test_threads_wait_until_the_parts_are_added() -> None:
    app, added = made(*map(str, range(20)))
    begin, answers = threading.Barrier(8), []

    def ask() -> None:
        begin.wait()
        answers.append(app.test_client().get("/1").text)

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert answers == ["1 wrapped"] * 8
    assert added == [*map(str, range(20)), "route"]


def test_part_that_fails_fails_again() -> None:
    app = LateApp(__name__)
    app.add_later(lambda _: 1 / 0)
    for _ in range(2):
        with pytest.raises(ZeroDivisionError):
            app.load()


@pytest.mark.parametrize("parts", [SETTINGS, INDEXES])
def test_late_site_is_the_whole_site_at_its_first_request(instance: Path, parts: int) -> None:
    app = create_app(NO_REDIS, instance_path=str(instance), parts=parts)
    assert app.blueprints == {}
    assert app.test_client().get("/healthz").status_code in (200, 503)
    whole = create_app(NO_REDIS, instance_path=str(instance))
    assert list(app.blueprints) == list(whole.blueprints)
    assert [(str(rule), rule._converters.keys()) for rule in app.url_map.iter_rules()] == [
        (str(rule), rule._converters.keys()) for rule in whole.url_map.iter_rules()
    ]
    assert app.url_map.converters == whole.url_map.converters
    for name in ("before_request_funcs", "after_request_funcs", "teardown_request_funcs"):
        ours, theirs = getattr(app, name)[None], getattr(whole, name)[None]
        assert [each.__qualname__ for each in ours] == [each.__qualname__ for each in theirs]
    assert type(app.wsgi_app) is type(whole.wsgi_app)
    assert app.request_class is whole.request_class
    assert set(app.jinja_env.filters) == set(whole.jinja_env.filters)


def test_extension_of_the_site_is_added_when_it_is_asked_for(instance: Path) -> None:
    app = create_app(NO_REDIS, instance_path=str(instance), parts=SETTINGS)
    assert app.extensions["babel"] is not None
    with pytest.raises(KeyError):
        app.extensions["none"]
