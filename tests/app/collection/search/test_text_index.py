"""The index of public walks: what publishing and deleting cost, and that nothing of a walk outlives it there."""

from collections.abc import Callable
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from sqlalchemy import event, insert, select, text, update

from app.collection.gallery import catalogue
from app.collection.moderation import curation
from app.collection.search import reindexing
from app.storage.database import db, is_sqlite, now, writing
from app.storage.walk_models import FINISHED, GalleryEntry, VocabularyWord, Walk
from app.walks.saved import lifecycle
from tests.conftest import Maker
from tests.support.rows import change

pytestmark = pytest.mark.databases

CROWD = 1_500

READ = "SELECT sum(seq_tup_read + coalesce(idx_tup_fetch, 0)) FROM pg_stat_xact_user_tables"


@pytest.fixture
def work() -> Callable[[Callable[[], None]], int]:
    """Return a function that measures what a deed costs the database: its instructions, or the rows that it reads."""
    return _steps_of_sqlite if is_sqlite() else _rows_of_postgres


def _steps_of_sqlite(deed: Callable[[], None]) -> int:
    steps = 0

    def count() -> int:
        nonlocal steps
        steps += 1
        return 0

    connection: Any = db.session.connection().connection.driver_connection
    db.session.rollback()
    connection.set_progress_handler(count, 20)
    try:
        deed()
    finally:
        connection.set_progress_handler(None, 0)
    return steps


def _rows_of_postgres(deed: Callable[[], None]) -> int:
    rows = 0

    def begin(connection: Any) -> None:
        nonlocal rows
        for plan in ("seqscan", "hashjoin", "mergejoin"):  # as where very many walks are public
            connection.exec_driver_sql(f"SET LOCAL enable_{plan} = off")
        rows -= int(connection.exec_driver_sql(READ).scalar() or 0)

    def commit(connection: Any) -> None:
        nonlocal rows
        rows += int(connection.exec_driver_sql(READ).scalar() or 0)

    event.listen(db.engine, "begin", begin)
    event.listen(db.engine, "commit", commit)
    try:
        deed()
    finally:
        event.remove(db.engine, "begin", begin)
        event.remove(db.engine, "commit", commit)
    return rows


def finish(walk: Walk) -> None:
    change(walk, state=FINISHED, finished_at=now())


def walked(walk: Walk) -> int | None:
    db.session.rollback()
    return db.session.scalar(select(GalleryEntry.continuations).where(GalleryEntry.number == walk.number))


def publish_crowd(parent: Walk) -> None:
    """Publish many walks that go on from one, and as many again of which each goes on from another that is gone."""
    row = {column.key: getattr(parent, column.key) for column in Walk.__mapper__.column_attrs if column.key != "number"}
    ids = [f"{number:016}" for number in range(2 * CROWD)]
    crowd = [
        row | {"id": name, "search_text": "", "finished_at": now() - timedelta(days=1, seconds=number)}
        for number, name in enumerate(ids)
    ]
    parents = [parent.id] * CROWD + [f"gone{name[4:]}" for name in ids[CROWD:]]
    with writing() as session:
        session.execute(insert(Walk), [each | {"continues": name} for each, name in zip(crowd, parents, strict=True)])
        if not is_sqlite():
            session.execute(text("ANALYZE"))
    db.session.remove()
    db.engine.dispose()  # what was planned when nothing was public is planned again


@pytest.mark.slow
def test_publishing_costs_the_same_however_many_continue_the_same_walk(
    publish: Maker, request_walk: Maker, work: Callable[[Callable[[], None]], int]
) -> None:
    lonely, popular = publish("a fox", "a kite"), publish("a bear", "a kite")
    publish_crowd(popular)
    costs = []
    for parent in (popular, lonely):
        child = request_walk("an owl", "a kite")
        change(child, continues=parent.id)
        costs.append(work(partial(finish, child)))
    assert (walked(popular), walked(lonely)) == (CROWD + 1, 1)
    assert costs[0] < 1.5 * costs[1] + 20


@pytest.mark.slow
def test_retitle_costs_the_same_with_remixes(publish: Maker, work: Callable[[Callable[[], None]], int]) -> None:
    lonely, popular = publish("a fox", "a kite"), publish("a bear", "a kite")
    publish_crowd(popular)
    costs = [work(partial(change, walk, search_text=" a title ")) for walk in (popular, lonely)]
    assert walked(popular) == CROWD
    assert costs[0] < 1.5 * costs[1] + 20


def test_who_goes_on_is_counted_once_whatever_becomes_of_either(publish: Maker, request_walk: Maker) -> None:
    parent, other, child = publish("a fox", "a kite"), publish("a bear", "a kite"), request_walk("an owl", "a kite")
    change(child, continues=parent.id, remix_of=parent.id)
    assert walked(parent) == 0
    finish(child)
    assert walked(parent) == 1
    change(child, search_text=" another title ")
    assert walked(parent) == 1
    change(child, remix_of=other.id)
    assert (walked(parent), walked(other)) == (1, 1)
    change(child, continues=None)
    assert (walked(parent), walked(other)) == (0, 1)
    curation.hide(other)
    assert walked(other) is None
    sibling = publish("a pear", "a kite")
    change(sibling, remix_of=other.id)
    curation.unhide(other)
    assert walked(other) == 2
    curation.hide(child)
    assert walked(other) == 1
    curation.unhide(child)
    lifecycle.delete_walk(sibling)
    assert walked(other) == 1
    with writing() as session:
        session.execute(text("DELETE FROM walks WHERE id = :id"), {"id": child.id})
    assert walked(other) == 0


def test_those_who_go_on_are_counted_within_one_statement(publish: Maker) -> None:
    parent, *children = (publish("a fox", "a kite") for _ in range(4))
    for child in children:
        change(child, continues=parent.id)
    everything = update(Walk).where(Walk.id.in_([walk.id for walk in [parent, *children]]))
    with writing() as session:
        session.execute(everything.values(unlisted=True))
    assert db.session.scalars(select(GalleryEntry)).all() == []
    with writing() as session:
        session.execute(everything.values(unlisted=False))
    assert walked(parent) == 3


def test_walk_keeps_its_figures_when_its_place_or_words_change(publish: Maker) -> None:
    parent, child = publish("a fox", "a kite"), publish("an owl", "a kite")
    change(child, continues=parent.id)
    later = now() + timedelta(minutes=3)
    change(parent, finished_at=later, search_text=" zeppelin ", evenness=0.25)
    row = db.session.scalar(select(GalleryEntry).where(GalleryEntry.number == parent.number))
    assert (row.continuations, row.evenness, row.search_text.split()[0]) == (1, 0.25, "zeppelin")
    assert row.finish_key >> 20 == int(later.timestamp() * 1000)
    found = catalogue.page("zeppelin")
    assert [walk.id for walk in found.walks] == [parent.id]
    assert catalogue.page("fox").walks == []


def test_reindexing_counts_again(publish: Maker) -> None:
    parent, child = publish("a fox", "a kite"), publish("an owl", "a kite")
    change(child, continues=parent.id)
    change(GalleryEntry, continuations=7)
    list(reindexing.reindex())
    assert (walked(parent), walked(child)) == (1, 0)


# What "did you mean" knows


def vocabulary() -> set[str]:
    db.session.rollback()
    return set(db.session.scalars(select(VocabularyWord.word)))


def in_style(style: str, *prompts: str) -> list[dict[str, str]]:
    """Return stops in a style; without one, another is chosen for each walk, whose words are known as well."""
    return [{"prompt": prompt, "hand": style} for prompt in prompts]


@pytest.mark.parametrize(
    "take_down",
    [lifecycle.delete_walk, curation.hide, lambda walk: change(walk, unlisted=True)],
    ids=["delete", "hide", "unlist"],
)
def test_words_of_one_walk_alone_are_forgotten_with_it(publish: Maker, take_down: Callable[[Walk], None]) -> None:
    publish(stops=in_style("mosaic", "a red fox", "a kite"))
    taken = publish(stops=in_style("linocut", "a red secret", "a kite made of names"))
    assert vocabulary() == {"red", "fox", "kite", "mosaic", "secret", "made", "names", "linocut"}
    take_down(taken)
    assert vocabulary() == {"red", "fox", "kite", "mosaic"}


def test_words_of_a_title_that_was_changed_are_forgotten(publish: Maker) -> None:
    walk = publish("a fox", "a kite")
    change(walk, search_text=" fox kite telephone ")
    assert "telephone" in vocabulary()
    change(walk, search_text=" fox kite ")
    assert vocabulary() == {"fox", "kite"}


def test_words_of_a_walk_that_is_public_again_are_known_again(publish: Maker) -> None:
    walk = publish(stops=in_style("mosaic", "a fox", "a kite"))
    curation.hide(walk)
    assert vocabulary() == set()
    curation.unhide(walk)
    assert vocabulary() == {"fox", "kite", "mosaic"}


def test_words_of_any_script_are_forgotten(publish: Maker) -> None:
    walk = publish("рыжая лиса", "żółw naïve 'quoted' \"twice\" a\\b %s :x")
    assert {"рыжая", "лиса", "naive", "quoted", "twice"} <= vocabulary()
    lifecycle.delete_walk(walk)
    assert vocabulary() == set()
