"""Pages for visitors, most of which share a blueprint."""

from flask import Blueprint

__all__ = ["registration"]

blueprint = Blueprint("pages", __name__)
