"""Cut the notes of one release out of CHANGELOG.md: ``python -m deploy.release.notes 1.0.0``."""

from __future__ import annotations

import re
import sys
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
CHANGELOG = ROOT / "CHANGELOG.md"
HEADING = re.compile(r"^## (?:(?P<version>\d+\.\d+\.\d+) · (?P<day>\S+)|(?P<unreleased>Unreleased))$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Release:
    """A release as the changelog tells it; its version and day are empty for what is not released yet."""

    version: str
    day: str
    text: str


def releases(changelog: str) -> list[Release]:
    """Take a changelog apart, newest first.

    :raises ValueError: for a heading that names neither a version with its day nor ``Unreleased``.
    """
    for line in re.findall(r"^## .*$", changelog, re.MULTILINE):
        if not HEADING.match(line):
            raise ValueError(f"CHANGELOG.md: {line!r} is no heading of a release, such as '## 1.0.0 · 2026-11-24'")
    found = list(HEADING.finditer(changelog))
    ends = [match.start() for match in found[1:]] + [len(changelog)]
    return [
        Release(match["version"] or "", match["day"] or "", changelog[match.end() : end].strip())
        for match, end in zip(found, ends, strict=True)
    ]


def notes(changelog: str, version: str) -> str:
    """Return what the changelog says of a version.

    :raises LookupError: when it says nothing of it.
    """
    for release in releases(changelog):
        if release.version == version and release.text:
            return f"{release.text}\n"
    raise LookupError(f"CHANGELOG.md tells nothing of version {version}")


def absolute(text: str, address: str) -> str:
    """Have links into the project lead to ``address``, for a page that lies elsewhere."""
    return re.sub(r"\]\((?!https?://|#)([^)]+)\)", rf"]({address}/\1)", text)


def main(arguments: list[str]) -> int:
    """Print the notes of a version; with a second argument, links lead to that address."""
    if len(arguments) not in (1, 2):
        print("Usage: python -m deploy.release.notes VERSION [ADDRESS]", file=sys.stderr)
        return 2
    try:
        text = notes(CHANGELOG.read_text("utf-8"), arguments[0].removeprefix("v"))
    except (LookupError, ValueError) as error:
        print(error, file=sys.stderr)
        return 1
    print(absolute(text, arguments[1].rstrip("/")) if arguments[1:] else text, end="")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
