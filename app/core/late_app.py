"""A Flask application that adds its services and its routes when they are first needed.

A command needs few of them, and a worker no route; importing all of them takes more than a second.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from threading import RLock
from typing import TYPE_CHECKING, Any

from flask import Flask
from werkzeug.routing import Map

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment
    from flask.ctx import RequestContext


class LateApp(Flask):
    """An application to which `add_later` hands the functions that add its parts, in the order of these functions.

    All of them run before the first request, when its URL map is read, or until an extension that is asked for
    is there; `load` runs the first of them alone.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Create the application; the arguments are Flask's."""
        self._parts: list[Callable[[Any], None]] = []
        self._done, self._is_loading = 0, False
        self.late_extensions: dict[str, Callable[[Any], None]] = {}
        """Functions that add one extension each, by its name, when that is asked for."""
        self._lock = RLock()
        super().__init__(*args, **kwargs)
        self.extensions = _Extensions(self)

    def add_later(self, *parts: Callable[[Any], None]) -> None:
        """Store functions that add parts to this application; each is called with it, once."""
        self._parts += parts

    def load(self, count: int | None = None) -> None:
        """Add what was handed over, or so many of the functions' parts, unless that was done before."""
        while (count is None or self._done < count) and self.load_next():
            pass

    def load_next(self) -> bool:
        """Add the part of the next function; return whether there was one. A part that is being added adds no other."""
        with self._lock:
            if self._is_loading or self._done == len(self._parts):
                return False
            self._is_loading = True
            try:
                self._parts[self._done](self)
            finally:
                self._is_loading = False
            self._done += 1
            return True

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answer a request; its parts may wrap what answers it."""
        self.load()
        return super().__call__(environ, start_response)

    def request_context(self, environ: WSGIEnvironment) -> RequestContext:
        """Return the context of a request, whose class is one of the parts."""
        self.load()
        return super().request_context(environ)

    @property
    def url_map(self) -> Map:
        """The rules of all routes."""
        self.load()
        return self._url_map

    @url_map.setter
    def url_map(self, rules: Map) -> None:
        self._url_map = rules


class _Extensions(dict[str, Any]):
    """The extensions of an application, which loads it when one is missing."""

    def __init__(self, app: LateApp) -> None:
        super().__init__()
        self._app = app

    def __missing__(self, name: str) -> Any:
        if add := self._app.late_extensions.get(name):
            add(self._app)
        while name not in self:
            if not self._app.load_next():
                raise KeyError(name)
        return self[name]
