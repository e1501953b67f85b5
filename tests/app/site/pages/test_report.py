"""Reports of visitors: one from each for a walk, counted, kept as they were written, and shown to the house only."""

import pytest
from flask.testing import FlaskClient, FlaskCliRunner

from app.access.auth import rate_limits
from app.collection.gallery import visitor_collections
from app.collection.moderation import reports
from app.storage.collection_models import Collection
from app.storage.walk_models import Walk
from app.walks.saved import lifecycle
from tests.support.commands import run, run_json
from tests.support.rows import Maker


def report(client: FlaskClient, walk: Walk, **fields: str) -> int:
    return client.post(f"/walks/{walk.id}/report", data={"reason": "unfit", **fields}).status_code


def test_page_of_a_walk_leads_to_the_form_which_reports_it(client: FlaskClient, walk: Walk) -> None:
    address = f"/walks/{walk.id}/report"
    assert f'href="{address}"' in client.get(walk.url).text
    form = client.get(address)
    assert (form.headers["X-Robots-Tag"], form.headers["Cache-Control"]) == ("noindex", "no-store")
    assert all(f'value="{reason}"' in form.text for reason in reports.REASONS.keys() - {reports.OF_SOUND})
    said = client.post(address, data={"reason": "hate", "words": "It says\r\nthis."})
    assert said.status_code == 200
    assert "A curator will look at this walk" in said.text
    (case,) = reports.reported_walks(10)
    assert case.subject.id == walk.id
    assert [(each.reason, each.text) for each in case.reports] == [("hate", "It says\nthis.")]


def test_visitor_reports_a_walk_once(client: FlaskClient, walk: Walk) -> None:
    assert [report(client, walk) for _ in range(2)] == [200, 200]
    assert "You have reported this walk before" in client.post(f"/walks/{walk.id}/report", data={"reason": "hate"}).text
    assert len(reports.reported_walks(10)[0].reports) == 1
    assert report(client.application.test_client(), walk) == 200
    assert len(reports.reported_walks(10)[0].reports) == 2


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"reason": ""}, "Choose one of the reasons."),
        ({"reason": "boring"}, "Choose one of the reasons."),
        ({"words": "x" * 1001}, "Your words are 1,001 characters long; at most 1,000."),
    ],
)
@pytest.mark.parametrize("what", ["walk", "collection"])
def test_unusable_report_keeps_its_words(
    client: FlaskClient, publish: Maker, collection: Collection, what: str, fields: dict[str, str], said: str
) -> None:
    address = f"/walks/{publish().id}" if what == "walk" else collection.url
    answer = client.post(f"{address}/report", data={"reason": "unfit", "words": "Look <here>."} | fields)
    assert answer.status_code == 422
    assert said in answer.text
    assert fields.get("words", "Look &lt;here&gt;.") in answer.text
    assert (reports.count(), reports.reported_collections(10)) == (0, [])


def test_words_that_cannot_be_kept_are_left_out(client: FlaskClient, publish: Maker) -> None:
    assert report(client, publish(), words="a\x00b\x1b[31mc") == 200
    assert reports.reported_walks(1)[0].reports[0].text == "ab[31mc"


@pytest.mark.databases
def test_eleventh_report_of_the_hour_is_refused(client: FlaskClient, publish: Maker) -> None:
    walks = [publish(f"a fox {number}", "a kite") for number in range(rate_limits.REPORT.most[0] + 1)]
    assert [report(client, walk) for walk in walks] == [200] * rate_limits.REPORT.most[0] + [429]
    answer = client.post(f"/walks/{walks[-1].id}/report", data={"reason": "unfit", "words": "Mine."})
    assert "10 reports within an hour are as many as we take from one visitor" in answer.text
    assert "Mine." in answer.text
    assert int(answer.headers["Retry-After"]) > 0


def test_what_is_not_there_cannot_be_reported(client: FlaskClient, walk: Walk) -> None:
    lifecycle.delete_walk(walk)
    assert report(client, walk) == 410
    assert client.get("/walks/abcdefgh23456789/report").status_code == 404
    assert client.get("/collections/abcdefgh23456789/report").status_code == 404
    assert client.post("/collections/abcdefgh23456789/report", data={"reason": "hate"}).status_code == 404


@pytest.mark.databases
def test_commands_list_and_settle(runner: FlaskCliRunner, client: FlaskClient, publish: Maker) -> None:
    walk, other = publish("a kite", "a gull"), publish()
    report(client, walk, words="See.")
    report(client, other)
    answer = run_json(runner, "curator", "reports")
    assert [case["walk"] for case in answer] == [walk.id, other.id]
    assert answer[0]["reports"][0]["words"] == "See."
    assert walk.id in run(runner, "curator", "reports").output
    assert run_json(runner, "curator", "leave", walk.id) == {"id": walk.id, "settled": 1}
    assert [case.subject.id for case in reports.reported_walks(9)] == [other.id]


@pytest.fixture
def collection(client: FlaskClient, publish: Maker) -> Collection:
    """Make a collection of another visitor."""
    return visitor_collections.create("Yellow <i>things</i>", "a" * 64, walk=publish(), admit=lambda: None)


@pytest.mark.databases
def test_collection_is_reported_once_by_each_visitor(client: FlaskClient, collection: Collection) -> None:
    address = f"{collection.url}/report"
    assert f'href="{address}"' in client.get(collection.url).text
    form = client.get(address)
    assert (form.headers["X-Robots-Tag"], form.headers["Cache-Control"]) == ("noindex", "no-store")
    assert 'value="sound"' not in form.text
    assert "A curator will look at this collection" in client.post(address, data={"reason": "hate"}).text
    again = client.post(address, data={"reason": "unfit", "words": "See."}).text
    assert "You have reported this collection before" in again
    client.application.test_client().post(address, data={"reason": "rights", "words": "Mine."})
    (case,) = reports.reported_collections(10)
    assert case.subject.id == collection.id
    assert [(each.reason, each.text) for each in case.reports] == [("hate", ""), ("rights", "Mine.")]
    assert reports.count() == 0


def test_owner_is_not_led_to_report_their_collection(client: FlaskClient) -> None:
    address = client.post("/mine/collections", data={"title": "Mine"}).location
    assert "/report" not in client.get(address).text


def test_reports_of_collections_and_walks_add_up(client: FlaskClient, collection: Collection, publish: Maker) -> None:
    for number in range(rate_limits.REPORT.most[0]):
        assert report(client, publish(f"a fox {number}", "a kite")) == 200
    assert client.post(f"{collection.url}/report", data={"reason": "hate"}).status_code == 429


@pytest.mark.databases
def test_reports_are_deleted_with_collection_and_reporter(client: FlaskClient, collection: Collection) -> None:
    other = client.application.test_client()
    for visitor in (client, other):
        visitor.post(f"{collection.url}/report", data={"reason": "hate"})
    assert "1 report of yours" in client.post("/mine/delete", data={"sure": "1"}).text
    assert len(reports.reported_collections(9)[0].reports) == 1
    visitor_collections.delete_own(collection)
    assert reports.reported_collections(9) == []
