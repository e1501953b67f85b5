"""What the stops of a walk are read as, where sketches lead the model that is to paint it.

Pages and the API show a :class:`Reading` of the same reader, by the same seed: what is shown is what is painted.
"""

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
from app.reading.reading import Reading
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
    for stop in walk.stops:
        if stop.scene is None and not walk.is_pinned:
            stop.scene = _scene(reader, stop, walk, model).as_json()


def arranged(reading: Reading, *, model: str, seed: int, walk_seed: int, hand: str = "") -> Scene:
    """Arrange what was read, and note what the painter is told of it.

    Where neither ``hand`` nor the prompt names one, the model is told one of its own, the same for a whole walk: else
    it would paint the mean of several.
    """
    known: Sequence[str] = models_on_offer.facts(model).get("unnamed", ())
    unnamed = random.Random(f"hand:{walk_seed}").choice(known) if known else ""  # noqa: S311 - drawn to be drawn again
    named = reading.hands or ((unnamed,) if unnamed and not hand else ())
    words = ", ".join([each for each in (reading.words, *named) if each])[:WORDS_MOST]
    return replace(reading.scene(seed), words=words, reader=reading.version)


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


def _scene(reader: Reader, stop: Stop, walk: Walk, model: str) -> Scene:
    seed = walk.seed_of(stop)
    reading = reader.again(stop.prompt, leave_out=stop.negative_prompt, seed=seed)
    return arranged(reading, model=model, seed=seed, walk_seed=walk.seed, hand=stop.hand)
