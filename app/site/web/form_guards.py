"""Guards for every form: CSRF tokens, and refusal of bodies that are not valid forms."""

from typing import IO, Any
from urllib.parse import unquote_to_bytes

from flask import Flask, Request, request
from flask_wtf.csrf import CSRFProtect
from werkzeug.exceptions import BadRequest, UnsupportedMediaType
from werkzeug.formparser import FormDataParser

from app.core.errors import FieldError, InvalidInput, Malformed
from app.core.i18n.formatting import number
from app.core.i18n.gettext import _

csrf = CSRFProtect()

FIELDS_MAX = 1000

PAGES = (
    "pages", "owners", "making", "restoring", "mine", "reporting", "styles", "phones", "favourites", "collections",
    "devices",
)  # fmt: skip


def init_app(app: Flask) -> None:
    """Install the guards and the strict form parser in ``app``."""
    app.request_class = StrictRequest
    app.before_request(lambda: refuse_others(request))
    app.before_request(_refuse_garbled)  # before CSRF protection, which consumes the body
    csrf.init_app(app)


class StrictFormParser(FormDataParser):
    """Form parser that refuses an incomplete form, which Werkzeug would parse as an empty one."""

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self.silent = False
        self._begun: list[IO[bytes]] = []
        self._begin, self.stream_factory = self.stream_factory, self._begin_file

    def _begin_file(self, *arguments: Any, **named: Any) -> IO[bytes]:
        """Open a stream for an uploaded file, and remember it, to close it if the form is refused."""
        file = self._begin(*arguments, **named)
        self._begun.append(file)
        return file

    def parse(self, stream: IO[bytes], mimetype: str, *more: Any, **named: Any) -> Any:
        """Parse a form.

        :raises BadRequest: when the boundary is missing, the form is cut off, or its headers are malformed.
        """
        try:
            return super().parse(stream, mimetype, *more, **named)
        except Exception as error:
            for file in self._begun:
                file.close()
            if isinstance(error, ValueError):
                raise BadRequest from error
            raise


class StrictRequest(Request):
    """Request that refuses an incomplete form."""

    form_data_parser_class = StrictFormParser


def _refuse_garbled() -> None:
    # The API blueprint reads no forms. curl sends a film there with the content type of a form by default.
    if request.blueprint != "api":
        refuse_garbled(request)


def refuse_others(request: Request) -> None:
    """Refuse a POST to a page whose body is not a form; Werkzeug would parse it as an empty form.

    :raises UnsupportedMediaType: for any other content type.
    """
    is_page = request.blueprint in PAGES and request.method == "POST"
    if is_page and request.mimetype not in ("", "application/x-www-form-urlencoded", "multipart/form-data"):
        raise UnsupportedMediaType


def refuse_garbled(request: Request) -> None:
    """Refuse a URL-encoded form that is not UTF-8 or has more than ``FIELDS_MAX`` fields, before it is parsed.

    :raises Malformed: when it cannot be decoded.
    :raises InvalidInput: when it has too many fields.
    """
    if request.mimetype != "application/x-www-form-urlencoded":
        return
    body = request.get_data(cache=True)
    if (count := body.count(b"&") + 1) > FIELDS_MAX:
        message = _(
            "A form has at most %(most)s fields; this one has %(count)s.", most=number(FIELDS_MAX), count=number(count)
        )
        raise InvalidInput([FieldError((), message)])
    try:
        unquote_to_bytes(body).decode("utf-8")
    except UnicodeDecodeError as error:
        raise Malformed(_("The form contains characters that could not be read. Send it as UTF-8.")) from error
