"""Where ``make run`` listens: empty variables mean the default, and unusable ones are refused by name."""

from __future__ import annotations

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


@pytest.mark.parametrize(
    "text", ["*", "0", "127.1", "0x7f000001", "127.0.0.1:8000", "http://localhost", "a b", "[", "nowhere.invalid", "ü"]
)
def test_host_refuses_what_is_no_address_by_name(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    monkeypatch.setenv("HOST", text)
    with pytest.raises(ConfigError, match=r"HOST must be an address or a name of this machine, .*, not "):
        listening.host()


@pytest.mark.parametrize("text", ["0", "65536", "-1", "8000.0", "eighty", "tcp://10.0.0.1:8000", "²", "80 80"])
def test_port_refuses_what_is_no_port_by_name(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    monkeypatch.setenv("PORT", text)
    with pytest.raises(ConfigError, match=r"PORT must be a whole number from 1 to 65535, .*, not "):
        listening.port()


@pytest.mark.parametrize("text", ["moma", "//moma", "/a b", "/../a", "https://example.org/moma"])
def test_script_name_refuses_what_is_no_path_by_name(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    monkeypatch.setenv("SCRIPT_NAME", text)
    with pytest.raises(ConfigError, match="SCRIPT_NAME must be a path such as /moma"):
        listening.below()


@pytest.mark.parametrize(("text", "is_refused"), [("*", False), ("10.0.0.0/8, ::1", False), ("nginx", True)])
def test_trusted_proxies_must_be_addresses(monkeypatch: pytest.MonkeyPatch, text: str, is_refused: bool) -> None:
    monkeypatch.setenv("FORWARDED_ALLOW_IPS", text)
    if not is_refused:
        listening.check_trusted()
        return
    with pytest.raises(ConfigError, match="FORWARDED_ALLOW_IPS must be addresses or networks"):
        listening.check_trusted()


def test_run_with_an_unusable_host_ends_with_its_name(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.argv", ["run"])
    monkeypatch.setenv("HOST", "x86_64-conda-linux-gnu.invalid")
    assert run.main() == 1
    assert capsys.readouterr().err.startswith("HOST must be an address or a name of this machine")
