"""Addresses of clients are read from every spelling that proxies and servers use, and are the same in each."""

import pytest

from app.core import client_address


@pytest.mark.parametrize(
    "spelling",
    [
        "{0}", " {0} ", "{0}:51231", "{0}:", '"{0}:51231"', "'{0}'", 'for="{0}:51231"', "For={0}", "{0}:_obfuscated",
        "::ffff:{0}", "[::ffff:{0}]", "[::FFFF:{0}]:51231",
    ],
)  # fmt: skip
def test_parse_reads_every_spelling_of_an_ipv4_address(spelling: str) -> None:
    assert str(client_address.parse(spelling.format("203.0.113.6"))) == "203.0.113.6"


@pytest.mark.parametrize(
    "text",
    [
        "2001:db8::6", "2001:DB8:0:0::6", "[2001:db8::6]", "[2001:db8::6]:51231", " [2001:db8::6]:51231\r",
        '"[2001:db8::6]:51231"', 'for="[2001:db8::6]:4711"', "[2001:db8::6%25eth0]:51231", "2001:db8::6%eth0",
        "2001:db8:0:0:0:0:0:6:51231",
    ],
)  # fmt: skip
def test_parse_reads_every_spelling_of_an_ipv6_address(text: str) -> None:
    assert str(client_address.parse(text)) == "2001:db8::6"


@pytest.mark.parametrize(
    "text",
    [None, "", " ", "unknown", "_hidden", "unix:", "example.org", "203.0.113", "203.0.113.6:x", "[]", "[:1", ":"],
)
def test_parse_without_an_address_returns_none(text: str | None) -> None:
    assert client_address.parse(text) is None


@pytest.mark.parametrize(
    ("header", "count", "address"),
    [
        ("203.0.113.6:1, 198.51.100.1:2", 1, "198.51.100.1"), ("203.0.113.6:1, 198.51.100.1:2", 2, "203.0.113.6"),
        ("203.0.113.6", 2, None), ("203.0.113.6", 0, None), ("unknown, 198.51.100.1", 2, "198.51.100.1"),
        ("unknown", 1, None), ('"x, 198.51.100.1', 1, "198.51.100.1"), ("", 1, None),
    ],
)  # fmt: skip
def test_forwarded_returns_what_the_trusted_proxies_named(header: str, count: int, address: str | None) -> None:
    found = client_address.forwarded(header, count)
    assert (found and str(found)) == address


@pytest.mark.parametrize(
    ("text", "network"),
    [("203.0.113.6", "203.0.113.6"), ("2001:db8:1:2:3::4", "2001:db8:1:2::/64"), ("::1", "::/64")],
)
def test_network_is_an_ipv4_address_or_a_64_bit_prefix(text: str, network: str) -> None:
    address = client_address.parse(text)
    assert address is not None
    assert client_address.network(address) == network
