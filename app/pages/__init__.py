"""Pages for visitors, most of which share a blueprint."""

from flask import Blueprint

__all__ = [
    "about",
    "candidates",
    "captions",
    "drawings",
    "exhibitions",
    "gallery",
    "make",
    "my_walks",
    "owner",
    "photos",
    "registration",
    "report",
    "restore",
    "stages",
    "styles",
    "walk",
]

blueprint = Blueprint("pages", __name__)
