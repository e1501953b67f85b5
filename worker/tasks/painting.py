"""The state of a walk during one of its tasks: its row, its passes, and the results of earlier tasks.

A task needs the passes recorded on the walk's row (see `pass_plan`) and the states that it starts from, which are in
the media store or in this process's cache.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import select

from app.core.errors import MediaLost
from app.core.text import embedding_names, style_words
from app.offer.generation import adapters, embeddings, loras, offers, prompt_texts
from app.offer.generation.offers import Offer
from app.storage import media_store
from app.storage.database import db
from app.storage.drawing_models import AddedDrawing
from app.storage.task_kinds import KNOTS
from app.storage.walk_models import ROUND, StopOptions, Walk
from app.storage.wall_models import WallLeg
from app.walks.queue import fair_queue
from sketch import scene
from worker.diffusion import pass_batch as batches
from worker.diffusion.families import EmbeddingFile, TextOptions
from worker.diffusion.prepared_walk import PreparedWalk
from worker.diffusion.rendering import GenerationError, Rendering, StopInput
from worker.diffusion.walk_pipeline import WalkPipeline
from worker.networks.adapters import AdapterFile
from worker.photos.pictures import Pixels
from worker.planning.latent_state import GeneratedFrame, State, unpack
from worker.planning.pass_plan import IntermediateSample, Pass
from worker.process.walk_memory import Memory
from worker.process.worker import this_worker
from worker.queue.leases import Claim, LeaseLost
from worker.tasks import music_plan, walk_photos

log = logging.getLogger(__name__)


class Stopped(Exception):
    """The worker was asked to stop; the task returns to the queue."""


class PipelineNeeded(Exception):
    """A writer thread needs the model after all; the generating thread has to finish the task."""


class WalkInProgress:
    """A walk that is being generated, for the duration of one task."""

    def __init__(self, claim: Claim, painter: WalkPipeline) -> None:
        self.claim = claim
        self._painter = painter
        self._has_painter = True
        self.memory: Memory = this_worker().memory.get_or_create(claim.walk_number, painter.revision)
        self.walk = load(claim)
        self.offer = offers.load().of_walk(self.walk).read_files()
        self.turn = fair_queue.turn_passes()
        self.evaluations = 0
        self.spent: float | None = None

    @property
    def seconds(self) -> float:
        """The seconds for which the task kept others from being generated: not those of writing beside the next one."""
        return self.claim.seconds if self.spent is None else self.spent

    @property
    def painter(self) -> WalkPipeline:
        """The loaded pipeline of the walk's model.

        :raises PipelineNeeded: in a writer thread, which must not use it.
        """
        if not self._has_painter:
            raise PipelineNeeded(str(self.claim))
        return self._painter

    def resume(self, *, with_painter: bool) -> None:
        """Continue in another thread, with that thread's database session; only the generating thread has a painter.

        :raises LeaseLost: when the walk no longer exists.
        """
        self._has_painter = with_painter
        self.reload()

    # The walk's row

    def reload(self) -> None:
        """Load the walk's row again, after it was changed.

        :raises LeaseLost: when the walk no longer exists.
        """
        self.walk = load(self.claim)
        self.__dict__.pop("levels", None)

    @cached_property
    def levels(self) -> list[Pass]:
        """The passes planned so far; all passes for a walk made from a recipe."""
        return [Pass.from_json(level) for level in self.walk.levels or []]

    @property
    def sampling(self) -> Mapping[str, Any]:
        """The resolved sampling settings of the walk; empty for old recipes without them."""
        return self.walk.sampling or {}

    @property
    def stops(self) -> int:
        """The number of stops.

        :raises LeaseLost: when there are none, because the walk was deleted in the meantime.
        """
        if not self.walk.stops:
            raise LeaseLost(f"walk {self.claim.walk_id}")
        return len(self.walk.stops)

    @property
    def is_closed(self) -> bool:
        """Return whether the last leg leads back to the first stop."""
        return bool(self.walk.ending == ROUND)

    @cached_property
    def is_leg(self) -> bool:
        """Return whether this is a leg of a live wall, which is shown frame by frame and has no film."""
        return db.session.scalar(select(WallLeg.number).where(WallLeg.walk_id == self.walk.id).limit(1)) is not None

    @property
    def prepared(self) -> PreparedWalk:
        """The encoded prompts and the noise, computed once for all tasks of the walk in this process.

        :raises GenerationError: when a photo, style, LoRA or embedding is no longer available.
        """
        seeds = tuple(self.walk.seed_of(stop) for stop in self.walk.stops)
        if self.memory.prepared is None or self.memory.seeds != seeds:  # a stop may be painted from another seed
            self.memory.prepared, self.memory.seeds = self._prepared(rendering(self.walk)), seeds
        return self.memory.prepared

    def _prepared(self, settings: Rendering) -> PreparedWalk:
        inputs, cut_outs = self._stop_inputs(), dict[str, Pixels]()
        drawings = added_drawings(inputs)
        has_photos = any(stop.photo is not None for stop in self.walk.stops)
        if has_photos and self.painter.is_sketch_conditioned:
            ratio = settings.width / settings.height
            inputs, cut_outs = walk_photos.trace_photos(self.claim, self.walk, inputs, ratio=ratio)
        prepared = self.painter.prepare(inputs, settings, closed=self.is_closed, drawings=drawings, cut_outs=cut_outs)
        if not has_photos or self.painter.is_sketch_conditioned:
            return prepared
        before = self.painter.evaluations
        prepared = walk_photos.invert_photos(self.claim, self.walk, self.painter, prepared, go_on)
        self.evaluations += self.painter.evaluations - before
        return prepared

    def _stop_inputs(self) -> list[StopInput]:
        """Return the model input of each stop: its prompt with the style's words, its seed and its scene."""
        return [
            stop_input(
                stop.prompt,
                leave_out=stop.negative_prompt,
                seed=self.walk.seed_of(stop),
                requested_style=stop.requested_style,
                scene_json=stop.scene,
                offer=self.offer,
                sampling=self.sampling,
                options=stop.options,
            )
            for stop in self.walk.stops
        ]

    def thumbnails(self) -> dict[float, dict[int, NDArray[np.float32]]]:
        """Return the thumbnails of the stops and the last intermediate samples, which the next pass is planned from."""
        last = max((number for number, level in enumerate(self.levels) if level.kind == KNOTS), default=0)
        thumbnails: dict[float, dict[int, NDArray[np.float32]]] = {}
        for number in sorted({0, last}):
            for batch in range(len(self.levels[number].batches)):
                thumbnails |= {position: dict(each.thumbnails) for position, each in self.knots(number, batch).items()}
        return thumbnails

    # Generation

    def paint(self, number: int, batch: int) -> list[GeneratedFrame]:
        """Generate one batch of a pass; a batch always has the same positions and starts from the same states."""
        before = self.painter.evaluations
        painted = batches.paint(
            self.painter,
            self.prepared,
            self.levels,
            number,
            batch,
            sampling=self.sampling,
            frames=music_plan.planned_frames(self.walk),
            states=self._state,
            on_step=go_on,
        )
        self.evaluations += self.painter.evaluations - before
        return painted

    def paint_frame(
        self, position: float, *, size: tuple[int, int] | None = None, start: State | None = None, **options: Any
    ) -> GeneratedFrame:
        """Generate one picture as the walk's are, in a batch of its own.

        It resumes at the state `start`, else begins with noise. A `size` (width, height) other than the walk's has its
        own noise and sketches. The other options are those of `WalkPipeline.paint`.

        :raises GenerationError: as `prepared`, and when the model yields no numbers.
        """
        prepared = self.prepared
        if size is not None:
            prepared = self._prepared(replace(rendering(self.walk), width=size[0], height=size[1], batch=1))
        between = None if start is None else [(start, start, 0.0)]
        (painted,) = self.painter.paint(prepared, [position], start=between, on_step=go_on, **options)
        return painted

    def _state(self, knot: IntermediateSample, depth: int) -> State:
        level = self.levels[knot.level]
        index = level.positions.index(knot.position)
        batch = next(i for i, indices in enumerate(level.batches) if index in indices)
        return self.knots(knot.level, batch)[knot.position].states[depth]

    def knots(self, number: int, batch: int) -> dict[float, GeneratedFrame]:
        """Return the states and thumbnails of a batch of stops or samples, by position; generate lost ones again."""
        if (number, batch) not in self.memory.knots:
            try:
                stored = unpack(media_store.store().read_bytes(self.knots_path(number, batch)))
            except (MediaLost, ValueError, KeyError, OSError):
                log.warning("batch %s.%s of walk %s is lost and is generated again", number, batch, self.walk.id)
                stored = self.paint(number, batch)
            self.remember(number, batch, stored)
        return self.memory.knots[number, batch]

    def remember(self, number: int, batch: int, painted: Sequence[GeneratedFrame]) -> None:
        """Cache the states and thumbnails of a batch for later tasks of this process, without its pictures."""
        self.memory.knots[number, batch] = {each.position: replace(each, picture=None) for each in painted}

    def knots_path(self, number: int, batch: int) -> str:
        """Return the media path of a batch's states and thumbnails."""
        return f"{media_store.samples_folder(self.walk.id)}/{number}-{batch}.npz"


def go_on() -> None:
    """Note progress between two solver steps, for the heartbeat.

    :raises Stopped: when the worker is to stop.
    :raises LeaseLost: when another worker holds the task.
    """
    worker = this_worker()
    if worker.stopping.is_set():
        raise Stopped
    worker.heartbeat.note_progress()


def stop_input(
    prompt: str, *, leave_out: str, seed: int, requested_style: str, scene_json: dict[str, Any] | None, offer: Offer,
    sampling: Mapping[str, Any], options: StopOptions,
) -> StopInput:  # fmt: skip
    """Return the model input of a stop.

    ``offer`` is the model, ``requested_style`` the style, ``scene_json`` the recorded scene that the prompt was parsed
    to, and ``options`` what else the stop has.

    :raises GenerationError: when the style's adapter, the LoRA or an embedding is no longer available.
    """
    shown = None if scene_json is None else scene.read_scene(scene_json)
    text = (shown and shown.words) or prompt
    # A composed scene was laid out for a style, which the prompt then names whether the visitor chose it or the site.
    is_composed = shown is not None and shown.composition is not None
    named = style_words.named(text if is_composed else prompt, (style.words for style in offer.styles))
    laid = _adapter(requested_style, sampling, offer) | _lora(options.lora, options.lora_weight, sampling, offer)
    worded = style_words.append(text, requested_style, offer.style_pattern)
    how = TextOptions(
        sampling.get(prompt_texts.RECORDED, 0),
        options.clip_skip,
        _embeddings((prompt, worded, leave_out), sampling, offer),
    )
    return StopInput(
        worded,
        leave_out,
        seed,
        subject=text,
        has_style=bool(requested_style or named),
        scene=shown,
        adapters=laid,
        options=how,
        written=prompt,
        style=requested_style,
    )


def _adapter(style: str, sampling: Mapping[str, Any], offer: Offer) -> dict[AdapterFile, float]:
    digest = sampling.get(adapters.RECORDED, {}).get(style)
    if digest is None:
        return {}
    found = adapters.find(digest, offer.adapters)
    if found is None:
        raise GenerationError(
            f"the style {style}, in which it was to be painted, was removed here or trained again since"
        )
    return {AdapterFile(found.digest, found.path): 1.0}


def _lora(
    name: str | None, weight: float | None, sampling: Mapping[str, Any], offer: Offer
) -> dict[AdapterFile, float]:
    if not name or weight is None:
        return {}
    found = loras.find_digest(sampling.get(loras.RECORDED, {}).get(name, ""), offer.loras)
    if found is None:
        raise GenerationError(f"the LoRA {name}, with which it was to be painted, was removed here or replaced since")
    return {AdapterFile(found.digest, found.path): weight}


def _embeddings(texts: Sequence[str], sampling: Mapping[str, Any], offer: Offer) -> frozenset[EmbeddingFile]:
    """Return the embeddings that a stop's texts name: the walk's recorded ones, or those that its model ignores.

    :raises GenerationError: when a recorded embedding is no longer available.
    """
    if not sampling.get(prompt_texts.RECORDED):
        return frozenset()
    if not offer.facts.reads_weights:
        by_name = {each.name.casefold(): each for each in offer.site_embeddings}
        names = {word for text in texts for word in embedding_names.named(text, by_name)}
        return frozenset(EmbeddingFile(each.name, each.digest, each.path) for each in map(by_name.get, names) if each)
    files = set()
    recorded = {name.casefold(): (name, digest) for name, digest in sampling.get(embeddings.RECORDED, {}).items()}
    for word in {word for text in texts for word in embedding_names.named(text, recorded)}:
        name, digest = recorded[word]
        found = embeddings.find_digest(digest, offer.embeddings)
        if found is None:
            raise GenerationError(
                f"the embedding {name}, with which it was to be painted, was removed here or replaced since"
            )
        files.add(EmbeddingFile(name, digest, found.path))
    return frozenset(files)


def load(claim: Claim) -> Walk:
    """Return the walk of a claim, as it is in the database now.

    :raises LeaseLost: when it no longer exists.
    """
    walk: Walk | None = db.session.get(Walk, claim.walk_number, populate_existing=True)
    if walk is None:
        raise LeaseLost(claim.walk_id)
    return walk


def added_drawings(inputs: Sequence[StopInput]) -> dict[str, str]:
    """Return the reference drawings of the stops' scenes that curators added, removed ones included, as SVG by digest.

    They come from the database with each walk, so workers need no copy of the drawing library's additions.
    """
    digests = {thing.drawing for each in inputs if each.scene for thing in each.scene.things}
    if not digests:
        return {}
    query = select(AddedDrawing.digest, AddedDrawing.svg).where(AddedDrawing.digest.in_(digests))
    return {row.digest: row.svg for row in db.session.execute(query)}


def rendering(walk: Walk) -> Rendering:
    """Return the settings that determine the pixels of a walk that was set up."""
    full = {"scheduler": str(walk.scheduler), "steps": walk.sampler_steps, "guidance": walk.guidance}
    return Rendering.from_sampling(
        walk.sampling or full,
        width=int(walk.width or 0), height=int(walk.height or 0), precision=str(walk.precision),
        memory_format=str(walk.memory_format), threads=int(walk.threads or 1), batch=int(walk.batch or 1),
    )  # fmt: skip
