"""gunicorn's worker with threads, in which no thread waits long for a client.

gunicorn's own lends a thread to each connection, and the thread waits for the rest of the request without a limit: as
many unfinished requests as there are threads stop the site. Here the main thread collects the head of a request, with
a short body, while the threads serve others. A long body is read in a thread, which must keep receiving it.

The rest of a body that the application left unread is discarded, because a response may be ready before: for a body
over the limit, a wrong content type, an unknown address. gunicorn itself discards 64 KiB, and closes the connection if
there is more; the kernel resets it then, and nginx loses the response, or the next visitor's request, and answers 502.

This module imports nothing of the application, because ``deploy/gunicorn.conf.py`` loads it by its path.
"""

from __future__ import annotations

import re
import socket
import struct
import threading
import time
from collections import deque
from contextlib import suppress
from functools import partial
from selectors import EVENT_READ
from typing import Any

from gunicorn import util
from gunicorn.http.unreader import SocketUnreader
from gunicorn.workers.gthread import TConn, ThreadWorker
from werkzeug.exceptions import RequestTimeout

WHOLE_SECONDS = 10.0
"""Within this time, the head of a request and a short body must arrive."""
STALL_SECONDS = 5.0
"""So long a thread waits for the next bytes of a body, or until the client takes more of the response."""
BYTES_A_SECOND = 8_192
"""The least rate, on average, at which a long body must arrive, and a response be taken."""
SLOW_SECONDS = 2.0
"""A client that has let a thread wait for so long while it takes a response is a slow one."""
PIECE = 65_536
"""Bytes of a response that are sent at once."""
LINGER_SECONDS = 2.0
"""So long a connection that was answered waits for its client to close, lest a reset cut off the answer."""
REST_SECONDS = 5.0
"""So long the rest of a body is discarded whose response was sent; then the connection is closed."""
HEAD_MAX = 65_536
SHORT_BODY = 65_536
END_OF_HEAD = b"\r\n\r\n"
CHUNKED = re.compile(rb"\r\ntransfer-encoding:", re.IGNORECASE)
LENGTH = re.compile(rb"\r\ncontent-length:[ \t]*(\d{1,18})[ \t]*\r\n", re.IGNORECASE)


class _Connection(TConn):  # type: ignore[misc]
    """A connection whose graceful end holds up nothing: gunicorn's own waits for the client in the main thread."""

    def __init__(self, worker: SlowClientWorker, client: socket.socket, address: Any, listener: Any) -> None:
        super().__init__(worker.cfg, client, address, listener)
        self._worker = worker

    def close(self, graceful: bool = False) -> None:
        """Close the connection; with ``graceful`` once the client closes it too, or has had time to."""
        if graceful:
            self._worker.linger(self)
        else:
            super().close()


class SlowClientWorker(ThreadWorker):  # type: ignore[misc]
    """Worker with threads that answers 408 to clients that send too slowly.

    Long bodies get half of the threads at most; further ones wait, while the other threads serve short requests. Slow
    takers of responses get half of them at most too; the connection of a further one is closed.
    """

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self._long_served = 0
        self._long_waiting: deque[TConn] = deque()
        self._lingering: deque[_Connection] = deque()
        self._slow_places = threading.Semaphore(max(1, self.cfg.threads // 2))

    def accept(self, listener: socket.socket) -> None:
        """Accept a connection, and collect its first request in the main thread."""
        try:
            client, address = listener.accept()
        except (BlockingIOError, ConnectionAbortedError):
            return
        self.nr_conns += 1
        stall = struct.pack("ll", int(STALL_SECONDS), int(STALL_SECONDS % 1 * 1e6))
        for option in (socket.SO_RCVTIMEO, socket.SO_SNDTIMEO):  # of the kernel: gunicorn resets Python's timeouts
            client.setsockopt(socket.SOL_SOCKET, option, stall)
        taker = _TimedSocket(self._slow_places, client)
        self._collect(_Connection(self, taker, address, listener.getsockname()))

    def on_client_socket_readable(self, conn: TConn, client: socket.socket) -> None:
        """Collect the next request of a kept connection."""
        self.poller.unregister(client)
        self.keepalived_conns.remove(conn)
        self._collect(conn)

    def on_pending_socket_readable(self, conn: TConn, client: socket.socket) -> None:
        """Receive more of a request; hand it to a thread once it is whole, too long to be collected, or cut off."""
        data = _receive(client)
        if data is None:
            return
        conn.received += data
        conn.is_long = _has_long_body(conn.received)
        if data and not conn.is_long and not _is_collected(conn.received):
            return
        self.poller.unregister(client)
        self.pending_conns.remove(conn)
        if conn.received:
            self.enqueue_req(conn)
        else:
            self._drop(conn)

    def murder_pending(self) -> None:
        """Answer 408 to clients whose request is late; close connections on which nothing was sent."""
        while self.pending_conns and self.pending_conns[0].timeout <= time.monotonic():
            conn = self.pending_conns.popleft()
            with suppress(OSError, KeyError, ValueError):
                self.poller.unregister(conn.sock)
            if conn.received:
                _answer_timeout(conn.sock)
            self._drop(conn)
        while self._lingering and self._lingering[0].timeout <= time.monotonic():
            self._end(self._lingering[0])

    def linger(self, conn: _Connection) -> None:
        """Announce that no more is sent, and close the connection when the client has, or is late."""
        try:
            conn.sock.shutdown(socket.SHUT_WR)
            conn.sock.setblocking(False)
            self.poller.register(conn.sock, EVENT_READ, partial(self._on_lingering_readable, conn))
        except (OSError, ValueError, KeyError):
            conn.close()
            return
        conn.timeout, conn.received = time.monotonic() + LINGER_SECONDS, bytearray()
        self._lingering.append(conn)

    def _on_lingering_readable(self, conn: _Connection, client: socket.socket) -> None:
        data = _receive(client)
        if data is None:
            return
        conn.received += data
        if not data or len(conn.received) > HEAD_MAX:
            self._end(conn)

    def _end(self, conn: _Connection) -> None:
        self._lingering.remove(conn)
        with suppress(OSError, KeyError, ValueError):
            self.poller.unregister(conn.sock)
        conn.close()

    def enqueue_req(self, conn: TConn) -> None:
        """Submit a request to the threads, or have it wait for a thread that serves long bodies."""
        if conn.is_long and self._long_served >= max(1, self.cfg.threads // 2):
            self._long_waiting.append(conn)
            return
        self._long_served += conn.is_long
        super().enqueue_req(conn)

    def finish_request(self, conn: TConn, fs: Any) -> None:
        """Keep or close the connection of a request, and submit the next one with a long body."""
        self._long_served -= conn.is_long
        conn.is_long = False
        super().finish_request(conn, fs)
        if self._long_waiting:
            self.enqueue_req(self._long_waiting.popleft())

    def handle(self, conn: TConn) -> Any:
        """Serve a collected request in a thread."""
        conn.data_ready = True
        conn.sock.setblocking(True)
        conn.init()
        if not isinstance(conn.parser.unreader, _TimedUnreader):
            conn.parser.unreader = _TimedUnreader(conn.sock)
        conn.parser.unreader.begin(bytes(conn.received))
        conn.received = bytearray()
        return super().handle(conn)

    def handle_request(self, req: Any, conn: TConn) -> Any:
        """Serve a request; a client that takes no more of the response counts as gone."""
        try:
            return super().handle_request(req, conn)
        except BlockingIOError as error:
            raise ConnectionResetError(error.errno, "The client takes no more of the response.") from error
        finally:
            conn.sock.end_response()

    def handle_error(self, req: Any, client: socket.socket, addr: Any, exc: BaseException) -> None:
        """Answer 408 to a client that sent too slowly."""
        if isinstance(exc, RequestTimeout):
            _answer_timeout(client)
        else:
            super().handle_error(req, client, addr, exc)

    def _keepalive_after(self, conn: TConn, keepalive: bool) -> bool:
        """Return whether a connection serves another request, once the rest of its body is discarded."""
        unreader, body, until = conn.parser.unreader, conn.parser.mesg.body, time.monotonic() + REST_SECONDS
        unreader.limit(REST_SECONDS)
        try:
            while rest := body.read(PIECE):
                if time.monotonic() > until:
                    break
        except Exception:  # noqa: BLE001 - the client is late or gone, or its body malformed; the response is sent
            return False
        return keepalive and not rest and not body.failed

    def _collect(self, conn: TConn) -> None:
        conn.received, conn.is_long = bytearray(), False
        conn.timeout = time.monotonic() + WHOLE_SECONDS
        conn.sock.setblocking(False)
        self.pending_conns.append(conn)
        self.poller.register(conn.sock, EVENT_READ, partial(self.on_pending_socket_readable, conn))

    def _drop(self, conn: TConn) -> None:
        self.nr_conns -= 1
        conn.close()


class _TimedSocket(socket.socket):
    """A client's connection, which must take its responses at the least rate.

    :raises BlockingIOError: from ``sendall``, when the client takes too little, or too many are slow already.
    """

    def __init__(self, slow_places: threading.Semaphore, client: socket.socket) -> None:
        super().__init__(client.family, client.type, client.proto, fileno=client.detach())
        self._slow_places, self._is_slow = slow_places, False
        self._waited, self._late = 0.0, 0.0

    def sendall(self, data: Any, flags: int = 0) -> None:
        """Send all of it; each piece is waited for at most as long as the kernel's timeout."""
        rest = memoryview(data).cast("B")
        while rest:
            began = time.monotonic()
            sent = self.send(rest[:PIECE], flags)
            took = time.monotonic() - began
            self._waited += took
            self._late = max(0.0, self._late + took - sent / BYTES_A_SECOND)
            if self._late > WHOLE_SECONDS:
                raise BlockingIOError("below the least rate")
            if self._waited > SLOW_SECONDS and not self._is_slow:
                self._is_slow = self._slow_places.acquire(blocking=False)
                if not self._is_slow:
                    raise BlockingIOError("too many are slow")
            rest = rest[sent:]

    def close(self) -> None:
        """Close the connection; an answer to an error may have made it a slow one once more."""
        self.end_response()
        super().close()

    def end_response(self) -> None:
        """Start the next response at nothing waited."""
        if self._is_slow:
            self._slow_places.release()
        self._is_slow, self._waited, self._late = False, 0.0, 0.0


class _TimedUnreader(SocketUnreader):  # type: ignore[misc]
    """The rest of a request, which a thread reads.

    :raises RequestTimeout: when the client stalls or sends below the least rate; Flask answers it with 408.
    """

    def begin(self, received: bytes) -> None:
        """Begin with the part of a request that was collected."""
        if received:  # else the rest of what came behind the request before
            self.unread(received)
        self.limit(WHOLE_SECONDS)

    def limit(self, seconds: float) -> None:
        """Expect what follows within some seconds, and so much later as it arrives above the least rate."""
        self._deadline = time.monotonic() + seconds

    def chunk(self, size_hint: int | None = None) -> bytes:
        if time.monotonic() > self._deadline:
            raise RequestTimeout
        try:
            data: bytes = super().chunk(size_hint)
        except BlockingIOError as error:  # the kernel's timeout
            raise RequestTimeout from error
        latest = time.monotonic() + WHOLE_SECONDS
        self._deadline = min(self._deadline + len(data) / BYTES_A_SECOND, latest)
        return data


def _receive(client: socket.socket) -> bytes | None:
    """Return what has arrived, ``b""`` where nothing more will, ``None`` if nothing has yet."""
    try:
        return client.recv(HEAD_MAX)
    except BlockingIOError:
        return None
    except OSError:
        return b""


def _is_collected(received: bytearray) -> bool:
    """Return whether a request has arrived, with its short body, or its head is so long that it will be refused."""
    end = received.find(END_OF_HEAD)
    if end < 0:
        return len(received) > HEAD_MAX
    return len(received) >= end + len(END_OF_HEAD) + _length(received, end)


def _has_long_body(received: bytearray) -> bool:
    """Return whether a request has a body that is long, or in chunks and of unknown length."""
    end = received.find(END_OF_HEAD)
    return end >= 0 and (_length(received, end) > SHORT_BODY or bool(CHUNKED.search(received, 0, end + 2)))


def _length(received: bytearray, end: int) -> int:
    length = LENGTH.search(received, 0, end + 2)
    return int(length[1]) if length else 0


def _answer_timeout(client: socket.socket) -> None:
    with suppress(OSError):
        util.write_error(client, 408, "Request Timeout", "The request did not arrive in time.")
        client.shutdown(socket.SHUT_WR)
