"""What guards every form: CSRF tokens, and the refusal of bodies that are no form."""

from __future__ import annotations

from typing import IO, Any
from urllib.parse import unquote_to_bytes

from flask import Flask, Request, request
from flask_wtf.csrf import CSRFProtect
from werkzeug.exceptions import BadRequest, UnsupportedMediaType
from werkzeug.formparser import FormDataParser

from app.errors import Malformed
from app.i18n.gettext import _

csrf = CSRFProtect()

PAGES = ("pages", "owners", "making", "restoring", "mine", "reporting", "styles", "phones")


def init_app(app: Flask) -> None:
    """Guard every form of ``app``."""
    app.request_class = StrictRequest
    app.before_request(lambda: refuse_others(request))
    app.before_request(_refuse_garbled)  # first: afterwards the body is read and gone
    csrf.init_app(app)


class StrictFormParser(FormDataParser):
    """Reads forms, and refuses what is none to its end: Werkzeug takes that for a form in which nothing stands."""

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self.silent = False
        self._begun: list[IO[bytes]] = []
        self._begin, self.stream_factory = self.stream_factory, self._noted

    def _noted(self, *arguments: Any, **named: Any) -> IO[bytes]:
        """Begin a file, and note it, so that it can be closed when the form is refused."""
        file = self._begin(*arguments, **named)
        self._begun.append(file)
        return file

    def parse(self, stream: IO[bytes], mimetype: str, *more: Any, **named: Any) -> Any:
        """Read a form.

        :raises BadRequest: for one without its boundary, cut off, or with a head that cannot be read.
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
    """A request whose form is whole, or refused."""

    form_data_parser_class = StrictFormParser


def _refuse_garbled() -> None:
    if request.blueprint != "api":  # reads no form: what is called one there, as curl calls all it sends, may be a film
        refuse_garbled(request)


def refuse_others(request: Request) -> None:
    """Refuse a body that is no form where a page expects one: it would be read as an empty form.

    :raises UnsupportedMediaType: for any other kind.
    """
    is_page = request.blueprint in PAGES and request.method == "POST"
    if is_page and request.mimetype not in ("", "application/x-www-form-urlencoded", "multipart/form-data"):
        raise UnsupportedMediaType


def refuse_garbled(request: Request) -> None:
    """Refuse a form that is not UTF-8, before anything reads it: its bytes would pass for percent signs.

    :raises Malformed: nothing of it can be trusted.
    """
    if request.mimetype != "application/x-www-form-urlencoded":
        return
    try:
        unquote_to_bytes(request.get_data(cache=True)).decode("utf-8")
    except UnicodeDecodeError as error:
        raise Malformed(_("The form contains characters that could not be read. Send it as UTF-8.")) from error
