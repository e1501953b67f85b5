"""What commands print, as text and with ``--json``: each row runs in both forms on the same small site."""

import json
import re
from typing import Any

import pytest
from flask.testing import FlaskCliRunner

from app.collection.moderation import reports
from tests.support.commands import run
from tests.support.rows import Maker

PHONES = "Phones write at /w/lobby, and its screen, which moves it on, is\n/wall/lobby?key=KEY\n"
WALL = {
    "name": "lobby", "title": "Lobby", "state": "open", "hand": "", "banned": [],
    "screen": "/wall/lobby?key=KEY", "say": "/w/lobby", "exhibition": None,
    "waiting": [],
}  # fmt: skip
ROWS: list[tuple[str, str, Any]] = [
    ("curator words", "gull\n", ["gull"]),
    ("curator ban owl", "“owl” is banned.\n", {"word": "owl", "banned": True}),
    ("curator lift gull", "“gull” is allowed again.\n", {"word": "gull", "lifted": True}),
    ("curator lift owl", "“owl” was not banned.\n", {"word": "owl", "lifted": False}),
    ("curator allowed", "\n", []),
    ("curator allow Essex", "“essex” is allowed.\n", {"word": "essex", "allowed": True}),
    ("curator take-back essex", "“essex” was not allowed.\n", {"word": "essex", "taken_back": False}),
    ("curator leave WALK", "1 reports of WALK settled.\n", {"id": "WALK", "settled": 1}),
    ("gallery hide WALK", "WALK is hidden.\n", {"id": "WALK", "hidden": True, "featured": False}),
    ("gallery unhide WALK", "WALK is no longer hidden.\n", {"id": "WALK", "hidden": False, "featured": False}),
    ("gallery feature WALK", "WALK is featured.\n", {"id": "WALK", "hidden": False, "featured": True}),
    ("gallery unfeature WALK", "WALK is no longer featured.\n", {"id": "WALK", "hidden": False, "featured": False}),
    ("exhibitions list", "night  At night\n", [
        {"slug": "night", "title": "At night", "text": "", "shown": True, "walks": ["WALK"], "hanging": ["WALK"]},
    ]),
    ("exhibitions show night", "At night\n  /exhibitions/night\n  WALK\n", {
        "slug": "night", "title": "At night", "text": "", "shown": True, "walks": ["WALK"], "hanging": ["WALK"],
    }),
    ("exhibitions change night --unshown", "At night\n  /exhibitions/night, not shown\n  WALK\n", {
        "slug": "night", "title": "At night", "text": "", "shown": False, "walks": ["WALK"], "hanging": ["WALK"],
    }),
    ("exhibitions remove night", "night is over.\n", {"slug": "night", "removed": True}),
    ("wall list", "lobby  open  Lobby  (0 waiting)\n", [WALL]),
    ("wall show lobby", f"lobby is open. {PHONES}", WALL),
    ("wall pause lobby", f"lobby is paused. {PHONES}", WALL | {"state": "paused"}),
    ("walks delete WALK", "WALK was taken down.\n", {"id": "WALK", "deleted": True}),
    ("media prune", "0 files, 0 bytes, would be deleted.\n", {"deleted": False, "files": [], "bytes": 0}),
    ("tokens revoke reader", "reader is revoked.\n", {"name": "reader", "revoked": True, "was_revoked": False}),
]  # fmt: skip


@pytest.fixture
def walk_id(runner: FlaskCliRunner, publish: Maker) -> str:
    """Set up the site of the rows: a reported walk in an exhibition, a banned word, a wall and a token."""
    walk = publish("a fox", "an owl")
    reports.submit(walk, reason="hate", words="", reporter="ann", admit=lambda: None)
    run(runner, "exhibitions", "create", walk.id, "--title", "At night", "--slug", "night")
    run(runner, "curator", "ban", "gull")
    run(runner, "wall", "open", "lobby")
    run(runner, "tokens", "create", "reader")
    return walk.id


@pytest.mark.parametrize(("line", "text", "value"), ROWS, ids=[row[0] for row in ROWS])
@pytest.mark.parametrize("form", ["text", "json"])
def test_command_prints_its_result(
    runner: FlaskCliRunner, walk_id: str, line: str, text: str, value: Any, form: str
) -> None:
    words = line.replace("WALK", walk_id).split()
    result = run(runner, *words) if form == "text" else run(runner, *words, "--json")
    shown = re.sub(r"key=[\w-]+", "key=KEY", result.stdout.replace(walk_id, "WALK"))
    assert shown == (text if form == "text" else json.dumps(value, indent=2, ensure_ascii=False) + "\n")
    assert result.stderr == ""
