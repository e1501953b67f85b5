"""A Redis of a test's own."""

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from app.upkeep.processes.redis_server import RedisServer
from tests.support.needs import require


@contextmanager
def running(folder: Path) -> Iterator[str]:
    """Run a Redis of its own; yield its address, and write it into the folder as a site does."""
    require("redis-server")
    folder.mkdir(exist_ok=True)
    server = RedisServer(folder)
    process = subprocess.Popen(server.command())
    try:
        server.wait(process)
        yield server.url
    finally:
        process.terminate()
        process.wait()
        server.clean_up()
