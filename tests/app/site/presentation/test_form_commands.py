"""Buttons of the form: which command each is, and what is none."""

import re

import pytest

from app.core.config import ROOT
from app.site.presentation import form_commands
from app.site.presentation.form_commands import Command

EDIT = re.compile(r'name="edit"[^>]*?value="([^"]+)"')
BUTTONS_THAT_SEND = {"read", "bring", "length", "time"}
"""They show the form again, with what it was filled in with."""


@pytest.mark.parametrize(
    ("value", "command"),
    [
        ("add-stop", Command("add-stop")),
        ("drop-photo-1", Command("drop-photo", 1)),
        ("drop-1", Command("drop", 1)),
        ("more-0", Command("more", 0)),
        ("drawings", Command("drawings")),
        ("drawings-1", Command("drawings", 1)),
        ("style-1-ink-wash", Command("style", 1, "ink-wash")),
        ("whole-ink-wash", Command("whole", style="ink-wash")),
        ("change-1", Command("change", 1)),
        ("spell-1-12", Command("spell", 1, place=12)),
        ("seek-0-3", Command("seek", 0, place=3)),
        ("find-1-0", Command("find", 1)),
        ("take-0-9aBc", Command("take", 0, drawing="9aBc")),
        ("earlier-1", Command("earlier", 1)),
        ("forget-0", Command("forget", 0)),
        ("write-1-a “lemon”, 3\n<b>", Command("write", 1, words="a “lemon”, 3\n<b>")),
        ("write-0-", Command()),
        ("write-2-a lemon", Command()),
        ("write-0-" + "a" * 1001, Command()),
        ("set-size-256", Command("set", option="size", value="256")),
        ("set-steps-", Command("set", option="steps")),
        ("language-de", Command("language", value="de")),
        ("language-", Command()),
        ("language-<b>", Command()),
        ("set-seed-7", Command()),
        ("set-size-<b>", Command()),
        ("find-0", Command()),
        ("find-0-1000", Command()),
        ("spell-2-0", Command()),
        ("take-0-", Command()),
        ("take-0-../x", Command()),
        ("take-0-" + "a" * 65, Command()),
        ("more-2", Command()),
        ("style-0", Command()),
        ("whole-", Command()),
        ("whole-<b>", Command()),
        ("change-2", Command()),
        ("more-0-ink-wash", Command()),
        ("more-²", Command()),
        ("more-001", Command()),
        ("add-stop-0", Command()),
        ("", Command()),
        ("add-stop\n", Command()),
        ("x" * 100_000, Command()),
    ],
)
def test_value_is_a_command_for_a_stop_that_is_there_or_none(value: str, command: Command) -> None:
    assert form_commands.parse(value, stops=2) == command


def test_every_button_of_the_templates_is_a_command() -> None:
    pages = [path.read_text("utf-8") for path in (ROOT / "templates/pages").glob("*.html")]
    values = {
        value.replace("{{ choice.option }}", "size").replace("{{ language }}", "de")
        for page in pages
        for value in EDIT.findall(page)
    }
    values = {re.sub(r"\{\{.*?\}\}", "0", value) for value in values}
    assert len(values) > 10
    unknown = {value for value in values if form_commands.parse(value, stops=1) == Command()}
    assert unknown <= BUTTONS_THAT_SEND
