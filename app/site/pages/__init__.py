"""Pages for visitors. Most of them share one blueprint."""

from flask import Blueprint

__all__ = ["registration"]

blueprint = Blueprint("pages", __name__)
