"""Print the release notes of a version from CHANGELOG.md: ``python -m deploy.release.notes 1.0.0``."""

from __future__ import annotations

import re
import sys
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
CHANGELOG = ROOT / "CHANGELOG.md"
HEADING = re.compile(
    r"^## \[(?:(?P<version>\d+\.\d+\.\d+)\] - (?P<day>\S+)|(?P<unreleased>Unreleased)\])$", re.MULTILINE
)


@dataclass(frozen=True, slots=True)
class Release:
    """A release in the changelog; version and day are empty for unreleased changes."""

    version: str
    day: str
    text: str


def releases(changelog: str) -> list[Release]:
    """Return the releases in a changelog, newest first.

    :raises ValueError: for a heading that is neither a version with its day nor ``Unreleased``.
    """
    for line in re.findall(r"^## .*$", changelog, re.MULTILINE):
        if not HEADING.match(line):
            raise ValueError(f"CHANGELOG.md: {line!r} is no heading of a release, such as '## [1.0.0] - 2026-11-24'")
    headings = list(HEADING.finditer(changelog))
    ends = [match.start() for match in headings[1:]] + [len(changelog)]
    return [
        Release(match["version"] or "", match["day"] or "", changelog[match.end() : end].strip())
        for match, end in zip(headings, ends, strict=True)
    ]


def notes(changelog: str, version: str) -> str:
    """Return the changelog's text for a version.

    :raises LookupError: when the changelog has no text for it.
    """
    for release in releases(changelog):
        if release.version == version and release.text:
            return f"{release.text}\n"
    raise LookupError(f"CHANGELOG.md has no notes for version {version}")


def absolute(text: str, address: str) -> str:
    """Return Markdown text with its relative links prefixed by ``address``, for a page outside the project."""
    return re.sub(r"\]\((?!https?://|#)([^)]+)\)", rf"]({address}/\1)", text)


def main(arguments: list[str]) -> int:
    """Print the notes of a version, with relative links prefixed by the second argument; return the exit status."""
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
