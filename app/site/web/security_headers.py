"""Security headers for every response, and refusal of invalid requests, with or without nginx in front."""

from urllib.parse import urlsplit

from flask import Flask, Response, current_app, request
from werkzeug.exceptions import NotFound, RequestEntityTooLarge

from app.site.web.origins import OPEN as FILES

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; media-src 'self'; font-src 'self'; "
    "connect-src 'self'; manifest-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
}


FOR_OTHER_SITES = "Cross-Origin-Resource-Policy", "cross-origin"
"""Header of the files that other sites' pages may show: films, pictures, and the thumbnails that oEmbed names."""


def with_films(policy: str) -> str:
    """Return a Content-Security-Policy that also allows pictures and films from ``MEDIA_PUBLIC_URL``, if it is set."""
    base = current_app.config["MEDIA_PUBLIC_URL"]
    if not base:
        return policy
    origin = "{0.scheme}://{0.netloc}".format(urlsplit(base))
    return policy.replace("img-src 'self'", f"img-src 'self' {origin}").replace(
        "media-src 'self'", f"media-src 'self' {origin}"
    )


def init_app(app: Flask) -> None:
    """Add the headers to each response of ``app``, and refuse invalid paths and oversized bodies."""
    app.before_request(_refuse_controls)
    app.before_request(_refuse_endless)
    app.after_request(_add_headers)


def _refuse_controls() -> None:
    """Refuse a path with control characters: no address here has any, and headers and Postgres cannot hold them."""
    if any(character < " " for character in request.path):
        raise NotFound


def _refuse_endless() -> None:
    """Refuse a body over the limit that has no Content-Length; Werkzeug would silently truncate it."""
    limit = request.max_content_length
    if request.content_length is not None or limit is None or not request.environ.get("wsgi.input_terminated"):
        return
    if len(request.get_data(cache=True)) >= limit and request.environ["wsgi.input"].read(1):
        raise RequestEntityTooLarge


def _add_headers(response: Response) -> Response:
    if FILES.match(request.path):
        response.headers.setdefault(*FOR_OTHER_SITES)
    for name, value in HEADERS.items():
        if name not in response.headers:
            response.headers[name] = with_films(value) if name == "Content-Security-Policy" else value
    if request.is_secure and (seconds := current_app.config["HSTS_SECONDS"]):
        response.headers.setdefault("Strict-Transport-Security", f"max-age={seconds}")
    return response
