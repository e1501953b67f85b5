"""The sitemap (sitemaps.org, 0.9): an index, the site's own pages, and the public walks, some numbers to a page.

A page holds the walks of a range of numbers, not every so many walks: it is found by the primary key, however deep it
lies, and its walks never move to another. Walks are read a batch at a time, and a page is kept as long as the
same walks hang: writing one takes a fifth of a second.
"""

from __future__ import annotations

import threading
import time
import zlib
from collections import OrderedDict
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from xml.sax.saxutils import escape

from flask import Blueprint, Flask, Response, current_app, request, url_for
from sqlalchemy import func, select
from werkzeug.exceptions import NotFound

from app.drawings import offered
from app.gallery import exhibitions
from app.i18n.gettext import _
from app.publishing.caching import SHARED_SECONDS
from app.storage.database import db
from app.storage.walk_models import GalleryEntry, Stop, Walk, name_of, slug_from
from app.styles import shipped
from app.walks import lookup
from app.web.responses import conditional

blueprint = Blueprint("sitemap", __name__)

Entry = tuple[str, datetime | None]
Told = tuple[int | None, ...]

RANGE = 10_000  # numbers to a page; 50,000 addresses are the most that one may have
BATCH = 500
KEPT_SECONDS = 300.0
KEPT_PAGES = 16  # of some 200 kB each
EXTENSION = "sitemap"
ROOT = "\0"  # which no address holds
NAMESPACE = "http://www.sitemaps.org/schemas/sitemap/0.9"
ROOMS = ("pages.make", "pages.gallery", "showing.index", "pages.about", "manual.read")


def init_app(app: Flask) -> None:
    """Serve the index and its pages."""
    app.extensions[EXTENSION] = Pages()
    app.register_blueprint(blueprint)


@blueprint.get("/sitemap.xml")
def index() -> Response:
    """List the pages of the sitemap."""
    last = db.session.scalar(select(func.max(Walk.number))) or 0
    addresses = [url_for("sitemap.rooms", _external=True)]
    addresses += [url_for("sitemap.walks", page=page, _external=True) for page in range(1, -(-last // RANGE) + 1)]
    return _answer(_written("sitemapindex", "sitemap", ((address, None) for address in addresses)))


@blueprint.get("/sitemap/rooms.xml")
def rooms() -> Response:
    """List the pages that are no walks, the exhibitions among them."""
    rooms = [*ROOMS, *(["drawings.index"] if offered.conditioned_models() else [])]
    rooms += ["styles.index"] if shipped.of_model() else []
    found: list[Entry] = [(url_for(room, _external=True), None) for room in rooms]
    root = request.url_root.rstrip("/")
    for hall in exhibitions.list_shown():
        walks = exhibitions.walks_of(hall.exhibition)
        found.append((root + hall.exhibition.url, exhibitions.changed_at(hall.exhibition, walks)))
    return _answer(_written("urlset", "url", found))


@blueprint.get("/sitemap/<int:page>.xml")
def walks(page: int) -> Response:
    """List the public walks of a range of numbers."""
    last = db.session.scalar(select(func.max(Walk.number))) or 0
    if not 1 <= page <= -(-last // RANGE):
        raise NotFound(_("The sitemap has no such page. Its index names those that there are."))
    kept: Pages = current_app.extensions[EXTENSION]
    return _answer([kept.of(page).replace(ROOT, escape(request.url_root.rstrip("/")))])


class Pages:
    """The pages of walks as they were last written: packed, the latest few, whatever the site's address."""

    def __init__(self) -> None:
        self._held: OrderedDict[int, tuple[Told, float, bytes]] = OrderedDict()
        self._lock = threading.Lock()

    def of(self, page: int) -> str:
        """Return a page with ``ROOT`` for the site's address, written anew if other walks hang, or long after."""
        first, told = (page - 1) * RANGE, _told((page - 1) * RANGE)
        with self._lock:
            before, written_at, packed = self._held.get(page, (None, 0.0, b""))
        if told != before or time.monotonic() - written_at >= KEPT_SECONDS:
            packed = zlib.compress("".join(_written("urlset", "url", _hanging(first))).encode(), 1)
            with self._lock:
                self._held[page] = told, time.monotonic(), packed
                self._held.move_to_end(page)
                while len(self._held) > KEPT_PAGES:
                    self._held.popitem(last=False)
        return zlib.decompress(packed).decode()


def _told(after: int) -> Told:
    """Sum up which walks hang of the RANGE behind a number, and their words: other sums, another page."""
    hung = select(func.count(), func.sum(GalleryEntry.number), func.sum(func.length(GalleryEntry.words)))
    return tuple(
        db.session.execute(hung.where(GalleryEntry.number > after, GalleryEntry.number <= after + RANGE)).one()
    )


def _hanging(after: int) -> Iterator[Entry]:
    """Read the addresses of the public walks with the RANGE numbers behind ``after``, a batch at a time."""
    until = after + RANGE
    told = lookup.select_public().with_only_columns(Walk.number, Walk.id, Walk.given_title, Walk.finished_at)
    while True:
        query = told.where(Walk.number > after, Walk.number <= until).order_by(Walk.number).limit(BATCH)
        found = db.session.execute(query).all()
        prompts = _prompts([number for number, *_ in found])
        for number, walk_id, title, finished_at in found:
            if number in prompts:  # on Postgres it may have been deleted since
                yield f"{ROOT}/walks/{name_of(walk_id, slug_from(title, prompts[number]))}", finished_at
        if len(found) < BATCH:
            return
        after = found[-1].number


def _prompts(numbers: Sequence[int]) -> dict[int, list[str]]:
    """Return the prompts of each walk's stops, in their order."""
    query = select(Stop.walk_number, Stop.prompt).where(Stop.walk_number.in_(numbers))
    prompts: dict[int, list[str]] = {}
    for number, prompt in db.session.execute(query.order_by(Stop.walk_number, Stop.position)):
        prompts.setdefault(number, []).append(prompt)
    return prompts


def _written(outer: str, inner: str, entries: Iterable[Entry]) -> Iterator[str]:
    yield f'<?xml version="1.0" encoding="UTF-8"?>\n<{outer} xmlns="{NAMESPACE}">\n'
    for address, changed in entries:
        changed_on = f"<lastmod>{changed.isoformat(timespec='seconds')}</lastmod>" if changed else ""
        yield f"<{inner}><loc>{escape(address)}</loc>{changed_on}</{inner}>\n"
    yield f"</{outer}>\n"


def _answer(parts: Iterable[str]) -> Response:
    response = conditional(Response("".join(parts), content_type="application/xml; charset=utf-8"))
    response.headers["Cache-Control"] = f"max-age={SHARED_SECONDS}"
    return response
