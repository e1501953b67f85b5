"""What root writes in a site's folders belongs to their owner."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from app.core.config import ROOT
from app.upkeep.processes import file_owners

OWNER = 65_534
pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files away")


def owners(folder: Path) -> set[int]:
    return {path.lstat().st_uid for path in folder.rglob("*")}


def test_files_of_root_are_given_to_the_owner_of_the_folder(tmp_path: Path) -> None:
    (tmp_path / "media/walks").mkdir(parents=True)
    (tmp_path / "media/walks/a.png").write_bytes(b"x")
    os.chown(tmp_path, OWNER, OWNER)
    assert file_owners.give_to_owner(tmp_path) == 3
    assert owners(tmp_path) == {OWNER}


def test_folder_of_root_and_files_of_others_are_left(tmp_path: Path) -> None:
    (tmp_path / "mine").write_text("x")
    assert file_owners.give_to_owner(tmp_path) == 0
    os.chown(tmp_path, OWNER, OWNER)
    os.chown(tmp_path / "mine", 1, 1)
    assert file_owners.give_to_owner(tmp_path) == 0
    assert owners(tmp_path) == {1}


def test_links_out_of_the_folder_give_nothing_away(tmp_path: Path) -> None:
    outside, folder = tmp_path / "outside", tmp_path / "folder"
    outside.write_text("root's")
    folder.mkdir()
    (folder / "hard").hardlink_to(outside)
    (folder / "soft").symlink_to(outside)
    os.chown(folder, OWNER, OWNER)
    file_owners.give_to_owner(folder)
    assert outside.stat().st_uid == 0


@pytest.mark.slow
def test_command_of_root_leaves_no_file_of_root(tmp_path: Path) -> None:
    os.chown(tmp_path, OWNER, OWNER)
    environment = {**os.environ, "MOMA_INSTANCE": str(tmp_path), "MOMA_EXHIBITION": "false"}
    for command in (["db", "upgrade"], ["wall", "open", "lobby"]):
        subprocess.run(
            [sys.executable, "-m", "flask", "--app", "wsgi", *command],
            cwd=ROOT,
            env=environment,
            check=True,
            capture_output=True,
        )
    assert owners(tmp_path) == {OWNER}
