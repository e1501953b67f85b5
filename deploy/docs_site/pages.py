"""Collect the site's pages: those of ``docs/``, some that lie elsewhere in the project, and those that are generated.

Zensical reads one folder. Pages whose place is the project's root, such as the changelog, are copied into it, and links
are rewritten so that they lead to the copies. A link to any other file outside ``docs/`` becomes its path, because the
site does not hold the source code.
"""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Mapping
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
ELSEWHERE = {
    "CHANGELOG.md": "docs/about/changelog.md",
    "SECURITY.md": "docs/about/security-policy.md",
    "CODE_OF_CONDUCT.md": "docs/about/code-of-conduct.md",
    "CONTRIBUTING.md": "docs/contributing/index.md",
    "exhibition/README.md": "docs/about/exhibition.md",
    "models/house/MODEL_CARD.md": "docs/about/house-model.md",
    "models/house/LEXICON.md": "docs/about/lexicon.md",
    "models/eye/MODEL_CARD.md": "docs/about/image-encoder.md",
}
"""Pages outside ``docs/`` by their place in the project, and where the site has them."""

DRAWINGS = ("models/house/training.svg",)
"""Pictures outside ``docs/`` that pages show."""

MARK = re.compile(r"^(?:\*In the repository[^\n]*\n\n)?<!-- generated: ([\w-]+) -->$", re.MULTILINE)
"""The place of a generated part, with the line above it for those who read the file itself."""

FENCE = re.compile(r"(^```.*?^```$)", re.MULTILINE | re.DOTALL)
LINK = re.compile(
    r"(?P<code>^```.*?^```$|`[^`\n]*`)"
    r"|(?P<sign>!?)\[(?P<label>(?:[^\[\]]|\[[^\]]*\])*)\]\((?P<address>[^()#\s]*)(?P<anchor>#[^()\s]*)?\)",
    re.MULTILINE | re.DOTALL,
)
"""A link, whose label may hold code; or code, in which nothing is a link."""

BLOCK = re.compile(r"(?:^(?!\s|[-*] |\d+\. |#|\|)(.+)|\A)\n(?=(?:[-*]|\d+\.) |\|)", re.MULTILINE)
"""A line of a paragraph, or the end of a fence, directly above a list or table, which needs an empty line above it."""

ESCAPED_PIPE = re.compile(r"`[^`\n]*\\\|[^`\n]*`")


def collect(target: Path, generated: Mapping[str, str]) -> list[Path]:
    """Write all pages and pictures below ``target``; return the pages that were written.

    Files that no longer belong there are deleted. Files that have not changed are not written again.
    """
    texts = {place: rendered(source.read_text("utf-8"), path, place, generated) for path, place, source in _markdown()}
    wanted = {target / place.removeprefix("docs/"): text for place, text in texts.items()}
    pictures = {target / "pictures" / path.name: path for path in (ROOT / "docs/pictures").iterdir()}
    pictures |= {target / name: ROOT / name for name in DRAWINGS}
    for path in [path for path in target.rglob("*") if path.is_file()]:
        if path not in wanted and path not in pictures:
            path.unlink()
    for path, text in wanted.items():
        if not path.exists() or path.read_text("utf-8") != text:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, "utf-8")
    for path, source in pictures.items():
        if not path.exists() or path.stat().st_mtime_ns != source.stat().st_mtime_ns:
            path.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(source, path)
    return list(wanted)


def _markdown() -> list[tuple[str, str, Path]]:
    """List the pages: their paths in the project, their places below ``docs/``, and their files."""
    inside = [str(path.relative_to(ROOT)) for path in sorted((ROOT / "docs").rglob("*.md"))]
    places = {name: name for name in inside} | {name: ELSEWHERE[name] for name in ELSEWHERE if (ROOT / name).exists()}
    return [(name, place, ROOT / name) for name, place in places.items()]


def rendered(text: str, path: str, place: str, generated: Mapping[str, str]) -> str:
    """Return a page for the site: generated parts filled in, links and blocks as the generator needs them.

    ``path`` is the page's path in the project and ``place`` its path on the site, both from the root.

    :raises KeyError: when no generator has the name of a mark.
    """
    text = MARK.sub(lambda match: generated[match[1]], text)
    text = LINK.sub(lambda match: match[0] if match["code"] else _link(match, path, place), text)
    text = ESCAPED_PIPE.sub(lambda match: match[0].replace("\\|", "|"), text)
    parts = FENCE.split(text)
    parts[::2] = [BLOCK.sub(r"\1\n\n", part) for part in parts[::2]]
    return "".join(parts)


def _link(match: re.Match[str], path: str, place: str) -> str:
    sign, label, address, anchor = match["sign"], match["label"], match["address"], match["anchor"] or ""
    if not address or re.match(r"[a-z]+:", address):
        return match[0]
    target = os.path.normpath(Path(path).parent / address)
    target = ELSEWHERE.get(target, target)
    is_picture = target in DRAWINGS
    if not target.startswith("docs/") and not is_picture:
        return f"{label} (`{target}`)" if label.strip("`") not in target else f"`{target}`"
    start = str(Path(place).parent)
    target = f"docs/{target}" if is_picture else target
    return f"{sign}[{label}]({os.path.relpath(target, start)}{anchor})"
