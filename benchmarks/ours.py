"""Generate films with this project's code in process: by its presets, and by the sampler that the contenders share."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from app.core.models.facts import load_facts
from app.offer.generation import presets
from benchmarks.asking import Asking
from benchmarks.contenders import Film
from benchmarks.trajectories import Sampler
from tests.support import whole_walk
from worker.diffusion.prepared_walk import PreparedWalk
from worker.diffusion.walk_pipeline import WalkPipeline

PRESETS: tuple[str, ...] = presets.NAMES


class Ours:
    """A painter, its model's folder, and the common settings of all films of a run."""

    def __init__(self, painter: WalkPipeline, folder: Path, *, seed: int = 11) -> None:
        self.painter = painter
        self.folder = folder
        self.seed = seed
        self.facts = load_facts(str(folder))
        self._asking = Asking(painter, folder)
        self.guidance = float(self.sampling(presets.DEFAULT)["guidance"])

    def sampling(self, preset: str) -> dict[str, Any]:
        """Return a preset's settings for this model."""
        return presets.resolve(preset, self.facts)

    def sampler(self, pair: tuple[str, str], *, steps: int | None = None) -> Sampler:
        """Return a sampler for a walk between two prompts.

        It has the solver and the steps of our default preset with guidance at every step, or the given number of steps
        at the noise levels of the model's own solver.
        """
        ours = self.sampling(presets.DEFAULT) | {"guided": None, "gain": 1.0, "detail": 0.0}
        if steps:
            ours |= {"steps": steps, "spacing": None}
        rendering = self.painter.rendering(ours)
        return Sampler(self.painter, self._prepare(pair, ours), batch=rendering.batch)

    def film(self, pair: tuple[str, str], frames: int, preset: str) -> Film:
        """Return the film of a walk of two stops, generated pass by pass, as workers do."""
        sampling = self.sampling(preset)
        prepared = self._prepare(pair, sampling)
        walk = whole_walk.WholeWalk(self.painter, prepared, sampling)
        walk.paint(frames=frames)
        pictures = walk.pictures
        return Film(list(pictures), list(pictures.values()))

    def _prepare(self, pair: tuple[str, str], sampling: Mapping[str, Any]) -> PreparedWalk:
        stops = [self._asking.stop(prompt, self.seed) for prompt in pair]
        return self.painter.prepare(stops, self.painter.rendering(sampling))
