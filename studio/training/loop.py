"""The loop that all training shares: resumable to the same losses, averaged, watched, never led astray by no number.

What a step sees follows from its number alone (:func:`dice`), so a run that was killed and goes on from its last kept
step computes what it would have computed.
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
"""How many steps in a row may give no number: they are left out, for a run that stopped would come to them again."""

Look = Callable[[nn.Module, int], None]
Loss = Callable[[nn.Module, int, torch.Generator], tuple[Tensor, dict[str, Tensor]]]


@dataclass(frozen=True, slots=True)
class Schedule:
    """How long, how fast, how often: steps, learning rate, and what is kept and looked at every so many steps."""

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
        """Return the learning rate of a step: a linear start, then half a cosine down to a hundredth.

        A ``constant`` one stays until the last ``cool`` steps, in which it falls in a straight line.
        """
        if step < self.warmup:
            return self.rate * (step + 1) / self.warmup
        if self.constant:
            left = (self.steps - step) / self.cool if self.cool else 1.0
            return self.rate * (0.01 + 0.99 * min(1.0, left))
        done = (step - self.warmup) / max(1, self.steps - self.warmup)
        return self.rate * (0.01 + 0.99 * 0.5 * (1 + math.cos(math.pi * min(1.0, done))))

    def settings(self) -> dict[str, Any]:
        """Return them as they stand in ``settings.json``; where the rate is constant, a run may end when it likes."""
        told = asdict(self)
        return {name: value for name, value in told.items() if not self.constant or name not in ("steps", "cool")}


def dice(seed: int, step: int, process: int = 0) -> torch.Generator:
    """Return the generator of one step of one process, on the processor."""
    return torch.Generator().manual_seed(((seed * 1_000_003 + step) * 4_099 + process) & 0x7FFFFFFFFFFFFFFF)


def noise(shape: tuple[int, ...], chance: torch.Generator, device: Any) -> Tensor:
    """Draw normal noise on the device itself, where millions of numbers a step cost nothing."""
    seed = int(torch.randint(1 << 62, (), generator=chance))
    return torch.randn(shape, generator=torch.Generator(device).manual_seed(seed), device=device)


def found(device: str) -> str:
    """Return what to run on: what is named, or by ``auto`` a graphics card where there is one."""
    if device != "auto":
        return device
    return "cuda" if torch.cuda.is_available() else "cpu"


def accelerator(*, run: Run, precision: str = "no", trackers: Iterable[str] = (), cpu: bool = False) -> Any:
    """Make accelerate's Accelerator, with trackers that write into the run's folder."""
    from accelerate import Accelerator

    try:
        return Accelerator(
            mixed_precision=precision, log_with=list(trackers) or None, project_dir=str(run.path), cpu=cpu
        )
    except (ValueError, ImportError) as error:  # an unknown tracker, a precision that this device has not
        raise StudioError(str(error)) from error


def attending(machine: Any) -> AbstractContextManager[Any]:
    """Attend by plain products of matrices where a processor learns in half precision.

    There the way back through torch's fused attention took a third of a step of training, and is not needed.
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
    looks: Sequence[tuple[int, Look]] = (),
    optimiser: str = "adamw",
    beside: Any = None,
    put: Callable[[nn.Module], Path] | None = None,
) -> dict[str, Any]:
    """Train a model's parameters that want gradients; leave it with their average, and return the summary.

    ``looks`` are called with the averaged model, each every so many steps, where that is not 0.
    ``optimiser`` is one of :data:`OPTIMISERS`.
    ``beside`` learns while the loss is asked for; its ``state_dict`` is kept with the model's.
    ``put`` puts what was learned where it belongs, in one process, and says where; a tracker that keeps models gets it.

    A step whose loss or gradient is no number changes nothing, and is counted.

    :raises StudioError: where more than :data:`LEFT_OUT` of them follow each other; the last good step stays kept.
    """
    run.begin((settings or {}) | schedule.settings(), writes=machine.is_main_process)
    machine.wait_for_everyone()
    training = _Training(model, loss_of, schedule, run, machine, OPTIMISERS[optimiser], beside)
    if machine.is_main_process and machine.trackers == [] and machine.log_with:
        machine.init_trackers("studio", init_kwargs={"wandb": {"dir": str(run.path), "name": run.name}})
    began, taken = time.perf_counter(), schedule.steps - training.start
    for step in progress(range(training.start, schedule.steps), what=run.name, total=taken):
        training.take(step)
        done = step + 1
        if done % schedule.save_every == 0 or done == schedule.steps:
            training.save(done)
        if due := [look for every, look in looks if every and done % every == 0]:
            training.look(due, done)
    training.lay_average()
    if put and machine.is_main_process:
        _track(machine, put(training.model), run.name)
    machine.end_training()
    spent = time.perf_counter() - began
    share = round(training.waited / spent, 4) if taken > 0 and spent else 0.0
    return {"run": run.name, "steps": schedule.steps, "taken_now": max(0, taken), "left_out": training.left_out,
            "loss": training.loss if taken > 0 else None, "seconds": round(spent, 2),
            "waited_for_input": share}  # fmt: skip


class _Training:
    """A model while it learns, with the moving average of its weights (Polyak), its optimiser and what is counted.

    With a rate of 0 the last weights are the average, and no copy of them is held.
    """

    def __init__(self, model: nn.Module, loss_of: Loss, schedule: Schedule, run: Run, machine: Any, optimiser: Any,
                 beside: Any) -> None:  # fmt: skip
        self.loss_of, self.schedule, self.run, self.machine, self.beside = loss_of, schedule, run, machine, beside
        self.named = [(name, value) for name, value in model.named_parameters() if value.requires_grad]
        self.trained = [value for _, value in self.named]
        self.start, self.loss, self.waited, self.left_out, self.in_a_row = 0, float("nan"), 0.0, 0, 0
        self.average = EMAModel(self.trained, decay=schedule.average) if schedule.average else None
        optimiser = optimiser(self.trained, schedule)
        if (state := run.state()) is not None:
            self._restore(state, optimiser)
        del state  # it may be gigabytes
        self.wrapped, self.optimiser = machine.prepare(model, optimiser)
        self.model = machine.unwrap_model(self.wrapped)
        if self.average:
            self.average.to(machine.device)

    @torch.no_grad()
    def _restore(self, state: dict[str, Any], optimiser: Any) -> None:
        """Go on from what a run kept: its step, weights and their average by name, and its optimiser."""
        self.start = int(state["step"])
        for name, value in self.named:
            value.copy_(state["model"][name])
        if self.average:
            self.average.shadow_params = [state["average"][name] for name, _ in self.named]
        optimiser.load_state_dict(state["optimiser"])
        if self.beside is not None:
            self.beside.load_state_dict(state["beside"])

    def take(self, step: int) -> None:
        """Take a step, and log it where that is due.

        :raises StudioError: where too many in a row gave no number.
        """
        machine, asked = self.machine, time.perf_counter()
        self.wrapped.train()
        for group in self.optimiser.param_groups:
            group["lr"] = self.schedule.rate_at(step)
        with machine.autocast(), attending(machine):
            loss, told = self.loss_of(self.wrapped, step, dice(self.schedule.seed, step, machine.process_index))
        self.waited += float(told.pop("waited", torch.tensor(0.0)))
        with attending(machine):  # what is not held is computed again on the way back, and must be the same
            machine.backward(loss)
        norm = float(machine.clip_grad_norm_(self.trained, self.schedule.clip))
        given = float(machine.reduce(loss.detach().float(), "mean"))
        if math.isfinite(given) and (math.isfinite(norm) or machine.scaler is not None):
            self.loss, self.in_a_row = given, 0
            self.optimiser.step()
            self._take_average(step)
        else:
            self.left_out, self.in_a_row = self.left_out + 1, self.in_a_row + 1
            if self.in_a_row > LEFT_OUT:
                raise self._no_number(step + 1)
        self.optimiser.zero_grad(set_to_none=True)
        if machine.is_main_process and not self.in_a_row:
            self._log(step, norm, time.perf_counter() - asked, told)

    def _take_average(self, step: int) -> None:
        """Take the weights into their average, faster while there is little to average."""
        if self.average:
            self.average.optimization_step = step  # also where a run goes on, or left a step out
            self.average.step(self.trained)

    def _log(self, step: int, norm: float, seconds: float, told: dict[str, Tensor]) -> None:
        schedule, done = self.schedule, step + 1
        if done % schedule.log_every and done not in (self.start + 1, schedule.steps):
            return
        row = {"loss": self.loss, "rate": schedule.rate_at(step), "norm": norm, "seconds": round(seconds, 4)}
        row |= {name: float(value) for name, value in told.items()}
        row |= {"left_out": self.left_out} if self.left_out else {}
        self.run.log({"step": done} | row)
        self.machine.log(row, step=done)

    def save(self, done: int) -> None:
        """Keep the state after a step, in one process.

        :raises StudioError: where a weight is no number; the state before stays.
        """
        if self.machine.is_main_process:
            weights = {name: value.detach().cpu() for name, value in self.named}
            averaged = self.average.shadow_params if self.average else weights.values()
            state = {"step": done, "model": weights, "optimiser": self.optimiser.state_dict(),
                     "average": {name: value.cpu() for name, value in zip(weights, averaged, strict=True)}}  # fmt: skip
            if self.beside is not None:
                state["beside"] = self.beside.state_dict()
            if not all(bool(value.isfinite().all()) for value in weights.values()):
                raise self._no_number(done)
            self.run.keep(state)
        self.machine.wait_for_everyone()

    def look(self, looks: Sequence[Look], step: int) -> None:
        """Look at the averaged model in one process, and put the trained weights back."""
        if self.machine.is_main_process:
            if self.average:
                self.average.store(self.trained)
            self.lay_average()
            self.model.eval()
            try:
                with torch.no_grad():
                    for each in looks:
                        each(self.model, step)
            finally:
                if self.average:
                    self.average.restore(self.trained)
        self.machine.wait_for_everyone()

    def lay_average(self) -> None:
        """Put the average in the place of the weights."""
        if self.average:
            self.average.copy_to(self.trained)

    def _no_number(self, step: int) -> StudioError:
        """Return the error of a step without a number, which names the state that is kept."""
        good = self.run.state()
        stays = f"the state after step {good['step']} is kept" if good else "nothing was kept before"
        return StudioError(f"Step {step} of {self.run.name} gave no number (a lower --rate may help): {stays}.")


def _track(machine: Any, path: Path, name: str) -> None:
    """Hand a folder of weights to Weights & Biases, where it is told of this run."""
    for tracker in machine.trackers:
        if tracker.name == "wandb":
            tracker.tracker.log_artifact(str(path), name=f"{name}-{path.name}", type="model")


OPTIMISERS: dict[str, Callable[[list[nn.Parameter], Schedule], Any]] = {
    "adamw": lambda trained, of: torch.optim.AdamW(trained, lr=of.rate, betas=BETAS, weight_decay=of.decay),
    "muon": lambda trained, of: Muon(trained, lr=of.rate, betas=BETAS, weight_decay=of.decay),
    "frugal": lambda trained, of: Frugal(trained, lr=of.rate, weight_decay=of.decay),
}
"""How weights learn: ``muon`` learns matrices by Muon, the rest by AdamW; the states of ``frugal`` are small."""
