"""The settings page and the example file are those that the table of settings writes."""

import re
import tomllib
from pathlib import Path

import pytest

from app.core.config import DEFAULTS, ROOT
from app.core.settings import pages, table
from tests.conftest import make_app

EXAMPLE = ROOT / "instance" / "settings.example.toml"
ROW = re.compile(r"^\| `([A-Z_]+)` \| (.+?) \| (.+?) \| (.+) \|$", re.MULTILINE)


def uncommented() -> dict[str, object]:
    """Read the example with every setting switched on."""
    text = re.sub(r"^# ([a-z_]+ = )", r"\1", EXAMPLE.read_text("utf-8"), flags=re.MULTILINE)
    return {name.upper(): value for name, value in tomllib.loads(text).items()}


def test_written_files_are_current() -> None:
    page = (ROOT / "docs/reference/settings.md").read_text("utf-8")
    assert page == pages.docs(page), "run python -m app.core.settings.pages"
    assert EXAMPLE.read_text("utf-8") == pages.example(), "run python -m app.core.settings.pages"


def test_page_explains_every_setting_once() -> None:
    rows = ROW.findall((ROOT / "docs/reference/settings.md").read_text("utf-8"))
    assert [name for name, *_ in rows] == list(DEFAULTS)
    assert all(text.endswith(".") for *_, text in rows)


def test_page_states_defaults_ranges_bounds_and_releases() -> None:
    page = (ROOT / "docs/reference/settings.md").read_text("utf-8")
    rows = {name: (default, values, text) for name, default, values, text in ROW.findall(page)}
    assert rows["PROXIES"][:2] == ("`0`", "a whole number, 0 or greater")
    assert rows["LINE_MAX"][1] == "a whole number greater than 0, no less than `LINE_MAX_ADDRESS`"
    assert rows["LORAS"][0] == "`loras` in the instance folder"
    assert rows["LORAS"][2].endswith("Since 1.1.0.")
    assert (rows["CACHE"][:2], rows["MODELS"][:2]) == (("`true`", "true or false"), ("`[]`", "a list"))


def test_example_holds_every_setting_switched_off() -> None:
    assert tomllib.loads(EXAMPLE.read_text("utf-8")) == {}
    assert list(uncommented()) == list(DEFAULTS)


def test_example_states_the_defaults_where_there_are_any() -> None:
    stated = uncommented()
    defaults = {name: value for name, value in DEFAULTS.items() if value is not None}
    assert {name: stated[name] for name in defaults} == defaults


@pytest.mark.parametrize("name", [name for name, value in DEFAULTS.items() if value is None])
def test_example_of_a_setting_without_default_is_a_text_that_is_accepted(name: str) -> None:
    table.Settings(**{name: uncommented()[name]})


def test_example_can_be_used_as_it_is(instance: Path) -> None:
    (instance / "settings.toml").write_text(EXAMPLE.read_text("utf-8"), "utf-8")
    assert make_app(instance).config["STOPS_MAX"] == 8
