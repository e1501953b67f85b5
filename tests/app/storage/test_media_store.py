"""The media store: whole files or none, and never a path outside it."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest
from flask import Flask

from app.errors import MediaError
from app.storage import media_store
from app.storage.media_store import MediaStore


@pytest.fixture(params=["folder", "memory"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> MediaStore:
    """Open an empty store: a folder, and one that is none."""
    if request.param == "folder":
        return MediaStore(f"file://{tmp_path / 'media'}")
    return MediaStore(f"memory://{tmp_path.name}")


@pytest.fixture
def folder(tmp_path: Path) -> MediaStore:
    return MediaStore(f"file://{tmp_path / 'media'}")


def test_what_was_written_is_read(store: MediaStore) -> None:
    store.write("walks/a/film.gif", b"GIF")
    assert store.read("walks/a/film.gif") == b"GIF"
    assert store.exists("walks/a/film.gif")
    with store.open("walks/a/film.gif") as file:
        file.seek(1)
        assert file.read() == b"IF"


def test_later_file_replaces_the_earlier(store: MediaStore) -> None:
    for data in (b"long before", b"after"):
        store.write("walks/a/film.gif", data)
    assert store.read("walks/a/film.gif") == b"after"


def test_missing_file_is_named(store: MediaStore) -> None:
    assert not store.exists("walks/a/film.gif")
    with pytest.raises(MediaError, match=r"walks/a/film\.gif"):
        store.read("walks/a/film.gif")
    with pytest.raises(MediaError, match=r"walks/a/film\.gif"):
        store.open("walks/a/film.gif")


def test_folder_is_deleted_with_all_in_it_and_nothing_else(store: MediaStore) -> None:
    for path in ("walks/a/frames/0000.png", "walks/a/film.gif", "walks/ab/film.gif"):
        store.write(path, b"x")
    store.delete("walks/a")
    assert not store.exists("walks/a/frames/0000.png")
    assert not store.exists("walks/a/film.gif")
    assert store.exists("walks/ab/film.gif")


def test_deleting_what_is_not_there_is_no_error(store: MediaStore) -> None:
    store.delete("walks/nobody")
    assert not store.exists("walks/nobody")


def test_single_file_is_deleted(store: MediaStore) -> None:
    store.write("walks/a/film.gif", b"x")
    store.delete("walks/a/film.gif")
    assert not store.exists("walks/a/film.gif")


@pytest.mark.parametrize(
    "path", ["../secret_key", "walks/../../secret_key", "/etc/passwd", "", ".", "walks/", "walks//a", "walks/.", "a\0b"]
)
def test_path_outside_the_store_is_refused(store: MediaStore, path: str) -> None:
    store.write("walks/a/film.gif", b"x")
    for act in (store.read, store.open, store.exists, store.delete):
        with pytest.raises(MediaError, match="not a path inside"):
            act(path)
    with pytest.raises(MediaError, match="not a path inside"):
        store.write(path, b"x")
    assert store.exists("walks/a/film.gif")


def test_check_leaves_nothing_behind(store: MediaStore) -> None:
    store.write("walks/a/film.gif", b"x")
    assert store.check() == ""
    assert [name for name in store.filesystem.find(store.root) if "probe" in name] == []


def test_store_that_takes_nothing_is_explained(tmp_path: Path) -> None:
    (tmp_path / "media").write_text("a file where the folder should be")
    flaw = MediaStore(f"file://{tmp_path / 'media'}").check()
    assert flaw.startswith("The media store at file://")
    assert "does not work" in flaw


def test_interrupted_write_leaves_the_old_file_and_no_rest(folder: MediaStore, monkeypatch: pytest.MonkeyPatch) -> None:
    folder.write("walks/a/film.gif", b"before")

    def disk_full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", disk_full)
    with pytest.raises(MediaError, match=r"walks/a/film\.gif could not be written.*No space left"):
        folder.write("walks/a/film.gif", b"after")
    assert folder.read("walks/a/film.gif") == b"before"
    assert [path.name for path in Path(folder.root, "walks/a").iterdir()] == ["film.gif"]


def test_web_server_may_read_the_files(folder: MediaStore) -> None:
    folder.write("walks/a/film.gif", b"x")
    assert stat.S_IMODE(Path(folder.root, "walks/a/film.gif").stat().st_mode) == 0o644


def test_reader_of_a_replaced_file_keeps_what_it_opened(folder: MediaStore) -> None:
    folder.write("walks/a/film.gif", b"before")
    with folder.open("walks/a/film.gif") as file:
        folder.write("walks/a/film.gif", b"after!")
        assert file.read() == b"before"


def test_films_are_named_by_their_content() -> None:
    path, etag = media_store.film_path("abc", "gif", "gif", b"one")
    other, _ = media_store.film_path("abc", "gif", "gif", b"two")
    assert path.startswith("walks/abc/gif.")
    assert path.endswith(".gif")
    assert len(etag) == 32
    assert path != other


def test_frames_are_named_by_their_position_and_lie_in_the_order_of_the_film() -> None:
    positions = [0.0, 1e-9, 0.5, 0.5000000001, 1.0, 2.0, 6.999999, 7.0]
    paths = [media_store.frame_path("abc", position) for position in positions]
    assert paths == sorted(paths)
    assert len(set(paths)) == len(paths)
    assert (
        media_store.frame_path("abc", 7)
        == media_store.frame_path("abc", 7.0)
        == "walks/abc/frames/401c000000000000.png"
    )


def test_site_keeps_its_media_in_the_instance_folder(app: Flask, instance: Path) -> None:
    media_store.store().write("walks/a/film.gif", b"x")
    assert (instance / "media" / "walks" / "a" / "film.gif").read_bytes() == b"x"
