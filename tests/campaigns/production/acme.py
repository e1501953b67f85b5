"""A server that gives certificates (ACME, RFC 8555) and proves by http who asks: Serles, in an environment of its own.

The names that are asked for lead to this machine, as the machines of these tests lie on its network.
"""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.support.fronts import is_open, serving
from tests.support.live import free_port

PACKAGE = "serles-acme==1.3.0"
SETTINGS = """[serles]
backend = serles.backends.openssl:Backend
database = sqlite:///{folder}/serles.sqlite
subjectNameTemplate = CN={{SAN[0]}}

[openssl]
cacert = {folder}/ca.pem
cakey = {folder}/ca.key
"""
SERVER = """
import socket
from werkzeug.serving import run_simple
from serles import create_app

found = socket.getaddrinfo
socket.getaddrinfo = lambda host, *rest, **more: found("127.0.0.1" if host == "{name}" else host, *rest, **more)
run_simple("127.0.0.1", {port}, create_app())
"""


@contextmanager
def running(folder: Path, name: str) -> Iterator[str]:
    """Run it for one name; yield the address of its directory. Its own certificate is ``ca.pem`` in the folder."""
    folder.mkdir()
    subprocess.run([sys.executable, "-m", "venv", folder / "venv"], check=True)
    python = folder / "venv/bin/python"
    subprocess.run([python, "-m", "pip", "install", "--quiet", PACKAGE], check=True)
    (folder / "config.ini").write_text(SETTINGS.format(folder=folder), "utf-8")
    port = free_port()
    url = f"http://127.0.0.1:{port}/directory"
    command = [str(python), "-c", SERVER.format(name=name, port=port)]
    environment = {**os.environ, "CONFIG": str(folder / "config.ini")}
    with (
        (folder / "log").open("wb") as log,
        serving(command, is_ready=lambda: is_open(url), log=log, env=environment),
    ):
        yield url
