"""The newest walks as an Atom feed (RFC 4287), a walk as oEmbed, and ``robots.txt``."""

import re
import uuid
from datetime import UTC, datetime
from typing import Any
from urllib.parse import SplitResult, urlsplit

from flask import Blueprint, Response, jsonify, render_template, request, url_for
from werkzeug.exceptions import NotFound

from app.collection.gallery import catalogue
from app.collection.gallery.catalogue_query import NEWEST, from_page
from app.core.addresses import origin, prefix, root
from app.core.errors import InvalidInput, WalkGone, WalkNotFound
from app.core.i18n.gettext import _
from app.requests.walk_requests import recipe
from app.site.presentation import filter_options
from app.site.publishing import embed
from app.site.publishing.caching import SHARED_SECONDS
from app.site.web import error_responses
from app.site.web.responses import conditional
from app.storage.walk_models import Walk
from app.walks.saved import lookup, media_urls

blueprint = Blueprint("feed", __name__)

ENTRIES = 20
PIXELS_MAX = 10_000
WALK_PATH = re.compile(r"/walks/([^/.]+)(?:/embed)?/?")
NO_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")  # XML 1.0, section 2.2
BEGINNING = datetime(1970, 1, 1, tzinfo=UTC)
ROBOTS = """User-agent: *
Disallow: {prefix}/api/v1/
Disallow: {prefix}/mine
Disallow: {prefix}/walks/*/live$
Disallow: {prefix}/walks/*/report$
Disallow: {prefix}/collections/*/report$
Disallow: {prefix}/walks/*/favourite$
Disallow: {prefix}/walks/*.zip$

Sitemap: {sitemap}
"""


@blueprint.get("/feed.xml")
def feed() -> Response:
    """Return an Atom feed of the newest public walks, or of the newest that match a search and filters."""
    choice = from_page(request.args).model_copy(update={"sort": NEWEST, "draw": None})
    walks = catalogue.page(choice, limit=ENTRIES).walks
    page = render_template(
        "publishing/feed.xml",
        walks=walks,
        q=choice.q,
        chosen=filter_options.chosen(choice),
        filters=choice.address(sort=None),
        root=origin(),
        updated=walks[0].finished_at if walks else BEGINNING,
        urn=_urn,
        film_address=media_urls.film_address,
    )
    response = Response(page, content_type="application/atom+xml; charset=utf-8")
    return conditional(response)


@blueprint.get("/oembed")
def oembed() -> Response:
    """Return the oEmbed description of a walk, of type video (oembed.com, section 2.3.4.2)."""
    if request.args.get("format", "json") != "json":
        return error_responses.problem(501, "Not in this format", "This address answers in JSON only: format=json.")
    max_width, max_height = _pixels("maxwidth"), _pixels("maxheight")
    walk = _walk_of(request.args.get("url"))
    width, height = embed.size(walk, max_width=max_width, max_height=max_height)
    body: dict[str, Any] = {
        "version": "1.0",
        "type": "video",
        "title": walk.title,
        "provider_name": "MoMA Lisa",
        "provider_url": root(),
        "cache_age": SHARED_SECONDS,
        "html": embed.code(walk, max_width=max_width, max_height=max_height),
        "width": width,
        "height": height,
    }
    if walk.drawings:
        body["credits"] = recipe.drawings_text(walk)  # a key of our own, as the format allows
    picture = (walk.width or 0, walk.height or 0)
    if all(picture) and picture[0] <= (max_width or PIXELS_MAX) and picture[1] <= (max_height or PIXELS_MAX):
        url = origin() + media_urls.film_address(walk, "poster")
        body |= {"thumbnail_url": url, "thumbnail_width": picture[0], "thumbnail_height": picture[1]}
    return conditional(jsonify(body))


@blueprint.get("/robots.txt")
def robots() -> Response:
    """Return ``robots.txt``: what crawlers should not fetch, and the sitemap's address.

    Crawlers read it at the root of a host only; below a path, its lines belong into the file of the host.
    """
    text = ROBOTS.format(prefix=prefix(), sitemap=origin() + url_for("sitemap.index"))
    return Response(text, mimetype="text/plain", headers={"Cache-Control": "max-age=86400"})


@blueprint.app_template_filter()
def xml_text(text: str) -> str:
    """Return the text with U+FFFD in place of characters that XML 1.0 does not allow."""
    return NO_XML.sub("\ufffd", text)


def _urn(walk: Walk) -> str:
    """Return a permanent URN for a walk, which does not depend on the site's address."""
    return uuid.uuid5(uuid.NAMESPACE_URL, f"moma-lisa:walks/{walk.id}").urn


def _walk_of(url: str | None) -> Walk:
    """Return the public walk at an address of this site.

    :raises InvalidInput: when no address is given.
    :raises NotFound: when the address belongs to no public walk of this site.
    """
    if not url:
        raise InvalidInput.on("url", message="url must be the address of a walk, such as https://…/walks/….")
    match = WALK_PATH.fullmatch(_path_here(url))
    try:
        walk = lookup.walk_at_address(match[1]) if match else None
    except (WalkNotFound, WalkGone):
        walk = None
    if walk is None or not walk.is_public:
        raise NotFound(_("No walk that may be shown elsewhere has this address."))
    return walk


def _path_here(url: str) -> str:
    """Return the path of an address on this site, without its prefix; ``""`` for any other host."""
    try:
        parts = urlsplit(url)
        ours = {_host(urlsplit(address)) for address in (request.url_root, origin())}
        is_here = parts.scheme in ("http", "https") and _host(parts) in ours
    except ValueError:  # unbalanced brackets, or an invalid port
        return ""
    return parts.path.removeprefix(prefix()) if is_here else ""


def _host(parts: SplitResult) -> tuple[str | None, int | None]:
    """Return host and port, with ``None`` for the default ports, so that http and https count as the same site."""
    return parts.hostname, None if parts.port in (80, 443) else parts.port


def _pixels(name: str) -> int | None:
    text = request.args.get(name)
    if text is None:
        return None
    if not (text.isascii() and text.isdigit() and len(text) < 6 and 1 <= int(text) <= PIXELS_MAX):
        raise InvalidInput.on(name, message=f"{name} must be a whole number of pixels from 1 to {PIXELS_MAX:,}.")
    return int(text)
