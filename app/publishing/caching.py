"""Cache policies for a walk's files.

Browsers may cache all of them. A shared cache may store only the files of listed walks, and must revalidate them after
some minutes, so that it learns that a walk was deleted, hidden or unlisted.
"""

from __future__ import annotations

from flask import Response

from app.storage.walk_models import Walk

SHARED_SECONDS = 600
FOR_GOOD = "max-age=31536000, immutable"
FOR_AN_HOUR = "max-age=3600"
EACH_TIME = "no-cache"


def keep(response: Response, walk: Walk, policy: str) -> Response:
    """Set ``Cache-Control`` to ``policy``, private for an unlisted walk, else with a limit for shared caches."""
    if walk.unlisted:
        policy = f"private, {policy}"
    elif policy != EACH_TIME:
        policy = f"public, s-maxage={SHARED_SECONDS}, {policy}"
    response.headers["Cache-Control"] = policy
    return response
