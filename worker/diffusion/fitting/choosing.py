"""Choose the placement of a loaded model and the setting that it runs under, by trying."""

from __future__ import annotations

import logging
from collections.abc import Callable
from pathlib import Path

from worker.diffusion import device_errors, tuning_cache
from worker.diffusion.fitting import devices, gpu_options
from worker.diffusion.fitting.rehearsal import Rehearsal
from worker.diffusion.model import Model, ModelError
from worker.diffusion.rendering import DEFAULT, GpuOptions
from worker.diffusion.tuning import NothingFits, Setting

log = logging.getLogger(__name__)


def choose(model: Model, measured: Path | None, *, rehearse: Callable[[Model], Rehearsal] = Rehearsal) -> Setting:
    """Measure a model on its device, by the fastest plan that fits, and return the setting.

    The last plan is tried twice, since an allocation may fail where memory is fragmented. `measured` is the file that
    remembers measurements.

    :raises ModelError: when no plan fits; it says how much memory is missing.
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


def choose_gpu_options(
    model: Model, setting: Setting, measured: Path | None, *, rehearse: Callable[[Model], Rehearsal] = Rehearsal
) -> GpuOptions:
    """Return the remembered GPU options for a model under a setting; measure and store them where there are none.

    `measured` is the file that remembers measurements. Devices without options, and a GPU that is out of memory, get
    the defaults.
    """
    if not gpu_options.has_options(model.device):
        return DEFAULT
    key = tuning_cache.name(model.device, model.revision, model.plan.name)
    known = None if measured is None else tuning_cache.read_gpu_options(measured, key, setting)
    if known is not None:
        return known
    try:
        rehearsal = rehearse(model)
        found = gpu_options.measure(
            rehearsal, rehearsal.decode(setting), setting, model.device,
            pixels=model.size[0] * model.size[1], decoder=model.decoder(setting.precision) or setting.precision,
            tiles=model.plan.tiles,
        )  # fmt: skip
    except RuntimeError as error:
        if device_errors.verdict(error) != device_errors.OUT_OF_MEMORY:
            raise
        log.info("the GPU's options are not measured: %s", error)  # another program has its memory for now
        error.__traceback__ = None
        device_errors.free_memory()
        return DEFAULT
    if measured is not None:
        tuning_cache.write_gpu_options(measured, key, setting, found)
    return found
