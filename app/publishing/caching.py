"""Who may keep what a walk is made of, and for how long.

A browser keeps what its visitor has seen. A cache that serves others may keep the files of listed walks alone, and asks
again after some minutes: it then hears that a walk was taken down, hidden or unlisted.
"""

from __future__ import annotations

from flask import Response

from app.storage.walk_models import Walk

SHARED_SECONDS = 600
FOR_GOOD = "max-age=31536000, immutable"
FOR_AN_HOUR = "max-age=3600"
EACH_TIME = "no-cache"


def keep(response: Response, walk: Walk, policy: str) -> Response:
    """Have an answer kept as ``policy`` says by browsers, and by caches that serve others as far as they may."""
    if walk.unlisted:
        policy = f"private, {policy}"
    elif policy != EACH_TIME:
        policy = f"public, s-maxage={SHARED_SECONDS}, {policy}"
    response.headers["Cache-Control"] = policy
    return response
