"""The sitemap: whole, within its format's limits, and silent about what does not hang."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from xml.etree import ElementTree

import pytest
from flask.testing import FlaskClient
from sqlalchemy import event

from app.collection.gallery import exhibitions
from app.collection.gallery.exhibitions import ExhibitionRequest
from app.collection.moderation import curation
from app.requests.walk_requests import walk_edits
from app.site.publishing import caching, sitemap
from app.storage.database import db
from app.storage.walk_models import Walk
from app.walks.saved import lifecycle
from tests.conftest import make_app
from tests.support import led

Hanger = Callable[..., Walk]
SPACE = f"{{{sitemap.NAMESPACE}}}"
HERE = "http://localhost"


def read(client: FlaskClient, address: str) -> dict[str, str | None]:
    answer = client.get(address)
    assert (answer.status_code, answer.mimetype) == (200, "application/xml")
    root = ElementTree.fromstring(answer.data)  # noqa: S314, our own
    return {str(each.findtext(f"{SPACE}loc")): each.findtext(f"{SPACE}lastmod") for each in root}


def all_walks(client: FlaskClient) -> dict[str, str | None]:
    pages = [page for page in read(client, "/sitemap.xml") if not page.endswith("/rooms.xml")]
    return {loc: changed for page in pages for loc, changed in read(client, page.removeprefix(HERE)).items()}


@contextmanager
def statements() -> Iterator[list[str]]:
    """Collect the statements that are sent to the database."""
    seen: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        seen.append(statement)

    event.listen(db.engine, "before_cursor_execute", note)
    yield seen
    event.remove(db.engine, "before_cursor_execute", note)


@pytest.mark.databases
def test_every_walk_that_hangs_is_in_it_once_with_its_date(
    client: FlaskClient, hung: Hanger, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sitemap, "RANGE", 3)
    monkeypatch.setattr(sitemap, "BATCH", 2)
    hangs = [hung(f"a fox & {number} <hens>", "a kite") for number in range(7)]
    index = read(client, "/sitemap.xml")
    assert list(index) == [f"{HERE}/sitemap/{name}.xml" for name in ("rooms", "1", "2", "3")]
    assert [len(read(client, f"/sitemap/{page}.xml")) for page in (1, 2, 3)] == [3, 3, 1]  # each walk on one page
    found = all_walks(client)
    assert found == {HERE + walk.url: walk.finished_at.isoformat(timespec="seconds") for walk in hangs}


def test_what_does_not_hang_is_not_in_it(client: FlaskClient, hung: Hanger, commissioned: Hanger) -> None:
    walk, hidden, deleted, unlisted, waiting = hung(), hung(), hung(), hung(unlisted=True), commissioned()
    curation.hide(hidden)
    lifecycle.delete_walk(deleted)
    assert list(all_walks(client)) == [HERE + walk.url]
    everything = "".join(client.get(page.removeprefix(HERE)).text for page in read(client, "/sitemap.xml"))
    assert not any(each.id in everything for each in (hidden, deleted, unlisted, waiting))


def test_page_of_drawings_is_in_it_where_they_lead_a_model(instance: Path, tmp_path: Path) -> None:
    client = make_app(instance, MODELS=[str(led.lay_out(tmp_path / "led"))]).test_client()
    assert f"{HERE}/drawings" in read(client, "/sitemap/rooms.xml")


@pytest.mark.databases
def test_rooms_and_exhibitions_are_in_it(client: FlaskClient, hung: Hanger) -> None:
    shown = exhibitions.create(ExhibitionRequest("In the air", walks=[hung().id]))
    exhibitions.create(ExhibitionRequest("Not yet", is_shown=False, walks=[hung().id]))
    rooms = read(client, "/sitemap/rooms.xml")
    paths = ("/", "/gallery", "/exhibitions", "/collections", "/about", "/api", "/drawings", "/styles", shown.url)
    assert list(rooms) == [f"{HERE}{path}" for path in paths]
    assert rooms[HERE + shown.url] is not None
    for address in rooms:
        assert client.get(address.removeprefix(HERE)).status_code == 200


def test_drawings_are_not_in_it_where_words_alone_lead(client: FlaskClient) -> None:
    assert f"{HERE}/drawings" in read(client, "/sitemap/rooms.xml")
    client.application.config["MODEL"] = "a model of the hub"
    assert f"{HERE}/drawings" not in read(client, "/sitemap/rooms.xml")


@pytest.mark.parametrize("page", ["0", "2", "99999999999999", "-1", "x", "1.5"])
def test_page_that_is_none_is_not_found(client: FlaskClient, hung: Hanger, page: str) -> None:
    hung()
    assert client.get(f"/sitemap/{page}.xml").status_code == 404


def test_empty_house_has_a_sitemap(client: FlaskClient) -> None:
    assert list(read(client, "/sitemap.xml")) == [f"{HERE}/sitemap/rooms.xml"]


@pytest.mark.databases
def test_page_asks_the_database_twice_for_each_batch(
    client: FlaskClient, hung: Hanger, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sitemap, "BATCH", 4)
    for number in range(10):
        hung(f"a fox {number}", "a kite")
    with statements() as seen:
        assert len(read(client, "/sitemap/1.xml")) == 10
    assert len([statement for statement in seen if statement.lstrip().startswith("SELECT")]) <= 1 + 2 * 3 + 1


def written(client: FlaskClient, page: int) -> bool:
    """Ask for a page; tell whether it was written anew."""
    with statements() as seen:
        client.get(f"/sitemap/{page}.xml")
    return any("stops" in statement for statement in seen)


def test_page_is_written_once_while_the_same_walks_hang_whatever_the_site_is_called(
    client: FlaskClient, hung: Hanger
) -> None:
    walk = hung()
    assert [written(client, 1), written(client, 1)] == [True, False]
    page = client.get("/sitemap/1.xml", base_url="https://walks.example").text
    assert f"<loc>https://walks.example{walk.url}</loc>" in page
    assert page.count("<loc>") == 1


@pytest.mark.databases
def test_walk_that_is_hung_taken_down_or_called_otherwise_is_so_at_once(client: FlaskClient, hung: Hanger) -> None:
    walk, other = hung(), hung()
    assert set(read(client, "/sitemap/1.xml")) == {HERE + walk.url, HERE + other.url}
    lifecycle.delete_walk(other)
    assert list(read(client, "/sitemap/1.xml")) == [HERE + walk.url]
    walk_edits.apply(walk, walk_edits.validate({"title": "Breakfast"}))
    assert list(read(client, "/sitemap/1.xml")) == [f"{HERE}/walks/{walk.id}-breakfast"]
    another = hung()
    assert list(read(client, "/sitemap/1.xml"))[1:] == [HERE + another.url]


def test_page_is_written_anew_after_some_minutes(
    client: FlaskClient, hung: Hanger, monkeypatch: pytest.MonkeyPatch
) -> None:
    hung()
    assert written(client, 1)
    monkeypatch.setattr(sitemap, "KEPT_SECONDS", 0.0)
    assert written(client, 1)


def test_unchanged_page_is_not_sent_again(client: FlaskClient, hung: Hanger) -> None:
    hung()
    first = client.get("/sitemap/1.xml")
    again = client.get("/sitemap/1.xml", headers={"If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")


def test_caches_keep_it_as_long_as_pictures(client: FlaskClient, hung: Hanger) -> None:
    hung()
    assert client.get("/sitemap/1.xml").headers["Cache-Control"] == f"max-age={caching.SHARED_SECONDS}"


def test_only_the_latest_pages_are_kept(client: FlaskClient, hung: Hanger, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sitemap, "RANGE", 1)
    monkeypatch.setattr(sitemap, "KEPT_PAGES", 2)
    for _ in range(3):
        hung()
    for page in (1, 2, 3):
        read(client, f"/sitemap/{page}.xml")
    assert [written(client, page) for page in (3, 2, 1)] == [False, False, True]
