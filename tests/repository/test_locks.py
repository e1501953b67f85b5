"""The lock files in `requirements/` bring what each part of the program imports."""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterator
from importlib.metadata import packages_distributions

import pytest

from app.core.config import ROOT

OPTIONAL = {"gguf", "nudenet", "sentry_sdk"}
"""Modules that the worker imports only where an operator installed an extra for them."""


def imported(folder: str) -> Iterator[str]:
    """Yield the modules that a folder imports at the top level, without those of Python and of this project."""
    own = {path.name for path in ROOT.iterdir() if path.is_dir()}
    for path in (ROOT / folder).rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            if isinstance(node, ast.ImportFrom) and node.module and not node.level:
                names = [node.module]
            yield from {name.partition(".")[0] for name in names} - own - sys.stdlib_module_names - OPTIONAL


def locked(name: str) -> set[str]:
    """Return the packages of a lock file, as Python's index writes their names."""
    lines = (ROOT / "requirements" / f"{name}.txt").read_text("utf-8").splitlines()
    return {canonical(line.partition("==")[0].partition("[")[0]) for line in lines}


def canonical(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


@pytest.mark.parametrize("lock", ["site", "worker", "studio", "dev"])
def test_lock_of_a_machine_with_a_worker_has_all_that_the_worker_imports(lock: str) -> None:
    packages, names = packages_distributions(), locked(lock)
    missing = {
        module
        for module in set(imported("worker"))
        if not names & {canonical(each) for each in packages.get(module, [module])}
    }
    assert missing == set()
