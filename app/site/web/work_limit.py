"""A limit of processor time for each request, so that none can keep a thread busy for long.

gunicorn's timeout is no such limit: a process with threads answers its master whatever its threads do. Waiting is not
counted: for a client's body, the database and locks there are limits of their own.
"""

from __future__ import annotations

import ctypes
import threading
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from flask import Flask

from app.core.i18n.gettext import N_, _
from app.site.web import error_responses

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

LOOK_SECONDS, IDLE_LOOKS = 0.1, 50
"""The seconds between two checks of all threads, and the number of checks without a request after which they end."""
RETRY_SECONDS = 60
SENTENCE = N_("This was more work than one request may be. Ask for less at once, or try again later.")


class TooMuchWork(BaseException):
    """A request used up its processor time; no ``except Exception`` keeps it from ending."""


def init_app(app: Flask) -> None:
    """Limit the processor time of each request to ``app``."""
    if seconds := app.config["REQUEST_SECONDS"]:
        app.wsgi_app = WorkLimit(app, app.wsgi_app, seconds)  # type: ignore[method-assign]


class WorkLimit:
    """WSGI middleware that answers 503 for a request once its thread has worked for ``seconds``."""

    def __init__(self, app: Flask, application: WSGIApplication, seconds: float) -> None:
        self._app, self._application, self._seconds = app, application, seconds
        self._until: dict[int, float] = {}  # by thread: its processor time at which its request is ended
        self._lock = threading.Lock()
        self._watch: threading.Thread | None = None

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Return the application's response, or an error page if it takes too much work."""
        begun: list[tuple[Any, ...]] = []  # the response begins when its work is over: it can then no more be ended
        try:
            with self._counted():
                body = self._application(environ, lambda *begin: begun.append(begin))  # type: ignore[arg-type]
        except TooMuchWork:
            with self._app.request_context(environ):
                response = error_responses.answer(503, _(SENTENCE))
                response.headers["Retry-After"] = str(RETRY_SECONDS)
                return self._app.process_response(response)(environ, start_response)
        start_response(*begun[-1])
        return body

    @contextmanager
    def _counted(self) -> Iterator[None]:
        thread = threading.get_ident()
        with self._lock:
            self._until[thread] = _worked(thread) + self._seconds
            self._start()
        try:
            yield
        finally:
            with self._lock:  # what was raised just before arrives here at the latest
                self._until.pop(thread, None)

    def _start(self) -> None:
        """Start the thread that looks after the others; after a fork there is none yet."""
        if self._watch is None or not self._watch.is_alive():
            self._watch = threading.Thread(target=self._look, name="work limit", daemon=True)
            self._watch.start()

    def _look(self) -> None:
        idle = 0
        while True:
            time.sleep(LOOK_SECONDS)
            with self._lock:
                idle = 0 if self._until else idle + 1
                if idle == IDLE_LOOKS:
                    self._watch = None
                    return
                for thread, until in list(self._until.items()):
                    if _worked(thread) > until:
                        del self._until[thread]
                        _raise_in(thread, TooMuchWork)


def _worked(thread: int) -> float:
    """Return the processor time of a thread in seconds."""
    return time.clock_gettime(time.pthread_getcpuclockid(thread))


def _raise_in(thread: int, error: type[BaseException]) -> None:
    """Raise an error in another thread, at its next instruction."""
    ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(thread), ctypes.py_object(error))
