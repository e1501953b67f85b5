"""Printing to a reader that may have gone."""

import subprocess
import sys

import pytest

from app.upkeep.processes.console import write_line

WRITE = """
import sys
from app.upkeep.processes.console import write_line
for number in range(3):
    write_line(sys.stdout, f"line {number}")
    input()
print("lost")
write_line(sys.stderr, "came to its end")
"""


def test_line_is_written_at_once(capsys: pytest.CaptureFixture[str]) -> None:
    write_line(sys.stdout, "a line")
    assert capsys.readouterr().out == "a line\n"


def test_process_without_streams_goes_on() -> None:
    write_line(None, "a line")
    script = "import sys; from app.upkeep.processes.console import write_line; write_line(sys.stdout, 'a'); sys.exit(7)"
    assert subprocess.run(["sh", "-c", f'exec {sys.executable} -c "{script}" >&-'], check=False).returncode == 7


def test_process_whose_reader_ended_goes_on_and_ends_well() -> None:
    command = [sys.executable, "-c", WRITE]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdin and process.stdout and process.stderr
        assert process.stdout.readline() == b"line 0\n"
        process.stdout.close()
        process.stdin.write(b"\n\n\n")
        process.stdin.close()
        assert process.stderr.read() == b"came to its end\n"
    assert process.returncode == 0
