"""Stages of a frame, as a worker leaves them."""

from __future__ import annotations

import io

from PIL import Image
from sqlalchemy import delete

from app.storage import media_store
from app.storage.database import db, writing
from app.storage.walk_models import Medium, Task, Walk


def deliver(walk: Walk, index: int, *, steps: int = 5, side: tuple[int, int] = (16, 16)) -> None:
    """Paint the stages as a worker would."""
    rows = []
    for kind, width in (("stages", side[0]), ("sheet", steps * side[0])):
        file = io.BytesIO()
        Image.new("RGB", (width, side[1]), "red").save(file, "WEBP")
        path, etag = media_store.film_path(walk.id, f"{kind}{index}", "webp", file.getvalue())
        media_store.store().write(path, file.getvalue())
        rows.append(
            Medium(walk_number=walk.number, kind=f"{kind}{index}", path=path, bytes=len(file.getvalue()), etag=etag)
        )
    with writing() as session:
        session.execute(delete(Task).where(Task.walk_number == walk.number))
        session.add_all(rows)
    db.session.refresh(walk)
