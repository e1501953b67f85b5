"""What a program loads: it is run in a process of its own."""

import json
import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
TELL = "import atexit, json, sys\natexit.register(lambda: print('', json.dumps([*sys.modules]), sep='\\n'))\n"


def modules_after(program: str, **environment: object) -> set[str]:
    """Run a program in the project's folder, and return the modules that it has loaded at its end."""
    environ = os.environ | {name: str(value) for name, value in environment.items()}
    command = [sys.executable, "-c", TELL + program]
    done = subprocess.run(command, cwd=ROOT, env=environ, stdout=subprocess.PIPE, text=True, check=True)
    return set(json.loads(done.stdout.splitlines()[-1]))
