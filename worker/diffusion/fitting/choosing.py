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


def choose(model: Model, measurements: Path | None, *, rehearse: Callable[[Model], Rehearsal] = Rehearsal) -> Setting:
    """Measure a model on its device, by the fastest plan that fits, and return the setting.

    The last plan is tried twice, since an allocation may fail where memory is fragmented. `measurements` is the file
    that remembers them.

    :raises ModelError: when no plan fits; it says how much memory is missing.
    """
    for plan in (*model.plans, model.plans[-1]):
        try:
            model.follow(plan)
            rehearsal = rehearse(model)
            setting = tuning_cache.choose(
                measurements, rehearsal, model.device,
                revision=model.revision, whole=rehearsal.whole, placement=plan.name,
                precisions=plan.precisions,
            )  # fmt: skip
        except RuntimeError as error:
            if not isinstance(error, NothingFits) and device_errors.verdict(error) != device_errors.OUT_OF_MEMORY:
                raise
            log.info("model %s does not fit with the plan “%s”: %s", model.name, plan.name, error)
            error.__traceback__ = None  # the traceback holds tensors
            device_errors.free_memory()
        else:
            if devices.is_gpu(model.device):
                log.info("model %s: plan “%s”", model.name, plan.name)
            return setting
    raise ModelError(f"The model {model.name} does not fit on the GPU: {model.missing()}")


def choose_gpu_options(
    model: Model, setting: Setting, measurements: Path | None, *, rehearse: Callable[[Model], Rehearsal] = Rehearsal
) -> GpuOptions:
    """Return the stored GPU options for a model under a setting; measure and store them where there are none.

    `measurements` is the file that remembers them. Devices without options, and a GPU that is out of memory, get the
    defaults.
    """
    if not gpu_options.has_options(model.device):
        return DEFAULT
    key = tuning_cache.name(model.device, model.revision, model.plan.name)
    stored = None if measurements is None else tuning_cache.read_gpu_options(measurements, key, setting)
    if stored is not None:
        return stored
    try:
        rehearsal = rehearse(model)
        options = gpu_options.measure(
            rehearsal, rehearsal.decode(setting), setting, model.device,
            pixels=model.size[0] * model.size[1], decoder=model.decoder(setting.precision) or setting.precision,
            tiles=model.plan.tiles,
        )  # fmt: skip
    except RuntimeError as error:
        if device_errors.verdict(error) != device_errors.OUT_OF_MEMORY:
            raise
        log.info("GPU options are not measured: %s", error)  # another program may use its memory
        error.__traceback__ = None
        device_errors.free_memory()
        return DEFAULT
    if measurements is not None:
        tuning_cache.write_gpu_options(measurements, key, setting, options)
    return options
