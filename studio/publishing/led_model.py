"""Facts and files of a published sketch-conditioned model: its drawings, styles and presets."""

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
from studio.scenes import subjects
from studio.scenes.subjects import Plan
from studio.styles.registry import HANDS, Style
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
"""Sampling presets. Few steps suffice, because the sketch fixes the layout; docs/research/painting.md measures
them."""

LARGER = 2
"""The largest size that works well, relative to the model's own; the sketch fixes the layout at any size."""

STARTERS = 8


@dataclass(frozen=True, slots=True)
class Leading:
    """What a model is conditioned on: sketches of ``side`` pixels and its drawings; and what it was trained on.

    ``learned`` comes from the index of the training shards.
    """

    side: int
    sketchbook: Path
    drawings: tuple[Drawing, ...]
    learned: dict[str, Any]
    lexicon: Path | None = None

    @property
    def of_pictures(self) -> bool:
        """Whether it was trained on captioned pictures rather than on scenes of its drawings."""
        return bool(self.learned["kind"] == "pictures")


def find_leading(folder: Folder, base: Path, side: int, *, book: Path | None = None) -> Leading:
    """Return a model's conditioning, with the drawing library ``book``, the work folder's, or the base's.

    :raises FolderError: when there is no drawing library.
    :raises StudioError: when the file is not a drawing library.
    """
    book = _first(book, folder.path / sketchbook.FILE, base / sketchbook.FILE, option="--sketchbook")
    drawings = tuple(subjects.load_library(book).drawings.values())
    index = folder.path / "latents" / INDEX
    index_facts = json.loads(index.read_bytes()) if index.exists() else {}
    plan = Plan(1)  # for what older shards do not record
    usual = {"kind": "subjects", "hands": plan.hands, "unnamed": plan.unnamed, "mixed": plan.mixed}
    learned = usual | index_facts.get("of", {}) | {"pictures": index_facts.get("pictures", 0)}
    learned["hands"] = tuple(dict.fromkeys(learned["hands"]))  # a style with more weight is listed repeatedly
    return Leading(side, book, drawings, learned)


def add_lexicon(leading: Leading, folder: Folder, base: Path, named: Path | None) -> Leading:
    """Return the conditioning with the prompt parser's lexicon: ``named``, the work folder's, or the base's.

    :raises FolderError: when there is none.
    """
    usual = folder.path / "model" / LEXICON, base / LEXICON
    return replace(leading, lexicon=_first(named, *usual, option="--lexicon"))


def _first(named: Path | None, *usual: Path, option: str) -> Path:
    existing = [path for path in ((named,) if named else usual) if path.exists()]
    if not existing:
        missing = named or usual[0]
        raise FolderError(f"{missing} is missing, which a sketch-conditioned model needs: name one by {option}.")
    return existing[0]


def complete_facts(
    facts: dict[str, Any],
    leading: Leading,
    base: dict[str, Any],
    *,
    hands: Sequence[str] = (),
    like: str = "",
    presets: dict[str, Any] | None = None,
    unnamed: Sequence[str] = (),
) -> dict[str, Any]:
    """Complete the facts for ``house.json``.

    ``hands`` add styles, as ``words`` or ``words=title``, whose scenes are composed as in the style ``like``, or not;
    ``unnamed`` are the words of the styles for prompts that name none. Starters of the base stay as far as there are
    drawings for them.

    :raises StudioError: when ``like`` or a style in ``unnamed`` is unknown.
    """
    facts = facts | styles_and_presets(leading, base, presets) | {"sizes": [facts["size"], LARGER * facts["size"]]}
    marks = {row["words"]: row.get("marks", "") for row in facts["hands"]}
    if like and like not in marks:
        raise StudioError(f"--like {like} is not a style of the model.")
    composed = {"marks": marks[like]} if marks.get(like) else {}
    for hand in hands:
        words, _, title = hand.partition("=")
        others = [row for row in facts["hands"] if row["words"] != words]
        facts["hands"] = [*others, {"words": words, "title": title or words[:1].upper() + words[1:]} | composed]
    if strange := sorted(set(unnamed) - {row["words"] for row in facts["hands"]}):
        raise StudioError(f"--unnamed {strange[0]} is not a style of the model.")
    facts["unnamed"] = list(unnamed) or facts["unnamed"]
    of_base = {row.get("url"): row for row in base.get("sources", [])}
    drawn = [of_base.get(row["url"], row) if "url" in row else row for row in sources(leading.drawings)]
    facts["sources"] = [*drawn, *(row for row in facts["sources"] if row not in drawn)]
    return facts | _offered(facts, leading.drawings, base)


def styles_and_presets(leading: Leading, base: dict[str, Any], presets: dict[str, Any] | None = None) -> dict[str, Any]:
    """Return the model's styles and presets; ``presets`` override single settings.

    A model trained on pictures has its base's styles and presets. A model trained on drawings has :data:`PRESETS`,
    whatever presets its base has.
    """
    if leading.of_pictures:
        known, unnamed = list(base.get("hands", [])), list(base.get("unnamed", []))
        asked = presets or base.get("presets") or {}
    else:
        known = [style_row(HANDS[hand]) for hand in leading.learned["hands"]]
        unnamed = [HANDS[hand].words for hand in leading.learned["unnamed"]]
        asked = presets or {}
    settings = {name: PRESETS.get(name, {}) | asked.get(name, {}) for name in (*PRESETS, *asked)}
    return {"hands": known, "unnamed": unnamed, "presets": settings}


def style_row(hand: Style) -> dict[str, Any]:
    """Return a style's row for ``house.json``: words, title, marks and other names."""
    row: dict[str, Any] = {"words": hand.words, "title": hand.title}
    return row | ({"marks": hand.marks, "also": list(hand.also)} if hand.marks else {})


def default_settings(presets: dict[str, Any]) -> tuple[int, float]:
    """Return steps and guidance scale of the default preset."""
    return int(presets["balanced"]["steps"]), float(presets["balanced"]["guidance"])


def sources(drawings: Iterable[Drawing]) -> list[dict[str, Any]]:
    """Return a source row for each artist and licence of the drawings, the most frequent first."""
    rows = []
    for (artist, licence, home), count in count_credits(drawings):
        row = {"name": artist, "art": True, "what": f"{count:,} drawings", "licence": licence}
        rows.append(row | ({"url": home} if home else {}))
    return rows


def licence(drawings: Iterable[Drawing]) -> str:
    """Return the licence text of the pictures, with the credits of the drawings."""
    counts = count_credits(drawings)
    names = [f"{artist} ({licence})" for (artist, licence, _), _ in counts]
    names = [", ".join(names[:-1]), names[-1]] if len(names) > 1 else names
    asks = any("BY" in licence.upper() for (_, licence, _), _ in counts)
    credit = " Where a picture stays close to one of those drawings, credit its makers." if asks else ""
    return (
        "The pictures are free to use, also commercially, and nobody here claims rights in them. "
        f"The model is led by, and learned from, drawings by {' and '.join(names)}.{credit}"
    )


def count_credits(drawings: Iterable[Drawing]) -> list[tuple[tuple[str, str, str], int]]:
    """Return the number of drawings by artist, licence and home page, the most frequent first."""
    return Counter((each.artist, each.licence, _home(each.source)) for each in drawings).most_common()


def _home(source: str) -> str:
    """Return the home page of a drawing's icon set, given a source such as ``npm:@iconify-json/noto@1.2.9#bear``."""
    vendor = source.removeprefix("npm:@iconify-json/").partition("@")[0]
    return icon_sets.HOMES.get(vendor, source if source.startswith("https://") else "")


def _offered(facts: dict[str, Any], drawings: Iterable[Drawing], base: dict[str, Any]) -> dict[str, Any]:
    """Return the vocabulary and starters: the base's as far as they have drawings, or else those of the evaluation.

    A style that this model lacks is replaced by its first one.
    """
    drawn = {wording.thing(name) for each in drawings for name in (each.name, *each.words)}
    hands = [row["words"] for row in facts["hands"]]
    vocabulary = [words for words in base.get("vocabulary", []) if words in drawn] or facts.get("vocabulary", [])
    pairs = [[_in_a_hand(prompt, hands) for prompt in pair] for pair in base.get("starters", [])]
    starters = [pair for pair in pairs if {prompt.partition(", ")[0] for prompt in pair} <= drawn]
    if len(vocabulary) < 2:
        return {}
    return {"vocabulary": vocabulary, "starters": (starters or facts.get("starters", []))[:STARTERS]}


def _in_a_hand(prompt: str, hands: Sequence[str]) -> str:
    """Return a prompt, with its style replaced by the first one when the model lacks it."""
    subject, named, words = prompt.partition(", ")
    return f"{subject}, {hands[0]}" if named and words not in hands else prompt


def write(leading: Leading, path: Path, base: Path) -> None:
    """Write the files of the conditioning beside the weights; groups of concepts are the base's where it has them."""
    (path / SKETCH).write_text(json.dumps({"version": VERSION, "side": leading.side}) + "\n", "utf-8")
    book, more = path / sketchbook.FILE, sketchbook.beside(leading.sketchbook)
    book.write_bytes(leading.sketchbook.read_bytes())
    if more.exists():
        sketchbook.beside(book).write_bytes(more.read_bytes())
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
