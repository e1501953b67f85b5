"""Variables of the environment that are no settings: those of ``make run``, of libraries and of the C library.

An empty variable means the default, as in most shells and in files of Docker and systemd, which cannot remove one. The
space and the CR that an environment file from Windows leaves at the end of a line are no part of a value.
"""

import os
import re
import time
import zoneinfo
from pathlib import Path

NAMES = (
    "FORWARDED_ALLOW_IPS", "GUNICORN_CMD_ARGS", "HF_HOME", "HF_HUB_CACHE", "HF_HUB_OFFLINE", "HF_TOKEN", "HOST",
    "OMP_NUM_THREADS", "OMP_WAIT_POLICY", "PORT", "PROMETHEUS_MULTIPROC_DIR", "SCRIPT_NAME", "TZ",
    "WEB_CONCURRENCY", "XDG_CACHE_HOME",
)  # fmt: skip
"""The variables that the site or its libraries read. ``CUDA_VISIBLE_DEVICES`` is none: empty, it hides all GPUs."""
TIME_ZONE = "TZ"
RULE = re.compile(r"([A-Za-z]{3,}|<[A-Za-z0-9+-]{3,}>)[+-]?[0-9]{1,3}(:[0-9]{2}){0,2}([A-Za-z<][^\s]*)?")
"""A time zone that POSIX writes as a rule, such as ``EST5EDT,M3.2.0,M11.1.0``."""


def variable(name: str, default: str = "") -> str:
    """Return a variable without space around it, or ``default`` if it is missing or empty."""
    return os.environ.get(name, "").strip() or default


def clean() -> None:
    """Remove the space around the variables in ``NAMES``, and remove the empty ones, also for child processes."""
    for name in NAMES:
        if name not in os.environ or os.environ[name] == variable(name) != "":
            continue
        if value := variable(name):
            os.environ[name] = value
        else:
            del os.environ[name]
        if name == TIME_ZONE:
            time.tzset()


def time_zone_flaw() -> str:
    """Return why ``TZ`` names no time zone, or ``""``; the C library silently takes UTC for a name it does not know."""
    zone = variable(TIME_ZONE).removeprefix(":")
    folders = [Path(folder) for folder in zoneinfo.TZPATH]  # an absolute path replaces the folder
    if not zone or zone in ("UTC", "GMT") or RULE.fullmatch(zone) or any((each / zone).is_file() for each in folders):
        return ""
    return f"{TIME_ZONE} must be a time zone that is installed here, such as Europe/Berlin or UTC, not {zone!r}."
