"""What becomes of each table: with its walk or its visitor, in an archive, and on the about page.

Tables are found in the database itself, and what is said of them here is tried: a new one fails until it is known.
"""

import io
import re
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import JSON, Boolean, Date, DateTime, Float, LargeBinary, MetaData, Table, inspect, select
from sqlalchemy.sql.schema import Column

from app.access.auth import api_tokens, rate_limits, visitors
from app.collection.gallery import exhibitions
from app.collection.gallery.exhibitions import ExhibitionRequest
from app.collection.moderation import curation, drawing_curation, word_lists
from app.collection.moderation.drawing_request import DrawingRequest
from app.collection.search.text_index import is_compared
from app.storage.collection_models import Collection
from app.storage.database import db, writing
from app.storage.task_kinds import FILM
from app.storage.upload_models import TABLES_BEFORE
from app.storage.walk_models import PIECE_WAITING, Walk
from app.storage.wall_models import WallLeg
from app.upkeep.operations import first_exhibition
from app.walks.saved import lifecycle
from app.wall import walls
from app.wall.walls import WallRequest
from tests.support import led, sounds
from tests.support.archives import other_site
from tests.support.commands import run
from tests.support.cookies import cookie_name
from tests.support.led import ROBOT
from tests.support.pictures import form_of, two_halves, written
from tests.support.recipes import RENDERING
from tests.support.rows import Maker, change, store

pytestmark = [pytest.mark.slow, pytest.mark.settings(MODEL=led.lay_out)]

Rows = dict[str, list[dict[str, Any]]]


@dataclass(frozen=True)
class Fate:
    """What becomes of a table's rows."""

    of: str
    """Whose they are: a walk's, a visitor's, the house's."""
    notice: str
    """The words of the about page that tell of them; the house's own need none."""
    goes: bool = True
    """Whether they are gone once their walk is deleted, and once its owner deletes all that is theirs."""
    moves: bool = True
    """Whether they go along in an archive for another house."""


MIGRATIONS_OWN = {"alembic_version", "schema_compatibility"}
OF_A_WALK = "We store a walk’s prompts, settings, pictures and times until its owner deletes it"
OF_WHO_ASKED = "with each walk, to share the queue fairly"
OF_WALLS = "We store the words that you write for a wall until they are shown"
OF_CANDIDATES = "Of variations that you are shown, we store what was asked for: for a day"
OF_FAVOURITES = "Of your favourites and collections we store which walks they are"
OF_BROWSERS = "Of browsers that share your walks we store the hashes of their cookies"
FATES = {
    # what is left says that there was one, and not whose; an archive tells who owns it only with --owners
    "walks": Fate("walk", OF_A_WALK, goes=False),
    "stops": Fate("walk", OF_A_WALK),
    "frames": Fate("walk", OF_A_WALK),
    "media": Fate("walk", OF_A_WALK),
    "pieces": Fate("walk", OF_A_WALK, moves=False),  # work: done or not, it is done again elsewhere
    "looks": Fate("walk", OF_A_WALK, moves=False),  # the other house looks at the pictures by itself
    "hung": Fate("walk", OF_A_WALK),  # written by triggers
    "vocabulary": Fate("walk", OF_A_WALK),  # written by triggers
    "exhibits": Fate("walk", OF_A_WALK),
    "candidate_sets": Fate("visitor", OF_CANDIDATES, moves=False),
    "candidates": Fate("visitor", OF_CANDIDATES, moves=False),
    "favourites": Fate("visitor", OF_FAVOURITES, moves=False),
    "collections": Fate("visitor", OF_FAVOURITES, moves=False),
    "collection_items": Fate("visitor", OF_FAVOURITES, moves=False),
    "collection_reports": Fate("visitor", "and the collections that you report", moves=False),
    "browsers": Fate("visitor", OF_BROWSERS, goes=False, moves=False),  # others’ tell what these have of their own
    "transfers": Fate("visitor", OF_BROWSERS, moves=False),
    "reports": Fate("visitor", "with the walks that you ask for or report", moves=False),
    "uploads": Fate("visitor", "We store the picture upright and scaled down", moves=False),
    "photos": Fate("visitor", "We store the picture upright and scaled down", moves=False),
    "sounds": Fate("visitor", "We store the sound without the names and the cover in its file", moves=False),
    "wall_words": Fate("visitor", OF_WALLS, moves=False),
    "walls": Fate("house", "", goes=False, moves=False),
    "wall_legs": Fate("house", "", goes=False, moves=False),  # names walks by their ids
    "exhibitions": Fate("house", "", goes=False),
    "drawings": Fate("house", "", goes=False),  # those that a walk of the archive was painted after
    "banned_words": Fate("house", "", goes=False, moves=False),
    "allowed_words": Fate("house", "", goes=False, moves=False),
    "deeds": Fate("house", "", goes=False, moves=False),  # names walks by their ids
    "api_tokens": Fate("house", "Of programs with an API token", goes=False, moves=False),
}
WORD = "quokka"
"""Stands in all that the visitor of these tests writes, and nowhere else."""


@dataclass
class Full:
    """A site with rows in every table, by a visitor and of a walk of theirs."""

    client: FlaskClient
    walk: Walk
    secret: str
    networks: set[str]

    @property
    def traces(self) -> set[str]:
        """List what a row would say of the visitor: their words, and the hashes by which they are known."""
        hashes = {visitors.digest(self.secret), *visitors.report_hashes(self.secret)}
        return {WORD, self.secret, *hashes, *self.networks}


OF_NO_WALK = (
    "uploads", "photos", "sounds", "candidate_sets", "candidates", "wall_words", "collections", "collection_reports",
    "browsers", "transfers",
)  # fmt: skip


@pytest.fixture
def full(app: Flask, client: FlaskClient, publish: Maker) -> Full:
    """Fill all tables: as visitors and operators do, and those that only workers write to with rows of any kind."""
    client.post("/walks", data={"prompt": [f"a {WORD}", "a fox"], "negative_prompt": f"no {WORD}s"})
    with app.test_request_context(headers={"Cookie": f"moma_visitor={_cookie(client)}"}):
        secret = visitors.known()
    with app.test_request_context(environ_base={"REMOTE_ADDR": "127.0.0.1"}):
        networks = {rate_limits.network_key()}
    assert secret is not None
    asked = db.session.scalars(select(Walk)).one()
    drawing_curation.add(ROBOT.encode(), DrawingRequest("robot"))
    walk = publish("a robot", f"the {WORD}")
    fields = {name: getattr(asked, name) for name in ("owner_hash", "visitor", "network")}
    painted = {**RENDERING, "positions": [0.0, 1.0], "model_name": "led", "sampling": None}
    change(walk, **fields, **painted)
    client.post(f"/walks/{walk.id}/title", data={"title": f"{WORD} at sea"})
    client.post(f"/walks/{walk.id}/report", data={"reason": "other", "words": f"my {WORD}"})
    client.post(f"/walks/{walk.id}/favourite")
    client.post(f"/walks/{walk.id}/collect", data={"title": f"{WORD} and others"})
    collection = db.session.scalars(select(Collection)).one()
    client.post(f"{collection.url}/report", data={"reason": "other", "words": f"my {WORD}"})
    client.post(f"/walks/{walk.id}/stages", data={"frame": "0"})
    client.post("/", data={"edit": "bring", "photo-0": (io.BytesIO(written(two_halves())), "mine.png")})
    client.post("/api/v1/sounds", headers={"Authorization": f"Bearer {secret}"}, **form_of(sounds.track()))
    client.post("/", data={"prompt": [f"a {WORD}", "a kite"], "edit": "candidates-0"})
    _share(client)
    exhibitions.create(ExhibitionRequest("A hall", slug="hall", is_shown=True, walks=[walk.id]))
    word_lists.BANNED.add("moose")
    word_lists.ALLOWED.add("gore")
    api_tokens.create("press")
    walls.open_wall(WallRequest("lobby"))
    client.post("/wall/lobby/say", data={"words": f"one more {WORD}"})
    store(WallLeg(wall_number=1, number=1))
    curation.feature(walk)
    _fill_what_is_empty(walk)
    db.session.refresh(walk)
    return Full(client, walk, secret, networks)


def _share(client: FlaskClient) -> None:
    """Share what the visitor has with another browser, and show the next code."""
    other = client.application.test_client()
    other.get("/mine/join")
    code = re.findall(r'lang="zxx">(\w{3} \w{3} \w{3})<', client.post("/mine/devices/code").text)
    ticket = re.findall(r'name="ticket" value="([^"]+)"', other.post("/mine/join", data={"code": code}).text)
    assert other.post("/mine/join/confirm", data={"ticket": ticket}).status_code == 303
    client.post("/mine/devices/code")


def _cookie(client: FlaskClient) -> str:
    cookie = client.get_cookie(cookie_name(client.application, "visitor"))
    assert cookie is not None
    return cookie.value


def _fill_what_is_empty(walk: Walk) -> None:
    """Put a row into each table that has none, of the walk where it refers to walks, with the word in each text."""
    with writing() as session:
        for table in db.metadata.sorted_tables:
            if session.execute(select(table).limit(1)).first() is None:
                session.execute(table.insert().values(**{each.name: _some(each, walk) for each in table.columns}))


def _some(column: Column[Any], walk: Walk) -> Any:
    """Make up a value that a column takes."""
    fields = {"kind": FILM, "state": PIECE_WAITING}
    if any(key.references(Walk.__table__) for key in column.foreign_keys):
        return walk.number
    if column.table.name == "pieces" and column.name in fields:
        return fields[column.name]
    kinds: list[tuple[Any, Any]] = [
        (JSON, [WORD]), (LargeBinary, WORD.encode()), (Boolean, True), (Float, 0.5), (Date, date(2026, 11, 22)),
        (DateTime, datetime(2026, 11, 22, tzinfo=UTC)),
    ]  # fmt: skip
    kind = getattr(column.type, "impl", column.type)
    found = [value for known, value in kinds if isinstance(kind, known)]
    if found:
        return found[0]
    return 1 if column.type.python_type is int else WORD


def rows() -> Rows:
    """Read all that the database holds, tables that no model knows (those of an index) too."""
    db.session.rollback()
    there = MetaData()
    with db.engine.connect() as connection:
        names = [name for name in inspect(connection).get_table_names() if name not in MIGRATIONS_OWN]
        if db.engine.dialect.name == "postgresql":  # which has its index in a column of a kind of its own
            there.reflect(connection, only=TABLES_BEFORE)
            return {name: _read(connection, ({**there.tables, **db.metadata.tables})[name]) for name in names}
        there.reflect(connection, only=[name for name in names if is_compared(None, name) or name in TABLES_BEFORE])
        return {name: _read(connection, table) for name, table in there.tables.items()}


def _read(connection: Any, table: Table) -> list[dict[str, Any]]:
    return [dict(row) for row in connection.execute(select(table)).mappings()]


def naming(found: Rows, texts: set[str]) -> set[str]:
    """Name the columns in which any of these texts stands."""
    return {
        f"{table}.{column}"
        for table, each in found.items()
        for row in each
        for column, value in row.items()
        if any(text in (value.decode("latin-1") if isinstance(value, bytes) else str(value)) for text in texts)
    }


def of_walk(found: Rows, walk: Walk) -> set[str]:
    """Name the tables that have rows of a walk, by its number."""
    return {
        table
        for table, each in found.items()
        for row in each
        if walk.number == row.get("walk_number", row.get("number") if table in ("walks", "hung") else None)
    }


@pytest.mark.databases
def test_every_table_has_its_fate(app: Flask) -> None:
    there = {name for name in inspect(db.engine).get_table_names() if is_compared(None, name)} - MIGRATIONS_OWN
    assert there | {*TABLES_BEFORE} == set(FATES), "a table without its fate, or a fate without its table"
    assert set(db.metadata.tables) - MIGRATIONS_OWN == there
    for name, table in db.metadata.tables.items():
        refers = any(key.references(Walk.__table__) for key in table.foreign_keys)
        assert not refers or FATES[name].goes, f"{name} refers to walks, and so goes with them"


@pytest.mark.databases
def test_here_every_table_has_rows(full: Full) -> None:
    found = rows()
    assert {name for name, each in found.items() if not each} == set()
    assert of_walk(found, full.walk) >= {"walks", "hung", "stops", "frames", "media", "exhibits", "reports"}
    known = {
        "walks.owner_hash", "walks.visitor", "walks.network", "uploads.owner_hash", "uploads.network",
        "photos.owner_hash", "photos.network", "sounds.owner_hash", "sounds.network",
        "candidate_sets.owner_hash", "reports.reporter", "collection_reports.reporter", "wall_words.owner_hash",
        "favourites.owner_hash", "collections.owner_hash", "browsers.secret_hash", "browsers.owner_hash",
        "browsers.own_hash", "transfers.owner_hash", "transfers.giver_hash",
    }  # fmt: skip
    assert naming(found, full.traces - {WORD}) == known, "somewhere else a visitor is known: the about page must tell"
    assert naming(found, {WORD}) >= {"walks.words", "walks.given_title", "stops.prompt", "hung.words",
        "vocabulary.word", "reports.words", "collection_reports.words"}  # fmt: skip


@pytest.mark.databases
def test_deleted_walk_leaves_no_row_that_goes_with_it_and_no_word(full: Full) -> None:
    before = of_walk(rows(), full.walk)
    waiting = db.session.scalars(select(Walk).where(Walk.number != full.walk.number)).one()
    for walk in (full.walk, waiting):
        lifecycle.delete_walk(walk)
    found = rows()
    assert before - {"walks"} <= {name for name, fate in FATES.items() if fate.goes}
    assert of_walk(found, full.walk) == {"walks"}
    of_no_walk = {name for name in naming(found, full.traces) if name.split(".")[0] in OF_NO_WALK}
    assert naming(found, full.traces) == of_no_walk, "what was brought or made for no walk stays its visitor's"
    assert naming(found, {full.walk.id}) <= {"walks.id", "deeds.about"}


@pytest.mark.databases
def test_all_that_is_a_visitor_s_goes_when_they_delete_it(full: Full) -> None:
    assert full.client.post("/mine/delete", data={"sure": "1"}).status_code == 200
    found = rows()
    assert naming(found, full.traces) == set()
    for name, fate in FATES.items():
        assert bool(found[name]) is not fate.goes, name


@pytest.fixture
def other(app: Flask, tmp_path: Path, migrated: Path) -> Flask:
    """Build another house, with bare walls and the same model."""
    return other_site(tmp_path / "other", migrated, MODEL=app.config["MODEL"])


@pytest.mark.databases
def test_archives_take_to_another_house_what_moves_and_do_not_say_whose_it_was(
    app: Flask, full: Full, other: Flask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shipped = first_exhibition.shipped_walks()[:1]  # whose films are real
    monkeypatch.setattr(first_exhibition, "shipped_walks", lambda: shipped)
    first_exhibition.publish()
    fields = {name: getattr(full.walk, name) for name in ("owner_hash", "visitor", "network")}
    change(Walk, Walk.id == shipped[0].walk_id, **fields)
    archives = {"whole.tar": [shipped[0].walk_id], "hall.tar": ["--recipes-only"]}
    exhibitions.create(ExhibitionRequest("Real films", slug="real", is_shown=True, walks=[shipped[0].walk_id]))
    for name, options in archives.items():
        run(app.test_cli_runner(), "gallery", "export", str(tmp_path / name), *options)
    with other.app_context():
        for name in archives:
            run(other.test_cli_runner(), "gallery", "import", str(tmp_path / name))
        found = rows()
        logged = {row["what"] for row in found.pop("deeds")}
    assert logged == {"took in archive", "made exhibition", "took in drawing"}
    assert {name for name, each in found.items() if each} == {name for name, fate in FATES.items() if fate.moves}
    assert naming(found, full.traces - {WORD}) == set()


def test_about_page_tells_of_what_is_kept(client: FlaskClient) -> None:
    page = re.sub(r"\s+", " ", client.get("/about").text)
    for name, fate in FATES.items():
        assert fate.notice or fate.of == "house", f"the about page says nothing of {name}"
        assert fate.notice in page, name
    assert OF_WHO_ASKED in page
