"""Admin commands for the first exhibition: ``flask --app wsgi exhibition …``."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import click
from flask.cli import AppGroup
from PIL import Image
from sqlalchemy import select

from app import exhibition, media, queue, recipe, visitor, walks
from app.command import as_json, explained, print_json
from app.commission import commission
from app.database import db
from app.errors import MomaError
from app.exhibition import Likeness, Piece
from app.models import FINISHED, Frame, Walk
from app.painters import painters, wait_for

if TYPE_CHECKING:
    from app.exhibition import Picture

group = AppGroup("exhibition", help="The first exhibition, which is shipped with the project.")


@group.command("paint")
@click.option("--write", is_flag=True, help="Paint with the site's own model, and ship what comes out.")
@as_json
@explained
def paint(write: bool, as_json: bool) -> None:
    """Paint every piece again from its recipe, and say how near it comes to the shipped one."""
    likenesses = []
    with painters(needed=True) as tend:
        for piece in exhibition.pieces():
            likenesses.append(_paint(piece, tend, write=write))
            if not as_json:
                _say(likenesses[-1])
    if as_json:
        print_json([{"piece": each.name, "identical": each.psnr is None, "psnr": each.psnr} for each in likenesses])


def _paint(piece: Piece, tend: Callable[[], None], *, write: bool) -> Likeness:
    wanted, pinned = recipe.commission_of(piece.recipe)
    wanted.unlisted = True
    if write and (workers := queue.workers()):
        model = {"model_name": workers[0]["model"], "model_revision": workers[0]["revision"]}
        pinned = pinned.model_copy(update=model)
    walk, _ = commission(wanted, visitor_key=visitor.digest(exhibition.VISITOR), pinned=pinned)
    try:
        walk = wait_for(walk, tend, quiet=True)
        if walk.state != FINISHED:
            raise MomaError(f"{piece.folder.name} ended as {walk.state}. {walk.error or ''}".strip())
        painted = _frames(walk)
        likeness = exhibition.compare(piece, painted)
        if write:
            exhibition.store(piece, walk, painted)
    finally:
        walks.delete_walk(walk)
    return likeness


def _frames(walk: Walk) -> list[Picture]:
    import numpy as np

    paths = db.session.scalars(select(Frame.path).where(Frame.walk_number == walk.number).order_by(Frame.index))
    pictures = []
    for path in paths:
        with media.store().open(path) as file, Image.open(file) as picture:
            pictures.append(np.asarray(picture.convert("RGB")))
    return pictures


def _say(likeness: Likeness) -> None:
    words = "identical" if likeness.psnr is None else f"PSNR {likeness.psnr:.2f} dB"
    click.echo(f"{likeness.name:40} {words}")
