"""Each kind of fault happens once: no walk is lost or comes twice, and rows and files agree afterwards.

``make faults`` has them happen a thousand times, on both databases; this is its short form.
"""

import random
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from app.storage import task_kinds
from tests.campaigns.faults import visitors, wall
from tests.campaigns.faults.campaign import inflict, rig_in
from tests.campaigns.faults.kinds import KINDS, POSTGRES, SQLITE, Kind
from tests.campaigns.faults.rig import Rig
from tests.support import led, planted, tiny

pytestmark = pytest.mark.server

LOCKED_SECONDS = 4.0


def place(kind: Kind) -> tuple[str, int, bool]:
    """Choose on what a kind is tried here: the databases take turns where a kind is for both.

    Kinds with two workers share a rig on Postgres, and so do those with clocks: a rig takes longer to start than they
    last. On SQLite libfaketime would do harm, too: its short sleeps between attempts at a lock fail as a clock jumps.
    """
    if kind.workers > 1 or kind.clocks:
        return POSTGRES, kind.workers, kind.clocks
    turn = list(KINDS).index(kind.name) % len(kind.databases)
    return kind.databases[turn], kind.workers, kind.clocks


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Save a small model that drawings lead, with the styles that visitors ask for: it loads in no time."""
    folder = tiny.save(tmp_path_factory.mktemp("model"), "led")["led"]
    return led.lay_out(folder, hands=[{"words": style, "title": style.title()} for style in visitors.HANDS])


@pytest.fixture(scope="module")
def rig_for(model: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[Kind], Rig]]:
    """Return a function that starts a rig for a kind, one at a time: the one that there is, if it will do."""
    now: dict[tuple[str, int, bool], Rig] = {}

    def clear() -> None:
        for place in list(now):
            now.pop(place).close()

    def get(kind: Kind) -> Rig:
        if place(kind) not in now:
            clear()
            database, workers, clocks = place(kind)
            now[place(kind)] = rig_in(
                tmp_path_factory.mktemp("faults"),
                database,
                workers=workers,
                clocks=clocks,
                locked_seconds=LOCKED_SECONDS,
                rng=random.Random(),
                model=model,
            )
        return now[place(kind)]

    yield get
    clear()


@pytest.mark.parametrize("name", sorted(KINDS, key=lambda name: place(KINDS[name])))
def test_no_walk_is_lost_or_comes_twice_by_a_fault(rig_for: Callable[[Kind], Rig], name: str) -> None:
    outcome = inflict(rig_for(KINDS[name]), KINDS[name])
    assert outcome.wrong == []
    assert outcome.accepted > 0


def test_wall_goes_on_whatever_befalls_those_who_paint_it(rig_for: Callable[[Kind], Rig]) -> None:
    kind = KINDS["worker_killed"]
    rig = rig_for(kind)
    assert [inflict(rig, kind, with_wall=True).wrong for _ in range(3)] == [[], [], []]
    wall.lead_on(rig)
    assert rig.rows("SELECT lead FROM walls") == [(4,)]
    assert rig.books.wrong == []


def test_every_kind_of_piece_is_at_work_when_faults_come(rig_for: Callable[[Kind], Rig]) -> None:
    rig = rig_for(KINDS["redis_wiped"])
    for _ in range(2):
        rig.request_walk(frames=6)
        inflict(rig, KINDS["redis_wiped"])
    assert rig.ground.claimed() == {*task_kinds.KINDS} - {
        task_kinds.LORA
    }  # an operator asks for it; generating/tasks/test_loras.py


def test_both_databases_have_faults_of_their_own() -> None:
    assert {kind.databases for kind in KINDS.values()} >= {(SQLITE,), (POSTGRES,)}


def test_planted_fault_is_met_once_by_the_first_who_passes_there(tmp_path: Path) -> None:
    ground, other = planted.Ground(tmp_path), planted.Ground(tmp_path)
    assert ground.pass_by(planted.STEP) is None
    ground.plant(planted.Planted(planted.STEP, planted.KILL, passed=2))
    assert [ground.pass_by(place) for place in (planted.STEP, planted.FILE, planted.STEP)] == [None, None, None]
    assert not ground.met()
    assert ground.pass_by(planted.STEP) == planted.KILL
    assert ground.met()
    assert [other.pass_by(planted.STEP) for _ in range(4)] == [None] * 4
