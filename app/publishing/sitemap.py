"""The sitemap (sitemaps.org, 0.9): an index, the site's own pages, and the public walks, some numbers to a page.

A page holds the walks of a range of numbers, not every so many walks: it is found by the primary key, however deep it
lies, and its walks never move to another. Walks are read a batch at a time: of those before, only the lines are kept.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from xml.sax.saxutils import escape

from flask import Blueprint, Flask, Response, request, url_for
from sqlalchemy import func, select
from sqlalchemy.orm import defer, selectinload
from werkzeug.exceptions import NotFound

from app.drawings import offered
from app.gallery import exhibitions
from app.storage.database import db
from app.storage.walk_models import Stop, Walk
from app.walks import lookup
from app.web.responses import conditional

blueprint = Blueprint("sitemap", __name__)

Entry = tuple[str, datetime | None]

RANGE = 10_000  # numbers to a page; 50,000 addresses are the most that one may have
BATCH = 500
CACHE_SECONDS = 3600
NAMESPACE = "http://www.sitemaps.org/schemas/sitemap/0.9"
HEAVY = ("positions", "levels", "sampling", "strides", "words", "prefix")
ROOMS = ("pages.make", "pages.gallery", "showing.index", "pages.about", "manual.read")


def init_app(app: Flask) -> None:
    """Serve the index and its pages."""
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
    rooms = [*ROOMS, *(["drawings.index"] if offered.led_models() else [])]
    found: list[Entry] = [(url_for(room, _external=True), None) for room in rooms]
    root = request.url_root.rstrip("/")
    for hall in exhibitions.shown():
        walks = exhibitions.walks_of(hall.exhibition)
        found.append((root + hall.exhibition.url, exhibitions.changed_at(hall.exhibition, walks)))
    return _answer(_written("urlset", "url", found))


@blueprint.get("/sitemap/<int:page>.xml")
def walks(page: int) -> Response:
    """List the public walks of a range of numbers."""
    last = db.session.scalar(select(func.max(Walk.number))) or 0
    if not 1 <= page <= -(-last // RANGE):
        raise NotFound("The sitemap has no such page. Its index names those that there are.")
    return _answer(_written("urlset", "url", _hanging((page - 1) * RANGE, request.url_root)))


def _hanging(after: int, root: str) -> Iterator[Entry]:
    """Read the public walks with the RANGE numbers behind ``after``, a batch at a time."""
    until = after + RANGE
    stops = selectinload(Walk.stops).load_only(Stop.prompt)
    options = (stops, *(defer(getattr(Walk, name)) for name in HEAVY))
    while True:
        query = (
            lookup.select_public().where(Walk.number > after, Walk.number <= until).order_by(Walk.number).limit(BATCH)
        )
        found = db.session.scalars(query.options(*options)).all()
        yield from ((root.rstrip("/") + walk.url, walk.finished_at) for walk in found)
        if len(found) < BATCH:
            return
        after = found[-1].number
        db.session.expunge_all()


def _written(outer: str, inner: str, entries: Iterable[Entry]) -> Iterator[str]:
    yield f'<?xml version="1.0" encoding="UTF-8"?>\n<{outer} xmlns="{NAMESPACE}">\n'
    for address, changed in entries:
        changed_on = f"<lastmod>{changed.isoformat(timespec='seconds')}</lastmod>" if changed else ""
        yield f"<{inner}><loc>{escape(address)}</loc>{changed_on}</{inner}>\n"
    yield f"</{outer}>\n"


def _answer(parts: Iterator[str]) -> Response:
    response = conditional(Response("".join(parts), content_type="application/xml; charset=utf-8"))
    response.headers["Cache-Control"] = f"max-age={CACHE_SECONDS}"
    return response
