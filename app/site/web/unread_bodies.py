"""Read and discard the part of a request body that the application left unread.

A response may be ready before the body is read: for a body over the limit, a wrong content type, an unknown address.
gunicorn discards up to 64 KiB of the rest. If there is more, it closes the keep-alive connection, and the kernel resets
it. nginx then loses the response, or the next visitor's request on that connection, and answers 502.
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

SECONDS = 5.0  # gunicorn itself waits for a silent client for as long
PIECE = 65_536


def init_app(app: Flask) -> None:
    """Discard unread bodies after each response of ``app``, up to a little more than nginx lets through."""
    with_files = max(2 * app.config["PHOTO_MAX"], app.config["SOUND_MAX"]) + app.config["BODY_MAX"]
    most = max(app.config["BODY_MAX"], app.config["UPLOAD_MAX"], with_files) * 5 // 4
    app.wsgi_app = Drained(app.wsgi_app, most)  # type: ignore[method-assign]


class Drained:
    """WSGI middleware for gunicorn that discards the rest of the body after each response.

    ``most`` is the limit in bytes, ``seconds`` the time limit.
    """

    def __init__(self, application: WSGIApplication, most: int, seconds: float = SECONDS) -> None:
        self.application = application
        self.most = most
        self.seconds = seconds

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Return the application's response; the rest of the body is read when gunicorn closes it after sending."""
        answer = self.application(environ, start_response)
        connection = environ.get("gunicorn.socket")
        if connection is None or not _has_body(environ):  # not wrapped, so that gunicorn can use sendfile
            return answer
        return ClosingIterator(answer, partial(drop, environ["wsgi.input"], connection, self.most, self.seconds))


def drop(rest: InputStream, connection: socket.socket, most: int, seconds: float) -> None:
    """Read and discard the rest of a body, for at most ``seconds`` and up to ``most`` bytes.

    :raises ConnectionResetError: when the body did not end within the limits. gunicorn then closes the connection
        quietly, so that the rest of the body is not parsed as the next request.
    """
    late = threading.Event()

    def stop_reading() -> None:
        late.set()  # before the shutdown, because an end of file after it is not the end of the body
        with suppress(OSError):
            connection.shutdown(socket.SHUT_RD)

    # A socket's own timeout restarts with each byte: a slow client could keep the thread busy for hours.
    watch = threading.Timer(seconds, stop_reading)
    watch.daemon = True
    watch.start()
    ended = False
    try:
        while most > 0 and not ended and not late.is_set():  # after shutdown, a socket still returns received data
            piece = rest.read(min(PIECE, most))
            most -= len(piece)
            ended = not piece
    except Exception:  # noqa: BLE001, S110 - the client is gone or its body malformed; the response is already sent
        pass
    finally:
        watch.cancel()
    if not ended or late.is_set():
        stop_reading()  # otherwise gunicorn waits for more in the thread that accepts connections
        raise ConnectionResetError(errno.ECONNRESET, "The rest of a body was not read.")


def _has_body(environ: WSGIEnvironment) -> bool:
    return environ.get("CONTENT_LENGTH", "") not in ("", "0") or "HTTP_TRANSFER_ENCODING" in environ
