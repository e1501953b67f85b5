"""Captions without a model: from a record's title, date, materials and keywords, or from a file of your own."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path

from sketch import wording
from studio.errors import StudioError
from studio.text import phrasing
from studio.workspace.work_folder import Record

UNTITLED = re.compile(r"^(untitled|no title|sans titre|ohne titel|zonder titel|\[.*title.*\]|title unknown)\b\W*", re.I)
UNDATED = re.compile(r"^(n\.?\s?d\.?|undated|unknown|date unknown)$", re.I)
LONGEST = 300


def short_caption(record: Record) -> str:
    """Return a short caption of a record: ``a bear``; ``The Starry Night``; ``a drawing, ink on paper``."""
    if record.kind == "motif":
        return wording.thing(record.title)
    return _title(record) or _kind(record)


def long_caption(record: Record, seen: str = "") -> str:
    """Return a long caption: the text ``seen`` in the picture, if any, followed by the catalogue's facts."""
    if record.kind == "motif":
        return _cut(", ".join([short_caption(record), *record.keywords[:6]]))
    artist = f"by {record.artist}" if record.artist else ""
    date = "" if UNDATED.match(record.date) else record.date
    facts = [_title(record), artist, date, record.materials.lower() if record.materials else "", *record.keywords[:8]]
    listed = ", ".join(dict.fromkeys(fact for fact in facts if fact and fact != seen))
    return _cut(", ".join(part for part in (seen, listed) if part) or _kind(record))


def _title(record: Record) -> str:
    """Return a title without "Untitled" and brackets; "" when nothing meaningful remains."""
    rest = UNTITLED.sub("", record.title).strip(" ()[]")
    return rest if re.search(r"[^\W\d_]", rest) else ""


def _kind(record: Record) -> str:
    """Return a caption from the kind of work, its keywords and materials."""
    group = record.group.lower().rstrip("s")
    kind = f"{wording.article(group)} {group}" if group else "a picture"
    subjects = (
        phrasing.join_words(record.keywords, 3)
        if record.keywords and record.keywords[0] != record.group.lower()
        else ""
    )
    return _cut(", ".join(part for part in (kind, subjects, record.materials.lower()) if part))


def _cut(text: str) -> str:
    """Cut a caption at a comma to the length that a text encoder takes."""
    text = " ".join(text.split())
    return text if len(text) <= LONGEST else text[:LONGEST].rpartition(", ")[0] or text[:LONGEST]


@dataclass(frozen=True, slots=True)
class Own:
    """Your own captions by record ID or file name, and the numbers of invalid lines."""

    texts: dict[str, str]
    broken: list[int]

    def text(self, record: Record) -> str:
        """Return the caption of a record, or ""."""
        name = record.source.rpartition("/")[2]
        return self.texts.get(record.id) or self.texts.get(record.file) or self.texts.get(name) or ""


def read_own_captions(path: Path) -> Own:
    """Read your own captions: JSON Lines with ``file_name`` (or ``id``) and ``text``; invalid lines are skipped.

    :raises StudioError: when the file cannot be read, or has no valid line.
    """
    try:
        lines = path.read_bytes().splitlines()
    except OSError as error:
        raise StudioError(f"{path} cannot be read: {error.strerror}") from error
    texts, broken = {}, []
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
            key, text = row.get("file_name") or row["id"], " ".join(row["text"].split())
        except (ValueError, RecursionError, LookupError, AttributeError, TypeError):
            broken.append(number)
            continue
        if isinstance(key, str) and text:
            texts[key if key in texts or "/" not in key else key.rpartition("/")[2]] = text
        else:
            broken.append(number)
    if not texts:
        raise StudioError(f"{path} holds no line with file_name and text.")
    return Own(texts, broken)
