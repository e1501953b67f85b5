"""Search by look: what looks alike comes first, and only public walks; the page and the API say so."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from flask.testing import FlaskClient, FlaskCliRunner

from app.collection.moderation import curation
from app.collection.search import vector_index, visual_search
from app.collection.search.vector_file import Floats
from app.collection.search.vector_index import SourceError
from app.storage.database import writing
from app.storage.walk_models import VisualFeatures, Walk
from app.walks.saved import lifecycle
from tests.conftest import Maker
from tests.support.indexes import wait_for_index
from tests.support.rows import change

WIDTH = 64
Seen = Callable[..., Walk]


@pytest.fixture(autouse=True)
def look_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """Look for new rows at every search, not once a second."""
    monkeypatch.setattr(vector_index, "REFRESH_SECONDS", 0.0)


def direction(degrees: float) -> Floats:
    """Point somewhere on a circle: the further apart, the less alike."""
    turn = np.radians(degrees)
    found: Floats = np.full(WIDTH, 0.01, np.float32)
    found[::2], found[1::2] = np.cos(turn), np.sin(turn)
    return found


@pytest.fixture
def seen(publish: Maker) -> Seen:
    """Return a function that publishes a walk whose two frames look as given, in degrees."""

    def make(first: float, last: float, *, eye: str = "one", **fields: object) -> Walk:
        walk = publish(**fields)
        with writing() as session:
            vectors = visual_search.pack(np.stack([direction(first), direction(last)]))
            session.add(VisualFeatures(walk_number=walk.number, encoder=eye, frames=[0, 1], vectors=vectors))
        return walk

    return make


def ids(found: list[Walk] | None) -> list[str]:
    assert found is not None
    return [walk.id for walk in found]


@pytest.mark.databases
def test_what_looks_most_like_a_frame_comes_first(seen: Seen) -> None:
    walk, far, near, middle = seen(0, 90), seen(70, 200), seen(5, 300), seen(40, 220)
    assert ids(visual_search.similar_walks(walk, 0, limit=3)) == [near.id, middle.id, far.id]
    assert ids(visual_search.similar_walks(walk, 1, limit=1)) == [far.id]


def test_what_hardly_looks_like_a_frame_is_left_out(seen: Seen) -> None:
    walk, _unlike, alike = seen(0, 90), seen(80, 190), seen(70, 190)  # cosines of 0.17 and 0.34
    assert ids(visual_search.similar_walks(walk, 0, limit=3)) == [alike.id]


def test_walk_that_was_not_looked_at_is_like_nothing_yet(publish: Maker, seen: Seen) -> None:
    walk = publish()
    assert visual_search.similar_walks(walk, 0, limit=3) is None
    assert visual_search.count_walks_without_features() == 1
    assert visual_search.walks_without_features(None, 5, eye="one") == [walk]
    assert visual_search.walks_without_features(walk.number, 5, eye="one") == []
    assert visual_search.similar_walks(seen(0, 90), 0, limit=3) == []


@pytest.mark.databases
def test_only_public_walks_are_found(seen: Seen) -> None:
    walk, hidden, unlisted, deleted = seen(0, 90), seen(1, 90), seen(2, 90, unlisted=True), seen(3, 90)
    shown = seen(4, 90)
    assert len(ids(visual_search.similar_walks(walk, 0, limit=9))) == 3
    curation.hide(hidden)
    lifecycle.delete_walk(deleted)
    assert ids(visual_search.similar_walks(walk, 0, limit=9)) == [shown.id]
    assert ids(visual_search.similar_walks(unlisted, 0, limit=9)) == [walk.id, shown.id]
    assert visual_search.features_of(deleted) is None


def test_repeat_has_the_looks_of_its_original_and_is_not_looked_at(seen: Seen, publish: Maker) -> None:
    walk, other = seen(0, 90), seen(10, 90)
    repeat = publish()
    change(repeat, repeat_of=walk.id)
    assert ids(visual_search.similar_walks(repeat, 0, limit=9)) == [other.id]
    assert visual_search.walks_without_features(None, 5, eye="one") == []


def test_walks_seen_by_another_eye_are_looked_at_again(seen: Seen) -> None:
    old = seen(0, 90)
    assert visual_search.similar_walks(old, 0, limit=9) == []
    new, newer = seen(0, 90, eye="two"), seen(10, 90, eye="two")
    assert visual_search.walks_without_features(None, 5, eye="two") == [old]
    assert visual_search.count_walks_without_features() == 1
    assert "something else" in visual_search.flaw()
    assert visual_search.similar_walks(new, 0, limit=9) is None
    wait_for_index("looks")
    assert visual_search.flaw() == ""
    assert ids(visual_search.similar_walks(new, 0, limit=9)) == [newer.id]


@pytest.mark.databases
def test_index_is_rebuilt_from_the_rows(seen: Seen, instance: Path, runner: FlaskCliRunner) -> None:
    with pytest.raises(SourceError, match="No worker"):
        list(visual_search.reindex())
    walk, other = seen(0, 90), seen(10, 90)
    (instance / "looks.2.vectors").write_bytes(b"broken")
    assert "no index of looks" in visual_search.flaw()
    answer = runner.invoke(args=["gallery", "reindex"])
    assert "By look: 4 vectors in" in answer.output
    assert ids(visual_search.similar_walks(walk, 0, limit=9)) == [other.id]
    assert visual_search.summary() == "4 frames are in the index, 0 walks wait for image embeddings"


@pytest.mark.databases
def test_rows_of_another_database_are_not_believed(seen: Seen, monkeypatch: pytest.MonkeyPatch) -> None:
    walk = seen(0, 90)
    seen(10, 90)
    with monkeypatch.context() as patch:
        patch.setattr(vector_index, "mark_of", lambda _: 1)
        patch.setattr(visual_search, "mark_of", lambda _: 1)
        assert len(ids(visual_search.similar_walks(walk, 0, limit=9))) == 1
    assert "other walks" in visual_search.flaw()
    assert visual_search.similar_walks(walk, 0, limit=9) is None
    wait_for_index("looks")
    assert len(ids(visual_search.similar_walks(walk, 0, limit=9))) == 1


@pytest.mark.databases
def test_page_shows_what_looks_alike(client: FlaskClient, seen: Seen, publish: Maker) -> None:
    walk, near, far = seen(0, 90), seen(5, 300), seen(60, 250)
    page = client.get(f"/walks/{walk.id}/alike?frame=0").text
    assert page.index(near.id) < page.index(far.id)
    assert "/alike?frame=0" in client.get(walk.url).text
    in_german = {"Accept-Language": "de"}
    assert "Ähnliche Bilder" in client.get(walk.url, headers=in_german).text
    assert "stehen vorn" in client.get(f"/walks/{walk.id}/alike", headers=in_german).text
    unseen = publish()
    assert "has not been compared with others yet" in client.get(f"/walks/{unseen.id}/alike").text
    assert "/alike" not in client.get(unseen.url).text


@pytest.mark.parametrize("frame", ["2", "-1", "x", "0x", "", "9" * 5000, "٣"])
def test_frame_that_is_not_there_is_not_found(client: FlaskClient, seen: Seen, frame: str) -> None:
    walk = seen(0, 90)
    assert client.get(f"/walks/{walk.id}/alike", query_string={"frame": frame}).status_code == 404


def test_api_lists_what_looks_alike(client: FlaskClient, seen: Seen, publish: Maker) -> None:
    walk, near, _ = seen(0, 90), seen(5, 300), seen(200, 250)
    answer = client.get(f"/api/v1/walks/{walk.id}/alike?frame=0&limit=1").json
    assert answer["frame"] == 0
    assert [each["id"] for each in answer["walks"]] == [near.id]
    assert client.get(f"/api/v1/walks/{publish().id}/alike").json == {"frame": 1, "walks": None}
    for query in ("limit=0", "limit=x", "frame=-1", "frame=+1", "other=1"):
        assert client.get(f"/api/v1/walks/{walk.id}/alike?{query}").status_code == 422


def test_command_asks_the_worker_to_look(runner: FlaskCliRunner, publish: Maker) -> None:
    assert runner.invoke(args=["gallery", "look"]).output == "0 films wait for their image embeddings.\n"
    publish()
    assert "Redis does not answer" in runner.invoke(args=["gallery", "look"]).output
