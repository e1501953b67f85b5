"""Drawings of icon sets in npm packages: their concepts, names, and rendering with transparency."""

from __future__ import annotations

import io
import json
import re
import shutil
import subprocess
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any

from PIL import Image

from studio.collecting.collection import Item
from studio.collecting.picture_intake import Prepared
from studio.errors import StudioError
from studio.workspace.work_folder import digest

VENDORS = (
    "noto",
    "twemoji",
    "fluent-emoji",
    "fluent-emoji-flat",
    "noto-v1",
    "fxemoji",
    "streamline-emojis",
    "emojione",
)
NAMES = ("unicode-emoji-json", "emojilib", "emojibase-data")
ARTISTS = {
    "noto": "Google LLC",
    "twemoji": "Twitter, Inc. and other contributors",
    "fluent-emoji": "Microsoft Corporation",
    "fluent-emoji-flat": "Microsoft Corporation",
    "noto-v1": "Google LLC",
    "fxemoji": "Mozilla Foundation",
    "streamline-emojis": "Streamline",
    "emojione": "EmojiOne",
}
HOMES = {
    "noto": "https://github.com/googlefonts/noto-emoji",
    "twemoji": "https://github.com/twitter/twemoji",
    "fluent-emoji": "https://github.com/microsoft/fluentui-emoji",
    "fluent-emoji-flat": "https://github.com/microsoft/fluentui-emoji",
    "noto-v1": "https://github.com/googlefonts/noto-emoji",
    "fxemoji": "https://github.com/mozilla/fxemoji",
    "streamline-emojis": "https://github.com/webalys-hq/streamline-vectors",
    "emojione": "https://github.com/joypixels/emojione",
}
# Fluent's names that differ from Unicode's in more than the order of words.
FLUENT = {
    "person-blond-hair": "person-blonde-hair", "people-wrestling": "person-wrestling", "pinata": "piata",
    "merperson": "person-merpeople", "mermaid": "woman-merpeople", "merman": "man-merpeople",
    "deaf-person": "person-deaf", "phoenix": "phoenix-bird", "enraged-face": "pouting-face",
    "face-with-crossed-out-eyes": "knocked-out-face", "smiling-face-with-open-hands": "hugging-face",
}  # fmt: skip
SIZE = 256
GROUPS = (
    "Smileys & Emotion",
    "People & Body",
    "Animals & Nature",
    "Food & Drink",
    "Travel & Places",
    "Activities",
    "Objects",
)
# Not useful as subjects: hours, skin tones, families, and one of each pair of genders.
LEFT_OUT = re.compile(r"o.clock|-thirty\b|skin tone|family|couple with heart:|kiss:|holding hands|people with bunny")
GENDERED = re.compile(r"^(man|woman|men|women|boy|girl|mrs)\b|\b(man|woman|men|women)$")
KEPT = {"man", "woman", "boy", "girl", "old man", "old woman", "snowman", "man dancing", "woman dancing"}
WORD = re.compile(r"[^\W\d_]{2}")  # at least two letters: no emoticon, no number
FACING = re.compile(r"facing right")


@dataclass(frozen=True, slots=True)
class Concept:
    """What an emoji depicts: its current name, its group, keywords in order of rank, and its character's name."""

    name: str
    group: str
    keywords: list[str]
    character: str = ""

    @property
    def key(self) -> str:
        """The name as icon sets write it: ``rescue-workers-helmet``."""
        plain = self.name.lower().replace("’", "").replace("'", "").replace("&", "and")
        plain = plain.replace("ñ", "n").replace("é", "e").replace("ã", "a")
        return re.sub(r"[^a-z0-9]+", "-", plain).strip("-")

    @property
    def spellings(self) -> tuple[str, ...]:
        """Both names as :func:`_bare_key` reduces keys; some sets still use the character's name."""
        return tuple(dict.fromkeys(_bare_key(name) for name in (self.key, self.character) if name))


@dataclass(frozen=True, slots=True)
class Icon:
    """A drawing to be rendered: its item, and its SVG."""

    item: Item
    svg: str


def fetch_packages(target: Path, pinned: Mapping[str, str] = MappingProxyType({})) -> Path:
    """Install the packages with npm into ``target``, once; return the folder of modules.

    :param pinned: further icon sets by their names, each with its version.

    :raises StudioError: when npm is missing or fails.
    """
    packages = [f"@iconify-json/{vendor}" for vendor in (*VENDORS, *pinned)] + list(NAMES)
    modules = target / "node_modules"
    if all((modules / name / "package.json").exists() for name in packages):
        return modules
    versions = {f"@iconify-json/{name}": f"@{version}" for name, version in pinned.items()}
    packages = [name + versions.get(name, "") for name in packages]
    npm = shutil.which("npm")
    if npm is None:
        raise StudioError("npm is not installed; unpack the packages and name their folder with --modules.")
    target.mkdir(parents=True, exist_ok=True)
    command = [npm, "install", "--ignore-scripts", "--no-save", "--no-package-lock", "--no-audit", "--no-fund"]
    done = subprocess.run([*command, "--prefix", str(target), *packages], capture_output=True, text=True, check=False)
    if done.returncode:
        raise StudioError(f"npm could not install the packages: {done.stderr.strip()[-400:]}")
    return modules


def concepts(modules: Path) -> list[Concept]:
    """Return what the emoji depict, in Unicode's order, with keywords of both dictionaries."""
    named = read_json(modules / "unicode-emoji-json/data-by-emoji.json")
    near = read_json(modules / "emojilib/dist/emoji-en-US.json")
    tags = {row["emoji"]: row.get("tags", []) for row in read_json(modules / "emojibase-data/en/data.json")}
    listed = []
    for emoji, row in named.items():
        if row["group"] in GROUPS and not _is_left_out(row["name"]):
            words = [word.replace("_", " ") for word in [*near.get(emoji, []), *tags.get(emoji, [])]]
            own = {row["name"].casefold(), *row["name"].casefold().split()}
            keywords = [word for word in dict.fromkeys(words) if word.casefold() not in own and WORD.match(word)]
            sign = _bare(emoji)
            character = unicodedata.name(sign, "") if len(sign) == 1 else ""
            listed.append(Concept(row["name"], row["group"], keywords[:16], character))
    return listed


def kinds(modules: Path) -> dict[str, str]:
    """Return the Unicode subgroup of each emoji by its name, such as ``animal-bird``."""
    known = read_json(modules / "emojibase-data/meta/groups.json")["subgroups"]
    rows = read_json(modules / "emojibase-data/en/data.json")
    of_emoji = {_bare(row["emoji"]): known[str(row["subgroup"])] for row in rows if "subgroup" in row}
    named = read_json(modules / "unicode-emoji-json/data-by-emoji.json")
    return {row["name"]: of_emoji[_bare(emoji)] for emoji, row in named.items() if _bare(emoji) in of_emoji}


def _bare(emoji: str) -> str:
    """Remove the variation selector of coloured emoji, on which the dictionaries differ."""
    return emoji.replace("\ufe0f", "")


def _bare_key(key: str) -> str:
    """Remove from a key what differs between sets: hyphens, and the number of a drawing among several."""
    return re.sub(r"[^a-z0-9]", "", re.sub(r"-\d+$", "", key.lower()))


def _is_left_out(name: str) -> bool:
    if LEFT_OUT.search(name) or FACING.search(name):
        return True
    return bool(GENDERED.search(name)) and name not in KEPT


def drawings(
    modules: Path, *, vendors: tuple[str, ...] = VENDORS, kept_out: tuple[str, ...] = (), limit: int | None = None
) -> Iterator[Icon]:
    """Yield the drawings of each concept by each vendor; those of ``kept_out`` get the split ``test``.

    With a ``limit``, only so many concepts, at even intervals.
    """
    depicted = concepts(modules)
    if limit is not None and limit < len(depicted):
        depicted = [depicted[number * len(depicted) // limit] for number in range(limit)]
    for vendor in vendors:
        package = modules / "@iconify-json" / vendor
        icons, about = read_json(package / "icons.json"), read_json(package / "info.json")
        version = read_json(package / "package.json")["version"]
        licence = about["license"]
        credit = f"{about['name']} by {ARTISTS.get(vendor, about['author']['name'])}, {licence['title']}"
        near: dict[str, str] = {}
        for key in (*icons["icons"], *icons.get("aliases", {})):
            near.setdefault(_bare_key(key), key)
        for concept in depicted:
            keys = (
                concept.key,
                *(near[name] for name in concept.spellings if name in near),
                *_otherwise(vendor, concept),
            )
            key, drawing = next(((key, svg) for key in keys if (svg := _drawing(icons, key))), ("", None))
            if drawing is None:
                continue
            item = Item(
                source=f"npm:@iconify-json/{vendor}@{version}#{key}",
                title=concept.name,
                vendor=vendor,
                licence=licence.get("spdx") or licence["title"],
                attribution=credit,
                artist=ARTISTS.get(vendor, about["author"]["name"]),
                group=concept.group,
                split="test" if vendor in kept_out else "train",
                keywords=concept.keywords,
            )
            yield Icon(item, drawing)


def _otherwise(vendor: str, concept: Concept) -> tuple[str, ...]:
    """Return the keys under which Fluent has a concept with another name, such as "person elf"."""
    if not vendor.startswith("fluent-emoji"):
        return ()
    return tuple(filter(None, (FLUENT.get(concept.key), f"person-{concept.key}")))


def _drawing(icons: dict[str, Any], key: str) -> str | None:
    """Return an icon as SVG: the set's own entry, or the one that it is an alias of; None when there is neither."""
    entry = icons["icons"].get(key)
    if entry is None:
        alias = icons.get("aliases", {}).get(key)
        # An alias with a rotation or a flip is another drawing.
        entry = icons["icons"].get(alias["parent"]) if alias and set(alias) == {"parent"} else None
    if entry is None:
        return None
    left, top = entry.get("left", icons.get("left", 0)), entry.get("top", icons.get("top", 0))
    width = entry.get("width", icons.get("width", 16))
    height = entry.get("height", icons.get("height", 16))
    return (
        '<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" '
        f'width="{SIZE}" height="{SIZE}" viewBox="{left} {top} {width} {height}">{entry["body"]}</svg>'
    )


def render_svg(svg: str, size: int = SIZE) -> Prepared:
    """Render a drawing with its transparency, as lossless WebP."""
    import resvg_py

    png = resvg_py.svg_to_bytes(svg_string=svg, width=size, height=size)
    picture = Image.open(io.BytesIO(bytes(png))).convert("RGBA")
    written = io.BytesIO()
    picture.save(written, "WEBP", lossless=True, method=4)
    return Prepared(written.getvalue(), "webp", size, size)


def render_icon(icon: Icon, size: int = SIZE) -> tuple[Icon, Prepared | str]:
    """Render an icon; return it with the picture, or with the reason why it cannot be rendered."""
    try:
        return icon, render_svg(icon.svg, size)
    except (ValueError, OSError) as error:
        return icon, f"no drawing that can be rendered: {error}"


def icon_digest(icon: Icon) -> str:
    """Return the digest that identifies a drawing."""
    return digest(icon.svg.encode())


def read_json(path: Path) -> Any:
    """Return the contents of a package's JSON file.

    :raises StudioError: when it cannot be read.
    """
    try:
        return json.loads(path.read_bytes())
    except OSError as error:
        raise StudioError(f"{path} cannot be read: is the package there? {error.strerror}") from error
    except ValueError as error:
        raise StudioError(f"{path} is not JSON: {error}") from error
