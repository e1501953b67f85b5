"""Parts of pages that scripts fetch. A visitor who opens the address of a part is redirected to the whole page."""

from flask import Response, request

from app.site.web.responses import redirect_to

VARY = "Sec-Fetch-Mode, HX-Request, Accept"
"""The request headers that decide between part and redirect."""


def is_opened() -> bool:
    """Return whether a browser opens the address as a page, rather than a script fetching the part.

    Browsers since 2023 say so in ``Sec-Fetch-Mode``, over https or on localhost. Without that header, a request that
    accepts HTML and is not from htmx opens a page; ``fetch`` accepts ``*/*``.
    """
    if mode := request.headers.get("Sec-Fetch-Mode"):
        return mode == "navigate"
    return "HX-Request" not in request.headers and "text/html" in request.headers.get("Accept", "")


def redirect_to_page(address: str) -> Response:
    """Return a redirect (303) from a part to the whole page at ``address``."""
    response = redirect_to(address, cache="no-store")
    response.headers["Vary"] = VARY
    return response
