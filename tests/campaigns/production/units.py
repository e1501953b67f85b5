"""The systemd units of ``deploy/``, read as they stand."""

import json
import os
import pwd
import shlex
import subprocess
import sys
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from app.core.config import ROOT

FOLDER = ROOT / "deploy" / "systemd"
PLACE = "/srv/moma"
"""Where the units have the site."""
STARTER = ROOT / "tests/support/as_unit.py"


@dataclass(frozen=True, slots=True)
class Unit:
    """A unit: its sections' assignments in their order, with ``/srv/moma`` where the site is."""

    name: str
    assignments: tuple[tuple[str, str], ...]

    def all(self, key: str) -> list[str]:
        """Return what is assigned to ``key``, in order."""
        return [value for name, value in self.assignments if name == key]

    def one(self, key: str, default: str = "") -> str:
        """Return what was assigned last."""
        return (self.all(key) or [default])[-1]

    @property
    def environment(self) -> dict[str, str]:
        """Return the variables that it sets."""
        return dict(word.split("=", 1) for line in self.all("Environment") for word in shlex.split(line))

    def started(self, *, port: int | None = None, **environment: str) -> list[str]:
        """Return the command that starts its program as far as can be as systemd would; ``port`` is an open socket."""
        fields = {
            "command": shlex.split(self.one("ExecStart")), "environment": {**self.environment, **environment},
            "folder": self.one("WorkingDirectory"), "user": user(self.one("User")), "umask": self.one("UMask", "0022"),
            "no_written_programs": self.one("MemoryDenyWriteExecute") == "true", "port": port,
        }  # fmt: skip
        return [sys.executable, str(STARTER), json.dumps(fields)]


def read(name: str, *, place: str | Path = PLACE, instance: str = "") -> Unit:
    """Read a unit, such as ``moma-web.service``; ``instance`` stands for ``%i``."""
    lines = (FOLDER / name).read_text("utf-8").replace(PLACE, str(place)).replace("%i", instance).splitlines()
    pairs = [line.split("=", 1) for line in lines if "=" in line and line[:1] not in "#["]
    return Unit(name, tuple((key, value) for key, value in pairs))


@cache
def user(wanted: str) -> str:
    """Return the user to run as: the unit's where this machine has it, else the one who may do nothing.

    Where that one cannot reach this Python, or we may not become another, it is our own, which is said loudly.
    """
    ours = pwd.getpwuid(os.geteuid()).pw_name
    if os.geteuid() != 0:
        return ours
    for name in (wanted, "nobody"):
        with suppress(KeyError, OSError):
            pwd.getpwnam(name)
            looked = subprocess.run([sys.executable, "-c", "import json"], user=name, extra_groups=[], check=False)
            if looked.returncode == 0:
                return name
    sys.stderr.write("*** NOT RUN: the units' programs as a user of their own; this Python is for root alone. ***\n")
    return ours
