"""Pages for visitors and for the curator. Those for visitors share a blueprint."""

from flask import Blueprint

__all__ = [
    "about",
    "curator",
    "curator_drawings",
    "drawings",
    "exhibitions",
    "gallery",
    "make",
    "my_walks",
    "owner",
    "report",
    "restore",
    "similar",
    "stages",
    "walk",
]

blueprint = Blueprint("pages", __name__)
