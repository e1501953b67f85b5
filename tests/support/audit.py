"""Ask for known holes in what is installed: ``python -m tests.support.audit``.

The index of packages knows them; where it does not answer, or is a mirror that knows none, that is said loudly, and
with ``CI`` set it is a failure.
"""

import json
import os
import subprocess
import sys
import urllib.request

from app.core.config import ROOT

LISTS = ("dev.txt", "dvc.txt")  # those that hold what all others do
KNOWN = "https://pypi.org/pypi/jinja2/2.4.1/json"  # a release of 2010 with holes that everybody knows
NOT_REACHED = "NOT RUN: this machine does not reach the index of packages, which knows their holes"


def database() -> str | None:
    """Return the address of the index if it answers, and knows of holes."""
    try:
        with urllib.request.urlopen(KNOWN, timeout=10) as answer:
            return KNOWN if json.load(answer).get("vulnerabilities") else None
    except (OSError, ValueError):
        return None


def holes(listed: str) -> dict[str, list[str]]:
    """Return the packages of one of ``requirements/`` with known holes, and their numbers."""
    command = [sys.executable, "-m", "pip_audit", "--requirement", str(ROOT / "requirements" / listed)]
    options = ["--disable-pip", "--no-deps", "--format", "json", "--progress-spinner", "off"]
    ran = subprocess.run([*command, *options], capture_output=True, text=True, check=False)
    packages = json.loads(ran.stdout)["dependencies"]
    return {each["name"]: [hole["id"] for hole in each["vulns"]] for each in packages if each.get("vulns")}


def main() -> int:
    """Print what was found; return 1 for a hole, and with ``CI`` where no index could be asked."""
    if not database():
        print(f"*** {NOT_REACHED}. ***")
        return 1 if os.environ.get("CI") else 0
    found = {name: numbers for listed in LISTS for name, numbers in holes(listed).items()}
    for name, numbers in found.items():
        print(f"{name}: {', '.join(numbers)}")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
