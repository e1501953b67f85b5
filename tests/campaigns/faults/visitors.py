"""What is asked of a site other than walks by words: stages, large frames, candidates, walks with a photo, repaints."""

import http.client
import secrets
from contextlib import suppress
from urllib.parse import urlencode
from urllib.request import HTTPCookieProcessor, build_opener

from PIL import Image

from app.storage.task_kinds import LARGE, STAGES
from tests.campaigns.faults.rig import Account, Rig
from tests.support import sounds
from tests.support.html import Elements
from tests.support.pictures import form_of, written

SIZE = (96, 64)
HANDS = "woodcut", "watercolour", "linocut"
"""What is repainted, in one of these."""


def ask_frame_files(rig: Rig) -> None:
    """Ask for a frame's stages and its large size of finished walks, through their pages; the books have no such."""
    done = _finished(rig)
    for kind in (STAGES, LARGE) if done else ():
        page = f"{rig.site.url}/walks/{rig.rng.choice(done).walk_id}/{kind}?frame=1"  # the shortest walks have two
        browser = build_opener(HTTPCookieProcessor())
        with suppress(OSError, http.client.HTTPException):
            with browser.open(page, timeout=10) as answer:
                inputs = Elements(answer.read().decode()).of("input")
            form = {str(each["name"]): str(each["value"]) for each in inputs if each.get("type") == "hidden"}
            browser.open(page, urlencode(form).encode(), timeout=10).close()


def ask_candidates(rig: Rig) -> None:
    """Ask for pictures to choose from; the books have nothing of them either."""
    wanted = {"stop": {"prompt": "a fox"}, "seed": rig.rng.randrange(2**31), "count": 2}
    with suppress(OSError, http.client.HTTPException):
        rig.request("POST", "/api/v1/candidates", wanted)


def walk_with_photo(rig: Rig) -> str:
    """Bring a photo of a colour of its own, and have a walk accepted that begins at it; return the walk's id."""
    token = secrets.token_hex(32)
    colour = rig.rng.randrange(256), rig.rng.randrange(256), rig.rng.randrange(256)
    form = form_of(written(Image.new("RGB", SIZE, colour)))
    own = {"Authorization": f"Bearer {token}"}
    photo = rig.insist("POST", "/api/v1/pictures", form["data"], **own, **{"Content-Type": form["content_type"]})
    walk = {
        "stops": [{"picture": photo["id"]}, {"prompt": "the sun"}],
        "seed": rig.rng.randrange(2**31),
        "frames": rig.rng.randint(2, 4),
    }
    return rig.accepted("/api/v1/walks", walk, token=token)


def upload_sound(rig: Rig) -> None:
    """Upload a sound of a length of its own, which a worker reads; the books have nothing of it."""
    form = form_of(sounds.track(2 + rig.rng.randrange(100) / 100))
    with suppress(OSError, http.client.HTTPException):
        rig.request("POST", "/api/v1/sounds", form["data"], **{"Content-Type": form["content_type"]})


def repaint(rig: Rig) -> str | None:
    """Repaint a finished walk, as its owner asks; return the new walk's id, or ``None`` where none is done."""
    own = [each for each in _finished(rig) if each.token]
    if not own:
        return None
    walk = rig.rng.choice(own)
    wanted = {"style": rig.rng.choice(HANDS)}
    return rig.accepted(f"/api/v1/walks/{walk.walk_id}/repaint", wanted, token=walk.token)


def _finished(rig: Rig) -> list[Account]:
    known = rig.books.accounts.values()
    return [each for each in known if (each.ended or "").startswith("finished") and not each.gone]
