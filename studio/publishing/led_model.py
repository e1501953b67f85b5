"""What a published model that is led by sketches says of itself beyond what all do: its drawings, and what leads it."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sketch import sketchbook
from sketch.sketchbook import Drawing
from studio.collecting import icon_sets
from studio.errors import FolderError, StudioError
from studio.hands.registry import HANDS
from studio.scenes.subjects import Plan
from studio.text import phrasing
from studio.workspace.shards import INDEX
from studio.workspace.work_folder import Folder

SKETCH, VERSION = "sketch.json", 1
LEXICON, ABOUT_LEXICON = "lexicon.npz", "LEXICON.md"

PRESETS = {
    name: {"steps": steps, "guidance": 2.0, "guided": [0.0, 1.0], "gain": 1.0, "ladder": [[0.6, 5]], "branches": False}
    for name, steps in (("fast", 6), ("balanced", 8), ("exact", 20))
}
"""How such a model paints: each frame from its noise, for the sketch says what is where, and in few steps."""

GUIDANCE = 2.0
STARTERS = 8


@dataclass(frozen=True, slots=True)
class Leading:
    """What leads a model: sketches of ``side`` pixels, ``drawings``; and what it learned from, by the shards' index."""

    side: int
    sketchbook: Path
    lexicon: Path
    drawings: tuple[Drawing, ...]
    learned: dict[str, Any]

    @property
    def of_pictures(self) -> bool:
        """Whether it learned from pictures with captions, and not from scenes of its drawings."""
        return bool(self.learned["kind"] == "pictures")


def found(folder: Folder, base: Path, side: int, *, book: Path | None, lexicon: Path | None) -> Leading:
    """Find what leads a model: named, in the work folder, or beside what it went on from.

    :raises FolderError: where there is no sketchbook or no lexicon.
    """
    book = _first(book, folder.path / sketchbook.FILE, base / sketchbook.FILE, option="--sketchbook")
    lexicon = _first(lexicon, folder.path / "model" / LEXICON, base / LEXICON, option="--lexicon")
    try:
        drawings = tuple(sketchbook.load(book).drawings.values())
    except sketchbook.SketchbookError as error:
        raise StudioError(str(error)) from error
    index = folder.path / "latents" / INDEX
    told = json.loads(index.read_bytes()) if index.exists() else {}
    plan = Plan(1)  # what shards of before do not say
    usual = {"kind": "subjects", "hands": plan.hands, "unnamed": plan.unnamed, "mixed": plan.mixed}
    learned = usual | told.get("of", {}) | {"pictures": told.get("pictures", 0)}
    return Leading(side, book, lexicon, drawings, learned)


def _first(named: Path | None, *usual: Path, option: str) -> Path:
    there = [path for path in ((named,) if named else usual) if path.exists()]
    if not there:
        missing = named or usual[0]
        raise FolderError(f"{missing} is missing, which a model that is led by sketches needs: name one by {option}.")
    return there[0]


def house(
    told: dict[str, Any], leading: Leading, base: dict[str, Any], *, hands: Sequence[str] = (),
    presets: dict[str, Any] | None = None,
) -> dict[str, Any]:  # fmt: skip
    """Complete what programs read; ``hands`` are words that name further ones, as ``words`` or ``words=title``.

    What a base offers for a beginning stays, as far as there are drawings for it.
    """
    if leading.of_pictures:
        known, unnamed = list(base.get("hands", [])), list(base.get("unnamed", []))
    else:
        known = [{"words": HANDS[hand].words, "title": HANDS[hand].title} for hand in leading.learned["hands"]]
        unnamed = [HANDS[hand].words for hand in leading.learned["unnamed"]]
    for hand in hands:
        words, _, title = hand.partition("=")
        known = [row for row in known if row["words"] != words]
        known.append({"words": words, "title": title or words[:1].upper() + words[1:]})
    of_base = {row.get("url"): row for row in base.get("sources", [])}
    drawn = [of_base.get(row["url"], row) if "url" in row else row for row in sources(leading.drawings)]
    told = told | {"hands": known, "unnamed": unnamed, "presets": presets or base.get("presets") or PRESETS}
    told["sources"] = [*drawn, *(row for row in told["sources"] if row not in drawn)]
    return told | _offered(told, leading.drawings, base)


def sources(drawings: Iterable[Drawing]) -> list[dict[str, Any]]:
    """Say whose the drawings are: one row for each artist and licence, the most first."""
    rows = []
    for (artist, licence, home), count in _counted(drawings):
        row = {"name": artist, "art": True, "what": f"{count:,} drawings", "licence": licence}
        rows.append(row | ({"url": home} if home else {}))
    return rows


def licence(drawings: Iterable[Drawing]) -> str:
    """Say what may be done with the pictures, by whose drawings they are led."""
    counted = _counted(drawings)
    whose = [f"{artist} ({licence})" for (artist, licence, _), _ in counted]
    whose = [", ".join(whose[:-1]), whose[-1]] if len(whose) > 1 else whose
    asks = any("BY" in licence.upper() for (_, licence, _), _ in counted)
    credit = " Where a picture stays close to one of those drawings, credit its makers." if asks else ""
    return (
        "The pictures are free to use, also commercially, and nobody here claims rights in them. "
        f"The model is led by, and learned from, drawings by {' and '.join(whose)}.{credit}"
    )


def _counted(drawings: Iterable[Drawing]) -> list[tuple[tuple[str, str, str], int]]:
    """Count drawings by artist, licence and where they are from."""
    return Counter((each.artist, each.licence, _home(each.source)) for each in drawings).most_common()


def _home(source: str) -> str:
    """Name the address of an icon set, by where a drawing was taken from: ``npm:@iconify-json/noto@1.2.9#bear``."""
    vendor = source.removeprefix("npm:@iconify-json/").partition("@")[0]
    return icon_sets.HOMES.get(vendor, source if source.startswith("https://") else "")


def _offered(told: dict[str, Any], drawings: Iterable[Drawing], base: dict[str, Any]) -> dict[str, Any]:
    """Choose what is offered for a beginning: what the base does, as far as it is drawn, or what was measured."""
    drawn = {phrasing.thing(name) for each in drawings for name in (each.name, *each.words)}
    vocabulary = [words for words in base.get("vocabulary", []) if words in drawn] or told.get("vocabulary", [])
    starters = [pair for pair in base.get("starters", []) if {prompt.partition(",")[0] for prompt in pair} <= drawn]
    if len(vocabulary) < 2:
        return {}
    return {"vocabulary": vocabulary, "starters": (starters or told.get("starters", []))[:STARTERS]}


USE = """\
## Use
```
MOMA_MODEL=FOLDER make run
```
It is led by *sketches*: the site reads a prompt into a scene of drawings and draws it small, and the UNet is shown that
sketch beside the noise. Reader and sketches are this project's (`app/reading`, `sketch/`); diffusers' plain pipeline
loads the folder, and cannot paint with it. A sketch is 4 × {side} × {side}: red, green, blue, and the signed distance
to the nearest outline of a thing, of 64 pixels of the picture at most, all within −1…1, or zeros where there is none.
Folded to the side of the latents by `pixel_unshuffle`, it follows them."""


def use(leading: Leading) -> str:
    """Tell how the model is painted with."""
    return USE.format(side=leading.side)


def data(leading: Leading) -> str:
    """Tell of the drawings, and of the pictures that it learned from."""
    learned, count = leading.learned, leading.learned["pictures"]
    names = len({drawing.name for drawing in leading.drawings})
    rows = [(artist, f"{number:,}", of, home) for (artist, of, home), number in _counted(leading.drawings)]
    lines = [
        f"It is led by {len(leading.drawings):,} drawings of {names:,} names. They lie beside the weights in "
        f"`{sketchbook.FILE}`, as SVG, each with its artist, licence and source.",
        "",
        "| drawn by | drawings | licence | from |\n| --- | --- | --- | --- |",
        *(f"| {' | '.join(row)} |" for row in rows),
        "",
    ]
    if leading.of_pictures:
        lines.append(f"It learned from {count:,} pictures with captions, whose sketches were made of themselves.")
    elif count:
        lines.append(
            f"It learned from {count:,} pictures: scenes of those drawings by dice, painted by the programs of "
            f"{len(learned['hands'])} hands, {learned['mixed']:.0%} of them between two scenes, each with its sketch."
        )
    about = f" [{ABOUT_LEXICON}]({ABOUT_LEXICON}) names its sources." if _about_lexicon(leading).exists() else ""
    lines.append(f"By which words the site's reader finds a drawing stands in `{LEXICON}`.{about}")
    return "\n".join(lines)


LIMITS = (
    "- What no drawing shows is left to the words, of which it learned little: a sketch says what is where.\n"
    "- What the reader misunderstands is painted as it was misunderstood."
)


def write(leading: Leading, path: Path, base: Path) -> None:
    """Write beside the weights what leads a model; the concepts' groups are the base's where it knows them."""
    (path / SKETCH).write_text(json.dumps({"version": VERSION, "side": leading.side}) + "\n", "utf-8")
    for name, source in ((sketchbook.FILE, leading.sketchbook), (LEXICON, leading.lexicon),
                         (ABOUT_LEXICON, _about_lexicon(leading))):  # fmt: skip
        if source.exists():
            (path / name).write_bytes(source.read_bytes())
    known = base / "concepts.json"
    groups = {row["name"]: row["group"] for row in json.loads(known.read_bytes())} if known.exists() else {}
    counted = Counter(each.name for each in leading.drawings)
    kinds = {each.name: each.kind for each in leading.drawings}
    rows = [{"name": name, "group": groups.get(name, kinds[name]), "pictures": counted[name]} for name in counted]
    (path / "concepts.json").write_text(json.dumps(rows, indent=1, ensure_ascii=False) + "\n", "utf-8")


def _about_lexicon(leading: Leading) -> Path:
    return leading.lexicon.with_name(ABOUT_LEXICON)
