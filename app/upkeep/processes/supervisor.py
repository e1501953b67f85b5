"""The supervisor of a running site: start, watch, restart and stop its Redis, worker and web server."""

from __future__ import annotations

import ctypes
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from flask import Flask

from app.core import instance
from app.core.config import ROOT
from app.core.errors import ConfigError
from app.offer.generation import offers
from app.storage.schema import EMPTY, schema_state, upgrade
from app.upkeep.operations import exhibition_due
from app.upkeep.processes import listening
from app.upkeep.processes.console import write_line
from app.upkeep.processes.redis_server import RedisServer
from app.walks.queue import jobs

STOP_SECONDS = 15.0
CHECK_SECONDS = 0.1
STEADY_SECONDS = 60.0
WORKER_CLASS = "app.site.web.slow_clients.SlowClientWorker"
KEPT_SECONDS = 75  # of a connection: longer than any page's polling interval, else its next request may be reset
RESTART_SECONDS = (0.2, 1.0, 5.0, 15.0)
REDIS_CHECK_SECONDS, REDIS_SILENT_SECONDS = 2.0, 10.0
DAMAGED_ENDS = 3  # in a row, after which Redis' data count as damaged
PR_SET_PDEATHSIG = 1
LIBC = ctypes.CDLL(None)


@dataclass(slots=True)
class Child:
    """A child process that is restarted when it exits by itself."""

    name: str
    command: list[str]
    process: subprocess.Popen[bytes]
    started: float = field(default_factory=time.monotonic)
    ends: int = 0
    restart_at: float | None = None

    @property
    def has_ended(self) -> bool:
        """Return whether the process has exited."""
        return self.process.poll() is not None


class Site:
    """The running processes. As a context manager it locks the instance folder, and on exit stops what it started.

    :raises app.core.instance.InstanceTaken: on entry, when another site runs in the folder.
    """

    def __init__(self, app: Flask) -> None:
        self.app = app
        self.instance = Path(app.instance_path)
        self.redis: RedisServer | None = None
        self.children: list[Child] = []
        self.environment = {**os.environ, instance.VARIABLE: str(self.instance), listening.BELOW: listening.below()}
        # gunicorn reads it while it is imported, and ends if it is no number. The number of processes here is one.
        self.environment.pop("WEB_CONCURRENCY", None)
        self._lock = -1
        self._redis_check_at = self._redis_served_at = 0.0

    def __enter__(self) -> Site:
        self._lock = instance.take(self.instance)
        return self

    def __exit__(self, *_: object) -> None:
        for child in reversed(self.children):
            _stop(child)
        if self.redis:
            self.redis.clean_up()
        os.close(self._lock)

    def prepare(self) -> None:
        """Check the models and the database; create the tables of an empty database and a new site's first exhibition.

        :raises ConfigError: when a model or the database is unusable, or the schema revision differs from the code's.
        """
        with self.app.app_context():
            if flaw := offers.flaws():
                raise ConfigError(flaw)
            if (flaw := schema_state()) == EMPTY:
                upgrade()
            elif flaw:
                raise ConfigError(flaw)
            if exhibition_due.is_due():
                from app.upkeep.operations import first_exhibition

                first_exhibition.publish_once()

    def start_redis(self) -> None:
        """Start an embedded Redis, unless the settings name one."""
        if self.app.config["REDIS_URL"]:
            return
        self.redis = RedisServer(self.instance)
        child = self._start("redis", self.redis.command())
        try:
            self.redis.wait(child.process)
        except ConfigError:
            if not (child.has_ended and child.process.returncode > 0):
                raise
            self._begin_empty(child, self.redis)
        self.environment["MOMA_REDIS_URL"] = self.app.config["REDIS_URL"] = self.redis.url

    def _begin_empty(self, child: Child, redis: RedisServer) -> None:
        """Start Redis with an empty folder, because it does not start with its data.

        :raises ConfigError: when it does not start so either; the data are then put back.
        """
        aside = redis.put_aside()
        self._relaunch(child)
        try:
            redis.wait(child.process)
        except ConfigError:
            _stop(child)
            redis.put_back(aside)
            raise
        _print_error(f"Redis could not read its data. They are in {aside}; Redis begins empty, and no walk is lost.")

    def start_worker(self) -> None:
        """Start one worker process."""
        self._start("worker", [sys.executable, "-m", "worker"])

    def start_web(self, host: str, port: int, *, reload: bool = False) -> None:
        """Start the web server.

        :raises ConfigError: when the address is in use.
        """
        _check_free(host, port)
        config = ["--bind", address(host, port), "--worker-class", WORKER_CLASS, "--workers", "1", "--threads", "8"]
        config += ["--keep-alive", str(KEPT_SECONDS), "--no-sendfile"]  # Python's sendfile waits without a limit
        quiet = ["--log-level", "warning", "--no-control-socket", "--graceful-timeout", "5"]
        quiet += ["--limit-request-line", "8190"]  # gunicorn's highest
        more = ["--reload"] if reload else []
        self._start("web", [sys.executable, "-m", "gunicorn", *config, *quiet, *more, "wsgi:app"])

    def wait_for_worker(self, stopped: Callable[[], bool] = lambda: False) -> None:
        """Wait until the started worker has a heartbeat, or ``stopped`` returns True.

        :raises ConfigError: when the worker exits.
        """
        worker = self._child("worker")
        with self.app.app_context():
            # Compare process IDs, because an earlier worker's heartbeat may outlive it by some seconds.
            while not any(about.get("pid") == worker.process.pid for about in jobs.workers()):
                if stopped():
                    return
                if worker.has_ended:
                    raise ConfigError("The worker could not start; its reason stands above.")
                time.sleep(CHECK_SECONDS)

    def wait_for_web(self, host: str, port: int, stopped: Callable[[], bool] = lambda: False) -> None:
        """Wait until the web server answers, or ``stopped`` returns True.

        :raises ConfigError: when the web server exits.
        """
        web = self._child("web")
        # With SCRIPT_NAME in its environment, gunicorn answers no request without that path.
        while not _is_alive(f"http://{address(host, port)}{listening.below()}/healthz"):
            if stopped():
                return
            if web.has_ended:
                raise ConfigError("The web server could not start; its reason stands above.")
            time.sleep(CHECK_SECONDS)

    def keep(self) -> None:
        """Restart processes that exited by themselves, after a pause that grows with repeated exits."""
        self._keep_redis()
        for child in self.children:
            if not child.has_ended:
                continue
            if child.restart_at is None:
                child.ends = 1 if time.monotonic() - child.started > STEADY_SECONDS else child.ends + 1
                pause = RESTART_SECONDS[min(child.ends, len(RESTART_SECONDS)) - 1]
                child.restart_at = time.monotonic() + pause
                _print_error(
                    f"The {child.name} ended ({child.process.returncode}). It starts again in {pause:g} seconds."
                )
            elif time.monotonic() >= child.restart_at:
                self._relaunch(child)

    def _keep_redis(self) -> None:
        """Restart Redis if it runs but does not serve, or if it keeps ending because it cannot read its data."""
        if self.redis is None or time.monotonic() < self._redis_check_at:
            return
        self._redis_check_at = time.monotonic() + REDIS_CHECK_SECONDS
        child = self._child("redis")
        if child.has_ended or self.redis.serves():
            self._redis_served_at = time.monotonic()
            if child.has_ended and child.ends >= DAMAGED_ENDS and child.process.returncode > 0:
                with suppress(ConfigError):  # the next attempt follows
                    self._begin_empty(child, self.redis)
            return
        silent = time.monotonic() - max(self._redis_served_at, child.started)
        if silent > REDIS_SILENT_SECONDS:
            _print_error(f"Redis has not answered for {silent:.0f} seconds. It starts again.")
            self.restart("redis")

    def restart(self, name: str) -> None:
        """Stop the process of this name and start it again."""
        child = self._child(name)
        _stop(child)
        self._relaunch(child)

    def _child(self, name: str) -> Child:
        return next(child for child in self.children if child.name == name)

    def _start(self, name: str, command: list[str]) -> Child:
        child = Child(name, command, self._launch(command))
        self.children.append(child)
        return child

    def _relaunch(self, child: Child) -> None:
        if child.name == "redis" and self.redis is not None:
            self.redis.make_run_folder()
        child.process, child.started, child.restart_at = self._launch(child.command), time.monotonic(), None

    def _launch(self, command: list[str]) -> subprocess.Popen[bytes]:
        # A new session, so that Ctrl-C reaches only this process, which stops the others in order.
        return subprocess.Popen(
            command,
            cwd=ROOT,
            env=self.environment,
            start_new_session=True,
            pass_fds=[self._lock],
            preexec_fn=partial(_die_with, os.getpid()),
        )


def _stop(child: Child) -> None:
    if child.has_ended:
        return
    child.process.terminate()
    try:
        child.process.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        child.process.kill()
        child.process.wait()


def address(host: str, port: int) -> str:
    """Return host and port as in a URL, with brackets around an IPv6 address: ``[::1]:8000``."""
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def _check_free(host: str, port: int) -> None:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except (OSError, OverflowError) as error:
            raise ConfigError(f"Port {port} on {host} cannot be used: {error}. Set PORT to another.") from error


def _is_alive(address: str) -> bool:
    # HTTP_PROXY names the way to the outside: asked for an address of this machine, a proxy looks on its own.
    direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with suppress(OSError), direct.open(address, timeout=5) as answer:
        return bool(answer.status == 200)
    return False


def _die_with(parent: int) -> None:
    """Make Linux send this child SIGTERM when its parent exits, even if the parent is killed."""
    if sys.platform == "linux":
        LIBC.prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
        if os.getppid() != parent:  # the parent was killed before the call
            os._exit(1)


def _print_error(text: str) -> None:
    write_line(sys.stderr, text)
