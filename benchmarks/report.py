"""Results of a run: tables, a quality gate, and a plot for the documentation."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product
from typing import Any

from benchmarks import limits, pareto
from benchmarks.films import JUDGED, LONG, NAMES, SIZES
from benchmarks.judging import fits
from benchmarks.medians import Median, median, ratios
from benchmarks.ours import PRESETS
from benchmarks.site import ROOT
from benchmarks.store import Store

PAGE = ROOT / "docs" / "research" / "painting.md"
DRAWING = ROOT / "docs" / "pictures" / "painting.svg"
BEGIN, END = "<!-- figures: written by benchmarks.painting -->", "<!-- end of figures -->"

OURS = "balanced"
EARLIER = ("P0b", "P1", "P2", "P3")
ALL_SIZES = (*SIZES, LONG)


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
    parts += [_pictures(store), _even(store), _limits(store), _site(store), _shares(store)]
    return "\n\n".join(part for part in parts if part)


def into_docs(store: Store, tables: str) -> None:
    """Write the tables between their markers on the page, and draw the plot."""
    page = PAGE.read_text("utf-8")
    before, _, rest = page.partition(BEGIN)
    _, _, after = rest.partition(END)
    picture = f"![Speed against distance to the reference](../pictures/{DRAWING.name})"
    PAGE.write_text(f"{before}{BEGIN}\n{tables}\n\n{picture}\n{END}{after}", "utf-8")
    DRAWING.write_text(pareto.drawing(_points(store)), "utf-8")


def _points(store: Store) -> list[pareto.Point]:
    """Return each contender's speed relative to P0, and its distance from the reference."""
    points = []
    for name in NAMES:
        faster = ratio(film(store, "P0", JUDGED, "wall"), film(store, name, JUDGED, "wall"))
        distance = middle(values(store, "judged", "distance", contender=name))
        if faster is not None and distance is not None:
            points.append(pareto.Point(name, faster, distance, name in PRESETS))
    return points


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


def _limits(store: Store) -> str:
    found = next(store.select("limits"), None)
    if found is None:
        return ""
    lines = [
        f"A pass is {found['pass_gflop']:.3f} GFLOP and takes {1000 * found['pass_seconds']:.2f} ms in the best batch,"
        f" {found['best_batch']}: {found['pass_to_peak']:.0%} of what a matrix product reaches"
        f" ({found['matrix_gflops']:.0f} GFLOP/s). A decoded picture takes {1000 * found['decode_seconds']:.2f} ms."
    ]
    rows = []
    for frames in sorted({record["frames"] for record in store.select("site")}):
        walks = list(store.select("site", frames=frames))
        floors = [limits.floor(found, passes=w["passes"], decodes=w["decodes"], encode=w["encode"]) for w in walks]
        walls = [w["in_process"] for w in walks]
        peaks = [w["passes"] * found["pass_gflop"] / w["in_process"] / found["matrix_gflops"] for w in walks]
        overheads = median([(w["whole"] - w["in_process"]) / w["in_process"] for w in walks])
        rows.append([frames, len(walks), ratios(floors, walls), median(peaks), overheads])
    head = (
        "frames",
        "walks",
        "floor ÷ paint wall (aim 0.8)",
        "UNet FLOPs ÷ matrix peak",
        "queue overhead (aim ≤ 0.02)",
    )
    return "\n\n".join([*lines, *([_table(head, rows)] if rows else [])])


def _site(store: Store) -> str:
    rows: list[list[object]] = []
    for frames in sorted({record["frames"] for record in store.select("site")}):
        whole, first = (values(store, "site", name, frames=frames) for name in ("whole", "first"))
        usual = film(store, "P0", frames, "wall")
        rows.append([frames, middle(whole), ratio(usual, whole), ratio(first, whole)])
    if not rows:
        return ""
    head = ("frames", "seconds, submit to done", "times faster than P0 (aim 25 at 24)", "first film ÷ whole (aim ⅓)")
    short, long = (values(store, "site", "in_process", frames=frames) for frames in (24, 240))
    grown = ratio(long, short)
    text = _table(head, rows)
    about = next(store.select("about"), None)
    if grown:
        text += f"\n\n240 frames cost {grown} times as much as 24 (aim < 7)."
    if about:
        text += (
            f" Cold: the painter is loaded and the device measured in {about['loading_seconds']:.1f} s; the first film"
            f" of 24 frames then takes {about['cold_seconds'] / about['warm_seconds']:.2f} times as long as the next."
        )
    return text


def _shares(store: Store) -> str:
    found = next(store.select("shares"), None)
    if found is None:
        return ""
    seconds: dict[str, float] = found["seconds"]
    rows = [[name, f"{spent:.3f}", f"{spent / seconds['whole']:.1%}"] for name, spent in seconds.items()]
    return _table((f"a walk of {found['frames']} frames", "seconds", "share"), rows)
