"""How many walks a visitor may commission within an hour. Reading has no limit, and refused walks do not count."""

from __future__ import annotations

import ipaddress
import time
from collections.abc import Callable
from typing import Any

from flask import Flask, current_app, g, request
from flask_limiter import Limiter
from flask_limiter.errors import RateLimitExceeded

from app.auth import visitors
from app.errors import TooMany
from app.i18n.formatting import duration_about
from app.i18n.gettext import N_, _
from app.queue import fair_queue, jobs

HOUR = 3600
PARTS = 10  # of a usual walk that the work of walks is counted in
REPORTS = 10, 40  # within an hour from a visitor, and from an address
SIGN_INS = 10, 10
MOST = {  # from one visitor, and from one address
    "walks": (
        N_("The work of %(count)s usual walks within an hour is as much as we take from one visitor."),
        N_("The work of %(count)s usual walks within an hour is as much as we take from one address."),
    ),
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
    app.extensions["moma_limits"] = {
        "page": _Gate(limiter, "page", _cookie, walks),
        "api": _Gate(limiter, "api", network_key, walks),
        "stages": _Gate(limiter, "stages", _cookie, walks, what="stages"),
        "report": _Gate(limiter, "report", _cookie, REPORTS, what="reports"),
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


class _Gate:
    """The limits of one way in: looked at first, all of them, and counted only when each has room."""

    def __init__(
        self, limiter: Limiter, way: str, key: Callable[[], str], most: tuple[int, int], *, what: str = "walks"
    ) -> None:
        self.limiter, self.what, self.own = limiter, what, most[0]
        self.parts = PARTS if what == "walks" else 1
        own = {"limit_value": f"{most[0] * self.parts}/hour", "scope": f"{what} {way}", "key_func": key}
        shared = {"limit_value": f"{most[1] * self.parts}/hour", "scope": f"{what} address", "key_func": network_key}
        own["cost"] = shared["cost"] = lambda: g.get("moma_cost", 1)
        self.looks, self.counts = [], []
        for limit in (own, shared):
            name = f"{way} {limit['scope']}"
            look = limiter.shared_limit(**limit, deduct_when=lambda _response: False)  # type: ignore[arg-type]
            self.looks.append(look(_step(f"look {name}")))
            self.counts.append(limiter.shared_limit(**limit)(_step(f"count {name}")))  # type: ignore[arg-type]

    def admit(self, passes: int | None = None) -> None:
        """Let in what comes to so many passes, at most an hour's allowance; without a number, it counts as one."""
        if passes is not None:  # the largest of walks takes the whole hour, else nobody could ever ask for it
            parts = -(-passes * self.parts // fair_queue.turn_passes())
            g.moma_cost = min(max(1, parts), self.own * self.parts)
        try:
            for step in (*self.looks, *self.counts):
                step()
        except RateLimitExceeded as error:
            limit = self.limiter.current_limit
            wait = HOUR if limit is None else max(1, limit.reset_at - int(time.time()))
            most = error.limit.limit.amount // self.parts
            raise TooMany(
                f"{_(MOST[self.what][most != self.own], count=most)} "
                + _("There is room for the next in %(time)s.", time=duration_about(wait)),
                retry_after=wait,
            ) from error


def _step(name: str) -> Callable[[], None]:
    """Make a function of its own for a limit to stand before: Flask-Limiter knows limits by the function's name."""

    def step() -> None:
        """Go on: the limit has room."""

    step.__qualname__ = step.__name__ = name
    return step


def _patience() -> dict[str, Any]:
    return {"socket_connect_timeout": jobs.TIMEOUT_SECONDS, "socket_timeout": jobs.TIMEOUT_SECONDS}
