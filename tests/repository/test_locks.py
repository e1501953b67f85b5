"""The lock files in `requirements/` bring what each part of the program imports."""

import re
import sys
from importlib.metadata import packages_distributions

import pytest

from app.core.config import ROOT
from tests.architecture.test_wsgi import imported, modules

OPTIONAL = {"gguf", "nudenet", "sentry_sdk"}
"""Modules that the worker imports only where an operator installed an extra for them."""


def locked(name: str) -> set[str]:
    """Return the packages of a lock file, as Python's index writes their names."""
    lines = (ROOT / "requirements" / f"{name}.txt").read_text("utf-8").splitlines()
    return {canonical(line.partition("==")[0].partition("[")[0]) for line in lines}


def canonical(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


@pytest.mark.parametrize("lock", ["site", "worker", "studio", "dev"])
def test_lock_of_a_machine_with_a_worker_has_all_that_the_worker_imports(lock: str) -> None:
    packages, names = packages_distributions(), locked(lock)
    wanted = {name for path in modules("worker") for name in imported(path)} - sys.stdlib_module_names - OPTIONAL
    wanted -= {path.name for path in ROOT.iterdir() if path.is_dir()}
    missing = {module for module in wanted if not names & {canonical(each) for each in packages.get(module, [module])}}
    assert missing == set()
