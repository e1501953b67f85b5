"""Write a short and a long caption for every picture, and metadata.jsonl for training."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import click
from PIL import Image

from studio.captioning import record_captions
from studio.captioning.blip import Blip
from studio.collecting import tiles
from studio.errors import FolderError
from studio.text import phrasing
from studio.workspace.stage_command import progress, stage
from studio.workspace.work_folder import Caption, Folder, Record

SEEN = "seen.jsonl"


@stage("caption")
@click.option(
    "--blip", metavar="FOLDER", help="Folder or name of BLIP's weights; without it captions come from the catalogue."
)
@click.option("--device", default="cpu", show_default=True, help="Device that BLIP runs on: cpu, cuda.")
@click.option("--batch", type=click.IntRange(1), default=8, show_default=True, help="Batch size.")
@click.option("--own", type=click.Path(path_type=Path), help="Your own captions: JSON Lines with file_name and text.")
@click.option("--prefix", default=phrasing.PREFIX, show_default=True, help="Text put before every caption.")
@click.option("--hand", help="Words of the pictures' style, added to every caption.")
@click.option("--pattern", default=phrasing.HAND_PATTERN, show_default=True, help="How caption and style are joined.")
@click.option("--text", "which", type=click.Choice(("short", "long")), default="short", show_default=True,
              help="Which caption is trained on.")  # fmt: skip
@click.option(
    "--tiles",
    "most_tiles",
    type=click.IntRange(1),
    help="Train on square tiles of the works, at several scales, instead of the works: at most so many.",
)
@click.option("--size", type=click.IntRange(8), default=256, show_default=True,
              help="With --tiles: side of the pictures that are trained on.")  # fmt: skip
def command(
    folder: Folder,
    *,
    blip: str | None,
    own: Path | None,
    prefix: str,
    hand: str | None,
    pattern: str,
    which: str,
    most_tiles: int | None,
    size: int,
    **options: Any,
) -> dict[str, Any]:
    """Caption the pictures for training: with BLIP, from your own file, or from the catalogue."""
    records = [record for record in folder.catalogue() if record.split == "train"]
    if not records:
        raise FolderError(f"{folder.path} holds no pictures to caption; collect some first.")
    written = record_captions.read_own_captions(own) if own else record_captions.Own({}, [])
    uncaptioned = [record for record in records if record.kind == "work" and not written.text(record)]
    seen = _seen(folder, blip, uncaptioned, **options) if blip else {}
    counts: Counter[str] = Counter()
    rows = []
    for record in progress(records, what="pictures"):
        own_text = written.text(record)
        counts["own" if own_text else "seen" if record.id in seen else "catalogue"] += 1
        text_in_picture = own_text or seen.get(record.id, "")
        short, long = (
            text_in_picture or record_captions.short_caption(record),
            record_captions.long_caption(record, text_in_picture),
        )
        text = prefix + (short if which == "short" else long)
        if hand:
            text = pattern.replace("{words}", hand).replace("{prompt}", text)
        is_tiled = most_tiles is not None and record.kind == "work"
        files = _tiles(folder, record, size, (most_tiles or 0) // len(records)) if is_tiled else [record.file]
        rows += [Caption(file.removeprefix("pictures/"), text, short, long, record.id) for file in files]
    folder.write_captions(rows)
    summary = {"captions": len(rows)} | {name: counts[name] for name in ("own", "seen", "catalogue")}
    return summary | ({"broken_lines": len(written.broken), "first_broken": written.broken[:10]} if own else {})


def _tiles(folder: Folder, record: Record, size: int, most: int) -> list[str]:
    """Write the tiles of a picture that are missing; return the paths of all, relative to the work folder."""
    files = []
    with Image.open(folder.path / record.file) as picture:
        for box in tiles.boxes(*picture.size, size=size, most=most):
            left, top, right, _bottom = box
            files.append(f"{record.file.rpartition('.')[0]}-{left}-{top}-{right - left}.jpg")
            if not (folder.path / files[-1]).exists():
                folder.write(files[-1], tiles.crop(picture, box, size=size))
    return files


def _seen(folder: Folder, weights: str, records: list[Record], *, device: str, batch: int) -> dict[str, str]:
    """Return BLIP's captions by picture ID; caption those that this model has not captioned yet.

    Each batch is written at once, so that a process that is killed loses one batch.
    """
    folder.mend(SEEN)
    model = str(Path(weights).resolve())
    known = {str(row["id"]): str(row["text"]) for row in folder.rows(SEEN) if row.get("model") == model}
    missing = [record for record in records if record.id not in known]
    if missing:
        eye = Blip(weights, device=device)
        for start in progress(range(0, len(missing), batch), what="captions"):
            chunk = missing[start : start + batch]
            texts = eye.captions([folder.path / record.file for record in chunk])
            for record, text in zip(chunk, texts, strict=True):
                folder.append(SEEN, {"id": record.id, "model": model, "text": text})
                known[record.id] = text
    return {identity: text for identity, text in known.items() if text}
