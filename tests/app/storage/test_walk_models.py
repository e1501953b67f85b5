"""Walks, their names and addresses."""

from datetime import UTC, datetime

import pytest
from sqlalchemy import delete, func, select, update
from sqlalchemy.exc import IntegrityError

from app.storage.database import db, now, writing
from app.storage.task_kinds import KINDS
from app.storage.walk_models import ALPHABET, ID, ID_LENGTH, SLUG_MAX, STATES, WAITING, Stop, Task, Walk, new_id
from tests.conftest import Maker
from tests.support.rows import store

pytestmark = pytest.mark.databases


def walk_of(*prompts: str, **columns: object) -> Walk:
    stops = [Stop(position=index, prompt=prompt) for index, prompt in enumerate(prompts)]
    return Walk(**{"id": "a" * ID_LENGTH, "stops": stops, **columns})


def test_ids_are_unguessable_and_hold_no_hyphen() -> None:
    ids = {new_id() for _ in range(200)}
    assert len(ids) == 200
    assert all(ID.fullmatch(name) for name in ids)
    assert len(ALPHABET) ** ID_LENGTH > 2**79
    assert not set(ALPHABET) & set("-lo01i")


@pytest.mark.parametrize(
    ("prompts", "title"),
    [
        (("a fox", "a sunflower"), "A fox, a sunflower"),
        (("a fox", "the sea", "a kite"), "A fox, the sea, a kite"),
        (("ένας", "ήλιος"), "Ένας, ήλιος"),
        ((), ""),
    ],
)
def test_title_is_that_of_a_wall_label(prompts: tuple[str, ...], title: str) -> None:
    assert walk_of(*prompts).title == title


@pytest.mark.parametrize(
    ("prompts", "slug"),
    [
        (("a fox", "a sunflower"), "a-fox-a-sunflower"),
        (("a fox", "the sea", "a kite"), "a-fox-a-kite"),
        (("Crème brûlée", "À la carte!"), "creme-brulee-a-la-carte"),
        (("狐狸", "太阳"), ""),
        (("🦊", "a/b?c#d%2e..<script>"), "a-b-c-d-2e-script"),
        ((), ""),
    ],
)
def test_slug_holds_nothing_but_letters_digits_and_hyphens(prompts: tuple[str, ...], slug: str) -> None:
    assert walk_of(*prompts).slug == slug


def test_long_slug_is_cut_without_a_hyphen_at_its_end() -> None:
    slug = walk_of("a " * 100, "b").slug
    assert len(slug) <= SLUG_MAX
    assert not slug.endswith("-")


def test_address_is_root_relative_with_the_slug_behind_a_hyphen() -> None:
    assert walk_of("a fox", "a kite").url == f"/walks/{'a' * ID_LENGTH}-a-fox-a-kite"
    assert walk_of("狐狸", "太阳").url == f"/walks/{'a' * ID_LENGTH}"


def test_year_is_that_of_the_painting() -> None:
    asked, painted = datetime(2025, 12, 31, tzinfo=UTC), datetime(2026, 1, 1, tzinfo=UTC)
    assert walk_of(created_at=asked).year == 2025
    assert walk_of(created_at=asked, finished_at=painted).year == 2026


@pytest.mark.parametrize("state", STATES)
def test_only_queued_and_painting_walks_wait(state: str) -> None:
    assert walk_of(state=state).is_waiting == (state in WAITING)


def test_only_finished_listed_walks_that_are_not_deleted_are_public() -> None:
    assert walk_of(state="finished", unlisted=False).is_public
    assert not walk_of(state="painting", unlisted=False).is_public
    assert not walk_of(state="finished", unlisted=True).is_public
    assert not walk_of(state="finished", unlisted=False, deleted_at=now()).is_public


def test_stop_is_painted_from_its_own_seed_or_the_walks() -> None:
    walk = walk_of("a fox", "a kite", seed=7)
    walk.stops[1].seed = 0
    assert [walk.seed_of(stop) for stop in walk.stops] == [7, 0]


def test_unknown_state_is_refused_by_the_database(request_walk: Maker) -> None:
    walk = request_walk()
    with pytest.raises(IntegrityError), writing() as session:
        session.execute(update(Walk).where(Walk.number == walk.number).values(state="done"))


def test_two_walks_cannot_share_an_id(request_walk: Maker) -> None:
    first, second = request_walk(), request_walk()
    with pytest.raises(IntegrityError), writing() as session:
        session.execute(update(Walk).where(Walk.number == second.number).values(id=first.id))


def add_piece(walk: Walk, **columns: object) -> None:
    store(Task(**{"walk_number": walk.number, "kind": "stops", "urgency": 1, **columns}))


def test_piece_waits_first_on_the_first_level(request_walk: Maker) -> None:
    add_piece(request_walk())
    piece = db.session.scalar(select(Task))
    assert (piece.state, piece.level, piece.batch, piece.attempt, piece.payload) == ("waiting", 0, 0, 0, {})


def test_piece_of_an_unknown_state_is_refused(request_walk: Maker) -> None:
    walk = request_walk()
    with pytest.raises(IntegrityError):
        add_piece(walk, state="other")


def test_a_batch_of_a_level_is_one_piece_of_each_kind(request_walk: Maker) -> None:
    walk = request_walk()
    for kind in KINDS:
        add_piece(walk, kind=kind, level=1, batch=2)
    with pytest.raises(IntegrityError):
        add_piece(walk, kind="knots", level=1, batch=2)


def test_pieces_go_with_their_walk(request_walk: Maker) -> None:
    gone, stays = request_walk(), request_walk("a lemon", "the sun")
    for walk in (gone, stays):
        add_piece(walk)
    with writing() as session:
        session.execute(delete(Stop).where(Stop.walk_number == gone.number))
        session.execute(delete(Walk).where(Walk.number == gone.number))
    assert db.session.scalars(select(Task.walk_number)).all() == [stays.number]


def test_what_is_not_known_of_a_walk_yet_is_null_in_the_database(request_walk: Maker) -> None:
    request_walk()
    for column in (Walk.levels, Walk.step_sizes):
        assert db.session.scalar(select(func.count()).where(column.is_(None))) == 1
