"""Convert prompts to stops as the site does, without the site."""

from __future__ import annotations

from pathlib import Path

from app.core.text import style_words
from app.core.text.embedding import Embedding
from app.offer.generation.offers import Offer
from app.reading.lexicon import Lexicon
from app.reading.reader import Reader
from app.requests.walk_requests import scenes
from worker.diffusion.rendering import StopInput
from worker.diffusion.walk_pipeline import WalkPipeline

MEANING = Path("models/meaning")
"""The shipped table of word embeddings."""


class Asking:
    """Converter of prompts to stops; for a sketch-conditioned model each prompt is parsed and arranged as a scene."""

    def __init__(self, painter: WalkPipeline, model: Path, meaning: Path = MEANING) -> None:
        """Load the prompt parser if the model is sketch-conditioned."""
        self._offer, self._reader = Offer.load(str(model)), None
        if painter.model.sketch_side:
            book = painter.model.sketchbook
            lexicon, embedding = Lexicon.load(model), Embedding.load(meaning)
            self._reader = Reader(lexicon, book.drawings.values(), embedding, look_of=book.appearance)

    def stop(self, prompt: str, seed: int, hand: str = "") -> StopInput:
        """Return the stop for a prompt in a style; without a style, the model chooses one."""
        scene = None
        said = prompt
        if self._reader is not None:
            reading = self._reader.read(prompt, seed=seed)
            scene = scenes.arrange(reading, offer=self._offer, seed=seed, walk_seed=seed, requested_style=hand)
            said = scene.words
        written = style_words.append(said, hand, self._offer.style_pattern)
        return StopInput(written, "", seed, said, bool(hand), scene)
