"""Campaigns watch what they are about, are due when it changes, and every part of the code is watched."""

import subprocess
from pathlib import Path

import pytest

from app.core.config import ROOT
from tests import __main__ as program
from tests.support import campaigns

SHARED = "tests/support/shared.py"
TABLE = """
[every]
about = "shared"
watches = ["tests/support"]
[prose]
about = "texts"
watches = ["docs"]
tests = []
[gate]
about = "the rest"
watches = []
[first]
about = "one"
watches = ["one"]
[second]
about = "two"
watches = ["two"]
"""


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """Make a project with two campaigns, which have passed."""
    files = ["one/code.py", "two/code.py", "docs/page.md", "other.py", SHARED]
    for name in [*files, "tests/campaigns/first/test_it.py", "tests/campaigns/second/test_it.py"]:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("1")
    (tmp_path / campaigns.TABLE).write_text(TABLE)
    subprocess.run(["git", "init", "--quiet", tmp_path], check=True)
    names = ("first", "second", campaigns.GATE)
    campaigns.record({name: campaigns.digest(campaigns.watched(name, tmp_path), tmp_path) for name in names}, tmp_path)
    return tmp_path


@pytest.mark.slow
@pytest.mark.parametrize(
    ("changed", "due", "gate"),
    [
        ("one/code.py", ["first"], True), ("tests/campaigns/second/test_it.py", ["second"], True),
        (SHARED, ["first", "second"], True), ("other.py", [], True), ("docs/page.md", [], False),
        ("one/new.py", ["first"], True),
    ],
)  # fmt: skip
def test_change_makes_due_what_watches_it(tree: Path, changed: str, due: list[str], gate: bool) -> None:
    assert campaigns.due(tree) == []
    assert not campaigns.is_due(campaigns.GATE, tree)
    (tree / changed).write_text("2")
    assert campaigns.due(tree) == due
    assert campaigns.is_due(campaigns.GATE, tree) == gate


def test_removed_file_makes_due_what_watched_it(tree: Path) -> None:
    (tree / "two/code.py").unlink()
    assert campaigns.due(tree) == ["second"]


@pytest.mark.parametrize("broken", ["missing", "not TOML", 'first = "edited"\n', "\udc80"])
def test_passes_missing_or_edited_by_hand_make_campaigns_due(tree: Path, broken: str) -> None:
    file = tree / campaigns.PASSED
    if broken == "missing":
        file.unlink()
    else:
        file.write_bytes(broken.encode("utf-8", "surrogateescape"))
    assert campaigns.due(tree) == ["first", "second"]
    assert campaigns.is_due(campaigns.GATE, tree)


def test_pass_is_recorded_beside_those_of_others(tree: Path) -> None:
    (tree / "one/code.py").write_text("2")
    (tree / "two/code.py").write_text("2")
    campaigns.record({"first": campaigns.digest(campaigns.watched("first", tree), tree)}, tree)
    assert campaigns.due(tree) == ["second"]


def test_every_folder_is_a_campaign_and_has_tests() -> None:
    folders = {path.parts[2] for path in map(Path, campaigns.tracked([str(campaigns.HERE)])) if len(path.parts) > 3}
    assert folders == set(campaigns.campaigns())
    for each in campaigns.campaigns().values():
        assert any(Path(path).name.startswith("test_") for path in campaigns.tracked([each.folder])), each.name
        assert each.about


@pytest.mark.slow
def test_every_watched_path_is_there() -> None:
    table = campaigns.table()
    missing = [path for row in table.values() for path in row["watches"] if not campaigns.tracked([path])]
    assert missing == []
    assert [path for path in table[campaigns.PROSE]["tests"] if not (ROOT / path).exists()] == []


def test_every_file_is_watched_by_a_campaign_or_named_as_the_gates() -> None:
    rows = campaigns.table().values()
    watched = set(campaigns.tracked(path for row in rows for path in row["watches"]))
    assert [path for path in campaigns.tracked() if path not in watched] == []


def test_what_is_named_as_the_gates_is_watched_by_no_campaign() -> None:
    alone = set(campaigns.tracked(path for path in campaigns.table()[campaigns.GATE]["watches"] if path != "tests"))
    twice = {
        each.name: sorted(alone & set(campaigns.watched(each.name)))[:3] for each in campaigns.campaigns().values()
    }
    assert {name: paths for name, paths in twice.items() if paths} == {}


def outcome(*failed: str, status: int = 0, missing: str = "") -> program.Outcome:
    tests = {"tests/campaigns/first/test_it.py::test_a", "tests/campaigns/second/test_it.py::test_b"}
    left_out = {missing: "NOT RUN: this machine has no nginx"} if missing else {}
    return program.Outcome(status, dict.fromkeys(failed, "why"), left_out, tests - {*failed, missing})


def recorded(monkeypatch: pytest.MonkeyPatch, ended: program.Outcome) -> tuple[int, list[str]]:
    """Judge a run of two campaigns; return the status and what was recorded as passed."""
    names: list[str] = []
    monkeypatch.setattr(campaigns, "record", lambda digests: names.extend(digests))
    return program.judge(ended, {"first": "a", "second": "b"}), names


def test_campaigns_that_pass_are_recorded(monkeypatch: pytest.MonkeyPatch) -> None:
    assert recorded(monkeypatch, outcome()) == (0, ["first", "second"])


def test_campaign_without_its_server_is_named_and_not_recorded(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    ended = outcome(missing="tests/campaigns/first/test_it.py::test_a")
    assert recorded(monkeypatch, ended) == (0, ["second"])
    assert "*** NOT RUN whole: first. It stays due. ***" in capsys.readouterr().out


def test_campaign_with_a_failure_is_not_recorded(monkeypatch: pytest.MonkeyPatch) -> None:
    assert recorded(monkeypatch, outcome("tests/campaigns/first/test_it.py::test_a", status=1)) == (1, ["second"])


@pytest.mark.parametrize("status", [2, 3, -15])
def test_run_that_was_cut_short_records_nothing(monkeypatch: pytest.MonkeyPatch, status: int) -> None:
    assert recorded(monkeypatch, outcome(status=status)) == (status, [])


def test_unknown_campaign_is_refused_by_name(capsys: pytest.CaptureFixture[str]) -> None:
    assert program.run_campaigns(["nowhere"]) == 2
    assert "There is no campaign nowhere; there are: production, " in capsys.readouterr().out
