"""The curator's page of collections: it lists all, and unlists, allows and deletes any."""

import pytest
from flask.testing import FlaskClient

from app.collection.gallery import visitor_collections
from app.collection.moderation import audit_log, reports
from app.storage.collection_models import Collection


@pytest.fixture
def made(curator: FlaskClient) -> Collection:
    """Make a listed collection as a visitor."""
    return visitor_collections.create("Round <i>things</i>", "a" * 64, is_listed=True, admit=lambda: None)


def test_page_lists_all_collections_and_its_acts_are_logged(curator: FlaskClient, made: Collection) -> None:
    collection_id = made.id
    acts = f"/curator/collections/{collection_id}"
    page = curator.get("/curator/collections").text
    assert "Round &lt;i&gt;things" in page
    assert f"{acts}/unlist" in page
    assert curator.post(f"{acts}/unlist").location == "/curator/collections"
    page = curator.get("/curator/collections").text
    assert "unlisted by a curator" in page
    assert f"{acts}/allow" in page
    curator.post(f"{acts}/allow")
    answer = curator.post(f"{acts}/delete")
    assert answer.status_code == 422
    assert "Tick that you are sure" in answer.text
    assert curator.post(f"{acts}/delete", data={"sure": "1"}).status_code == 303
    assert "No visitor has made a collection yet." in curator.get("/curator/collections").text
    log = [entry.what for entry in audit_log.latest(3)]
    assert log == ["deleted collection", "allowed collection", "unlisted collection"]
    assert f"deleted collection <bdi>{collection_id}</bdi>" in curator.get("/curator/log").text
    with pytest.raises(visitor_collections.NoCollection):
        visitor_collections.at(collection_id)


def report(collection: Collection, reporter: str = "ann") -> None:
    assert reports.submit(collection, reason="hate", words="<b>See</b>.", reporter=reporter, admit=lambda: None)


def test_reported_collections_are_listed_until_settled(curator: FlaskClient, made: Collection) -> None:
    assert "There are no open reports." in curator.get("/curator").text
    report(made)
    page = curator.get("/curator").text
    assert "Round &lt;i&gt;things" in page
    assert "&lt;b&gt;See&lt;/b&gt;." in page
    assert "There are no open reports." not in page
    left = curator.post(f"/curator/collections/{made.id}/leave", data={"back": "room"})
    assert left.location == "/curator"
    assert "There are no open reports." in curator.get("/curator").text
    assert made.listed_at is not None
    assert [entry.what for entry in audit_log.latest(1)] == ["left collection as it is"]


def test_unlisting_a_reported_collection_closes_its_reports(curator: FlaskClient, made: Collection) -> None:
    other = visitor_collections.create("Other things", "b" * 64, admit=lambda: None)
    for collection in (other, made):
        report(collection)
    assert [case.subject.id for case in reports.reported_collections(9)] == [other.id, made.id]
    assert [case.subject.id for case in reports.reported_collections(1)] == [other.id]
    curator.post(f"/curator/collections/{made.id}/unlist", data={"back": "room"})
    assert [case.subject.id for case in reports.reported_collections(9)] == [other.id]
