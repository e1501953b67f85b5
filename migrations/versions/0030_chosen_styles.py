"""The style of stops that request none: recorded, found by search, and a filter of the gallery.

Until now only the scene held it, as the last of its words for the model. Older stops get it from there if it is a style
of a shipped model, and lose the style that the image encoder recognised. Older code that runs beside newer code does
not know the column; the stops that it writes have none.
"""

import runpy
from collections.abc import Iterator, Sequence
from itertools import groupby
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0030"
down_revision = "0029"
oldest_code = "0021"

INDEX = runpy.run_path(str(Path(__file__).with_name("0014_counted_by_increments.py")))
REQUESTED = {"sqlite": INDEX["BEFORE"]["SQLITE"]["hands"], "postgresql": INDEX["BEFORE"]["POSTGRES"]["hands"]}
PAINTED = {
    "sqlite": (
        "(SELECT group_concat(' =h' || lower(hex(style)), '') FROM"
        " (SELECT DISTINCT CASE WHEN hand <> '' THEN hand ELSE chosen_style END AS style FROM stops"
        " WHERE walk_number = w.number) AS styles WHERE style <> '')"
    ),
    "postgresql": (
        "(SELECT string_agg(' =h' || encode(convert_to(style, 'UTF8'), 'hex'), '') FROM"
        " (SELECT DISTINCT CASE WHEN hand <> '' THEN hand ELSE chosen_style END AS style FROM stops"
        " WHERE walk_number = w.number) AS styles WHERE style <> '')"
    ),
}
ENTRIES = {
    "pop art": "", "paper cut-out": "", "risograph": "", "stained glass": "~stain", "mosaic": "", "cubist": "",
    "pointillist": "", "woodcut": "", "constructivist poster": "", "planes of primary colour": "~plane ~primari",
    "coloured squares": "~colour ~squar", "linocut": "", "op art lines": "~line", "op art dots": "~dot",
    "scratchboard": "", "etching": "~etch", "printed textile": "~print ~textil", "batik": "", "tapestry": "~tapestri",
    "cyanotype": "~cyanotyp", "layered paper": "~layer", "oil painting": "~paint",
    "swirling brushstrokes": "~swirl ~brushstrok", "chalk pastel": "", "charcoal": "", "watercolour": "",
    "gouache": "~gouach", "ink wash": "", "low poly": "~poli", "neon": "", "colour field": "",
    "discs of colour": "~disc", "primary-colour grid": "~primari",
}  # fmt: skip
"""The styles of the shipped models, by their words, each with the stems that the search index holds beside these."""

STOPS = sa.table(
    "stops", sa.column("walk_number"), sa.column("position"), sa.column("hand"), sa.column("scene", sa.JSON),
    sa.column("chosen_style"), sa.column("found_hand"),
)  # fmt: skip
WALKS = sa.table("walks", sa.column("number"), sa.column("words"))
BATCH = 100  # walks at a time


def upgrade() -> None:
    op.add_column("stops", sa.Column("chosen_style", sa.String(length=80), server_default="", nullable=False))
    _rewrite_triggers(PAINTED)
    for stops in _stops_without_style():
        chosen = {(stop.walk_number, stop.position): style for stop in stops if (style := _style_of(stop.scene))}
        for (number, position), style in chosen.items():
            at = (STOPS.c.walk_number == number, STOPS.c.position == position)
            op.execute(STOPS.update().where(*at).values(chosen_style=style, found_hand=""))
        for number, keys in groupby(chosen, key=lambda key: key[0]):
            _add_to_index(number, dict.fromkeys(chosen[key] for key in keys))


def downgrade() -> None:
    _rewrite_triggers(REQUESTED)
    op.drop_column("stops", "chosen_style")


def _rewrite_triggers(styles: dict[str, str]) -> None:
    """Write the triggers that keep the gallery's index again, with an expression for the styles of a walk."""
    is_sqlite = (dialect := op.get_bind().dialect.name) == "sqlite"
    for statement in INDEX["_sqlite" if is_sqlite else "_postgres"]():
        if (of_index := REQUESTED[dialect]) not in statement:
            continue
        if is_sqlite:
            op.execute(f"DROP TRIGGER {statement.split()[2]}")
        op.execute(sa.text(statement.replace(of_index, styles[dialect]).replace(":", r"\:")))


def _stops_without_style() -> Iterator[Sequence[sa.Row]]:
    """Yield the stops with a scene and no requested style, of some walks at a time."""
    is_open, number = (STOPS.c.hand == "", STOPS.c.scene.is_not(None)), STOPS.c.walk_number
    walks = sa.select(number).where(*is_open).distinct().order_by(number).limit(BATCH)
    stops = sa.select(number, STOPS.c.position, STOPS.c.scene).where(*is_open).order_by(number, STOPS.c.position)
    after = -1
    while numbers := op.get_bind().scalars(walks.where(number > after)).all():
        yield op.get_bind().execute(stops.where(number.in_(numbers))).all()
        after = numbers[-1]


def _style_of(scene: dict[str, Any] | None) -> str:
    """Return the style of a scene: the last of its words for the model that is one; "" without one."""
    parts = str((scene or {}).get("words", "")).split(", ")
    return next((part for part in reversed(parts) if part in ENTRIES), "")


def _add_to_index(number: int, styles: dict[str, None]) -> None:
    """Append the words of styles to those by which a walk is found, and write its row of the gallery's index again."""
    words = op.get_bind().scalar(sa.select(WALKS.c.words).where(WALKS.c.number == number)) or " "
    words += "" if "~~" in words else "~~ "  # behind this, words do not make a text longer
    for style in styles:
        if f" {(spoken := style.replace('-', ' '))} " not in words:
            words += " ".join(filter(None, (spoken, ENTRIES[style]))) + " "
    op.execute(WALKS.update().where(WALKS.c.number == number).values(words=words))
