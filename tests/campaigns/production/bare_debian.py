"""The smallest Debian in a folder, with a door for ssh, on which Ansible plays: made, started, asked, visited."""

import json
import os
import re
import shutil
import signal
import ssl
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPResponse
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from urllib.request import Request, urlopen

from app.core.config import ROOT
from tests.campaigns.faults.rig import Books
from tests.campaigns.production.load import Load
from tests.support.live import free_port, wait_until

PLAYS = ROOT / "deploy" / "ansible"
PACKAGES = "systemd,systemd-sysv,dbus,openssh-server,python3,ca-certificates,iproute2"
RECAP = re.compile(r"^bare\s*: (.*?)\s*$", re.MULTILINE)
NAME = "museum.test"


class Bare:
    """The machine, with its door and Ansible's variables."""

    def __init__(self, folder: Path, wheels: Path, *, systemd: bool = True) -> None:
        self.systemd = systemd
        self.folder, self.root, self.key = folder, folder / "root", folder / "key"
        self.wheels = wheels
        self.ports = {name: free_port() for name in ("ssh", "http", "web", "database", "redis")}
        if not systemd:
            self.ports |= {"http": 80, "https": 443}
        self.name = f"moma-bare-{os.getpid()}"
        self.variables: dict[str, Any] = {}
        self.source = folder / "source"
        subprocess.run(["git", "clone", "--quiet", ROOT, self.source], check=True)

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
        """Return which version of Python it has."""
        line = ["chroot", self.root, "python3", "-c", "import platform; print(platform.python_version())"]
        return subprocess.run(line, capture_output=True, text=True, check=True).stdout.strip()

    @contextmanager
    def booted(self) -> Iterator[None]:
        """Start it, and end it with all that runs on it."""
        start = ["--boot"] if self.systemd else ["--as-pid2"]
        line = ["systemd-nspawn", "--quiet", *start, f"--machine={self.name}", "--register=no", "--keep-unit"]
        line += [f"--directory={self.root}", f"--bind-ro={self.wheels}:/wheels", "--console=pipe"]
        line += [] if self.systemd else ["/bin/sh", "-c", "mkdir -p /run/sshd && exec /usr/sbin/sshd -D"]
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
        done = subprocess.run(line, capture_output=True, text=True, check=False, timeout=600)
        if check and done.returncode:
            sys.exit(f"{command}\n{done.stdout}\n{done.stderr}\nended with {done.returncode}")
        return done

    def commit(self, path: str, old: str, new: str) -> str:
        """Make a release in which a file is another; return its commit."""
        file = self.source / path
        text = file.read_text("utf-8")
        assert old in text
        file.write_text(text.replace(old, new, 1), "utf-8")
        line = ["git", "-C", self.source, "-c", "user.name=test", "-c", "user.email=test@example.org"]
        subprocess.run([*line, "commit", "--quiet", "--all", "--message", f"Another {path}"], check=True)
        made = subprocess.run([*line, "rev-parse", "HEAD"], capture_output=True, text=True, check=True).stdout.strip()
        subprocess.run([*line, "checkout", "--quiet", "HEAD~1"], check=True)
        return made

    def play(self, name: str, *words: str, fails: bool = False) -> tuple[dict[str, int], float]:
        """Run a play on it; return its recap and the seconds that it took.

        :raises SystemExit: when it failed, or did not though it should; what it said is shown.
        """
        inventory = self.folder / "inventory.yml"
        variables = {
            "ansible_host": "127.0.0.1", "ansible_port": self.ports["ssh"], "ansible_user": "root",
            "ansible_ssh_private_key_file": str(self.key),
            "ansible_ssh_common_args": "-o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null",
            "moma_http_port": self.ports["http"], "moma_web_port": self.ports["web"],
            "moma_database_port": self.ports["database"], "moma_redis_port": self.ports["redis"], "moma_workers": 2,
            "moma_pip_arguments": ["--no-index", "--find-links", "/wheels"], "moma_source": str(self.source),
            **self.variables,
        }  # fmt: skip
        inventory.write_text(json.dumps({"moma": {"hosts": {"bare": variables}}}), "utf-8")
        began = time.monotonic()
        line = [Path(sys.executable).parent / "ansible-playbook", "-i", inventory, f"{name}.yml", *words]
        ran = subprocess.run(line, cwd=PLAYS, capture_output=True, text=True, check=False)
        (self.folder / f"{name}.log").write_text(ran.stdout + ran.stderr, "utf-8")
        if bool(ran.returncode) is not fails:
            sys.exit(f"{ran.stdout[-6000:]}\n{ran.stderr[-2000:]}\n{name}.yml ended with {ran.returncode}")
        counts = dict(re.findall(r"(\w+)=(\d+)", RECAP.findall(ran.stdout)[-1]))
        return {key: int(value) for key, value in counts.items()}, time.monotonic() - began

    def walk(self, seed: int) -> float:
        """Request a walk through nginx, and fetch its film; return the seconds from the request to the film."""
        began = time.monotonic()
        body = json.dumps({"stops": [{"prompt": "a lemon"}, {"prompt": "the sun"}], "seed": seed}).encode()
        asked = self._json("/api/v1/walks", body)
        wait_until(lambda: self._json(f"/api/v1/walks/{asked['id']}")["state"] == "finished", what="the walk")
        with self._ask(f"/walks/{asked['id']}.gif") as answer:
            assert answer.read(6) == b"GIF89a"
        return time.monotonic() - began

    def _json(self, path: str, body: bytes | None = None) -> dict[str, str]:
        with self._ask(path, body) as answer:
            found: dict[str, str] = json.load(answer)
        return found

    def _ask(self, path: str, body: bytes | None = None) -> HTTPResponse:
        """Ask nginx; by https where it has a certificate, which the authority here must have signed."""
        headers = {"Content-Type": "application/json"} if body else {}
        if self.systemd:
            asked = urlopen(Request(f"http://127.0.0.1:{self.ports['http']}{path}", body, headers))
        else:
            context = ssl.create_default_context(cafile=self.folder / "acme/ca.pem")
            context.check_hostname = False
            asked = urlopen(Request(f"https://127.0.0.1{path}", body, {**headers, "Host": NAME}), context=context)
        assert isinstance(asked, HTTPResponse)
        return asked

    def version(self) -> str:
        """Return the version of the code that answers."""
        return str(self._json("/api/v1/openapi.json")["info"]["version"])  # type: ignore[index]

    @contextmanager
    def visited(self, what: str) -> Iterator[None]:
        """Visit it meanwhile; at the end nothing may have failed, and every walk ends finished."""
        books = Books()
        load = Load(SimpleNamespace(site=SimpleNamespace(port=self.ports["http"]), books=books))
        with load.going_on():
            yield
        for walk in books.accounts:
            wait_until(lambda walk=walk: self._json(f"/api/v1/walks/{walk}")["state"] == "finished", what="a walk")
        print(f"{what}, under load: {sum(load.answers.values()):,} requests, {dict(load.answers)}, "
              f"{len(load.failed)} failed; {len(books.accounts)} walks, 0 lost", flush=True)  # fmt: skip
        assert load.failed == []
        assert len(books.accounts) > 0, "no visitor asked for a walk"


def unmount(root: Path) -> None:
    """Unmount what lies in a folder: a debootstrap that is broken off leaves /proc there, and the folder is removed."""
    points = [line.split()[1] for line in Path("/proc/self/mounts").read_text().splitlines()]
    for point in sorted((each for each in points if each.startswith(f"{root}/")), reverse=True):
        subprocess.run(["umount", point], check=True)
