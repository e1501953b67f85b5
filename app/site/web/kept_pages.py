"""Keep rendered pages, and answer them again while all that they show is the same.

A view still reads from the database what its page shows; only rendering is saved. The key of a kept page is a hash of
that data, of the request's address, host and language, of the models on offer, the added drawings and the settings: a
walk that was deleted or renamed, and another language, give another key. What is a visitor's own, such as the token of
a form, is not part of a kept page: it is filled into the page's gaps for each response.
"""

import hashlib
import re
import secrets
import sys
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from threading import Lock
from typing import Any

from flask import Flask, current_app, g, render_template, request
from flask_wtf.csrf import generate_csrf
from markupsafe import escape

from app.core.i18n.locales import tag
from app.offer.drawings import added_drawings
from app.offer.generation import offers

EXTENSION = "kept_pages"
BYTES_MAX = 4_000_000
"""The memory for kept pages of a process; those that were not shown for the longest time go first."""
SECONDS = 60.0
"""How long a page is kept at most: for what its key does not name, such as files that an operator put into a folder."""
CSRF = "csrf_token"


@dataclass(frozen=True, slots=True)
class _Page:
    """A page in parts: at odd places stand the names of its gaps.

    ``until`` is when it expires, on the monotonic clock. ``named`` are the objects that its key names by their ids,
    which are no others' as long as these exist.
    """

    parts: tuple[str, ...]
    until: float
    size: int
    named: tuple[object, ...]


@dataclass(slots=True)
class _Keeper:
    """The kept pages of a process, least recently shown first."""

    pages: OrderedDict[bytes, _Page] = field(default_factory=OrderedDict)
    size: int = 0
    lock: Lock = field(default_factory=Lock)
    mark: str = field(default_factory=lambda: f"gap{secrets.token_hex(12)}")

    def get(self, key: bytes) -> _Page | None:
        with self.lock:
            page = self.pages.get(key)
            if page is None or page.until < time.monotonic():
                return None
            self.pages.move_to_end(key)
            return page

    def put(self, key: bytes, page: _Page) -> None:
        with self.lock:
            if earlier := self.pages.pop(key, None):
                self.size -= earlier.size
            self.pages[key] = page
            self.size += page.size
            while self.size > BYTES_MAX:
                _, oldest = self.pages.popitem(last=False)
                self.size -= oldest.size

    def gap(self, name: str) -> str:
        """Return what stands for a visitor's own text while a page is rendered; no visitor can guess it."""
        return f"{self.mark}-{name}-"

    def split(self, page: str) -> tuple[str, ...]:
        return tuple(re.split(f"{self.mark}-([a-z_]+)-", page))


def init_app(app: Flask) -> None:
    """Set up the kept pages of ``app``."""
    app.extensions[EXTENSION] = _Keeper()


def render(
    template: str,
    read: Callable[[], object],
    context: Callable[[], Mapping[str, Any]],
    *,
    own: Mapping[str, Callable[[], object]] | None = None,
) -> str:
    """Return a page, rendered or kept.

    :param read: reads all data that the page shows; the ``repr`` of what it returns must name each value whole, which
        that of a row of SQLAlchemy does not. It is read again after rendering, and the page is kept only if nothing has
        changed meanwhile.
    :param context: returns the template's context; called only if the page is not kept.
    :param own: the template's further variables, whose text is the visitor's own, by functions that return it. The
        CSRF token is one without being named.
    """
    keeper: _Keeper = current_app.extensions[EXTENSION]
    fills = {**(own or {}), CSRF: generate_csrf}
    if current_app.jinja_env.auto_reload:  # templates are being edited
        return render_template(template, **context(), **{name: fill() for name, fill in fills.items() if name != CSRF})
    known, drawings = offers.current(), added_drawings.book()
    named = (*(offer.facts for offer in known), drawings)
    key = _key(template, read(), named)
    page = keeper.get(key)
    if page is None:
        gaps = {name: keeper.gap(name) for name in fills}
        text = render_template(template, **{**context(), **gaps, CSRF: lambda: gaps[CSRF]})
        parts = keeper.split(text)
        page = _Page(parts, time.monotonic() + SECONDS, sum(map(sys.getsizeof, parts)), named)
        if CSRF not in g and key == _key(template, read(), named):  # no visitor's token got into it past the gap
            keeper.put(key, page)
    filled = {name: str(escape(fills[name]())) for name in set(page.parts[1::2])}
    return "".join(filled[part] if index % 2 else part for index, part in enumerate(page.parts))


def _key(template: str, shown: object, named: tuple[object, ...]) -> bytes:
    """Return the hash of all that a page depends on."""
    models = [(each.setting, each.adapters, each.loras, each.embeddings) for each in offers.current()]
    where = request.host_url, request.root_path, request.full_path, request.endpoint, tag()
    whole = template, where, models, [*map(id, named)], [*current_app.config.items()], shown
    return hashlib.blake2b(repr(whole).encode("utf-8", "surrogatepass"), digest_size=20).digest()
