"""The gate, the campaigns and the whole: ``python -m tests gate|prose|campaigns|whole|due``."""

import argparse
import json
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from app.core.config import ROOT
from tests.support import campaigns
from tests.support.needs import NOT_RUN

PROCESSES = 3  # on two cores: one of them mostly waits
AGAIN = ("tests/server/", "tests/campaigns/")  # real programs, which a busy machine can hold up
AGAIN_MAX = 5  # more failures than these are not the machine's
WHOLE_RUNS = (0, 1)  # pytest's statuses where all tests have run; others, and signals, cut it short


@dataclass(slots=True)
class Outcome:
    """What became of a run of tests."""

    status: int
    failed: dict[str, str] = field(default_factory=dict)
    missing: dict[str, str] = field(default_factory=dict)
    passed: set[str] = field(default_factory=set)


def pytest(tests: Iterable[str], *options: str) -> Outcome:
    """Run pytest on paths or tests."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "outcomes"
        command = [sys.executable, "-m", "pytest", "-p", "tests.support.outcomes", "--outcomes", str(file)]
        outcome = Outcome(subprocess.run([*command, *options, *tests], cwd=ROOT, check=False).returncode)
        lines = [json.loads(line) for line in file.read_text("utf-8").splitlines()] if file.exists() else []
    for line in lines:
        if line["outcome"] == "failed":
            outcome.failed[line["test"]] = line["reason"]
        elif line["outcome"] == "passed":
            outcome.passed.add(line["test"])
        elif NOT_RUN in line["reason"]:
            outcome.missing[line["test"]] = line["reason"]
    return outcome


def run(tests: Sequence[str], *options: str) -> Outcome:
    """Run tests side by side, and those of servers that failed once more, each alone; report which passed then."""
    outcome = pytest(tests, "--numprocesses", str(PROCESSES), *options)
    again = [test for test in outcome.failed if test.startswith(AGAIN)]
    if not again or len(outcome.failed) != len(again) or len(again) > AGAIN_MAX:
        return outcome
    flaky = {test: outcome.failed.pop(test) for test in again if pytest([test], "--numprocesses", "0").status == 0}
    for test, reason in flaky.items():
        print(f"\n*** FLAKY: {test} failed, and passed when it was run again alone. It failed with:\n{reason}\n")
        outcome.passed.add(test)
    if not outcome.failed:
        outcome.status = 0
    return outcome


def campaign_of(test: str) -> str:
    """Name the campaign that a test is of; the gate where it is of none."""
    parts = test.partition("::")[0].split("/")
    return parts[2] if parts[:2] == ["tests", "campaigns"] else campaigns.GATE


def judge(outcome: Outcome, digests: dict[str, str]) -> int:
    """Record what passed whole, name what was not run, and return the exit status."""
    bad = {campaign_of(test) for test in (*outcome.failed, *outcome.missing)}
    ran = {campaign_of(test) for test in outcome.passed}
    if outcome.status in WHOLE_RUNS:
        good = {name: value for name, value in digests.items() if name in ran - bad}
        campaigns.record(good)
        print(f"Recorded in {campaigns.PASSED}: {', '.join(good) or 'nothing'}.")
    for name in sorted({campaign_of(test) for test in outcome.missing}):
        print(f"*** NOT RUN whole: {name}. It stays due. ***")
    return outcome.status


def run_campaigns(names: list[str], *, gate: bool = False) -> int:
    """Run campaigns, and the gate with them if asked; record each that passes."""
    if unknown := sorted(set(names) - set(campaigns.campaigns())):
        print(f"There is no campaign {', '.join(unknown)}; there are: {', '.join(campaigns.campaigns())}.")
        return 2
    digests = {
        name: campaigns.digest(campaigns.watched(name)) for name in [*names, *([campaigns.GATE] if gate else [])]
    }
    if not digests:
        print("No campaign is due: what they watch is as it was when they last passed.")
        return 0
    print(f"Running: {', '.join(digests)}.", flush=True)
    folders = ["tests"] if gate else [f"tests/campaigns/{name}" for name in names]
    return judge(run(folders), digests)


def main() -> int:
    """Run what is asked for."""
    parser = argparse.ArgumentParser(prog="python -m tests", description=__doc__)
    parser.add_argument("what", choices=["gate", "prose", "campaigns", "whole", "due"])
    parser.add_argument("names", nargs="*", help="campaigns; without them, those that are due")
    asked = parser.parse_args()
    if asked.what == "gate":
        return run(["tests"], "--ignore", str(campaigns.HERE)).status
    if asked.what == "prose":
        return run(campaigns.table()[campaigns.PROSE]["tests"]).status
    if asked.what == "whole":
        return run_campaigns(list(campaigns.campaigns()), gate=True)
    if asked.what == "campaigns":
        return run_campaigns(asked.names or campaigns.due())
    names = asked.names or [campaigns.GATE, *campaigns.campaigns()]
    found = [name for name in names if campaigns.is_due(name)]
    print("\n".join(found))
    return 0 if found else 1


if __name__ == "__main__":
    sys.exit(main())
