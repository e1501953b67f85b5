"""Choose how this machine paints: precision, memory format, threads and batch size, by timing the loaded network.

Nothing about a processor can be assumed: bf16 is three times faster than float32 where matrix units multiply it and
nearly three times slower where they do not. So three settings are timed on a processor when the worker starts: float32,
bfloat16 in channels-last layout, which is the faster one for it, and the faster of the two with half the threads. On a
GPU, whose half precision is always faster, both memory formats and the batch sizes are timed. A processor is timed in
its own seconds, which other programs on a busy machine do not change. The choice is remembered by
`worker.diffusion.tuning_cache`.
"""

import logging
import math
import os
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import torch

from worker.diffusion import device_errors
from worker.diffusion.fitting import devices

log = logging.getLogger(__name__)

Run = Callable[["Setting"], object]

DTYPES = {
    "float32": torch.float32,
    "bfloat16": torch.bfloat16,
    "float16": torch.float16,
    "float8": torch.float8_e4m3fn,
}
MEMORY_FORMATS = {"contiguous": torch.contiguous_format, "channels_last": torch.channels_last}

FAILURES = (RuntimeError, NotImplementedError, MemoryError)
"""What torch raises when a device lacks the memory or an operation for a setting."""

CLEARLY = 1.25
"""How many times faster a lower precision must be before it replaces float32."""

SLIGHTLY = 1.05
"""How many times faster any other change must be: below that it is noise."""

BATCHES = (1, 2, 4, 8, 16, 24)
"""The batch sizes that are tried, in frames; on a processor up to `PROBE`, above which it gains nothing."""

PROBE = 8
"""The batch at which settings are compared: in a small one, overhead hides the difference."""

LEAST = 3
"""How often a setting is timed at least; the first time also warms it up."""

TRIES = 9
"""How often a setting is timed at most, until its shortest time is seen twice: a slow spell never lasts as evenly."""

OVERHEAD_S = 0.012
"""What a batch costs in addition to its passes, in seconds: rows and files of its task."""

COMPARED = 4
"""How many settings are timed at that batch."""

BUDGET_S = 3.0
"""How long the measured passes may take; a pass that has begun is finished, nothing further is begun."""


@dataclass(frozen=True, slots=True)
class Setting:
    """How a network is run: the names of its precision and memory format, threads, and frames in a batch."""

    precision: str
    memory_format: str
    threads: int
    batch: int


def find(name: str) -> torch.device:
    """Turn a device's name into the device; "auto" is a CUDA device where there is one, else a Mac's GPU, else the CPU.

    Raises RuntimeError, as torch does, for a name that it does not know.
    """
    if name != "auto":
        return torch.device(name)
    if torch.cuda.is_available():
        return torch.device("cuda")
    return torch.device("mps" if torch.backends.mps.is_available() else "cpu")


def cores() -> int:
    """Count the cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def allowed_cores() -> int:
    """Count the cores that this process may use, or fewer if ``OMP_NUM_THREADS`` says so."""
    limit = (
        os.environ.get("OMP_NUM_THREADS", "").partition(",")[0].strip()
    )  # OpenMP takes one number for each nested level
    return max(1, min(cores(), int(limit))) if limit.isdecimal() else cores()


def use_threads(count: int) -> None:
    """Set how many threads torch computes with, at most one for each core: last bits depend on it."""
    torch.set_num_threads(min(count, cores()))


def fallback() -> Setting:
    """Name the setting that is right on every machine, if rarely the fastest."""
    return Setting("float32", "contiguous", cores(), 1)


def choose(
    run: Run,
    device: torch.device,
    *,
    whole: Run | None = None,
    precisions: Sequence[str] = (),
    budget_s: float = BUDGET_S,
    clock: Callable[[], float] | None = None,
) -> Setting:
    """Time `run`, one guided pass of the network under a setting, and return the setting to paint with.

    On a GPU the first half precision stays in which `whole`, a whole picture, can be painted; float32 only where there
    is none; and a larger batch must make a frame at least `SLIGHTLY` cheaper, because small batches show progress
    sooner. On a CPU float32 stays unless bfloat16 is at least `CLEARLY` faster. A setting that fails (out of memory, or
    numbers that are not finite) is not chosen. Where `precisions` are given, no others are tried. `clock` is read
    instead of the device's own.

    :returns: `fallback()` where nothing can be timed on a CPU.
    :raises NothingFits: where a GPU has too little memory for any precision.
    """
    trial = _Trial(run, whole or run, device, budget_s, clock)
    best, halves = fallback(), devices.halves(device)
    if precisions:
        best = replace(best, precision=precisions[0])
    if halves:
        best = _first_that_paints(trial, best, precisions or (*halves, "float32"))
    try:
        best = _probe(trial, best)
        if halves:
            best = _faster(trial, best, replace(best, memory_format="channels_last"), SLIGHTLY)
            best = _best_batch(trial, best)
        else:
            if not precisions:
                other = replace(best, precision="bfloat16", memory_format="channels_last")
                best = _faster(trial, best, other, CLEARLY)
            if best.threads > 1:
                best = _faster(trial, best, replace(best, threads=best.threads // 2), SLIGHTLY)
    except FAILURES as error:
        if device_errors.verdict(error) == device_errors.LOST:
            raise
        log.warning("measuring the device failed, painting with %s: %s", best, error)
        return best
    log.info("painting with %s", best)
    return best


class NothingFits(RuntimeError):
    """A GPU has too little memory for a model in any precision."""


class _Trial:
    """Passes that are timed, and the seconds that are left for them."""

    def __init__(
        self, run: Run, whole: Run, device: torch.device, budget_s: float, clock: Callable[[], float] | None
    ) -> None:
        self.run, self.whole, self.device = run, whole, device
        self.budget_s = self.left = budget_s
        self._seen: dict[Setting, list[float]] = {}
        self._warm: set[str] = set()
        self._counts_threads = clock is None and not devices.is_gpu(device)
        self._clock = clock or (time.process_time if self._counts_threads else time.perf_counter)

    def time(self, setting: Setting) -> None:
        """Time one pass; a processor's time is what the pass takes with nothing else to do."""
        if setting.precision not in self._warm:  # the network is loaded or copied, and perhaps traced
            self.whole(replace(setting, batch=1))
            devices.synchronize(self.device)
            self._warm.add(setting.precision)
        start = self._clock()
        self.run(setting)
        devices.synchronize(self.device)
        seconds = self._clock() - start
        if self._counts_threads:  # the clock adds up what all threads did, side by side
            seconds /= setting.threads
        self.left -= seconds
        self._seen.setdefault(setting, []).append(seconds)

    def compare(self, settings: Sequence[Setting]) -> dict[Setting, float]:
        """Time settings in turn, in rounds, and return their shortest times; one that fails takes for ever.

        The shortest, because whatever else happens can only make a pass slower; in turn, so that a slow spell meets all
        of them; each until its shortest time was seen twice. When time is up, those so far count.
        """
        able = list(settings)
        for tried in range(TRIES):
            for setting in [setting for setting in able if self._is_due(setting, tried)]:
                try:
                    self.time(setting)
                except FAILURES as error:
                    _note(setting, error)
                    able.remove(setting)
        return {setting: min(self._seen[setting]) if setting in able else math.inf for setting in settings}

    def shortest(self, setting: Setting) -> float:
        """Return a setting's shortest time, after timing it if it was never timed."""
        for tried in range(len(self._seen.get(setting, ())), TRIES):
            if self._is_due(setting, tried):
                self.time(setting)
        return min(self._seen[setting])

    def _is_due(self, setting: Setting, tried: int) -> bool:
        """Return whether to time a setting once more that was tried so often in this comparison.

        Each is timed once, however slow, even when the time for measuring is up. What another comparison timed is timed
        once more, or it would lose by a slow spell, unless a pass takes longer than the budget.
        """
        seen = self._seen.get(setting, [])
        if not seen or (not tried and min(seen) < self.budget_s):
            return True
        if self.left < 0:
            return False
        return len(seen) < LEAST or sum(seconds <= min(seen) * SLIGHTLY for seconds in seen) < 2


def _probe(trial: _Trial, setting: Setting) -> Setting:
    """Return the setting at the batch to compare with: the largest at which all comparisons fit into the budget.

    Where a batch fails, that is the one before it.
    """
    for size in (size for size in BATCHES if size <= PROBE):
        larger = replace(setting, batch=size)
        try:
            seconds = trial.shortest(larger)
        except FAILURES as error:
            if size == 1:
                raise
            _note(larger, error)
            break
        setting = larger
        if seconds * COMPARED * LEAST > trial.budget_s / 2:
            break
    return setting


def _first_that_paints(trial: _Trial, setting: Setting, precisions: Sequence[str]) -> Setting:
    """Return a GPU's setting in the first precision in which a whole picture is painted.

    :raises NothingFits: where all of them run out of memory.
    """
    verdicts = []
    for precision in precisions:
        candidate = replace(setting, precision=precision)
        try:
            trial.time(candidate)
        except FAILURES as error:
            verdicts.append(device_errors.verdict(error))
            if verdicts[-1] == device_errors.LOST:
                raise
            _note(candidate, error)
        else:
            return candidate
    if device_errors.OUT_OF_MEMORY in verdicts:
        raise NothingFits("no precision fits into the memory of the GPU")
    return candidate


def _note(setting: Setting, error: BaseException) -> None:
    log.info("%s cannot be run here: %s", setting, error)
    error.__traceback__ = None  # which holds the tensors that there was no room for
    device_errors.empty_cache()


def _faster(trial: _Trial, setting: Setting, other: Setting, times: float) -> Setting:
    """Return the other setting if it is so many times faster, else the first."""
    seconds = trial.compare((setting, other))
    return other if seconds[other] * times < seconds[setting] else setting


def _best_batch(trial: _Trial, setting: Setting) -> Setting:
    """Return the smallest batch with which a frame is as good as cheapest, of those that there is time to measure.

    A frame costs its share of the pass and of `OVERHEAD_S`.
    """
    trial.left = max(trial.left, trial.budget_s)
    per_frame = trial.shortest(setting) / setting.batch
    sizes = [setting.batch]
    for size in (size for size in BATCHES if size > setting.batch):
        if per_frame * (sum(sizes) + size) > trial.left:
            break
        sizes.append(size)
    seconds = trial.compare([replace(setting, batch=size) for size in sizes])
    each = {candidate: (time_s + OVERHEAD_S) / candidate.batch for candidate, time_s in seconds.items()}
    least = min(each.values()) * SLIGHTLY
    return next(candidate for candidate, time_s in each.items() if time_s <= least)
