"""Extraction of visual features: image embeddings of a few frames of each film, for search by visual similarity.

Features are extracted when a film is finished; films without features are processed when the queue is empty. An error
here does not affect the film.
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

from app.collection.search import visual_search
from app.core.errors import MediaError
from app.offer.generation import model_styles, walk_styles
from app.storage import media_store
from app.storage.database import db, take_advisory_lock, writing
from app.storage.walk_models import FINISHED, Frame, Stop, VisualFeatures, Walk
from app.walks.saved import reuse
from image_encoder import ImageEncoder, ImageEncoderError
from image_encoder.encoder import WEIGHTS
from worker.film import encoding
from worker.process.walk_memory import Memory, Picture

BETWEEN = 3
"""The number of frames per leg, not counting its stops, if the limit of frames per walk allows them."""

AT_ONCE = 4
"""The number of old walks that are processed before the queue is checked again."""

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Features:
    """The visual features of a walk.

    `frames` are the indices of the embedded frames, `vectors` their packed embeddings, `styles` the recognised ones of
    stops whose style is not known, by position, and `step` is the mean cosine distance between these frames and the
    next ones.
    """

    frames: list[int]
    vectors: bytes
    styles: dict[int, str]
    step: float | None


class VisualFeatureExtractor:
    """The image encoder of this process, and its progress through films without features."""

    def __init__(self) -> None:
        self._loading = threading.Lock()  # writer threads extract features, too
        self._eye: ImageEncoder | None = None
        self._revision = ""
        self._is_blind = False
        self._before: int | None = None
        self._is_through = False

    def extract(self, walk: Walk, memory: Memory | None = None) -> None:
        """Extract and store the features of a finished walk; an error is logged and excludes it from visual search."""
        if (eye := self.load_encoder()) is None:
            return
        try:
            self._store(walk, self._compute(eye, walk, memory))
        except (MediaError, ValueError, OSError) as error:
            log.warning("walk %s has no visual features: %s", walk.id, error)

    def extract_older(self) -> bool:
        """Extract features of some films without any, the newest first; return whether there were such films."""
        if self._is_through or self.load_encoder() is None:
            return False
        walks = visual_search.walks_without_features(self._before, AT_ONCE, eye=self._revision)
        for walk in walks:
            self.extract(walk)
            self._before = walk.number
        self._is_through = not walks
        return bool(walks)

    def restart(self) -> None:
        """Start again at the newest film: some may have been skipped, or have features of another image encoder."""
        self._before, self._is_through, self._is_blind = None, False, False

    def load_encoder(self) -> ImageEncoder | None:
        """Return the image encoder, loaded once; None if it cannot be loaded, which is logged once."""
        with self._loading:
            if self._eye is None and not self._is_blind:
                folder = Path(current_app.config["EYE"])
                try:
                    self._eye = ImageEncoder.load(folder)
                    self._revision = hashlib.sha256((folder / WEIGHTS).read_bytes()).hexdigest()[:16]
                except ImageEncoderError as error:
                    self._is_blind = True
                    log.warning("visual search is not available: %s", error)
            return self._eye

    def _compute(self, eye: ImageEncoder, walk: Walk, memory: Memory | None) -> Features:
        """Return the features of a walk, whose frames are encoded in one batch.

        :raises ValueError: when the walk has no frames.
        """
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
        styles = {position: eye.name_style(by_position[position], among)
                 for position, among in _stops_without_style(walk).items() if position in by_position}  # fmt: skip
        embeddings = np.stack([vectors[place] for place in places])
        step = max(0.0, float(np.mean(steps))) if steps else None
        return Features([row.index for row in chosen], visual_search.pack(embeddings), styles, step)

    def _store(self, walk: Walk, features: Features) -> None:
        """Store features, unless the walk was deleted in the meantime."""
        try:
            with writing() as session:
                take_advisory_lock(session)  # the index reads rows in order and would skip one committed late
                still = select(Walk.number).where(
                    Walk.number == walk.number, Walk.state == FINISHED, Walk.deleted_at.is_(None)
                )
                if session.scalar(still.with_for_update()) is None:
                    return
                session.execute(delete(VisualFeatures).where(VisualFeatures.walk_number == walk.number))
                session.add(
                    VisualFeatures(
                        walk_number=walk.number,
                        encoder=self._revision,
                        frames=features.frames,
                        vectors=features.vectors,
                    )
                )
                family = select(Walk.number).where(reuse.same_files(walk))
                if features.step is not None:
                    measured = {"perceptual_step": round(features.step, 4)}
                    session.execute(update(Walk).where(Walk.number.in_(family)).values(measured))
                for position, words in features.styles.items():
                    stops = update(Stop).where(Stop.walk_number.in_(family), Stop.position == position)
                    session.execute(stops.values(detected_style=words))
        except IntegrityError:
            log.info("another worker stored the visual features of walk %s", walk.id)


def _stops_without_style(walk: Walk) -> dict[int, list[str]]:
    """Return the positions of stops whose style is not known, each with the names of the model's styles."""
    known = walk_styles.known_to(walk)
    among = [style.words for style in known]
    return {
        stop.position: among for stop in walk.stops if not stop.style and not model_styles.is_named(stop.prompt, known)
    }


def choose_frames(positions: Sequence[float]) -> list[int]:
    """Return the indices of the frames to embed, ascending: those nearest to the stops and to points between them."""
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
