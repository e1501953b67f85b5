"""The licence of a model, from the model card in its folder."""

from __future__ import annotations

import re
from pathlib import Path

CARD = "README.md"
CARD_MAX = 1_000_000
LINE = re.compile(r"(license|license_name|license_link):\s*(.+?)\s*$")


def from_card(folder: Path) -> str:
    """Return the licence in the front matter of a model's card; ``""`` if there is no card, or no licence in it.

    For a licence that the hub does not list, ``license`` is ``other`` and ``license_name`` holds its name.
    """
    try:
        with (folder / CARD).open(encoding="utf-8", errors="replace") as file:
            text = file.read(CARD_MAX)
    except OSError:
        return ""
    if not text.startswith("---"):
        return ""
    head = text[3:].partition("\n---")[0]
    fields = {match[1]: match[2].strip("'\"") for line in head.splitlines() if (match := LINE.match(line))}
    name = fields.get("license", "")
    return fields.get("license_name", name) if name in ("", "other") else name
