"""Read JSON bodies into a pydantic model, or with a check that pages and commands share."""

import shutil
from codecs import BOM_UTF8
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from tempfile import TemporaryFile
from types import MappingProxyType
from typing import IO, Any, TypeVar

from flask import request
from pydantic import BaseModel
from pydantic_core import from_json
from werkzeug.exceptions import UnsupportedMediaType

from app.core import bounds
from app.core.errors import Malformed
from app.offer.generation.limits import Limits
from app.requests.walk_requests import error_messages

Body = TypeVar("Body", bound=BaseModel)
Checked = TypeVar("Checked")


def read_body(kind: type[Body], *, shape: str, rules: Mapping[str, str] = MappingProxyType({})) -> Body:
    """Return the request's JSON body as an instance of ``kind``.

    ``shape`` is a sentence with an example of the body. ``rules`` maps a field to the sentence that says which values
    it takes. Error messages quote both.

    :raises UnsupportedMediaType: when the content type is not JSON.
    :raises Malformed: when the body cannot be parsed as JSON.
    :raises InvalidInput: naming each field that is unknown or has an invalid value.
    """
    return error_messages.read_model(kind, json_body(), Limits.current(), shape=shape, rules=rules)


def check_body(check: Callable[[Any], Checked]) -> Checked:
    """Return what ``check`` makes of the request's JSON body.

    :raises UnsupportedMediaType: when the content type is not JSON.
    :raises Malformed: when the body cannot be parsed as JSON.
    :raises InvalidInput: when ``check`` refuses the body.
    """
    return check(json_body())


def json_body() -> Any:
    """Return the request's body, parsed as JSON.

    :raises UnsupportedMediaType: when the content type is not JSON.
    :raises Malformed: when the body cannot be parsed as JSON.
    :raises InvalidInput: when it has more values, or a longer text, than :mod:`app.core.bounds` allows.
    """
    if not request.is_json:
        raise UnsupportedMediaType
    try:
        document = from_json(request.get_data().removeprefix(BOM_UTF8), allow_inf_nan=False)
    except ValueError as error:
        raise Malformed(f"The body is not JSON that can be read: {error}") from error
    bounds.check(document)
    return document


@contextmanager
def uploaded_file() -> Iterator[IO[bytes]]:
    """Return the request's body as a temporary file, from its beginning; it is not read into memory."""
    with TemporaryFile() as file:
        shutil.copyfileobj(request.stream, file)
        file.seek(0)
        yield file
