"""The studio, which kills itself while the second state is written, between the file and its name: the worst moment."""

import os
import signal
import sys
from pathlib import Path

from studio.__main__ import main

renamed, seen = Path.replace, []


def replace(self: Path, target: str | Path) -> Path:
    """Rename a file, if the process lives to."""
    if Path(target).name == "state.pt":
        seen.append(target)
        if len(seen) == 2:
            os.kill(os.getpid(), signal.SIGKILL)
    return renamed(self, target)


if __name__ == "__main__":
    Path.replace = replace  # type: ignore[method-assign, assignment]
    main(sys.argv[1:])
