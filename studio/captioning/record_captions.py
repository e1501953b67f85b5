"""Captions without a model: from a record's title, date, materials and keywords; and those that people wrote."""

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


def short(record: Record) -> str:
    """Say in a few words what a picture is of: ``a bear``; ``The Starry Night``; ``a drawing, ink on paper``."""
    if record.kind == "motif":
        return wording.thing(record.title)
    return _title(record) or _kind(record)


def long(record: Record, seen: str = "") -> str:
    """Say all that the catalogue knows, behind what was ``seen`` in the picture, if anything was."""
    if record.kind == "motif":
        return _cut(", ".join([short(record), *record.keywords[:6]]))
    artist = f"by {record.artist}" if record.artist else ""
    date = "" if UNDATED.match(record.date) else record.date
    facts = [_title(record), artist, date, record.materials.lower() if record.materials else "", *record.keywords[:8]]
    told = ", ".join(dict.fromkeys(fact for fact in facts if fact and fact != seen))
    return _cut(", ".join(part for part in (seen, told) if part) or _kind(record))


def _title(record: Record) -> str:
    """Return a title that says something: none for "Untitled", and what stands in brackets behind that."""
    rest = UNTITLED.sub("", record.title).strip(" ()[]")
    return rest if re.search(r"[^\W\d_]", rest) else ""


def _kind(record: Record) -> str:
    """Fall back on what it is made of, or what kind of work it is."""
    group = record.group.lower().rstrip("s")
    kind = f"{wording.article(group)} {group}" if group else "a picture"
    subjects = (
        phrasing.listed(record.keywords, 3) if record.keywords and record.keywords[0] != record.group.lower() else ""
    )
    return _cut(", ".join(part for part in (kind, subjects, record.materials.lower()) if part))


def _cut(text: str) -> str:
    """Keep a caption to a length that a text encoder reads, cut at a comma."""
    text = " ".join(text.split())
    return text if len(text) <= LONGEST else text[:LONGEST].rpartition(", ")[0] or text[:LONGEST]


@dataclass(frozen=True, slots=True)
class Own:
    """Captions that people wrote: by id or by the name of the collected file; and the lines that could not be read."""

    texts: dict[str, str]
    broken: list[int]

    def text(self, record: Record) -> str:
        """Find the caption of a record, or nothing."""
        name = record.source.rpartition("/")[2]
        return self.texts.get(record.id) or self.texts.get(record.file) or self.texts.get(name) or ""


def own(path: Path) -> Own:
    """Read captions of one's own: JSON Lines with ``file_name`` (or ``id``) and ``text``; broken lines are passed over.

    :raises StudioError: where the file cannot be read, or no line of it.
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
