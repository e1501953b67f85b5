"""Search by meaning: found without a common word, new walks at once, and nothing that the database does not confirm."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from filelock import FileLock
from flask import Flask
from sqlalchemy import update

from app.collection.gallery import catalogue
from app.collection.search import ranking, semantic_search, vector_index
from app.collection.search.vector_file import Vectors
from app.collection.search.vector_index import SourceError
from app.core.text.embedding import Embedding, TableError
from app.storage.database import writing
from app.storage.walk_models import Stop, Walk
from app.walks.saved import lifecycle
from tests.conftest import Maker, inside, make_app
from tests.support.indexes import makers, wait_for_index
from tests.support.raising import raising
from tests.support.tables import make_table


@pytest.fixture
def table(tmp_path: Path) -> Path:
    return make_table(tmp_path / "table")


@pytest.fixture
def app(instance: Path, table: Path) -> Iterator[Flask]:
    with inside(make_app(instance, MEANING=str(table))) as app:
        yield app


@pytest.fixture
def look_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """Look for new walks at every search, not once a second."""
    monkeypatch.setattr(vector_index, "REFRESH_SECONDS", 0.0)


@pytest.fixture
def few_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make three walks more than one search adds."""
    monkeypatch.setattr(vector_index, "CATCH_UP_MAX", 1)


@pytest.fixture
def boat(look_again: None, publish: Maker) -> Walk:
    """Publish a walk that the index holds."""
    walk = publish("a boat", "a fish")
    assert semantic_search.ranked("whale") == [walk.number]
    return walk


def assert_rebuilt(walk: Walk) -> None:
    """Search in vain, and again when the index is rebuilt."""
    assert semantic_search.ranked("whale") == []
    wait_for_index("meaning")
    assert semantic_search.ranked("whale") == [walk.number]


def another(instance: Path, table: Path) -> Flask:
    return make_app(instance, MEANING=str(table))


full = raising(OSError(28, "No space left on device"))


def test_words_of_a_theme_are_alike(table: Path) -> None:
    pumpkin, leaves, rocket, nothing = Embedding.load(table).embed(["a pumpkin", "leaves", "rockets", "???"])
    assert pumpkin @ leaves > 0.8
    assert pumpkin @ rocket < 0.5
    assert not nothing.any()


@pytest.mark.parametrize("flaw", ["missing", "empty", "foreign"])
def test_table_that_cannot_be_read_is_refused(table: Path, flaw: str) -> None:
    path = table / "table.npz"
    path.unlink() if flaw == "missing" else path.write_bytes(b"" if flaw == "empty" else b"PK, but no archive")
    with pytest.raises(TableError, match=r"table\.npz"):
        Embedding.load(table)


@pytest.mark.databases
@pytest.mark.usefixtures("look_again")
def test_walk_is_found_by_what_it_means(publish: Maker) -> None:
    tea = publish("a pumpkin", "a cup")
    rocket = publish("a rocket", "a star")
    assert semantic_search.ranked("cosy tea") == [tea.number]
    assert semantic_search.ranked("moon") == [rocket.number]
    assert semantic_search.ranked("xyzzy") == []
    assert semantic_search.ranked('"cosy  tea*" -moon') == [tea.number]
    assert semantic_search.ranked("-tea") == []
    both = publish("a moon", "a cup")
    assert semantic_search.ranked("stars") == [rocket.number, both.number]


def test_search_asks_for_it(app: Flask) -> None:
    assert semantic_search.ranked in ranking.rankers()


def test_processes_share_an_index(boat: Walk, publish: Maker, instance: Path, table: Path) -> None:
    with another(instance, table).app_context():
        assert semantic_search.ranked("whale") == [boat.number]
    second = publish("a whale", "a boat")
    assert set(semantic_search.ranked("whale")) == {boat.number, second.number}


@pytest.mark.databases
@pytest.mark.usefixtures("look_again", "few_at_once")
def test_index_that_a_restart_lost_is_made_again_without_a_command(publish: Maker, instance: Path) -> None:
    numbers = [publish("a boat", f"a fish {i}").number for i in range(3)]
    assert semantic_search.ranked("whale") == []  # by words alone meanwhile
    wait_for_index("meaning")
    assert set(semantic_search.ranked("whale")) == set(numbers)
    assert semantic_search.flaw() == ""
    assert semantic_search.summary() == "3 walks are in the index"
    assert [path.name for path in instance.glob("meaning*")] == ["meaning.2.vectors"]


@pytest.mark.usefixtures("few_at_once")
def test_index_that_is_not_there_yet_is_no_flaw_and_is_not_made_by_asking_for_flaws(publish: Maker) -> None:
    for number in range(3):
        publish("a boat", f"a fish {number}")
    assert semantic_search.flaw() == ""
    assert semantic_search.summary() == "no walks are in the index yet: the first search builds it"
    assert not makers("meaning")


@pytest.mark.databases
@pytest.mark.usefixtures("look_again", "few_at_once")
def test_several_processes_make_an_index_once(
    publish: Maker, instance: Path, table: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO", "app.collection.search.vector_index")
    numbers = {publish("a boat", f"a fish {i}").number for i in range(3)}
    with FileLock(instance / ".indexes.lock"):  # so that both have begun before either can
        with another(instance, table).app_context():
            assert semantic_search.ranked("whale") == []
        assert semantic_search.ranked("whale") == []
    wait_for_index("meaning")
    assert set(semantic_search.ranked("whale")) == numbers
    assert [record.message for record in caplog.records if "vector index" in record.message] == [
        "Rebuilding the vector index of meaning.",
        "Rebuilt the vector index of meaning.",
    ]


@pytest.mark.usefixtures("look_again", "few_at_once")
def test_index_that_cannot_be_made_is_logged_and_tried_again_later(
    publish: Maker, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    numbers = {publish("a boat", f"a fish {i}").number for i in range(3)}
    with monkeypatch.context() as patch:
        patch.setattr(Vectors, "add", full)
        for _ in range(3):
            assert semantic_search.ranked("whale") == []
            wait_for_index("meaning")
    said = [record.message for record in caplog.records if "No space left" in record.message]
    assert len(said) == 1
    assert semantic_search.ranked("whale") == []
    monkeypatch.setattr(vector_index, "RETRY_SECONDS", 0.0)
    assert semantic_search.ranked("whale") == []
    wait_for_index("meaning")
    assert set(semantic_search.ranked("whale")) == numbers


@pytest.mark.databases
@pytest.mark.usefixtures("look_again")
def test_walks_beyond_one_searchs_share_are_added_next(publish: Maker, monkeypatch: pytest.MonkeyPatch) -> None:
    numbers = [publish("a boat", "a fish").number]
    assert semantic_search.ranked("whale") == numbers
    monkeypatch.setattr(vector_index, "CATCH_UP_MAX", 1)
    numbers += [publish("a boat", f"a fish {i}").number for i in range(4)]
    assert len(semantic_search.ranked("whale")) == 2
    assert "gallery reindex" in semantic_search.flaw()
    assert [step.left for step in semantic_search.reindex()] == [0]
    assert set(semantic_search.ranked("whale")) == set(numbers)
    assert semantic_search.flaw() == ""


@pytest.mark.databases
@pytest.mark.usefixtures("look_again")
def test_reindexing_takes_the_place_of_what_is_searched(publish: Maker, instance: Path, table: Path) -> None:
    numbers = {publish("a boat", f"a fish {i}").number for i in range(3)}
    with another(instance, table).app_context():
        assert set(semantic_search.ranked("whale")) == numbers
        lifecycle.delete_walk(publish("a whale", "a boat"))
        assert len(list(semantic_search.reindex())) == 1
        assert set(semantic_search.ranked("whale")) == numbers
    assert set(semantic_search.ranked("whale")) == numbers
    assert [path.name for path in instance.glob("meaning*")] == ["meaning.2.vectors"]


@pytest.mark.usefixtures("look_again")
def test_index_of_other_walks_is_not_searched(publish: Maker, monkeypatch: pytest.MonkeyPatch) -> None:
    walk = publish("a boat", "a fish")
    with monkeypatch.context() as patch:
        patch.setattr(vector_index, "mark_of", lambda _: 1)
        patch.setattr(semantic_search, "mark_of", lambda _: 1)
        assert semantic_search.ranked("whale") == [walk.number]
    assert "other walks. The next search rebuilds it" in semantic_search.flaw()
    assert_rebuilt(walk)


@pytest.mark.usefixtures("look_again")
@pytest.mark.parametrize("content", [b"", b"no index"])
def test_broken_index_costs_only_the_finding_by_meaning(publish: Maker, instance: Path, content: bytes) -> None:
    walk = publish("a boat", "a fish")
    (instance / "meaning.2.vectors").write_bytes(content)
    assert "There is no index of meaning" in semantic_search.flaw()
    assert_rebuilt(walk)


@pytest.mark.usefixtures("look_again")
def test_index_that_is_cut_off_while_it_serves_is_filled_again(publish: Maker, instance: Path) -> None:
    numbers = {publish("a boat", f"a fish {i}").number for i in range(3)}
    assert set(semantic_search.ranked("whale")) == numbers
    os.truncate(instance / "meaning.2.vectors", 300)
    assert set(semantic_search.ranked("whale")) == numbers
    assert semantic_search.flaw() == ""


def test_index_whose_last_row_a_power_cut_left_as_zeros_is_rebuilt(boat: Walk, instance: Path) -> None:
    with (instance / "meaning.2.vectors").open("ab") as file:
        file.write(bytes(1000))
    assert "other walks. The next search rebuilds it" in semantic_search.flaw()
    assert_rebuilt(boat)


def test_broken_index_is_logged_once(boat: Walk, instance: Path, caplog: pytest.LogCaptureFixture) -> None:
    (instance / "meaning.2.vectors").write_bytes(b"no index")
    assert semantic_search.flaw() == semantic_search.flaw()
    (line,) = [record.message for record in caplog.records if record.name == "app.collection.search.vector_index"]
    assert (
        "meaning.2.vectors is an index of something else. The next search rebuilds it; to rebuild it now, run: flask"
        in line
    )
    assert_rebuilt(boat)


@pytest.mark.usefixtures("look_again")
def test_index_of_release_1_0_0_is_no_flaw_and_is_deleted(publish: Maker, instance: Path) -> None:
    walk = publish("a boat", "a fish")
    (instance / "meaning.vectors").write_bytes(b"moma-v1\0 and what follows")
    assert semantic_search.flaw() == ""
    assert semantic_search.ranked("whale") == [walk.number]
    with another(instance, Path(semantic_search.current_app.config["MEANING"])).app_context():
        assert semantic_search.ranked("whale") == [walk.number]
    assert [path.name for path in instance.glob("meaning*")] == ["meaning.2.vectors"]


def test_index_is_searched_if_it_cannot_grow(boat: Walk, publish: Maker, monkeypatch: pytest.MonkeyPatch) -> None:
    other = publish("a whale", "a fish")
    with monkeypatch.context() as patch:
        patch.setattr(Vectors, "add", full)
        assert semantic_search.ranked("whale") == [boat.number]
        assert semantic_search.flaw() == "Nothing can be added to the index of meaning: No space left on device."
    assert set(semantic_search.ranked("whale")) == {boat.number, other.number}
    assert semantic_search.flaw() == ""


def test_what_a_killed_reindexing_left_is_written_over_by_the_next(publish: Maker, instance: Path) -> None:
    publish("a boat", "a fish")
    (instance / "meaning.2.new").write_bytes(b"half")
    list(semantic_search.reindex())
    assert sorted(path.name for path in instance.glob("meaning*")) == ["meaning.2.vectors"]


def test_another_table_wants_another_index(boat: Walk, instance: Path, tmp_path: Path) -> None:
    with another(instance, make_table(tmp_path / "other", seed=2)).app_context():
        assert "something else" in semantic_search.flaw()
        assert_rebuilt(boat)


def test_without_a_table_there_is_none(instance: Path) -> None:
    with make_app(instance, MEANING="nowhere").app_context():
        assert semantic_search.ranked("whale") == []
        assert "nowhere/table.npz is missing" in semantic_search.flaw()
        with pytest.raises(SourceError):
            list(semantic_search.reindex())


def test_walk_in_another_language_is_found_by_what_it_shows(request_walk: Maker) -> None:
    walk, _other = request_walk("Kürbisse", "Raketen"), request_walk("Kürbisse", "Sterne")
    shown = {"words": "a pumpkin, neon"}
    with writing() as session:
        first = (Stop.walk_number == walk.number) & (Stop.position == 0)
        session.execute(update(Stop).where(first).values(scene=shown, chosen_style="neon"))
    assert semantic_search.ranked("pumpkin") == [walk.number]


def test_similar_walks_are_near_in_meaning_and_not_itself(request_walk: Maker) -> None:
    first, second = request_walk("a pumpkin", "leaves"), request_walk("leaves", "a pumpkin")
    request_walk("rockets", "a rocket")
    assert semantic_search.similar_numbers(first) == [second.number]


def test_related_walks_are_the_nearest_in_meaning_then_the_newest(publish: Maker) -> None:
    near, far = publish("leaves", "a pumpkin", minutes_ago=9), publish("rockets", "a rocket")
    walk = publish("a pumpkin", "leaves", minutes_ago=20)
    hidden = publish("leaves", "a pumpkin", unlisted=True)
    assert catalogue.related_numbers(walk, 4) == [near.number, far.number]
    assert catalogue.related_numbers(walk, 4, excluding=[near]) == [far.number]
    assert hidden.number in semantic_search.similar_numbers(walk)
