"""Rate limits: what a visitor or an API token may request within an hour. Refused requests do not count."""

import ipaddress
import logging
import math
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import cast

from flask import Flask, current_app, request
from limits import RateLimitItem, RateLimitItemPerHour
from limits.storage import MemoryStorage, RedisStorage
from limits.strategies import MovingWindowRateLimiter
from redis import Redis
from redis.exceptions import RedisError

from app.access.auth import api_tokens, visitors
from app.core import client_address
from app.core.errors import TooMany
from app.core.i18n.formatting import duration_about
from app.core.i18n.gettext import N_, _
from app.walks.queue import fair_queue, jobs
from app.walks.uploads import kinds
from app.walks.uploads.kinds import UploadKind

PARTS = 10  # the work of walks is counted in tenths of a usual walk
AWAY_SECONDS = 5.0  # after an error, Redis is not tried again for so long
WALKS = "HOURLY_WALKS", "HOURLY_WALKS_ADDRESS"
Window = tuple[RateLimitItem, str, str, str]  # the limit, and the parts of its key in the storage
Most = int | str | Callable[[], int]  # a number, the name of a setting, or a function that returns the number
SENTENCES: dict[str, tuple[str, ...]] = {  # for the limit of a visitor or token, and for that of an address
    "walks": (
        N_("The work of %(count)s usual walks within an hour is as much as we take from one visitor."),
        N_("The work of %(count)s usual walks within an hour is as much as we take from one address."),
    ),
    "token": (N_("The work of %(count)s usual walks within an hour is as much as we take with this token."),),
    "stages": (
        N_("%(count)s stages within an hour are as many as we take from one visitor."),
        N_("%(count)s stages within an hour are as many as we take from one address."),
    ),
    "large": (
        N_("%(count)s large pictures within an hour are as many as we take from one visitor."),
        N_("%(count)s large pictures within an hour are as many as we take from one address."),
    ),
    "reports": (
        N_("%(count)s reports within an hour are as many as we take from one visitor."),
        N_("%(count)s reports within an hour are as many as we take from one address."),
    ),
    "attempts": (
        N_("%(count)s attempts within an hour are as many as we take from one visitor."),
        N_("%(count)s attempts within an hour are as many as we take from one address."),
    ),
    "favourites": (
        N_("%(count)s favourites within an hour are as many as we take from one visitor."),
        N_("%(count)s favourites within an hour are as many as we take from one address."),
    ),
    "collections": (
        N_("%(count)s changes of collections within an hour are as many as we take from one visitor."),
        N_("%(count)s changes of collections within an hour are as many as we take from one address."),
    ),
    "words": (
        N_("Words for %(count)s stops of walls within an hour are as many as we take from one visitor."),
        N_("Words for %(count)s stops of walls within an hour are as many as we take from one address."),
    ),
}
SENTENCES |= dict.fromkeys(("deletions", "captions", "codes"), SENTENCES["attempts"])
SENTENCES |= {kind.name: kind.too_many for kind in kinds.KINDS.values()}

log = logging.getLogger(__name__)


def init_app(app: Flask) -> None:
    """Set up the counters: in Redis, or in this process's memory while Redis is unavailable."""
    app.extensions["moma_limits"] = _Counters()


def network_key() -> str:
    """Return a keyed hash of the request's network: its IPv4 address, or the /64 prefix of its IPv6 address."""
    address = client_address.parse(request.remote_addr)
    return visitors.keyed(f"network {client_address.network(address) if address else ''}")


def queue_key(visitor: str) -> str:
    """Return the key by which the queue takes turns: the visitor's network, or ``visitor`` in a shared network.

    The setting ``SHARED_NETWORKS`` lists networks with many visitors behind one address: a museum's, a school's.
    """
    address = client_address.parse(request.remote_addr)
    if address is None:
        return network_key()
    shared = (ipaddress.ip_network(text) for text in current_app.config["SHARED_NETWORKS"])
    is_shared = any(address in network for network in shared)
    return visitor if is_shared else network_key()


@dataclass(frozen=True, slots=True)
class RateLimit:
    """A limit within any period of one hour, for a visitor or token, and optionally for a network address.

    ``what`` names the thing counted; limits on the same thing share the count of an address. ``entry`` names the entry
    point. ``key`` returns the visitor's or token's hash. These three form the keys in Redis, so changing them resets
    the counts. ``most`` holds the limit, and optionally that of an address. ``parts`` is into how many parts one unit
    is divided.
    """

    what: str
    entry: str
    key: Callable[[], str]
    most: tuple[Most, ...]
    parts: int = 1

    def admit(self, passes: int | None = None) -> None:
        """Count the work of so many UNet evaluations, at most the whole allowance; without ``passes``, count one.

        :raises TooMany: when the allowance has no room; nothing is then counted.
        """
        self._take(self._cost(passes), is_counted=True)

    def check(self, passes: int | None = None) -> None:
        """Check that there is room for so much more, as `admit` does, without counting.

        :raises TooMany: when there is none.
        """
        self._take(self._cost(passes), is_counted=False)

    def _cost(self, passes: int | None) -> int:
        if passes is None:
            return 1
        parts = -(-passes * self.parts // fair_queue.turn_passes())
        return min(max(1, parts), _number(self.most[0]) * self.parts)  # so that the largest walk can be requested

    def _take(self, cost: int, *, is_counted: bool) -> None:
        most = [_number(each) for each in self.most]
        queue = f"moma:{current_app.config['QUEUE']}"
        windows = [
            (RateLimitItemPerHour(count * self.parts), queue, key(), f"{self.what} {who}")
            for count, key, who in zip(most, (self.key, network_key), (self.entry, "address"), strict=False)
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
    """The counts of the last hour: shared in Redis, or in this process's memory while Redis is unavailable."""

    def __init__(self) -> None:
        self.away_until = 0.0
        self._memory: MovingWindowRateLimiter | None = None
        self._lock = threading.Lock()

    @property
    def memory(self) -> MovingWindowRateLimiter:
        """Return this process's counts; their storage starts a thread, so it is made when it is first needed."""
        with self._lock:
            if self._memory is None:
                self._memory = MovingWindowRateLimiter(MemoryStorage())
            return self._memory

    def take(self, windows: list[Window], cost: int, *, is_counted: bool) -> tuple[int, int] | None:
        """Count ``cost`` in each window if all have room; without ``is_counted``, only check.

        Return the index of the first full window and the seconds until it has room, or ``None`` if all have room.
        """
        connection = jobs.connect() if time.monotonic() >= self.away_until else None
        if connection is not None:
            storage = RedisStorage("redis://", connection_pool=connection.connection_pool)
            try:
                return _first_full(MovingWindowRateLimiter(storage), windows, cost, is_counted=is_counted)
            except RedisError as error:
                log.warning("Redis is unavailable; rate limits are counted in this process's memory: %s", error)
                self.away_until = time.monotonic() + AWAY_SECONDS
        return _first_full(self.memory, windows, cost, is_counted=is_counted)


def _first_full(
    limiter: MovingWindowRateLimiter, windows: list[Window], cost: int, *, is_counted: bool
) -> tuple[int, int] | None:
    for take in (limiter.test, limiter.hit) if is_counted else (limiter.test,):
        for index, window in enumerate(windows):
            if not take(*window, cost=cost):
                return index, max(1, math.ceil(_free_at(limiter, window, cost) - time.time()))
    return None


def _free_at(limiter: MovingWindowRateLimiter, window: Window, cost: int) -> float:
    """Return the time at which a window has room for ``cost``: when the entry in its way is an hour old.

    ``limits`` 5.8.0 itself tells only when the oldest entry goes, which gives room for one.
    """
    item, *names = window
    key, place, storage = item.key_for(*names), item.amount - cost, limiter.storage
    if isinstance(storage, RedisStorage):
        entry = cast(Redis, storage.storage).lindex(storage.prefixed_key(key), place)
        begun = None if entry is None else float(entry)
    else:
        entries = cast(MemoryStorage, storage).events.get(key, [])  # the newest first
        begun = entries[place].atime if place < len(entries) else None
    return time.time() if begun is None else begun + item.get_expiry()


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


# The work is counted in UNet evaluations. Pages are limited by cookie, and with a higher limit by address; the API by
# address; requests with an API token only by the token's allowance.
PAGE = RateLimit("walks", "page", _cookie, WALKS, PARTS)
API = RateLimit("walks", "api", network_key, WALKS, PARTS)
TOKEN = RateLimit("token", "token", _token, (_allowance,), PARTS)
STAGES = RateLimit("stages", "stages", _cookie, WALKS)  # of a frame; the same numbers as walks, counted separately
LARGE = RateLimit("large", "large", _cookie, WALKS)  # likewise
REPORT = RateLimit("reports", "report", _cookie, (10, 40))
WORDS = RateLimit("words", "words", _cookie, (60, 2400))  # for walls; all phones in a room share an address
CAPTIONS = RateLimit("captions", "captions", network_key, (120,))  # by the language model; after that by the grammar
FAVOURITE = RateLimit("favourites", "favourite", _cookie, (600, 6000))
COLLECTION = RateLimit("collections", "collection", _cookie, (300, 3000))  # walks added, titles written
DELETION = RateLimit("deletions", "deletion", _cookie, (10, 40))  # of all of a visitor's data
CODE = RateLimit("codes", "code", _cookie, (20, 200))  # to be shown, for another browser
TYPED_CODE = RateLimit("attempts", "code", network_key, (20,))
SIGN_IN = RateLimit("attempts", "sign-in", network_key, (10,))  # to the curator's pages


def of_upload(kind: UploadKind) -> RateLimit:
    """Return the limit on uploads from pages.

    Checking a file takes time, so the limit is checked before that, and a file that is refused is counted.
    """
    return RateLimit(kind.name, kind.noun, _cookie, kind.hourly)


def of_api_upload(kind: UploadKind, *, with_token: bool) -> RateLimit:
    """Return the limit on uploads through the API, with an API token or without."""
    if with_token:
        return RateLimit(kind.name, f"{kind.noun}-token", _token, kind.hourly[:1])
    return RateLimit(kind.name, f"{kind.noun}-api", network_key, kind.hourly)


def admits_captions() -> bool:
    """Return whether this address may use the language model once more; if so, count it."""
    try:
        CAPTIONS.admit()
    except TooMany:
        return False
    return True
