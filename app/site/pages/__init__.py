"""Pages for visitors. Most of them share one blueprint."""

from flask import Blueprint

blueprint = Blueprint("pages", __name__)
