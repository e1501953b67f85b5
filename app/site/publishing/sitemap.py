"""The sitemap (sitemaps.org, 0.9): an index, the site's own pages, and the public walks in ranges of their numbers.

Each page holds a fixed range of walk numbers. It can therefore be read by primary key, and a walk never moves to
another page. Walks are read in batches. A page is cached until the published walks in its range change, because
generating it takes about a fifth of a second.
"""

import threading
import time
import zlib
from collections import OrderedDict
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from xml.sax.saxutils import escape

from flask import Blueprint, Flask, Response, current_app, url_for
from sqlalchemy import func, select
from werkzeug.exceptions import NotFound

from app.collection.gallery import exhibitions
from app.core.addresses import origin, root
from app.core.i18n.gettext import _
from app.offer.drawings import offered
from app.offer.generation import offers
from app.site.publishing.caching import SHARED_SECONDS
from app.site.web.responses import conditional
from app.storage.database import db
from app.storage.walk_models import GalleryEntry, Stop, Walk, name_of, slug_from
from app.walks.saved import lookup

blueprint = Blueprint("sitemap", __name__)

Entry = tuple[str, datetime | None]
Summary = tuple[int | None, ...]

RANGE = 10_000  # walk numbers per page; the format allows at most 50,000 addresses
BATCH = 500
KEPT_SECONDS = 300.0
KEPT_PAGES = 16  # of about 200 kB each
EXTENSION = "sitemap"
ROOT = "\0"  # placeholder for the site's address; no address contains it
NAMESPACE = "http://www.sitemaps.org/schemas/sitemap/0.9"
ROOMS = ("pages.make", "pages.gallery", "showing.index", "collections.index", "pages.about", "manual.read")


def init_app(app: Flask) -> None:
    """Add the cache of the sitemap's pages."""
    app.extensions[EXTENSION] = Pages()


@blueprint.get("/sitemap.xml")
def index() -> Response:
    """Return the sitemap's index, which lists its pages."""
    last = db.session.scalar(select(func.max(Walk.number))) or 0
    addresses = [origin() + url_for("sitemap.rooms")]
    addresses += [origin() + url_for("sitemap.walks", page=page) for page in range(1, -(-last // RANGE) + 1)]
    return _answer(_written("sitemapindex", "sitemap", ((address, None) for address in addresses)))


@blueprint.get("/sitemap/rooms.xml")
def rooms() -> Response:
    """Return the sitemap of the pages other than walks, including the exhibitions."""
    rooms = [*ROOMS, *(["drawings.index"] if offered.conditioned_models() else [])]
    rooms += ["styles.index"] if offers.first().styles else []
    entries: list[Entry] = [(origin() + url_for(room), None) for room in rooms]
    root = origin()
    for hall in exhibitions.list_shown():
        walks = exhibitions.walks_of(hall.exhibition)
        entries.append((root + hall.exhibition.url, exhibitions.changed_at(hall.exhibition, walks)))
    return _answer(_written("urlset", "url", entries))


@blueprint.get("/sitemap/<int:page>.xml")
def walks(page: int) -> Response:
    """Return the sitemap of the public walks in one range of numbers; pages count from 1."""
    last = db.session.scalar(select(func.max(Walk.number))) or 0
    if not 1 <= page <= -(-last // RANGE):
        raise NotFound(_("The sitemap has no such page. Its index names those that there are."))
    pages: Pages = current_app.extensions[EXTENSION]
    return _answer([pages.render(page).replace(ROOT, escape(root().rstrip("/")))])


class Pages:
    """Cache of the last few rendered pages of walks, compressed, with ``ROOT`` for the site's address."""

    def __init__(self) -> None:
        self._cache: OrderedDict[int, tuple[Summary, float, bytes]] = OrderedDict()
        self._lock = threading.Lock()

    def render(self, page: int) -> str:
        """Return a page, from the cache if its walks are the same and it is younger than ``KEPT_SECONDS``."""
        first, summary = (page - 1) * RANGE, _summarise((page - 1) * RANGE)
        with self._lock:
            before, written_at, packed = self._cache.get(page, (None, 0.0, b""))
        if summary != before or time.monotonic() - written_at >= KEPT_SECONDS:
            packed = zlib.compress("".join(_written("urlset", "url", _public_walks(first))).encode(), 1)
            with self._lock:
                self._cache[page] = summary, time.monotonic(), packed
                self._cache.move_to_end(page)
                while len(self._cache) > KEPT_PAGES:
                    self._cache.popitem(last=False)
        return zlib.decompress(packed).decode()


def _summarise(after: int) -> Summary:
    """Return sums over the published walks in the RANGE of numbers after ``after``; they change when the walks do."""
    sums = select(func.count(), func.sum(GalleryEntry.number), func.sum(func.length(GalleryEntry.search_text)))
    return tuple(
        db.session.execute(sums.where(GalleryEntry.number > after, GalleryEntry.number <= after + RANGE)).one()
    )


def _public_walks(after: int) -> Iterator[Entry]:
    """Yield address and date of the public walks in the RANGE of numbers after ``after``, read in batches."""
    until = after + RANGE
    public = lookup.select_public().with_only_columns(Walk.number, Walk.id, Walk.given_title, Walk.finished_at)
    while True:
        query = public.where(Walk.number > after, Walk.number <= until).order_by(Walk.number).limit(BATCH)
        rows = db.session.execute(query).all()
        prompts = _prompts([number for number, *_ in rows])
        for number, walk_id, title, finished_at in rows:
            if number in prompts:  # on Postgres, the walk may have been deleted between the two queries
                yield f"{ROOT}/walks/{name_of(walk_id, slug_from(title, prompts[number]))}", finished_at
        if len(rows) < BATCH:
            return
        after = rows[-1].number


def _prompts(numbers: Sequence[int]) -> dict[int, list[str]]:
    """Map each walk's number to the prompts of its stops, in order."""
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
    response = Response("".join(parts), content_type="application/xml; charset=utf-8")
    return conditional(response, cache=f"max-age={SHARED_SECONDS}")
