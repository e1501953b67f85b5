"""What the stops of a walk are read as, where sketches lead the model that is to paint it."""

from __future__ import annotations

import logging
import random
from collections.abc import Sequence
from dataclasses import replace
from functools import lru_cache
from pathlib import Path

from app.drawings import sketchbooks
from app.generation import models_on_offer
from app.reading.lexicon import Lexicon, LexiconError
from app.reading.reader import Reader
from app.search import semantic_search
from app.search.vector_index import SourceError
from app.storage.walk_models import Stop, Walk
from app.text.embedding import Embedding
from sketch.scene import WORDS_MOST, Scene
from sketch.sketchbook import Sketchbook, SketchbookError

log = logging.getLogger(__name__)


def read_stops(walk: Walk, parent: Walk | None = None) -> None:
    """Give each stop the scene that its prompt is read as, unless it brings one; none where no sketch leads the model.

    A walk that goes on from another begins with that one's last scene, or there would be a seam.
    """
    model = models_on_offer.setting(walk.model)
    reader = reader_of(model)
    if reader is None:
        for stop in walk.stops:
            stop.scene = None
        return
    if parent is not None and walk.stops[0].scene is None:
        walk.stops[0].scene = parent.stops[-1].scene
    hand = _hand(models_on_offer.facts(model).get("unnamed", ()), walk.seed)
    for stop in walk.stops:
        if stop.scene is None and not walk.is_pinned:
            stop.scene = _scene(reader, stop, walk.seed_of(stop), hand).as_json()


def reader_of(model: str) -> Reader | None:
    """Return what reads prompts for a model, given as it is set; None where sketches do not lead it.

    Without the model's files, prompts are painted by their words alone.
    """
    try:
        book = sketchbooks.of_model(model)
    except SketchbookError as error:
        log.error("prompts are not read: %s", error)
        return None
    if book is None:
        return None
    try:
        embedding = semantic_search.embedding()
    except SourceError:
        embedding = None
    return _loaded(Path(model), book, embedding)


@lru_cache(maxsize=4)
def _loaded(folder: Path, book: Sketchbook, embedding: Embedding | None) -> Reader | None:
    """Make the reader of a sketchbook, once a process."""
    if embedding is None:
        log.warning("prompts are read without their meaning: there is no table of it")
    try:
        return Reader(Lexicon.load(folder), book.drawings.values(), embedding)
    except LexiconError as error:
        log.error("prompts are not read: %s", error)
        return None


def _hand(known: Sequence[str], seed: int) -> str:
    """Choose the hand of prompts that name none: one for a walk, or a model would paint the mean of several."""
    return random.Random(f"hand:{seed}").choice(known) if known else ""  # noqa: S311 - drawn to be drawn again


def _scene(reader: Reader, stop: Stop, seed: int, hand: str) -> Scene:
    """Read a stop's prompt and arrange what it shows, and note what the painter is told of it.

    ``hand`` is what it is painted in where neither the stop nor its prompt names one.
    """
    reading = reader.read(stop.prompt, leave_out=stop.negative_prompt, seed=seed)
    named = reading.hands or ((hand,) if hand and not stop.hand else ())
    words = ", ".join([each for each in (reading.words, *named) if each])[:WORDS_MOST]
    return replace(reading.scene(seed), words=words, reader=reading.version)
