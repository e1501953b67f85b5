"""Render the frames of a walk with a text-to-image diffusion model that stays loaded.

The denoising loop is not diffusers' own, because a walk shares computation between its frames. What the loop needs of a
model is in `worker.diffusion.model`.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, partial
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from worker import metrics
from worker.diffusion import sketches, solver_state, solvers
from worker.diffusion import tuning as machine
from worker.diffusion.families import Text, clip_text, words
from worker.diffusion.families.inversion_files import InversionError
from worker.diffusion.fitting import choosing, gpu_options
from worker.diffusion.fitting.networks import NoGpuMemory
from worker.diffusion.inversion import InvertedPhoto, PhotoSteering, Recording, SolverCall
from worker.diffusion.latent_preview import LatentPreview
from worker.diffusion.model import Model
from worker.diffusion.model_folder import ModelError
from worker.diffusion.prepared_walk import PreparedWalk, adapter_shares, draw_noises, noise_at
from worker.diffusion.rendering import DEFAULT, GenerationError, Rendering, StopInput
from worker.diffusion.solvers import SOLVER
from worker.networks import decoding
from worker.networks.decoding import Guides
from worker.planning.latent_state import GeneratedFrame, State, between

Start = tuple[State, State, float]
"""Where a picture's denoising resumes: the states on either side, and its position between them (0 is the first)."""


def do_nothing() -> None:
    """Do nothing: the default for `on_step`."""


class WalkPipeline:
    """A loaded model with its settings on this device; not thread-safe, since torch's settings are the process's.

    `passes` counts the UNet evaluations so far, one for each picture and prediction; an enlarged picture counts as
    often as the model's own size fits into it, and at least once. `is_sketch_conditioned` is whether sketches condition
    the model. `at_once` limits the pictures in a batch, after the device ran out of memory; None is no limit.
    """

    def __init__(
        self, model: Model, setting: machine.Setting | None = None, *, measurements: Path | None = None
    ) -> None:
        """Use a model under a setting of the device; without one, measure and choose the best.

        `measurements` is the file that remembers those of the device; None remembers nothing.
        """
        self.model = model
        self.name, self.title, self.prefix, self.revision = model.name, model.title, model.prefix, model.revision
        self.device, self.size, self.is_sketch_conditioned = model.device, model.size, model.sketch_side is not None
        self.evaluations = 0
        self.at_once: int | None = None  # None: no limit
        self._setting = setting or choosing.choose(model, measurements)
        self._gpu = DEFAULT if setting else choosing.choose_gpu_options(model, self._setting, measurements)
        model.keep_precision(self._setting.precision)

    @classmethod
    def load(cls, model: str, *, measurements: Path | None = None, **options: str) -> "WalkPipeline":
        """Load a model as `Model.load` does, which may raise ModelError, and measure the device."""
        return cls(Model.load(model, **options), measurements=measurements)

    def rendering(
        self, sampling: Mapping[str, Any] | None = None, *, steps: int = 20, guidance: float = 3.5
    ) -> Rendering:
        """Complete a walk's sampling settings with the model's size and what was measured on this device.

        `sampling` is what `presets.resolve` returned; without it every step is guided, with the default solver.
        """
        sampling = sampling or {"scheduler": SOLVER, "steps": steps, "guidance": guidance}
        width, height = sampling.get("frame") or (side * sampling.get("enlarged", 1) for side in self.size)
        setting = self._setting
        return Rendering.from_sampling(
            sampling, width=width, height=height, precision=setting.precision,
            memory_format=setting.memory_format, threads=setting.threads, batch=setting.batch,
            decoder=self.model.decoder(setting.precision), gpu=self._gpu,
        )  # fmt: skip

    def prepare(
        self,
        stops: Sequence[StopInput],
        rendering: Rendering,
        *,
        closed: bool = False,
        drawings: Mapping[str, str] = MappingProxyType({}),
        cut_outs: Mapping[str, NDArray[np.uint8]] = MappingProxyType({}),
    ) -> PreparedWalk:
        """Encode the stops' prompts, draw their noise, and return the walk ready to be rendered.

        The model's prefix comes before prompts that name no style. Noise is drawn on the CPU in float32, so that a seed
        means the same on every device. `drawings` are reference drawings of the stops' scenes as SVG by digest, which
        may be missing beside the weights; `cut_outs` are those that were cut out of photos.

        :raises GenerationError: when a drawing is missing, a textual inversion cannot be used, or the model has no
            decoder for pictures of this size.
        :raises ModelError: when a setting of the rendering is unknown.
        """
        _check(rendering)
        # 1. Encode the prompts, with as many threads as pictures are rendered with.
        machine.use_threads(rendering.threads)
        watch = metrics.Laps()
        whole_prompts = [stop.prompt if stop.has_style else self.prefix + stop.prompt for stop in stops]
        encoded = [self._encode(prompt, stop) for prompt, stop in zip(whole_prompts, stops, strict=True)]
        texts = [text for pair in zip(*encoded, strict=True) for text in pair if text is not None]
        both = clip_text.pad_to_longest(texts)
        prompts, negatives = both[: len(stops)], both[len(stops) :]
        if rendering.finer not in (1, self.model.finest):
            raise GenerationError(f"the model {self.name} ({self.revision}) has no stage for pictures so much finer")
        # 2. Draw the noise.
        channels, scale = self.model.latent_shape[0], self.model.scale * rendering.finer
        shape = (channels, rendering.height // scale, rendering.width // scale)
        count = solvers.count_added_noises(rendering.scheduler, rendering.steps)
        noises = np.stack([draw_noises(stop.seed, 1 + count, shape) for stop in stops])
        watch.lap("text")
        # 3. Note what was not read of the texts, and prepare the sketches.
        prepared = PreparedWalk(
            rendering=rendering, prompts=words.stack_texts([prompt.states for prompt in prompts]),
            negatives=words.stack_texts([negative.states for negative in negatives]) if negatives else None,
            noises=noises[:, 0],
            notes=tuple(
                self.model.note(
                    prompt, stop.subject or stop.prompt,
                    weighted=(stop.written or prompt, stop.negative_prompt), options=stop.options,
                )
                for prompt, stop in zip(whole_prompts, stops, strict=True)
            ),
            pooled=words.stack_pooled(prompts, negatives), added_noises=noises[:, 1:] if count else None,
            closed=closed, adapters=tuple(stop.adapters for stop in stops),
            sketches=sketches.make_sketches(
                self.model, [stop.scene for stop in stops], styles=[stop.style for stop in stops],
                latents=shape[1:], finer=rendering.finer, added=drawings, cut_outs=cut_outs, closed=closed,
            ),
        )  # fmt: skip
        watch.lap("sketch")
        return prepared

    def _encode(self, prompt: str, stop: StopInput) -> tuple[Text, Text | None]:
        """Encode a stop's texts; raise GenerationError when a textual inversion cannot be used."""
        try:
            return self.model.encode(prompt, stop.negative_prompt, stop.adapters, stop.options)
        except InversionError as error:
            raise GenerationError(f"the model {self.name} ({self.revision}) painted no picture: {error}") from error

    def paint(
        self,
        prepared: PreparedWalk,
        positions: Sequence[float],
        *,
        start: Sequence[Start] | None = None,
        until: int | None = None,
        keep: Sequence[int] = (),
        decode: bool = True,
        pad: int = 1,
        ahead: Sequence[float] = (),
        on_step: Callable[[], None] = do_nothing,
    ) -> list[GeneratedFrame]:
        """Render one batch: the pictures at these global positions.

        Denoising starts from noise, or from `start`, one for each position and all of one depth; it ends at the
        solver's last step, or at step `until`, where `decode` shows the clean picture that is expected. States and
        thumbnails are stored at the depths in `keep`. A batch smaller than `pad` is filled up, because a picture's last
        bits depend on the batch's size. Meanwhile other processes draw the sketches at the positions `ahead`. `on_step`
        is called after every step of the solver.

        :raises GenerationError: when the result is NaN or infinite even in float32, or a GPU has no room for float32.
        """
        rendering = prepared.rendering
        batch = _Batch(
            positions=[*positions, *[positions[-1]] * (pad - len(positions))],
            start=None if start is None else [*start, *[start[-1]] * (pad - len(start))],
            until=rendering.steps if until is None else until, keep=frozenset(keep), decode=decode, ahead=ahead,
        )  # fmt: skip
        for precision in dict.fromkeys((rendering.precision, "float32")):
            try:
                with gpu_options.applied(rendering.gpu, self.device):
                    painted = self._paint(prepared, batch, replace(rendering, precision=precision), on_step)
            except NoGpuMemory as error:
                raise GenerationError(f"the model {self.name} ({self.revision}) painted no picture: {error}") from error
            if painted is not None:
                return painted[: len(positions)]
        raise GenerationError(f"the model {self.name} ({self.revision}) painted no picture: its numbers overflow")

    @torch.inference_mode()
    def _paint(
        self, prepared: PreparedWalk, batch: "_Batch", rendering: Rendering, on_step: Callable[[], None]
    ) -> list[GeneratedFrame] | None:
        """Render a batch in one precision; return None when the result is NaN or infinite."""
        # 1. Prepare the networks, the solver and the starting latents.
        machine.use_threads(rendering.threads)
        preview = self.latent_preview  # first, because fitting it changes how the networks are placed
        positions, closed = batch.positions, prepared.closed
        rows = adapter_shares(prepared.adapters, positions, closed=closed)
        unet, vae = self.model.networks(rendering.precision, rendering.memory_format, rows, decoder=rendering.decoder)
        solver = self._solver(rendering, prepared.noises.shape[-2:])
        steering: Recording | PhotoSteering | None = batch.recording
        if prepared.photos:
            steering = PhotoSteering(prepared.photos, positions, self.device, closed=closed)
        depth, latents, history = self._starting_state(prepared, batch, solver)
        solver_state.resume(solver, depth, history)
        # 2. Prepare the conditioning (texts and sketches) and the noise that the solver adds.
        texts = words.at(prepared.prompts, prepared.negatives, prepared.pooled, positions, self.device, closed=closed)
        sketch_tensor = None if prepared.sketches is None else self._tensor(prepared.sketches.at(positions))
        guides = None if prepared.sketches is None else prepared.sketches.guides(positions)
        if prepared.sketches is not None:
            prepared.sketches.draw_ahead(batch.ahead)
        added_noises = partial(self._added_noise, prepared, positions)
        # 3. Denoise, and store the intermediate samples that later pictures start from.
        painted, expected = [GeneratedFrame(position) for position in positions], latents
        is_complete = batch.until == rendering.steps
        watch = metrics.Laps()
        until = len(solver.timesteps) if is_complete else batch.until  # Heun and PNDM take some of their steps twice
        for step in range(depth, until):
            t = solver.timesteps[step]
            inputs = self.model.with_sketches(solver.scale_model_input(latents, t), sketch_tensor)
            prediction = self._predict(unet, inputs, t, texts, rendering, step)
            before = latents
            latents = solvers.step(solver, prediction, t, latents, added_noises(step))
            if steering is not None:
                call = SolverCall(solver, prediction, step, before, latents, added_noises(step))
                latents = steering.correct(call)
            is_last = step + 1 == until
            reached = batch.until if is_last else step + 1
            if reached in batch.keep or is_last:
                expected = latents if is_last and is_complete else solver_state.clean(solver, prediction, t, before)
                if steering is not None and not (is_last and is_complete):
                    expected = steering.expected_latents(step, expected)
            if reached in batch.keep:
                is_decoded = reached in rendering.decoded
                thumbnails = self._thumbnails(vae, expected, guides, rendering) if is_decoded else preview(expected)
                memory = solver_state.get_history(solver)
                _keep(painted, reached, latents, (*memory, expected) if rendering.mixing > 1 else memory, thumbnails)
            on_step()
        has_numbers = bool(torch.isfinite(latents).all())  # this waits for the device
        watch.lap("denoise")
        if not has_numbers or not _are_numbers(painted):
            return None
        if not batch.decode:
            return painted
        # 4. Decode the latents to pictures.
        if is_complete and rendering.detail:
            expected = decoding.strengthen_detail(expected, positions, rendering.detail)
        pictures = self._pictures(vae, expected, guides, rendering, finer=rendering.finer)
        watch.lap("decode")
        if not np.isfinite(pictures).all():
            return None
        pixels = (pictures * 255).round().astype(np.uint8)
        return [replace(one, picture=picture) for one, picture in zip(painted, pixels, strict=True)]

    def invert(
        self,
        prepared: PreparedWalk,
        stop: int,
        latents: NDArray[np.float32],
        *,
        on_step: Callable[[], None] = do_nothing,
    ) -> InvertedPhoto:
        """Return the corrections that lead to a picture's latents at a stop, found by sampling that stop once.

        `latents` are (channels x height x width).

        :raises GenerationError: when the result is NaN or infinite even in float32.
        """
        rendering, bare = prepared.rendering, replace(prepared, photos=())
        for precision in dict.fromkeys((rendering.precision, "float32")):
            setting = replace(rendering, precision=precision)
            recording = Recording(self._solver(setting, latents.shape[-2:]), self._tensor(latents[None]))
            batch = _Batch([float(stop)], None, setting.steps, frozenset(), decode=False, recording=recording)
            with gpu_options.applied(rendering.gpu, self.device):
                is_painted = self._paint(bare, batch, setting, on_step) is not None
            if is_painted:
                return recording.result()
        raise GenerationError(f"the model {self.name} ({self.revision}) cannot follow the photo: its numbers overflow")

    def _solver(self, rendering: Rendering, size: tuple[int, ...]) -> Any:
        """Return a new solver with its time steps for latents of this height and width."""
        solver = self.model.solver(rendering.scheduler, rendering.steps, (size[0], size[1]))
        if rendering.spacing:
            solver_state.space(solver, *rendering.spacing)
        return solver

    def _starting_state(
        self, prepared: PreparedWalk, batch: "_Batch", solver: Any
    ) -> tuple[int, torch.Tensor, tuple[torch.Tensor, ...]]:
        """Return the depth, latents and solver history that a batch starts with."""
        if batch.start is None:
            noises = np.stack([noise_at(prepared, prepared.noises, position) for position in batch.positions])
            return 0, self._tensor(noises) * solver.init_noise_sigma, ()
        blends_apart = prepared.rendering.mixing > 1
        level = solver_state.level(solver, batch.start[0][0].depth) if blends_apart else None
        states = [between(left, right, t, level) for left, right, t in batch.start]
        history = [np.stack(parts) for parts in zip(*(state.history for state in states), strict=True)]
        history = history[:-1] if blends_apart else history
        latents = self._tensor(np.stack([state.latents for state in states]))
        return states[0].depth, latents, tuple(map(self._tensor, history))

    def _added_noise(self, prepared: PreparedWalk, positions: Sequence[float], step: int) -> torch.Tensor | None:
        """Return the noise that the solver adds after this step; None where it adds none."""
        if prepared.added_noises is None or step >= prepared.added_noises.shape[1]:
            return None
        return self._tensor(
            np.stack([noise_at(prepared, prepared.added_noises[:, step], position) for position in positions])
        )

    def _tensor(self, array: NDArray[np.float32]) -> torch.Tensor:
        return torch.from_numpy(np.ascontiguousarray(array, np.float32)).to(self.device)

    def _predict(
        self, unet: Any, latents: torch.Tensor, t: torch.Tensor, texts: words.TextBatch, rendering: Rendering, step: int
    ) -> torch.Tensor:
        """Return the network's prediction; where the step is guided, both evaluations are one batch."""
        # 1. Predict the rows without and with the prompt in one batch.
        guided = rendering.guidance > 1 and self.model.is_guided and _is_within(step, rendering.guided)
        kinds = [texts.negatives, texts.prompts] if guided and texts.negatives is not None else [texts.prompts]
        area = max(1, rendering.width * rendering.height // (self.size[0] * self.size[1] * rendering.finer**2))
        self.evaluations += len(kinds) * area * len(latents)
        states, pooled = words.concatenate(kinds)
        settings: dict[str, Any] = {"guidance": rendering.guidance, "memory_format": rendering.memory_format}
        predicted = self.model.predict(unet, latents.repeat(len(kinds), 1, 1, 1), t, states, pooled, **settings)
        if len(kinds) == 1:
            return predicted
        # 2. Apply guidance.
        unguided, conditioned = predicted.chunk(2)
        return self.model.apply_guidance(unguided, conditioned, rendering.guidance)

    def _pictures(
        self, vae: Any, latents: torch.Tensor, guides: Guides | None, rendering: Rendering, *, finer: int = 1
    ) -> NDArray[np.float32]:
        """Decode latents; in float32 where only the decoder overflows, as all new walks are from then on.

        A walk of release 1.0.0, which does not record its decoder's precision, is rendered again as a whole.
        """
        options = {"finer": finer, "pixels": rendering.gpu.decoded_pixels}
        pictures = self.model.decode(vae, latents, guides, **options)
        is_full = next(vae.parameters()).dtype is torch.float32
        if is_full or np.isfinite(pictures).all() or not torch.isfinite(latents).all():
            return pictures
        self.model.upcast()
        if rendering.decoder is None:
            return pictures
        return self.model.decode(self.model.vae(), latents, guides, **options)

    def _thumbnails(
        self, vae: Any, expected: torch.Tensor, guides: Guides | None, rendering: Rendering
    ) -> NDArray[np.float32]:
        """Return thumbnails of clean latents from decoded pictures, 2 x 2 pixels for each latent."""
        pictures, side = self._pictures(vae, expected, guides, rendering), max(1, self.model.scale // 2)
        count, height, width, _ = pictures.shape
        tiles = pictures.reshape(count, height // side, side, width // side, side, 3)
        return np.asarray(tiles.mean((2, 4)), np.float32)

    @cached_property
    def latent_preview(self) -> LatentPreview:
        """The latent preview of this model, fitted on first use."""
        preview = LatentPreview.fit(self.model)
        self.model.keep_precision(self._setting.precision)
        return preview


@dataclass(frozen=True, slots=True)
class _Batch:
    """The arguments of one call of `paint`, with the batch filled up."""

    positions: list[float]
    start: list[Start] | None  # one for each position, or None for noise
    until: int  # the number of steps after which to stop
    keep: frozenset[int]  # depths
    decode: bool
    ahead: Sequence[float] = ()
    recording: Recording | None = None


def _keep(
    painted: Sequence[GeneratedFrame],
    depth: int,
    latents: torch.Tensor,
    history: Sequence[torch.Tensor],
    thumbnails: NDArray[np.float32],
) -> None:
    """Store a batch's thumbnails and states at this depth."""
    arrays = [part.float().cpu().numpy() for part in (latents, *history)]
    for i, one in enumerate(painted):
        one.thumbnails[depth] = thumbnails[i]
        one.states[depth] = State(depth, arrays[0][i], tuple(part[i] for part in arrays[1:]))


def _are_numbers(painted: Sequence[GeneratedFrame]) -> bool:
    """Return whether all thumbnails are finite: a decoder may overflow where the latents do not."""
    return all(np.isfinite(thumbnail).all() for one in painted for thumbnail in one.thumbnails.values())


def _is_within(step: int, interval: tuple[int, int] | None) -> bool:
    return interval is None or interval[0] <= step < interval[1]


def _check(rendering: Rendering) -> None:
    """Raise ModelError for a setting that this program does not know, before any work."""
    for what, name, known in (
        ("scheduler", rendering.scheduler, sorted(solvers.ALL)),
        ("precision", rendering.precision, machine.DTYPES),
        ("memory format", rendering.memory_format, machine.MEMORY_FORMATS),
    ):
        if name not in known:
            raise ModelError(f"unknown {what} {name!r}; known are {', '.join(known)}")
