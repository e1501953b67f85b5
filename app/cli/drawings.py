"""Admin commands for reference drawings: ``flask --app wsgi drawings …``."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Any

import click
from flask.cli import AppGroup

from app.cli.common import json_command, print_text
from app.collection.moderation import drawing_curation
from app.collection.moderation.audit_log import COMMAND
from app.collection.moderation.drawing_curation import Outcome
from app.collection.moderation.drawing_request import DrawingRequest
from app.core.errors import InvalidInput
from app.offer.drawings import offered
from sketch import svg
from sketch.sketchbook import Drawing

group = AppGroup("drawings", help="Add reference drawings for sketch-conditioned models, without training.")

UNKNOWN = "not named"
MESSAGES = {
    "added": "is added: prompts are read as it from now on.",
    "changed": "was here already; its names and credits are updated.",
    "brought back": "is offered again.",
    "removed": "is removed: prompts are no longer read as it. Walks that hold it can be painted again.",
    "as it was": "was here already, as it is.",
    "shipped": "is shipped with the model; nothing was added.",
}
UNUSED = "No model on offer is led by sketches: nothing is painted after it so far."


@group.command("list")
@click.option("--all", "with_all", is_flag=True, help="Include those that were removed or are shipped with a model.")
@json_command
def list_drawings(with_all: bool) -> list[dict[str, Any]]:
    """List the drawings that were added, the newest first."""
    rows = drawing_curation.every()
    found = [_fields(row.drawing, "removed" if row.removed_at else "added") for row in rows]
    if with_all:
        known = {each["digest"] for each in found}
        books = offered.list_books()
        shipped = {digest: drawing for book in books for digest, drawing in book.drawings.items()}
        found += [_fields(drawing, "shipped") for digest, drawing in shipped.items() if digest not in known]
    else:
        found = [each for each in found if each["state"] == "added"]
    for each in found:
        credit = f"{each['artist'] or f'artist {UNKNOWN}'}, {each['licence'] or f'licence {UNKNOWN}'}"
        print_text(f"{each['digest']}  {each['state']:7}  {', '.join([each['name'], *each['words']])}  ({credit})")
    return found


@group.command("add")
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@click.argument("names")
@click.option("--kind", help="The kind of thing that it shows, such as animal-bird, from which a setting follows.")
@click.option("--style", help="Distinguishes drawings of one name, such as flat and classic.")
@click.option("--artist", help="The artist; unknown if not given.")
@click.option("--licence", help="The licence, preferably its SPDX identifier; unknown if not given.")
@click.option("--source", help="Where it is from, preferably a URL.")
@json_command
def add(file: Path, names: str, **details: str | None) -> dict[str, Any]:
    """Add the drawing in FILE, an SVG; NAMES are its name and synonyms, separated by commas."""
    return _show(drawing_curation.add(_read(file), DrawingRequest(names, **details), who=COMMAND))


@group.command("remove")
@click.argument("drawing")
@json_command
def remove(drawing: str) -> dict[str, Any]:
    """Remove DRAWING (a digest or name) from those offered. Walks that use it keep it."""
    return _show(drawing_curation.remove(drawing, who=COMMAND), as_it_was="was removed before.")


@group.command("restore")
@click.argument("drawing")
@json_command
def restore(drawing: str) -> dict[str, Any]:
    """Offer the removed DRAWING (a digest or name) again."""
    return _show(drawing_curation.restore(drawing, who=COMMAND), as_it_was="is offered as it is.")


def _read(file: Path) -> bytes:
    """Return the content of a file, up to one byte more than a drawing may have, as the file may be endless.

    :raises InvalidInput: when it cannot be read.
    """
    try:
        with file.open("rb") as opened:
            return opened.read(svg.BYTES + 1)
    except OSError as error:
        raise InvalidInput.on("file", message=f"{file} cannot be read: {error.strerror or error}.") from error


def _fields(drawing: Drawing, state: str) -> dict[str, Any]:
    fields = {**asdict(drawing), "words": list(drawing.words)}
    for name in ("artist", "licence", "source"):
        fields[name] = fields[name] or None
    return fields | {"state": state}


def _show(outcome: Outcome, *, as_it_was: str = MESSAGES["as it was"]) -> dict[str, Any]:
    message = (MESSAGES | {"as it was": as_it_was})[outcome.what]
    print_text(f"{outcome.drawing.digest}  “{outcome.drawing.name}” {message}")
    if outcome.what == drawing_curation.ADDED and not offered.list_books():
        click.echo(UNUSED, err=True)
    return _fields(outcome.drawing, outcome.what)
