"""The names of a site's cookies, as its browsers have them."""

from __future__ import annotations

from flask import Flask

from app.access.auth import cookies


def cookie_name(app: Flask, kind: str, *, base_url: str = "http://localhost") -> str:
    """Return the name with which a site sets a cookie of a kind, such as ``visitor``."""
    with app.test_request_context(base_url=base_url):
        return cookies.name(kind)
