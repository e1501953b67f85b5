"""See to what the tests start: ``python -m tests.support.needs``. Says what it installs, and what is missing.

Redis and Postgres come from the path or a wheel. Chromium and nginx come from the path or, for root on Debian, from
Debian's packages. What a machine cannot give is named loudly and its tests are not run; with ``CI`` set that is a
failure.
"""

from __future__ import annotations

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
ROOTS_PATH = os.pathsep.join([os.environ.get("PATH", os.defpath), "/usr/sbin"])


@dataclass(frozen=True, slots=True)
class Need:
    """A program, how to find it, and the Debian packages that bring it."""

    name: str
    find: Callable[[], str | None]
    packages: tuple[str, ...] = ()


def chromium() -> str | None:
    """Return the path of Chromium."""
    return shutil.which("chromium") or shutil.which("chromium-browser")


def headless_chromium() -> str | None:
    """Return the path of a Chromium that never has a window and so needs two thirds of the processor time."""
    return shutil.which(HEADLESS)


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
    told = subprocess.run([program, "version", "--client"], capture_output=True, text=True, check=False).stdout
    version = re.search(r"Kustomize Version: v(\d+)", told)
    return program if version and int(version[1]) >= KUSTOMIZE_MIN else None


def curl() -> str | None:
    """Return the path of curl, with which the examples for programs are tried."""
    return shutil.which("curl")


def nginx() -> str | None:
    """Return the path of nginx, which Debian keeps where only root's path looks."""
    return shutil.which("nginx", path=ROOTS_PATH)


def caddy() -> str | None:
    """Return the path of Caddy, one of the proxies below whose paths the site is served."""
    return shutil.which("caddy")


def brotli() -> str | None:
    """Return the path of the module by which nginx speaks Brotli."""
    module = Path("/usr/lib/nginx/modules/ngx_http_brotli_filter_module.so")
    return str(module) if module.exists() else None


def openssl() -> str | None:
    """Return the path of openssl, which makes a test's certificate."""
    return shutil.which("openssl")


def systemd_analyze() -> str | None:
    """Return the path of systemd's own judge of units, which needs no systemd that runs."""
    return shutil.which("systemd-analyze")


def logrotate() -> str | None:
    """Return the path of logrotate, which Debian keeps where only root's path looks."""
    return shutil.which("logrotate", path=ROOTS_PATH)


def promtool() -> str | None:
    """Return the path of promtool, which tries rules for Prometheus; its package brings a server as well."""
    return shutil.which("promtool")


def pgbouncer() -> str | None:
    """Return the path of PgBouncer, a pooler before Postgres; Debian keeps it where only root's path looks."""
    return shutil.which("pgbouncer", path=ROOTS_PATH)


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


def faketime() -> str | None:
    """Return the path of the library by which a test sets the clock of one program."""
    return next((str(path) for path in sorted(Path("/usr/lib").glob("*/faketime/libfaketime.so.1"))), None)


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


NEEDS = (
    Need("redis-server", redis),
    Need("postgres", postgres_server),
    Need("pgbouncer", pgbouncer, ("pgbouncer",)),
    Need("chromium", chromium, ("chromium", "fonts-dejavu-core")),
    Need("nginx", nginx, ("nginx-light",)),
    Need("caddy", caddy, ("caddy",)),
    Need("promtool", promtool, ("prometheus",)),
    Need("curl", curl, ("curl",)),
    Need("brotli for nginx", brotli, ("libnginx-mod-http-brotli-filter",)),
    Need("openssl", openssl, ("openssl",)),
    Need("systemd-analyze", systemd_analyze, ("systemd",)),
    Need("logrotate", logrotate, ("logrotate",)),
    Need("right to mount", mount),
    Need("libfaketime", faketime, ("libfaketime",)),
    Need("dvc", dvc),
    Need("kubectl", kubectl, ("kubernetes-client",)),
    Need("node", lambda: shutil.which("node"), ("nodejs", "npm")),
    Need("actionlint", actionlint.found),
)


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
