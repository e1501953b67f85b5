"""A bare Debian machine, from which Ansible makes a site: put up, run again, used, taken away; the recap of each run.

``python -m tests.deploy.bare_machine`` (root; debootstrap, systemd-nspawn) makes the smallest Debian with systemd as
process 1 and a door for ssh, in a folder that goes afterwards. It lies on this machine's network and asks the mirror
that this one asks; the wheels of ``requirements/worker.txt`` are laid out beside it first, which is not counted.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.request import Request, urlopen

from app.config import ROOT
from tests.server.live import free_port, wait_until

PLAYS = ROOT / "deploy" / "ansible"
PACKAGES = "systemd,systemd-sysv,dbus,openssh-server,python3,ca-certificates,iproute2"
RECAP = re.compile(r"^bare\s*: (.*?)\s*$", re.MULTILINE)
TOLD = ("ok", "changed", "failed")


class Bare:
    """The machine, with its door and what Ansible is told of it."""

    def __init__(self, folder: Path, wheels: Path) -> None:
        self.folder, self.root, self.key = folder, folder / "root", folder / "key"
        self.wheels = wheels
        self.ports = {name: free_port() for name in ("ssh", "http", "web", "database", "redis")}
        self.name = f"moma-bare-{os.getpid()}"

    def make(self) -> None:
        """Make the smallest Debian, and give it a key, a port, and this machine's way to Debian's packages."""
        (suite,) = re.findall(r"VERSION_CODENAME=(\w+)", Path("/etc/os-release").read_text())
        subprocess.run(["debootstrap", "--variant=minbase", f"--include={PACKAGES}", suite, self.root], check=True)
        shutil.copytree("/etc/apt", self.root / "etc/apt", dirs_exist_ok=True)
        for name in ("ssl/certs/ca-certificates.crt", "hosts", "resolv.conf"):
            shutil.copy(Path("/etc") / name, self.root / "etc" / name)
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", self.key], check=True)
        ssh = self.root / "root" / ".ssh"
        ssh.mkdir(mode=0o700, exist_ok=True)
        shutil.copy(self.key.with_suffix(".pub"), ssh / "authorized_keys")
        with (self.root / "etc/ssh/sshd_config").open("a") as settings:
            settings.write(f"Port {self.ports['ssh']}\nListenAddress 127.0.0.1\nUsePAM no\n")
        (self.root / "etc/machine-id").write_text("")

    def python(self) -> str:
        """Tell which version of Python it has."""
        line = ["chroot", self.root, "python3", "-c", "import platform; print(platform.python_version())"]
        return subprocess.run(line, capture_output=True, text=True, check=True).stdout.strip()

    @contextmanager
    def booted(self) -> Iterator[None]:
        """Start it, and end it with all that runs on it."""
        line = ["systemd-nspawn", "--quiet", "--boot", f"--machine={self.name}", "--register=no", "--keep-unit"]
        line += [f"--directory={self.root}", f"--bind-ro={self.wheels}:/wheels", "--console=pipe"]
        with (self.folder / "console.log").open("wb") as console:
            process = subprocess.Popen(line, stdin=subprocess.DEVNULL, stdout=console, stderr=console)
        try:
            wait_until(lambda: self.ssh("true", check=False).returncode == 0, what="an answer of ssh")
            yield
        finally:
            process.send_signal(signal.SIGTERM)
            try:
                process.wait(60)
            except subprocess.TimeoutExpired:
                process.kill()

    def ssh(self, command: str, *, check: bool = True) -> subprocess.CompletedProcess[str]:
        """Run a command on it."""
        options = ["-o", "StrictHostKeyChecking=no", "-o", "UserKnownHostsFile=/dev/null", "-o", "LogLevel=ERROR"]
        line = ["ssh", *options, "-i", str(self.key), "-p", str(self.ports["ssh"]), "root@127.0.0.1", command]
        return subprocess.run(line, capture_output=True, text=True, check=check, timeout=600)

    def play(self, name: str, *words: str) -> tuple[dict[str, int], float]:
        """Run a play on it; return its recap and the seconds that it took.

        :raises SystemExit: when it failed; what it said is shown.
        """
        inventory = self.folder / "inventory.yml"
        told = {
            "ansible_host": "127.0.0.1", "ansible_port": self.ports["ssh"], "ansible_user": "root",
            "ansible_ssh_private_key_file": str(self.key),
            "ansible_ssh_common_args": "-o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null",
            "moma_http_port": self.ports["http"], "moma_web_port": self.ports["web"],
            "moma_database_port": self.ports["database"], "moma_redis_port": self.ports["redis"], "moma_workers": 2,
            "moma_pip_arguments": ["--no-index", "--find-links", "/wheels"],
        }  # fmt: skip
        inventory.write_text(json.dumps({"moma": {"hosts": {"bare": told}}}), "utf-8")
        began = time.monotonic()
        line = [Path(sys.executable).parent / "ansible-playbook", "-i", inventory, f"{name}.yml", *words]
        ran = subprocess.run(line, cwd=PLAYS, capture_output=True, text=True, check=False)
        (self.folder / f"{name}.log").write_text(ran.stdout + ran.stderr, "utf-8")
        if ran.returncode:
            sys.exit(f"{ran.stdout[-6000:]}\n{ran.stderr[-2000:]}\n{name}.yml failed")
        counts = dict(re.findall(r"(\w+)=(\d+)", RECAP.findall(ran.stdout)[-1]))
        return {key: int(value) for key, value in counts.items()}, time.monotonic() - began

    def walk(self, seed: int) -> float:
        """Have a walk painted through nginx, and fetch its film; return the seconds from asking to having it."""
        began = time.monotonic()
        body = json.dumps({"stops": [{"prompt": "a lemon"}, {"prompt": "the sun"}], "seed": seed}).encode()
        asked = self._json("/api/v1/walks", body)
        wait_until(lambda: self._json(f"/api/v1/walks/{asked['id']}")["state"] == "finished", what="the walk")
        with urlopen(f"http://127.0.0.1:{self.ports['http']}/walks/{asked['id']}.gif") as answer:
            assert answer.read(6) == b"GIF89a"
        return time.monotonic() - began

    def _json(self, path: str, body: bytes | None = None) -> dict[str, str]:
        headers = {"Content-Type": "application/json"} if body else {}
        with urlopen(Request(f"http://127.0.0.1:{self.ports['http']}{path}", body, headers)) as answer:
            found: dict[str, str] = json.load(answer)
        return found


def main() -> None:
    """Go through a site's life on a bare machine, and print the recaps."""
    parser = argparse.ArgumentParser(prog="python -m tests.deploy.bare_machine", description=__doc__)
    parser.add_argument("--wheels", type=Path, help="a folder that holds the wheels already")
    asked = parser.parse_args()
    if missing := [name for name in ("debootstrap", "systemd-nspawn", "ssh") if not shutil.which(name)]:
        sys.exit(f"This needs {', '.join(missing)}: apt-get install debootstrap systemd-container openssh-client")
    with tempfile.TemporaryDirectory(prefix="moma-bare-", dir="/var/tmp") as folder:
        bare = Bare(Path(folder), asked.wheels or Path(folder) / "wheels")
        try:
            bare.make()
        finally:
            unmount(bare.root)
        if not asked.wheels:
            lay_out(bare.wheels, bare.python())
        with bare.booted():
            said("site.yml, first", *bare.play("site"))
            print(f"a walk of 24 frames painted through nginx, its GIF fetched: {bare.walk(1):.1f} s more", flush=True)
            again, seconds = bare.play("site")
            said("site.yml, second", again, seconds)
            assert again["changed"] == 0, "the second run changed something"
            print(bare.ssh("systemctl --no-pager --plain --no-legend list-units 'moma-*'").stdout, flush=True)
            said("rotate_secrets.yml", *bare.play("rotate_secrets"))
            print(f"a walk after that: {bare.walk(2):.1f} s", flush=True)
            said("site.yml, absent", *bare.play("site", "-e", "state=absent", "-e", "moma_delete_data=true"))
            gone, seconds = bare.play("site", "-e", "state=absent", "-e", "moma_delete_data=true")
            said("site.yml, absent again", gone, seconds)
            assert gone["changed"] == 0, "taking away what is not there changed something"
            assert bare.ssh("test ! -e /srv/moma && ! id moma", check=False).returncode == 0, "something was left"


def unmount(root: Path) -> None:
    """Unmount what lies in a folder: a debootstrap that is broken off leaves /proc there, and the folder is removed."""
    points = [line.split()[1] for line in Path("/proc/self/mounts").read_text().splitlines()]
    for point in sorted((each for each in points if each.startswith(f"{root}/")), reverse=True):
        subprocess.run(["umount", point], check=True)


def lay_out(folder: Path, python: str) -> None:
    """Fetch the wheels of what a worker needs, for a version of Python."""
    # For another Python pip leaves out what only that asks for: redis' async-timeout, before 3.11.3.
    what = ["--requirement", str(ROOT / "requirements/worker.txt"), "async-timeout", "--dest", str(folder)]
    line = ["pip", "download", "--quiet", "--only-binary=:all:", f"--python-version={python}", *what]
    subprocess.run([sys.executable, "-m", *line], check=True)


def said(what: str, recap: dict[str, int], seconds: float) -> None:
    """Print a line of the recap."""
    counts = "  ".join(f"{name}={recap[name]:<4}" for name in TOLD)
    print(f"{what:<28} {counts} {int(seconds // 60)} min {seconds % 60:.0f} s", flush=True)


if __name__ == "__main__":
    main()
