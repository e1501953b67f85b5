"""HTTP client for other people's servers: slow, with retries, obeying robots.txt, and never to private addresses."""

from __future__ import annotations

import hashlib
import http.client
import ipaddress
import json
import socket
import ssl
import time
from collections.abc import Collection
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from pathlib import Path
from urllib.parse import SplitResult, quote, urljoin, urlsplit
from urllib.robotparser import RobotFileParser

from studio.errors import FetchError

AGENT = "moma-lisa-studio"
MOST_BYTES = 200_000_000
MOST_REDIRECTS = 5
MOST_PATIENCE = 120.0  # longest Retry-After in seconds that is obeyed
SAFE = "/%:@!$&'()*+,;=~-._"
NAT64 = ipaddress.ip_network("64:ff9b::/96")


class Gone(FetchError):
    """The address permanently returns nothing: not found, forbidden, or not allowed by robots.txt."""


class _Busy(FetchError):
    """A temporary failure; ``wait`` is the delay in seconds that the server asked for."""

    def __init__(self, message: str, wait: float = 0.0) -> None:
        super().__init__(message)
        self.wait = wait


@dataclass(frozen=True, slots=True)
class Answer:
    """A server's response: status, headers with lower-case names, body."""

    status: int
    headers: dict[str, str]
    data: bytes


class Visitor:
    """Fetches addresses, ``pause`` seconds apart for each host, with retries after temporary failures.

    ``allowed`` are hosts (``127.0.0.1:8000``) that may have a private address. ``keep`` is a folder that caches
    documents for conditional requests.
    """

    def __init__(
        self,
        *,
        pause: float = 1.0,
        tries: int = 5,
        allowed: Collection[str] = (),
        keep: Path | None = None,
        timeout: float = 30.0,
    ) -> None:
        self.pause, self.tries, self.allowed, self.keep = pause, tries, frozenset(allowed), keep
        self.timeout = timeout
        self._robots: dict[str, RobotFileParser] = {}
        self._next: dict[str, float] = {}

    def sleep(self, seconds: float) -> None:
        """Sleep; tests replace this."""
        time.sleep(seconds)

    def picture(self, url: str) -> bytes:
        """Return a picture's bytes.

        :raises Gone: when it is not there or must not be fetched.
        :raises FetchError: after the last retry.
        """
        return self._fetch(url, {}).data

    def document(self, url: str) -> bytes:
        """Return a document, from the cache when the server says that it has not changed.

        :raises Gone: when it is not there or must not be fetched.
        :raises FetchError: after the last retry.
        """
        body, about = self._cache_paths(url)
        headers = {"Accept": "application/ld+json, application/json;q=0.9, */*;q=0.5"}
        if body.exists() and about.exists():
            headers |= json.loads(about.read_bytes())
        answer = self._fetch(url, headers)
        if answer.status == http.HTTPStatus.NOT_MODIFIED:
            return body.read_bytes()
        conditions = {
            "If-None-Match": answer.headers.get("etag"),
            "If-Modified-Since": answer.headers.get("last-modified"),
        }
        conditions = {name: value for name, value in conditions.items() if value}
        if self.keep and conditions:
            self.keep.mkdir(parents=True, exist_ok=True)
            about.unlink(missing_ok=True)
            body.write_bytes(answer.data)
            about.write_text(json.dumps(conditions))
        return answer.data

    def _cache_paths(self, url: str) -> tuple[Path, Path]:
        name = hashlib.sha256(url.encode()).hexdigest()[:32]
        folder = self.keep or Path("/nonexistent")
        return folder / name, folder / f"{name}.json"

    def _fetch(self, url: str, headers: dict[str, str]) -> Answer:
        wait = 1.0
        for attempt in range(1, self.tries + 1):
            try:
                return self._followed(url, headers)
            except _Busy as busy:
                if attempt == self.tries:
                    raise FetchError(f"{url}: {busy} ({self.tries} tries)") from busy
                self.sleep(min(max(wait, busy.wait), MOST_PATIENCE))
                wait *= 2
        raise AssertionError  # the last attempt returns or raises

    def _followed(self, url: str, headers: dict[str, str]) -> Answer:
        for _ in range(MOST_REDIRECTS + 1):
            place = _split(url)
            try:
                self._ask_robots(place, url)
                answer = self._once(place, headers)
                following = urljoin(url, answer.headers.get("location", ""))
            except ValueError as error:  # an invalid host name, or unbalanced brackets
                raise Gone(f"{url}: no address: {error}") from error
            if answer.status not in (301, 302, 303, 307, 308):
                return _good(answer, url)
            url = following
        raise Gone(f"{url}: more than {MOST_REDIRECTS} redirects")

    def _ask_robots(self, place: SplitResult, url: str) -> None:
        origin = f"{place.scheme}://{place.netloc}"
        if origin not in self._robots:
            rules = RobotFileParser()
            answer = self._once(urlsplit(f"{origin}/robots.txt"), {})
            if answer.status >= 500 or answer.status == 429:
                raise _Busy(f"{origin}/robots.txt answers {answer.status}", _retry_after(answer))
            is_closed = answer.status in (401, 403)
            text = answer.data.decode("utf-8", "replace") if answer.status == 200 else ""
            rules.parse(["User-agent: *", "Disallow: /"] if is_closed else text.splitlines())
            self._robots[origin] = rules
        if not self._robots[origin].can_fetch(AGENT, url):
            raise Gone(f"{url}: robots.txt disallows it")

    def _once(self, place: SplitResult, headers: dict[str, str]) -> Answer:
        """Send one request, after the pause for the host."""
        self._take_turn(place)
        make = _TLS if place.scheme == "https" else _Plain
        connection = make(place.hostname or "", place.port, timeout=self.timeout)
        connection.is_allowed = place.netloc in self.allowed
        path = quote(place.path or "/", safe=SAFE) + (
            f"?{quote(place.query, safe=SAFE + '?[]')}" if place.query else ""
        )
        try:
            connection.request("GET", path, headers={"User-Agent": AGENT, "Accept-Encoding": "identity"} | headers)
            answer = connection.getresponse()
            data = answer.read(MOST_BYTES + 1)
            if len(data) > MOST_BYTES:
                raise Gone(f"{place.geturl()}: more than {MOST_BYTES:,} bytes")
            fields = {name.lower(): value for name, value in answer.getheaders()}
            if (
                fields.get("content-length", "").isdigit()
                and len(data) < int(fields["content-length"])
                and answer.status == 200
            ):
                raise _Busy(f"only {len(data):,} of {int(fields['content-length']):,} bytes came")
            return Answer(answer.status, fields, data)
        except (OSError, http.client.HTTPException) as error:
            raise _Busy(f"{type(error).__name__}: {error}") from error
        finally:
            connection.close()

    def _take_turn(self, place: SplitResult) -> None:
        rules = self._robots.get(f"{place.scheme}://{place.netloc}")
        delay = rules.crawl_delay(AGENT) if rules else None
        now = time.monotonic()
        due = self._next.get(place.netloc, now)
        if due > now:
            self.sleep(due - now)
        self._next[place.netloc] = max(due, now) + max(self.pause, float(delay or 0))


def _split(url: str) -> SplitResult:
    try:
        place = urlsplit(url)
        _ = place.port
    except ValueError as error:
        raise Gone(f"{url}: no address: {error}") from error
    if place.scheme not in ("http", "https") or not place.hostname:
        raise Gone(f"{url}: only http and https are fetched")
    return place


def _good(answer: Answer, url: str) -> Answer:
    if answer.status in (200, 304):
        return answer
    if answer.status in (408, 425, 429) or answer.status >= 500:
        raise _Busy(f"the server answers {answer.status}", _retry_after(answer))
    raise Gone(f"{url}: the server answers {answer.status}")


def _retry_after(answer: Answer) -> float:
    """Return the seconds of a Retry-After header, which may also be a date (RFC 9110, 10.2.3)."""
    value = answer.headers.get("retry-after", "").strip()
    if value.isdigit():
        return float(value)
    try:
        return max(0.0, parsedate_to_datetime(value).timestamp() - time.time())
    except (TypeError, ValueError):
        return 0.0


def is_public(address: str) -> bool:
    """Return whether an IP address is public; an IPv4 address embedded in IPv6 is checked as well."""
    ip = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(ip, ipaddress.IPv6Address):
        inner = ip.ipv4_mapped or ip.sixtofour or (ip.teredo[1] if ip.teredo else None)
        if ip in NAT64:
            inner = ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF)
        if inner is not None:
            return is_public(str(inner))
    return ip.is_global and not ip.is_multicast


def _reached(host: str, port: int, timeout: float, is_allowed: bool) -> socket.socket:
    """Connect to the address that was checked, so that DNS cannot change in between.

    :raises Gone: when the host has a private address that is not allowed.
    """
    last: OSError | None = None
    for *_, where in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM):
        address = str(where[0])
        if not is_allowed and not is_public(address):
            raise Gone(f"{host} has the private address {address}; allow it with --allow-host {host}:{port}")
        try:
            return socket.create_connection((address, port), timeout)
        except OSError as error:
            last = error
    raise last or OSError(f"{host} has no address")


class _Plain(http.client.HTTPConnection):
    is_allowed = False

    def connect(self) -> None:
        self.sock = _reached(self.host, self.port, float(self.timeout or 30), self.is_allowed)


class _TLS(http.client.HTTPSConnection):
    is_allowed = False

    def connect(self) -> None:
        plain = _reached(self.host, self.port, float(self.timeout or 30), self.is_allowed)
        self.sock = ssl.create_default_context().wrap_socket(plain, server_hostname=self.host)
