"""The site of ``make run``, with workers to which faults happen: ``python -m tests.support.planted_site``."""

import argparse
import sys
from pathlib import Path
from typing import Any

from app import run
from app.upkeep.processes import supervisor

CLOCKS = {"worker": "clock.worker", "worker2": "clock.worker", "web": "clock.web"}
"""The files beside the database by which libfaketime sets the clocks of programs."""


WORKER = [sys.executable, "-m", "tests.support.planted_worker"]


class FaultySite(supervisor.Site):
    """A site with one or two such workers, whose programs may have clocks of their own."""

    workers = 1
    faketime = ""

    def start_worker(self) -> None:
        """Start the workers."""
        for number in range(1, self.workers + 1):
            self._start("worker" if number == 1 else f"worker{number}", WORKER)

    def _start(self, name: str, command: list[str]) -> Any:
        if self.faketime and name in CLOCKS:
            clock = Path(self.instance / CLOCKS[name])
            clock.touch()
            settings = {
                "LD_PRELOAD": self.faketime,
                "FAKETIME_TIMESTAMP_FILE": str(clock),
                "FAKETIME_CACHE_DURATION": "1",
                "FAKETIME_DONT_FAKE_MONOTONIC": "1",
            }
            command = ["/usr/bin/env", *(f"{key}={value}" for key, value in settings.items()), *command]
        return super()._start(name, command)


def main() -> int:
    """Run it until it is stopped."""
    own = argparse.ArgumentParser()
    own.add_argument("--workers", type=int, default=1)
    own.add_argument("--faketime", default="")
    arguments, sys.argv[1:] = own.parse_known_args()
    FaultySite.workers, FaultySite.faketime = arguments.workers, arguments.faketime
    # Its pause grows with each end, which comes every few seconds here; that of the systemd units is two seconds.
    supervisor.RESTART_SECONDS = (2.0,)
    run.Site = FaultySite  # type: ignore[misc]
    return run.main()


if __name__ == "__main__":
    sys.exit(main())
