"""Answers are kept for the rest of a request or an operation, and no longer."""

from __future__ import annotations

from contextvars import Context

import pytest
from flask import Flask

from app.offer.generation import per_request


@pytest.fixture
def asked() -> list[str]:
    """Return what was looked up so far."""
    return []


def once(asked: list[str], setting: str) -> str:
    """Ask for something of a model."""

    def find() -> str:
        asked.append(setting)
        return f"facts of {setting}"

    return per_request.once("facts", setting, find)


def test_elsewhere_nothing_is_kept(asked: list[str]) -> None:
    assert [once(asked, "a"), once(asked, "a")] == ["facts of a"] * 2
    assert asked == ["a", "a"]


def test_an_operation_keeps_answers_until_its_end_with_those_that_it_calls(asked: list[str]) -> None:
    with per_request.remembering():
        once(asked, "a")
        with per_request.remembering():
            once(asked, "a"), once(asked, "b")
        once(asked, "b")
    assert asked == ["a", "b"]
    once(asked, "a")
    assert asked == ["a", "b", "a"]


def test_an_operation_that_fails_keeps_nothing(asked: list[str]) -> None:
    with pytest.raises(ZeroDivisionError), per_request.remembering():
        once(asked, "a")
        raise ZeroDivisionError
    once(asked, "a")
    assert asked == ["a", "a"]


def test_a_request_keeps_answers_and_the_next_asks_again(asked: list[str], app: Flask) -> None:
    def request() -> None:
        with app.test_request_context():
            with per_request.remembering():
                once(asked, "a")
            once(asked, "a")

    for _ in range(2):
        Context().run(request)  # as from outside of the application
    assert asked == ["a", "a"]
