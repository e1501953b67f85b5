"""Routes for a walk's files at their plain addresses: films, poster, frames and the recipe."""

from flask import Blueprint, Response, jsonify
from werkzeug.exceptions import NotFound

from app.core.i18n.gettext import _
from app.requests.walk_requests import recipe
from app.site.publishing.caching import EACH_TIME, FOR_AN_HOUR, again_if_replaced, set_cache_control
from app.site.web.responses import conditional, send_data, send_stored
from app.storage import media_store
from app.storage.walk_models import FINISHED, Walk
from app.walks.saved import film_recipes, lookup
from app.walks.saved.film_formats import BY_EXTENSION, FilmFormat
from app.walks.saved.media_urls import file_stem

blueprint = Blueprint("files", __name__)


@blueprint.get(f"/walks/<walk_id>.<any({', '.join(BY_EXTENSION)}):extension>")
def film(walk_id: str, extension: str) -> Response:
    """Send a film or the poster; while the walk is being generated, the latest version."""
    wanted = BY_EXTENSION[extension]
    return again_if_replaced(lambda: _send_film(lookup.walk_at_address(walk_id), wanted))


@blueprint.get("/walks/<walk_id>.json")
def recipe_file(walk_id: str) -> Response:
    """Return the walk's recipe as JSON."""
    walk = lookup.walk_at_address(walk_id)
    return set_cache_control(conditional(jsonify(recipe.recipe_of(walk))), walk, EACH_TIME)


@blueprint.get("/walks/<walk_id>/frames/<index>.png")
def still(walk_id: str, index: str) -> Response:
    """Send one frame as a lossless PNG, once the walk is finished with its recipe inside."""
    walk = lookup.walk_at_address(walk_id)
    frame = next((frame for frame in walk.painted if str(frame.index) == index), None)
    if frame is None:
        raise NotFound(_("This frame is not painted."))
    name, etag = f"{walk.id}-{index}.png", f"{walk.id}-{walk.attempt}-{index}"
    if walk.state != FINISHED:
        response = send_stored(frame.path, "image/png", size=frame.bytes, etag=etag, name=name)
        return set_cache_control(response, walk, EACH_TIME)
    png = film_recipes.insert_into_png(media_store.store().read_bytes(frame.path), recipe.dumps(walk))
    response = send_data(png, "image/png", etag=f"{etag}-recipe", name=name)
    return set_cache_control(response, walk, FOR_AN_HOUR)


def _send_film(walk: Walk, wanted: FilmFormat) -> Response:
    medium = walk.media.get(wanted.kind)
    if medium is None:
        raise NotFound(_("This walk has no film yet. It appears here as soon as two frames are painted."))
    name = f"{file_stem(walk)}.{wanted.extension}"
    sent = send_stored(medium.path, wanted.mimetype, size=medium.bytes, etag=medium.etag, name=name)
    return set_cache_control(sent, walk, EACH_TIME)
