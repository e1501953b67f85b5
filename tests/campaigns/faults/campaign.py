"""A campaign: faults of many kinds, one after another, on one rig; each is noted as it is done."""

import json
import random
import tempfile
from collections.abc import Callable, Iterable
from contextlib import closing
from dataclasses import asdict, dataclass, field
from pathlib import Path

from tests.campaigns.faults import visitors, wall
from tests.campaigns.faults.kinds import KINDS, Kind
from tests.campaigns.faults.rig import Rig
from tests.support.needs import require

AT_WORK = 2
"""How many walks wait when a fault comes."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of one fault."""

    kind: str
    database: str
    accepted: int
    recovery: float
    wrong: list[str] = field(default_factory=list)

    def line(self) -> str:
        """Write it as a line of JSON."""
        return json.dumps(asdict(self), sort_keys=True)


def inflict(rig: Rig, kind: Kind, *, with_wall: bool = False) -> Outcome:
    """Cause one fault while walks are painted, ``with_wall`` also a live wall's; check the books after it."""
    known = len(rig.books.accounts)
    if with_wall:
        wall.lead_on(rig)
    visitors.walk_with_photo(rig)
    visitors.upload_sound(rig)
    visitors.repaint(rig)
    while rig.waiting() < AT_WORK:
        rig.request_walk()
    visitors.ask_frame_files(rig)
    visitors.ask_candidates(rig)
    kept = rig.recorded()
    over = kind.happen(rig)
    before = rig.progress()
    if not rig.waiting():
        rig.request_walk()
    recovery = rig.recovered(over, before)
    rig.check(kept)
    if with_wall:
        wall.check(rig)
    wrong, rig.books.wrong = rig.books.wrong, []
    rig.tidy()
    return Outcome(kind.name, rig.database, len(rig.books.accounts) - known, round(recovery, 3), wrong)


def rig_in(
    folder: Path, database: str, *, workers: int, clocks: bool, locked_seconds: float = 30.0, rng: random.Random,
    model: Path | None = None,
) -> Rig:  # fmt: skip
    """Start a rig in a folder; with ``clocks`` its programs have clocks of their own.

    :param model: what paints; the built-in model by default.
    """
    faketime = require("libfaketime") if clocks else ""
    return Rig(
        folder, database=database, workers=workers, faketime=faketime, locked_seconds=locked_seconds, rng=rng,
        model=model,
    )  # fmt: skip


def campaign(
    database: str, counts: dict[str, int], *, seed: int, workers: int = 1, clocks: bool = False,
    note: Callable[[Outcome], None], stopped: Callable[[], bool] = lambda: False,
) -> None:  # fmt: skip
    """Cause kinds of faults, each so often, in a random order."""
    rng = random.Random(seed)
    order = [name for name, count in counts.items() for _ in range(count)]
    rng.shuffle(order)
    with tempfile.TemporaryDirectory(prefix="moma-faults-") as folder:
        rig = rig_in(Path(folder), database, workers=workers, clocks=clocks, rng=rng)
        with closing(rig):
            for name in order:
                if stopped():
                    return
                note(inflict(rig, KINDS[name], with_wall=True))


def fitting(database: str, *, workers: int, clocks: bool) -> Iterable[Kind]:
    """List the kinds that need just this."""
    for kind in KINDS.values():
        if database in kind.databases and kind.workers == workers and kind.clocks == clocks:
            yield kind
