"""Who may do what: every address and method of the site, asked by everybody there is, and what becomes of it.

The table is what the tests go by: a route that it does not name fails, and so does one that is there no longer.
"""

import io
import itertools
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from werkzeug.routing import Rule
from werkzeug.test import TestResponse

from app.access.auth import api_tokens, visitors
from app.access.auth.api_tokens import CREATE, CURATE, EDIT, READ
from app.collection.gallery import exhibitions, visitor_collections
from app.collection.gallery.exhibitions import ExhibitionRequest
from app.collection.moderation import drawing_curation, reports, word_lists
from app.collection.moderation.drawing_request import DrawingRequest
from app.offer.drawings import added_drawings
from app.storage import media_store
from app.storage.candidate_models import CandidateSet
from app.storage.collection_models import Collection
from app.storage.database import db
from app.storage.upload_models import Upload
from app.storage.walk_models import CANCELLED, QUEUED, WALL, Medium, Walk
from app.storage.wall_models import CLOSED, OPEN, PAUSED, WallLeg
from app.walks.saved import media_urls
from app.walks.uploads import kinds, photo_check, sound_check, upload_store
from app.wall import walls, words
from app.wall.walls import WallRequest
from tests.support import candidates, led, routes, sounds
from tests.support.bearer import bearer
from tests.support.curator import HASH, PASSWORD, enter
from tests.support.frame_files import deliver_large
from tests.support.pictures import two_halves, written
from tests.support.rows import Maker, change, store

METRICS_TOKEN = "the token of the figures"
NEON = [{"words": "neon", "title": "Neon"}]
pytestmark = [
    pytest.mark.slow,
    pytest.mark.settings(CURATOR_HASH=HASH, MODEL=partial(led.lay_out, hands=NEON), METRICS_TOKEN=METRICS_TOKEN),
]


ROLES = {
    "none": "without any cookie or token",
    "owner": "by the cookie of the browser that asked for the walk",
    "other": "by the cookie of one who asked for another walk",
    "token": "by the walk's own owner_token",
    "token2": "by that of another walk",
    "read": "by an API token of this scope alone, which asked for the walk",
    "create": "so",
    "edit": "so",
    "edit2": "so, but it asked for another walk",
    "curate": "so, and it owns nothing",
    "spent": "by an API token that might do all, and asked for the walk, but was revoked",
    "curator": "by the sign-in to the curator's pages",
}
RIGHTS = """
route                                   none owner other token token2 read create edit edit2 curate spent curator
POST /mine/delete                       200  200*  200*  200   200    200  200    200  200   200    200   200
POST /collections/<collection_id>/delete 403 303* 403   403   403    403  403    403  403   403    403   403
POST /collections/<collection_id>/down  403  303*  403   403   403    403  403    403  403   403    403   403
POST /collections/<collection_id>/list  403  303*  403   403   403    403  403    403  403   403    403   403
POST /collections/<collection_id>/remove 403 303*  403   403   403    403  403    403  403   403    403   403
POST /collections/<collection_id>/title 403  303*  403   403   403    403  403    403  403   403    403   403
POST /collections/<collection_id>/unlist 403 303*  403   403   403    403  403    403  403   403    403   403
POST /collections/<collection_id>/up    403  303*  403   403   403    403  403    403  403   403    403   403
POST /walks/<walk_id>/cancel            403  303*  403   403   403    403  403    403  403   403    403   403
POST /walks/<walk_id>/delete            403  303*  403   403   403    403  403    403  403   403    403   403
POST /walks/<walk_id>/list              403  303*  403   403   403    403  403    403  403   403    403   403
POST /walks/<walk_id>/retry             403  303*  403   403   403    403  403    403  403   403    403   403
POST /walks/<walk_id>/title             403  303*  403   403   403    403  403    403  403   403    403   403
POST /walks/<walk_id>/unlist            403  303*  403   403   403    403  403    403  403   403    403   403
POST /api/v1/candidates                 202* 202*  202*  202*  202*   403  202*   403  403   403    401   202*
GET /api/v1/candidates/<set_id>         401  401   401   200   403    403  200    403  403   403    401   401
DELETE /api/v1/candidates/<set_id>      401  401   401   204*  403    403  204*   403  403   403    401   401
POST /api/v1/candidates/<set_id>/more   401  401   401   202*  403    403  202*   403  403   403    401   401
GET /candidates/<set_id>                404  200   404   404   404    404  404    404  404   404    404   404
GET /candidates/<set_id>/<index>.webp   404  200   404   200   404    403  200    403  403   403    401   404
GET /api/v1/mine                        401  401   401   401   401    200  403    403  403   403    401   401
POST /api/v1/pictures                   201* 201*  201*  201*  201*   403  201*   403  403   403    401   201*
POST /api/v1/sounds                     201* 201*  201*  201*  201*   403  201*   403  403   403    401   201*
GET /api/v1/sounds/<sound_id>           401  401   401   200   404    403  200    403  403   403    401   401
DELETE /api/v1/sounds/<sound_id>        401  401   401   204*  404    403  204*   403  403   403    401   401
GET /photos/<photo_id>.webp             404  200   404   200   404    200  200    200  404   404    401   404
GET /photos/<photo_id>/cut.webp         404  200   404   200   404    200  200    200  404   404    401   404
POST /api/v1/pictures/<photo_id>/captions 401 401 401  200   404    403  200    403  403   403    401   401
GET /photos/<photo_id>/captions         404  200   404   200   404    200  200    200  404   404    401   404
GET /photos/<photo_id>/live             404  200   404   200   404    200  200    200  404   404    401   404
GET /sounds/<sound_id>/live             404  200   404   404   404    404  404    404  404   404    404   404
GET /media/<walk_id>/photo-<index>.<digest>.webp 404 200 404 200 404  200  200    200  404   404    401   404
POST /api/v1/walks                      202* 202*  202*  202*  202*   403  202*   403  403   403    401   202*
POST /api/v1/walks/<walk_id>/repaint    202* 202*  202*  202*  202*   403  202*   403  403   403    401   202*
DELETE /api/v1/walks/<walk_id>          401  401   401   204*  403    403  403    204* 403   204*   401   401
PATCH /api/v1/walks/<walk_id>           401  401   401   200*  403    403  403    200* 403   403    401   401
PATCH /api/v1/walks/<walk_id>/curation  401  401   401   401   401    403  403    403  403   200*   401   401
GET /curator                            in   in    in    in    in     in   in     in   in    in     in    200
GET /curator/collections                in   in    in    in    in     in   in     in   in    in     in    200
POST /curator/collections/<collection_id>/allow in in in in    in     in   in     in   in    in     in    303*
POST /curator/collections/<collection_id>/delete in in in in   in     in   in     in   in    in     in    303*
POST /curator/collections/<collection_id>/leave in in in in    in     in   in     in   in    in     in    303*
POST /curator/collections/<collection_id>/unlist in in in in   in     in   in     in   in    in     in    303*
GET /curator/drawings                   in   in    in    in    in     in   in     in   in    in     in    200
POST /curator/drawings                  in   in    in    in    in     in   in     in   in    in     in    303*
POST /curator/drawings/<digest>/remove  in   in    in    in    in     in   in     in   in    in     in    303*
POST /curator/drawings/<digest>/restore in   in    in    in    in     in   in     in   in    in     in    303*
GET /curator/exhibitions                in   in    in    in    in     in   in     in   in    in     in    200
POST /curator/exhibitions               in   in    in    in    in     in   in     in   in    in     in    303*
GET /curator/exhibitions/<slug>         in   in    in    in    in     in   in     in   in    in     in    200
POST /curator/exhibitions/<slug>        in   in    in    in    in     in   in     in   in    in     in    303*
GET /curator/exhibitions/<slug>/corridor in   in    in    in    in     in   in     in   in    in     in    200
POST /curator/exhibitions/<slug>/corridor in   in    in    in    in     in   in     in   in    in     in    303*
POST /curator/exhibitions/<slug>/remove in   in    in    in    in     in   in     in   in    in     in    303*
GET /curator/log                        in   in    in    in    in     in   in     in   in    in     in    200
GET /curator/sign-in                    200  200   200   200   200    200  200    200  200   200    200   303
POST /curator/sign-out                  in   in    in    in    in     in   in     in   in    in     in    in*
GET /curator/walks                      in   in    in    in    in     in   in     in   in    in     in    303
GET /curator/walks/<walk_id>            in   in    in    in    in     in   in     in   in    in     in    200
POST /curator/walks/<walk_id>/delete    in   in    in    in    in     in   in     in   in    in     in    303*
POST /curator/walks/<walk_id>/feature   in   in    in    in    in     in   in     in   in    in     in    303*
POST /curator/walks/<walk_id>/list      in   in    in    in    in     in   in     in   in    in     in    303*
POST /curator/walks/<walk_id>/unlist    in   in    in    in    in     in   in     in   in    in     in    303*
POST /curator/walks/<walk_id>/hide      in   in    in    in    in     in   in     in   in    in     in    303*
POST /curator/walks/<walk_id>/leave     in   in    in    in    in     in   in     in   in    in     in    303*
GET /curator/walks/<walk_id>/picture    in   in    in    in    in     in   in     in   in    in     in    200
POST /curator/walks/<walk_id>/unfeature in   in    in    in    in     in   in     in   in    in     in    303*
POST /curator/walks/<walk_id>/unhide    in   in    in    in    in     in   in     in   in    in     in    303*
GET /curator/walls                      in   in    in    in    in     in   in     in   in    in     in    200
POST /curator/walls                     in   in    in    in    in     in   in     in   in    in     in    303*
GET /curator/walls/<name>               in   in    in    in    in     in   in     in   in    in     in    200
POST /curator/walls/<name>              in   in    in    in    in     in   in     in   in    in     in    303*
POST /curator/walls/<name>/open         in   in    in    in    in     in   in     in   in    in     in    303*
POST /curator/walls/<name>/pause        in   in    in    in    in     in   in     in   in    in     in    303*
POST /curator/walls/<name>/resume       in   in    in    in    in     in   in     in   in    in     in    303*
POST /curator/walls/<name>/close        in   in    in    in    in     in   in     in   in    in     in    303*
POST /curator/walls/<name>/words/<number>/skip in   in    in    in    in     in   in     in   in    in     in    303*
POST /curator/walls/<name>/legs/<number>/skip in   in    in    in    in     in   in     in   in    in     in    303*
GET /curator/words                      in   in    in    in    in     in   in     in   in    in     in    200
POST /curator/words                     in   in    in    in    in     in   in     in   in    in     in    303*
POST /curator/words/allow               in   in    in    in    in     in   in     in   in    in     in    303*
POST /curator/words/lift                in   in    in    in    in     in   in     in   in    in     in    303*
POST /curator/words/take-back           in   in    in    in    in     in   in     in   in    in     in    303*
GET /                                   200
POST /                                  200
GET /about                              200
GET /collections                        200
GET /collections/<collection_id>        200
GET /collections/<collection_id>/report 200
POST /collections/<collection_id>/report 200*
GET /corridor/<slug>                    200
GET /corridor/<slug>/programme          200
GET /drawings                           200
GET /drawings/<digest>.webp             200
GET /exhibitions                        200
GET /exhibitions/<slug>                 200
GET /favicon.ico                        200
GET /feed.xml                           200
GET /gallery                            200
GET /healthz                            200
GET /media/<walk_id>/<form><index>.<digest>.<extension> 200
GET /media/<walk_id>/<kind>.<digest>.<extension> 200
GET /media/<walk_id>/still.<name>.<digest>.png 200
GET /metrics                            401
GET /metrics/workers                    401
GET /mine                               200
GET /mine/favourites                    200
POST /mine/collections                  303*
POST /mine/devices/<number>/end         404
POST /mine/devices/code                 200*
GET /mine/join                          200
POST /mine/join                         422
POST /mine/join/confirm                 422
GET /oembed                             200
GET /reading                            200
GET /readyz                             200
POST /recipe                            422
GET /robots.txt                         200
GET /sitemap.xml                        200
GET /sitemap/<page>.xml                 200
GET /sitemap/rooms.xml                  200
GET /slideshow                          200
GET /slideshow/films                    200
GET /static/<filename>                  200
GET /styles                             200
GET /styles/<name>.webp                 200
GET /surprise                           302
GET /time                               200
GET /together                           200
POST /walks                             303*
GET /w/<name>                           302
GET /walks/<walk_id>                    200
GET /walks/<walk_id>.<extension>        200
GET /walks/<walk_id>.json               200
GET /walks/<walk_id>.zip                200
GET /walks/<walk_id>/alike              200
GET /walks/<walk_id>/another            302
GET /walks/<walk_id>/captions           200
POST /walks/<walk_id>/collect           303*
GET /walks/<walk_id>/embed              200
GET /walks/<walk_id>/favourite          200
POST /walks/<walk_id>/favourite         303*
GET /walks/<walk_id>/frames/<index>.png 200
GET /walks/<walk_id>/live               200
GET /walks/<walk_id>/repaint            200
POST /walks/<walk_id>/repaint           303*
GET /walks/<walk_id>/report             200
POST /walks/<walk_id>/report            200*
GET /walks/<walk_id>/large              200
POST /walks/<walk_id>/large             303*
GET /walks/<walk_id>/large/live         200
GET /walks/<walk_id>/stages             200
POST /walks/<walk_id>/stages            303*
GET /walks/<walk_id>/stages/live        200
GET /wall/<name>                        200
GET /wall/<name>/code.svg               200
GET /wall/<name>/programme              200
POST /wall/<name>/programme             403
GET /wall/<name>/replay                 302
GET /wall/<name>/say                    200
POST /wall/<name>/say                   303*
GET /wall/<name>/say/live               200
GET /api                                200
GET /api/v1/openapi.json                200
GET /api/v1/reading                     200
POST /api/v1/recipe                     422
GET /api/v1/styles                      200
GET /api/v1/walks                       200
GET /api/v1/walks/<walk_id>             200
POST /api/v1/walks/<walk_id>/captions   200
GET /api/v1/walks/<walk_id>/alike       200
POST /curator/sign-in                   303*
"""
"""What each route answers in each role, or one answer for all; "in" leads to the sign-in, "*" changes something."""

LINES = {" ".join(line.split()[:2]): line for line in RIGHTS.strip().splitlines()[1:]}


@dataclass
class World:
    """A site with something of everything, as it is before one request; all of it is made again for the next."""

    walk: Walk
    slug: str
    word: str
    number: int
    photo: Upload
    sound_id: str
    set_id: str
    wall: str
    words: int
    collection: str

    def fill(self, rule: Rule, act: str) -> str:
        """Put an address together: that of the walk, exhibition or drawing here."""
        film, frame = self.walk.media["gif"], self.walk.painted[0]
        filled: dict[str, object] = {
            "walk_id": self.walk.id, "slug": self.slug, "form": "large", "act": act, "digest": led.ROBOT_DIGEST,
            "extension": "png" if rule.endpoint == "stored.frame_file" else "gif",
            "photo_id": self.photo.id, "sound_id": self.sound_id,
            "set_id": self.set_id, "collection_id": self.collection,
            "name": self.wall if "wall" in rule.rule or rule.rule.startswith("/w/") else "batik",
            "number": 1 if "legs" in rule.rule else self.words,
        }  # fmt: skip
        if rule.endpoint.startswith("stored."):
            name, _, digest = media_urls.still_name(self.walk, frame).rpartition(".")
            filled["name"] = name
            of_photo = media_urls.short_digest(self.walk.media["photo-0"])
            named = {
                "stored.medium": media_urls.short_digest(film),
                "stored.frame_file": media_urls.short_digest(self.walk.media["large0"]),
                "stored.photo": of_photo,
            }
            filled["digest"] = named.get(rule.endpoint, digest)
        return routes.fill(rule, **filled)

    def sent(self, endpoint: str) -> dict[str, Any]:
        """Return what is sent to an endpoint: what can be done, if one may."""
        stops = [{"prompt": "a lemon"}, {"prompt": "the sun"}]
        requests: dict[str, dict[str, Any]] = {
            "pages.edit": {"data": {"prompt": ["a fox", "a kite"], "edit": "add-stop"}},
            "pages.commission": {"data": {"prompt": ["a fox", "a kite"]}},
            "pages.reading": {"query_string": {"prompt": "a bat"}},
            "pages.time": {"query_string": {"frames": "60"}},
            "pages.together": {"query_string": {"prompt": ["a fox", "a kite"]}},
            "restoring.restore": {"data": {"film": (io.BytesIO(b"no film"), "film.gif")}},
            "owners.retitle": {"data": {"title": "Breakfast"}},
            "mine.delete_all": {"data": {"sure": "1"}},
            "mine.create_collection": {"data": {"title": f"New {self.number}"}},
            "collections.rename": {"data": {"title": f"Another {self.number}"}},
            "collections.arrange": {"data": {"walk": self.walk.id}},
            "collections.collect": {"data": {"title": f"New {self.number}"}},
            "office.act_on_collection": {"data": {"sure": "1"}},
            "making.ask": {"data": {"frame": "1"}},
            "reporting.report": {"data": {"reason": "other", "words": "it hurts"}},
            "reporting.report_collection": {"data": {"reason": "other", "words": "it hurts"}},
            "feed.oembed": {"query_string": {"url": f"http://localhost/walks/{self.walk.id}"}},
            "readings.read": {"query_string": {"prompt": "a bat"}},
            "pictures.bring": {"data": {"file": (io.BytesIO(written(two_halves())), "a.png")}},
            "sounds.upload": {"data": {"file": (io.BytesIO(sounds.track(3)), "a.wav")}},
            "api.create": {"json": {"stops": stops}},
            "candidate_api.create": {"json": {"stop": stops[0], "seed": 4}},
            "styles.repaint": {"data": {"style": "neon"}},
            "styles_api.repaint": {"json": {"style": "neon"}},
            "captions_api.write": {"json": {"tone": "happy"}},
            "captions_api.write_of_picture": {"json": {"tone": "happy"}},
            "api.change": {"json": {"title": "Breakfast"}},
            "api.read_recipe": {"data": b"no film"},
            "token_api.curate": {"json": {"hidden": True}},
            "office.enter": {"data": {"password": PASSWORD}},
            "office.look_up": {"query_string": {"walk": self.walk.id}},
            "office.act_on": {"data": {"sure": "1"}},
            "office.make_exhibition": {"data": {"title": f"New {self.number}"}},
            "office.change_exhibition": {"data": {"title": "Changed"}},
            "office.ban": {"data": {"word": f"banned{self.number}"}},
            "office.lift": {"data": {"word": self.word}},
            "office.allow": {"data": {"word": self.word}},
            "office.take_back": {"data": {"word": self.word}},
            "phones.send": {"data": {"words": f"a kite {self.number}"}},
            "wall_office.make": {"data": {"name": f"new-{self.number}"}},
            "wall_office.change": {"data": {"title": f"Another {self.number}"}},
            "office.add_drawing": {"data": {"name": "robot", "file": (io.BytesIO(_robot(self.number)), "robot.svg")}},
        }
        return requests.get(endpoint, {})


@dataclass
class Site:
    """The site under test, and those who come to it."""

    app: Flask
    publish: Maker
    numbers: Iterator[int] = field(default_factory=itertools.count)

    def world(self, rule: Rule, act: str) -> World:
        """Make something of everything, which belongs to no visitor yet."""
        number = next(self.numbers)
        walk = self.publish("a fox", f"kite {number}", frames=2, model="led")
        deliver_large(walk, 0)
        if rule.endpoint == "pages.another":
            self.publish("a house", f"cup {number}", frames=2)
        slug, word = f"hall-{number}", f"word{number}"
        exhibitions.create(ExhibitionRequest("A hall", slug=slug, is_shown=True, walks=[walk.id]))
        word_lists.BANNED.add(word)
        if rule.endpoint == "office.take_back":
            word_lists.ALLOWED.add(word)
        reports.submit(walk, reason="hate", words="", reporter=f"reporter {number}", admit=lambda: None)
        if "drawings" in rule.rule:
            if led.ROBOT_DIGEST not in added_drawings.book().drawings:
                drawing_curation.add(led.ROBOT.encode(), DrawingRequest("robot"))
            if act == "restore":
                drawing_curation.remove(led.ROBOT_DIGEST)
        owner = visitors.digest(f"owner {number}")
        state = {"owners.cancel": QUEUED, "owners.retry": CANCELLED}.get(rule.endpoint)
        columns = {"owner_hash": owner, "model_name": "led"} | ({"state": state} if state else {})
        columns |= {"unlisted": True} if rule.endpoint == "owners.list_again" or act == "list" else {}
        change(walk, **columns | ({"origin": WALL} if act in ("list", "unlist") else {}))
        checked = photo_check.check(written(two_halves((96 + number, 64))))
        photo, _ = upload_store.save(kinds.PHOTO, checked, owner_hash=owner, network="")
        cut_path = f"photos/{photo.id}.cut.webp"
        media_store.store().write(cut_path, checked.data)
        change(photo, preview_path=cut_path)
        path = f"{media_store.walk_folder(walk.id)}/photo-0.{checked.digest[:12]}.webp"
        media_store.store().write(path, checked.data)
        fields = {"path": path, "bytes": len(checked.data), "etag": checked.digest[:32]}
        store(Medium(walk_number=walk.number, kind="photo-0", **fields))
        wall, words = self.wall_of(number, act, slug)
        collection = self.collection_of(walk, owner, act).id if "collection_id" in rule.arguments else ""
        sound = sound_check.check(sounds.track(3 + number / 100))
        kept, _ = upload_store.save(kinds.SOUND, sound, owner_hash=owner, network="", enqueue=lambda *_: None)
        return World(walk, slug, word, number, photo, kept.id, candidates.painted(owner).id, wall, words, collection)

    def visitor(self, world: World, role: str) -> tuple[FlaskClient, dict[str, Any]]:
        """Return a client in this role, and its headers and address; give it what it owns of the world."""
        number = next(self.numbers)
        client = self.app.test_client()
        owner, headers = self.become(role, client, number)
        change(world.walk, owner_hash=owner)
        change(world.photo, owner_hash=owner)
        change(Upload, Upload.id == world.sound_id, owner_hash=owner)
        change(CandidateSet, CandidateSet.id == world.set_id, owner_hash=owner)
        change(Collection, Collection.id == world.collection, owner_hash=owner)
        return client, {"headers": headers, "environ_base": _from(number)}

    def collection_of(self, walk: Walk, owner: str, act: str) -> Collection:
        """Make a collection with the walk between two others, listed unless that is the act."""
        others = [self.publish("a house", f"cup {next(self.numbers)}", frames=2) for _ in range(2)]
        made = visitor_collections.create("Round things", owner, is_listed=act != "list", admit=lambda: None)
        for each in (others[0], walk, others[1]):
            visitor_collections.add(made, each, admit=lambda: None)
        if act == "allow":
            visitor_collections.bar(made)
        return made

    def wall_of(self, number: int, act: str, slug: str) -> tuple[str, int]:
        """Open a wall that walks its first leg, with words in line; return its name, and their number."""
        wall = walls.open_wall(WallRequest(f"lobby-{number}"))
        said = words.say(wall, "a boat", owner=f"writer {number}")
        state = {"resume": PAUSED, "open": CLOSED}.get(act, OPEN)
        store(WallLeg(wall_number=wall.number, number=1))
        change(wall, lead=1, state=state, evening=slug)
        return wall.name, said.number

    def become(self, role: str, client: FlaskClient, number: int) -> tuple[str, dict[str, str]]:
        """Give a client what its role has; return whose the walk is to be, and the headers that it sends."""
        stranger = visitors.digest(f"nobody {number}")
        if role == "none":
            return stranger, {}
        if role == "curator":
            assert enter(client, environ_base=_from(number)).status_code == 303
            return stranger, {}
        if role in ("owner", "other"):
            sent = {"prompt": ["a fox", f"a house, mine {number}"]}
            client.post("/walks", data=sent, environ_base=_from(number))
            own = db.session.scalars(select(Walk.owner_hash).order_by(Walk.number.desc())).first()
            return own if role == "owner" else stranger, {}
        if role in ("token", "token2"):
            secret = visitors.new_token()
            return visitors.digest(secret) if role == "token" else stranger, bearer(secret)
        scopes = {"read": [READ], "create": [CREATE], "edit": [EDIT], "edit2": [EDIT], "curate": [CURATE]}
        token, secret = api_tokens.create(f"{role}-{number}", scopes=scopes.get(role, list(api_tokens.SCOPES)))
        client.get("/api/v1/mine", headers=bearer(secret))  # the day of its first use is written down
        if role == "spent":
            api_tokens.revoke(token.name)
        return stranger if role in ("edit2", "curate") else token.secret_hash, bearer(secret)


@pytest.fixture
def site(app: Flask, publish: Maker) -> Site:
    """Open a site that has all there can be: a curator's room, drawings, figures for who has their token."""
    return Site(app, publish)


def asked(app: Flask) -> dict[str, tuple[Rule, str, str]]:
    """List all that can be asked of the site, each act of an address that has several by itself."""
    found = {}
    for rule in app.url_map.iter_rules():
        places = {name: f"<{name}>" for name in rule.arguments}
        for act in routes.acts_of(rule):
            for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}:  # HEAD answers as GET, see test_methods
                found[f"{method} {routes.fill(rule, **places | {'act': act})}"] = (rule, method, act)
    return found


def expected(line: str) -> dict[str, str]:
    """Read what becomes of a request in each role: one word for all of them, or one for each."""
    words = line.split()[2:]
    return dict(zip(ROLES, words if len(words) > 1 else words * len(ROLES), strict=True))


def outcome(answer: TestResponse) -> str:
    """Return what became of a request: its status, or that it leads to the sign-in."""
    return "in" if answer.status_code == 303 and answer.location == "/curator/sign-in" else str(answer.status_code)


def everything() -> dict[str, list[tuple[Any, ...]]]:
    """Read all that the database holds."""
    db.session.rollback()
    with db.engine.connect() as connection:
        return {
            table.name: sorted((tuple(row) for row in connection.execute(table.select())), key=repr)
            for table in db.metadata.sorted_tables
        }


def test_table_names_every_route_and_no_other(app: Flask) -> None:
    assert sorted(LINES) == sorted(asked(app)), "a route without its line in RIGHTS, or a line without its route"
    assert RIGHTS.strip().splitlines()[0].split() == ["route", *ROLES]
    assert not re.search(r"\b4..\*|^GET .*\*", RIGHTS, re.MULTILINE), "what is refused, or read, changes nothing"


@pytest.mark.parametrize("what", LINES)
def test_each_route_does_for_each_role_what_the_table_says_and_no_more(site: Site, what: str) -> None:
    rule, method, act = asked(site.app)[what]
    found = {}
    world: World | None = None
    for role in ROLES:
        world = world or site.world(rule, act)
        client, sender = site.visitor(world, role)
        before = everything()
        path, sent = world.fill(rule, act), world.sent(rule.endpoint)
        with client.open(path, method=method, **sender, **sent) as answer:
            found[role] = outcome(answer)
        if everything() != before:
            found[role] += "*"
            world = None  # the next one finds nothing changed
    assert found == expected(LINES[what])


def test_no_form_is_taken_without_its_token(site: Site) -> None:
    """Check that another site's page cannot make those who may do it do it."""
    site.app.config["WTF_CSRF_ENABLED"] = True
    forms = {what: route for what, route in asked(site.app).items() if route[1] == "POST" and "/api/" not in what}
    assert len(forms) > 20
    for what, (rule, _, act) in forms.items():
        site.app.config["WTF_CSRF_ENABLED"] = False
        world = site.world(rule, act)
        client, sender = site.visitor(world, "curator" if "/curator" in what else "owner")
        site.app.config["WTF_CSRF_ENABLED"] = True
        before = everything()
        answer = client.post(world.fill(rule, act), environ_base=sender["environ_base"], **world.sent(rule.endpoint))
        # A screen's key, which no other site knows, stands in for the token of a form.
        assert answer.status_code == (403 if what == "POST /wall/<name>/programme" else 400), what
        assert everything() == before, what


@pytest.mark.parametrize("role", ROLES)
def test_hidden_walk_is_shown_to_the_curator_alone(site: Site, role: str) -> None:
    routes = {what: route for what, route in asked(site.app).items() if "walk_id" in route[0].arguments}
    world = site.world(next(site.app.url_map.iter_rules()), "")
    client, sender = site.visitor(world, role)
    change(world.walk, hidden_at=Walk.created_at)
    for what, (rule, method, act) in routes.items():
        if method == "GET":
            with client.get(world.fill(rule, act), **sender) as answer:
                known = ("200" if role == "curator" else "in",) if "/curator" in what else ("404", "410")
                assert outcome(answer) in known, what


def _robot(number: int) -> bytes:
    return led.ROBOT.replace("#678", f"#{number:06x}").encode()


def _from(number: int) -> dict[str, str]:
    """Name an address of its own, so that no hour is full."""
    return {"REMOTE_ADDR": f"2001:db8:{number:x}::1"}
