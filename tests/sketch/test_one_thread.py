"""Drawing while others keep the cores busy: numpy waits for no threads of its own."""

import subprocess
import sys

import pytest

pytestmark = pytest.mark.slow

ASKED = """
import numpy, sketch
from threadpoolctl import threadpool_info
print([each["num_threads"] for each in threadpool_info() if "/numpy" in each["filepath"]])
"""


def test_numpy_multiplies_matrices_in_one_thread() -> None:
    found = subprocess.run([sys.executable, "-c", ASKED], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "[1]"
