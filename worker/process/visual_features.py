"""Visual features of films: what the house eye sees in a few frames of each, so that visitors find what looks alike.

A film is looked at once it is finished, old ones when nothing else is to do. What goes wrong here spoils no film.
"""

from __future__ import annotations

import hashlib
import logging
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from flask import current_app
from sqlalchemy import delete, select, update
from sqlalchemy.exc import IntegrityError

from app.errors import MediaError
from app.generation import hands
from app.search import visual_search
from app.storage import media_store
from app.storage.database import db, take_advisory_lock, writing
from app.storage.walk_models import FINISHED, Frame, Stop, VisualFeatures, Walk
from app.walks import reuse
from eye import Eye, EyeError
from eye.eye import WEIGHTS
from worker.film import encoding
from worker.process.walk_memory import Memory, Picture

BETWEEN = 3
"""How many frames of a leg are looked at besides its stops, as long as a walk may have so many."""

AT_ONCE = 4
"""How many old walks are looked at before somebody else may be waiting again."""

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Seen:
    """What the eye saw in a walk.

    `frames` are those it is found by, `vectors` theirs, `hands` the hands of stops that named none, and `step` is the
    mean cosine distance between those frames and the next ones.
    """

    frames: list[int]
    vectors: bytes
    hands: dict[int, str]
    step: float | None


class VisualFeatureExtractor:
    """The eye of this process, and how far back it has looked at old films."""

    def __init__(self) -> None:
        self._loading = threading.Lock()  # films are read by the threads that write them
        self._eye: Eye | None = None
        self._revision = ""
        self._is_blind = False
        self._before: int | None = None
        self._is_through = False

    def extract(self, walk: Walk, memory: Memory | None = None) -> None:
        """Look at a walk that has just been finished; a failure is logged, and only keeps it out of visual search."""
        if (eye := self.open_eye()) is None:
            return
        try:
            self._keep(walk, self._seen(eye, walk, memory))
        except (MediaError, ValueError, OSError) as error:
            log.warning("nobody looks at walk %s: %s", walk.id, error)

    def extract_older(self) -> bool:
        """Look at some of the films that nobody has looked at, the newest first; tell whether there were any."""
        if self._is_through or self.open_eye() is None:
            return False
        walks = visual_search.walks_without_features(self._before, AT_ONCE, eye=self._revision)
        for walk in walks:
            self.extract(walk)
            self._before = walk.number
        self._is_through = not walks
        return bool(walks)

    def restart(self) -> None:
        """Go through all films once more: some may have been passed over, or seen by another eye."""
        self._before, self._is_through, self._is_blind = None, False, False

    def open_eye(self) -> Eye | None:
        """Load the eye, once; say once that there is none."""
        with self._loading:
            if self._eye is None and not self._is_blind:
                folder = Path(current_app.config["EYE"])
                try:
                    self._eye = Eye.load(folder)
                    self._revision = hashlib.sha256((folder / WEIGHTS).read_bytes()).hexdigest()[:16]
                except EyeError as error:
                    self._is_blind = True
                    log.warning("nothing is found by its look here: %s", error)
            return self._eye

    def _seen(self, eye: Eye, walk: Walk, memory: Memory | None) -> Seen:
        """Look at some frames of a walk, in one batch."""
        rows = db.session.scalars(select(Frame).where(Frame.walk_number == walk.number).order_by(Frame.index)).all()
        places = choose_frames([row.position for row in rows])
        if not places:
            raise ValueError("it has no frames")
        chosen = [rows[place] for place in places]
        following = [place + 1 for place in places if place + 1 < len(rows)]
        looked_at = sorted({*places, *following})
        pictures = np.stack([_picture(rows[place], memory) for place in looked_at])
        seen, shares = eye.encode(torch.from_numpy(pictures).permute(0, 3, 1, 2).float() / 255)
        vectors = dict(zip(looked_at, seen.cpu().numpy(), strict=True))
        steps = [1 - float(vectors[place - 1] @ vectors[place]) for place in following]
        by_position = {rows[place].position: each for place, each in zip(looked_at, shares, strict=True)}
        found = {position: eye.name_style(by_position[position], among)
                 for position, among in _unasked(walk).items() if position in by_position}  # fmt: skip
        sentences = np.stack([vectors[place] for place in places])
        step = max(0.0, float(np.mean(steps))) if steps else None
        return Seen([row.index for row in chosen], visual_search.pack(sentences), found, step)

    def _keep(self, walk: Walk, seen: Seen) -> None:
        """Write down what was seen, unless the walk was taken down meanwhile."""
        try:
            with writing() as session:
                take_advisory_lock(
                    session
                )  # an index reads these rows in the order of their numbers, and would pass one over
                still = select(Walk.number).where(
                    Walk.number == walk.number, Walk.state == FINISHED, Walk.deleted_at.is_(None)
                )
                if session.scalar(still.with_for_update()) is None:
                    return
                session.execute(delete(VisualFeatures).where(VisualFeatures.walk_number == walk.number))
                session.add(
                    VisualFeatures(
                        walk_number=walk.number, eye=self._revision, frames=seen.frames, vectors=seen.vectors
                    )
                )
                family = select(Walk.number).where(reuse.same_files(walk))
                if seen.step is not None:
                    measured = {"perceptual_step": round(seen.step, 4)}
                    session.execute(update(Walk).where(Walk.number.in_(family)).values(measured))
                for position, words in seen.hands.items():
                    stops = update(Stop).where(Stop.walk_number.in_(family), Stop.position == position)
                    session.execute(stops.values(found_hand=words))
        except IntegrityError:
            log.info("another worker has looked at walk %s as well", walk.id)


def _unasked(walk: Walk) -> dict[int, list[str]]:
    """Return the positions of the stops for which the model chose the hand, and the words of those it chose among."""
    known = hands.known_to(walk)
    among = [hand.words for hand in known]
    return {stop.position: among for stop in walk.stops if not stop.hand and not hands.is_named(stop.prompt, known)}


def choose_frames(positions: Sequence[float]) -> list[int]:
    """Choose frames by their positions: those nearest to the stops and to what lies between, in their order."""
    if not positions:
        return []
    legs = max(1, round(positions[-1]))
    steps = max(1, min(BETWEEN + 1, (visual_search.FRAMES - 1) // legs))
    aims = [leg + step / steps for leg in range(legs) for step in range(steps)] + [float(legs)]
    places = np.abs(np.subtract.outer(aims, positions)).argmin(axis=1)
    return sorted({int(place) for place in places})[: visual_search.FRAMES]


def _picture(row: Frame, memory: Memory | None) -> Picture:
    picture = memory.pictures.get(row.position) if memory else None
    return encoding.decode_still(media_store.store().read_bytes(row.path)) if picture is None else picture
