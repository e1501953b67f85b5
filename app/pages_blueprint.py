"""The blueprint that the pages for visitors share."""

from __future__ import annotations

from flask import Blueprint

blueprint = Blueprint("pages", __name__)
