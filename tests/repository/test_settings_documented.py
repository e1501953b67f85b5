"""Every setting is written down, where people look for it, with the default that it has."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

from app.config import DEFAULTS, ROOT
from tests.conftest import make_app

EXAMPLE = ROOT / "instance" / "settings.example.toml"
ROW = re.compile(r"^\| `([A-Z_]+)` \| (.+?) \| (.+) \|$", re.MULTILINE)
SAID_IN_WORDS = {"none", "empty", "made at the first start"}


def rows() -> dict[str, tuple[str, str]]:
    text = (ROOT / "docs" / "settings.md").read_text("utf-8")
    return {name: (default, meaning) for name, default, meaning in ROW.findall(text)}


def uncommented() -> str:
    """Return the example with every setting switched on."""
    return re.sub(r"^# ([a-z_]+ = )", r"\1", EXAMPLE.read_text("utf-8"), flags=re.MULTILINE)


def test_every_setting_is_explained_and_nothing_else_is() -> None:
    assert set(rows()) == set(DEFAULTS)
    assert all(meaning.endswith(".") for _, meaning in rows().values())


@pytest.mark.parametrize("name", DEFAULTS)
def test_default_is_the_documented_one(name: str) -> None:
    documented, value = rows()[name][0], DEFAULTS[name]
    if value is None:
        assert documented in SAID_IN_WORDS or documented.endswith("in the instance folder")
    elif value == "":
        assert documented == "empty"
    else:
        assert documented == f"`{str(value).lower() if isinstance(value, bool) else value}`"


def test_example_holds_every_setting_switched_off() -> None:
    assert tomllib.loads(EXAMPLE.read_text("utf-8")) == {}
    assert [name.upper() for name in tomllib.loads(uncommented())] == list(DEFAULTS)


def test_example_states_the_defaults_where_there_are_any() -> None:
    stated = {name.upper(): value for name, value in tomllib.loads(uncommented()).items()}
    assert {name: stated[name] for name, value in DEFAULTS.items() if value is not None} == {
        name: value for name, value in DEFAULTS.items() if value is not None
    }


def test_example_can_be_used_as_it_is(instance: Path) -> None:
    (instance / "settings.toml").write_text(EXAMPLE.read_text("utf-8"), "utf-8")
    assert make_app(instance).config["STOPS_MAX"] == 8
