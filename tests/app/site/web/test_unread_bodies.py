"""What an answer left unread of a body: dropped within limits, and only where somebody may still be sending it."""

import io
import re
import socket
import threading
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from gunicorn.http.body import Body, ChunkedReader, LengthReader
from gunicorn.http.unreader import SocketUnreader

from app.core.config import DEFAULTS
from app.site.web.unread_bodies import Drained
from tests.conftest import make_app
from tests.support.nginx import TEMPLATE

MOST = 100_000
AGES = 300.0  # more seconds than any machine needs for what happens at once
UNITS = {"k": 1024, "m": 1024**2}
Ends = tuple[socket.socket, socket.socket]


class Sent(io.BytesIO):
    """A body, as gunicorn gives it, which notes each time that it is read."""

    def __init__(self, body: bytes, told: list[str]) -> None:
        super().__init__(body)
        self.told = told

    def read(self, size: int | None = -1) -> bytes:
        """Read on."""
        self.told.append("read")
        return super().read(size)


@pytest.fixture
def ends() -> Iterator[Ends]:
    """Return gunicorn's end of a connection, and the client's."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        client = socket.create_connection(server.getsockname())
        connection, _ = server.accept()
    with connection, client:
        yield connection, client


def ask(
    body: Any, connection: socket.socket | None, *, told: list[str], seconds: float = AGES, reads: int = 0, **more: str
) -> Iterable[bytes]:
    """Ask an application that reads so much of a body, and says when it is done; return its answer, not yet sent."""

    def application(environ: dict[str, Any], _start_response: Any) -> Iterator[bytes]:
        environ["wsgi.input"].read(reads)
        told.clear()
        yield b"an answer"
        told.append("answered")

    environ: dict[str, Any] = {"wsgi.input": body, "CONTENT_LENGTH": "1050000", **more}
    if connection is not None:
        environ["gunicorn.socket"] = connection
    return Drained(application, MOST, seconds)(environ, lambda *_: lambda _: None)


def send(answer: Iterable[bytes]) -> bytes:
    """Send an answer as gunicorn does."""
    try:
        return b"".join(answer)
    finally:
        answer.close()  # type: ignore[attr-defined]


def is_shut(connection: socket.socket) -> bool:
    """Tell whether nothing more is awaited on a connection."""
    connection.setblocking(False)
    try:
        return connection.recv(1) == b""
    except BlockingIOError:
        return False


@pytest.mark.slow
def test_rest_of_a_body_is_read_after_the_answer_and_the_connection_is_kept(ends: Ends) -> None:
    told: list[str] = []
    body = Sent(b"x" * (MOST - 1), told)
    assert send(ask(body, ends[0], told=told)) == b"an answer"
    assert told[:2] == ["answered", "read"]
    assert body.tell() == MOST - 1
    assert not is_shut(ends[0])


def test_nothing_is_awaited_where_the_application_read_all(ends: Ends) -> None:
    connection, client = ends
    client.sendall(b"x" * 500 + b"GET / HTTP/1.1\r\n")
    body = Body(LengthReader(SocketUnreader(connection), 500))
    send(ask(body, connection, told=[], reads=500))
    assert not is_shut(connection)


def test_next_request_stays_where_it_is(ends: Ends) -> None:
    connection, client = ends
    client.sendall(b"x" * 500 + b"GET / HTTP/1.1\r\n")
    unreader = SocketUnreader(connection)
    send(ask(Body(LengthReader(unreader, 500)), connection, told=[]))
    assert unreader.read() == b"GET / HTTP/1.1\r\n"


def test_body_in_chunks_is_read_to_its_end(ends: Ends) -> None:
    connection, client = ends
    client.sendall(b"4\r\nsome\r\n6\r\nchunks\r\n0\r\n\r\nGET")
    unreader = SocketUnreader(connection)
    body = Body(ChunkedReader(None, unreader))
    send(ask(body, connection, told=[], CONTENT_LENGTH="", HTTP_TRANSFER_ENCODING="chunked"))
    assert unreader.read() == b"GET"


def test_endless_body_is_read_up_to_the_limit(ends: Ends) -> None:
    told: list[str] = []
    body = Sent(b"x" * 3 * MOST, told)
    answer = ask(body, ends[0], told=told)
    assert b"".join(answer) == b"an answer"
    with pytest.raises(ConnectionResetError):
        answer.close()  # type: ignore[attr-defined]
    assert body.tell() == MOST
    assert is_shut(ends[0])


def test_silent_client_is_waited_for_no_longer_than_the_limit(ends: Ends) -> None:
    connection, client = ends
    client.sendall(b"x" * 100)
    answer = ask(Body(LengthReader(SocketUnreader(connection), 500)), connection, told=[], seconds=0.05)
    assert b"".join(answer) == b"an answer"
    with pytest.raises(ConnectionResetError):
        answer.close()  # type: ignore[attr-defined]
    assert is_shut(connection)


def test_client_that_sends_a_byte_now_and_then_does_not_make_the_time_longer(ends: Ends) -> None:
    connection, client = ends
    stopped = threading.Event()

    def trickle() -> None:
        with suppress(OSError):
            while not stopped.wait(0.01):
                client.sendall(b"x")

    with ThreadPoolExecutor(1) as pool:
        pool.submit(trickle)
        answer = ask(Body(LengthReader(SocketUnreader(connection), 10**9)), connection, told=[], seconds=0.05)
        assert b"".join(answer) == b"an answer"
        try:
            with pytest.raises(ConnectionResetError):
                answer.close()  # type: ignore[attr-defined]
        finally:
            stopped.set()


@pytest.mark.parametrize("chunks", [b"4\r\nsome", b"zz\r\n", b"4\r\nsome??"])
def test_body_that_is_cut_off_or_garbled_ends_the_connection_and_not_the_answer(ends: Ends, chunks: bytes) -> None:
    connection, client = ends
    client.sendall(chunks)
    client.shutdown(socket.SHUT_WR)
    body = Body(ChunkedReader(None, SocketUnreader(connection)))
    answer = ask(body, connection, told=[], CONTENT_LENGTH="", HTTP_TRANSFER_ENCODING="chunked")
    assert b"".join(answer) == b"an answer"
    with pytest.raises(ConnectionResetError):  # which gunicorn takes for a client that is gone
        answer.close()  # type: ignore[attr-defined]


def test_client_that_is_gone_is_not_waited_for(ends: Ends) -> None:
    connection, client = ends
    client.sendall(b"x" * 100)
    client.close()
    assert send(ask(Body(LengthReader(SocketUnreader(connection), 500)), connection, told=[])) == b"an answer"


@pytest.mark.parametrize("length", ["", "0"])
def test_answer_to_a_request_without_a_body_is_handed_on_as_it_is(ends: Ends, length: str) -> None:
    film = io.BytesIO()
    environ = {"wsgi.input": None, "gunicorn.socket": ends[0], "CONTENT_LENGTH": length}
    assert Drained(lambda *_: film, MOST)(environ, lambda *_: lambda _: None) is film


def test_another_servers_body_is_left_to_it() -> None:
    told: list[str] = []
    send(ask(Sent(b"x" * 500, told), None, told=told))
    assert told == ["answered"]


def test_application_reads_on_past_all_that_nginx_lets_through(instance: Path) -> None:
    drained = make_app(instance, UPLOAD_MAX=DEFAULTS["UPLOAD_MAX"]).wsgi_app
    assert isinstance(drained, Drained)
    let_through = re.findall(r"client_max_body_size (\d+)([km]);", TEMPLATE.read_text("utf-8"))
    assert let_through
    for number, unit in let_through:
        assert int(number) * UNITS[unit] < drained.most
