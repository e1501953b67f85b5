"""Generate the settings page and the example file from the table: ``python -m app.settings.pages``."""

from __future__ import annotations

import ast
import inspect
import json
import re
import textwrap
from itertools import pairwise
from pathlib import Path
from typing import Literal, get_origin

from app.settings import kinds, table

DOCS = Path("docs/settings.md")
EXAMPLE = Path("instance/settings.example.toml")
BEGIN, END = "<!-- python -m app.settings.pages writes what follows -->\n", "<!-- to here -->\n"
HEAD = "| setting | default | values | what it is |\n|---|---|---|---|"
INTRODUCTION = """\
# Settings of this site. Copy this file to settings.toml, and take the # from what you change.
# What stands here are the defaults; docs/settings.md explains each. MOMA_… in the environment wins over this file.
# python -m app.settings.pages writes this file.
"""


def docs(text: str) -> str:
    """Return the page ``text`` with its tables of settings generated again, one for each group."""
    before, rest = text.split(BEGIN)
    return before + BEGIN + "\n".join(_table(group) for group in table.GROUPS) + END + rest.split(END)[1]


def example() -> str:
    """Return a settings file with every setting, commented out."""
    return INTRODUCTION + "".join(
        f"\n# {inspect.getdoc(group)}\n" + "".join(_line(name) for name in group.model_fields) for group in table.GROUPS
    )


def _table(group: type[table.Group]) -> str:
    heading, _, more = str(inspect.getdoc(group)).partition(". ")
    lines = [f"## {heading.rstrip('.')}", *filter(None, [more]), "", HEAD]
    cells = ([f"`{name}`", _default(name), _values(name), text] for name, text in _helps(group).items())
    return "\n".join([*lines, *(f"| {' | '.join(each)} |" for each in cells), ""])


def _helps(group: type[table.Group]) -> dict[str, str]:
    """Return the help of each setting of a group, the text beneath it, parsed from the source."""
    statements = ast.parse(textwrap.dedent(inspect.getsource(group).partition("\n")[2])).body
    return {
        setting.target.id: re.sub(r"\s*\n\s*", " ", text.value.value) + "".join(_since(setting.target.id))
        for setting, text in pairwise(statements)
        if isinstance(setting, ast.AnnAssign) and isinstance(setting.target, ast.Name)
        if isinstance(text, ast.Expr) and isinstance(text.value, ast.Constant) and isinstance(text.value.value, str)
    }


def _default(name: str) -> str:
    value = table.DEFAULTS[name]
    if value is None:
        return table.marks(name, kinds.Unset)[0].words
    return "empty" if value == "" else f"`{value if isinstance(value, str) else json.dumps(value)}`"


def _values(name: str) -> str:
    kind = table.FIELDS[name].annotation
    if get_origin(kind) is list:
        return "a list"
    words = table.marks(name, kinds.Must) if kind in (bool, int, float) or get_origin(kind) is Literal else []
    bounds = [f"no less than `{each.name}`" for each in table.marks(name, kinds.AtLeast)]
    return ", ".join([*(each.removeprefix("be ") for each in words), *bounds]) or "a text"


def _since(name: str) -> list[str]:
    return [f" Since {each}." for each in table.marks(name, kinds.Since)]


def _line(name: str) -> str:
    value, comment = table.DEFAULTS[name], ""
    if value is None:
        words, value = table.marks(name, kinds.Unset)[0]
        comment = f"   # left out: {words.replace('`', '')}"
    return f"# {name.lower()} = {json.dumps(value, ensure_ascii=False)}{comment}\n"


if __name__ == "__main__":
    page = kinds.ROOT / DOCS
    page.write_text(docs(page.read_text("utf-8")), "utf-8")
    (kinds.ROOT / EXAMPLE).write_text(example(), "utf-8")
