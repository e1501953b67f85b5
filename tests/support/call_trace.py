"""Which packages of the site a call enters, in order, for the tests of what a request meets on its way."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import groupby
from pathlib import Path
from types import FrameType
from typing import Any

ROOT = Path(__file__).resolve().parents[2]


class Trace:
    """The packages of `app` and `worker` whose functions were called, in order, without repeats in a row."""

    def __init__(self) -> None:
        self.calls: list[tuple[str, str]] = []
        """Each call's package and its function, with the module."""
        self.files: set[str] = set()
        """The files that were entered, of all that the site runs."""

    @property
    def stays(self) -> list[str]:
        """Return the packages in order; the same one twice only with another in between."""
        return [package for package, _ in groupby(package for package, _name in self.calls)]

    @property
    def packages(self) -> set[str]:
        """Return the packages that were entered."""
        return set(self.stays)

    @property
    def returns(self) -> int:
        """Return how often a package was entered that had been left before."""
        return len(self.stays) - len(self.packages)

    def note(self, frame: FrameType, event: str, _argument: Any) -> None:
        """Note a call, as `sys.setprofile` reports it."""
        path = frame.f_code.co_filename
        if event != "call" or not path.startswith(f"{ROOT}/") or "/.venv/" in path:
            return
        module = Path(path).relative_to(ROOT).with_suffix("").parts
        if module[0] != "tests":
            self.files.add("/".join(module))
        if module[0] in ("app", "worker"):
            self.calls.append((".".join(module[:-1]), f"{module[-1]}.{frame.f_code.co_qualname}"))


@contextmanager
def traced() -> Iterator[Trace]:
    """Trace the calls of a block in this thread."""
    trace, before = Trace(), sys.getprofile()
    sys.setprofile(trace.note)
    try:
        yield trace
    finally:
        sys.setprofile(before)


def trace(call: Callable[[], Any]) -> Trace:
    """Return the trace of a call."""
    with traced() as noted:
        call()
    return noted
