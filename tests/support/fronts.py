"""Programs that serve a site to a test: nginx, Caddy and gunicorn, started and ended, and asked from outside."""

import http.client
import socket
import subprocess
import sys
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import Any

from tests.support import forks, nginx
from tests.support.live import PATIENCE, ROOT, LiveSite, wait_until

GUNICORN = (sys.executable, "-m", "gunicorn", "--config", "deploy/gunicorn.conf.py")
Answered = tuple[http.client.HTTPResponse, bytes]


@contextmanager
def serving(
    command: list[str], *, is_ready: Callable[[], object] = lambda: True, log: Any = None, **environment: Any
) -> Iterator[subprocess.Popen[bytes] | forks.Forked]:
    """Run a program that is ready within the block and terminated at its end; ``env`` is its whole environment."""
    process = forks.popen(command, cwd=ROOT, stdout=log, stderr=log, **environment)
    try:
        wait_until(lambda: is_ready() or process.poll() is not None, what=f"an answer of {command[:3]}")
        assert process.poll() is None, f"{command} ended with {process.returncode}"
        yield process
    finally:
        process.terminate()
        process.wait(PATIENCE)


@contextmanager
def behind_nginx(
    folder: Path,
    back: int,
    environment: Mapping[str, str],
    *options: str,
    is_ready: Callable[[], object] = lambda: True,
) -> Iterator[None]:
    """Serve a site by gunicorn, set as in production, at the port ``back``, and nginx, configured in ``folder``.

    ``options`` are gunicorn's. What both say is in ``gunicorn.log``.
    """
    gunicorn = [*GUNICORN, *options, "--bind", f"127.0.0.1:{back}", "wsgi:app"]
    with (
        (folder / "gunicorn.log").open("wb") as log,
        serving(gunicorn, log=log, env=environment),
        serving(nginx.command(folder), is_ready=is_ready, log=log, env=environment),
    ):
        yield


def ask(
    address: int | str, method: str, path: str, body: Any = None, headers: Mapping[str, str] | None = None, **how: Any
) -> Answered:
    """Ask a port of this machine, or a host; return the answer with its headers, and its bytes as they came."""
    where = f"127.0.0.1:{address}" if isinstance(address, int) else address
    with closing(http.client.HTTPConnection(where, timeout=PATIENCE, **how)) as connection:
        connection.request(method, path, body, headers or {})
        answer = connection.getresponse()
        return answer, answer.read()


def is_open(url: str) -> bool:
    """Return whether a web server answers an address with status 200."""
    with suppress(OSError, http.client.HTTPException), urllib.request.urlopen(url, timeout=PATIENCE) as answer:
        return bool(answer.status == 200)
    return False


class Front(LiveSite):
    """A site, asked through nginx."""

    folder: Path
    web_log: Path
    back: int  # where gunicorn listens

    def ask(self, method: str, path: str, *, body: bytes = b"", **headers: str) -> Answered:
        """Send a request; underscores in the names of headers stand for hyphens."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return ask(self.port, method, path, body or None, named)

    def connect(self) -> socket.socket:
        """Open a connection and send nothing."""
        return socket.create_connection(("127.0.0.1", self.port), timeout=PATIENCE)

    def send(self, data: bytes) -> tuple[http.client.HTTPResponse, bytes]:
        """Send bytes as they are; return the first answer to them."""
        with self.connect() as client:
            client.sendall(data)
            answer = http.client.HTTPResponse(client)
            answer.begin()
            return answer, answer.read()

    def exchange(self, data: bytes) -> bytes:
        """Send bytes as they are; return all that comes until the connection is closed."""
        said = b""
        with self.connect() as client, suppress(ConnectionResetError):
            client.sendall(data)
            while part := client.recv(65_536):
                said += part
        return said

    def is_ready(self) -> bool:
        """Return whether the site is ready, seen through nginx."""
        with suppress(OSError, http.client.HTTPException):
            return self.ask("GET", "/readyz")[0].status == 200
        return False
