"""The site's cookies, under names of its own: browsers keep one set of cookies for all ports of a host.

Two sites on one host would overwrite each other's cookies. So a name has a part that is derived from the site's secret
key, such as ``moma_visitor_1f0c9a52``. Cookies with the names of earlier keys, and with those of release 1.1.0
(``moma_visitor``), are read too; a response that sets a cookie sets it with the name of now.
"""

import hashlib
import hmac
from collections.abc import Iterator

from flask import Response, current_app, request

from app.core import addresses

VISITOR, SESSION, CURATOR, LANGUAGE, FORGOTTEN = "visitor", "session", "curator", "language", "forgotten"
YEAR_SECONDS = 31_536_000


def secret_keys() -> list[str]:
    """Return the site's secret key and then the earlier ones that are still valid."""
    return [current_app.config["SECRET_KEY"], *current_app.config["SECRET_KEY_FALLBACKS"]]


def names(kind: str) -> list[str]:
    """Return the names under which a cookie of this kind may arrive, the name of now first.

    Over https they have the prefix by which browsers protect a cookie (RFC 6265bis, section 4.1.3): ``__Host-``, which
    they accept for a whole host only, or ``__Secure-`` for a site below a path.
    """
    prefix = ("__Secure-" if addresses.prefix() else "__Host-") if request.is_secure else ""
    digests = [hmac.new(key.encode(), b"cookie names", hashlib.sha256).hexdigest()[:8] for key in secret_keys()]
    return [*(f"{prefix}moma_{kind}_{digest}" for digest in digests), f"{prefix}moma_{kind}"]


def name(kind: str) -> str:
    """Return the name with which a cookie of this kind is set."""
    return names(kind)[0]


def path() -> str:
    """Return the path below which browsers send the site's cookies."""
    return addresses.prefix() or "/"


def values(kind: str) -> Iterator[str]:
    """Yield the request's cookies of this kind, that with the name of now first; they may be another site's."""
    return filter(None, map(request.cookies.get, names(kind)))


def put(response: Response, kind: str, value: str, *, max_age: int, samesite: str = "Lax") -> None:
    """Set a cookie of this kind on the response, for ``max_age`` seconds, out of reach of scripts."""
    response.set_cookie(
        name(kind),
        value,
        path=path(),
        max_age=max_age,
        httponly=True,
        secure=request.is_secure,
        samesite=samesite,
    )
