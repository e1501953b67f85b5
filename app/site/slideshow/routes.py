"""Routes of the slideshow (museum mode): films of an exhibition, a search or the whole gallery."""

from typing import Any

from flask import Blueprint, Response, jsonify, make_response, render_template, request, url_for

from app.collection.gallery import exhibitions
from app.core.i18n.formatting import join_words, plural
from app.offer.generation import walk_styles
from app.site.presentation import playback
from app.site.presentation.wording import short_name
from app.site.slideshow import films as slideshow
from app.site.slideshow.films import Part, SlideshowRequest
from app.site.web.responses import NOT_INDEXED, page_response
from app.site.web.security_headers import POLICY
from app.storage.walk_models import Walk
from app.walks.saved import film_times
from app.walks.saved.media_urls import film_address

blueprint = Blueprint("slideshow", __name__)

SHOWS_BLOBS = POLICY.replace("media-src 'self'", "media-src 'self' blob:").replace(
    "img-src 'self'", "img-src 'self' blob:"
)
"""The CSP of the page, which keeps films as blobs for times without network."""


@blueprint.get("/slideshow")
def page() -> Response:
    """Show the first film, or the one at the address's cursor for browsers without JavaScript."""
    wanted = slideshow.parse(request.args)
    exhibition = exhibitions.at(wanted.exhibition) if wanted.exhibition else None
    found = slideshow.load_part(wanted, cursor=request.args.get("at"), limit=1)
    walk = found.walks[0] if found.walks else None
    shown = render_template(
        "wall/slideshow.html",
        wanted=wanted,
        exhibition=exhibition,
        walk=walk,
        film=_describe(walk) if walk else None,
        following=url_for("slideshow.page", **wanted.address(at=found.after)),
        films=_next_films(wanted, found),
        stays=_stays(wanted, walk),
        back=_back(wanted),
    )
    return page_response(shown, cache="no-store", headers={"Content-Security-Policy": SHOWS_BLOBS, **NOT_INDEXED})


@blueprint.get("/slideshow/films")
def films() -> Response:
    """Return the next films as JSON, with the address of the part after them."""
    wanted = slideshow.parse(request.args)
    found = slideshow.load_part(wanted, cursor=request.args.get("at"))
    shown = {"films": [_describe(walk) for walk in found.walks], "next": _next_films(wanted, found)}
    return make_response(jsonify(shown), {"Cache-Control": "no-store"})


def _next_films(wanted: SlideshowRequest, found: Part) -> str:
    what = SlideshowRequest(wanted.exhibition, wanted.q)
    return url_for("slideshow.films", **what.address(at=found.after))


def _describe(walk: Walk) -> dict[str, Any]:
    """Return a film's JSON data for the player and its label."""
    film = walk.media.get("mp4")
    names = [short_name(stop.prompt) for stop in walk.stops]
    about = [join_words(walk_styles.names(walk)), plural(walk.frames, "frame"), str(walk.year)]
    return {
        "id": walk.id,
        "address": walk.url,
        "title": walk.given_title or "",
        "from": names[0],
        "to": names[-1],
        "about": ", ".join(filter(None, about)),
        "alt": playback.description(walk),
        "film": film_address(walk, "mp4") if film else None,
        "bytes": film.bytes if film else 0,
        "poster": film_address(walk, "poster"),
        "count": film_times.frames(walk),
        "ending": walk.ending,
        "hold": film_times.hold_of(walk),
    }


def _stays(wanted: SlideshowRequest, walk: Walk | None) -> int:
    """Return the seconds that a film is shown without JavaScript: at least one full playback."""
    if walk is None:
        return wanted.seconds
    return max(wanted.seconds, round(film_times.seconds(walk)) + 1)


def _back(wanted: SlideshowRequest) -> str:
    if wanted.exhibition:
        return url_for("showing.hall", slug=wanted.exhibition)
    return url_for("pages.gallery", q=wanted.q or None)
