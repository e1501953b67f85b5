"""Admin commands for the drawings that walks are painted after: ``flask --app wsgi drawings …``."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Any

import click
from flask.cli import AppGroup

from app.cli.common import as_json, explain_errors, print_json
from app.drawings import offered
from app.errors import InvalidInput
from app.moderation import drawing_curation
from app.moderation.audit_log import COMMAND
from app.moderation.drawing_curation import Outcome
from app.moderation.drawing_request import DrawingRequest
from sketch import svg
from sketch.sketchbook import Drawing

group = AppGroup("drawings", help="Add drawings to the sketchbook of models that sketches lead, without training.")

NOT_TOLD = "not told"
SAID = {
    "added": "is added: prompts are read as it from now on.",
    "changed": "was here already; what you told of it is taken over.",
    "brought back": "is offered again.",
    "removed": "is removed: prompts are no longer read as it. Walks that hold it can be painted again.",
    "as it was": "was here already, as it is.",
    "shipped": "is shipped with the model; nothing was added.",
}
UNUSED = "No model on offer is led by sketches: nothing is painted after it so far."


@group.command("list")
@click.option("--all", "with_all", is_flag=True, help="Those that were removed or are shipped with a model, too.")
@as_json
@explain_errors
def list_drawings(with_all: bool, as_json: bool) -> None:
    """List the drawings that were added, the newest first."""
    rows = drawing_curation.every()
    found = [_told(row.drawing, "removed" if row.removed_at else "added") for row in rows]
    if with_all:
        known = {each["digest"] for each in found}
        books = offered.list_books()
        shipped = {digest: drawing for book in books for digest, drawing in book.drawings.items()}
        found += [_told(drawing, "shipped") for digest, drawing in shipped.items() if digest not in known]
    else:
        found = [each for each in found if each["state"] == "added"]
    if as_json:
        print_json(found)
        return
    for each in found:
        credit = f"{each['artist'] or f'artist {NOT_TOLD}'}, {each['licence'] or f'licence {NOT_TOLD}'}"
        click.echo(f"{each['digest']}  {each['state']:7}  {', '.join([each['name'], *each['words']])}  ({credit})")


@group.command("add")
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@click.argument("names")
@click.option("--kind", help="The kind of thing that it shows, such as animal-bird, from which a setting follows.")
@click.option("--style", help="Tells drawings of one name apart, as flat and classic do.")
@click.option("--artist", help="Whose it is; not told if not given.")
@click.option("--licence", help="Under which licence, best by its SPDX name; not told if not given.")
@click.option("--source", help="Where it is from, best an address.")
@as_json
@explain_errors
def add(file: Path, names: str, as_json: bool, **told: str | None) -> None:
    """Add the drawing in FILE, an SVG; NAMES are its name and other words for it, with commas between."""
    _say(drawing_curation.add(_read(file), DrawingRequest(names, **told), who=COMMAND), as_json)


@group.command("remove")
@click.argument("drawing")
@as_json
@explain_errors
def remove(drawing: str, as_json: bool) -> None:
    """Offer DRAWING (its digest or name) no longer. Walks that were painted after it keep it."""
    outcome = drawing_curation.remove(drawing, who=COMMAND)
    _say(outcome, as_json, as_it_was="was removed before.")


@group.command("restore")
@click.argument("drawing")
@as_json
@explain_errors
def restore(drawing: str, as_json: bool) -> None:
    """Offer DRAWING (its digest or name) again, which was removed."""
    outcome = drawing_curation.restore(drawing, who=COMMAND)
    _say(outcome, as_json, as_it_was="is offered as it is.")


def _read(file: Path) -> bytes:
    """Read a file as far as it can be a drawing; what is longer is refused for that, and may have no end."""
    try:
        with file.open("rb") as opened:
            return opened.read(svg.BYTES + 1)
    except OSError as error:
        raise InvalidInput.on("file", message=f"{file} cannot be read: {error.strerror or error}.") from error


def _told(drawing: Drawing, state: str) -> dict[str, Any]:
    told = {**asdict(drawing), "words": list(drawing.words)}
    for name in ("artist", "licence", "source"):
        told[name] = told[name] or None
    return told | {"state": state}


def _say(outcome: Outcome, as_json: bool, *, as_it_was: str = SAID["as it was"]) -> None:
    if as_json:
        print_json(_told(outcome.drawing, outcome.what))
    else:
        said = (SAID | {"as it was": as_it_was})[outcome.what]
        click.echo(f"{outcome.drawing.digest}  “{outcome.drawing.name}” {said}")
    if outcome.what == drawing_curation.ADDED and not offered.list_books():
        click.echo(UNUSED, err=True)
