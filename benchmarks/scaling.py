"""Estimate the needs of sites with ten to ten million walks an hour: ``python -m benchmarks.scaling [--peak 4]``.

Computed from the results of ``python -m benchmarks.scaling_measures``; writes ``docs/research/scaling.md`` and its
plot.
``--card 20`` is how many times as fast a GPU is.
"""

from __future__ import annotations

import argparse
import json
import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from benchmarks import queueing, scaling_plot
from benchmarks.queueing import Day, Scaler
from benchmarks.scaling_measures import MEASURED

ROOT = Path(__file__).resolve().parent.parent
PAGE, PICTURE = ROOT / "docs/research/scaling.md", ROOT / "docs" / "pictures" / "scaling.svg"
BEGIN, END = "<!-- simulated: python -m benchmarks.scaling writes it -->", "<!-- end of what is simulated -->"
SIZES = (10, 1_000, 10_000, 100_000, 1_000_000, 10_000_000)
PAGES_A_SECOND = 78.0  # docs/research/figures.md: gallery, uncached, Postgres, on two cores with clients and database
CONNECTIONS = 100  # the default of Postgres
CONNECTIONS_A_WORKER = 3  # docs/how-to/operators/compose.md: two or three
SEED = 1


@dataclass(frozen=True, slots=True)
class Assumed:
    """Assumptions that were not measured: the variation over a day, the page views, and available machines."""

    peak: float = 4.0
    card: float = 20.0
    new_worker_seconds: float = 30.0
    pages: float = 10.0
    views: float = 20.0
    database_cores: int = 64

    def summary(self) -> str:
        """Return the assumptions in a sentence, as the page shows them."""
        return (
            f"the busiest moment of a day asks for {self.peak:g} times as much as the quietest; a card paints"
            f" {self.card:g} times as fast as two cores; a pod is given a machine in {self.new_worker_seconds:g}"
            f" seconds, before the worker starts; {self.pages:g} pages and {self.views:g} plays of the film for"
            f" each walk; one"
            f" database server has {self.database_cores} cores at most, and each does as much as one here"
        )


@dataclass(frozen=True, slots=True)
class Need:
    """Needs at one size: the simulated day, with GPUs as well, and the other parts' load at the busiest moment."""

    an_hour: int
    day: Day
    cards: Day
    database_cores: float
    connections: int
    redis_calls: float
    redis_share: float
    web_cores: float
    stored_a_day: float
    sent_a_second: float
    sites: int

    @property
    def bottleneck(self) -> str:
        """Return the first bottleneck and its limit, in a sentence."""
        if self.sites > 1:
            return f"Postgres' processors: more than one server has; {self.sites} sites of their own"
        if self.connections > CONNECTIONS:
            return (
                f"Postgres' connections: {self.connections:,}, and it has {CONNECTIONS} as it comes; raise or pool them"
            )
        if self.day.workers_most > self.day.workers_mean * 1.05 or self.day.busy > 0.5:
            return f"painting: {self.day.workers_most} workers of two cores at most"
        return f"nothing: one worker is busy for {self.day.busy:.1%} of the day"


def scaler(measured: dict[str, Any], assumed: Assumed) -> Scaler:
    """Return the scaler of deploy/k8s, with the measured start time of workers."""
    return Scaler(start_seconds=measured["start_seconds"] + assumed.new_worker_seconds)


def estimate(an_hour: int, measured: dict[str, Any], assumed: Assumed) -> Need:
    """Return the needs at one size."""
    rule, seconds = scaler(measured, assumed), measured["walk_seconds"]
    day = queueing.simulate_day(an_hour, seconds, rule, peak=assumed.peak, seed=SEED)
    faster = [each / assumed.card for each in seconds]
    busiest = float(queueing.rates(an_hour, peak=assumed.peak, seconds=60.0).max()) / 60
    database = busiest * measured["postgres_ms_a_walk"] / 1000
    return Need(
        an_hour,
        day,
        queueing.simulate_day(an_hour, faster, rule, peak=assumed.peak, seed=SEED),
        database_cores=database,
        connections=day.workers_most * CONNECTIONS_A_WORKER,
        redis_calls=busiest,
        redis_share=busiest / measured["redis_calls_a_second"],
        web_cores=busiest * assumed.pages / (PAGES_A_SECOND / measured["cores"]),
        stored_a_day=24 * an_hour * measured["media_bytes_a_walk"],
        sent_a_second=busiest * assumed.views * measured["film_bytes"],
        sites=math.ceil(database / assumed.database_cores),
    )


def table(needs: Sequence[Need]) -> str:
    """Return the sizes as a Markdown table."""
    head = (
        "walks an hour", "workers, mean (most)", "busy", "wait: median, p95, p99", "cards, most", "Postgres, cores",
        "Redis, calls a second", "web, cores", "stored a day", "films sent", "what gives out first",
    )  # fmt: skip
    rows = [f"| {' | '.join(head)} |", "|---" * len(head) + "|"]
    for each in needs:
        waits = ", ".join(_seconds(each.day.wait(share)) for share in (0.5, 0.95, 0.99))
        cells = (
            f"{each.an_hour:,}", f"{_number(each.day.workers_mean)} ({each.day.workers_most:,})",
            f"{each.day.busy:.0%}", waits, f"{each.cards.workers_most:,}", _number(each.database_cores),
            f"{_number(each.redis_calls)} ({each.redis_share:.0%})", _number(each.web_cores),
            _bytes(each.stored_a_day), f"{_bytes(each.sent_a_second)}/s", each.bottleneck,
        )  # fmt: skip
        rows.append(f"| {' | '.join(cells)} |")
    return "\n".join(rows)


def rules(measured: dict[str, Any], assumed: Assumed) -> str:
    """Return a comparison of scaling rules at one size, as a Markdown table."""
    rule = scaler(measured, assumed)
    named = {
        "2 unfinished walks to a worker": replace(rule, each=2.0, busy=0.0),
        "8 unfinished walks to a worker": replace(rule, busy=0.0),
        "8, or 1 busy lately and room: as in deploy/k8s": rule,
    }
    rows = ["| 100,000 walks an hour | workers, mean (most) | busy | wait: median, p95, p99 |", "|---|---|---|---|"]
    for name, each in named.items():
        day = queueing.simulate_day(100_000, measured["walk_seconds"], each, peak=assumed.peak, seed=SEED)
        waits = ", ".join(_seconds(day.wait(share)) for share in (0.5, 0.95, 0.99))
        rows.append(f"| {name} | {_number(day.workers_mean)} ({day.workers_most:,}) | {day.busy:.0%} | {waits} |")
    return "\n".join(rows)


def text(measured: dict[str, Any], assumed: Assumed, needs: Sequence[Need]) -> str:
    """Return the text between the markers of the page."""
    return "\n\n".join(
        (
            _describe_measures(measured),
            f"**Assumed**, and to be set with options or in the code: {assumed.summary()}.",
            table(needs),
            "What the other parts do is given for the busiest moment. Waits are until a walk is begun.",
            f"**Three rules of scaling.** Workers take {scaler(measured, assumed).start_seconds:.0f} s to come.",
            rules(measured, assumed),
        )
    )


def _describe_measures(measured: dict[str, Any]) -> str:
    seconds = sorted(measured["walk_seconds"])
    claims = [each["a_second"] for each in measured["claims"].values()]
    return (
        f"**Measured** on {measured['cores']} cores, {measured['date']}, while others worked on the machine (load"
        f" {measured['load_before']} before, {measured['load_after']} after): a usual walk of {measured['frames']}"
        f" frames takes one worker {seconds[len(seconds) // 2]:.2f} s ({seconds[0]:.2f} to {seconds[-1]:.2f},"
        f" {len(seconds)}"
        f" walks, house model); a worker is ready {measured['start_seconds']:.1f} s after its start; a walk leaves"
        f" {_bytes(measured['media_bytes_a_walk'])} of files, its MP4 {_bytes(measured['film_bytes'])} of them, and"
        f" costs Postgres {measured['postgres_ms_a_walk']:.0f} ms of a core in {measured['commits_a_walk']:.0f}"
        f" transactions."
        f" With {measured['waiting']:,} walks in line, {min(claims):.0f} to {max(claims):.0f} claims a second were"
        f" answered, and one Python process called Redis {measured['redis_calls_a_second']:,} times a second."
    )


def _number(value: float) -> str:
    return f"{value:,.0f}" if value >= 10 else f"{value:.2g}"


def _seconds(value: float) -> str:
    return f"{value:.0f} s" if value >= 10 else f"{value:.1f} s"


def _bytes(value: float) -> str:
    units = ("B", "kB", "MB", "GB", "TB", "PB")
    power = min(len(units) - 1, int(math.log10(max(value, 1.0)) // 3))
    return f"{_number(value / 1000**power)} {units[power]}"


def main() -> None:
    """Simulate every size, and write the page and its plot."""
    assumed = Assumed()
    parser = argparse.ArgumentParser(prog="python -m benchmarks.scaling", description=__doc__)
    parser.add_argument(
        "--peak", type=float, default=assumed.peak, help="ratio of the largest to the smallest arrival rate"
    )
    parser.add_argument("--card", type=float, default=assumed.card, help="speed of a GPU relative to two cores")
    options = parser.parse_args()
    assumed = replace(assumed, peak=options.peak, card=options.card)
    measured = json.loads(MEASURED.read_text("utf-8"))
    needs = [estimate(size, measured, assumed) for size in SIZES]
    before, _, rest = PAGE.read_text("utf-8").partition(BEGIN)
    after = rest.partition(END)[2]
    PAGE.write_text(f"{before}{BEGIN}\n{text(measured, assumed, needs)}\n{END}{after}", "utf-8")
    lines = {
        "workers": [each.day.workers_most for each in needs],
        "cards": [each.cards.workers_most for each in needs],
        "web, cores": [each.web_cores for each in needs],
        "Postgres, cores": [each.database_cores for each in needs],
    }
    PICTURE.write_text(scaling_plot.drawing(SIZES, lines, limit=assumed.database_cores), "utf-8")
    print(table(needs))


if __name__ == "__main__":
    main()
