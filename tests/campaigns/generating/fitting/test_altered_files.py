"""Altered model folders and adapter files: each is right or refused by file and tensor, and none ends in a traceback.

The whole run is ``python -m tests.support.altered_files 2000 1`` (docs/research/altered-files.md).
"""

from pathlib import Path

import pytest

from tests.support.altered_files import Rig
from tests.support.altered_outcomes import ALLOWED, REFUSED, RIGHT

pytestmark = [
    pytest.mark.slow,
    pytest.mark.filterwarnings("ignore::FutureWarning"),
    pytest.mark.filterwarnings("ignore::UserWarning"),
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
]

MODELS = ("sd1", "bert", "sdxl", "dev", "sd3", "z-image", "klein")


def test_altered_files_are_right_or_refused_by_file_and_tensor(tmp_path: Path) -> None:
    rig = Rig(tmp_path, *MODELS)
    cases = [rig.run(seed) for seed in range(40)]
    assert [case for case in cases if case.outcome not in ALLOWED] == []
    assert {RIGHT, REFUSED} <= {case.outcome for case in cases}
