"""A house in which every kind of page has something to show, and the way through all of its rooms."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from urllib.parse import quote

import numpy as np
from flask import Flask
from itsdangerous import URLSafeSerializer
from playwright.sync_api import Browser, BrowserContext, Page

from app.access.auth import visitors
from app.collection.gallery import exhibitions, favourites, visitor_collections
from app.collection.moderation import drawing_curation, reports, word_lists
from app.collection.moderation.drawing_request import DrawingRequest
from app.collection.search import visual_search
from app.requests.walk_requests import walk_edits
from app.storage.browser_models import Transfer
from app.storage.database import db, now, writing
from app.storage.walk_models import FAILED, REFUSED, VisualFeatures, Walk
from app.storage.wall_models import PAUSED, Wall, WallLeg
from app.upkeep.operations import first_exhibition
from app.walks.saved import lifecycle
from app.wall import walls, words
from app.wall.walls import WallRequest
from tests.conftest import SECRET, make_app
from tests.support import led, published, walk_rows
from tests.support.curator import HASH, PASSWORD
from tests.support.frame_files import deliver
from tests.support.live import PATIENCE_MS
from tests.support.rows import change
from tests.support.tables import make_table

OWNER = "the secret of whoever owns these walks"
EVEN = [0.0, 0.25, 0.5, 0.75, 1.0]
ARABIC = "ثعلب أحمر يركض في حديقة تحت المطر"
LONG = ("Donau" + "dampfschiff" * 26 + "fahrt")[:290]
EMOJI = "🦜👩🏽‍🚀🏳️‍🌈" * 12
STAIRS = "/?prompt=a+fox&prompt=&prompt=a+kite&frames=1"


@dataclass(frozen=True, slots=True)
class Room:
    """A page: its address, and what is done there to see it."""

    path: str
    enter: Callable[[Page], None] = lambda _page: None


def build(folder: Path) -> Flask:
    """Build a site that can be furnished: with a curator, a search by meaning and a model that drawings lead."""
    settings = {"CURATOR_HASH": HASH, "MEANING": str(make_table(folder / "table")), "WTF_CSRF_ENABLED": True}
    settings["MODELS"] = [str(led.lay_out(folder / "led", title="Led model"))]
    return make_app(published.copy_to(folder), **settings)


def furnish(app: Flask) -> dict[str, Room]:
    """Add walks in all their states, with families, reports and walls, to a site with the first exhibition.

    Return all rooms by name.
    """
    found = {"exhibitions": Room("/exhibitions"), "exhibition": Room(f"/exhibitions/{first_exhibition.SLUG}")}
    found |= _walls() | _family() | _states() | _ways_in() | _live_walls()
    first = exhibitions.walks_of(exhibitions.at(first_exhibition.SLUG))[0]
    reports.submit(first, reason="other", words="It is a guitar.",
                   reporter="ann", admit=lambda: None)  # fmt: skip
    word_lists.BANNED.add("gore")
    word_lists.ALLOWED.add("blood orange")
    drawing_curation.add(led.ROBOT.encode(), DrawingRequest("robot, Blechmann", artist="Ann Example", licence="MIT"))
    rusty = drawing_curation.add(led.ROBOT.replace("678", "a63").encode(), DrawingRequest("rusty robot"))
    drawing_curation.remove(rusty.drawing.digest)
    return found | _office()


def _walls() -> dict[str, Room]:
    """Name the rooms that are there without doing anything."""
    asked = {
        "entrance": "/", "gallery": "/gallery", "found by words": "/gallery?q=moon", "near": "/gallery?q=coffee",
        "did you mean": "/gallery?q=pinapple", "no result": "/gallery?q=zzz", "narrowed": "/gallery?q=moon&stops=2",
        "narrowed to nothing": "/gallery?stops=7", "wrong page": "/gallery?cursor=forged", "mine": "/mine",
        "about": "/about", "programs": "/api", "nowhere": "/nowhere", "wrong day": "/gallery?since=yesterday",
    }  # fmt: skip
    return {name: Room(path) for name, path in asked.items()}


def _publish(*prompts: str, **fields: object) -> Walk:
    walk = walk_rows.request_walk(*prompts, owner=OWNER, frames=5, **fields)
    change(walk, fps=12.5, positions=EVEN)
    walk_rows.paint(walk, [0.0, 1.0], 0)
    walk_rows.paint(walk, EVEN[1:-1], 1)
    walk_rows.finish(walk)
    return walk


def _family() -> dict[str, Room]:
    """Publish a walk with a parent, children and neighbours, and look at all public walks."""
    parent = _publish("a lemon", "a boat")
    walk = _publish("a lemon", "the sun", remix_of=parent.id)
    _publish("a lemon", "the sun", "a cup", remix_of=walk.id)
    _publish("the sun", "a boat", continues=walk.id)
    _publish("a whale", "a lemon")
    walk_edits.apply(walk, walk_edits.validate({"title": "A morning in June"}))
    blind = _publish("a cup of tea", "a fish", unlisted=True)
    dice = np.random.default_rng(1)
    looks = dice.normal(size=(2, 2, 64))  # half of the walks look like one another, and so does the other half
    with writing() as session:
        for number in session.scalars(db.select(Walk.number).where(Walk.number != blind.number)):
            look = looks[number % 2] + 0.5 * dice.normal(size=(2, 64))
            vectors = visual_search.pack(look.astype(np.float32))
            session.add(VisualFeatures(walk_number=number, encoder="one", frames=[0, 4], vectors=vectors))
    deliver(walk, 2, steps=4)
    favourites.add(walk, visitors.digest(OWNER), admit=lambda: None)
    collection = visitor_collections.create("Yellow things", visitors.digest(OWNER), is_listed=True, admit=lambda: None)
    for each in (walk, parent, blind):
        visitor_collections.add(collection, each, admit=lambda: None)
    reports.submit(collection, reason="other", words="They are not yellow.", reporter="ann", admit=lambda: None)
    about = f"/walks/{walk.id}"
    return {
        "own walk": Room(walk.url), "unlisted walk": Room(blind.url), "alike": Room(f"{about}/alike?frame=2"),
        "not looked at": Room(f"/walks/{blind.id}/alike"), "stages": Room(f"{about}/stages?frame=2"),
        "stages on offer": Room(f"{about}/stages?frame=1"), "embedded": Room(f"{about}/embed"),
        "report": Room(f"{about}/report"), "thanks": Room(f"{about}/report", _report),
        "thanks, unlisted": Room(f"/walks/{blind.id}/report", _report),
        "favourites": Room("/mine/favourites"), "star": Room(f"{about}/favourite"),
        "own collection": Room(collection.url), "collections": Room("/collections"),
        "collection's report": Room(f"{collection.url}/report"),
        "code entry": Room("/mine/join"), "code refused": Room("/mine/join", _enter_code),
        "code shown": Room("/mine", lambda page: _submit(page, "#devices button")),
        "join": Room(f"/mine/join?link={_offered_link()}"),
        "walk on": Room(f"/?continues={walk.id}&prompt=the+sun"),
    }  # fmt: skip


def _offered_link() -> str:
    """Return the secret of a link by which a browser can join that of a stranger."""
    link, stranger, until = "A" * 43, visitors.digest("a stranger"), now() + timedelta(days=1)
    with writing() as session:
        hashes = {"owner_hash": stranger, "giver_hash": stranger, "link_hash": visitors.digest(link), "code_hash": ""}
        session.add(Transfer(giver_name="Firefox, Linux", selector="222", expires_at=until, **hashes))
    return link


def _states() -> dict[str, Room]:
    """Request walks that are not there yet, never will be, or have many stops."""
    stops = ("a fox", "a kite", "an owl", "a key", "a very long name for a small teapot with roses")
    queued, painting, many = (walk_rows.request_walk(*stops[:count], owner=OWNER) for count in (2, 3, 5))
    change(painting, positions=[0.0, 0.5, 1.0, 1.5, 2.0])
    walk_rows.paint(painting, [0.0, 1.0, 2.0], 0)
    walk_rows.paint(many, [float(place) for place in range(5)], 0)
    walk_rows.finish(many)
    failed, refused, cancelled, gone = (
        walk_rows.request_walk("a fox", f"a star no. {n}", owner=OWNER) for n in range(4)
    )
    change(failed, state=FAILED, error="The painter ran out of memory.", painted_count=9)
    change(refused, state=REFUSED, error="It asks for gore, which is not shown here.")
    lifecycle.cancel(cancelled)
    lifecycle.delete_walk(gone)
    states = {"queued": queued, "being painted": painting, "five stops": many, "failed": failed, "refused": refused,
              "cancelled": cancelled, "gone": gone}  # fmt: skip
    strange = exhibitions.walks_of(exhibitions.at(first_exhibition.SLUG))[1]
    return {name: Room(walk.url) for name, walk in states.items()} | {"stranger's walk": Room(strange.url)}


def _ways_in() -> dict[str, Room]:
    return {
        "stairs": Room("/?prompt=a+fox&prompt=an+owl&prompt=a+kite"),
        "what is read": Room("/?prompt=a+fox+and+a+bat+at+night&prompt=a+house&model=led"),
        "stairs that are read": Room("/?prompt=a+fox&prompt=cold+silence&prompt=a+bat&model=led"),
        "drawings": Room("/drawings"),
        "drawings found": Room("/drawings?q=bat"),
        "drawings meant": Room("/drawings?q=snowmann"),
        "styles": Room("/styles"),
        "styles for a prompt": Room("/styles?prompt=a+night+city"),
        "wrong page of drawings": Room("/drawings?page=99"),
        "form with errors": Room(STAIRS, lambda page: _submit(page, "#paint")),
    }


def _live_walls() -> dict[str, Room]:
    """Open walls, and write for them."""
    for name in ("lobby", "garden", "attic"):
        walls.open_wall(WallRequest(name, f"The {name}", banned=["cat"]))
    lobby = walls.at("lobby")
    for number in range(11):
        owner = OWNER if number < 3 else f"visitor {number}"
        words.say(lobby, f"a boat with {number} sails on a long and quiet river", owner=owner)
    with writing() as session:
        for number, row in enumerate(words.waiting_words(lobby, most=2), 1):
            session.add(WallLeg(wall_number=lobby.number, number=number, words_number=row.number, shown_at=now()))
            words.assign(session, row, number)
        session.get_one(Wall, lobby.number).lead = 2
    walls.set_state(walls.at("garden"), PAUSED)
    walls.close(walls.at("attic"))
    return {f"phone in the {name}": Room(f"/wall/{name}/say") for name in ("lobby", "garden", "attic")} | {
        "phone that wrote nothing": Room("/wall/lobby/say", lambda page: _submit(page, "#send"))
    }


def _office() -> dict[str, Room]:
    rooms = {"sign in": Room("/curator"), "curator": Room("/curator", _sign_in)}
    paths = {"halls": "exhibitions", "hall": f"exhibitions/{first_exhibition.SLUG}", "words": "words", "log": "log"}
    walk = exhibitions.walks_of(exhibitions.at(first_exhibition.SLUG))[0]
    paths |= {"case": f"walks/{walk.id}", "drawings": "drawings", "drawings found": "drawings?q=bat"}
    paths |= {"collections": "collections", "walls": "walls", "wall": "walls/lobby"}
    return rooms | {f"curator's {name}": Room(f"/curator/{path}") for name, path in paths.items()}


def add_odd_walks() -> dict[str, Room]:
    """Add walks whose words are hard to set: right to left, endless, pictographs; return the rooms with such words."""
    arabic, long = _publish(ARABIC, "a kite"), _publish(LONG, EMOJI)
    typed = f"/?prompt={quote(ARABIC)}&prompt={quote(LONG)}&prompt={quote(EMOJI)}"
    paths = {
        "odd words": arabic.url, "odd words, long": long.url, "odd words, report": f"/walks/{arabic.id}/report",
        "odd words, stages": f"/walks/{long.id}/stages", "odd words, embedded": f"/walks/{long.id}/embed",
        "odd words typed": typed, "long word searched": f"/gallery?q={quote(LONG)}",
        "arabic searched": f"/gallery?q={quote(ARABIC)}",
    }  # fmt: skip
    return {name: Room(path) for name, path in paths.items()}


def _report(page: Page) -> None:
    page.locator("input[value=other]").check()
    _submit(page, "main .main")


def _enter_code(page: Page) -> None:
    page.locator("#code").fill("222 222 222")
    _submit(page, "main .main")


def _sign_in(page: Page) -> None:
    page.locator("#password").fill(PASSWORD)
    _submit(page, "main .main")


def _submit(page: Page, button: str) -> None:
    """Press a button of a form, and wait until the page that answers is loaded.

    A click waits for the answer's head alone: until its body comes, the new document has no root element, and
    axe-core fails on it ("Cannot read properties of null (reading 'documentElement')").
    """
    with page.expect_event("load"):
        page.locator(button).click()


@dataclass(frozen=True, slots=True)
class House:
    """A furnished house that is served somewhere."""

    url: str
    rooms: dict[str, Room]

    def visitor(self, browser: Browser, **options: object) -> BrowserContext:
        """Open the browser of the visitor who owns walks here."""
        context = browser.new_context(base_url=self.url, **options)  # type: ignore[arg-type]
        context.set_default_timeout(PATIENCE_MS)
        key = URLSafeSerializer(SECRET, salt="visitor").dumps(OWNER)
        context.add_cookies([{"name": "moma_visitor", "value": str(key), "url": self.url}])
        return context

    def go(self, page: Page, *names: str) -> Iterator[str]:
        """Enter these rooms one after the other, or all."""
        for name in names or self.rooms:
            page.goto(self.rooms[name].path)
            self.rooms[name].enter(page)
            yield name
