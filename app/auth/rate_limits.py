"""How much a visitor or a token may commission within an hour. Reading has no limit; refused walks do not count."""

from __future__ import annotations

import ipaddress
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any, Literal

from flask import Flask, current_app, g, request
from flask_limiter import Limiter
from flask_limiter.errors import RateLimitExceeded

from app.auth import api_tokens, visitors
from app.errors import TooMany
from app.i18n.formatting import duration_about
from app.i18n.gettext import N_, _
from app.queue import fair_queue, jobs

HOUR = 3600
PARTS = 10  # of a usual walk that the work of walks is counted in
REPORTS = 10, 40  # within an hour from a visitor, and from an address
WORDS = 60, 2400  # for walls; all those in a room share an address
SIGN_INS = 10, 10
DELETIONS = 10, 40
CAPTIONS = 120  # within an hour from an address, by the language model; others are by the grammar
Most = int | Callable[[], int]
MOST: dict[str, tuple[str, ...]] = {  # from one visitor, and from one address
    "walks": (
        N_("The work of %(count)s usual walks within an hour is as much as we take from one visitor."),
        N_("The work of %(count)s usual walks within an hour is as much as we take from one address."),
    ),
    "token": (N_("The work of %(count)s usual walks within an hour is as much as we take with this token."),),
    "stages": (
        N_("%(count)s stages within an hour are as many as we take from one visitor."),
        N_("%(count)s stages within an hour are as many as we take from one address."),
    ),
    "reports": (
        N_("%(count)s reports within an hour are as many as we take from one visitor."),
        N_("%(count)s reports within an hour are as many as we take from one address."),
    ),
    "attempts": (
        N_("%(count)s attempts within an hour are as many as we take from one visitor."),
        N_("%(count)s attempts within an hour are as many as we take from one address."),
    ),
}
MOST["photos"] = (
    N_("%(count)s pictures within an hour are as many as we take from one visitor."),
    N_("%(count)s pictures within an hour are as many as we take from one address."),
)
MOST["words"] = (
    N_("Words for %(count)s stops of walls within an hour are as many as we take from one visitor."),
    N_("Words for %(count)s stops of walls within an hour are as many as we take from one address."),
)
MOST["deletions"] = MOST["captions"] = MOST["attempts"]


def init_app(app: Flask) -> None:
    """Count in Redis, and in this process's memory while Redis is away."""
    address = jobs.address(app)
    limiter = Limiter(
        lambda: "",
        app=app,
        strategy="moving-window",  # sixty within any hour, and an hour after the first of them there is room for one
        storage_uri="memory://" if address is None else address.replace("unix://", "redis+unix://", 1),
        storage_options={} if address is None else _patience(),
        in_memory_fallback_enabled=True,
        key_prefix=f"moma:{app.config['QUEUE']}",
    )
    walks = app.config["HOURLY_WALKS"], app.config["HOURLY_WALKS_ADDRESS"]
    photos = app.config["HOURLY_PHOTOS"], app.config["HOURLY_PHOTOS_ADDRESS"]
    app.extensions["moma_limits"] = {
        "page": _Gate(limiter, "page", _cookie, walks),
        "api": _Gate(limiter, "api", network_key, walks),
        "token": _Gate(limiter, "token", _token, (_allowance,), what="token"),
        "photo": _Gate(limiter, "photo", _cookie, photos, what="photos"),
        "photo-api": _Gate(limiter, "photo-api", network_key, photos, what="photos"),
        "photo-token": _Gate(limiter, "photo-token", _token, photos[:1], what="photos"),
        "stages": _Gate(limiter, "stages", _cookie, walks, what="stages"),
        "report": _Gate(limiter, "report", _cookie, REPORTS, what="reports"),
        "words": _Gate(limiter, "words", _cookie, WORDS, what="words"),
        "captions": _Gate(limiter, "captions", network_key, (CAPTIONS,), what="captions"),
        "deletion": _Gate(limiter, "deletion", _cookie, DELETIONS, what="deletions"),
        "sign-in": _Gate(limiter, "sign-in", network_key, SIGN_INS, what="attempts"),
    }


def admit_page(passes: int) -> None:
    """Count the work of a commission made on the pages, by cookie and more loosely by address.

    :raises TooMany: when the hour is full; then nothing was counted.
    """
    current_app.extensions["moma_limits"]["page"].admit(passes)


def admit_api(passes: int) -> None:
    """Count the work of a commission made through the API, by address.

    :raises TooMany: when the hour is full; then nothing was counted.
    """
    current_app.extensions["moma_limits"]["api"].admit(passes)


def admit_token(passes: int) -> None:
    """Count the work of a commission made with an API token, by the token and its allowance alone.

    :raises TooMany: when the hour is full; then nothing was counted.
    """
    current_app.extensions["moma_limits"]["token"].admit(passes)


@dataclass(frozen=True, slots=True)
class PhotoGate:
    """The limit of what somebody may bring within an hour, who came in by a page, through the API or with a token.

    Looking at a picture costs something too, so there must be room before it is looked at; what is refused for what it
    is does not count.
    """

    way: Literal["photo", "photo-api", "photo-token"]

    def look(self) -> None:
        """Tell whether there is room for another.

        :raises TooMany: when the hour is full.
        """
        current_app.extensions["moma_limits"][self.way].look()

    def admit(self) -> None:
        """Count one.

        :raises TooMany: when the hour is full; then nothing was counted.
        """
        current_app.extensions["moma_limits"][self.way].admit()


def admits_captions() -> bool:
    """Tell whether this address may have the language model write once more, and count it."""
    try:
        current_app.extensions["moma_limits"]["captions"].admit()
    except TooMany:
        return False
    return True


def admit_deletion() -> None:
    """Count a visitor's attempt to delete all that is theirs, by cookie and more loosely by address.

    :raises TooMany: when the hour is full; then nothing was counted.
    """
    current_app.extensions["moma_limits"]["deletion"].admit()


def admit_stages() -> None:
    """Count a request for a frame's stages; as many are let in as walks, and counted apart from them.

    :raises TooMany: when the hour is full; then nothing was counted.
    """
    current_app.extensions["moma_limits"]["stages"].admit()


def admit_report() -> None:
    """Count a report, by cookie and more loosely by address.

    :raises TooMany: when the hour is full; then nothing was counted.
    """
    current_app.extensions["moma_limits"]["report"].admit()


def admit_words() -> None:
    """Count what is written for a wall, by cookie and more loosely by address.

    :raises TooMany: when the hour is full; then nothing was counted.
    """
    current_app.extensions["moma_limits"]["words"].admit()


def admit_sign_in() -> None:
    """Count an attempt to sign in to the curator's pages, by address.

    :raises TooMany: when the hour is full; then nothing was counted.
    """
    current_app.extensions["moma_limits"]["sign-in"].admit()


def network_key() -> str:
    """Name where a request comes from, hashed: its address, or for IPv6 the /64 that one household has whole."""
    text = request.remote_addr or ""
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return visitors.keyed(f"network {text}")
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped is None:
        return visitors.keyed(f"network {ipaddress.ip_network((address, 64), strict=False)}")
    return visitors.keyed(f"network {text}")


def turns_key(visitor: str) -> str:
    """Name whose turns a visitor shares: all that come from their network, or nobody's where many visit through one.

    ``SHARED_NETWORKS`` lists those: a museum's, a school's, the phones in front of a wall.
    """
    try:
        address = ipaddress.ip_address(request.remote_addr or "")
    except ValueError:
        return network_key()
    shared = (ipaddress.ip_network(text) for text in current_app.config["SHARED_NETWORKS"])
    is_shared = any(address in network for network in shared if network.version == address.version)
    return visitor if is_shared else network_key()


def _cookie() -> str:
    return visitors.digest(visitors.current())


def _token() -> str:
    return api_tokens.require(api_tokens.CREATE).secret_hash


def _allowance() -> int:
    """Return the allowance of the token at hand; Flask-Limiter also asks where there is none, and counts nothing."""
    token = g.get("api_token")
    return token.allowance if token else 1


class _Gate:
    """The limits of one way in: looked at first, all of them, and counted only when each has room.

    ``most`` holds how much is taken from whom ``key`` names, and from their address, if that counts as well.
    """

    def __init__(
        self,
        limiter: Limiter,
        way: str,
        key: Callable[[], str],
        most: tuple[Most, ...],
        *,
        what: str = "walks",
    ) -> None:
        self.limiter, self.what, self.own = limiter, what, most[0]
        self.parts = PARTS if what in ("walks", "token") else 1
        self.looks, self.counts = [], []
        for who, keyed, count in zip((way, "address"), (key, network_key), most, strict=False):
            limit: dict[str, Any] = {
                "limit_value": partial(self._text, count) if callable(count) else self._text(count),
                "scope": f"{what} {who}",
                "key_func": keyed,
                "cost": lambda: g.get("moma_cost", 1),
            }
            look = limiter.shared_limit(**limit, deduct_when=lambda _response: False)
            self.looks.append(look(_step(f"look {way} {limit['scope']}")))
            self.counts.append(limiter.shared_limit(**limit)(_step(f"count {way} {limit['scope']}")))

    def admit(self, passes: int | None = None) -> None:
        """Let in what comes to so many passes, at most an hour's allowance; without a number, it counts as one."""
        own = _number(self.own)
        if passes is not None:  # the largest of walks takes the whole hour, else nobody could ever ask for it
            parts = -(-passes * self.parts // fair_queue.turn_passes())
            g.moma_cost = min(max(1, parts), own * self.parts)
        self._take(*self.looks, *self.counts)

    def look(self) -> None:
        """Tell whether there is room for one more, and count nothing."""
        self._take(*self.looks)

    def _take(self, *steps: Callable[[], None]) -> None:
        try:
            for step in steps:
                step()
        except RateLimitExceeded as error:
            limit = self.limiter.current_limit
            wait = HOUR if limit is None else max(1, limit.reset_at - int(time.time()))
            most = error.limit.limit.amount // self.parts
            raise TooMany(
                f"{_(MOST[self.what][most != _number(self.own)], count=most)} "
                + _("There is room for the next in %(time)s.", time=duration_about(wait)),
                retry_after=wait,
                reason="rate",
            ) from error

    def _text(self, most: Most) -> str:
        return f"{_number(most) * self.parts}/hour"


def _number(most: Most) -> int:
    return most() if callable(most) else most


def _step(name: str) -> Callable[[], None]:
    """Make a function of its own for a limit to stand before: Flask-Limiter knows limits by the function's name."""

    def step() -> None:
        """Go on: the limit has room."""

    step.__qualname__ = step.__name__ = name
    return step


def _patience() -> dict[str, Any]:
    return {"socket_connect_timeout": jobs.TIMEOUT_SECONDS, "socket_timeout": jobs.TIMEOUT_SECONDS}
