"""Corridors: an exhibition's walks one after the other, joined, round and round."""

import pytest
from flask.testing import FlaskClient, FlaskCliRunner
from sqlalchemy import select

from app.collection.gallery import exhibitions
from app.collection.gallery.exhibitions import ExhibitionRequest
from app.storage.database import db, now
from app.storage.house_models import Exhibition
from app.storage.walk_models import CORRIDOR, FINISHED, QUEUED, Walk
from app.wall import corridors
from tests.support.rows import Maker, change
from tests.support.walls import opened


def hall(*walks: Walk) -> Exhibition:
    return exhibitions.create(ExhibitionRequest("A hall", slug="a-hall", walks=[walk.id for walk in walks]))


def ways(exhibition: Exhibition) -> list[tuple[str, str]]:
    db.session.expire_all()
    legs = [leg.to_json(1) for leg in corridors.legs_of(exhibition)]
    return [(leg["from"], leg["to"]) for leg in legs]


def test_walks_follow_one_another_stop_by_stop_and_round(publish: Maker) -> None:
    exhibition = hall(publish("a fox", "an owl", "a pear", frames=3), publish("the sun", "a kite", ending="round"))
    assert ways(exhibition) == [
        ("a fox", "an owl"), ("an owl", "a pear"), ("the sun", "a kite"), ("a kite", "the sun"),
    ]  # fmt: skip


def test_what_lies_between_is_painted_once_and_the_last_leads_to_the_first(publish: Maker) -> None:
    exhibition = hall(publish("a fox", "an owl"), publish("the sun", "a kite"))
    assert [corridors.request_joints(exhibition), corridors.request_joints(exhibition)] == [2, 0]
    joints = db.session.scalars(select(Walk).where(Walk.origin == CORRIDOR).order_by(Walk.number)).all()
    stops = [[stop.prompt for stop in walk.stops] for walk in joints]
    assert stops == [["an owl", "the sun"], ["a kite", "a fox"]]
    assert all(walk.unlisted and walk.state == QUEUED for walk in joints)


def test_joint_begins_and_ends_by_the_seeds_of_those_it_joins(publish: Maker) -> None:
    exhibition = hall(publish("a fox", "an owl", seed=5), publish("the sun", "a kite", seed=9))
    corridors.request_joints(exhibition)
    joint = db.session.scalars(select(Walk).where(Walk.origin == CORRIDOR).order_by(Walk.number)).first()
    assert [joint.seed_of(stop) for stop in joint.stops] == [5, 9]


@pytest.mark.parametrize("is_hidden", [False, True])
def test_joint_is_walked_once_it_is_painted_unless_it_is_hidden(publish: Maker, is_hidden: bool) -> None:
    exhibition = hall(publish("a fox", "an owl"), publish("the sun", "a kite"))
    corridors.request_joints(exhibition)
    assert ways(exhibition) == [("a fox", "an owl"), ("the sun", "a kite")]
    change(Walk, Walk.origin == CORRIDOR, state=FINISHED, hidden_at=now() if is_hidden else None)
    joints = [] if is_hidden else [("an owl", "the sun"), ("a kite", "a fox")]
    assert ways(exhibition) == [("a fox", "an owl"), *joints[:1], ("the sun", "a kite"), *joints[1:]]
    assert corridors.find_missing(exhibition) == []


def test_where_walks_meet_nothing_is_painted_between(publish: Maker) -> None:
    exhibition = hall(publish("a fox", "an owl", seed=5), publish("an owl", "a fox", seed=5))
    assert corridors.request_joints(exhibition) == 0


def test_joint_of_other_seeds_joins_nothing(publish: Maker) -> None:
    first, second = publish("a fox", "an owl", seed=5), publish("the sun", "a kite", seed=9)
    corridors.request_joints(hall(first, second))
    other = exhibitions.create(ExhibitionRequest("Another", walks=[publish("a fox", "an owl", seed=6).id, second.id]))
    assert [[walk.seed for walk in pair] for pair in corridors.find_missing(other)] == [[6, 9], [9, 6]]


def test_photos_are_not_led_to(publish: Maker) -> None:
    walks = publish("a fox", "an owl"), publish("the sun", "a kite")
    change(walks[1].stops[0], photo="x.webp")
    assert [pair[0].id for pair in corridors.find_missing(hall(*walks))] == [walks[1].id]


def test_corridor_has_no_end(publish: Maker, client: FlaskClient) -> None:
    hall(publish("a fox", "an owl"), publish("the sun", "a kite"))
    legs = client.get("/corridor/a-hall/programme?at=9").json["legs"]
    assert [(leg["number"], leg["from"]) for leg in legs] == [
        (8, "the sun"), (9, "a fox"), (10, "the sun"), (11, "a fox")
    ]  # fmt: skip
    assert all(len(leg["frames"]) == leg["count"] == 2 for leg in legs)


def test_place_in_it_is_linked_by_the_walk_there(publish: Maker, client: FlaskClient) -> None:
    walks = [publish("a fox", "an owl", "a pear", frames=3), publish("the sun", "a kite")]
    hall(*walks)
    assert 'data-start="3"' in client.get(f"/corridor/a-hall?at={walks[1].name}").text
    assert 'data-start="1"' in client.get("/corridor/a-hall?at=nothing").text


def test_exhibition_without_public_walks_has_no_corridor(publish: Maker, client: FlaskClient) -> None:
    hall(publish("a fox", "an owl", unlisted=True))
    answer = client.get("/corridor/a-hall")
    assert (answer.status_code, "there is no corridor" in answer.text) == (404, True)


def test_command_says_how_many_are_painted_between(publish: Maker, runner: FlaskCliRunner) -> None:
    hall(publish("a fox", "an owl"), publish("the sun", "a kite"))
    assert runner.invoke(args=["exhibitions", "corridor", "a-hall"]).output.startswith("2 walks in between")


def test_what_a_wall_has_walked_is_replayed_in_its_evenings_corridor(publish: Maker, client: FlaskClient) -> None:
    wall = opened()
    assert client.get("/wall/lobby/replay").status_code == 404
    hall(publish("a fox", "an owl"))
    change(wall, evening="a-hall")
    assert client.get("/wall/lobby/replay").headers["Location"] == "/corridor/a-hall"
