"""Refuse requests whose Host header names another host than the site's.

Without the setting ``TRUSTED_HOSTS`` every host is answered: anybody could then have pages name a host of theirs.
"""

import re
from collections.abc import Iterable

from flask import Flask, Response, current_app, request

from app.site.web import error_responses

EXTENSION = "moma_trusted_hosts"
FOR_MACHINES = ("/healthz", "/readyz", "/metrics")
"""Paths that load balancers and monitors ask by the machine's address; their answers name no host."""


def init_app(app: Flask) -> None:
    """Check the host of each request to ``app``, before anything else does."""
    app.extensions[EXTENSION] = app.config["TRUSTED_HOSTS"]
    app.config["TRUSTED_HOSTS"] = None  # Flask would check by itself, without exceptions or an answer of ours
    app.before_request(_refuse_others)


def _refuse_others() -> Response | None:
    trusted = current_app.extensions[EXTENSION]
    if not trusted or request.path in FOR_MACHINES or _is_trusted(request.host, trusted):
        return None
    return error_responses.problem(400, "That could not be read", "This site does not answer to that host name.")


def _is_trusted(host: str, trusted: Iterable[str]) -> bool:
    """Return whether a Host header, perhaps with a port, is one of the names, or below one that begins with a dot."""
    name = re.sub(r":\d+$", "", host).lower()
    names = (each.lower() for each in trusted)
    return any(name == each.removeprefix(".") or (each.startswith(".") and name.endswith(each)) for each in names)
