"""Walks without a painter: real pages in front of rows that a test writes, level by level, as workers would."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np
from flask import Flask
from numpy.typing import NDArray
from sqlalchemy import delete, select
from werkzeug.serving import WSGIRequestHandler, make_server

from app.requests.walk_requests.validation import validate
from app.storage import media_store
from app.storage.database import now, writing
from app.storage.walk_models import FINISHED, PAINTING, Frame, Medium, Walk
from tests.support import live, placing
from tests.support.house import NAME
from tests.support.live import PATIENCE
from tests.support.rows import change
from worker.film import encoding, timing, video

SIDE = 64


class PatientHandler(WSGIRequestHandler):
    """A handler that gives up on a connection over which nothing comes."""

    timeout = PATIENCE


def _closed(answer: Any) -> Iterator[bytes]:
    # Werkzeug's server does not close the answer to a browser that has gone away: its file would stay open.
    try:
        yield from answer
    finally:
        answer.close()


@contextmanager
def served(app: Flask) -> Iterator[str]:
    """Serve ``app`` on a port of its own; yield its address.

    Every request that was accepted has been answered at the end: the database session of one that is still being
    answered may not be closed by another thread.
    """

    def answered(environ: Any, start_response: Any) -> Iterator[bytes]:
        return _closed(app(environ, start_response))

    server = make_server("127.0.0.1", 0, answered, threaded=True, request_handler=PatientHandler)
    server.daemon_threads = False  # server_close() waits for the other threads only
    with live.served(server) as address:
        yield address


def picture(position: float) -> NDArray[np.uint8]:
    """Paint a place on a walk: a bar that stands where it lies between its stops."""
    pixels = np.full((SIDE, SIDE, 3), (230, 220, 60), np.uint8)
    at = round((SIDE - 8) * (position % 1 or float(position > 0)))
    pixels[:, at : at + 8] = (200, 30, 60)
    pixels[: SIDE // 2, :, 2] = round(200 * (position % 2) / 2)
    return pixels


def request_walk(*prompts: str, owner: str = "nobody", **fields: object) -> Walk:
    """Request a walk."""
    wanted = validate({"stops": [{"prompt": prompt} for prompt in prompts], "seed": 11, **fields})
    return placing.place(wanted, visitor_key="ann", owner=owner)[0]


def paint(walk: Walk, places: Sequence[float], rank: int, **values: object) -> None:
    """Paint a level: its pictures, then their rows in film order, with a film of all there are."""
    with writing() as session:
        row = session.get(Walk, walk.number)
        old = list(session.scalars(select(Frame).where(Frame.walk_number == walk.number)))
        known = [(frame.position, frame.rank, frame.path, frame.bytes) for frame in old]
        session.execute(delete(Frame).where(Frame.walk_number == walk.number))
        for position in places:
            path = f"{media_store.walk_folder(walk.id)}/frames/{position:.4f}.png"
            data = encoding.still(picture(position))
            media_store.store().write(path, data)
            known.append((position, rank, path, len(data)))
        for index, (position, rank, path, size) in enumerate(sorted(known)):
            session.add(
                Frame(walk_number=walk.number, index=index, position=position, rank=rank, path=path, bytes=size)
            )
        row.state, row.painted_count, row.width, row.height = PAINTING, len(known), SIDE, SIDE
        row.started_at = row.started_at or now()
        row.model_name, row.model_title, row.model_revision = NAME, "House model", "3f9a2c1d0e5b"
        for name, value in values.items():
            setattr(row, name, value)
        shown = [picture(position) for position, *_ in sorted(known)]
    if len(shown) > 1:
        _add_film(walk, "gif", "gif", encoding.gif(shown, 100, comment="{}"))


def finish(walk: Walk, *, hold: int = 0, **values: object) -> None:
    """Add the film of all that is painted."""
    with writing() as session:
        where = select(Frame.position).where(Frame.walk_number == walk.number).order_by(Frame.index)
        pictures = [picture(position) for position in session.scalars(where)]
    held = timing.repeats(len(pictures), walk.ending, hold)
    order = timing.film_order(len(pictures), walk.ending)
    shown = [pictures[index] for index, times in zip(order, held, strict=True) for _ in range(times)]
    _add_film(walk, "mp4", "mp4", video.mp4(shown, walk.fps, metadata={"title": walk.title, "comment": ""}))
    _add_film(walk, "poster", "png", encoding.still(pictures[len(pictures) // 2]))
    settled = {"state": FINISHED, "finished_at": now(), "paint_seconds": 2.6, "evenness": 0.91, "jump": 1.3}
    change(walk, **{**settled, "hold": hold, **values})


def _add_film(walk: Walk, kind: str, extension: str, data: bytes) -> None:
    path, etag = media_store.film_path(walk.id, kind, extension, data)
    media_store.store().write(path, data)
    with writing() as session:
        session.merge(Medium(walk_number=walk.number, kind=kind, path=path, bytes=len(data), etag=etag))
