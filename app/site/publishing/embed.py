"""Embed a walk's film on other sites: a page for a frame, and the HTML of the frame."""

from flask import Blueprint, Response, render_template
from markupsafe import Markup

from app.core.addresses import root
from app.core.errors import WalkGone, WalkNotFound
from app.site.web.responses import NOT_INDEXED, conditional, page_response
from app.site.web.security_headers import with_films
from app.storage.walk_models import Walk
from app.walks.saved import lookup

blueprint = Blueprint("embed", __name__)

# As strict as elsewhere on the site, without scripts and forms; only framing is allowed.
POLICY = (
    "default-src 'none'; style-src 'self'; img-src 'self'; media-src 'self'; font-src 'self'; form-action 'none'; "
    "base-uri 'none'; frame-ancestors *"
)
SIDE = 434  # length of the longer side in pixels, as on the walk's page
CAPTION = 64
CREDITS = 80


@blueprint.get("/walks/<walk_id>/embed")
def embed(walk_id: str) -> Response:
    """Show the film alone, for a frame on another site; for a missing or deleted walk, a message in the frame."""
    # search engines should find the walk's page instead
    headers = {"Content-Security-Policy": with_films(POLICY), **NOT_INDEXED}
    try:
        walk = lookup.walk_at_address(walk_id)
    except (WalkNotFound, WalkGone) as error:
        page = render_template("publishing/embed.html", walk=None, words=error.title)
        return page_response(page, status=error.status, headers=headers)
    page = render_template("publishing/embed.html", walk=walk, words=None)
    return conditional(page_response(page, headers=headers))


def size(walk: Walk, *, max_width: int | None = None, max_height: int | None = None) -> tuple[int, int]:
    """Return width and height in pixels of a frame for the film and its caption, within the given maximum."""
    width, height = walk.width or 1, walk.height or 1
    scale = SIDE / max(width, height)
    wanted = round(width * scale), round(height * scale) + CAPTION
    if any(each["artist"] for each in walk.drawings or ()):
        wanted = wanted[0], wanted[1] + CREDITS
    return min(wanted[0], max_width or wanted[0]), min(wanted[1], max_height or wanted[1])


@blueprint.app_template_global("embed_code")
def code(walk: Walk, *, max_width: int | None = None, max_height: int | None = None) -> str:
    """Return the HTML of a frame that shows the walk on another site."""
    width, height = size(walk, max_width=max_width, max_height=max_height)
    # frameborder, because the policy of the other site may forbid a style attribute
    return str(
        Markup(
            '<iframe src="{}walks/{}/embed" width="{}" height="{}" title="{}" loading="lazy" frameborder="0"></iframe>'
        ).format(root(), walk.id, width, height, walk.title[:240])
    )
