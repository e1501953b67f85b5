"""The sitemap: whole, within its format's limits, and silent about what is not public."""

from xml.etree import ElementTree

import pytest
from flask.testing import FlaskClient

from app.collection.gallery import exhibitions
from app.collection.gallery.exhibitions import ExhibitionRequest
from app.requests.walk_requests import walk_edits
from app.site.publishing import sitemap
from app.storage.walk_models import Walk
from app.walks.saved import lifecycle
from tests.support import led
from tests.support.rows import Maker
from tests.support.statements import sent_statements

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


@pytest.mark.databases
def test_every_walk_is_in_it_once(client: FlaskClient, publish: Maker, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sitemap, "RANGE", 3)
    monkeypatch.setattr(sitemap, "BATCH", 2)
    walks = [publish(f"a fox & {number} <hens>", "a kite") for number in range(7)]
    index = read(client, "/sitemap.xml")
    assert list(index) == [f"{HERE}/sitemap/{name}.xml" for name in ("rooms", "1", "2", "3")]
    assert [len(read(client, f"/sitemap/{page}.xml")) for page in (1, 2, 3)] == [3, 3, 1]  # each walk on one page
    found = all_walks(client)
    assert found == {HERE + walk.url: walk.finished_at.isoformat(timespec="seconds") for walk in walks}


@pytest.mark.settings(MODELS=[led.lay_out])
def test_page_of_drawings_is_in_it_where_they_lead_a_model(client: FlaskClient) -> None:
    assert f"{HERE}/drawings" in read(client, "/sitemap/rooms.xml")


@pytest.mark.databases
def test_rooms_and_exhibitions_are_in_it(client: FlaskClient, publish: Maker) -> None:
    shown = exhibitions.create(ExhibitionRequest("In the air", walks=[publish().id]))
    exhibitions.create(ExhibitionRequest("Not yet", is_shown=False, walks=[publish().id]))
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
def test_page_that_is_none_is_not_found(client: FlaskClient, walk: Walk, page: str) -> None:
    assert client.get(f"/sitemap/{page}.xml").status_code == 404


def test_empty_house_has_a_sitemap(client: FlaskClient) -> None:
    assert list(read(client, "/sitemap.xml")) == [f"{HERE}/sitemap/rooms.xml"]


@pytest.mark.databases
def test_page_runs_two_queries_a_batch(client: FlaskClient, publish: Maker, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sitemap, "BATCH", 4)
    for number in range(10):
        publish(f"a fox {number}", "a kite")
    with sent_statements() as seen:
        assert len(read(client, "/sitemap/1.xml")) == 10
    assert len([statement for statement, _ in seen if statement.lstrip().startswith("SELECT")]) <= 1 + 2 * 3 + 1


def written(client: FlaskClient, page: int) -> bool:
    """Ask for a page; return whether it was rewritten."""
    with sent_statements() as seen:
        client.get(f"/sitemap/{page}.xml")
    return any("stops" in statement for statement, _ in seen)


def test_unchanged_page_is_rendered_once_for_all_hosts(client: FlaskClient, walk: Walk) -> None:
    assert [written(client, 1), written(client, 1)] == [True, False]
    page = client.get("/sitemap/1.xml", base_url="https://walks.example").text
    assert f"<loc>https://walks.example{walk.url}</loc>" in page
    assert page.count("<loc>") == 1


@pytest.mark.databases
def test_walk_that_is_published_deleted_or_renamed_is_so_at_once(client: FlaskClient, publish: Maker) -> None:
    walk, other = publish(), publish()
    assert set(read(client, "/sitemap/1.xml")) == {HERE + walk.url, HERE + other.url}
    lifecycle.delete_walk(other)
    assert list(read(client, "/sitemap/1.xml")) == [HERE + walk.url]
    walk_edits.apply(walk, walk_edits.validate({"title": "Breakfast"}))
    assert list(read(client, "/sitemap/1.xml")) == [f"{HERE}/walks/{walk.id}-breakfast"]
    another = publish()
    assert list(read(client, "/sitemap/1.xml"))[1:] == [HERE + another.url]


def test_page_is_rendered_again_in_time(client: FlaskClient, walk: Walk, monkeypatch: pytest.MonkeyPatch) -> None:
    assert written(client, 1)
    monkeypatch.setattr(sitemap, "KEPT_SECONDS", 0.0)
    assert written(client, 1)


def test_only_the_latest_pages_are_kept(client: FlaskClient, publish: Maker, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sitemap, "RANGE", 1)
    monkeypatch.setattr(sitemap, "KEPT_PAGES", 2)
    for _ in range(3):
        publish()
    for page in (1, 2, 3):
        read(client, f"/sitemap/{page}.xml")
    assert [written(client, page) for page in (3, 2, 1)] == [False, False, True]
