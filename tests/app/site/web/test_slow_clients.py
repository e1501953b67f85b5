"""Slow clients: none keeps a thread of the web server, and all are answered 408."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing, suppress
from http.client import HTTPConnection
from pathlib import Path
from select import select
from threading import Semaphore

import pytest

from app.core.config import ROOT
from app.site.web import slow_clients
from tests.support.live import PATIENCE, free_port, wait_until

pytestmark = pytest.mark.server

THREADS = 2
APPLICATION = """
from flask import Flask, Response, request
from app.site.web import slow_clients
slow_clients.WHOLE_SECONDS, slow_clients.STALL_SECONDS, slow_clients.SLOW_SECONDS = {whole}, 0.3, 0.2
slow_clients.REST_SECONDS = {rest}
app = Flask("echo")
@app.route("/", methods=["GET", "POST"])
def echo():
    return f"{{len(request.get_data())}} bytes"
@app.post("/early")
def early():
    return f"{{request.content_length}} bytes are not read"
@app.get("/large")
def large():
    return Response(bytes(1000) for _ in range(100_000))
"""
UNFINISHED = {
    "head": b"GET / HTTP/1.1\r\nHost: x\r\nX-Half: ",
    "line": b"GE",
    "short body": b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 20\r\n\r\nhalf of it",
    "long body": b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 900000\r\n\r\nhalf of it",
    "chunked body": b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhal",
}


@pytest.fixture(scope="module")
def port(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """Run a server of two threads, and return its port."""
    folder, port = tmp_path_factory.mktemp("slow"), free_port()
    (folder / "echo_app.py").write_text(APPLICATION.format(whole=2.0, rest=1.0))
    command = [sys.executable, "-m", "gunicorn", "--worker-class", "app.site.web.slow_clients.SlowClientWorker"]
    command += ["--threads", str(THREADS), "--bind", f"127.0.0.1:{port}", "--no-control-socket", "--no-sendfile"]
    environment = {**os.environ, "PYTHONPATH": f"{folder}:{ROOT}"}
    process = subprocess.Popen([*command, "echo_app:app"], cwd=folder, env=environment)
    try:
        wait_until(lambda: process.poll() is not None or _is_open(port), what="the server")
        assert process.poll() is None, "the server has ended"
        yield port
    finally:
        process.terminate()
        process.wait()


def _is_open(port: int) -> bool:
    with suppress(OSError):
        return ask(port)[0] == 200
    return False


def ask(port: int, body: bytes | None = None) -> tuple[int, bytes]:
    """Send a request; return the status and the body of the response."""
    with closing(HTTPConnection("127.0.0.1", port, timeout=PATIENCE)) as connection:
        connection.request("GET" if body is None else "POST", "/", body)
        with connection.getresponse() as response:
            return response.status, response.read()


def rest(client: socket.socket) -> bytes:
    """Receive until the server closes the connection."""
    client.settimeout(20)
    received = b""
    with suppress(ConnectionResetError):
        while data := client.recv(65_536):
            received += data
    return received


def receive_until(client: socket.socket, ending: bytes) -> bool:
    """Receive until what came ends with ``ending``; return whether it did before the connection ended."""
    client.settimeout(20)
    received = b""
    while not received.endswith(ending):
        if not (data := client.recv(1)):
            return False
        received += data
    return True


@pytest.mark.parametrize("kind", UNFINISHED)
def test_unfinished_request_is_answered_408_while_others_go_on(port: int, kind: str) -> None:
    with ExitStack() as stack:
        clients = [stack.enter_context(socket.create_connection(("127.0.0.1", port))) for _ in range(2 * THREADS)]
        for client in clients:
            client.sendall(UNFINISHED[kind])
        assert ask(port)[0] == 200
        for client in clients:
            assert rest(client).startswith(b"HTTP/1.1 408 ")


def test_unfinished_requests_of_all_kinds_delay_no_others(port: int) -> None:
    with ExitStack() as stack:
        for kind in [*UNFINISHED] * THREADS:
            client = stack.enter_context(socket.create_connection(("127.0.0.1", port)))
            client.sendall(UNFINISHED[kind])
        began = time.monotonic()
        assert ask(port)[0] == 200
        assert time.monotonic() - began < 1.5, "before the unfinished ones end"


def test_long_bodies_that_wait_for_a_thread_are_served(port: int) -> None:
    with ThreadPoolExecutor(4 * THREADS) as pool:
        assert set(pool.map(lambda _: ask(port, bytes(300_000)), range(4 * THREADS))) == {(200, b"300000 bytes")}


def test_trickling_body_is_answered_408(port: int) -> None:
    with socket.create_connection(("127.0.0.1", port)) as client:
        client.sendall(UNFINISHED["long body"])
        with suppress(OSError):
            while not select([client], [], [], 0.1)[0]:
                client.sendall(b"x")
        assert rest(client).startswith(b"HTTP/1.1 408 ")


def test_client_that_takes_no_response_keeps_no_thread(port: int) -> None:
    with ExitStack() as stack:
        for _ in range(THREADS):
            client = stack.enter_context(socket.create_connection(("127.0.0.1", port)))
            client.sendall(b"GET /large HTTP/1.1\r\nHost: x\r\n\r\n")
        time.sleep(0.5)
        assert ask(port)[0] == 200


def test_clients_that_take_a_response_by_the_spoonful_leave_threads_for_others(port: int) -> None:
    with ExitStack() as stack:
        clients = [stack.enter_context(closing(socket.socket())) for _ in range(2 * THREADS)]
        for client in clients:
            client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)  # little of it waits in the kernel
            client.connect(("127.0.0.1", port))
            client.sendall(b"GET /large HTTP/1.1\r\nHost: x\r\n\r\n")
        until = time.monotonic() + 1.8
        while time.monotonic() < until:
            for client in select(clients, [], [], 0.1)[0]:
                with suppress(ConnectionResetError):
                    client.recv(2_000)
            time.sleep(0.1)
        began = time.monotonic()
        assert ask(port)[0] == 200
        assert time.monotonic() - began < 1.5, "before the slow ones end"


@pytest.mark.parametrize("size", [0, 10, 65_536, 65_537, 900_000])
def test_whole_body_arrives(port: int, size: int) -> None:
    assert ask(port, bytes(size)) == (200, b"%d bytes" % size)


def test_request_in_pieces_and_kept_connection_are_served(port: int) -> None:
    request = b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\n\r\nbody"
    with socket.create_connection(("127.0.0.1", port)) as client:
        for byte in request:
            client.sendall(bytes([byte]))
        assert receive_until(client, b"4 bytes")
        client.sendall(request + request[:-2])
        assert receive_until(client, b"4 bytes")
        client.sendall(request[-2:])
        assert receive_until(client, b"4 bytes")


@pytest.mark.parametrize("length", [10, 900_000])
def test_connection_is_kept_after_a_response_that_came_before_the_body(port: int, length: int) -> None:
    with closing(HTTPConnection("127.0.0.1", port, timeout=PATIENCE)) as connection:
        for body in (bytes(length), [bytes(length)]):  # the second in chunks
            connection.request("POST", "/early", body, encode_chunked=True)
            with connection.getresponse() as response:
                assert response.read().endswith(b" bytes are not read")
            kept = connection.sock
            connection.request("GET", "/")
            with connection.getresponse() as response:
                assert (response.status, response.read()) == (200, b"0 bytes")
            assert connection.sock is kept is not None


def test_request_behind_an_unread_body_is_served(port: int) -> None:
    with socket.create_connection(("127.0.0.1", port)) as client:
        client.sendall(
            b"POST /early HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\n\r\nbodyGET / HTTP/1.1\r\nHost: x\r\n\r\n"
        )
        assert receive_until(client, b"4 bytes are not read")
        assert receive_until(client, b"0 bytes")


@pytest.mark.parametrize("sent", ["nothing", "little", "much"])
def test_rest_of_an_unread_body_is_awaited_no_longer_than_the_limit(port: int, sent: str) -> None:
    data = {"nothing": b"", "little": b"x", "much": bytes(100_000)}[sent]
    with socket.create_connection(("127.0.0.1", port)) as client:
        client.sendall(b"POST /early HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\nbody" % 10**12)
        assert receive_until(client, b"0 bytes are not read")
        began = time.monotonic()
        client.setblocking(False)
        with suppress(ConnectionError):
            while time.monotonic() < began + PATIENCE:
                with suppress(BlockingIOError):
                    client.send(data)
                if select([client], [], [], 0.05)[0] and not client.recv(1):
                    break
        assert time.monotonic() < began + PATIENCE


@pytest.mark.parametrize("chunks", [b"4\r\nsome", b"zz\r\n", b"4\r\nsome??"])
def test_unread_body_that_is_cut_off_or_garbled_ends_the_connection_and_not_the_response(
    port: int, chunks: bytes
) -> None:
    with socket.create_connection(("127.0.0.1", port)) as client:
        client.sendall(b"POST /early HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n" + chunks)
        client.shutdown(socket.SHUT_WR)
        assert rest(client).endswith(b" bytes are not read")


def test_client_that_is_gone_before_its_body_is_not_waited_for(port: int) -> None:
    for _ in range(4 * THREADS):
        with socket.create_connection(("127.0.0.1", port)) as client:
            client.sendall(b"POST /early HTTP/1.1\r\nHost: x\r\nContent-Length: 900000\r\n\r\nbody")
    assert ask(port)[0] == 200


def test_slow_connection_that_is_closed_gives_its_place_back(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(slow_clients, "SLOW_SECONDS", -1.0)
    places, (ours, theirs) = Semaphore(1), socket.socketpair()
    with theirs, slow_clients._TimedSocket(places, ours) as taker:
        taker.sendall(b"an answer to an error, behind a response")
        assert not places.acquire(blocking=False)
    assert places.acquire(blocking=False)


def test_answered_clients_that_do_not_close_delay_no_others(port: int) -> None:
    with ExitStack() as stack:
        for _ in range(3):
            client = stack.enter_context(socket.create_connection(("127.0.0.1", port)))
            client.sendall(b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
            assert rest(client).endswith(b"0 bytes")
        began = time.monotonic()
        assert ask(port)[0] == 200
        assert time.monotonic() - began < 1, "before the others are closed"


def test_idle_connection_is_closed_without_an_answer(port: int) -> None:
    with socket.create_connection(("127.0.0.1", port)) as client:
        assert rest(client) == b""


def test_module_imports_nothing_of_the_application() -> None:
    assert "from app" not in Path(ROOT / "app/site/web/slow_clients.py").read_text("utf-8")
