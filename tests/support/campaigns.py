"""Campaigns: long tests that run where what they watch has changed since they passed."""

import hashlib
import subprocess
import tomllib
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from app.core.config import ROOT
from app.core.files import atomic_write

HERE = Path("tests/campaigns")
TABLE, PASSED = HERE / "campaigns.toml", HERE / "passed.toml"
EVERY, PROSE, GATE = "every", "prose", "gate"
HEAD = """# The sum of what each campaign watched when it last passed: `make campaigns` and `make whole` write it.
# An entry that is missing or changed makes the campaign due.
"""


@dataclass(frozen=True, slots=True)
class Campaign:
    """A folder of tests, and the paths whose change makes it due."""

    name: str
    about: str
    watches: tuple[str, ...]

    @property
    def folder(self) -> str:
        """Return the path of its tests."""
        return f"{HERE}/{self.name}"


def table(root: Path = ROOT) -> dict[str, dict[str, Any]]:
    """Read `campaigns.toml`."""
    return tomllib.loads((root / TABLE).read_text("utf-8"))


def campaigns(root: Path = ROOT) -> dict[str, Campaign]:
    """Return all campaigns by name; each watches its own folder and what all tests share."""
    rows = table(root)
    shared = rows[EVERY]["watches"]
    return {
        name: Campaign(name, row["about"], (*row["watches"], *shared, f"{HERE}/{name}"))
        for name, row in rows.items()
        if name not in (EVERY, PROSE, GATE)
    }


def tracked(paths: Iterable[str] = (), root: Path = ROOT) -> list[str]:
    """List the files below some paths, or all: those that git tracks, and new ones that it does not ignore."""
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard", "--", *paths]
    listed = subprocess.run(command, cwd=root, capture_output=True, check=True).stdout.decode()
    return sorted({path for path in listed.split("\0") if path and (root / path).is_file()})


def digest(paths: Iterable[str], root: Path = ROOT) -> str:
    """Return the SHA-256 of the names and contents of files."""
    total = hashlib.sha256()
    for path in paths:
        content = hashlib.sha256((root / path).read_bytes()).hexdigest()
        total.update(f"{path}\0{content}\n".encode())
    return total.hexdigest()


def watched(name: str, root: Path = ROOT) -> list[str]:
    """List the files that a campaign watches; the gate watches all but prose and the passes."""
    if name != GATE:
        return tracked(campaigns(root)[name].watches, root)
    prose = set(tracked(table(root)[PROSE]["watches"], root))
    return [path for path in tracked(root=root) if path not in prose and path != str(PASSED)]


def passes(root: Path = ROOT) -> dict[str, Any]:
    """Read what was watched at each last pass; a file that is missing or cannot be read has none."""
    with suppress(OSError, UnicodeDecodeError, tomllib.TOMLDecodeError):
        return tomllib.loads((root / PASSED).read_text("utf-8"))
    return {}


def is_due(name: str, root: Path = ROOT) -> bool:
    """Return whether what a campaign (or the gate) watches is not what it was when it last passed."""
    return passes(root).get(name) != digest(watched(name, root), root)


def due(root: Path = ROOT) -> list[str]:
    """List the campaigns that are due."""
    return [name for name in campaigns(root) if is_due(name, root)]


def record(digests: Mapping[str, str], root: Path = ROOT) -> None:
    """Write down what was watched by what has passed; what has not changed by then is kept."""
    known = {name: value for name, value in passes(root).items() if name == GATE or name in campaigns(root)}
    lines = [f'{name} = "{value}"\n' for name, value in sorted((known | dict(digests)).items())]
    atomic_write(root / PASSED, (HEAD + "".join(lines)).encode())
