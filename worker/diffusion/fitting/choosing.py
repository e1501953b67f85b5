"""Choose where a loaded model lies and under which setting it runs, by trying."""

from __future__ import annotations

import logging
from collections.abc import Callable
from pathlib import Path

from worker.diffusion import device_errors, tuning_cache
from worker.diffusion.fitting import devices
from worker.diffusion.fitting.rehearsal import Rehearsal
from worker.diffusion.model import Model, ModelError
from worker.diffusion.tuning import NothingFits, Setting

log = logging.getLogger(__name__)


def choose(model: Model, measured: Path | None, *, rehearse: Callable[[Model], Rehearsal] = Rehearsal) -> Setting:
    """Measure a model on its device, by the fastest plan that fits, and return the setting.

    The last plan is tried twice, since an allocation may fail where memory is in fragments. `measured` is the file that
    remembers what was measured. Raises ModelError, which says how much memory is missing, where no plan fits.
    """
    for plan in (*model.plans, model.plans[-1]):
        try:
            model.follow(plan)
            rehearsal = rehearse(model)
            setting = tuning_cache.choose(
                measured, rehearsal, model.device,
                revision=model.revision, whole=rehearsal.whole, placement=plan.name,
                precisions=plan.precisions,
            )  # fmt: skip
        except RuntimeError as error:
            if not isinstance(error, NothingFits) and device_errors.verdict(error) != device_errors.OUT_OF_MEMORY:
                raise
            log.info("%s does not fit (%s): %s", model.name, plan.name, error)
            error.__traceback__ = None  # which holds tensors
            device_errors.free_memory()
        else:
            if devices.is_gpu(model.device):
                log.info("%s: %s", model.name, plan.name)
            return setting
    raise ModelError(f"The model {model.name} does not fit on the GPU: {model.missing()}")
