"""Files of a frame as a worker leaves them: its stages, or the frame at a large size."""

import io

from PIL import Image
from sqlalchemy import delete

from app.storage import media_store
from app.storage.database import db, writing
from app.storage.walk_models import Medium, Task, Walk


def deliver(walk: Walk, index: int, *, steps: int = 5, side: tuple[int, int] = (16, 16)) -> None:
    """Paint the stages as a worker would."""
    _leave(walk, index, {"stages": side, "sheet": (steps * side[0], side[1])}, "webp")


def deliver_large(walk: Walk, index: int, *, size: tuple[int, int] = (64, 64)) -> None:
    """Paint the frame at a large size as a worker would."""
    _leave(walk, index, {"large": size}, "png")


def _leave(walk: Walk, index: int, sizes: dict[str, tuple[int, int]], extension: str) -> None:
    rows = []
    for name, size in sizes.items():
        file = io.BytesIO()
        Image.new("RGB", size, "red").save(file, extension.upper())
        path, etag = media_store.film_path(walk.id, f"{name}{index}", extension, file.getvalue())
        media_store.store().write(path, file.getvalue())
        rows.append(
            Medium(walk_number=walk.number, kind=f"{name}{index}", path=path, bytes=len(file.getvalue()), etag=etag)
        )
    with writing() as session:
        session.execute(delete(Task).where(Task.walk_number == walk.number))
        session.add_all(rows)
    db.session.refresh(walk)
