"""The network address of a client, whatever the spelling in which a proxy or a server passes it on.

Proxies write addresses with a port, brackets, quotes or a zone, and IPv4 addresses as parts of IPv6 ones. Each
connection has another port, so an address that is not read by this module would count each of them as a new visitor.
"""

import ipaddress
import re

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
LENGTH_MAX = 120  # characters
HOST_PREFIX = 64  # bits of an IPv6 address that one household has
SPELLING = re.compile(
    r"""(?:for=)?                                # RFC 7239, section 6
        (?:\[(?P<bracketed>[^\[\]]+)\]|(?P<bare>[^\[\]]+?))
        (?P<port>:(?:[0-9]{0,5}|_[A-Za-z0-9._-]+))?""",
    re.VERBOSE | re.IGNORECASE,
)


def parse(text: str | None) -> Address | None:
    """Return the address in a text, without quotes, brackets, port and zone; ``None`` if there is none.

    An IPv4 address within an IPv6 one (``::ffff:203.0.113.6``) is returned as the IPv4 address. ``unknown`` and names
    such as ``_hidden`` (RFC 7239, sections 6.2 and 6.3) are no addresses.
    """
    text = (text or "")[:LENGTH_MAX].replace("\\", "").replace('"', "").replace("'", "").strip()
    if address := _parse_exact(text):
        return address
    spelling = SPELLING.fullmatch(text)
    return _parse_exact(spelling["bracketed"] or spelling["bare"]) if spelling else None


def forwarded(header: str, count: int) -> Address | None:
    """Return the client's address in an ``X-Forwarded-For`` header to which ``count`` trusted proxies have added.

    If the proxy that is farthest from us named no address, the address of the proxy next to it is returned. ``None`` if
    the header has fewer than ``count`` elements, or if no proxy named an address.
    """
    # Split at each comma, also within quotes: an address has none, and a visitor could open a quote and never close it.
    elements = [element for element in header.split(",") if element.strip()]
    if not count or len(elements) < count:
        return None
    return next((address for address in map(parse, elements[-count:]) if address is not None), None)


def network(address: Address) -> str:
    """Return the network of a client, by which it is counted: its IPv4 address, or the /64 of its IPv6 address."""
    if isinstance(address, ipaddress.IPv4Address):
        return str(address)
    return str(ipaddress.IPv6Network((int(address), HOST_PREFIX), strict=False))


def _parse_exact(text: str) -> Address | None:
    try:
        address = ipaddress.ip_address(text.strip().partition("%")[0])
    except ValueError:
        return None
    mapped: Address | None = getattr(address, "ipv4_mapped", None)
    return mapped or address
