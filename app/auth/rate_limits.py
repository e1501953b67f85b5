"""How much a visitor or a token may request within an hour. Reading has no limit; refused walks do not count."""

from __future__ import annotations

import ipaddress
import logging
import time
from collections.abc import Callable
from dataclasses import dataclass

from flask import Flask, current_app, request
from limits import RateLimitItem, RateLimitItemPerHour
from limits.storage import MemoryStorage, RedisStorage
from limits.strategies import MovingWindowRateLimiter
from redis.exceptions import RedisError

from app.auth import api_tokens, visitors
from app.errors import TooMany
from app.i18n.formatting import duration_about
from app.i18n.gettext import N_, _
from app.queue import fair_queue, jobs

PARTS = 10  # of a usual walk that the work of walks is counted in
AWAY_SECONDS = 5.0  # for so long Redis is not asked again after it did not answer
WALKS = "HOURLY_WALKS", "HOURLY_WALKS_ADDRESS"
PHOTOS = "HOURLY_PHOTOS", "HOURLY_PHOTOS_ADDRESS"
Window = tuple[RateLimitItem, str, str, str]  # the limit, and the names of its count in the storage
Most = int | str | Callable[[], int]  # a number, the setting that holds it, or what returns it
SENTENCES: dict[str, tuple[str, ...]] = {  # of what one visitor or token has had, and one address
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
    "photos": (
        N_("%(count)s pictures within an hour are as many as we take from one visitor."),
        N_("%(count)s pictures within an hour are as many as we take from one address."),
    ),
    "words": (
        N_("Words for %(count)s stops of walls within an hour are as many as we take from one visitor."),
        N_("Words for %(count)s stops of walls within an hour are as many as we take from one address."),
    ),
}
SENTENCES["deletions"] = SENTENCES["captions"] = SENTENCES["attempts"]

log = logging.getLogger(__name__)


def init_app(app: Flask) -> None:
    """Count in Redis, and in this process's memory while Redis is away."""
    app.extensions["moma_limits"] = _Counters()


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


@dataclass(frozen=True, slots=True)
class RateLimit:
    """What is taken within any hour from whom ``key`` names, and, where ``most`` has two numbers, from their address.

    ``what`` is counted; limits on the same thing share the count of an address. ``way`` is the way in. The three of
    them are in the keys in Redis, which must outlive a deploy. Work is counted in parts of a usual walk.
    """

    what: str
    way: str
    key: Callable[[], str]
    most: tuple[Most, ...]
    parts: int = 1

    def admit(self, passes: int | None = None) -> None:
        """Count the work of so many passes, at most an hour's allowance; without a number, count one.

        :raises TooMany: when the hour is full; then nothing was counted.
        """
        cost = 1
        if passes is not None:  # the largest of walks takes the whole hour, else nobody could ever ask for it
            parts = -(-passes * self.parts // fair_queue.turn_passes())
            cost = min(max(1, parts), _number(self.most[0]) * self.parts)
        self._take(cost, is_counted=True)

    def look(self) -> None:
        """Count nothing.

        :raises TooMany: when there is no room for one more.
        """
        self._take(1, is_counted=False)

    def _take(self, cost: int, *, is_counted: bool) -> None:
        most = [_number(each) for each in self.most]
        windows = [
            (
                RateLimitItemPerHour(count * self.parts),
                f"moma:{current_app.config['QUEUE']}",
                key(),
                f"{self.what} {who}",
            )
            for count, key, who in zip(most, (self.key, network_key), (self.way, "address"), strict=False)
        ]
        full = current_app.extensions["moma_limits"].take(windows, cost, is_counted=is_counted)
        if full is None:
            return
        place, wait = full
        raise TooMany(
            f"{_(SENTENCES[self.what][place], count=most[place])} "
            + _("There is room for the next in %(time)s.", time=duration_about(wait)),
            retry_after=wait,
            reason="rate",
        )


class _Counters:
    """The counts of the last hour: shared in Redis, or in this process's memory while Redis is away."""

    def __init__(self) -> None:
        self.memory = MovingWindowRateLimiter(MemoryStorage())
        self.away_until = 0.0

    def take(self, windows: list[Window], cost: int, *, is_counted: bool) -> tuple[int, int] | None:
        """Count ``cost`` in each window if all have room, or only look.

        Return the place of the first that is full and the seconds until it has room, or ``None``.
        """
        connection = jobs.connect() if time.monotonic() >= self.away_until else None
        if connection is not None:
            storage = RedisStorage("redis://", connection_pool=connection.connection_pool)
            try:
                return _first_full(MovingWindowRateLimiter(storage), windows, cost, is_counted=is_counted)
            except RedisError as error:
                log.warning("Redis is away, rate limits are counted in this process's memory: %s", error)
                self.away_until = time.monotonic() + AWAY_SECONDS
        return _first_full(self.memory, windows, cost, is_counted=is_counted)


def _first_full(
    limiter: MovingWindowRateLimiter, windows: list[Window], cost: int, *, is_counted: bool
) -> tuple[int, int] | None:
    for take in (limiter.test, limiter.hit) if is_counted else (limiter.test,):
        for place, window in enumerate(windows):
            if not take(*window, cost=cost):
                return place, max(1, int(limiter.get_window_stats(*window).reset_time + 1) - int(time.time()))
    return None


def _number(most: Most) -> int:
    if isinstance(most, str):
        return int(current_app.config[most])
    return most if isinstance(most, int) else most()


def _cookie() -> str:
    return visitors.digest(visitors.current())


def _token() -> str:
    return api_tokens.require(api_tokens.CREATE).secret_hash


def _allowance() -> int:
    return api_tokens.require(api_tokens.CREATE).allowance


# Work in passes of the network. The pages count by cookie and more loosely by address, the API by address, and what
# comes with a token by the token and its own allowance alone.
PAGE = RateLimit("walks", "page", _cookie, WALKS, PARTS)
API = RateLimit("walks", "api", network_key, WALKS, PARTS)
TOKEN = RateLimit("token", "token", _token, (_allowance,), PARTS)
# Looking at a picture costs something too, so there must be room before it is looked at; what is refused for what it
# is does not count.
PHOTO = RateLimit("photos", "photo", _cookie, PHOTOS)
PHOTO_API = RateLimit("photos", "photo-api", network_key, PHOTOS)
PHOTO_TOKEN = RateLimit("photos", "photo-token", _token, PHOTOS[:1])
STAGES = RateLimit("stages", "stages", _cookie, WALKS)  # of a frame; as many as walks, and counted apart from them
REPORT = RateLimit("reports", "report", _cookie, (10, 40))
WORDS = RateLimit("words", "words", _cookie, (60, 2400))  # for walls; all those in a room share an address
CAPTIONS = RateLimit("captions", "captions", network_key, (120,))  # by the language model; others are by the grammar
DELETION = RateLimit("deletions", "deletion", _cookie, (10, 40))  # of all that is a visitor's
SIGN_IN = RateLimit("attempts", "sign-in", network_key, (10,))  # to the curator's pages


def admits_captions() -> bool:
    """Return whether this address may have the language model write once more, and count it."""
    try:
        CAPTIONS.admit()
    except TooMany:
        return False
    return True
