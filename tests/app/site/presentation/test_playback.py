"""What a page knows of a walk's pictures: which, where, and when their turn comes."""

import json
import re
from collections.abc import Sequence
from html import unescape
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import delete

from app.site.presentation import playback
from app.storage.database import writing
from app.storage.walk_models import PAINTING, Frame, Walk
from app.walks.saved import media_urls
from tests.support.rows import Maker, change, store


def painted(walk: Walk, places: Sequence[float], *, size: int = 1000, **values: Any) -> Walk:
    """Put frames in the place of a walk's own: stops of rank 0, all others of rank 1 and later."""
    with writing() as session:
        session.execute(delete(Frame).where(Frame.walk_number == walk.number))
    for index, position in enumerate(places):
        rank = 0 if position % 1 == 0 else 1 + index % 5
        path = f"walks/{walk.id}/frames/{index:04}.png"
        store(Frame(walk_number=walk.number, index=index, position=position, rank=rank, path=path, bytes=size))
    change(walk, painted_count=len(places), **values)
    return walk


def reel_on(page: str) -> dict[str, Any]:
    return dict(json.loads(unescape(re.search(r"data-reel='([^']*)'", page)[1])))


def test_turns_are_the_places_in_the_settled_film(request_walk: Maker) -> None:
    walk = painted(request_walk(frames=5), [0.0, 0.3, 1.0], positions=[0.0, 0.1, 0.3, 0.8, 1.0])
    assert playback.describe_reel(walk)["turns"] == [0, 2, 4]


@pytest.mark.parametrize(("ending", "turns"), [("stop", [0, 2, 4]), ("back", [0, 2, 4]), ("round", [0, 1.25, 2.5])])
def test_turns_are_estimated_before_positions_are_set(request_walk: Maker, ending: str, turns: list[float]) -> None:
    walk = painted(request_walk(frames=5), [0.0, 0.5, 1.0], ending=ending)
    assert playback.describe_reel(walk)["turns"] == turns


def test_reel_names_pictures_in_the_order_of_the_walk_at_addresses_that_last(request_walk: Maker) -> None:
    walk = painted(request_walk("a fox", "the sun", frames=3), [0.0, 1.0, 0.4], state="painting")
    reel = playback.describe_reel(walk)
    assert reel["positions"] == [0.0, 0.4, 1.0]
    by_place = {frame.position: media_urls.still_address(walk, frame) for frame in walk.painted}
    assert [f"{reel['base']}{name}.png" for name in reel["stills"]] == [by_place[0.0], by_place[0.4], by_place[1.0]]
    assert (reel["names"], reel["film"], reel["isFinished"]) == (["fox", "sun"], None, False)


def test_reel_tells_for_how_long_the_ends_are_held(request_walk: Maker) -> None:
    walk = painted(request_walk(frames=3), [0.0, 1.0], state="painting")
    assert playback.describe_reel(walk)["hold"] == 13, "as its film will have it"
    assert playback.describe_reel(painted(walk, [0.0, 1.0], ending="round"))["hold"] == 0
    assert playback.describe_reel(painted(walk, [0.0, 0.5, 1.0], state="finished", hold=7))["hold"] == 7
    assert playback.describe_reel(painted(walk, [0.0, 0.5, 1.0], hold=None))["hold"] == 0, "a film of release 1.1"


def test_round_walk_ends_in_its_first_name(request_walk: Maker) -> None:
    walk = painted(request_walk("a fox", "the sun"), [0.0, 1.0], ending="round")
    assert playback.describe_reel(walk)["names"] == ["fox", "sun", "fox"]
    assert playback.legs(walk) == 2


def test_waiting_page_loads_early_pictures_within_the_budget(
    request_walk: Maker,
) -> None:
    positions = [index / 60 for index in range(61)]
    walk = painted(request_walk(frames=61), positions, size=1_000_000, state="painting")
    reel = playback.describe_reel(walk)
    assert len(reel["stills"]) == playback.BUDGET // 1_000_000
    assert (reel["positions"][0], reel["positions"][-1]) == (0.0, 1.0)
    assert len(playback.describe_reel(painted(walk, positions, size=1_000_000, state="finished"))["stills"]) == 61


def test_stops_are_shown_however_large_they_are(request_walk: Maker) -> None:
    walk = painted(request_walk(frames=3), [0.0, 0.5, 1.0], size=playback.BUDGET, state="painting")
    assert playback.describe_reel(walk)["positions"] == [0.0, 1.0]


def test_chart_leaves_the_way_back_out(request_walk: Maker) -> None:
    walk = painted(request_walk(frames=3), [0.0, 0.5, 1.0], ending="back", step_sizes=[1.0, 2.0, 2.0])
    assert playback.steps(walk) == [1.0, 2.0]
    assert playback.steps(painted(walk, [0.0, 0.5, 1.0], ending="round")) == [1.0, 2.0, 2.0]
    assert playback.steps(painted(walk, [0.0], step_sizes=None)) == []


def test_page_says_where_the_painting_is(client: FlaskClient, request_walk: Maker) -> None:
    walk = painted(request_walk(frames=5), [0.0], state="painting")
    assert "The ends come first" in client.get(walk.url).text
    painted(walk, [0.0, 1.0])
    assert "Finding the way between them." in client.get(walk.url).text
    painted(walk, [0.0, 0.5, 1.0], positions=[0.0, 0.2, 0.5, 0.7, 1.0])
    page = client.get(walk.url).text
    assert "It smooths as it goes." in page
    assert reel_on(page)["turns"] == [0, 2, 4]


def test_finished_page_has_the_chart_and_says_what_it_means(client: FlaskClient, walk: Walk) -> None:
    assert "Each line is the change" not in client.get(walk.url).text  # painted before steps were kept
    painted(walk, [0.0, 0.5, 1.0], step_sizes=[4.0, 5.0])
    page = client.get(walk.url).text
    chart = re.search(r'<svg class="hair chart".*?</svg>', page, re.DOTALL)[0]
    assert len(re.findall(r'width="1"', chart)) == 2
    assert "<dt>Smoothness</dt><dd>0.91</dd>" in page
    assert "<dt>Largest step</dt><dd>1.3 times the mean</dd>" in page


@pytest.mark.parametrize(
    ("ending", "says"), [("stop", "3 frames, 0.2 seconds"), ("back", "There and back"), ("round", "Round to the start")]
)
def test_label_says_how_the_film_ends(client: FlaskClient, publish: Maker, ending: str, says: str) -> None:
    walk = painted(publish(frames=3), [0.0, 0.5, 1.0], ending=ending)
    page = client.get(walk.url).text
    assert says in page
    assert ("3 frames, 0.3 seconds" in page) is (ending == "back")
    painted(walk, [0.0, 0.5, 1.0], hold=0 if ending == "round" else 13)
    seconds = {"stop": "2.3 seconds", "back": "2.4 seconds", "round": "0.2 seconds"}[ending]
    assert f"3 frames, {seconds}" in client.get(walk.url).text


@pytest.mark.parametrize(
    ("places", "message"),
    [
        ([0.0], "The first picture painted: "),
        ([0.0, 0.5], ": the film as far as it is painted"),
        ([], ": the film as far"),
    ],
)
def test_unfinished_film_is_described_by_what_is_painted(publish: Maker, places: list[float], message: str) -> None:
    walk = painted(publish("a lemon", "the sun"), places, state=PAINTING)
    assert message in playback.description(walk)
