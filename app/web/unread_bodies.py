"""What an answer left unread of the body that it answers is read and dropped.

An answer may be ready before the body is read: too much, a kind that nobody reads, no such address. gunicorn drops
64 KiB of what is left; where there is more, it closes the connection that it has just promised to keep, and the kernel
resets what is under way on it. nginx then loses the answer, or the next visitor's request, which it sent there: 502.
"""

from __future__ import annotations

import errno
import socket
import threading
from collections.abc import Iterable
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING

from flask import Flask
from werkzeug.wsgi import ClosingIterator

if TYPE_CHECKING:
    from _typeshed.wsgi import InputStream, StartResponse, WSGIApplication, WSGIEnvironment

SECONDS = 5.0  # as long as gunicorn itself waits for a silent client
PIECE = 65_536


def init_app(app: Flask) -> None:
    """Read on after each answer of ``app``: a little more than nginx lets through, which is more than is read here."""
    with_photos = 2 * app.config["PHOTO_MAX"] + app.config["BODY_MAX"]
    most = max(app.config["BODY_MAX"], app.config["UPLOAD_MAX"], with_photos) * 5 // 4
    app.wsgi_app = Drained(app.wsgi_app, most)  # type: ignore[method-assign]


class Drained:
    """An application behind gunicorn, each of whose answers is followed by reading the rest of the body."""

    def __init__(self, application: WSGIApplication, most: int, seconds: float = SECONDS) -> None:
        self.application = application
        self.most = most
        self.seconds = seconds

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answer; what is left is read when the answer is closed, which gunicorn does once it is sent."""
        answer = self.application(environ, start_response)
        connection = environ.get("gunicorn.socket")
        if connection is None or not _has_body(environ):  # as it is: gunicorn knows a file, and has the kernel send it
            return answer
        return ClosingIterator(answer, partial(drop, environ["wsgi.input"], connection, self.most, self.seconds))


def drop(rest: InputStream, connection: socket.socket, most: int, seconds: float) -> None:
    """Read and drop what is left of a body, for so many seconds, and up to so many bytes.

    :raises ConnectionResetError: when that was not all: gunicorn then closes the connection and says nothing. What
        comes next on it would be the middle of a body, and must not be taken for a request.
    """
    late = threading.Event()

    def hang_up() -> None:
        late.set()  # first: what is read as the end from here on is none
        with suppress(OSError):
            connection.shutdown(socket.SHUT_RD)

    # A socket's own timeout counts from the last byte: who sends one now and then would keep the thread for hours.
    watch = threading.Timer(seconds, hang_up)
    watch.daemon = True
    watch.start()
    ended = False
    try:
        while most > 0 and not ended and not late.is_set():  # a socket shut for reading still gives what comes in
            piece = rest.read(min(PIECE, most))
            most -= len(piece)
            ended = not piece
    except Exception:  # noqa: BLE001, S110 - gone or garbled, in the server's own words: the answer is sent
        pass
    finally:
        watch.cancel()
    if not ended or late.is_set():
        hang_up()  # or gunicorn would wait for more, in the thread that takes new connections
        raise ConnectionResetError(errno.ECONNRESET, "The rest of a body was not read.")


def _has_body(environ: WSGIEnvironment) -> bool:
    return environ.get("CONTENT_LENGTH", "") not in ("", "0") or "HTTP_TRANSFER_ENCODING" in environ
