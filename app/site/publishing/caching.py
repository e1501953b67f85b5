"""Cache policies for a walk's files.

Browsers may cache all of them. A shared cache may store only the files of listed walks, and must revalidate them after
some minutes, so that it learns that a walk was deleted, hidden or unlisted.
"""

from collections.abc import Callable

from flask import Response

from app.core.errors import MediaError
from app.storage.database import db
from app.storage.walk_models import Walk

SHARED_SECONDS = 600
FOR_GOOD = "max-age=31536000, immutable"
FOR_AN_HOUR = "max-age=3600"
EACH_TIME = "no-cache"


def again_if_replaced(send: Callable[[], Response]) -> Response:
    """Return ``send()``; if a file is missing, read the database again and retry once.

    The file may have been replaced, or the walk cancelled or deleted, since its row was read.
    """
    try:
        return send()
    except MediaError:
        db.session.expire_all()
        return send()


def set_cache_control(response: Response, walk: Walk, policy: str) -> Response:
    """Return the response with ``Cache-Control`` set to ``policy``.

    It is ``private`` for an unlisted walk; for a listed one, it limits how long shared caches may store the file.
    """
    if walk.unlisted:
        policy = f"private, {policy}"
    elif policy != EACH_TIME:
        policy = f"public, s-maxage={SHARED_SECONDS}, {policy}"
    response.headers["Cache-Control"] = policy
    return response
