"""Where ``make run`` listens: empty variables mean the default, and unusable ones are refused by name."""

from collections.abc import Callable

import pytest

from app import run
from app.core.errors import ConfigError
from app.upkeep.processes import listening

EMPTY = ["", " ", "\r", "\t\r\n"]


@pytest.mark.parametrize("value", EMPTY)
def test_listening_with_empty_variables_is_the_default(monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    for name in (listening.HOST, listening.PORT, listening.BELOW, listening.TRUSTED):
        monkeypatch.setenv(name, value)
    assert (listening.host(), listening.port(), listening.below()) == ("127.0.0.1", 8000, "")
    listening.check_trusted()


def test_listening_ignores_space_around_variables(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {"HOST": " ::1\r", "PORT": "9000\r", "SCRIPT_NAME": "/moma/ "}.items():
        monkeypatch.setenv(name, value)
    assert (listening.host(), listening.port(), listening.below()) == ("::1", 9000, "/moma")


@pytest.mark.parametrize(
    ("text", "host"),
    [("127.0.0.1", "127.0.0.1"), ("0.0.0.0", "0.0.0.0"), ("[::1]", "::1"), ("localhost", "localhost")],  # noqa: S104
)
def test_host_accepts_addresses_and_names(text: str, host: str) -> None:
    assert listening.host(text) == host


HOSTS = "*", "0", "127.1", "0x7f000001", "127.0.0.1:8000", "http://localhost", "a b", "[", "nowhere.invalid", "ü"
PORTS = "0", "65536", "-1", "8000.0", "eighty", "tcp://10.0.0.1:8000", "²", "80 80"
PATHS = "moma", "//moma", "/a b", "/../a", "https://example.org/moma"


@pytest.mark.parametrize(
    ("variable", "text", "read", "rule"),
    [
        *(("HOST", text, listening.host, r"an address or a name of this machine, .*, not ") for text in HOSTS),
        *(("PORT", text, listening.port, r"a whole number from 1 to 65535, .*, not ") for text in PORTS),
        *(("SCRIPT_NAME", text, listening.below, "a path such as /moma") for text in PATHS),
        ("FORWARDED_ALLOW_IPS", "nginx", listening.check_trusted, "addresses or networks"),
    ],
)
def test_unusable_variable_is_refused_by_its_name(
    monkeypatch: pytest.MonkeyPatch, variable: str, text: str, read: Callable[[], object], rule: str
) -> None:
    monkeypatch.setenv(variable, text)
    with pytest.raises(ConfigError, match=f"{variable} must be {rule}"):
        read()


@pytest.mark.parametrize("text", ["*", "10.0.0.0/8, ::1"])
def test_trusted_proxies_may_be_all_or_addresses(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    monkeypatch.setenv("FORWARDED_ALLOW_IPS", text)
    listening.check_trusted()


def test_run_names_an_unusable_host(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr("sys.argv", ["run"])
    monkeypatch.setenv("HOST", "x86_64-conda-linux-gnu.invalid")
    assert run.main() == 1
    assert capsys.readouterr().err.startswith("HOST must be an address or a name of this machine")
