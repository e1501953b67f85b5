"""What a published model has that is led by sketches: its drawings, by which hands it paints and how, for programs."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from sketch import sketchbook, wording
from sketch.sketchbook import Drawing
from studio.collecting import icon_sets
from studio.errors import FolderError, StudioError
from studio.hands.registry import HANDS, Hand
from studio.scenes import subjects
from studio.scenes.subjects import Plan
from studio.workspace.shards import INDEX
from studio.workspace.work_folder import Folder

SKETCH, VERSION = "sketch.json", 1
BOOK = sketchbook.FILE
LEXICON, ABOUT_LEXICON = "lexicon.npz", "LEXICON.md"

_UNGUIDED = {"guidance": 1.0, "gain": 1.0, "detail": 0.0, "spacing": None, "guided": [0.0, 0.0]}
PRESETS = {
    "fast": _UNGUIDED | {"steps": 3, "branches": True, "ladder": [[0.67, 5]]},
    "balanced": _UNGUIDED | {"steps": 4, "branches": True, "ladder": [[0.5, 5], [0.75, 9]]},
    "exact": _UNGUIDED | {"steps": 12, "branches": False, "ladder": [[0.5, 9], [0.75, 16]]},
}
"""How such a model paints: in few steps, for the sketch says what is where. docs/painting.md has what was measured."""

LARGER = 2
"""Up to how many times its own size it paints well: the sketch says what is where at any size."""

STARTERS = 8


@dataclass(frozen=True, slots=True)
class Leading:
    """What leads a model: sketches of ``side`` pixels, ``drawings``; and what it learned from, by the shards' index."""

    side: int
    sketchbook: Path
    drawings: tuple[Drawing, ...]
    learned: dict[str, Any]
    lexicon: Path | None = None

    @property
    def of_pictures(self) -> bool:
        """Whether it learned from pictures with captions, and not from scenes of its drawings."""
        return bool(self.learned["kind"] == "pictures")


def found(folder: Folder, base: Path, side: int, *, book: Path | None = None) -> Leading:
    """Find what leads a model: the sketchbook named, in the work folder, or beside what it went on from.

    :raises FolderError: where there is none.
    :raises StudioError: where it is none.
    """
    book = _first(book, folder.path / sketchbook.FILE, base / sketchbook.FILE, option="--sketchbook")
    drawings = tuple(subjects.opened(book).drawings.values())
    index = folder.path / "latents" / INDEX
    told = json.loads(index.read_bytes()) if index.exists() else {}
    plan = Plan(1)  # what shards of before do not say
    usual = {"kind": "subjects", "hands": plan.hands, "unnamed": plan.unnamed, "mixed": plan.mixed}
    learned = usual | told.get("of", {}) | {"pictures": told.get("pictures", 0)}
    learned["hands"] = tuple(dict.fromkeys(learned["hands"]))  # one that was to paint more of them is named more often
    return Leading(side, book, drawings, learned)


def with_lexicon(leading: Leading, folder: Folder, base: Path, named: Path | None) -> Leading:
    """Add the lexicon by which prompts are read: named, in the work folder, or the base's.

    :raises FolderError: where there is none.
    """
    usual = folder.path / "model" / LEXICON, base / LEXICON
    return replace(leading, lexicon=_first(named, *usual, option="--lexicon"))


def _first(named: Path | None, *usual: Path, option: str) -> Path:
    there = [path for path in ((named,) if named else usual) if path.exists()]
    if not there:
        missing = named or usual[0]
        raise FolderError(f"{missing} is missing, which a model that is led by sketches needs: name one by {option}.")
    return there[0]


def house(
    told: dict[str, Any], leading: Leading, base: dict[str, Any], *, hands: Sequence[str] = (),
    presets: dict[str, Any] | None = None, unnamed: Sequence[str] = (),
) -> dict[str, Any]:  # fmt: skip
    """Complete what programs read; ``hands`` are words that name further ones, as ``words`` or ``words=title``.

    ``unnamed`` are the words of those that paint a prompt which names none. What a base offers for a beginning stays,
    as far as there are drawings for it.

    :raises StudioError: where one of these is unknown.
    """
    told = told | painted_by(leading, base, presets) | {"sizes": [told["size"], LARGER * told["size"]]}
    for hand in hands:
        words, _, title = hand.partition("=")
        others = [row for row in told["hands"] if row["words"] != words]
        told["hands"] = [*others, {"words": words, "title": title or words[:1].upper() + words[1:]}]
    if strange := sorted(set(unnamed) - {row["words"] for row in told["hands"]}):
        raise StudioError(f"--unnamed {strange[0]} is no hand that the model knows.")
    told["unnamed"] = list(unnamed) or told["unnamed"]
    of_base = {row.get("url"): row for row in base.get("sources", [])}
    drawn = [of_base.get(row["url"], row) if "url" in row else row for row in sources(leading.drawings)]
    told["sources"] = [*drawn, *(row for row in told["sources"] if row not in drawn)]
    return told | _offered(told, leading.drawings, base)


def painted_by(leading: Leading, base: dict[str, Any], presets: dict[str, Any] | None = None) -> dict[str, Any]:
    """Return the hands a model paints by and its presets, which ``presets`` change setting by setting.

    What learned from pictures has the hands and presets of its base; what learned from drawings has ``PRESETS``,
    whatever an earlier model of that kind was painted with.
    """
    if leading.of_pictures:
        known, unnamed = list(base.get("hands", [])), list(base.get("unnamed", []))
        asked = presets or base.get("presets") or {}
    else:
        known = [told_of(HANDS[hand]) for hand in leading.learned["hands"]]
        unnamed = [HANDS[hand].words for hand in leading.learned["unnamed"]]
        asked = presets or {}
    ways = {name: PRESETS.get(name, {}) | asked.get(name, {}) for name in (*PRESETS, *asked)}
    return {"hands": known, "unnamed": unnamed, "presets": ways}


def told_of(hand: Hand) -> dict[str, Any]:
    """Return a row of ``house.json`` for a hand: its words, title, marks and other names."""
    told: dict[str, Any] = {"words": hand.words, "title": hand.title}
    return told | ({"marks": hand.marks, "also": list(hand.also)} if hand.marks else {})


def usual_painting(presets: dict[str, Any]) -> tuple[int, float]:
    """Return steps and guidance of the preset that paints where nothing is said."""
    return int(presets["balanced"]["steps"]), float(presets["balanced"]["guidance"])


def sources(drawings: Iterable[Drawing]) -> list[dict[str, Any]]:
    """Say whose the drawings are: one row for each artist and licence, the most first."""
    rows = []
    for (artist, licence, home), count in counted(drawings):
        row = {"name": artist, "art": True, "what": f"{count:,} drawings", "licence": licence}
        rows.append(row | ({"url": home} if home else {}))
    return rows


def licence(drawings: Iterable[Drawing]) -> str:
    """Say what may be done with the pictures, by whose drawings they are led."""
    whose_counted = counted(drawings)
    whose = [f"{artist} ({licence})" for (artist, licence, _), _ in whose_counted]
    whose = [", ".join(whose[:-1]), whose[-1]] if len(whose) > 1 else whose
    asks = any("BY" in licence.upper() for (_, licence, _), _ in whose_counted)
    credit = " Where a picture stays close to one of those drawings, credit its makers." if asks else ""
    return (
        "The pictures are free to use, also commercially, and nobody here claims rights in them. "
        f"The model is led by, and learned from, drawings by {' and '.join(whose)}.{credit}"
    )


def counted(drawings: Iterable[Drawing]) -> list[tuple[tuple[str, str, str], int]]:
    """Count drawings by artist, licence and where they are from."""
    return Counter((each.artist, each.licence, _home(each.source)) for each in drawings).most_common()


def _home(source: str) -> str:
    """Name the address of an icon set, by where a drawing was taken from: ``npm:@iconify-json/noto@1.2.9#bear``."""
    vendor = source.removeprefix("npm:@iconify-json/").partition("@")[0]
    return icon_sets.HOMES.get(vendor, source if source.startswith("https://") else "")


def _offered(told: dict[str, Any], drawings: Iterable[Drawing], base: dict[str, Any]) -> dict[str, Any]:
    """Choose what is offered for a beginning: what the base does, as far as it is drawn, or what was measured.

    Where one of the base's names a hand that this model has not, the first that it has stands in its place.
    """
    drawn = {wording.thing(name) for each in drawings for name in (each.name, *each.words)}
    hands = [row["words"] for row in told["hands"]]
    vocabulary = [words for words in base.get("vocabulary", []) if words in drawn] or told.get("vocabulary", [])
    pairs = [[_in_a_hand(prompt, hands) for prompt in pair] for pair in base.get("starters", [])]
    starters = [pair for pair in pairs if {prompt.partition(", ")[0] for prompt in pair} <= drawn]
    if len(vocabulary) < 2:
        return {}
    return {"vocabulary": vocabulary, "starters": (starters or told.get("starters", []))[:STARTERS]}


def _in_a_hand(prompt: str, hands: Sequence[str]) -> str:
    """Return a prompt that names one of these hands, if any."""
    subject, named, words = prompt.partition(", ")
    return f"{subject}, {hands[0]}" if named and words not in hands else prompt


def write(leading: Leading, path: Path, base: Path) -> None:
    """Write beside the weights what leads a model; the concepts' groups are the base's where it knows them."""
    (path / SKETCH).write_text(json.dumps({"version": VERSION, "side": leading.side}) + "\n", "utf-8")
    (path / sketchbook.FILE).write_bytes(leading.sketchbook.read_bytes())
    if leading.lexicon:
        (path / LEXICON).write_bytes(leading.lexicon.read_bytes())
        about = leading.lexicon.with_name(ABOUT_LEXICON)
        if about.exists():
            (path / ABOUT_LEXICON).write_bytes(about.read_bytes())
    known = base / "concepts.json"
    groups = {row["name"]: row["group"] for row in json.loads(known.read_bytes())} if known.exists() else {}
    counted = Counter(each.name for each in leading.drawings)
    kinds = {each.name: each.kind for each in leading.drawings}
    rows = [{"name": name, "group": groups.get(name, kinds[name]), "pictures": counted[name]} for name in counted]
    (path / "concepts.json").write_text(json.dumps(rows, indent=1, ensure_ascii=False) + "\n", "utf-8")
