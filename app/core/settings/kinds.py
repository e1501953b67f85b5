"""The types of settings: they check a value, and describe allowed values in messages and in the docs."""

import ipaddress
import re
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Annotated, NamedTuple, NotRequired
from urllib.parse import urlsplit

from pydantic import AfterValidator, ConfigDict, Field
from typing_extensions import TypedDict

from app.core.addresses import PREFIX
from app.core.models import names

ROOT = Path(__file__).resolve().parents[3]
ORIGIN = r"\*|https?://([a-zA-Z0-9]([a-zA-Z0-9.-]*[a-zA-Z0-9])?|\[[0-9a-fA-F:.]+\])(:[0-9]{1,5})?"
SECRET_EXAMPLE = "at least 16 characters, better 64"  # noqa: S105


class Must(str):
    """What a value must be, as the message for an invalid value says it."""


class Since(str):
    """The release that added a setting, if later than 1.0.0."""


class AtLeast(NamedTuple):
    """The setting that is the lower bound of a value, and why."""

    name: str
    reason: str = ""


class Unset(NamedTuple):
    """For a setting without a default: what is used if it is missing, and an example of a value."""

    words: str
    example: str


def _only_if(holds: Callable[[str], object]) -> AfterValidator:
    """Return a validator that refuses a text for which ``holds`` is false or raises ValueError."""

    def check(text: str) -> str:
        with suppress(ValueError):
            if holds(text):
                return text
        raise ValueError

    return AfterValidator(check)


def _like(pattern: str) -> AfterValidator:
    return _only_if(re.compile(pattern).fullmatch)


def _parses_by(parse: Callable[[str], object], refusal: str = "cannot be used: {}") -> AfterValidator:
    """Return a validator that refuses a text for which ``parse`` raises an error, and gives its message."""

    def check(text: str) -> str:
        try:
            parse(text)
        except (ValueError, ImportError) as error:
            raise ValueError(refusal.format(error)) from error
        return text

    return AfterValidator(check)


def _load_driver(url: str) -> None:
    """Load the driver of a database's URL.

    :raises ValueError: for a URL that SQLAlchemy refuses, and the scheme ``postgres``, which some hosting services
        write.
    """
    if not url:
        return
    if url.startswith("postgres://"):
        raise ValueError("write postgresql:// instead of postgres:// at its beginning")
    from sqlalchemy.engine import make_url
    from sqlalchemy.exc import ArgumentError

    try:
        make_url(url).get_dialect().import_dbapi()
    except ArgumentError as error:
        raise ValueError(str(error)) from error


def _parse_redis_url(url: str) -> None:
    if url:
        from redis.connection import parse_url

        parse_url(url)  # type: ignore[no-untyped-call]


def _from_root(text: str) -> str:
    """Return a path with ``~`` expanded, and made absolute if it exists relative to the project's root."""
    text = names.expand(text)
    return str(ROOT / text) if text and (ROOT / text).exists() else text


def _is_web_address(url: str) -> bool:
    place = urlsplit(url)
    return not url or (place.scheme in ("http", "https") and bool(place.hostname) and place.port != 0)


def _is_listener(address: str) -> bool:
    host, _, port = address.rpartition(":")
    return not address or bool(host and port.isascii() and port.isdigit() and int(port) < 65_536)


class Member(TypedDict):
    """A person who made the site; role and URL are optional."""

    __pydantic_config__ = ConfigDict(extra="forbid", strict=True)  # type: ignore[misc]
    name: Annotated[str, Field(min_length=1)]
    role: NotRequired[str]
    url: NotRequired[Annotated[str, Field(pattern="^https:")]]


Switch = Annotated[bool, Must("be true or false")]
Count = Annotated[int, Field(gt=0), Must("be a whole number greater than 0")]
TwoOrMore = Annotated[int, Field(ge=2), Must("be a whole number, 2 or greater")]
CountOrZero = Annotated[int, Field(ge=0), Must("be a whole number, 0 or greater")]
Number = Annotated[float, Field(gt=0, allow_inf_nan=False), Must("be a number greater than 0")]
NumberOrZero = Annotated[float, Field(ge=0, allow_inf_nan=False), Must("be a number, 0 or greater")]
Filled = Annotated[str, Field(min_length=1)]
LIST = Must('be a list of texts, such as ["one", "two"]')
Secrets = Annotated[list[Filled], LIST, Field(repr=False)]
Location = Annotated[str, AfterValidator(_from_root)]
Locations = Annotated[list[Annotated[Filled, AfterValidator(_from_root)]], LIST]
Network = Annotated[Filled, _parses_by(ipaddress.ip_network, "names networks such as 198.51.100.0/24: {}.")]
Networks = Annotated[list[Network], LIST]
Members = Annotated[list[Member], Must('be a list such as [{"name": "…", "role": "…", "url": "https://…"}]')]
DatabaseURL = Annotated[str, _parses_by(_load_driver)]
RedisURL = Annotated[str, _parses_by(_parse_redis_url)]
WebAddress = Annotated[str, _only_if(_is_web_address)]
PublicAddress = Annotated[
    str,
    _like(r"(https://[a-zA-Z0-9]([a-zA-Z0-9.-]*[a-zA-Z0-9])?(:[0-9]{1,5})?(/[a-zA-Z0-9._~-]+)*)?"),
    Must("be an address such as https://pictures.example.org/moma, without a user, a query or a slash at the end"),
]
Origins = Annotated[
    str,
    _like(rf"[\s,]*(({ORIGIN})([\s,]+|$))*"),
    Must("be origins such as https://example.org, without a slash at the end, between spaces or commas; or *"),
]
Host = Annotated[Filled, _like(r"\.?[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?|\[?[0-9a-fA-F:.]+\]?")]
Hosts = Annotated[list[Host], Must('be a list of host names without ports, such as ["example.org", ".example.org"]')]
PublicOrigin = Annotated[
    str,
    _like(r"(https?://[a-zA-Z0-9]([a-zA-Z0-9.-]*[a-zA-Z0-9])?(:[0-9]{1,5})?)?"),
    Must("be an address such as https://moma.example.org, without a path"),
]
Listener = Annotated[
    str,
    _only_if(_is_listener),
    Must("be an address such as 127.0.0.1:9109, or 0.0.0.0:9109 for all that reach this machine"),
]
Prefix = Annotated[str, _like("(/.+/)?"), Must("begin and end with a slash, such as /_media/")]
Subpath = Annotated[
    str,
    _like(f"({PREFIX})?"),
    Must("begin with a slash and end without one, such as /moma, and have only letters, digits and -._~ between"),
]
Device = Annotated[str, _like(r"auto|cpu|mps|cuda(:[0-9]+)?"), Must("be auto, cpu, cuda or mps")]
Token = Annotated[str, _like("(.{16,})?"), Must("have at least 16 characters, or be empty"), Field(repr=False)]
PasswordHash = Annotated[
    str,
    _like(r"((scrypt|pbkdf2):[a-z0-9:]+\$[A-Za-z0-9]+\$[0-9a-f]{32,})?"),  # as werkzeug writes it
    Must(
        "be the hash of a password. Make one: flask --app wsgi curator password. In a shell it stands in single quotes,"
        " in a compose file each $ of it is doubled"
    ),
    Field(repr=False),
]
