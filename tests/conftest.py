"""Fixtures for all tests: an application on an empty, migrated database of its own, and its clients."""

import contextvars
import gc
import hashlib
import os
import shutil
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask, has_app_context
from flask.testing import FlaskClient, FlaskCliRunner
from hypothesis import HealthCheck, settings
from sqlalchemy.orm import close_all_sessions
from werkzeug.test import TestResponse

import worker  # noqa: F401 - says how torch's threads wait, which must stand before a test loads torch
from app import create_app
from app.requests.walk_requests.recipe_pins import PinnedSettings
from app.requests.walk_requests.validation import validate
from app.storage import media_store
from app.storage.database import db, now, writing
from app.storage.schema import upgrade
from app.storage.walk_models import FINISHED, Frame, Medium, Walk
from app.upkeep.operations import first_exhibition
from tests.support import led, placing, postgres
from tests.support.at_once import AtOnce
from tests.support.compiled_once import compile_once
from tests.support.house import NAME
from tests.support.needs import require
from tests.support.rows import Maker
from tests.support.side_by_side import SideBySide

pytest_plugins = ("tests.support.seconds",)

SECRET = "a secret of the tests, long enough"
ABSENT_REDIS = "unix:///nonexistent/redis.sock"  # a Redis that is away

# Examples are drawn from the tests themselves: the same each time, on every machine.
settings.register_profile(
    "same", derandomize=True, max_examples=60, deadline=None, database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)  # fmt: skip
settings.register_profile("long", settings.get_profile("same"), derandomize=False, max_examples=1000)
settings.load_profile("same")  # the long one is taken by --hypothesis-profile=long

gc.set_threshold(100_000, 20, 50)  # a tenth of the time of most tests went into looking for garbage

os.environ["HF_HUB_OFFLINE"] = "1"  # tests ask no hub but their own
os.environ.setdefault("OMP_NUM_THREADS", "1")  # three processes share two cores: a second thread waits for the first

for variable in [name for name in os.environ if name.startswith("MOMA_")]:
    del os.environ[variable]


MADE: list[Flask] = []  # applications whose connections are closed after the test


class Browser(FlaskClient):
    """A client that visits from outside: each request has contexts and a database session of its own."""

    def open(self, *args: Any, **kwargs: Any) -> TestResponse:
        """Send a request; afterwards the test's own session reads again what the request changed."""
        if has_app_context():
            db.session.rollback()
        return contextvars.Context().run(super().open, *args, **kwargs)


@contextmanager
def inside(app: Flask) -> Iterator[Flask]:
    """Stay in an application's context, and leave its database alone afterwards."""
    with app.app_context():
        yield app
        db.session.remove()
        db.engine.dispose()


def make_app(folder: Path, **settings: object) -> Flask:
    """Build an application whose instance folder is ``folder``."""
    defaults = {"SECRET_KEY": SECRET, "REDIS_URL": ABSENT_REDIS, "TESTING": True, "WTF_CSRF_ENABLED": False}
    defaults |= {"LINE_SECONDS": 0.0}  # tests ask again at once
    defaults |= {"FREE_BYTES_MIN": 0}  # on however small a disk
    defaults |= {"EXHIBITION": False}  # most tests begin with bare walls
    defaults |= {"MEANING": "no/table", "EYE": "no/eye"}  # and find by words alone
    app = create_app(defaults | settings, instance_path=str(folder))
    app.test_client_class = Browser
    compile_once(app)
    MADE.append(app)
    return app


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run tests marked ``databases``, or all of a module marked so but those marked ``sqlite``, on Postgres as well."""
    marks = {mark.name for mark in metafunc.definition.iter_markers()}
    if "databases" not in marks or "sqlite" in marks:
        return
    if "database" in metafunc.fixturenames:
        real = pytest.param("postgres", marks=pytest.mark.server)
        metafunc.parametrize("database", ["sqlite", real], indirect=True)
    elif any(mark.name == "databases" for mark in metafunc.definition.own_markers):
        pytest.fail(f"{metafunc.definition.nodeid} is marked databases, and uses none.")


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark tests that use an application with a database: each takes about a tenth of a second (``make fast``)."""
    for item in items:
        if isinstance(item, pytest.Function) and "app" in item.fixturenames:
            item.add_marker("site")


def pytest_sessionstart(session: pytest.Session) -> None:
    """Print failures at once where tests are shared among processes."""
    if session.config.pluginmanager.has_plugin("dsession"):
        session.config.pluginmanager.register(AtOnce(session.config))


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> SideBySide:
    """Make pytest-xdist hand out tests as :class:`SideBySide` does."""
    return SideBySide(config, log)


@pytest.fixture(scope="session", autouse=True)
def hasty() -> Iterator[None]:
    """Wait for no disk: what a test run writes need not outlive a power cut."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("os.fsync", lambda _descriptor: None)
        yield


@pytest.fixture(scope="module", autouse=True)
def settled() -> None:
    """Exempt from garbage collection what was there before a module: torch and its like are most of it.

    Code that makes room for a model collects everything, dozens of times in a test.
    """
    with warnings.catch_warnings():  # what a module left unclosed is not this one's fault
        warnings.simplefilter("ignore", ResourceWarning)
        gc.collect()
    gc.freeze()


@pytest.fixture(scope="session", autouse=True)
def unpacked_once() -> Iterator[None]:
    """Unpack and encode the frames of the first exhibition once: dozens of tests publish it, three seconds each."""
    unpack, encode = first_exhibition.ShippedWalk.frames, first_exhibition._png
    unpacked: dict[bytes, list[Any]] = {}
    encoded: dict[tuple[object, bytes], bytes] = {}

    def frames(piece: first_exhibition.ShippedWalk) -> list[Any]:
        path = piece.folder / first_exhibition.FRAMES
        data = path.read_bytes() if path.exists() else b""
        if data not in unpacked:
            unpacked[data] = unpack(piece)  # what cannot be read is not kept
            for picture in unpacked[data]:
                picture.flags.writeable = False
        return list(unpacked[data])

    def png(picture: Any) -> bytes:
        key = (picture.shape, hashlib.sha256(picture).digest())
        if key not in encoded:
            encoded[key] = encode(picture)
        return encoded[key]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(first_exhibition.ShippedWalk, "frames", frames)
        patch.setattr(first_exhibition, "_png", png)
        yield


@pytest.fixture(scope="session")
def migrated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Migrate one empty database, which each test copies."""
    folder = tmp_path_factory.mktemp("migrated")
    app = make_app(folder)
    with app.app_context():
        upgrade()
        db.engine.dispose()
    return folder / "moma.sqlite"


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[postgres.PostgresServer]:
    """Run a Postgres for all the tests that need one."""
    require("postgres")
    with postgres.running() as server:
        yield server


@pytest.fixture(scope="session")
def postgres_template(postgres_server: postgres.PostgresServer, tmp_path_factory: pytest.TempPathFactory) -> str:
    """Migrate one empty database on Postgres, which each test copies."""
    name = postgres_server.create()
    app = make_app(tmp_path_factory.mktemp("template"), DATABASE_URL=postgres_server.url(name))
    with app.app_context():
        upgrade()
        db.engine.dispose()
    return name


@pytest.fixture
def database(request: pytest.FixtureRequest) -> str:
    """Name what the test keeps its data in: ``sqlite``, or ``postgres`` where the test asks for both."""
    return str(getattr(request, "param", "sqlite"))


@pytest.fixture
def instance(tmp_path: Path, database: str, request: pytest.FixtureRequest) -> Iterator[Path]:
    """Make an instance folder with an empty, migrated database."""
    folder = tmp_path / "instance"
    folder.mkdir()
    if database == "sqlite":
        shutil.copy(request.getfixturevalue("migrated"), folder / "moma.sqlite")
        yield folder
        _disconnect()
        return
    server: postgres.PostgresServer = request.getfixturevalue("postgres_server")
    template = request.getfixturevalue("postgres_template")
    name = server.lend(template)
    (folder / "settings.toml").write_text(f'database_url = "{server.url(name)}"\n', "utf-8")
    yield folder
    _disconnect()
    server.take_back(name, template)


def _disconnect() -> None:
    close_all_sessions()
    while MADE:
        with MADE.pop().app_context():
            db.engine.dispose()


@pytest.fixture
def app(instance: Path) -> Iterator[Flask]:
    """Build an application, Redis away, and stay in its context."""
    with inside(make_app(instance)) as app:
        yield app


@pytest.fixture(scope="session")
def led_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Lay out what the site reads of a model that drawings lead."""
    return led.lay_out(tmp_path_factory.mktemp("model"))


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    """Visit the site as a browser with cookies would."""
    return app.test_client()


@pytest.fixture
def runner(app: Flask) -> FlaskCliRunner:
    """Run admin commands."""
    return app.test_cli_runner()


@pytest.fixture
def request_walk(app: Flask) -> Maker:
    """Return a function that requests a walk: ``request_walk("a fox", "a kite", seed=7, visitor="ann")``."""

    def make(*prompts: str, visitor: str = "ann", pinned: PinnedSettings | None = None, **fields: object) -> Walk:
        stops = [{"prompt": prompt} for prompt in prompts or ("a fox", "a kite")]
        wanted = validate({"stops": stops, **fields})
        walk, _ = placing.place(wanted, visitor_key=visitor, owner=f"secret of {visitor}", pinned=pinned)
        return walk

    return make


@pytest.fixture
def publish(request_walk: Maker) -> Maker:
    """Return a function that requests a walk and publishes it, finished, with files that stand for its pictures.

    ``minutes_ago`` says when it was finished; the other arguments are those of ``request_walk``.
    """

    def make(*prompts: str, minutes_ago: float = 0, **fields: object) -> Walk:
        walk = request_walk(*prompts, **{"frames": 2, **fields})
        store = media_store.store()
        with writing() as session:
            for index in range(walk.frames):
                path = media_store.frame_path(walk.id, index, b"frame")
                store.write(path, b"frame")
                session.add(
                    Frame(walk_number=walk.number, index=index, position=float(index), rank=0, path=path, bytes=5)
                )
            for kind, extension in (("gif", "gif"), ("mp4", "mp4"), ("webp", "webp"), ("poster", "png")):
                path, etag = media_store.film_path(walk.id, kind, extension, kind.encode())
                store.write(path, kind.encode())
                session.add(Medium(walk_number=walk.number, kind=kind, path=path, bytes=len(kind), etag=etag))
            row = session.get(Walk, walk.number)
            row.state, row.painted_count = FINISHED, walk.frames
            row.finished_at = now() - timedelta(minutes=minutes_ago)
            row.paint_seconds, row.evenness, row.jump, row.morph = 2.4, 0.91, 1.3, 0.42
            row.width = row.height = 128
            row.model_name, row.model_title, row.model_revision = NAME, "House model", "3f9a2c1d0e5b"
        db.session.refresh(walk)
        return walk

    return make
