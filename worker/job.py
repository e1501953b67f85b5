"""The job: "do the next piece of work". It claims the fairest waiting walk, paints it, and looks again.

The only place that knows both the database and the painter. A piece is a whole walk, painted in batches; what each
batch yields is saved before the next begins, so an interrupted walk goes on where it stopped.
"""

from __future__ import annotations

import logging
import math
import threading
import time
from dataclasses import replace
from functools import cached_property
from typing import Any

import numpy as np
from flask import Flask, current_app
from numpy.typing import NDArray
from sqlalchemy import delete, select
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import selectinload

from app import hands, media, recipe
from app.database import db, now, writing
from app.errors import MediaError
from app.models import CANCELLED, FAILED, FINISHED, Frame, Medium, Walk
from worker import film, ruler, walk
from worker.claim import Claim, LeaseLost, claim_next, give_back, publish, renew
from worker.painter import Painter, Prepared, Rendering, Stop

FILM_PAUSE = 5.0
"""How many times as long as the last unfinished film took the next one is put off: a long walk's would eat the time."""

Picture = NDArray[np.uint8]

log = logging.getLogger(__name__)

# Larger batches cost less for each frame, but a film that grows in stages can be watched while it is painted.
STAGES = 8
SMALL_BATCH = 8

stopping = threading.Event()
_site: tuple[Flask, Painter] | None = None


class Stopped(Exception):
    """The worker was asked to stop; the walk goes back in line with the frames it has."""


class NotOurModel(Exception):
    """A recipe names another model than this worker's."""


def prepare(app: Flask, painter: Painter) -> None:
    """Give this process its application and its loaded painter, once, before any job runs."""
    global _site  # RQ calls jobs by name; what they need must be found by name too
    _site = (app, painter)


def work() -> int:
    """Paint waiting walks until none is left or the worker stops; return how many were tried."""
    if _site is None:
        raise RuntimeError("worker.job.prepare was not called")
    app, painter = _site
    count = 0
    with app.app_context():
        while not stopping.is_set() and (claim := claim_next()):
            _attempt(claim, painter)
            count += 1
    return count


def _attempt(claim: Claim, painter: Painter) -> None:
    """Paint a claimed walk; whatever goes wrong is written on it, so that failure never looks like success."""
    try:
        Painting(claim, painter).run()
    except LeaseLost:
        log.info("walk %s was cancelled or taken over; it is left alone", claim.walk_id)
        _clear_if_unwanted(claim)
    except Stopped:
        give_back(claim)
        log.info("walk %s goes back in line", claim.walk_id)
    except OperationalError:
        # The database is locked, full or away: not the walk's fault. Its lease runs out, and the sweeper counts it.
        log.warning("the database does not answer; walk %s waits for the end of its lease", claim.walk_id)
        raise
    except Exception as error:
        _fail(claim, error)
        raise
    finally:
        db.session.remove()


def _fail(claim: Claim, error: Exception) -> None:
    log.error("walk %s failed: %s", claim.walk_id, _sentence(error))  # RQ logs the traceback of what is raised again
    try:
        with writing() as session:
            ended = {"finished_at": now(), "lease_holder": None, "lease_until": None}
            publish(session, claim, state=FAILED, error=_sentence(error), **ended)
    except LeaseLost:
        log.info("walk %s was taken over before its failure was noted", claim.walk_id)


def _sentence(error: Exception) -> str:
    """Say what went wrong in words fit for the walk's page: our own, or the kind of a foreign error."""
    if isinstance(error, MediaError):
        reason = getattr(error.__cause__, "strerror", None)  # without the file's name, which says nothing to a visitor
        return f"The pictures could not be stored{f': {reason}' if reason else ''}."
    own = type(error).__module__.partition(".")[0] in ("app", "worker")
    text = str(error).strip() if own else f"{type(error).__name__} while painting"
    return text[:1].upper() + text[1:].rstrip(".") + "."


def _clear_if_unwanted(claim: Claim) -> None:
    """Delete the files of a walk that was cancelled or deleted while its last batch was being written."""
    row = db.session.scalar(select(Walk).where(Walk.number == claim.number))
    if row is not None and (row.state == CANCELLED or row.deleted_at is not None):
        media.store().delete(media.walk_folder(claim.walk_id))


class Painting:
    """One walk on the easel: its claim, its settings, and the frames there are."""

    def __init__(self, claim: Claim, painter: Painter) -> None:
        self.claim = claim
        self.painter = painter
        self.walk = _load(claim)
        self.pictures: dict[int, Picture] = {}
        self._renewed = self._next_film = time.monotonic()
        self._renew_every = current_app.config["LEASE_SECONDS"] / 4

    def run(self) -> None:
        """Paint what is missing, batch by batch, and hang the film."""
        began = time.monotonic()
        rendering = self._settle()
        stops = self._stops()
        prepared = self.painter.prepare(stops, rendering)
        self._note(prepared)
        self._take_up_frames()
        positions = self.walk.positions or []
        for indices in walk.batches(positions, len(stops), rendering.batch):
            if all(index in self.pictures for index in indices):
                continue
            pictures = self.painter.paint(prepared, [positions[index] for index in indices], on_step=self._on_step)
            self._keep(dict(zip(indices, pictures, strict=True)), began)
        self._finish(began)

    def _stops(self) -> list[Stop]:
        """Say what is painted at each stop: the prompt with the words of its hand, the seed drawn."""
        joined = hands.pattern()
        return [
            Stop(
                hands.worded(stop.prompt, stop.hand, joined),
                stop.negative_prompt,
                self.walk.seed_of(stop),
                subject=stop.prompt,
            )
            for stop in self.walk.stops
        ]

    def _settle(self) -> Rendering:
        """Fix the settings on the walk the first time, and follow them ever after."""
        row, painter = self.walk, self.painter
        if row.model_revision not in (None, painter.revision):
            if row.is_pinned:
                raise NotOurModel(
                    f"the recipe was painted by {row.model_name} {row.model_revision};"
                    f" this site paints with {painter.name} {painter.revision}"
                )
            self._begin_anew()
        if row.is_pinned and (row.width, row.height) != painter.size:
            asked, ours = _times(row.width, row.height), _times(*painter.size)
            raise NotOurModel(f"the recipe asks for pictures of {asked} pixels; this site paints {ours}")
        if row.precision is None:
            fresh = painter.rendering(steps=row.sampler_steps, guidance=row.guidance)
            fresh = replace(fresh, batch=min(fresh.batch, max(SMALL_BATCH, row.frames // STAGES)))
            settings = _columns(fresh) | {"positions": list(walk.positions(len(row.stops), row.frames))}
        else:
            settings = {}
        settings |= _model_columns(painter)
        with writing() as session:
            publish(session, self.claim, **settings)
        self.walk = _load(self.claim)
        return _rendering(self.walk)

    def _begin_anew(self) -> None:
        """Drop the frames of another model: half a walk by one and half by another would be neither's."""
        with writing() as session:
            publish(session, self.claim, precision=None, painted_count=0)
            session.execute(delete(Frame).where(Frame.walk_number == self.claim.number))
        self.walk = _load(self.claim)

    def _note(self, prepared: Prepared) -> None:
        if not any(prepared.notes):
            return
        with writing() as session:
            publish(session, self.claim)
            for stop, note in zip(self.walk.stops, prepared.notes, strict=True):
                session.merge(stop).note = note

    def _take_up_frames(self) -> None:
        """Read the frames that an earlier attempt saved; one that cannot be read is painted again."""
        for frame in self.walk.painted:
            try:
                self.pictures[frame.index] = film.decode_still(media.store().read(frame.path))
            except (MediaError, ValueError, OSError):
                log.warning("frame %s of walk %s is lost and painted again", frame.index, self.walk.id)

    def _on_step(self) -> None:
        """Between two steps of the solver: hold the lease, and stop if the worker must."""
        if stopping.is_set():
            raise Stopped
        if time.monotonic() - self._renewed > self._renew_every:
            renew(self.claim)
            self._renewed = time.monotonic()

    def _keep(self, painted: dict[int, Picture], began: float) -> None:
        """Save a batch: files first, then the rows that name them, then the better film."""
        frames = []
        for index, picture in painted.items():
            data, path = film.still(picture), media.frame_path(self.walk.id, index)
            media.store().write(path, data)
            frames.append(
                Frame(
                    walk_number=self.walk.number,
                    index=index,
                    position=(self.walk.positions or [])[index],
                    rank=self._rank(index),
                    path=path,
                    bytes=len(data),
                )
            )
        self.pictures |= painted
        complete = len(self.pictures) == self.walk.frames
        with writing() as session:
            publish(session, self.claim, painted_count=len(self.pictures), lost=0)  # what gets on kills no worker
            for frame in frames:
                session.merge(frame)
        self._renewed = time.monotonic()
        if not complete and self._renewed >= self._next_film:
            self._hang_unfinished()
            self._next_film = time.monotonic() + FILM_PAUSE * (time.monotonic() - self._renewed)
        log.debug("walk %s: %s frames after %.1f s", self.walk.id, len(self.pictures), time.monotonic() - began)

    def _hang_unfinished(self) -> None:
        """Show the film as far as it is; a store that cannot take it for once is no reason to stop painting."""
        try:
            self._hang("gif", "gif", self._gif())
        except MediaError as error:
            log.warning("walk %s is painted on without its unfinished film: %s", self.walk.id, error)

    @cached_property
    def _order(self) -> dict[int, int]:
        """Map each frame to its place in the order of painting, one by one."""
        batches = walk.batches(self.walk.positions or [], len(self.walk.stops), 1)
        return {index: late for late, (index,) in enumerate(batches)}

    def _rank(self, index: int) -> int:
        """Return how late a frame is painted by halving: 0 the stops, 1 the middles, 2 the quarters …"""
        late = self._order[index] - len(self.walk.stops)
        return 0 if late < 0 else 1 + int(math.log2(late / (len(self.walk.stops) - 1) + 1))

    def _finish(self, began: float) -> None:
        """Write the film in all its forms, measure it, and hang it: the last thing that this claim allows."""
        pictures = self._in_order()
        gif = self._gif()
        smoothness = ruler.smoothness(ruler.read_frames(gif))
        about = {
            "title": self.walk.title,
            "comment": film.provenance(
                model=str(self.walk.model_title),
                revision=str(self.walk.model_revision),
                software=str(self.walk.software),
            ),
        }
        durations = self._durations()
        webp = film.webp(pictures, durations, metadata={**about, "recipe": recipe.dumps(self.walk)})
        self._hang("webp", "webp", webp)
        self._hang("mp4", "mp4", film.mp4(pictures, self.walk.fps, metadata=about))
        self._hang("poster", "png", film.still(pictures[len(pictures) // 2], metadata=about))
        self._hang("gif", "gif", gif)
        seconds = (self.walk.paint_seconds or 0.0) + time.monotonic() - began
        with writing() as session:
            publish(
                session,
                self.claim,
                state=FINISHED,
                finished_at=now(),
                lease_holder=None,
                lease_until=None,
                paint_seconds=round(seconds, 3),
                evenness=round(smoothness.evenness, 4),
                jump=round(smoothness.jump, 4),
                error=None,
            )
        log.info("walk %s: %s frames in %.1f s", self.walk.id, self.walk.frames, seconds)

    def _gif(self) -> bytes:
        return film.gif(self._in_order(), self._durations(), comment=recipe.dumps(self.walk))

    def _durations(self) -> list[int]:
        """Return how many milliseconds each painted frame is shown."""
        return walk.durations(self.walk.positions or [], sorted(self.pictures), round(1000 / self.walk.fps))

    def _in_order(self) -> list[Picture]:
        return [self.pictures[index] for index in sorted(self.pictures)]

    def _hang(self, kind: str, extension: str, data: bytes) -> None:
        """Put a file beside the others and name it on the walk; the one that it replaces goes."""
        path, digest = media.film_path(self.walk.id, kind, extension, data)
        media.store().write(path, data)
        with writing() as session:
            publish(session, self.claim)
            old = session.get(Medium, (self.walk.number, kind))
            replaced = old.path if old is not None and old.path != path else None
            session.merge(Medium(walk_number=self.walk.number, kind=kind, path=path, bytes=len(data), etag=digest))
        if replaced:
            media.store().delete(replaced)


def _load(claim: Claim) -> Walk:
    db.session.expire_all()
    options = (selectinload(Walk.stops), selectinload(Walk.painted))
    found: Walk | None = db.session.scalar(select(Walk).where(Walk.number == claim.number).options(*options))
    if found is None or found.attempt != claim.attempt:
        raise LeaseLost(claim.walk_id)
    return found


def _columns(rendering: Rendering) -> dict[str, Any]:
    return {
        "scheduler": rendering.scheduler, "width": rendering.width, "height": rendering.height,
        "precision": rendering.precision, "memory_format": rendering.memory_format,
        "threads": rendering.threads, "batch": rendering.batch,
    }  # fmt: skip


def _model_columns(painter: Painter) -> dict[str, Any]:
    return {
        "model_name": painter.name, "model_title": painter.title, "model_revision": painter.revision,
        "prefix": painter.prefix, "software": SOFTWARE,
    }  # fmt: skip


def _rendering(row: Walk) -> Rendering:
    return Rendering(
        scheduler=str(row.scheduler), steps=row.sampler_steps, guidance=row.guidance,
        width=int(row.width or 0), height=int(row.height or 0), precision=str(row.precision),
        memory_format=str(row.memory_format), threads=int(row.threads or 1), batch=int(row.batch or 1),
    )  # fmt: skip


def _times(width: int | None, height: int | None) -> str:
    return f"{width} × {height}"


def _software() -> str:
    import diffusers
    import torch

    from app import __version__

    return f"MoMA Lisa {__version__}, diffusers {diffusers.__version__}, torch {torch.__version__}"


SOFTWARE = _software()
