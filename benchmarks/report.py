"""Results of a run: tables, and a quality gate."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any

import numpy as np

from benchmarks.films import JUDGED, LONG, NAMES, SIZES
from benchmarks.judging import fits
from benchmarks.ours import PRESETS
from benchmarks.site import ROOT
from benchmarks.store import Store

PAGE = ROOT / "docs" / "research" / "painting.md"
BEGIN, END = "<!-- figures: written by benchmarks.painting -->", "<!-- end of figures -->"

OURS = "balanced"
EARLIER = ("P0b", "P1", "P2", "P3")
ALL_SIZES = (*SIZES, LONG)

RESAMPLED = 2000
SHARE = 0.95


@dataclass(frozen=True, slots=True)
class Median:
    """A median and its 95 % interval (Efron's percentile bootstrap, 1979)."""

    value: float
    low: float
    high: float
    count: int

    def __str__(self) -> str:
        """Return the text for tables."""
        if self.count < 3:
            return f"{_short(self.value)} (n = {self.count})"
        return f"{_short(self.value)} ({_short(self.low)}–{_short(self.high)})"


def median(values: Sequence[float]) -> Median:
    """Return the median of values, and its interval by resampling.

    :raises ValueError: without values.
    """
    if not values:
        raise ValueError("nothing was measured")
    drawn = np.random.default_rng(0).choice(np.asarray(values, np.float64), (RESAMPLED, len(values)))
    low, high = np.quantile(np.median(drawn, axis=1), [(1 - SHARE) / 2, (1 + SHARE) / 2])
    return Median(float(statistics.median(values)), float(low), float(high), len(values))


def ratios(above: Sequence[float], below: Sequence[float]) -> Median:
    """Return the median of the ratios of corresponding values."""
    return median([a / b for a, b in zip(above, below, strict=True)])


def _short(value: float) -> str:
    return f"{value:.3g}" if abs(value) < 100 else f"{value:.0f}"


def values(store: Store, part: str, name: str, **wanted: Any) -> dict[int, float]:
    """Return one measure of a part's records, by pair."""
    return {record["pair"]: record[name] for record in store.select(part, **wanted)}


def film(store: Store, contender: str, frames: int, name: str) -> dict[int, float]:
    """Return one measure of a contender's films, by pair; P0's are extrapolated from its frames."""
    if contender == "P0":
        halves = [values(store, "usual", name, half=half) for half in (0, 1)]
        both = halves[0].keys() & halves[1].keys()
        return {pair: frames * (halves[0][pair] + halves[1][pair]) / 2 for pair in both}
    return values(store, "film", name, contender=contender, frames=frames)


def ratio(above: dict[int, float], below: dict[int, float]) -> Median | None:
    """Return the median of the ratios over the pairs that both have; None without any."""
    both = sorted(above.keys() & below.keys())
    return ratios([above[pair] for pair in both], [below[pair] for pair in both]) if both else None


def middle(found: dict[int, float]) -> Median | None:
    """Return the median over the pairs; None without any."""
    return median(list(found.values())) if found else None


def gate(store: Store) -> list[str]:
    """Return the reasons why the quality gate fails; empty if it passes. Missing measurements fail it, too."""
    broken = [*_overtaken(store), *_unfit(store), *_unsharp(store), *_uneven(store)]
    for name in PRESETS:
        spoilt = sum(r["black"] + r["doubled"] for r in store.select("film", contender=name))
        if spoilt:
            broken.append(f"{spoilt:.0f} doubled or black frames by {name}")
    return broken


def _overtaken(store: Store) -> list[str]:
    """Return the contenders that are both faster than ours and nearer to the reference."""
    ours = middle(values(store, "judged", "distance", contender=OURS))
    if ours is None:
        return ["no film was held against references"]
    broken = []
    for name in ("P0b", "P1", "P2"):
        slower = ratio(film(store, name, JUDGED, "wall"), film(store, OURS, JUDGED, "wall"))
        theirs = middle(values(store, "judged", "distance", contender=name))
        if slower is None or theirs is None:
            broken.append(f"{name} was not measured")
        elif slower.value < 1 and theirs.value < ours.value:
            broken.append(f"{name} is faster and nearer to the reference")
    return broken


def _unfit(store: Store) -> list[str]:
    found = fits(store)
    fit = ratio(found.get(OURS, {}), found.get("P0b", {}))
    if fit is None:
        return ["fit was not measured"]
    return [f"fit of ends and middle is {fit} of P0b's, below 0.97"] if fit.value < 0.97 else []


def _unsharp(store: Store) -> list[str]:
    """Return a reason if the middles are certainly less sharp than P0b's at the same positions, else no reasons."""
    sharp = ratio(*(values(store, "judged", "sharpness", contender=name) for name in (OURS, "P0b")))
    if sharp is None:
        return ["sharpness was not measured"]
    return [f"the middles' sharpness is {sharp} of P0b's"] if sharp.high < 1 else []


def _uneven(store: Store) -> list[str]:
    evenness = ratio(film(store, OURS, JUDGED, "evenness"), film(store, "P0b", JUDGED, "evenness"))
    jump = ratio(film(store, OURS, JUDGED, "jump"), film(store, "P0b", JUDGED, "jump"))
    if evenness is None or jump is None:
        return ["evenness was not measured"]
    broken = [f"evenness is {evenness} of P0b's"] if evenness.value < 1 else []
    return [*broken, f"jumps are {jump} times P0b's"] if jump.value > 1 else broken


def markdown(store: Store) -> str:
    """Return all tables as Markdown."""
    parts = [_about(store), *(_contenders(store, size) for size in ALL_SIZES), _against(store), _gate(store)]
    parts += [_pictures(store), _even(store), _site(store)]
    return "\n\n".join(part for part in parts if part)


def into_docs(tables: str) -> None:
    """Write the tables between their markers on the page."""
    page = PAGE.read_text("utf-8")
    before, _, rest = page.partition(BEGIN)
    _, _, after = rest.partition(END)
    PAGE.write_text(f"{before}{BEGIN}\n{tables}\n{END}{after}", "utf-8")


def _about(store: Store) -> str:
    known = list(store.select("about"))
    if not known:
        return ""
    last = known[-1]
    return (
        f"Measured on {last['at'][:10]} on {last['processor']} ({last['precision']}, batches of {last['batch']}),"
        f" with the {last['name']} model {last['revision']}. Medians over the pairs, with 95 % intervals."
    )


def _table(head: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join('' if cell is None else str(cell) for cell in line)} |" for line in lines)


def _contenders(store: Store, size: int) -> str:
    rows = []
    for name in ("P0", *NAMES):
        faster = ratio(film(store, "P0", size, "wall"), film(store, name, size, "wall"))
        if faster is None:
            continue
        cells: list[object] = [name, faster, middle(film(store, name, size, "processor"))]
        passes = middle(film(store, name, size, "passes"))
        cells.append(f"{passes.value / size:.2f}" if passes else None)
        cells += [] if name == "P0" else [middle(film(store, name, size, each)) for each in ("evenness", "jump")]
        rows.append([*cells, *[None] * (6 - len(cells))])
    if len(rows) < 2:
        return ""
    head = ("", "times faster than P0", "processor seconds", "UNet passes a frame", "evenness", "jump")
    return f"**{size} frames**\n\n{_table(head, rows)}"


def _against(store: Store) -> str:
    """Return a comparison with the best of the earlier contenders, in evaluations and in wall time, pair by pair."""
    rows = []
    for size, preset in product(ALL_SIZES, PRESETS):
        found = []
        for name in ("passes", "wall"):
            theirs = [film(store, other, size, name) for other in EARLIER]
            pairs = set.intersection(*(set(each) for each in theirs))
            best = {pair: min(each[pair] for each in theirs) for pair in pairs}
            found.append(ratio(best, film(store, preset, size, name)))
        if found[0] is not None:
            rows.append([size, preset, *found])
    head = ("frames", "", "times fewer passes than the best of P0b–P3 (aim 1.6)", "times less wall (aim 1.2)")
    return _table(head, rows) if rows else ""


def _gate(store: Store) -> str:
    broken = gate(store)
    return "The quality gate is " + ("open." if not broken else f"shut: {'; '.join(broken)}.")


def _pictures(store: Store) -> str:
    found = fits(store)
    rows = []
    for name in NAMES:
        distance = middle(values(store, "judged", "distance", contender=name))
        if distance is None:
            continue
        likeness = middle(values(store, "judged", "likeness", contender=name))
        spoilt = sum(record["black"] + record["doubled"] for record in store.select("film", contender=name))
        fit = ratio(found.get(name, {}), found.get("P0b", {}))
        sharp = middle(values(store, "judged", "sharpness", contender=name))
        ends = middle(film(store, name, JUDGED, "sharpness"))
        rows.append([name, distance, likeness, fit, sharp, ends, spoilt])
    head = ("", "distance to reference (rms, 0–255)", "MS-SSIM with it", "fit ÷ P0b's", "sharpness ÷ reference's",
            "middle third's sharpness ÷ ends'", "doubled or black frames")  # fmt: skip
    return _table(head, rows) if rows else ""


def _even(store: Store) -> str:
    evenness, jump = (values(store, "even", each, contender=OURS) for each in ("evenness", "jump"))
    if not evenness:
        return ""
    small = sum(value <= 1.5 for value in jump.values()) / len(jump)
    spoilt = sum(record["black"] + record["doubled"] for record in store.select("even", contender=OURS))
    row = [OURS, len(evenness), middle(evenness), f"{min(evenness.values()):.3f}", middle(jump),
           f"{max(jump.values()):.2f}", f"{small:.0%}", spoilt]  # fmt: skip
    head = ("24 frames", "pairs", "evenness (aim 0.94)", "worst", "jump", "worst", "jumps ≤ 1.5 (aim 95 %)",
            "doubled or black")  # fmt: skip
    return _table(head, [row])


def _site(store: Store) -> str:
    rows: list[list[object]] = []
    for frames in sorted({record["frames"] for record in store.select("site")}):
        whole, first = (values(store, "site", name, frames=frames) for name in ("whole", "first"))
        usual, alone = film(store, "P0", frames, "wall"), values(store, "site", "in_process", frames=frames)
        overhead = middle({pair: (whole[pair] - alone[pair]) / alone[pair] for pair in whole})
        rows.append([frames, middle(whole), overhead, ratio(usual, whole), ratio(first, whole)])
    if not rows:
        return ""
    head = ("frames", "seconds, submit to done", "queue overhead (aim ≤ 0.02)", "times faster than P0 (aim 25 at 24)",
            "first film ÷ whole (aim ⅓)")  # fmt: skip
    short, long = (values(store, "site", "in_process", frames=frames) for frames in (24, 240))
    grown = ratio(long, short)
    texts = []
    about = next(store.select("about"), None)
    if grown:
        texts.append(f"240 frames cost {grown} times as much as 24 (aim < 7).")
    if about:
        texts.append(
            f"Cold: the painter is loaded and the device measured in {about['loading_seconds']:.1f} s; the first film"
            f" of 24 frames then takes {about['cold_seconds'] / about['warm_seconds']:.2f} times as long as the next."
        )
    return "\n\n".join([_table(head, rows), *([" ".join(texts)] if texts else [])])
