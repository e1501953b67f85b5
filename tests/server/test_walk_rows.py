"""The server of the pages that tests look at."""

import socket
import threading
from urllib.parse import urlsplit

import pytest
from flask import Flask

from tests.support import walk_rows
from tests.support.live import PATIENCE

pytestmark = pytest.mark.slow


def test_request_accepted_before_the_end_is_answered_before_the_end() -> None:
    app = Flask(__name__)
    answered = threading.Event()

    @app.get("/")
    def late() -> str:
        answered.set()
        return "late"

    with walk_rows.served(app) as address:
        parts = urlsplit(address)
        early = socket.create_connection((str(parts.hostname), int(parts.port or 0)))
        early.sendall(b"GET / HTTP/1.1\r\n")
        with socket.create_connection((str(parts.hostname), int(parts.port or 0)), PATIENCE) as after:
            after.sendall(b"GET / HTTP/1.1\r\nHost: here\r\n\r\n")
            assert after.recv(99)  # so the earlier one was accepted
        answered.clear()
        threading.Timer(1.5, early.sendall, (b"Host: here\r\n\r\n",)).start()

    assert answered.is_set()
    early.close()
