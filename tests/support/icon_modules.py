"""Packages of icons and names as npm unpacks them, of a few made-up drawings."""

import json
from pathlib import Path
from typing import Any

CONCEPTS = {
    "🐻": ("bear", "Animals & Nature", ["animal", "grizzly", "brown"]),
    "🦊": ("fox", "Animals & Nature", ["animal", "clever"]),
    "☂": ("umbrella", "Objects", ["rain"]),
    "🍎": ("red apple", "Food & Drink", ["fruit"]),
    "⛑": ("rescue worker’s helmet", "Objects", ["aid"]),
    "🕐": ("one o’clock", "Travel & Places", ["time"]),
    "🏳": ("white flag", "Flags", ["surrender"]),
    "🤵‍♂": ("man in tuxedo", "People & Body", ["groom"]),
    "♻": ("recycling symbol", "Symbols", ["green"]),
}
KINDS = {
    "🐻": "animal-mammal", "🦊": "animal-mammal", "☂️": "sky-weather", "🍎": "food-fruit", "⛑": "clothing",
}  # fmt: skip
TONES = ("#8b5a2b", "#e8742a", "#7030a0", "#d02030", "#d8d8d8")


def body(number: int, vendor: str) -> str:
    """Draw something of a colour and shape of its own; wider for the second vendor."""
    tone, size = TONES[number % len(TONES)], 12 if vendor == "noto" else 9
    head = f'<circle cx="16" cy="18" r="{size - number % 3}" fill="{tone}"/>'
    return head + f'<rect x="{6 + number}" y="3" width="8" height="10" fill="#222"/>'


def make_modules(folder: Path, vendors: tuple[str, ...] = ("noto", "twemoji")) -> Path:
    """Write a folder of modules; return it."""
    write(folder / "unicode-emoji-json/data-by-emoji.json",
          {emoji: {"name": name, "group": group} for emoji, (name, group, _) in CONCEPTS.items()})  # fmt: skip
    near = {emoji: [name.replace(" ", "_"), *tags] for emoji, (name, _, tags) in CONCEPTS.items()}
    write(folder / "emojilib/dist/emoji-en-US.json", near)
    kinds = sorted(set(KINDS.values()))
    rows: list[dict[str, Any]] = [{"emoji": emoji, "subgroup": kinds.index(kind)} for emoji, kind in KINDS.items()]
    rows[0]["tags"] = ["face", "grizzly", ":D", "Bear"]
    write(folder / "emojibase-data/en/data.json", rows)
    write(folder / "emojibase-data/meta/groups.json", {"subgroups": dict(enumerate(kinds))})
    keys = [name.replace("’", "").replace(" ", "-") for name, _, _ in CONCEPTS.values()]
    for vendor in vendors:
        package = folder / "@iconify-json" / vendor
        icons: dict[str, Any] = {key: {"body": body(number, vendor)} for number, key in enumerate(keys)}
        aliases = {}
        if vendor == "noto":  # the umbrella under another name, and a fox that is only a mirrored one
            aliases = {"umbrella": {"parent": "parasol"}, "fox": {"parent": "bear", "hFlip": True}}
            icons["parasol"] = icons.pop("umbrella")
            del icons["fox"]
        write(package / "icons.json", {"icons": icons, "aliases": aliases, "width": 32, "height": 32})
        licence = {"title": "Apache 2.0", "spdx": "Apache-2.0"}
        write(package / "info.json", {"name": vendor.title(), "author": {"name": "Somebody"}, "license": licence})
        write(package / "package.json", {"version": "1.2.3"})
    return folder


def write(path: Path, value: Any) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(value), "utf-8")
