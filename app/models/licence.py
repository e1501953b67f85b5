"""The licence of a model, as its folder or its page on a hub says."""

from __future__ import annotations

import re
from pathlib import Path

CARD = "README.md"
CARD_MAX = 1_000_000
LINE = re.compile(r"(license|license_name|license_link):\s*(.+?)\s*$")


def of_card(folder: Path) -> str:
    """Return the licence that the head of a model's card names; "" where it has no card, or names none.

    A licence that the hub does not list is called ``other``; ``license_name`` then says its name.
    """
    try:
        with (folder / CARD).open(encoding="utf-8", errors="replace") as file:
            text = file.read(CARD_MAX)
    except OSError:
        return ""
    if not text.startswith("---"):
        return ""
    head = text[3:].partition("\n---")[0]
    told = {match[1]: match[2].strip("'\"") for line in head.splitlines() if (match := LINE.match(line))}
    name = told.get("license", "")
    return told.get("license_name", name) if name in ("", "other") else name
