"""Remember what was chosen for this machine from start to start, in a file of the instance folder.

Without the file the same is measured again, which takes seconds: a file that is missing, broken, of another machine or
not writable is no error. Workers that start at once may overwrite each other's choice; the next start measures again.
"""

import json
import logging
import os
import platform
import time
from collections.abc import Sequence
from dataclasses import asdict, astuple
from pathlib import Path
from typing import Any

import torch

from app.core.files import atomic_write
from app.core.version import __version__
from worker.diffusion import tuning as machine
from worker.diffusion.fitting import devices
from worker.diffusion.rendering import SWITCHES, GpuOptions
from worker.diffusion.tuning import Run, Setting

log = logging.getLogger(__name__)

MACHINES = 16
"""How many machines and models are remembered: those measured last."""

FRESH_S = 86_400.0
"""For how long a choice is kept: a later start measures again, since the machine may have been busy."""


def choose(
    file: Path | None,
    run: Run,
    device: torch.device,
    *,
    revision: str,
    whole: Run | None = None,
    placement: str = "",
    precisions: Sequence[str] = (),
) -> Setting:
    """Return what `file` remembers of this machine and model; else choose by `tuning.choose`, and remember it.

    `placement` names where the model's parts lie, `precisions` are those that may be tried, if not all.
    """
    key = name(device, revision, placement)
    if file is not None and (chosen := load_setting(file, key)) is not None:
        log.info("painting with %s, as it was chosen before", chosen)
        return chosen
    chosen = machine.choose(run, device, whole=whole, precisions=precisions)
    if file is not None:
        save_setting(file, key, chosen)
    return chosen


def name(device: torch.device, revision: str, placement: str = "") -> str:
    """Name all that decides how long a pass takes here: CPU or GPU with its driver, cores, model, programs."""
    what = f"{devices.name(device)}, {placement}" if devices.is_gpu(device) else _processor()
    wait = os.environ.get("OMP_WAIT_POLICY", "")
    return " · ".join((what, f"{machine.cores()} cores", wait, revision, f"torch {torch.__version__}", __version__))


def load_setting(file: Path, key: str) -> Setting | None:
    """Return the setting that was saved under this key within `FRESH_S`; None where there is none that makes sense."""
    try:
        found = _machines(file).get(key, {})
        if "chosen" not in found or not 0 <= time.time() - float(found["chosen_at"]) < FRESH_S:
            return None
        chosen = Setting(*found["chosen"])
        if not _is_sound(chosen):
            raise ValueError(f"there is no setting {found['chosen']}")
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        log.warning("%s cannot be understood, the device is measured again: %s", file, error)
        return None
    return chosen


def save_setting(file: Path, key: str, chosen: Setting) -> None:
    """Save a setting under this key; other keys stay."""
    _remember(file, key, {"chosen": astuple(chosen), "chosen_at": time.time()})


def read_gpu_options(file: Path, key: str, setting: Setting) -> GpuOptions | None:
    """Read what was chosen of a GPU's options under this key and setting; None where nothing is known."""
    try:
        found = _machines(file).get(key, {}).get("gpu")
        if found is None or Setting(*found["setting"]) != setting:
            return None
        options = GpuOptions.from_json(found["options"])
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        log.warning("%s cannot be understood, the GPU's options are measured again: %s", file, error)
        return None
    is_sound = type(options.decoded_pixels) is int and options.decoded_pixels >= 0
    return options if is_sound and set(options.switches) <= set(SWITCHES) else None


def write_gpu_options(file: Path, key: str, setting: Setting, options: GpuOptions) -> None:
    """Write what was chosen of a GPU's options beside what else is known under this key."""
    _remember(file, key, {"gpu": {"setting": astuple(setting), "options": asdict(options)}})


def _remember(file: Path, key: str, more: dict[str, Any]) -> None:
    """Write some of what is known under this key; the rest of it, and other keys, stay."""
    try:
        known = _machines(file)
        found = known.pop(key, {}) | more
        machines = [*known.items(), (key, found)]
        atomic_write(file, json.dumps(dict(machines[-MACHINES:]), ensure_ascii=False).encode())
    except OSError as error:
        log.info("what was measured of the device cannot be remembered: %s", error)


def _machines(file: Path) -> dict[str, Any]:
    try:
        found = json.loads(file.read_text("utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def _is_sound(setting: Setting) -> bool:
    counts = (setting.threads, setting.batch)
    return (
        setting.precision in machine.DTYPES
        and setting.memory_format in machine.MEMORY_FORMATS
        and all(type(count) is int and count > 0 for count in counts)
    )


def _processor() -> str:
    """Name the processor, and what torch makes of it."""
    try:
        lines = Path("/proc/cpuinfo").read_text("utf-8").splitlines()
        model = next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), "")
    except OSError:
        model = ""
    return f"{model or platform.processor() or platform.machine()} {torch.backends.cpu.get_cpu_capability()}"
