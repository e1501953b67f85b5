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


class Average:
    """A moving average of a model's trained weights (Polyak), faster while there is little to average.

    With a rate of 0 the last weights are the average, and no copy of them is held.
    """

    def __init__(self, model: nn.Module, rate: float) -> None:
        self.rate = rate
        self.weights = {name: value.detach().clone().float() for name, value in _trained(model)} if rate else {}

    @torch.no_grad()
    def take(self, model: nn.Module, step: int) -> None:
        """Take in the weights after a step."""
        if not self.rate:
            return
        rate = min(self.rate, (1 + step) / (10 + step))
        torch._foreach_lerp_(
            list(self.weights.values()), [value.detach().float() for _, value in _trained(model)], 1 - rate
        )

    @torch.no_grad()
    def lay_into(self, model: nn.Module) -> dict[str, Tensor]:
        """Put the average into a model; return what was there, or nothing where no average is held."""
        before: dict[str, Tensor] = {}
        for name, value in _trained(model) if self.rate else ():
            before[name] = value.detach().clone()
            value.copy_(self.weights[name])
        return before


@torch.no_grad()
def restore(model: nn.Module, weights: dict[str, Tensor]) -> None:
    """Put trained weights back into a model, as far as there are any."""
    for name, value in _trained(model) if weights else ():
        value.copy_(weights[name])


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
    muon: bool = False,
    frugal: bool = False,
    beside: Any = None,
    put: Callable[[nn.Module], Path] | None = None,
) -> dict[str, Any]:
    """Train a model's parameters that want gradients; leave it with their average, and return the summary.

    ``looks`` are called with the averaged model, each every so many steps, where that is not 0.
    ``beside`` learns while the loss is asked for; its ``state_dict`` is kept with the model's.
    ``muon`` learns matrices by Muon; ``frugal`` all by :class:`~studio.training.frugal.Frugal`, whose states are small.
    ``put`` puts what was learned where it belongs, in one process, and says where; a tracker that keeps models gets it.

    A step whose loss or gradient is no number changes nothing, and is counted.

    :raises StudioError: where more than :data:`LEFT_OUT` of them follow each other; the last good step stays kept.
    """
    run.begin((settings or {}) | schedule.settings(), writes=machine.is_main_process)
    machine.wait_for_everyone()
    trained = [value for _, value in _trained(model)]
    kept = run.state()
    start = int(kept["step"]) if kept else 0
    average = Average(model, schedule.average)
    optimiser = _optimiser(trained, schedule, muon=muon, frugal=frugal)
    if kept:
        restore(model, kept["model"])
        average.weights = kept["average"] if average.rate else {}
        optimiser.load_state_dict(kept["optimiser"])
        if beside is not None:
            beside.load_state_dict(kept["beside"])
        kept = None  # it may be gigabytes
    wrapped, optimiser = machine.prepare(model, optimiser)
    inner = machine.unwrap_model(wrapped)
    average.weights = {name: value.to(machine.device) for name, value in average.weights.items()}
    if machine.is_main_process and machine.trackers == [] and machine.log_with:
        machine.init_trackers("studio", init_kwargs={"wandb": {"dir": str(run.path), "name": run.name}})
    began, waited, last = time.perf_counter(), 0.0, float("nan")
    left_out, in_a_row = 0, 0
    for step in progress(range(start, schedule.steps), what=run.name, total=schedule.steps - start):
        wrapped.train()
        for group in optimiser.param_groups:
            group["lr"] = schedule.rate_at(step)
        asked = time.perf_counter()
        with machine.autocast(), attending(machine):
            loss, told = loss_of(wrapped, step, dice(schedule.seed, step, machine.process_index))
        waited += float(told.pop("waited", torch.tensor(0.0)))
        with attending(machine):  # what is not held is computed again on the way back, and must be the same
            machine.backward(loss)
        norm = machine.clip_grad_norm_(trained, schedule.clip)
        given = float(machine.reduce(loss.detach().float(), "mean"))
        done = step + 1
        if math.isfinite(given) and (math.isfinite(float(norm)) or machine.scaler is not None):
            last, in_a_row = given, 0
            optimiser.step()
            average.take(inner, step)
        else:
            left_out, in_a_row = left_out + 1, in_a_row + 1
            if in_a_row > LEFT_OUT:
                raise _no_number(run, done)
        optimiser.zero_grad(set_to_none=True)
        is_told = done % schedule.log_every == 0 or done in (start + 1, schedule.steps)
        if machine.is_main_process and is_told and not in_a_row:
            row = {"loss": last, "rate": schedule.rate_at(step), "norm": float(norm),
                   "seconds": round(time.perf_counter() - asked, 4)}  # fmt: skip
            row |= {name: float(value) for name, value in told.items()} | ({"left_out": left_out} if left_out else {})
            run.log({"step": done} | row)
            machine.log(row, step=done)
        if done % schedule.save_every == 0 or done == schedule.steps:
            if machine.is_main_process:
                state = _state(inner, average, optimiser, done)
                if beside is not None:
                    state["beside"] = beside.state_dict()
                if not all(bool(value.isfinite().all()) for value in state["model"].values()):
                    raise _no_number(run, done)
                run.keep(state)
            machine.wait_for_everyone()
        due = [look for every, look in looks if every and done % every == 0]
        if due:
            if machine.is_main_process:
                _looked_at(inner, average, due, done)
            machine.wait_for_everyone()
    average.lay_into(inner)
    if put and machine.is_main_process:
        _track(machine, put(inner), run.name)
    machine.end_training()
    spent = time.perf_counter() - began
    taken = schedule.steps - start
    share = round(waited / spent, 4) if taken > 0 and spent else 0.0
    return {"run": run.name, "steps": schedule.steps, "taken_now": max(0, taken), "left_out": left_out,
            "loss": last if taken > 0 else None, "seconds": round(spent, 2), "waited_for_input": share}  # fmt: skip


def _optimiser(trained: list[nn.Parameter], schedule: Schedule, *, muon: bool, frugal: bool) -> Any:
    if frugal:
        return Frugal(trained, lr=schedule.rate, weight_decay=schedule.decay)
    kind: Any = Muon if muon else torch.optim.AdamW
    return kind(trained, lr=schedule.rate, betas=BETAS, weight_decay=schedule.decay)


def _no_number(run: Run, step: int) -> StudioError:
    """Say at which step there was no number again, and what is kept."""
    good = run.state()
    stays = f"the state after step {good['step']} is kept" if good else "nothing was kept before"
    return StudioError(f"Step {step} of {run.name} gave no number (a lower --rate may help): {stays}.")


def _looked_at(model: nn.Module, average: Average, looks: Sequence[Look], step: int) -> None:
    """Look at the averaged model, and put the trained weights back."""
    before = average.lay_into(model)
    model.eval()
    try:
        with torch.no_grad():
            for look in looks:
                look(model, step)
    finally:
        restore(model, before)


def _track(machine: Any, path: Path, name: str) -> None:
    """Hand a folder of weights to Weights & Biases, where it is told of this run."""
    for tracker in machine.trackers:
        if tracker.name == "wandb":
            tracker.tracker.log_artifact(str(path), name=f"{name}-{path.name}", type="model")


def _state(model: nn.Module, average: Average, optimiser: Any, step: int) -> dict[str, Any]:
    weights = {name: value.detach().cpu() for name, value in _trained(model)}
    averaged = {name: value.cpu() for name, value in average.weights.items()} or weights
    return {"step": step, "model": weights, "average": averaged, "optimiser": optimiser.state_dict()}


def _trained(model: nn.Module) -> list[tuple[str, nn.Parameter]]:
    return [(name, value) for name, value in model.named_parameters() if value.requires_grad]
