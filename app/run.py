"""The whole site on one machine: ``python -m app.run``. Starts Redis, a worker and the web server; stops them all."""

from __future__ import annotations

import argparse
import ctypes
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType

from flask import Flask

from app import create_app, house, queue
from app.config import ROOT
from app.database import upgrade
from app.errors import ConfigError, MomaError
from app.redis_server import RedisServer

STOP_SECONDS = 15.0
CHECK_SECONDS = 0.2
RESTART_SECONDS = (0.2, 1.0, 5.0, 15.0)
PR_SET_PDEATHSIG = 1


@dataclass(slots=True)
class Child:
    """A program that the site keeps running, begun anew when it ends by itself."""

    name: str
    command: list[str]
    process: subprocess.Popen[bytes]
    started: float = field(default_factory=time.monotonic)
    ends: int = 0
    restart_at: float = 0.0


class Site:
    """The running parts. Use as a context: whatever was started is stopped at the end, the last first."""

    def __init__(self, app: Flask) -> None:
        self.app = app
        self.instance = Path(app.instance_path)
        self.redis: RedisServer | None = None
        self.children: list[Child] = []
        self.environment = dict(os.environ)

    def __enter__(self) -> Site:
        return self

    def __exit__(self, *_: object) -> None:
        for child in reversed(self.children):
            _stop(child)
        if self.redis:
            self.redis.forget()

    def start_redis(self) -> None:
        """Start an embedded Redis, unless the settings name one."""
        if self.app.config["REDIS_URL"]:
            return
        self.redis = RedisServer(self.instance)
        self._start("redis", self.redis.command())
        self.redis.wait(self.children[-1].process)
        self.environment["MOMA_REDIS_URL"] = self.app.config["REDIS_URL"] = self.redis.url

    def start_worker(self) -> None:
        """Start one worker."""
        self._start("worker", [sys.executable, "-m", "worker"])

    def start_web(self, host: str, port: int, *, reload: bool = False) -> None:
        """Start the web server.

        :raises ConfigError: when something else listens there.
        """
        _check_free(host, port)
        config = ["--bind", f"{host}:{port}", "--worker-class", "gthread", "--workers", "1", "--threads", "8"]
        quiet = ["--log-level", "warning", "--no-control-socket", "--graceful-timeout", "5"]
        self._start(
            "web", [sys.executable, "-m", "gunicorn", *config, *quiet, *(["--reload"] if reload else []), "wsgi:app"]
        )

    def wait_for_worker(self, stopped: Callable[[], bool] = lambda: False) -> None:
        """Wait until a worker can paint.

        :raises ConfigError: when the worker gives up.
        """
        with self.app.app_context():
            while not queue.workers():
                if stopped():
                    return
                worker = next((child for child in self.children if child.name == "worker"), None)
                if worker is None or worker.process.poll() is not None:
                    raise ConfigError("The worker could not start; its reason stands above.")
                time.sleep(CHECK_SECONDS / 4)

    def keep(self) -> None:
        """Start again what ended by itself, after a pause that grows when it keeps ending."""
        for child in self.children:
            if child.process.poll() is None:
                continue
            if not child.restart_at:
                child.ends = 0 if time.monotonic() - child.started > 60 else child.ends + 1
                pause = RESTART_SECONDS[min(child.ends, len(RESTART_SECONDS)) - 1]
                child.restart_at = time.monotonic() + pause
                _say(f"The {child.name} ended ({child.process.returncode}). It starts again in {pause:g} seconds.")
            elif time.monotonic() >= child.restart_at:
                child.process, child.started, child.restart_at = self._launch(child.command), time.monotonic(), 0.0

    def _start(self, name: str, command: list[str]) -> None:
        self.children.append(Child(name, command, self._launch(command)))

    def _launch(self, command: list[str]) -> subprocess.Popen[bytes]:
        # A session of its own: Ctrl-C reaches only us, and we stop the parts in order.
        return subprocess.Popen(
            command, cwd=ROOT, env=self.environment, start_new_session=True, preexec_fn=_die_with_parent
        )


def main() -> int:
    """Run the site until Ctrl-C or SIGTERM; return the exit status."""
    parser = argparse.ArgumentParser(prog="python -m app.run", description=__doc__)
    parser.add_argument("--host", default=os.environ.get("HOST", "127.0.0.1"))
    parser.add_argument("--port", type=int, default=int(os.environ.get("PORT", "8000")))
    parser.add_argument("--reload", action="store_true", help="start again when the code changes")
    arguments = parser.parse_args()
    stop: list[int] = []

    def note(signum: int, _frame: FrameType | None) -> None:
        stop.append(signum)

    signal.signal(signal.SIGTERM, note)
    signal.signal(signal.SIGINT, note)
    try:
        _run(arguments, stop)
    except MomaError as error:
        _say(str(error))
        return 1
    return 0


def _run(arguments: argparse.Namespace, stop: list[int]) -> None:
    app = prepare()
    with Site(app) as site:
        site.start_redis()
        site.start_web(arguments.host, arguments.port, reload=arguments.reload)
        site.start_worker()
        _say("The painter is getting ready …")
        site.wait_for_worker(lambda: bool(stop))
        if not stop:
            _say(f"MoMA Lisa is open at http://{arguments.host}:{arguments.port}  (Ctrl-C closes it)")
        while not stop:
            site.keep()
            time.sleep(CHECK_SECONDS)
        _say("Closing.")


def prepare() -> Flask:
    """Read the settings, look at the model folder, and bring the database up to date.

    :raises ConfigError: when something of that is unusable.
    """
    app = create_app()
    if flaw := house.flaw(app.config["MODEL"]):
        raise ConfigError(flaw)
    with app.app_context():
        upgrade()
    return app


def _stop(child: Child) -> None:
    if child.process.poll() is None:
        child.process.terminate()
        try:
            child.process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            child.process.kill()
            child.process.wait()


def _check_free(host: str, port: int) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except (OSError, OverflowError) as error:
            raise ConfigError(f"Port {port} on {host} cannot be used: {error}. Set PORT to another.") from error


def _die_with_parent() -> None:
    """Ask Linux to end this child with its parent, even if the parent is killed outright."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)


def _say(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
