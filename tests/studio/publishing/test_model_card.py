"""The card: which runs stand on it, and what they saw."""

from pathlib import Path

from studio.publishing import model_card
from studio.workspace.work_folder import Folder
from tests.support.training_runs import COUNTED, UNCOUNTED, run


def test_copied_runs_stand_once_by_the_name_of_the_one_that_is_published(tmp_path: Path) -> None:
    folder = Folder(tmp_path)
    gone_on = [*UNCOUNTED, *COUNTED]
    run(folder, "copy", UNCOUNTED)
    run(folder, "cooled", [*UNCOUNTED, {"step": 50, "loss": 0.4}])
    run(folder, "longest", gone_on)
    run(folder, "another", [row | {"seconds": 7.0} for row in UNCOUNTED])  # the same losses, learned once more
    run(folder, "empty", [])
    run(folder, "eye", COUNTED)
    assert list(model_card.curves(folder, {})) == ["another", "longest"]
    result = model_card.curves(folder, {"cooled": 50})
    assert list(result) == ["another", "cooled"] and result["cooled"][-1] == (50, 0.4)


def test_card_tells_what_is_not_counted_apart_from_what_is(tmp_path: Path) -> None:
    folder = Folder(tmp_path)
    run(folder, "early", [*UNCOUNTED, *COUNTED], processes=0)
    run(folder, "none", [{"step": 3, "loss": 0.1}])
    facts = {"title": "X", "size": 16, "prefix": "", "hands": [], "sources": [], "licence": "Free.",
             "defaults": {"steps": 6, "guidance": 2}}  # fmt: skip
    text = model_card.write_card(folder, facts, {}, [])
    assert "| early |  | 60 | 4 | some 480 | 0 | 0.9 → 0.5 |" in text
    assert "| none |  | 3 | 4 | not noted | 0 | 0.1 → 0.1 |" in text
