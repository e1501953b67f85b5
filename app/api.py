"""The JSON API: the same commissions, walks and gallery, for programs. It reads no cookie and needs no CSRF token."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Flask, Response, current_app, jsonify, request
from pydantic_core import from_json
from werkzeug.exceptions import UnsupportedMediaType

from app import gallery, line, recipe, visitor, walks
from app.commission import commission, validate
from app.errors import InvalidInput, Malformed, NotOwner
from app.models import Walk
from app.pages import conditional, csrf

blueprint = Blueprint("api", __name__, url_prefix="/api/v1")

LIMIT_MAX = 100
KEY_MAX = 200


def init_app(app: Flask) -> None:
    """Serve the API."""
    csrf.exempt(blueprint)
    app.register_blueprint(blueprint)


@blueprint.post("/walks")
def create() -> tuple[Response, int, dict[str, str]]:
    """Commission a walk."""
    wanted = validate(_json_body())
    walk, _ = commission(wanted, visitor_key=visitor.address_key(), idempotency_key=_idempotency_key())
    body = describe(walk) | {"owner_token": visitor.owner_token(walk.id, walk.owner_hash)}
    return jsonify(body), 202, {"Location": f"/api/v1/walks/{walk.id}", "Cache-Control": "no-store"}


@blueprint.get("/walks/<walk_id>")
def show(walk_id: str) -> Response:
    """Describe a walk."""
    return conditional(jsonify(describe(gallery.walk_at(walk_id))))


@blueprint.get("/walks")
def index() -> Response:
    """List the walks that hang in the gallery, newest first."""
    unknown = set(request.args) - {"q", "cursor", "limit"}
    if unknown:
        raise InvalidInput.on(min(unknown), message=f"{min(unknown):.60} is no parameter; use q, cursor, limit.")
    page = gallery.page(request.args.get("q", ""), cursor=request.args.get("cursor"), limit=_limit())
    return jsonify(
        {
            "walks": [describe(walk) for walk in page.walks],
            "next_cursor": page.older,
            "previous_cursor": page.newer,
            "found": page.found,
        }
    )


@blueprint.delete("/walks/<walk_id>")
def delete(walk_id: str) -> tuple[str, int]:
    """Cancel a walk that waits or is being painted; delete any other. Needs the owner's token."""
    walk = gallery.walk_at(walk_id)
    token = _bearer()
    if token is None:
        raise NotOwner("Send the walk's owner_token as a bearer token.", status=401)
    if not visitor.owns(token, walk):
        raise NotOwner("This token is not that of the walk's owner.", status=403)
    walks.cancel_or_delete(walk)
    return "", 204


def describe(walk: Walk) -> dict[str, Any]:
    """Describe a walk as JSON: the fields that programs rely on."""
    place = line.place(walk)
    return {
        "id": walk.id,
        "number": walk.number,
        "state": walk.state,
        "title": walk.title,
        "stops": [
            {
                "prompt": stop.prompt,
                "negative_prompt": stop.negative_prompt,
                "seed": stop.seed,
                "note": stop.note or None,
            }
            for stop in walk.stops
        ],
        "seed": walk.seed,
        "frames": walk.frames,
        "fps": walk.fps,
        "frames_painted": walk.painted_count,
        "progress": round(walk.painted_count / walk.frames, 4),
        "queue_position": place.position,
        "eta_seconds": None if place.seconds is None else round(place.seconds, 1),
        "smoothness": None if walk.evenness is None else {"evenness": walk.evenness, "jump": walk.jump},
        "paint_seconds": walk.paint_seconds,
        "unlisted": walk.unlisted,
        "featured": walk.featured_at is not None,
        "media": _media(walk),
        "recipe": recipe.of(walk),
        "url": walk.url,
        "created_at": walk.created_at.isoformat(),
        "finished_at": None if walk.finished_at is None else walk.finished_at.isoformat(),
        "error": walk.error,
    }


def _media(walk: Walk) -> dict[str, str | None]:
    addresses = {"gif": "gif", "mp4": "mp4", "poster": "png"}
    films: dict[str, str | None] = {
        kind: f"/walks/{walk.id}.{extension}" if kind in walk.media else None for kind, extension in addresses.items()
    }
    return films | {"webp": None}


def _json_body() -> Any:
    if not request.is_json:
        raise UnsupportedMediaType
    try:
        return from_json(request.get_data(), allow_inf_nan=False)
    except ValueError as error:
        raise Malformed(f"The body is not JSON that can be read: {error}") from error


def _idempotency_key() -> str | None:
    key = request.headers.get("Idempotency-Key")
    if key is not None and not 1 <= len(key) <= KEY_MAX:
        raise InvalidInput.on("Idempotency-Key", message=f"An Idempotency-Key has 1 to {KEY_MAX} characters.")
    return key


def _bearer() -> str | None:
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    return token.strip() or None if scheme.lower() == "bearer" else None


def _limit() -> int:
    text = request.args.get("limit")
    if text is None:
        return int(current_app.config["PAGE_SIZE"])
    if not (text.isascii() and text.isdigit() and len(text) < 4 and 1 <= int(text) <= LIMIT_MAX):
        raise InvalidInput.on("limit", message=f"limit must be a whole number from 1 to {LIMIT_MAX}.")
    return int(text)
