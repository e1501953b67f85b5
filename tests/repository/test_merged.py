"""What was merged is merged whole."""

import subprocess

from app.core.config import ROOT


def test_no_file_has_the_marks_of_a_merge() -> None:
    search = ["git", "grep", "-I", "--line-number", "--extended-regexp", "^(<{7}|>{7}) "]
    found = subprocess.run(search, cwd=ROOT, capture_output=True, text=True)
    assert (found.returncode, found.stdout) == (1, ""), found.stderr
