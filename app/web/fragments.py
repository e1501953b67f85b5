"""Parts of pages, which scripts ask for: who opens the address of one is led to the whole page that it belongs to."""

from __future__ import annotations

from typing import cast

from flask import Response, redirect, request

TOLD_BY = "Sec-Fetch-Mode, HX-Request, Accept"


def is_opened() -> bool:
    """Tell whether a browser opens the address as a page, and no script of ours asks for the part.

    Browsers say so since 2023, where the site has https or is on this machine. Of others, who wants HTML and is not
    htmx opens a page: what ``fetch`` asks for is anything.
    """
    if mode := request.headers.get("Sec-Fetch-Mode"):
        return mode == "navigate"
    return "HX-Request" not in request.headers and "text/html" in request.headers.get("Accept", "")


def lead_to(address: str) -> Response:
    """Lead whoever opened a part to the whole page."""
    response = cast(Response, redirect(address, 303))
    response.headers["Cache-Control"] = "no-store"
    response.headers["Vary"] = TOLD_BY
    return response
