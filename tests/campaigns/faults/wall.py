"""A live wall that walks on while faults happen: led by its screen, written for, kept, tidied."""

import hashlib
import hmac
import http.client
import time
from contextlib import suppress
from urllib.parse import urlencode
from urllib.request import HTTPCookieProcessor, build_opener

from tests.campaigns.faults.rig import PATIENCE, Rig
from tests.support.html import Elements

WALL = "lobby"
KEPT = 1
"""How many of the walks that it keeps stay on the small disks."""


def lead_on(rig: Rig) -> None:
    """Write for the wall, and walk it on to its next leg as its screen does; the leg after that is asked for then."""
    if not rig.rows("SELECT 1 FROM walls"):
        rig.flask("wall", "open", WALL)
    _say(rig)
    lead, deadline = _lead(rig), time.monotonic() + PATIENCE
    while _lead(rig) == lead and time.monotonic() < deadline:
        _status, answer = rig.request("POST", _programme(rig, lead))
        painted = [leg["number"] for leg in answer["legs"] if leg["finished"]] if isinstance(answer, dict) else []
        rig.request("POST", _programme(rig, max([lead, *painted])))
        time.sleep(0.2)
    if _lead(rig) == lead:
        rig.note(f"lost: the wall stands at leg {lead}")
    rig.request("POST", _programme(rig, _lead(rig)))


def check(rig: Rig) -> None:
    """Note what of a wall's was not painted whole, and delete what it keeps but for the last, as its operator."""
    for walk_id, state, painted, frames in rig.rows(
        """SELECT id, state, painted_count, frames FROM walks
        WHERE visitor LIKE 'wall %' AND deleted_at IS NULL AND (state != 'finished' OR painted_count != frames)"""
    ):
        rig.note(f"lost: {walk_id}, a wall's, is {state} with {painted} of {frames} frames")
    kept = rig.rows(
        """SELECT id FROM walks WHERE deleted_at IS NULL AND id IN (SELECT stretch FROM wall_legs)
        AND NOT EXISTS (SELECT 1 FROM wall_legs WHERE stretch = walks.id AND walk_id IS NOT NULL)
        ORDER BY number DESC"""
    )
    for (walk_id,) in kept[KEPT:]:
        rig.flask("walks", "delete", walk_id)


def _lead(rig: Rig) -> int:
    return int(rig.rows("SELECT lead FROM walls")[0][0])


def _programme(rig: Rig, at: int) -> str:
    secret = (rig.site.instance / "secret_key").read_text("utf-8").strip()
    number = rig.rows("SELECT number FROM walls")[0][0]
    key = hmac.new(secret.encode(), f"wall screen {number}".encode(), hashlib.sha256).hexdigest()[:32]
    return f"/wall/{WALL}/programme?at={at}&key={key}"


def _say(rig: Rig) -> None:
    """Write for the wall from a phone of its own."""
    page, browser = f"{rig.site.url}/wall/{WALL}/say", build_opener(HTTPCookieProcessor())
    with suppress(OSError, http.client.HTTPException):
        with browser.open(page, timeout=10) as answer:
            inputs = Elements(answer.read().decode()).of("input")
        form = {str(each["name"]): str(each["value"]) for each in inputs if each.get("type") == "hidden"}
        form["words"] = f"a fox {rig.rng.randrange(10**6)}"
        browser.open(page, urlencode(form).encode(), timeout=10).close()
