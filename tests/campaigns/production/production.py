"""The whole production shape on this machine: nginx, gunicorn, Postgres, Redis and painters, as ``deploy/`` has them.

What systemd would start, this starts by the same command lines (``as_unit``), and restarts if it ends.
"""

from __future__ import annotations

import compileall
import os
import re
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Any

from redis import Redis
from redis.exceptions import RedisError

from app.core.config import ROOT
from app.core.version import __version__
from tests.campaigns.production import units
from tests.support import forks, nginx, postgres
from tests.support.live import PATIENCE, LiveSite, free_port, keep_measured, lend_measured, processes_of, wait_until
from tests.support.needs import require

COPIED = (
    "app",
    "decoder",
    "deploy",
    "image_encoder",
    "migrations",
    "sketch",
    "static",
    "templates",
    "worker",
    "wsgi.py",
)
LINKED = ("exhibition", "models")
RESTART_SECONDS = 0.5  # RestartSec of the units is two: here nothing is restarted for ever
SETTINGS: dict[str, object] = {"production": True, "proxies": 1, "accel_prefix": "/_media/"}


class Part:
    """A program that is kept running, as ``Restart=always`` does, and ended where ``TimeoutStopSec`` would have it."""

    def __init__(self, name: str, command: Callable[[], list[str]], log: Path, **options: Any) -> None:
        self.name, self._command, self.log, self._options = name, command, log, options
        self._wanted, self._ended_at = False, 0.0
        self._forced: list[tuple[float, int]] = []
        self._turn = threading.RLock()  # one thread at a time starts it: the first fork takes half a minute
        self.process: subprocess.Popen[bytes] | forks.Forked | None = None

    def __str__(self) -> str:
        """Return how it stands: how it ended, what is wanted, and what it said last."""
        ended = None if self.process is None else self.process.poll()
        said = self.log.read_text("utf-8", "replace")[-2000:] if self.log.exists() else ""
        return (
            f"{self.name}: ended with {ended}, wanted: {self._wanted}, to be forced: {self._forced}; it said:\n{said}"
        )

    @property
    def is_wanted(self) -> bool:
        """Whether it is to run: it was started, and not stopped for good."""
        return self._wanted

    def start(self) -> None:
        """Start it, the first time from nothing; that it is ready is for others to see."""
        with self._turn, self.log.open("ab") as log:
            self._wanted, self._forced, self._ended_at = True, [], 0.0
            popen = subprocess.Popen if self.process is None else forks.popen
            self.process = popen(self._command(), stdout=log, stderr=log, **self._options)

    def keep(self) -> None:
        """Start it again when it ended by itself; have it ended when it does not end in time."""
        with self._turn:
            if self.process is not None and self._forced and time.monotonic() > self._forced[0][0]:
                self.process.send_signal(self._forced.pop(0)[1])
            if self._wanted and self.process is not None and self.process.poll() is not None:
                if not self._ended_at:
                    self._ended_at = time.monotonic()
                elif time.monotonic() - self._ended_at > RESTART_SECONDS:
                    self.start()

    def send(self, signum: int) -> int:
        """Send it a signal; return its process number."""
        assert self.process is not None
        self.process.send_signal(signum)
        return self.process.pid

    def end(self, signum: int, patience: float) -> int:
        """Send it the signal that ends it, others after so many seconds each; return its process number."""
        late = time.monotonic() + patience
        self._forced = [(late, signal.SIGABRT), (late + patience, signal.SIGKILL)]
        return self.send(signum)

    def stop(self, signum: int = signal.SIGTERM) -> None:
        """End it for good, or until it is started."""
        with self._turn:
            self._wanted = False
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(signum)
            try:
                self.process.wait(PATIENCE)
            except subprocess.TimeoutExpired:
                self.process.kill()

    def ensure(self) -> None:
        """Start it, if it does not run."""
        if self.process is None or self.process.poll() is not None:
            self.start()

    def reload(self) -> None:
        """Reload its settings, as ``ExecReload`` of the units does."""
        self.send(signal.SIGHUP)

    def restart(self) -> None:
        """End it and start it, as ``systemctl restart`` does."""
        self.stop()
        self.start()


class Production(LiveSite):
    """A site in the production shape, in a folder of its own that stands for ``/srv/moma``; asked through nginx."""

    def __init__(self, *, workers: int = 2, port: int | None = None, limited: bool = True, **settings: object) -> None:
        self._stack = ExitStack()
        self.place = Path(tempfile.mkdtemp(prefix="moma-production-"))
        self._stack.callback(shutil.rmtree, self.place, ignore_errors=True)
        self.place.chmod(0o755)
        super().__init__(self.place / "instance")
        if port is not None:
            self.port, self.url = port, f"http://127.0.0.1:{port}"
        self.user = units.user("moma")
        self.parts: dict[str, Part] = {}
        self._limited, self._workers, self._settings = limited, workers, {**SETTINGS, **settings}
        self._closing = threading.Event()

    def __enter__(self) -> Production:
        try:
            self._begin()
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Stop all of it, the front first."""
        for name in reversed(list(self.parts)):
            self.parts[name].stop()
        self._closing.set()  # not before: what its thread began again ends with it, and not gently
        self._stack.close()

    # --- Laying it out

    def _begin(self) -> None:
        for folder in ("instance", "backups", "nginx", "redis", "releases"):
            (self.place / folder).mkdir()
            self._give(self.place / folder)
        self.turn_to(self.release(__version__))
        self.database = self._stack.enter_context(postgres.running())
        name = self.database.create()
        self.database.execute(f"ALTER DATABASE {name} SET synchronous_commit = on")
        redis_port = free_port()
        self._settings |= {
            "secret_key": secrets.token_hex(32),
            "database_url": self.database.url(name),
            "redis_url": f"redis://127.0.0.1:{redis_port}/0",
        }
        self.write_settings()
        self._add("redis", lambda: [
            require("redis-server"), "--port", str(redis_port), "--bind", "127.0.0.1", "--appendonly", "yes",
            "--dir", str(self.place / "redis"), "--save", "",
        ])  # fmt: skip
        self.parts["redis"].start()
        self.flask("db", "upgrade")
        self._listen()
        for number in range(1, self._workers + 1):
            self.add_worker(str(number))
        nginx.configuration(
            self.place / "nginx", self.port, self.back, self.instance / "media", processes=2, limited=self._limited,
            brotli=nginx.BROTLI_MODULE.exists(), STATIC=str(self.place / "current/static"),
        )  # fmt: skip
        self._add("nginx", lambda: nginx.command(self.place / "nginx"))
        if lent := lend_measured(self.instance):
            self._give(lent)
        for part in list(self.parts.values())[1:]:
            part.start()
        self._keeper = threading.Thread(target=self._keep, daemon=True)
        self._keeper.start()
        wait_until(self.is_open, what="nginx and gunicorn")
        wait_until(lambda: len(self._living()) == self._workers, what="painters")
        keep_measured(self.instance)

    def _listen(self) -> None:
        """Open the port that moma-web.socket opens, and hold it."""
        port = socket.create_server(("127.0.0.1", 0), backlog=512)
        self._stack.callback(port.close)
        self.back = port.getsockname()[1]
        command = units.read("moma-web.service", place=self.place).started(port=port.fileno())
        self._add("web", lambda: command, pass_fds=(port.fileno(),))

    def _unit(self, number: str) -> Callable[[], list[str]]:
        return lambda: units.read("moma-worker@.service", place=self.place, instance=number).started()

    def _add(self, name: str, command: Callable[[], list[str]], **options: Any) -> None:
        self.parts[name] = Part(name, command, self.place / f"{name}.log", **options)

    def _keep(self) -> None:
        while not self._closing.wait(0.1):
            for part in list(self.parts.values()):
                with suppress(OSError):  # no memory or no process to be had: it is tried again, as systemd does
                    part.keep()

    def _give(self, path: Path) -> None:
        if os.geteuid() == 0:
            shutil.chown(path, self.user)

    def write_settings(self, **more: object) -> None:
        """Write the settings file, which only the site's user reads."""
        self._settings |= more
        values = {name: str(value).lower() if isinstance(value, bool) else repr(value).replace("'", '"')
                  for name, value in self._settings.items()}  # fmt: skip
        path = self.instance / "settings.toml"
        path.write_text("".join(f"{name} = {value}\n" for name, value in values.items()), "utf-8")
        path.chmod(0o600)
        self._give(path)

    # --- Versions of the code

    def release(self, name: str, **changed: str) -> Path:
        """Lay out a version of the code beside the others; ``changed`` says what its version is called."""
        folder = self.place / "releases" / name
        folder.mkdir(parents=True)
        for item in COPIED:
            source = ROOT / item
            if source.is_dir():
                shutil.copytree(source, folder / item, ignore=shutil.ignore_patterns("__pycache__"))
            else:
                shutil.copy(source, folder / item)
        for item in LINKED:
            (folder / item).symlink_to(ROOT / item)
        (folder / ".venv").symlink_to(sys.prefix)
        if version := changed.get("version"):
            (folder / "app/core/version.py").write_text(f'"""The version."""\n\n__version__ = "{version}"\n', "utf-8")
        for part in ("app", "sketch", "worker"):  # once, and not by each of the many programs that run
            compileall.compile_dir(folder / part, quiet=1)
        return folder

    def turn_to(self, release: Path) -> None:
        """Point ``current`` to this version, from one moment to the next."""
        aside = self.place / "current.part"
        aside.symlink_to(release)
        aside.replace(self.place / "current")

    def version(self) -> str:
        """Return the version that answers."""
        return str(self.request("GET", "/api/v1/openapi.json")[1]["info"]["version"])

    # --- Looking and asking

    def is_open(self) -> bool:
        """Return whether it can serve, seen through nginx."""
        with suppress(OSError):
            return self.request("GET", "/readyz")[0] == 200
        return False

    def flask(self, *command: str | Path, check: bool = True, **environment: str) -> subprocess.CompletedProcess[str]:
        """Run an admin command as the site's user, in its place."""
        words = [str(self.place / "current/.venv/bin/python"), "-m", "flask", "--app", "wsgi", *map(str, command)]
        return self.run(words, check=check, **environment)

    def run(self, words: list[str], *, check: bool = True, **environment: str) -> subprocess.CompletedProcess[str]:
        """Run a program as the site's user, in its place."""
        path = os.pathsep.join([str(postgres.binaries() or ""), os.environ["PATH"]])
        variables = {**os.environ, "PATH": path, "MOMA_INSTANCE": str(self.instance), "HOME": str(self.instance)}
        as_user: dict[str, Any] = {"user": self.user, "extra_groups": []} if os.geteuid() == 0 else {}
        done = subprocess.run(
            words, cwd=self.place / "current", env={**variables, **environment}, capture_output=True, text=True,
            check=False, **as_user,
        )  # fmt: skip
        assert not check or done.returncode == 0, done.stdout + done.stderr
        return done

    def output(self) -> str:
        """Return what all parts have said so far."""
        return "\n".join(part.log.read_text("utf-8", "replace") for part in self.parts.values() if part.log.exists())

    def killed_painters(self) -> list[str]:
        """List what painters said that did not end when they were asked to: where each of their threads was."""
        said = r"^(?:Timeout \(|Fatal Python error).+?(?=^\d{4}-|\Z)"
        return re.findall(said, self.output(), re.MULTILINE | re.DOTALL)

    def processes(self) -> dict[int, str]:
        """List the processes of the web side and the painters."""
        return processes_of(self.instance)

    # --- What an operator does

    def deploy(self, release: Path) -> None:
        """Bring in a version whose libraries and schema are the same: web first, then one painter after the other."""
        self.turn_to(release)
        self.parts["web"].reload()
        for name in [name for name, part in self.parts.items() if name.startswith("worker") and part.is_wanted]:
            self.replace_worker(name)

    def replace_worker(self, name: str, signum: int = signal.SIGTERM) -> None:
        """Send a painter a signal that ends it, and wait until the one that follows is alive."""
        patience = float(units.read("moma-worker@.service").one("TimeoutStopSec"))
        part = self.parts[name]
        gone = part.end(signum, patience)
        try:
            wait_until(lambda: (process := part.process) and process.pid != gone, what="another painter")
        except AssertionError as error:
            error.add_note(f"{part}; its keeper is alive: {self._keeper.is_alive()}")
            raise
        self.wait_alive(name)

    def wait_alive(self, name: str) -> None:
        """Wait for a painter's sign of life."""
        pid = self.parts[name].process.pid  # type: ignore[union-attr]
        wait_until(lambda: f":{pid}:" in " ".join(self._living()), what="its sign of life")

    def add_worker(self, number: str) -> None:
        """Know of one more painter, which is not started."""
        self._add(f"worker{number}", self._unit(number))

    def _living(self) -> list[str]:
        """Name the painters that give signs of life, each by host, process and a word of its own."""
        with suppress(RedisError), Redis.from_url(str(self._settings["redis_url"])) as connection:
            return [name.decode() for name in connection.smembers("moma:moma:workers")]  # type: ignore[union-attr]
        return []


@contextmanager
def running(**settings: object) -> Iterator[Production]:
    """Run a site in the production shape."""
    for name in ("redis-server", "postgres", "nginx"):
        require(name)
    with Production(**settings) as site:  # type: ignore[arg-type]
        yield site
    assert processes_of(site.instance) == {}
