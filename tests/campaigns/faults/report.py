"""The published table of a campaign, made from what was noted of each fault."""

import json
import statistics
from collections.abc import Iterable, Sequence
from pathlib import Path

from app.core.config import ROOT
from tests.campaigns.faults.campaign import Outcome
from tests.campaigns.faults.kinds import BOTH, KINDS, Kind

PAGE = ROOT / "docs/research/reliability.md"
BEGIN, END = "<!-- the table: python -m tests.campaigns.faults writes it -->", "<!-- the table's end -->"
HEAD = """\
| fault | SQLite | Postgres | accepted | lost | duplicated | files and rows apart | recovery, median | p95 | worst |
|---|---|---|---|---|---|---|---|---|---|"""


def read(notes: Path) -> list[Outcome]:
    """Return what was noted; a last line that was cut off is passed over."""
    if not notes.exists():
        return []
    found = []
    for line in notes.read_text("utf-8").splitlines():
        try:
            found.append(Outcome(**json.loads(line)))
        except ValueError:
            continue
    return found


def quantile(values: Sequence[float], share: float) -> float:
    """Return the value that so large a share of the values does not exceed."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, max(0, -int(-share * len(ordered) // 1) - 1))]


def table(outcomes: Sequence[Outcome]) -> str:
    """Write the table, a line for each kind and one for all."""
    lines = [HEAD]
    for kind in KINDS.values():
        if own := [outcome for outcome in outcomes if outcome.kind == kind.name]:
            lines.append(_line(kind.title, own, kind))
    lines.append(_line("**all**", outcomes, None))
    return "\n".join(lines)


def _line(title: str, outcomes: Sequence[Outcome], kind: Kind | None) -> str:
    counts = [sum(outcome.database == database for outcome in outcomes) for database in BOTH]
    cells = [
        f"{count:,}" if kind is None or database in kind.databases else "–"
        for count, database in zip(counts, BOTH, strict=True)
    ]
    cells.append(f"{sum(outcome.accepted for outcome in outcomes):,}")
    cells += [str(_wrong(outcomes, *words)) for words in (("lost",), ("duplicated",), ("file", "row"))]
    seconds = [outcome.recovery for outcome in outcomes]
    cells += [f"{value:.1f} s" for value in (statistics.median(seconds), quantile(seconds, 0.95), max(seconds))]
    return f"| {' | '.join([title, *cells])} |"


def _wrong(outcomes: Iterable[Outcome], *beginnings: str) -> int:
    return sum(what.startswith(beginnings) for outcome in outcomes for what in outcome.wrong)


def publish(outcomes: Sequence[Outcome], page: Path = PAGE) -> None:
    """Put the table in its place on the page."""
    before, _, rest = page.read_text("utf-8").partition(BEGIN)
    after = rest.partition(END)[2]
    page.write_text(f"{before}{BEGIN}\n{table(outcomes)}\n{END}{after}", "utf-8")
