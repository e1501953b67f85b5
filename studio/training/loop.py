"""The training loop that all stages share: resumable, with averaged weights, previews, and a guard against NaN.

The random numbers of a step follow from its number (:func:`step_rng`). A run that was killed and resumes from its last
saved step therefore computes the same as it would have without the interruption.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterable, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch
from diffusers.training_utils import EMAModel
from torch import Tensor, nn

from studio.errors import StudioError
from studio.training.frugal import Frugal
from studio.training.muon import Muon
from studio.workspace.stage_command import progress
from studio.workspace.training_run import Run

BETAS = (0.9, 0.99)
LEFT_OUT = 4
"""The largest number of consecutive non-finite steps that are skipped.

Stopping at the first would not help: a resumed run would meet it again.
"""

Preview = Callable[[nn.Module, int], None]
Loss = Callable[[nn.Module, int, torch.Generator], tuple[Tensor, dict[str, Tensor]]]


@dataclass(frozen=True, slots=True)
class Schedule:
    """Number of steps, learning rate, averaging, and how often to save and to log."""

    steps: int
    rate: float = 1e-3
    warmup: int = 100
    decay: float = 0.0
    average: float = 0.999
    clip: float = 1.0
    seed: int = 1
    save_every: int = 500
    log_every: int = 20
    constant: bool = False
    cool: int = 0

    def rate_at(self, step: int) -> float:
        """Return the learning rate of a step: linear warm-up, then half a cosine down to a hundredth.

        A ``constant`` rate stays until the last ``cool`` steps, in which it falls linearly.
        """
        if step < self.warmup:
            return self.rate * (step + 1) / self.warmup
        if self.constant:
            left = (self.steps - step) / self.cool if self.cool else 1.0
            return self.rate * (0.01 + 0.99 * min(1.0, left))
        done = (step - self.warmup) / max(1, self.steps - self.warmup)
        return self.rate * (0.01 + 0.99 * 0.5 * (1 + math.cos(math.pi * min(1.0, done))))

    def settings(self) -> dict[str, Any]:
        """Return the settings for ``settings.json``; with a constant rate, without those that end the run."""
        values = asdict(self)
        return {name: value for name, value in values.items() if not self.constant or name not in ("steps", "cool")}


def step_rng(seed: int, step: int, process: int = 0) -> torch.Generator:
    """Return the random generator of one step in one process, on the CPU."""
    return torch.Generator().manual_seed(((seed * 1_000_003 + step) * 4_099 + process) & 0x7FFFFFFFFFFFFFFF)


def noise(shape: tuple[int, ...], chance: torch.Generator, device: Any) -> Tensor:
    """Return normal noise, drawn on the device itself because that is fast; ``chance`` seeds it."""
    seed = int(torch.randint(1 << 62, (), generator=chance))
    return torch.randn(shape, generator=torch.Generator(device).manual_seed(seed), device=device)


def resolve_device(device: str) -> str:
    """Return the device to run on: ``device`` itself, or for ``auto`` a GPU when there is one, else the CPU."""
    if device != "auto":
        return device
    return "cuda" if torch.cuda.is_available() else "cpu"


def accelerator(*, run: Run, precision: str = "no", trackers: Iterable[str] = (), cpu: bool = False) -> Any:
    """Return accelerate's Accelerator, with trackers that write into the run's folder.

    :raises StudioError: for an unknown tracker, or a precision that the device does not support.
    """
    from accelerate import Accelerator

    try:
        return Accelerator(
            mixed_precision=precision, log_with=list(trackers) or None, project_dir=str(run.path), cpu=cpu
        )
    except (ValueError, ImportError) as error:  # an unknown tracker, or an unsupported precision
        raise StudioError(str(error)) from error


def attention_backend(machine: Any) -> AbstractContextManager[Any]:
    """Return a context that uses plain matrix products for attention when training on a CPU in half precision.

    In this case the backward pass of torch's fused attention took a third of a training step.
    """
    from torch.nn.attention import SDPBackend, sdpa_kernel

    if machine.device.type == "cpu" and machine.mixed_precision != "no":
        return sdpa_kernel(SDPBackend.MATH)
    return nullcontext()


def fit(
    model: nn.Module,
    loss_of: Loss,
    schedule: Schedule,
    run: Run,
    *,
    machine: Any,
    settings: dict[str, Any] | None = None,
    previews: Sequence[tuple[int, Preview]] = (),
    optimiser: str = "adamw",
    beside: Any = None,
    put: Callable[[nn.Module], Path] | None = None,
) -> dict[str, Any]:
    """Train those parameters of a model that require gradients; leave it with their average and return a summary.

    ``previews`` are pairs (interval in steps, function); each function is called with the averaged model. Interval 0
    turns one off. ``optimiser`` is a key of :data:`OPTIMISERS`. ``beside`` is trained inside ``loss_of``; its
    ``state_dict`` is saved with the model's. ``put`` saves the result in one process and returns its folder, which is
    passed to a tracker that stores models.

    A step with a non-finite loss or gradient changes nothing, and is counted.

    :raises StudioError: when more than :data:`LEFT_OUT` such steps follow each other; the last good state stays.
    """
    run.begin((settings or {}) | schedule.settings(), writes=machine.is_main_process)
    machine.wait_for_everyone()
    training = _Training(model, loss_of, schedule, run, machine, OPTIMISERS[optimiser], beside)
    if machine.is_main_process and machine.trackers == [] and machine.log_with:
        machine.init_trackers("studio", init_kwargs={"wandb": {"dir": str(run.path), "name": run.name}})
    began, remaining = time.perf_counter(), schedule.steps - training.start
    steps = range(training.start, schedule.steps)
    for step in progress(steps, what=f"{run.name}, steps", total=schedule.steps, initial=training.start):
        training.take(step)
        done = step + 1
        if done % schedule.save_every == 0 or done == schedule.steps:
            training.save(done)
        if due := [preview for every, preview in previews if every and done % every == 0]:
            training.run_previews(due, done)
    training.lay_average()
    if put and machine.is_main_process:
        _track(machine, put(training.model), run.name)
    machine.end_training()
    spent = time.perf_counter() - began
    share = round(training.waited / spent, 4) if remaining > 0 and spent else 0.0
    return {"run": run.name, "steps": schedule.steps, "taken_now": max(0, remaining), "left_out": training.left_out,
            "loss": training.loss if remaining > 0 else None, "seconds": round(spent, 2),
            "waited_for_input": share}  # fmt: skip


class _Training:
    """A model in training: its optimiser, the moving average of its weights (Polyak), and counters.

    With an average of 0 the last weights are the result, and no copy of them is stored.
    """

    def __init__(
        self, model: nn.Module, loss_of: Loss, schedule: Schedule, run: Run, machine: Any, optimiser: Any, beside: Any
    ) -> None:
        self.loss_of, self.schedule, self.run, self.machine, self.beside = loss_of, schedule, run, machine, beside
        self.named = [(name, value) for name, value in model.named_parameters() if value.requires_grad]
        self.trained = [value for _, value in self.named]
        self.start, self.loss, self.waited, self.left_out, self.in_a_row = 0, float("nan"), 0.0, 0, 0
        self.average = EMAModel(self.trained, decay=schedule.average) if schedule.average else None
        optimiser = optimiser(self.trained, schedule)
        if (state := run.state()) is not None:
            self._restore(state, optimiser)
        del state  # it may take gigabytes
        self.wrapped, self.optimiser = machine.prepare(model, optimiser)
        self.model = machine.unwrap_model(self.wrapped)
        if self.average:
            self.average.to(machine.device)

    @torch.no_grad()
    def _restore(self, state: dict[str, Any], optimiser: Any) -> None:
        """Resume from a saved state: step, weights and their average by name, optimiser."""
        self.start = int(state["step"])
        for name, value in self.named:
            value.copy_(state["model"][name])
        if self.average:
            self.average.shadow_params = [state["average"][name] for name, _ in self.named]
        optimiser.load_state_dict(state["optimiser"])
        if self.beside is not None:
            self.beside.load_state_dict(state["beside"])

    def take(self, step: int) -> None:
        """Run one step, and log it when that is due.

        :raises StudioError: when too many consecutive steps were non-finite.
        """
        machine, began = self.machine, time.perf_counter()
        self.wrapped.train()
        for group in self.optimiser.param_groups:
            group["lr"] = self.schedule.rate_at(step)
        with machine.autocast(), attention_backend(machine):
            loss, metrics = self.loss_of(self.wrapped, step, step_rng(self.schedule.seed, step, machine.process_index))
        self.waited += float(metrics.pop("waited", torch.tensor(0.0)))
        with attention_backend(machine):  # checkpointed activations are computed again, by the same kernels
            machine.backward(loss)
        norm = float(machine.clip_grad_norm_(self.trained, self.schedule.clip))
        mean_loss = float(machine.reduce(loss.detach().float(), "mean"))
        if math.isfinite(mean_loss) and (math.isfinite(norm) or machine.scaler is not None):
            self.loss, self.in_a_row = mean_loss, 0
            self.optimiser.step()
            self._take_average(step)
        else:
            self.left_out, self.in_a_row = self.left_out + 1, self.in_a_row + 1
            if self.in_a_row > LEFT_OUT:
                raise self._non_finite_error(step + 1)
        self.optimiser.zero_grad(set_to_none=True)
        if machine.is_main_process and not self.in_a_row:
            self._log(step, norm, time.perf_counter() - began, metrics)

    def _take_average(self, step: int) -> None:
        """Update the average of the weights, faster during the first steps."""
        if self.average:
            self.average.optimization_step = step  # also after a resume or a skipped step
            self.average.step(self.trained)

    def _log(self, step: int, norm: float, seconds: float, metrics: dict[str, Tensor]) -> None:
        schedule, done = self.schedule, step + 1
        if done % schedule.log_every and done not in (self.start + 1, schedule.steps):
            return
        row = {"loss": self.loss, "rate": schedule.rate_at(step), "norm": norm, "seconds": round(seconds, 4)}
        row |= {name: float(value) for name, value in metrics.items()}
        row |= {"left_out": self.left_out} if self.left_out else {}
        self.run.log({"step": done} | row)
        self.machine.log(row, step=done)

    def save(self, done: int) -> None:
        """Save the state after a step, in the main process.

        :raises StudioError: when a weight is not finite; the previous state stays.
        """
        if self.machine.is_main_process:
            weights = {name: value.detach().cpu() for name, value in self.named}
            averaged = self.average.shadow_params if self.average else weights.values()
            state = {"step": done, "model": weights, "optimiser": self.optimiser.state_dict(),
                     "average": {name: value.cpu() for name, value in zip(weights, averaged, strict=True)}}  # fmt: skip
            if self.beside is not None:
                state["beside"] = self.beside.state_dict()
            if not all(bool(value.isfinite().all()) for value in weights.values()):
                raise self._non_finite_error(done)
            self.run.save_state(state)
        self.machine.wait_for_everyone()

    def run_previews(self, previews: Sequence[Preview], step: int) -> None:
        """Call previews with the averaged model in the main process, then restore the trained weights."""
        if self.machine.is_main_process:
            if self.average:
                self.average.store(self.trained)
            self.lay_average()
            self.model.eval()
            try:
                with torch.no_grad():
                    for each in previews:
                        each(self.model, step)
            finally:
                if self.average:
                    self.average.restore(self.trained)
        self.machine.wait_for_everyone()

    def lay_average(self) -> None:
        """Replace the weights by their average."""
        if self.average:
            self.average.copy_to(self.trained)

    def _non_finite_error(self, step: int) -> StudioError:
        """Return the error for a non-finite step, naming the state that is saved."""
        good = self.run.state()
        stays = f"the state after step {good['step']} is saved" if good else "nothing was saved before"
        return StudioError(f"Step {step} of {self.run.name} gave a non-finite loss (a lower --rate may help): {stays}.")


def _track(machine: Any, path: Path, name: str) -> None:
    """Upload a folder of weights to Weights & Biases when that tracks the run."""
    for tracker in machine.trackers:
        if tracker.name == "wandb":
            tracker.tracker.log_artifact(str(path), name=f"{name}-{path.name}", type="model")


OPTIMISERS: dict[str, Callable[[list[nn.Parameter], Schedule], Any]] = {
    "adamw": lambda trained, of: torch.optim.AdamW(trained, lr=of.rate, betas=BETAS, weight_decay=of.decay),
    "muon": lambda trained, of: Muon(trained, lr=of.rate, betas=BETAS, weight_decay=of.decay),
    "frugal": lambda trained, of: Frugal(trained, lr=of.rate, weight_decay=of.decay),
}
"""Optimisers by name. ``muon`` trains matrices by Muon and the rest by AdamW; the state of ``frugal`` is small."""
