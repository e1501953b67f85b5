"""Write a short and a long caption for every picture, and what training reads: metadata.jsonl."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import click

from studio.captioning import record_captions
from studio.captioning.blip import Blip
from studio.errors import FolderError
from studio.text import phrasing
from studio.workspace.stage_command import progress, stage
from studio.workspace.work_folder import Caption, Folder, Record

SEEN = "seen.jsonl"


@stage("caption")
@click.option("--blip", metavar="FOLDER", help="BLIP's weights; without them the catalogue's own words are taken.")
@click.option("--device", default="cpu", show_default=True, help="What BLIP runs on: cpu, cuda.")
@click.option("--batch", type=click.IntRange(1), default=8, show_default=True, help="Pictures at once.")
@click.option("--own", type=click.Path(path_type=Path), help="Captions of your own: JSON Lines, file_name and text.")
@click.option("--prefix", default=phrasing.PREFIX, show_default=True, help="What is put before every text.")
@click.option("--hand", help="Words of a hand that they are by, put behind every text: the model learns it by them.")
@click.option("--pattern", default=phrasing.HAND_PATTERN, show_default=True, help="How text and hand are joined.")
@click.option("--text", "which", type=click.Choice(("short", "long")), default="short", show_default=True,
              help="Which caption becomes the text.")  # fmt: skip
def command(
    folder: Folder,
    *,
    blip: str | None,
    own: Path | None,
    prefix: str,
    hand: str | None,
    pattern: str,
    which: str,
    **options: Any,
) -> dict[str, Any]:
    """Caption the pictures for training: by BLIP, by yourself, or from the catalogue."""
    records = [record for record in folder.catalogue() if record.split == "train"]
    if not records:
        raise FolderError(f"{folder.path} holds no pictures to caption; the stage collect brings some.")
    written = record_captions.own(own) if own else record_captions.Own({}, [])
    looked_at = [record for record in records if record.kind == "work" and not written.text(record)]
    seen = _seen(folder, blip, looked_at, **options) if blip else {}
    counts: Counter[str] = Counter()
    rows = []
    for record in records:
        said = written.text(record)
        counts["own" if said else "seen" if record.id in seen else "catalogue"] += 1
        saw = said or seen.get(record.id, "")
        short, long = saw or record_captions.short(record), record_captions.long(record, saw)
        text = prefix + (short if which == "short" else long)
        if hand:
            text = pattern.replace("{words}", hand).replace("{prompt}", text)
        rows.append(Caption(record.file.removeprefix("pictures/"), text, short, long, record.id))
    folder.write_captions(rows)
    summary = {"captions": len(rows)} | {name: counts[name] for name in ("own", "seen", "catalogue")}
    return summary | ({"broken_lines": len(written.broken), "first_broken": written.broken[:10]} if own else {})


def _seen(folder: Folder, weights: str, records: list[Record], *, device: str, batch: int) -> dict[str, str]:
    """Look at what was not looked at before with these weights, and note it at once: a kill loses one batch."""
    folder.mend(SEEN)
    model = str(Path(weights).resolve())
    known = {str(row["id"]): str(row["text"]) for row in folder.rows(SEEN) if row.get("model") == model}
    missing = [record for record in records if record.id not in known]
    if missing:
        eye = Blip(weights, device=device)
        for start in progress(range(0, len(missing), batch), what="captions"):
            chunk = missing[start : start + batch]
            told = eye.captions([folder.path / record.file for record in chunk])
            for record, text in zip(chunk, told, strict=True):
                folder.append(SEEN, {"id": record.id, "model": model, "text": text})
                known[record.id] = text
    return {identity: text for identity, text in known.items() if text}
