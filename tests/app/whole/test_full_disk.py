"""A full disk: page, JSON, log and ``doctor`` each name what is full and what to do."""

import io
import json
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app.storage import disk_space
from app.storage.database import db
from tests.conftest import inside, make_app
from tests.support import small_disk
from tests.support.pictures import two_halves, written

pytestmark = pytest.mark.server
DISK_BYTES = 12_000_000
WALK = {"prompt": ["a fox", "an owl"]}
ASKED = {"stops": [{"prompt": "a fox"}, {"prompt": "an owl"}]}
SETTING, COMMAND = "FREE_BYTES_MIN", "flask --app wsgi media prune"


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """Mount a small disk."""
    with small_disk.mounted(tmp_path / "disk", DISK_BYTES) as disk:
        yield disk


@pytest.fixture
def site(disk: Path, migrated: Path) -> Iterator[Flask]:
    """Build an application all of whose files are on the small disk, and stay in its context."""
    shutil.copy(migrated, disk / "moma.sqlite")
    (disk / "media").mkdir()
    with inside(make_app(disk)) as app:
        yield app


def ask(client: FlaskClient, language: str = "en") -> list[tuple[int, str]]:
    """Ask for a walk by the form and as a program; return status and words."""
    headers = {"Accept-Language": language}
    page = client.post("/walks", data=WALK, headers=headers)
    program = client.post("/api/v1/walks", json=ASKED)
    return [(page.status_code, page.text), (program.status_code, program.get_json().get("detail", ""))]


def said(caplog: pytest.LogCaptureFixture, where: str) -> str:
    """Return the first line that a module of the site logged."""
    return next(record.getMessage() for record in caplog.records if record.name == where)


def doctor(app: Flask) -> dict[str, str]:
    """Return what is not well, by part."""
    found = json.loads(app.test_cli_runner().invoke(args=["doctor", "--json"]).stdout)
    return {each["part"]: each["detail"] for each in found if not each["well"]}


def test_low_disk_is_named_with_setting_and_cure(site: Flask, disk: Path, caplog: pytest.LogCaptureFixture) -> None:
    site.config["FREE_BYTES_MIN"] = 1_000_000_000
    for language, words in (("en", "less than 1.0 GB is free"), ("de", "Weniger als 1,0 GB sind frei")):
        caplog.clear()
        (status, page), (of_program, detail) = ask(site.test_client(), language)
        assert (status, of_program) == (503, 503)
        assert words in page
        assert "less than 1.0 GB is free" in detail
        logged = said(caplog, "app.walks.queue.admission")
        for text in (page, detail, logged):
            assert SETTING in text
            assert COMMAND in text
        assert logged.startswith(f"0.0 GB are free at {disk / 'media'}, and walks are refused")
        assert doctor(site)["disk"] == logged
    site.config["FREE_BYTES_MIN"] = 1_000_000
    assert [status for status, _ in ask(site.test_client())] == [303, 202]


def test_site_whose_disk_is_full_is_not_ready_even_without_a_limit(site: Flask, disk: Path) -> None:
    site.config["FREE_BYTES_MIN"], client = 0, site.test_client()
    assert (client.get("/readyz").status_code, client.get("/readyz").json["disk"]) == (200, "ok")
    with small_disk.full(disk):
        answer = client.get("/readyz")
        assert (answer.status_code, answer.json["status"], answer.json["database"]) == (503, "not ready", "ok")
        assert answer.json["disk"].startswith("full")
        assert str(disk) not in answer.text
        assert client.get("/gallery").status_code == 200
    assert client.get("/readyz").status_code == 200


def test_full_disk_of_the_database_is_named(site: Flask, disk: Path, caplog: pytest.LogCaptureFixture) -> None:
    client, nobodys = site.test_client(), disk / "media" / "walks" / "nobodys" / "film.gif"
    client.get("/")
    nobodys.parent.mkdir(parents=True)
    nobodys.write_bytes(bytes(2_000_000))
    os.utime(nobodys, (0, 0))
    with small_disk.full(disk):
        (status, page), (of_program, detail) = ask(client)
        assert (status, of_program) == (503, 503)
        for text in (page, detail):
            assert "The disk of this site is full." in text
            assert COMMAND in text
        assert said(caplog, "app.site.web.error_responses") == (
            f"The database has no room on /walks: database or disk is full. {disk_space.CURE}"
        )
        assert client.get("/gallery").status_code == 200
        text = site.test_cli_runner().invoke(args=[*COMMAND.split()[3:], "--yes"])
        assert text.exit_code == 0, text.output
        assert not nobodys.exists()
        assert [status for status, _ in ask(client)] == [303, 202]


def test_full_disk_of_the_store_is_named(disk: Path, instance: Path, caplog: pytest.LogCaptureFixture) -> None:
    app = make_app(instance, MEDIA_URL=f"file://{disk}/media")
    with inside(app), small_disk.full(disk):
        client = app.test_client()
        for path in ("/", "/api/v1/pictures"):
            caplog.clear()
            name = "photo-0" if path == "/" else "file"
            picture = io.BytesIO(written(two_halves((640, 480)))), "mine.png"
            answer = client.post(path, data={"prompt": ["", "a kite"], "edit": "bring", name: picture})
            assert answer.status_code == 503, answer.text
            assert "The disk of this site is full." in answer.text
            assert COMMAND in answer.text
            assert f"No space left on device. {disk_space.CURE}, or have MOMA_MEDIA_URL name a larger" in caplog.text
        assert disk_space.CURE in doctor(app)["media"]
        db.session.rollback()
