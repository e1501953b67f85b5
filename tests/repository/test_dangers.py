"""Nothing dangerous stands in the code that docs/research/security.md does not justify; no package has a known hole."""

import json
import re
import shlex
import subprocess
import sys
import tomllib
from collections import Counter

import pytest

from app.core.config import ROOT

JUSTIFIED = re.compile(r"^\| `([\w/.]+)` \| (B\d{3}|all) \| (\d+) \| (.+) \|$", re.MULTILINE)
NOSEC = re.compile(r"#\s*nosec\b:?\s*(B\d{3})?")


def command() -> list[str]:
    """Return what ``make check`` runs."""
    makefile = (ROOT / "Makefile").read_text("utf-8")
    (line,) = re.findall(r"^\t\$\(BIN\)/bandit (.*)$", makefile, re.MULTILINE)
    (scanned,) = re.findall(r"^SCANNED := (.*)$", makefile, re.MULTILINE)
    return shlex.split(line.replace("$(SCANNED)", scanned))


def justified() -> Counter[tuple[str, str]]:
    rows = JUSTIFIED.findall((ROOT / "docs/research/security.md").read_text("utf-8"))
    assert all(reason.endswith(".") for *_, reason in rows)
    return Counter({(path, check): int(count) for path, check, count, _ in rows})


def excepted() -> Counter[tuple[str, str]]:
    """Count what the scanner is asked to pass over."""
    named = [ROOT / name for name in command() if (ROOT / name).exists() and name != "pyproject.toml"]
    files = [file for path in named for file in ([path] if path.is_file() else path.rglob("*.py"))]
    lines = [(str(file.relative_to(ROOT)), file.read_text("utf-8")) for file in files]
    found = Counter((path, check or "all") for path, code in lines for check in NOSEC.findall(code))
    document = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["bandit"]
    assert set(document) == {"exclude_dirs"}  # no check is switched off everywhere
    return found + Counter((path, "all") for path in document["exclude_dirs"])


def test_each_exception_of_the_scanner_is_justified_and_nothing_else_is() -> None:
    assert excepted() == justified()


def test_all_our_code_is_looked_at() -> None:
    ours = {path.name for path in ROOT.iterdir() if path.is_dir() and any(path.rglob("*.py"))} - {"tests", ".venv"}
    ours |= {path.name for path in ROOT.glob("*.py")}
    assert ours <= set(command())


@pytest.mark.slow
def test_scanner_finds_nothing_above_low() -> None:
    ran = subprocess.run(
        [sys.executable, "-m", "bandit", *command(), "--format", "json"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    report = json.loads(ran.stdout)
    assert report["results"] == []
    assert report["errors"] == []
    assert report["metrics"]["_totals"]["loc"] > 20_000
    assert report["metrics"]["_totals"]["nosec"] == 0, "which would pass over whatever else is on its line"
    assert ran.returncode == 0
