"""Whose an upload is, by one rule: pictures, sounds and candidates belong to the holder of the bearer token.

A token may be the secret of a browser that shares what other browsers have (`app.access.auth.browsers`): what it
uploads is theirs too, and it finds what they upload.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import TypeVar, cast

from werkzeug.exceptions import NotFound

from app.access.auth import api_tokens, visitors
from app.core.errors import InvalidInput, NotOwner, TokenRefused
from app.storage.upload_models import Upload
from app.storage.walk_models import ID
from app.walks.uploads import upload_store
from app.walks.uploads.kinds import UploadKind

Owned = TypeVar("Owned")

TOKEN_LENGTH = 32, 200


def own_token() -> str | None:
    """Return the bearer token that will own what the caller uploads or requests; ``None`` without one.

    :raises InvalidInput: when it is too short to be a secret, or too long.
    :raises TokenRefused: when it is the secret of a browser whose sharing was ended.
    """
    token, (least, most) = api_tokens.bearer(), TOKEN_LENGTH
    if token is not None and not least <= len(token) <= most:
        message = f"A bearer token that is to own a walk has {least} to {most} characters. Send none, and you get one."
        raise InvalidInput.on("Authorization", message=message)
    if token is not None and not visitors.owners_of(token):
        raise TokenRefused("This token is no longer valid.")
    return token


def uploader() -> str:
    """Return the secret that will own an upload: an API token, the caller's own bearer token, or a new token.

    :raises TokenRefused: when an API token is invalid, or lacks the scope to upload; or as `own_token` does.
    :raises InvalidInput: as `own_token` does.
    """
    if api_tokens.allow(api_tokens.CREATE) is not None:
        return cast(str, api_tokens.bearer())
    return own_token() or visitors.new_token()


def find_upload(among: Sequence[UploadKind], upload_id: str) -> Upload:
    """Return an upload of some kinds if the request's bearer token owns it; raises as `find_own` does."""
    return find_own(upload_id, partial(upload_store.find, among), among[0].called, among[0].unknown)


def find_own(owned_id: str, find: Callable[..., Owned | None], name: str, missing: str) -> Owned:
    """Return an upload, or a set of candidates, if the request's bearer token owns it.

    :param find: finds it by its ID and the hashes that its owner's belongings carry.
    :param name: what it is called in messages: ``"sound"``.
    :param missing: the message for one that the token does not own, or that does not exist; the two look the same.
    :raises NotOwner: when the request has no bearer token.
    :raises TokenRefused: when an API token is invalid, or lacks the scope to upload.
    :raises NotFound: with ``missing``.
    """
    api_tokens.allow(api_tokens.CREATE)
    token = api_tokens.bearer()
    if token is None:
        raise NotOwner(f"Send the owner_token of the {name} as a bearer token.", status=401)
    found = find(owned_id, *visitors.owners_of(token)) if ID.fullmatch(owned_id) else None
    if found is None:
        raise NotFound(missing)
    return found
