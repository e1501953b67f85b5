"""Numbers in addresses: a route's ``<int:…>`` matches at most 18 digits, which every database column can hold.

Longer numbers match no route and are answered 404; Werkzeug's own converter passes them on, and Python refuses to
convert more than 4,300 digits.
"""

from __future__ import annotations

from flask import Flask
from werkzeug.routing import IntegerConverter


class PathNumber(IntegerConverter):
    """Converter of whole numbers with at most 18 digits."""

    regex = r"\d{1,18}"


def init_app(app: Flask) -> None:
    """Replace the converter ``int`` of the application's routes."""
    app.url_map.converters["int"] = PathNumber
