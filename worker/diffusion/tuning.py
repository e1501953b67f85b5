"""Find out how this machine paints fastest: precision, memory format, threads and batch size.

Nothing about a processor can be assumed: bf16 is three times faster than float32 where matrix units multiply it and
nearly three times slower where they do not. So it is measured, on the loaded network, when the worker starts. What a
pass costs a processor is counted in the processor's own seconds, which other programs on a busy machine do not change;
a setting that was chosen while the machine was busy would paint every walk from then on. Where somebody steals even
those, only the shortest time of several tells anything; so the shortest are remembered from start to start
(`worker.diffusion.tuning_cache`), and the choice of the last start stays unless another has become clearly better.
"""

import logging
import math
import os
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

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

KEEPS = 1.1
"""How many times faster another setting must be than the one that was chosen when this machine was last measured."""

HOPELESS = 1.3
"""How many times slower than the fastest a setting was when it is not timed again."""

BATCHES = (1, 2, 4, 8, 16, 24)
"""The batch sizes that are tried, in frames."""

PROBE = 8
"""The batch at which precisions, formats and threads are compared: in a small one, overhead hides the difference."""

LEAST = 3
"""How often a setting is timed at least, over all starts; the first time also warms it up."""

TRIES = 9
"""How often a setting is timed at most, until its shortest time is seen twice: a slow spell never lasts as evenly."""

AGAIN = 1
"""How often at most if an earlier start timed it already."""

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


@dataclass(slots=True)
class Known:
    """What is known of a machine: the shortest seconds of a guided pass under each setting, and what was chosen."""

    times: dict[Setting, float] = field(default_factory=dict)
    chosen: Setting | None = None


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


def fallback() -> Setting:
    """Name the setting that is right on every machine, if rarely the fastest."""
    return Setting("float32", "contiguous", cores(), 1)


def choose(
    run: Run,
    device: torch.device,
    known: Known | None = None,
    *,
    whole: Run | None = None,
    precisions: Sequence[str] = (),
    budget_s: float = BUDGET_S,
    clock: Callable[[], float] | None = None,
) -> Setting:
    """Measure `run`, one guided pass of the network under a setting, and return the setting to paint with.

    On a GPU the first half precision stays in which `whole`, a whole picture, can be painted; float32 only where there
    is none. On a CPU float32 stays unless another precision is at least `CLEARLY` faster. A larger batch must make a
    frame at least `SLIGHTLY` cheaper, because small batches show progress sooner. A setting that fails (out of memory,
    or numbers that are not finite) is not chosen; when nothing can be measured on a CPU the answer is `fallback()`.
    Raises NothingFits where a GPU has too little memory for any precision. `clock` is read instead of the device's
    own. `known` is what earlier starts found; it is brought up to date. Where `precisions` are given, no others are
    tried.
    """
    known = known or Known()
    trial = _Trial(run, whole or run, device, known, budget_s, clock)
    best, halves = fallback(), devices.halves(device)
    if precisions:
        best = replace(best, precision=precisions[0])
    if halves:
        best = _first_that_paints(trial, best, precisions or (*halves, "float32"))
    try:
        best = _probe(trial, best)
        if not halves and not precisions:
            best = _fastest(trial, _precisions(best))
        best = _fastest(trial, _formats(best))
        best = _fastest(trial, _threads(best, device))
        best = _best_batch(trial, best)
    except FAILURES as error:
        if device_errors.verdict(error) == device_errors.LOST:
            raise
        log.warning("measuring the device failed, painting with %s: %s", best, error)
        return best
    known.chosen = best
    log.info("painting with %s", best)
    return best


class NothingFits(RuntimeError):
    """A GPU has too little memory for a model in any precision."""


class _Trial:
    """Passes that are timed, and the seconds that are left for them."""

    def __init__(
        self,
        run: Run,
        whole: Run,
        device: torch.device,
        known: Known,
        budget_s: float,
        clock: Callable[[], float] | None,
    ) -> None:
        self.run, self.whole = run, whole
        self.device, self.known, self.budget_s, self.left = device, known, budget_s, budget_s
        self.earlier = frozenset(known.times)
        self._seen = {setting: [seconds] for setting, seconds in known.times.items()}
        self._warm: set[str] = set()
        self._counts_threads = clock is None and not devices.is_gpu(device)
        self._clock = clock or (time.process_time if self._counts_threads else time.perf_counter)

    def time(self, setting: Setting) -> float:
        """Time one pass and return the shortest of all; a processor's is what it takes with nothing else to do."""
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
        shortest = self.known.times[setting] = min(self._seen[setting])
        return shortest

    def is_due(self, setting: Setting, tried: int) -> bool:
        """Return whether to time a setting once more that was tried so often.

        Each is timed once, however slow, even when the time for measuring is up. What was timed before is then timed
        once more in each comparison, or it would lose for a slow spell, unless a pass takes longer than the budget.
        """
        seen = self._seen.get(setting, [])
        if not seen or (not tried and setting not in self.earlier and min(seen) < self.budget_s):
            return True
        if self.left < 0 or tried >= (AGAIN if setting in self.earlier else TRIES):
            return False
        if len(seen) < LEAST:
            return True
        return sum(seconds <= min(seen) * SLIGHTLY for seconds in seen) < 2

    def shortest(self, setting: Setting) -> float:
        """Return a pass's shortest time, timing it if it was never timed before."""
        tried = len(self._seen.get(setting, ()))
        while setting not in self.earlier and self.is_due(setting, tried):
            self.time(setting)
            tried += 1
        return self.known.times[setting]

    def kept(self, setting: Setting, *names: str) -> float:
        """Return by what a setting's time is divided because the last choice had the same of what is named."""
        last = self.known.chosen
        is_last = last is not None and all(getattr(setting, name) == getattr(last, name) for name in names)
        return KEEPS if is_last else 1.0


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

    The one that was chosen last time is tried first. Raises NothingFits.
    """
    last = [trial.known.chosen.precision] if trial.known.chosen else []
    verdicts = []
    for precision in dict.fromkeys((*[each for each in last if each in precisions], *precisions)):
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


def _precisions(setting: Setting) -> list[tuple[Setting, float]]:
    return [(setting, 1.0), (replace(setting, precision="bfloat16"), CLEARLY)]


def _formats(setting: Setting) -> list[tuple[Setting, float]]:
    return [(setting, 1.0), (replace(setting, memory_format="channels_last"), SLIGHTLY)]


def _threads(setting: Setting, device: torch.device) -> list[tuple[Setting, float]]:
    half = setting.threads // 2
    if devices.is_gpu(device) or not half:
        return [(setting, 1.0)]
    return [(setting, 1.0), (replace(setting, threads=half), SLIGHTLY)]


def _fastest(trial: _Trial, candidates: Sequence[tuple[Setting, float]]) -> Setting:
    """Return the fastest, each time multiplied by the candidate's handicap."""
    if len(candidates) == 1:
        return candidates[0][0]
    settings = [setting for setting, _ in candidates]
    times = _timings(trial, settings)
    names = [
        name for name in ("precision", "memory_format", "threads") if len({getattr(s, name) for s in settings}) > 1
    ]
    handicapped = [times[setting] * handicap / trial.kept(setting, *names) for setting, handicap in candidates]
    return settings[handicapped.index(min(handicapped))]


def _best_batch(trial: _Trial, setting: Setting) -> Setting:
    """Return the smallest batch with which a frame is as good as cheapest, of those that there is time to measure.

    A frame costs its share of the pass, and of what a batch costs besides. All are timed in turn: one after the other,
    the first that met a slow spell would end the search.
    """
    trial.left = max(trial.left, trial.budget_s)
    per_frame = trial.shortest(setting) / setting.batch
    sizes = [setting.batch]
    for size in (size for size in BATCHES if size > setting.batch):
        if per_frame * (sum(sizes) + size) > trial.left:
            break
        sizes.append(size)
    times = _timings(trial, [replace(setting, batch=size) for size in sizes])
    each = {candidate: (time_s + BESIDES_S) / candidate.batch for candidate, time_s in times.items()}
    least = min(each.values()) * SLIGHTLY
    return next(candidate for candidate, time_s in each.items() if time_s <= least * trial.kept(candidate, "batch"))


def _timings(trial: _Trial, settings: Sequence[Setting]) -> dict[Setting, float]:
    """Time each setting in turn, in rounds, and return their shortest times; a setting that fails takes for ever.

    The shortest, because whatever else happens can only make a pass slower; in turn, so that a slow spell meets all
    of them; each until its shortest time was met twice. When time is up those so far count. What an earlier start timed
    is timed less often, and not at all if it was hopeless.
    """
    times = trial.known.times
    least = min((times[setting] / setting.batch for setting in settings if setting in trial.earlier), default=math.inf)
    able = [s for s in settings if s not in trial.earlier or times[s] / s.batch < HOPELESS * least]
    for tried in range(TRIES):
        for setting in [s for s in able if trial.is_due(s, tried)]:
            try:
                trial.time(setting)
            except FAILURES as error:
                _note(setting, error)
                able.remove(setting)
                times.pop(setting, None)
    return {setting: times.get(setting, math.inf) for setting in settings}
