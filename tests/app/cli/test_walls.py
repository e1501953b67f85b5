"""Walls by command: opened, changed in the given options alone, listed and closed."""

from flask.testing import FlaskCliRunner

from app.storage.walk_models import WALL
from app.storage.wall_models import WallLeg
from app.wall import walls
from app.wall.walls import WallRequest
from tests.support.commands import run, run_json
from tests.support.rows import Maker, change, store


def open_lobby(runner: FlaskCliRunner, *words: str) -> dict[str, object]:
    wall = run_json(runner, "wall", "open", "lobby", *words)
    return {name: wall[name] for name in ("title", "hand", "banned", "state")}


def test_opened_again_a_wall_keeps_what_the_command_leaves_out(runner: FlaskCliRunner) -> None:
    assert open_lobby(runner) == {"title": "Lobby", "hand": "", "banned": [], "state": "open"}
    assert open_lobby(runner, "--title", "The lobby", "--banned", "gull", "--banned", "cat")["banned"] == [
        "gull",
        "cat",
    ]
    run(runner, "wall", "close", "lobby")
    again = open_lobby(runner, "--newest")
    assert again == {"title": "The lobby", "hand": "", "banned": ["gull", "cat"], "state": "open"}
    assert open_lobby(runner, "--banned", "")["banned"] == []


def test_list_tells_of_every_wall_and_who_waits(runner: FlaskCliRunner) -> None:
    run(runner, "wall", "open", "lobby")
    run(runner, "wall", "open", "garden")
    run(runner, "wall", "pause", "garden")
    assert run(runner, "wall", "list").output.splitlines() == [
        "garden  paused  Garden  (0 waiting)",
        "lobby  open  Lobby  (0 waiting)",
    ]


def test_wall_that_there_is_none_of_is_named(runner: FlaskCliRunner) -> None:
    assert "No wall has this name." in run(runner, "wall", "show", "attic", status=1).output
    assert "name" in run(runner, "wall", "open", "The Attic", status=1).output


def test_walk_that_a_wall_keeps_is_listed_and_a_visitors_is_not(runner: FlaskCliRunner, publish: Maker) -> None:
    kept, own = publish("a fox", "an owl", unlisted=True), publish("the sun", "a kite", unlisted=True)
    change(kept, origin=WALL)
    assert run_json(runner, "gallery", "list", kept.id) == {"id": kept.id, "unlisted": False}
    assert run(runner, "gallery", "unlist", kept.id).output.endswith(f"{kept.id} is no longer listed.\n")
    assert "Only its visitor decides" in run(runner, "gallery", "list", own.id, status=1).output


def test_legs_of_a_wall_are_not_listed_among_walks(runner: FlaskCliRunner, publish: Maker) -> None:
    leg, walk = publish("a fox", "an owl", unlisted=True), publish("the sun", "a kite")
    wall = walls.open_wall(WallRequest("lobby"))
    store(WallLeg(wall_number=wall.number, number=1, walk_id=leg.id))
    assert [each["id"] for each in run_json(runner, "walks", "list")] == [walk.id]
