"""One piece of painting: a batch of a walk's level. What it yields is saved, and the last of a level opens the next.

A walk's levels are on its row: what is recorded of them (see `worker.plan`) is all that a piece needs besides the
states it starts from, which are in the media store, or still in this process's memory.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import cached_property
from typing import Any

import numpy as np
from flask import current_app
from numpy.typing import NDArray
from sqlalchemy import func, insert, select
from sqlalchemy.orm import Session

from app import hands, media
from app.database import db, writing
from app.errors import MediaError
from app.models import FILM, KNOTS, PIECE_DONE, ROUND, STOPS, Frame, Piece, Walk
from worker import batch as batches
from worker import film, hanging, memory, opening, settling
from worker.claim import Claim, LeaseLost, publish, renew
from worker.hanging import Hung
from worker.looks import looking
from worker.memory import Memory
from worker.painter import Painter, Prepared, Stop
from worker.plan import Knot, Level
from worker.state import Painted, State, pack, unpack

log = logging.getLogger(__name__)

stopping = threading.Event()


class Stopped(Exception):
    """The worker was asked to stop; the piece goes back in line."""


class Painting:
    """A walk on the easel, for the time of one piece."""

    def __init__(self, claim: Claim, painter: Painter) -> None:
        self.claim = claim
        self.painter = painter
        self.memory: Memory = memory.of(claim.walk_number, painter.revision)
        self.walk = load(claim)
        self._passes = 0
        self._renewed = time.monotonic()
        self._renew_every = current_app.config["LEASE_SECONDS"] / 4

    def run(self) -> None:
        """Do the claimed piece."""
        settling.settle(self)
        if self.claim.kind == FILM:
            self._mend()
            hanging.hang(self.claim, self.walk, self.memory)
            looking.at(self.walk, self.memory)
            memory.clear(self.claim.walk_number)
            return
        self._keep(self.paint(self.claim.level, self.claim.batch))

    # What the walk's row says

    def reload(self) -> None:
        """Read the walk again, after something was written on it."""
        self.walk = load(self.claim)
        self.__dict__.pop("levels", None)

    @cached_property
    def levels(self) -> list[Level]:
        """The levels that are open; all of them where a recipe says so."""
        return [Level.from_json(level) for level in self.walk.levels or []]

    @property
    def sampling(self) -> Mapping[str, Any]:
        """What the preset comes to for this walk; empty where an old recipe knows nothing of it."""
        return self.walk.sampling or {}

    @property
    def stops(self) -> int:
        """Count the stops.

        :raises LeaseLost: when there are none any more, because the walk was deleted meanwhile.
        """
        if not self.walk.stops:
            raise LeaseLost(f"walk {self.claim.walk_id}")
        return len(self.walk.stops)

    @property
    def is_closed(self) -> bool:
        """Tell whether the last leg leads back to the first stop."""
        return bool(self.walk.ending == ROUND)

    @property
    def prepared(self) -> Prepared:
        """The encoded prompts and the noise, made once for all the pieces that this process paints of the walk."""
        if self.memory.prepared is None:
            rendering = settling.rendering(self.walk)
            self.memory.prepared = self.painter.prepare(self._stations(), rendering, closed=self.is_closed)
        return self.memory.prepared

    def _stations(self) -> list[Stop]:
        """Say what is painted at each stop: the prompt with the words of its hand, the seed drawn."""
        joined, known = hands.pattern_of(self.walk), hands.known_to(self.walk)
        return [
            Stop(
                hands.worded(stop.prompt, stop.hand, joined),
                stop.negative_prompt,
                self.walk.seed_of(stop),
                subject=stop.prompt,
                has_hand=bool(stop.hand) or hands.is_named(stop.prompt, known),
            )
            for stop in self.walk.stops
        ]

    def looks(self) -> dict[float, dict[int, NDArray[np.float32]]]:
        """Return the looks of the stops and of the last knots, from which the next level is planned."""
        last = max((number for number, level in enumerate(self.levels) if level.kind == KNOTS), default=0)
        found: dict[float, dict[int, NDArray[np.float32]]] = {}
        for number in sorted({0, last}):
            for batch in range(len(self.levels[number].batches)):
                found |= {position: dict(each.looks) for position, each in self.knots(number, batch).items()}
        return found

    # Painting

    def paint(self, number: int, batch: int) -> list[Painted]:
        """Paint one batch of a level: always the same positions together, from the same states."""
        before = self.painter.passes
        painted = batches.paint(
            self.painter,
            self.prepared,
            self.levels,
            number,
            batch,
            sampling=self.sampling,
            frames=self.walk.frames,
            states=self._state,
            on_step=self.on_step,
        )
        self._passes += self.painter.passes - before
        return painted

    def _state(self, knot: Knot, depth: int) -> State:
        level = self.levels[knot.level]
        index = level.positions.index(knot.position)
        batch = next(i for i, indices in enumerate(level.batches) if index in indices)
        return self.knots(knot.level, batch)[knot.position].states[depth]

    def knots(self, number: int, batch: int) -> dict[float, Painted]:
        """Return what a batch of stops or knots left for later pieces, by position; what was lost is painted again."""
        if (number, batch) not in self.memory.knots:
            try:
                found = unpack(media.store().read(self._knots_path(number, batch)))
            except (MediaError, ValueError, KeyError, OSError):
                log.warning("batch %s.%s of walk %s is lost and painted again", number, batch, self.walk.id)
                found = self.paint(number, batch)
            self._remember(number, batch, found)
        return self.memory.knots[number, batch]

    def _remember(self, number: int, batch: int, painted: Sequence[Painted]) -> None:
        self.memory.knots[number, batch] = {each.position: replace(each, picture=None) for each in painted}

    def _knots_path(self, number: int, batch: int) -> str:
        return f"{media.knots_folder(self.walk.id)}/{number}-{batch}.npz"

    def on_step(self) -> None:
        """Between two steps of the solver: hold the lease, and stop if the worker must."""
        if stopping.is_set():
            raise Stopped
        if time.monotonic() - self._renewed > self._renew_every:
            renew(self.claim)
            self._renewed = time.monotonic()

    # Keeping what was painted

    def _keep(self, painted: Sequence[Painted]) -> None:
        """Save a batch: files first, then the rows that name them, with the level that may open by it."""
        number, batch = self.claim.level, self.claim.batch
        level = self.levels[number]
        if level.kind in (STOPS, KNOTS):
            self._remember(number, batch, painted)
        rows = self._write(level, painted)
        hung = hanging.unfinished(self.walk, self.memory, rows) if rows else None
        opened = opening.look(self)
        while True:
            try:
                with writing() as session:
                    replaced = self._publish(session, rows, hung)
                    opening.open_next(session, self, opened)
                break
            except LeaseLost:
                hanging.withdraw(hung)
                raise
            except opening.NotPlanned:  # the others' last piece was done since we looked
                opened = opening.look(self)
        hanging.take_down(replaced)
        if opened is not None:
            opening.call(opened)

    def _write(self, level: Level, painted: Sequence[Painted]) -> list[dict[str, Any]]:
        """Write the files of a batch, side by side; return the rows of its frames."""
        pictures = {each.position: each.picture for each in painted if each.picture is not None}
        with ThreadPoolExecutor(hanging.WRITERS) as writers:
            knots = None
            if level.kind in (STOPS, KNOTS) and (left := [replace(each, picture=None) for each in painted]):
                path = self._knots_path(self.claim.level, self.claim.batch)
                knots = writers.submit(_store, media.store(), path, pack, left)
            sizes = {
                position: writers.submit(_store, media.store(), self._frame_path(position), film.still, picture)
                for position, picture in pictures.items()
            }
            if knots:
                knots.result()
            rows: list[dict[str, Any]] = [
                {"position": position, "path": self._frame_path(position), "bytes": size.result()}
                for position, size in sizes.items()
            ]
        for position, picture in pictures.items():
            self.memory.keep(position, picture)
        places = opening.places_of(self.walk, self.stops)
        ranks = opening.ranks_of(self.walk, places)
        for row in rows:
            index = places[row["position"]]
            row |= {"walk_number": self.claim.walk_number, "index": index, "rank": ranks[index]}
        return rows

    def _frame_path(self, position: float) -> str:
        return media.frame_path(self.walk.id, position)

    def _publish(self, session: Session, rows: Sequence[dict[str, Any]], hung: Hung | None) -> set[str]:
        """Record what was painted; return the paths of files that are superfluous afterwards."""
        spent = func.coalesce(Piece.seconds, 0.0) + round(self.claim.seconds, 3)
        publish(
            session,
            self.claim,
            piece={"state": PIECE_DONE, "lease_holder": None, "lease_until": None, "seconds": spent},
            painted_count=Walk.painted_count + len(rows),
            passes=func.coalesce(Walk.passes, 0) + self._passes,
            **(hanging.first_shown(self.walk) if hung else {}),
        )
        if rows:
            session.execute(insert(Frame), rows)
        return hanging.name(session, self.walk, [hung]) if hung else set()

    # Mending

    def _mend(self) -> None:
        """Paint again, in its whole batch, every frame whose file is lost: the film needs them all."""
        missing = set(hanging.lost(self.claim, self.memory))
        for number, level in enumerate(self.levels):
            for batch, indices in enumerate(level.batches):
                positions = {level.positions[index] for index in indices}
                if level.kind == KNOTS or not positions & missing:
                    continue
                log.warning("frames of walk %s are lost and painted again", self.walk.id)
                for each in self.paint(number, batch):
                    if each.position in missing:
                        self._rewrite(each)

    def _rewrite(self, painted: Painted) -> None:
        data = film.still(np.asarray(painted.picture))
        media.store().write(self._frame_path(painted.position), data)
        self.memory.keep(painted.position, np.asarray(painted.picture))
        where = Frame.walk_number == self.claim.walk_number, Frame.position == painted.position
        with writing() as session:
            publish(session, self.claim)
            for row in session.scalars(select(Frame).where(*where)):
                row.path, row.bytes = self._frame_path(painted.position), len(data)


def _store(store: media.MediaStore, path: str, code: Any, content: Any) -> int:
    data = code(content)
    store.write(path, data)
    return len(data)


def load(claim: Claim) -> Walk:
    """Read the walk of a claim as it stands.

    :raises LeaseLost: when it is gone.
    """
    found: Walk | None = db.session.scalar(
        select(Walk).where(Walk.number == claim.walk_number).execution_options(populate_existing=True)
    )
    if found is None:
        raise LeaseLost(claim.walk_id)
    return found
