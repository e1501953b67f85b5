"""Facts of a published model: ``house.json`` for programs, ``MODEL_CARD.md`` for people.

Everything comes from the catalogue, the training runs and an evaluation; nothing unmeasured is claimed.
"""

from __future__ import annotations

import json
import random
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from sketch import wording
from studio.collecting import icon_sets
from studio.judging import accuracy
from studio.publishing import led_card
from studio.publishing.led_model import Leading
from studio.styles.registry import HANDS
from studio.text import phrasing
from studio.training import checkpoints
from studio.workspace.training_run import CURVE, SETTINGS, Run
from studio.workspace.work_folder import Folder, Record

OF_BASE = "BASE_MODEL_CARD.md"  # the base's card, in the folder of a model trained from it
KNOWN = 0.5  # a concept is known when more than this share of its seeds is recognised
WEAK_HAND = 0.9


def training_records(folder: Folder, leading: Leading | None = None) -> list[Record]:
    """Return the records of the training pictures.

    Drawings of a sketch-conditioned model are left out; they lie in its drawing library.
    """
    records = [record for record in folder.catalogue() if record.split == "train"]
    if leading is None:
        return records
    return [record for record in records if record.kind == "work"] if leading.of_pictures else []


def goes_on(folder: Folder) -> bool:
    """Return whether a folder's model began as its base, by growing or fine-tuning."""
    recorded = [json.loads(path.read_bytes()) for path in (folder.path / "runs").glob(f"*/{SETTINGS}")]
    return any(settings.get("tune") or "of_the_base" in settings for settings in recorded)


def sources(records: Iterable[Record]) -> list[dict[str, Any]]:
    """Return a source row for each vendor and licence of the pictures, the largest first."""
    groups: dict[tuple[str, str], list[Record]] = defaultdict(list)
    for record in records:
        groups[record.vendor, record.licence].append(record)
    rows = []
    for (vendor, licence), members in sorted(groups.items(), key=lambda item: -len(item[1])):
        credited = Counter(record.attribution for record in members if record.attribution)
        one = next(iter(credited)) if len(credited) == 1 else vendor
        what = "drawings" if members[0].kind == "motif" else "works"
        row = {"name": one, "art": True, "what": f"{len(members):,} {what}", "licence": licence}
        rows.append(row | ({"url": url} if (url := _home(vendor, members[0].source)) else {}))
    return rows


def _home(vendor: str, source: str) -> str:
    if vendor in icon_sets.HOMES:
        return icon_sets.HOMES[vendor]
    parts = urlsplit(source)
    return f"{parts.scheme}://{parts.netloc}" if parts.scheme in ("http", "https") and parts.netloc else ""


@dataclass(frozen=True, slots=True)
class Facts:
    """Name and default settings of a model."""

    name: str
    title: str
    prefix: str
    size: int
    licence: str
    solver: str
    steps: int
    guidance: float
    hands: Sequence[str]


def model_facts(
    folder: Folder,
    scores: dict[str, Any],
    settings: Facts,
    *,
    base: dict[str, Any],
    goes_on: bool = False,
    leading: Leading | None = None,
) -> dict[str, Any]:
    """Return the contents of ``house.json``, as docs/reference/models.md describes them.

    ``base`` are the facts of the base. Its text encoder, names and words are sources of this model too, and its art
    when the model ``goes_on`` from it.
    """
    rows = sources(training_records(folder, leading))
    own = {row.get("url") for row in rows}
    of_base = [row for row in base["sources"] if not row.get("art") or (goes_on and row.get("url") not in own)]
    vocabulary = [wording.thing(concept) for concept in _known(scores)]
    facts: dict[str, Any] = {
        "name": settings.name,
        "title": settings.title,
        "prefix": settings.prefix,
        "size": settings.size,
        "defaults": {"scheduler": settings.solver, "steps": settings.steps, "guidance": settings.guidance},
        "licence": settings.licence or _licence(row.get("licence", "") for row in [*rows, *of_base] if row.get("art")),
        "hand_pattern": phrasing.HAND_PATTERN,
        "hands": [{"words": HANDS[hand].words, "title": HANDS[hand].title} for hand in settings.hands],
        "sources": [*rows, *of_base],
    }
    if len(vocabulary) > 1:
        facts |= {"vocabulary": vocabulary, "starters": _starters(vocabulary)}
    return facts


def _known(scores: dict[str, Any]) -> list[str]:
    """Return the concepts that most seeds showed, the surest first."""
    known: dict[str, float] = scores.get("known", {})
    return sorted((name for name, share in known.items() if share > KNOWN), key=lambda name: (-known[name], name))


def _starters(vocabulary: list[str]) -> list[list[str]]:
    chosen = list(vocabulary)
    random.Random("starters").shuffle(chosen)  # noqa: S311 - must be repeatable
    return [chosen[at : at + 2] for at in range(0, min(16, len(chosen) - 1), 2)]


def _licence(of_art: Iterable[str]) -> str:
    licences = sorted({licence for licence in of_art if licence})
    asks = any("BY" in licence.upper() for licence in licences)
    credit = " Where a picture stays close to one of those it learned from, credit its makers." if asks else ""
    under = f" The model learned from pictures under {', '.join(licences)}." if licences else ""
    return f"The pictures are free to use, and nobody here claims rights in them.{under}{credit}"


USE = """\
## Use
```python
from diffusers import StableDiffusionPipeline

pipe = StableDiffusionPipeline.from_pretrained("FOLDER", safety_checker=None, requires_safety_checker=False)
pipe("{prefix}a bear", num_inference_steps={steps}, guidance_scale={guidance:g}).images[0].save("bear.png")
```"""


ADAPTER = """\
`{file}` holds what was learned alone, as changes of low rank to `{base}`: `pipe.load_lora_weights("FOLDER")` lays them
over that model, at full strength. The weights here have them in already."""


def write_card(
    folder: Folder,
    facts: dict[str, Any],
    scores: dict[str, Any],
    parts: Sequence[dict[str, Any]],
    *,
    base: dict[str, Any] | None = None,
    leading: Leading | None = None,
    origin: str = "",
    ends: Ends | None = None,
    adapter: str = "",
    only: Collection[str] = (),
) -> str:
    """Return the model card.

    ``parts`` are rows with ``part``, ``what`` and ``parameters``; ``base`` are the facts of the model it was trained
    from. ``adapter`` is the name of the LoRA file, if there is one. ``only`` names the runs that trained the model;
    default: all of the folder. ``origin`` describes the initial weights when they are not the base's.
    """
    size = facts["size"]
    made = [(f"`{row['part']}`", row["what"], _millions(row["parameters"])) for row in parts]
    from_where = [(_linked(row), row.get("what", ""), row.get("licence", "")) for row in facts["sources"]]
    kind = "text-to-image latent diffusion model"
    use = USE.format(prefix=facts["prefix"], **{key: facts["defaults"][key] for key in ("steps", "guidance")})
    data, limits = _data(folder, base), _limits(scores, facts, is_sketch_conditioned=leading is not None)
    if leading:
        kind, use, data = f"{kind} led by sketches", led_card.use(leading), led_card.data(leading)
        limits = f"{led_card.LIMITS}\n{limits}"
    sections = [
        "---\nlibrary_name: diffusers\npipeline_tag: text-to-image\n---",
        f"# {facts['title']}\nA {kind}, with pictures of {size} × {size} pixels, made with the studio.",
        _table(("part", "what", "parameters"), made),
        "Weights are stored in half precision, and load in float32 unless told otherwise.",
        use,
        ADAPTER.format(file=adapter, base=(base or {}).get("name", "the base")) if adapter else "",
        _words(facts),
        f"## Data\n{data}",
        f"## Training\n{_training(folder, origin or _origin(folder, base), ends or {}, only)}",
        f"## Figures\n{_figures(scores)}" if scores else "",
        f"## Limits\n{limits}",
        f"## Licences and attribution\n{facts['licence']}",
        _table(("source", "what", "licence"), from_where),
    ]
    if any(record.kind == "work" for record in training_records(folder, leading)):
        sections.append("Every work, with its title, artist, source and credit, stands in `attributions.jsonl`.")
    return "\n\n".join(section for section in sections if section) + "\n"


def _words(facts: dict[str, Any]) -> str:
    lines = []
    if facts["hands"]:
        hands = ", ".join(hand["words"] for hand in facts["hands"])
        lines.append(f"Hands, named behind a prompt: {hands}.")
    if facts["prefix"]:
        lines.append(f"The prefix `{facts['prefix']}` goes before prompts that name no hand.")
    return "\n".join(lines)


def _data(folder: Folder, base: dict[str, Any] | None) -> str:
    records = training_records(folder)
    if not records:
        return "The pictures it learned from are not in this folder's catalogue."
    titles = {record.title for record in records if record.kind == "motif"}
    drawn = sum(record.kind == "motif" for record in records)
    lines = []
    if drawn:
        scenes = (
            json.loads((folder.path / "scenes.json").read_bytes()) if (folder.path / "scenes.json").exists() else {}
        )
        painted = f", painted as {scenes['number']:,} scenes in {len(scenes['hands'])} hands" if scenes else ""
        lines.append(f"{drawn:,} drawings of {len(titles):,} concepts{painted}.")
    if len(records) > drawn:
        lines.append(f"{len(records) - drawn:,} works, as catalogued and captioned.")
    held_out = sorted({record.vendor for record in folder.catalogue() if record.split == "test"})
    if held_out:
        whole = "all training" if base is None else "this training, if not of that before it"
        lines.append(f"Kept out of {whole}, and measured on: {', '.join(held_out)}.")
    return "\n".join(lines)


Ends = Mapping[str, int]
"""The step of a run at which the model was taken, when it is not the last."""


def curves(folder: Folder, ends: Ends, only: Collection[str] = ()) -> dict[str, list[tuple[int, float]]]:
    """Return the loss curves (step, loss) of the runs that trained the model, without copies of runs.

    These are all runs of the folder, or ``only`` those that are named.
    """
    logged = {
        path.parent.name: list(Run(folder, path.parent.name).curve())
        for path in sorted((folder.path / "runs").glob(f"*/{CURVE}"))
        if not only or path.parent.name in only
    }
    upto = {
        name: [(row["step"], row["loss"]) for row in logged[name] if row["step"] <= ends.get(name, row["step"])]
        for name in _without_copies(logged, ends)
        if name != "eye"
    }
    return {name: rows for name, rows in upto.items() if rows}


def _without_copies(rows_by_run: Mapping[str, Sequence[dict[str, Any]]], ends: Ends) -> list[str]:
    """Return one name for runs whose first rows are equal: the published one, or else the longest."""
    known: dict[str, str] = {}
    for name in sorted(rows_by_run, key=lambda name: (name not in ends, -len(rows_by_run[name]), name)):
        if rows_by_run[name]:
            known.setdefault(json.dumps(rows_by_run[name][0], sort_keys=True), name)
    return sorted(known.values())


def _origin(folder: Folder, base: dict[str, Any] | None) -> str:
    """Return a sentence on the initial weights, or "" for a new model."""
    if base:
        card = f", of which [its card]({OF_BASE}) tells" if base.get("has_card", True) else ""
        return f"It went on from the model `{base['name']}`{card}."
    return "It went on from weights of which nothing is noted here." if goes_on(folder) else ""


def _training(folder: Folder, before: str, ends: Ends, only: Collection[str]) -> str:
    rows = []
    for name, curve in curves(folder, ends, only).items():
        run = Run(folder, name)
        settings, end = json.loads((run.path / SETTINGS).read_bytes()), ends.get(name, curve[-1][0])
        rows.append((name, settings.get("objective", ""), f"{end:,}", str(settings.get("batch", "")),
                     _seen(run, end), f"{settings.get('rate', 0):g}",
                     f"{curve[0][1]:.3g} → {curve[-1][1]:.3g}"))  # fmt: skip
    head = ("run", "objective", "steps", "batch of each process", "pictures seen", "rate", "loss")
    drawn = f"{_table(head, rows)}\n\n![How the losses fell](training.svg)"
    return "\n\n".join(part for part in (before, drawn if rows else "Not trained in this folder.") if part)


def _seen(run: Run, end: int) -> str:
    """Return the number of pictures that a run has seen, as text."""
    count = checkpoints.pictures_seen(run, end)
    if count is None:
        return "not noted"
    seen, counted = count
    return f"{seen:,}" if counted else f"some {seen:,}"


def _figures(scores: dict[str, Any]) -> str:
    eye, plain = scores["eye"], scores["plain"]
    rows = _of_collection(scores.get("collection", {}))
    rows += [
        ("plain names, first of all (M)", accuracy.format_share(plain["M"])),
        ("plain names, among five", accuracy.format_share(plain["top5"])),
    ]
    if scores.get("hands"):
        rows += [
            ("named hand told", accuracy.format_share(scores["hands"]["told"])),
            ("its subject, among five", accuracy.format_share(scores["hands"]["concept_top5"])),
        ]
    if scores.get("rewordings"):
        alone = scores["rewordings"]["text_encoder_alone"]["top5"]
        rows.append(
            (
                f"rewordings, among five (the text encoder alone: {alone:.1%})",
                accuracy.format_share(scores["rewordings"]["top5"]),
            )
        )
    if scores.get("decoder"):
        psnr = scores["decoder"]["psnr"]
        rows.append(("decoder, plain drawings", f"{psnr['plain']:.1f} dB"))
        rows.append(("decoder, over all hands", f"{scores['decoder']['psnr_over_hands']:.1f} dB"))
    if scores.get("led"):
        rows += led_card.figures(scores["led"])
    head = f"Painted in {scores['steps']} steps {_guided(scores)}, judged by the house eye."
    if eye.get("R"):
        head += f" Its own accuracy on drawings of a vendor that it never saw (R): {accuracy.format_share(eye['R'])}."
    text = f"{head}\n\n{_table(('what', 'share (95 % interval)'), rows)}"
    by_hand = scores.get("led", {}).get("by_hand")
    return f"{text}\n\n{led_card.HANDS_HEAD}\n\n{_table(*led_card.hands_table(by_hand))}" if by_hand else text


def _of_collection(scores: dict[str, Any]) -> list[tuple[str, str]]:
    """Return rows on how similar pictures of the collection's captions are to the collection."""
    if not scores:
        return []
    rows = []
    for when, each in (("", scores), (", before it learned", scores.get("before", {}))):
        if each:
            nearest = f"of its captions{when}: its own picture is the nearest"
            likeness = f"likeness to its own picture (to the others){when}"
            rows += [
                (nearest, accuracy.format_share(each["found"])),
                (likeness, f"{each['own']:.3f} ({each['others']:.3f})"),
            ]
    return rows


def _guided(scores: dict[str, Any]) -> str:
    """Return the guidance as the end of a sentence."""
    first, last = scores.get("guided", (0, 1))
    if scores["guidance"] == 1 or first == last:
        return "without guidance"
    part = "" if (first, last) == (0, 1) else f" in {first:.0%} to {last:.0%} of them"
    return f"with guidance {scores['guidance']:g}{part}"


def _limits(scores: dict[str, Any], facts: dict[str, Any], *, is_sketch_conditioned: bool) -> str:
    sizes = " or ".join(f"{side} × {side}" for side in facts.get("sizes", [facts["size"]]))
    lines = [f"- Pictures are {sizes} pixels.{'' if is_sketch_conditioned else ' English only.'}"]
    never = sorted(name for name, share in scores.get("known", {}).items() if not share)
    if never and not scores.get("led"):
        of = len(scores["known"])
        lines.append(
            f"- The eye recognised {len(never):,} of {of:,} concepts in no seed, among them {', '.join(never[:12])}."
        )
    weak = [hand for hand, row in scores.get("hands", {}).get("by_hand", {}).items() if row["told"] < WEAK_HAND]
    if scores.get("led"):
        lines += led_card.limits(scores["led"])
    elif weak:
        lines.append(f"- Hands that are told in less than {WEAK_HAND:.0%}: {', '.join(weak)}.")
    lost = scores.get("forgotten", {}).get("lost", [])
    if lost:
        lines.append(f"- What the model before could do and this cannot: {', '.join(lost[:20])}.")
    lines.append("- It shows what its sources show; it is for pictures and play, and for nothing that must be true.")
    return "\n".join(lines)


def _linked(row: dict[str, Any]) -> str:
    return f"[{row['name']}]({row['url']})" if row.get("url") else str(row["name"])


def _millions(count: int) -> str:
    return f"{count / 1e6:.1f} M" if count >= 50_000 else f"{count:,}"


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(str(cell).replace('|', '/') for cell in line)} |" for line in lines)
