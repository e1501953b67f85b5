"""Files that are there whole or not at all."""

import errno
import os
from pathlib import Path

import pytest

from app.core.files import atomic_write
from tests.support.raising import raising


def test_atomic_write_makes_the_folder_and_replaces_what_was_there(tmp_path: Path) -> None:
    target = tmp_path / "a/b/c.json"
    atomic_write(target, b"one")
    atomic_write(target, b"two")
    assert target.read_bytes() == b"two"
    assert [path.name for path in target.parent.iterdir()] == ["c.json"]
    assert target.stat().st_mode & 0o777 == 0o640
    assert target.parent.stat().st_mode & 0o777 == 0o750


def test_public_files_and_new_folders_can_be_read_by_others_whatever_the_umask(tmp_path: Path) -> None:
    """As nginx, another user, reads the media that a command wrote in the shell of a hardened machine."""
    own = tmp_path / "instance"
    own.mkdir(0o700)
    earlier = os.umask(0o077)
    try:
        atomic_write(own / "media/walks/one.gif", b"one", is_public=True)
    finally:
        os.umask(earlier)
    modes = [path.stat().st_mode & 0o777 for path in (own, own / "media", own / "media/walks")]
    assert modes == [0o700, 0o755, 0o755]
    assert (own / "media/walks/one.gif").stat().st_mode & 0o777 == 0o644


def test_atomic_write_on_a_full_disk_leaves_what_was_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    target = tmp_path / "c.json"
    atomic_write(target, b"one")
    monkeypatch.setattr("os.fsync", raising(OSError(errno.ENOSPC, "No space left on device")))
    with pytest.raises(OSError, match="No space left"):
        atomic_write(target, b"two")
    assert target.read_bytes() == b"one"
    assert [path.name for path in tmp_path.iterdir()] == ["c.json"]
