"""Make the cards of walks that have none: those of releases before 1.2."""

from __future__ import annotations

import io
from dataclasses import dataclass, field
from typing import Any

from PIL import Image
from sqlalchemy import Select, select
from sqlalchemy.orm import aliased

from app.core.errors import MediaError, MomaError
from app.core.progress import Report, ignore
from app.storage import media_store
from app.storage.database import db, writing
from app.storage.walk_models import Medium
from app.upkeep.operations import stored_paths
from app.walks.saved import cards

POSTER = "poster"


@dataclass(slots=True)
class CardSummary:
    """How many cards were made, and why others could not be."""

    made: int = 0
    amiss: list[str] = field(default_factory=list)


def make_missing(report: Report = ignore) -> CardSummary:
    """Make a card of every stored poster whose walk has none; call ``report`` after each file.

    Walks that share a poster share its card. The command can be interrupted and repeated, while the site is running.
    """
    found, posters = CardSummary(), _without_card(Medium.path)
    total = stored_paths.count(posters)
    for path in stored_paths.each(posters):
        try:
            found.made += _make(path)
        except MomaError as error:
            if _walks(path):  # otherwise its walk was deleted
                found.amiss.append(f"{path}: {error}")
        report("small posters made", found.made, total)
    return found


def _without_card(column: Any) -> Select[Any]:
    card = aliased(Medium)
    has_card = select(card.kind).where(card.walk_number == Medium.walk_number, card.kind == cards.KIND).exists()
    return select(column).where(Medium.kind == POSTER, ~has_card)


def _walks(poster: str) -> list[int]:
    numbers = list(db.session.scalars(_without_card(Medium.walk_number).where(Medium.path == poster)))
    db.session.rollback()
    return numbers


def _make(poster: str) -> bool:
    """Make one card; return whether its walk still had none.

    :raises MediaError: when the poster cannot be read, or the card cannot be written.
    """
    store = media_store.store()
    data = store.read_bytes(poster)
    try:
        with Image.open(io.BytesIO(data)) as picture:
            card = cards.encode(picture)
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
        raise MediaError(f"it cannot be read: {error}") from error
    if card is None:
        raise MediaError("this Pillow writes no AVIF")
    path, digest = media_store.film_path(poster.split("/")[1], cards.KIND, cards.EXTENSION, card)
    store.write(path, card)
    with writing() as session:
        numbers = session.scalars(_without_card(Medium.walk_number).where(Medium.path == poster)).all()
        session.add_all(
            Medium(walk_number=number, kind=cards.KIND, path=path, bytes=len(card), etag=digest) for number in numbers
        )
    return bool(numbers)
