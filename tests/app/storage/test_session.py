"""The session: what it loaded is not collected while it lets go of it, and is not kept any longer."""

import gc
import weakref

import pytest
from flask import Flask
from sqlalchemy import event, select

from app.storage.database import db
from app.storage.walk_models import Walk
from tests.conftest import Maker

pytestmark = pytest.mark.slow
Loaded = list[weakref.ref[Walk]]


@pytest.fixture
def loaded(app: Flask, request_walk: Maker) -> Loaded:
    """Load two walks into a cycle that nothing else holds."""
    for _ in range(2):
        request_walk()
    db.session.remove()
    return load()


def load() -> Loaded:
    """Load the walks into a cycle, as a template's context is one."""
    page: list[object] = [*db.session.scalars(select(Walk))]
    walks = [weakref.ref(walk) for walk in page]
    page.append(page)
    return walks


def alive(walks: Loaded) -> list[bool]:
    gc.collect()
    return [walk() is not None for walk in walks]


def test_walks_outlive_the_closing_of_their_session_and_no_longer(loaded: Loaded) -> None:
    seen = []
    event.listen(db.session(), "persistent_to_detached", lambda _session, _walk: seen.append(alive(loaded)))
    db.session.remove()
    assert seen == [[True, True], [True, True]]
    assert alive(loaded) == [False, False]


@pytest.mark.databases
def test_walks_outlive_a_rollback_and_no_longer(loaded: Loaded) -> None:
    seen = []

    def look(_walk: Walk, _attributes: object) -> None:
        seen.append(alive(loaded))

    event.listen(Walk, "expire", look)
    try:
        db.session.rollback()
    finally:
        event.remove(Walk, "expire", look)
    assert seen == [[True, True], [True, True]]
    assert alive(loaded) == [False, False]
