"""Drawings that were added: every process knows them within a second, and asks no oftener."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import event

from app.collection.moderation import drawing_curation
from app.collection.moderation.drawing_request import DrawingRequest
from app.offer.drawings import added_drawings, offered, sketchbooks
from app.offer.generation import offers
from app.storage.database import db
from sketch.sketchbook import SketchbookError
from tests.conftest import make_app
from tests.support import led
from tests.support.led import ROBOT, ROBOT_DIGEST


class Clock:
    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now = 100.0
        monkeypatch.setattr(added_drawings.time, "monotonic", lambda: self.now)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    return Clock(monkeypatch)


@pytest.fixture
def other(instance: Path, led_folder: Path, app: Flask) -> Flask:
    """Build the same site once more, as another process has it."""
    return make_app(instance, MODEL=str(led_folder))


@pytest.fixture
def asked(app: Flask) -> Iterator[list[str]]:
    """List what the database is asked about drawings."""
    found: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        if "FROM drawings" in statement:
            found.append(statement)

    event.listen(db.engine, "before_cursor_execute", note)
    yield found
    event.remove(db.engine, "before_cursor_execute", note)


def add(name: str = "robot hamster", svg: str = ROBOT, **fields: str) -> None:
    drawing_curation.add(svg.encode(), DrawingRequest(name, **fields))


def known(site: Flask) -> tuple[list[str], list[str]]:
    with site.app_context():
        book = added_drawings.book()
        found = [each.name for each in book.drawings.values()], [each.name for each in book.withdrawn.values()]
        db.session.remove()
    return found


@pytest.mark.databases
def test_addition_and_removal_are_seen_by_another_process_a_second_later(other: Flask, clock: Clock) -> None:
    assert known(other) == ([], [])
    add()
    assert known(other) == ([], [])
    clock.now += 1
    assert known(other) == (["robot hamster"], [])
    drawing_curation.remove("robot hamster")
    assert known(other) == (["robot hamster"], [])
    clock.now += 1
    assert known(other) == ([], ["robot hamster"])
    drawing_curation.restore("robot hamster")
    clock.now += 1
    assert known(other) == (["robot hamster"], [])


def test_change_of_credits_is_seen_too(other: Flask, clock: Clock) -> None:
    add()
    assert known(other) == (["robot hamster"], [])
    add(artist="A. Curator")
    clock.now += 1
    with other.app_context():
        assert added_drawings.book().drawings[ROBOT_DIGEST].artist == "A. Curator"


def test_process_that_changed_something_sees_it_at_once(app: Flask, clock: Clock) -> None:
    assert not added_drawings.book().drawings
    add()
    assert ROBOT_DIGEST in added_drawings.book().drawings
    drawing_curation.remove(ROBOT_DIGEST)
    assert ROBOT_DIGEST in added_drawings.book().withdrawn


@pytest.mark.databases
def test_database_is_asked_once_a_second_and_read_if_changed(app: Flask, clock: Clock, asked: list[str]) -> None:
    first = added_drawings.book()
    read = len(asked)
    for _ in range(20):
        assert added_drawings.book() is first
    assert len(asked) == read
    clock.now += 1
    assert added_drawings.book() is first
    assert [statement.strip() for statement in asked[read:]] == [asked[0].strip()]
    assert "max" in asked[0]


@pytest.mark.databases
def test_drawing_is_read_from_the_database_when_it_is_asked_for(app: Flask, asked: list[str]) -> None:
    add()
    book = added_drawings.book()
    assert not any("svg" in statement for statement in asked[-1:])
    assert book.svg(ROBOT_DIGEST) == ROBOT
    assert book.picture(ROBOT_DIGEST, 16).shape == (16, 16, 4)
    with pytest.raises(SketchbookError, match="no drawing"):
        book.svg("absent")


def test_sketchbook_of_a_model_holds_what_was_added_and_is_the_same_until_that_changes(app: Flask) -> None:
    model = offers.first()
    bare = sketchbooks.of_model(model)
    assert bare is not None and set(bare.drawings) == set(led.book().drawings)
    add()
    book = sketchbooks.of_model(model)
    assert book is not None and set(book.drawings) == {*led.book().drawings, ROBOT_DIGEST}
    assert sketchbooks.of_model(model) is book
    drawing_curation.remove(ROBOT_DIGEST)
    book = sketchbooks.of_model(model)
    assert book is not None and ROBOT_DIGEST not in book.drawings and ROBOT_DIGEST in book
    assert book.svg(ROBOT_DIGEST) == ROBOT and book.svg(led.SUN) == led.book().svg(led.SUN)


def test_model_led_by_words_alone_has_no_library(instance: Path, app: Flask, asked: list[str], tmp_path: Path) -> None:
    add()
    site = make_app(instance, MODEL=str(led.lay_out_words_alone(tmp_path / "words")))
    del asked[:]
    with site.app_context():
        assert sketchbooks.of_model(offers.first()) is None and offered.list_books() == []
    assert asked == []
