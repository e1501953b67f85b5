"""The commands of docs/how-to/operators/upgrading.md, run with today's code."""

from __future__ import annotations

import subprocess
import sys

from app.core.config import ROOT
from tests.support import forks
from tests.support.live import LiveSite

COMMANDS = ("db upgrade", "gallery reindex", "media prune --yes", "media verify", "media mend")


def run(site: LiveSite, line: str) -> subprocess.CompletedProcess[str]:
    """Run an admin command of today on the site."""
    command = [sys.executable, "-m", "flask", "--app", "wsgi", *line.split()]
    return forks.run(command, cwd=ROOT, env=site.environment, capture_output=True, text=True, check=False)


def upgrade(site: LiveSite) -> list[str]:
    """Run the commands of the page on the site, each of which must succeed, and return what each printed."""
    printed = []
    for line in COMMANDS:
        done = run(site, line)
        assert done.returncode == 0, (line, done.stdout, done.stderr)
        printed.append(done.stdout)
    return printed
