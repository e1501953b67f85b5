"""Find out how this machine paints fastest: precision, memory format, threads and batch size.

Nothing about a processor can be assumed: bf16 is three times faster than float32 where matrix units multiply it and
nearly three times slower where they do not. So it is measured, on the loaded network, when the worker starts. What a
pass costs a processor is counted in the processor's own seconds, which other programs on a busy machine do not change;
a setting that was chosen while the machine was busy would paint every walk from then on.
"""

import logging
import math
import os
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import torch

log = logging.getLogger(__name__)

DTYPES = {"float32": torch.float32, "bfloat16": torch.bfloat16, "float16": torch.float16}
MEMORY_FORMATS = {"contiguous": torch.contiguous_format, "channels_last": torch.channels_last}

FAILURES = (RuntimeError, NotImplementedError, MemoryError)
"""What torch raises when a device lacks the memory or an operation for a setting."""

CLEARLY = 1.25
"""How many times faster a lower precision must be before it replaces float32."""

SLIGHTLY = 1.05
"""How many times faster any other change must be: below that it is noise."""

BATCHES = (1, 2, 4, 8, 16, 24)
"""The batch sizes that are tried, in frames."""

PROBE = 8
"""The batch at which precisions, formats and threads are compared: in a small one, overhead hides the difference."""

ROUNDS = 3
"""How often each setting is timed; the first time also warms it up."""

BESIDES_S = 0.012
"""What a batch costs besides its passes: it is a piece of work of its own, with rows and files. Measured where a pass
of the house model takes 2.5 ms; it counts where passes are that short, and in small batches."""

COMPARED = 6
"""How many settings are timed at that batch: about two each of precisions, formats and threads."""

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
    """Turn a device's name into the device; "auto" is a CUDA device where there is one, else the processor.

    Raises RuntimeError, as torch does, for a name that it does not know.
    """
    if name != "auto":
        return torch.device(name)
    return torch.device("cuda" if torch.cuda.is_available() else "cpu")


def cores() -> int:
    """Count the cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def fallback() -> Setting:
    """Name the setting that is right on every machine, if rarely the fastest."""
    return Setting("float32", "contiguous", cores(), 1)


def choose(
    run: Callable[[Setting], object],
    device: torch.device,
    *,
    budget_s: float = BUDGET_S,
    clock: Callable[[], float] | None = None,
) -> Setting:
    """Measure `run`, one guided pass of the network under a setting, and return the setting to paint with.

    Float32 stays unless another precision is at least `CLEARLY` faster; a larger batch must make a frame at least
    `SLIGHTLY` cheaper, because small batches show progress sooner. A setting that fails (for want of memory, say) is
    not chosen; when nothing can be measured the answer is `fallback()`. `clock` is read instead of the device's own.
    """
    trial = _Trial(run, device, budget_s, clock)
    best = fallback()
    try:
        best = _probe(trial, best)
        best = _fastest(trial, _precisions(best, device))
        best = _fastest(trial, _formats(best))
        best = _fastest(trial, _threads(best, device))
        return _best_batch(trial, best)
    except FAILURES as error:
        log.warning("measuring the device failed, painting with %s: %s", best, error)
        return best


class _Trial:
    """Passes that are timed, and the seconds that are left for them."""

    def __init__(
        self,
        run: Callable[[Setting], object],
        device: torch.device,
        budget_s: float,
        clock: Callable[[], float] | None,
    ) -> None:
        self.run, self.device, self.budget_s, self.left = run, device, budget_s, budget_s
        self._warm: set[str] = set()
        self._counts_threads = clock is None and device.type == "cpu"
        self._clock = clock or (time.process_time if self._counts_threads else time.perf_counter)

    def time(self, setting: Setting) -> float:
        """Return the seconds of one pass; a processor's are what it would take with nothing else to do."""
        if setting.precision not in self._warm:  # a copy of the network is made, and perhaps traced
            self.run(replace(setting, batch=1))
            self._warm.add(setting.precision)
        start = self._clock()
        self.run(setting)
        if self.device.type == "cuda" and torch.cuda.is_available():
            torch.cuda.synchronize()
        seconds = self._clock() - start
        if self._counts_threads:  # the clock adds up what all threads did, side by side
            seconds /= setting.threads
        self.left -= seconds
        return seconds


def _probe(trial: _Trial, setting: Setting) -> Setting:
    """Return the setting at the batch to compare with: the largest at which all comparisons fit into the budget."""
    for size in (size for size in BATCHES if size <= PROBE):
        setting = replace(setting, batch=size)
        if trial.time(setting) * COMPARED * ROUNDS > trial.budget_s / 2:
            break
    return setting


def _precisions(setting: Setting, device: torch.device) -> list[tuple[Setting, float]]:
    lower = ["bfloat16", "float16"] if device.type == "cuda" else ["bfloat16"]
    return [(setting, 1.0), *((replace(setting, precision=name), CLEARLY) for name in lower)]


def _formats(setting: Setting) -> list[tuple[Setting, float]]:
    return [(setting, 1.0), (replace(setting, memory_format="channels_last"), SLIGHTLY)]


def _threads(setting: Setting, device: torch.device) -> list[tuple[Setting, float]]:
    half = setting.threads // 2
    if device.type != "cpu" or not half:
        return [(setting, 1.0)]
    return [(setting, 1.0), (replace(setting, threads=half), SLIGHTLY)]


def _fastest(trial: _Trial, candidates: Sequence[tuple[Setting, float]]) -> Setting:
    """Return the fastest, each time multiplied by the candidate's handicap; when time is up, the first."""
    if len(candidates) == 1 or trial.left < 0:
        return candidates[0][0]
    times = _timings(trial, [setting for setting, _ in candidates])
    handicapped = [time_s * handicap for time_s, (_, handicap) in zip(times, candidates, strict=True)]
    return candidates[handicapped.index(min(handicapped))][0]


def _best_batch(trial: _Trial, setting: Setting) -> Setting:
    """Return the smallest batch with which a frame is as good as cheapest, of those that there is time to measure.

    A frame costs its share of the pass, and of what a batch costs besides. All are timed in turn: one after the other,
    the first that met a slow spell would end the search.
    """
    trial.left = max(trial.left, trial.budget_s / 2)
    per_frame = trial.time(setting) / setting.batch
    sizes = [setting.batch]
    for size in (size for size in BATCHES if size > setting.batch):
        if per_frame * (sum(sizes) + size) > trial.left:
            break
        sizes.append(size)
    times = _timings(trial, [replace(setting, batch=size) for size in sizes])
    each = [(time_s + BESIDES_S) / size for time_s, size in zip(times, sizes, strict=True)]
    enough = next(size for size, time_s in zip(sizes, each, strict=True) if time_s <= min(each) * SLIGHTLY)
    return replace(setting, batch=enough)


def _timings(trial: _Trial, settings: Sequence[Setting]) -> list[float]:
    """Time each setting in turn, in rounds, and return their shortest times; a setting that fails takes for ever.

    The shortest, because whatever else happens can only make a pass slower; in turn, so that a slow spell meets all
    of them. When time is up the rounds so far count.
    """
    times = dict.fromkeys(settings, math.inf)
    able = list(settings)
    for _ in range(ROUNDS):
        for setting in tuple(able):
            try:
                times[setting] = min(times[setting], trial.time(setting))
            except FAILURES as error:
                log.info("%s cannot be run here: %s", setting, error)
                able.remove(setting)
                times[setting] = math.inf
        if trial.left < 0:
            break
    return list(times.values())
