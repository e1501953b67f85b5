"""Admin commands to render the shipped exhibition: ``flask --app wsgi exhibition …``."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from flask.cli import AppGroup
from PIL import Image
from sqlalchemy import select

from app.access.auth import visitors
from app.cli import uploads
from app.cli.common import json_command, print_text
from app.core.errors import MomaError
from app.requests.walk_requests import drafts, intake, recipe
from app.requests.walk_requests.recipe_pins import PinnedSettings
from app.requests.walk_requests.walk_request import WalkRequest
from app.storage import media_store
from app.storage.database import db
from app.storage.walk_models import FINISHED, Frame, Walk
from app.upkeep.operations import exhibition_programme, first_exhibition
from app.upkeep.operations.first_exhibition import RepaintCheck, ShippedWalk
from app.upkeep.processes.local_worker import provide_worker, wait_for_upload, wait_for_walk
from app.walks.saved import lifecycle
from app.walks.uploads import kinds

if TYPE_CHECKING:
    from app.upkeep.operations.first_exhibition import Picture

group = AppGroup("exhibition", help="The first exhibition, which is shipped with the project.")


@group.command("paint")
@click.option("--anew", "is_new", is_flag=True, help="Render the programme and replace the shipped walks.")
@json_command
def paint(is_new: bool) -> Any:
    """Render every shipped walk again from its recipe, and report whether it is identical, or else its PSNR."""
    with provide_worker(needed=True) as tend:
        return _render_programme(tend) if is_new else _check_repaints(tend)


def _check_repaints(tend: Callable[[], None]) -> list[dict[str, Any]]:
    likenesses = []
    for piece in first_exhibition.shipped_walks():
        wanted, pinned = recipe.request_of(piece.recipe)
        wanted.unlisted = True
        with _render(wanted, piece.folder.name, tend, pinned=pinned) as walk:
            likenesses.append(first_exhibition.compare(piece, _frames(walk)))
        _print(likenesses[-1])
    return [asdict(likeness) for likeness in likenesses]


def _render_programme(tend: Callable[[], None]) -> dict[str, Any]:
    """Render the programme until the size limit is reached; then replace the shipped walks."""
    shipped: list[str] = []
    programme = first_exhibition.programme()
    with tempfile.TemporaryDirectory(dir=first_exhibition.FOLDER.parent, prefix=".exhibition-") as folder:
        aside = Path(folder)
        for number, entry in enumerate(programme, start=1):
            with _render(entry.request, f"Piece {number}", tend) as walk:
                piece = ShippedWalk(aside / first_exhibition.name_of(number, walk, entry.title))
                first_exhibition.store(piece, walk, _frames(walk), entry.title)
            if first_exhibition.size_of(aside) > first_exhibition.BYTES_MAX:
                shutil.rmtree(piece.folder)
                break
            shipped.append(piece.folder.name)
            print_text(f"{piece.folder.name:40} evenness {walk.evenness:.2f}, jump {walk.jump:.2f}")
        first_exhibition.replace(aside)
    size = sum(first_exhibition.size_of(piece.folder) for piece in first_exhibition.shipped_walks())
    print_text(f"{len(shipped)} of {len(programme)} pieces, {size:,} bytes of {first_exhibition.BYTES_MAX:,}.")
    return {"pieces": shipped, "of": len(programme), "bytes": size}


@contextmanager
def _render(
    wanted: WalkRequest, name: str, tend: Callable[[], None], *, pinned: PinnedSettings | None = None
) -> Iterator[Walk]:
    """Render a walk without the cache, yield it, and delete it at the end.

    :raises MomaError: when the walk does not finish; the message calls it ``name``.
    """
    owner = visitors.new_token()
    if wanted.sound is not None:
        wanted.sound.id = _upload_music(wanted.sound.id, owner, tend)
    draft = drafts.draft(
        wanted,
        visitor_key=visitors.digest(first_exhibition.VISITOR),
        owner=owner,
        pinned=pinned,
        photos=exhibition_programme.pictures_for(wanted, first_exhibition.FOLDER),
    )
    walk, _ = intake.submit(draft, skip_cache=True)
    try:
        walk = wait_for_walk(walk, tend, quiet=True)
        if walk.state != FINISHED:
            raise MomaError(f"{name} ended as {walk.state}. {walk.error or ''}".strip())
        yield walk
    finally:
        lifecycle.delete_walk(walk)


def _upload_music(named: str, owner: str, tend: Callable[[], None]) -> str:
    """Upload a piece of the exhibition's music for an owner, wait until a worker has read it, and return its ID.

    The ID stands for it rather than its digest ``named``, because another processor may round a sample differently.

    :raises MomaError: when the exhibition has no such piece.
    """
    from app.upkeep.operations import exhibition_music  # which loads numpy

    score = exhibition_music.find(named)
    if score is None:
        raise MomaError(f"The exhibition has no music {named[:12]}.")
    with tempfile.NamedTemporaryFile(suffix=".wav") as file:
        file.write(score.wav())
        file.flush()
        sound = uploads.upload(kinds.OF_WALKS, Path(file.name), owner)
    wait_for_upload(sound, tend)
    return sound.id


def _frames(walk: Walk) -> list[Picture]:
    import numpy as np

    paths = db.session.scalars(select(Frame.path).where(Frame.walk_number == walk.number).order_by(Frame.index))
    pictures = []
    for path in paths:
        with media_store.store().open(path) as file, Image.open(file) as picture:
            pictures.append(np.asarray(picture.convert("RGB")))
    return pictures


def _print(likeness: RepaintCheck) -> None:
    words = "identical" if likeness.identical else f"PSNR {'∞' if likeness.psnr is None else likeness.psnr} dB"
    if not likeness.identical and likeness.shipped_psnr is not None:
        words += f" from the shipped frames, which are {likeness.shipped_psnr} dB from what was painted"
    print_text(f"{likeness.piece:40} {words}")
