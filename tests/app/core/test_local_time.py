"""An instant becomes the day of the site's time zone, wherever it becomes a day."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from app.access.auth import api_tokens
from app.collection.gallery import exhibitions
from app.core.i18n import formatting
from app.core.local_time import first_moment, local, local_day, stamp
from app.storage.database import db, now
from app.storage.walk_models import Walk
from app.storage.wall_models import Wall
from app.wall import stretches, walls
from app.wall.walls import WallRequest
from tests.conftest import Maker
from tests.support.rows import change
from tests.support.time_zone import time_zone

EVENING = datetime(2026, 1, 1, 4, 26, 5, tzinfo=UTC)
"""23:26 in New York, on the last day of 2025."""


@pytest.fixture(autouse=True)
def _new_york() -> Iterator[None]:
    with time_zone("America/New_York"):
        yield


@pytest.fixture
def evening_walk(publish: Maker) -> Walk:
    """Publish a walk that was finished in the evening."""
    walk = publish("a robot", "the sea")
    change(walk, finished_at=EVENING)
    db.session.refresh(walk)
    return walk


def test_local_day_is_that_of_the_time_zone() -> None:
    assert local_day(EVENING) == date(2025, 12, 31)
    assert first_moment(date(2025, 12, 31)) == datetime(2025, 12, 31, 5, tzinfo=UTC)
    assert stamp(EVENING) == "2025-12-31 23:26:05 EST"


@pytest.mark.parametrize("zone", ["America/New_York", "Asia/Tokyo", "UTC", "America/Havana", "Pacific/Apia"])
def test_first_moment_begins_the_local_day(zone: str) -> None:
    with time_zone(zone):
        for day in (date(2026, 3, 8), date(2026, 11, 1), date(2011, 12, 31), date(1979, 1, 1)):
            begin = first_moment(day)
            assert local_day(begin) == day
            assert local_day(begin - timedelta(microseconds=1)) < day


@pytest.mark.parametrize("zone", ["America/New_York", "Asia/Tokyo"])
@pytest.mark.parametrize("moment", [datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)])
def test_local_at_the_ends_of_time_is_an_instant(zone: str, moment: datetime) -> None:
    with time_zone(zone):
        assert abs(local(moment) - moment) == timedelta(0)
        assert abs(first_moment(moment.date()) - moment) < timedelta(days=2)


def test_dates_on_pages_are_local(app: Flask) -> None:
    with app.test_request_context():
        assert formatting.day(EVENING) == "31 December 2025"
        assert formatting.day(date(2026, 1, 1)) == "1 January 2026"
        assert formatting.day_and_time(EVENING) == "31 Dec 2025, 23:26:05"


def test_page_of_an_evening_walk_has_the_local_day_and_year(client: FlaskClient, evening_walk: Walk) -> None:
    page = client.get(evening_walk.url).text
    assert '<span class="year">, 2025</span>' in page
    assert f'<time datetime="{EVENING.isoformat()}">31 December 2025</time>' in page
    assert evening_walk.year == 2025


@pytest.mark.parametrize(
    ("query", "is_found"),
    [("since=2025-12-31&until=2025-12-31", True), ("since=2026-01-01", False), ("until=2025-12-30", False)],
)
def test_gallery_by_days_takes_local_days(client: FlaskClient, evening_walk: Walk, query: str, is_found: bool) -> None:
    assert (evening_walk.id in client.get(f"/gallery?{query}").text) is is_found
    found = client.get(f"/api/v1/walks?{query}").json["walks"]  # type: ignore[index]
    assert [walk["id"] for walk in found] == [evening_walk.id] * is_found


def test_evening_of_a_wall_is_dated_today(publish: Maker) -> None:
    wall = walls.open_wall(WallRequest("lobby"))
    change(Wall, Wall.number == wall.number, opened_at=EVENING)
    db.session.refresh(wall)
    stretches._publish(wall, publish("a robot", "the sea"))
    exhibition = exhibitions.find("lobby-2025-12-31")
    assert exhibition.title.endswith(", 31 December 2025")


def test_token_is_valid_to_the_end_of_the_local_day(app: Flask) -> None:
    assert api_tokens.expiry("2099-01-31") == datetime(2099, 2, 1, 5, tzinfo=UTC)


def test_token_is_used_on_the_local_day(client: FlaskClient, monkeypatch: pytest.MonkeyPatch) -> None:
    _, secret = api_tokens.create("press")
    monkeypatch.setattr(api_tokens, "now", lambda: EVENING)
    client.post("/api/v1/walks", json={"stops": []}, headers={"Authorization": f"Bearer {secret}"})
    assert db.session.scalars(select(api_tokens.ApiToken.last_used_on)).one() == date(2025, 12, 31)
    assert now() > EVENING
