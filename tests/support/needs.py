"""Install what the tests start: ``python -m tests.support.needs``. Says what it installs, and what is missing.

Redis and Postgres come from the path or a wheel. Chromium and nginx come from the path or, for root on Debian, from
Debian's packages. What a machine cannot give is named loudly and its tests are not run; with ``CI`` set that is a
failure.
"""

import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from app.core.config import ROOT
from app.core.errors import ConfigError
from app.upkeep.processes.redis_server import binary
from tests.support import actionlint, postgres

DVC = Path(sys.prefix) / "dvc"
NOT_RUN = "NOT RUN: this machine has no"
"""How the reason begins for which a test is left out that another machine would run."""


HEADLESS = "chromium-headless-shell"
KUSTOMIZE_MIN = 5


@dataclass(frozen=True, slots=True)
class Need:
    """A program, how to find it, and the Debian packages that bring it."""

    name: str
    find: Callable[[], str | None]
    packages: tuple[str, ...] = ()


def program(*names: str) -> Callable[[], str | None]:
    """Return what finds the first of these that is in the path or where Debian keeps programs for root."""

    def find() -> str | None:
        path = os.pathsep.join([os.environ.get("PATH", os.defpath), "/usr/sbin"])
        return next(filter(None, (shutil.which(name, path=path) for name in names)), None)

    return find


def library(pattern: str) -> Callable[[], str | None]:
    """Return what finds a file of Debian's libraries."""
    return lambda: next((str(path) for path in sorted(Path("/usr/lib").glob(pattern))), None)


def redis() -> str | None:
    """Return the path of a Redis server."""
    try:
        return binary()
    except ConfigError:
        return None


def kubectl() -> str | None:
    """Return the path of a kubectl whose kustomize knows what is used here."""
    program = shutil.which("kubectl")
    if program is None:
        return None
    output = subprocess.run([program, "version", "--client"], capture_output=True, text=True, check=False).stdout
    version = re.search(r"Kustomize Version: v(\d+)", output)
    return program if version and int(version[1]) >= KUSTOMIZE_MIN else None


def postgres_server() -> str | None:
    """Return the path of a Postgres server."""
    folder = postgres.binaries()
    return str(folder / "postgres") if folder else None


def mount() -> str | None:
    """Return the path of ``mount``, with which a test makes a store that is soon full, where it may be used."""
    program = shutil.which("mount")
    if program is None or os.geteuid() != 0:
        return None
    with tempfile.TemporaryDirectory() as folder:
        if subprocess.run([program, "-t", "tmpfs", "none", folder], capture_output=True, check=False).returncode:
            return None
        subprocess.run(["umount", folder], check=True)
    return program


def dvc() -> str | None:
    """Return the path of DVC, which has an environment of its own: it wants some hundred packages."""
    own = DVC / "bin/dvc"
    return str(own) if own.exists() else shutil.which("dvc")


def install_dvc() -> None:
    """Make that environment, as ``requirements/dvc.txt`` names it."""
    print("Installing DVC for the tests (once) …", flush=True)
    listed = ROOT / "requirements/dvc.txt"
    pip = [sys.executable, "-m", "pip", "--python", str(DVC / "bin/python"), "--quiet", "--disable-pip-version-check"]
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(DVC)], check=False)
    if subprocess.run([*pip, "install", "--requirement", str(listed)], check=False).returncode:
        shutil.rmtree(DVC, ignore_errors=True)


headless_chromium = program(HEADLESS)
"""Finds a Chromium that never has a window and so needs two thirds of the processor time."""
NEEDS = (
    Need("redis-server", redis),
    Need("postgres", postgres_server),
    Need("pgbouncer", program("pgbouncer"), ("pgbouncer",)),  # a pooler before Postgres
    Need("chromium", program("chromium", "chromium-browser"), ("chromium", "fonts-dejavu-core")),
    Need("nginx", program("nginx"), ("nginx-light",)),
    Need("caddy", program("caddy"), ("caddy",)),
    Need("promtool", program("promtool"), ("prometheus",)),  # tries rules for Prometheus
    Need("curl", program("curl"), ("curl",)),
    Need(
        "brotli for nginx", library("nginx/modules/ngx_http_brotli_filter_module.so"),
        ("libnginx-mod-http-brotli-filter",),
    ),
    Need("openssl", program("openssl"), ("openssl",)),
    Need("systemd-analyze", program("systemd-analyze"), ("systemd",)),  # needs no systemd that runs
    Need("logrotate", program("logrotate"), ("logrotate",)),
    Need("right to mount", mount),
    Need("libfaketime", library("*/faketime/libfaketime.so.1"), ("libfaketime",)),
    Need("dvc", dvc),
    Need("kubectl", kubectl, ("kubernetes-client",)),
    Need("node", program("node"), ("nodejs", "npm")),
    Need("actionlint", actionlint.found),
)  # fmt: skip


def require(name: str) -> str:
    """Return the path of a program that a test needs; without it the test is skipped loudly, or fails with ``CI``."""
    import pytest

    path = next(need for need in NEEDS if need.name == name).find()
    if path is None:
        reason = f"{NOT_RUN} {name}"
        (pytest.fail if os.environ.get("CI") else pytest.skip)(reason)
    return str(path)


def main() -> int:
    """Install what is missing where that is possible; return 1 if something stays missing and ``CI`` is set."""
    headless = [] if headless_chromium() else [HEADLESS]  # alone, because not every release has it
    _install_from_debian(headless, [package for need in NEEDS if not need.find() for package in need.packages])
    if not dvc():
        install_dvc()
    actionlint.install()
    still = [need.name for need in NEEDS if not need.find()]
    for name in still:
        print(f"*** {NOT_RUN} {name}; the tests that need it are left out. ***", flush=True)
    return 1 if still and os.environ.get("CI") else 0


def _install_from_debian(*batches: list[str]) -> None:
    """Install packages; those of one batch fail together."""
    if not any(batches) or not shutil.which("apt-get") or os.geteuid() != 0:
        return
    quiet = {"stdout": subprocess.DEVNULL, "env": {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}}
    subprocess.run(["apt-get", "update", "-qq"], check=False, **quiet)
    for packages in filter(None, batches):
        print(f"Installing from Debian for the tests: {' '.join(packages)}", flush=True)
        subprocess.run(["apt-get", "install", "-y", "-qq", "--no-install-recommends", *packages], check=False, **quiet)


if __name__ == "__main__":
    sys.exit(main())
