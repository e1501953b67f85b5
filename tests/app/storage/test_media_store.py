"""The media store: whole files or none, and never a path outside it."""

import os
import re
import stat
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, ClassVar

import fsspec
import pytest
from flask import Flask
from fsspec.implementations.memory import MemoryFileSystem

from app.core.errors import ConfigError, MediaError, MediaStoreAway
from app.storage import media_store
from app.storage.media_store import MediaStore
from tests.conftest import make_app
from tests.support.raising import raising


class HttpError(Exception):
    """An object store's own error, which is no OSError: like those of botocore, gcsfs and aiohttp."""


class ObjectStore(MemoryFileSystem):
    """A store elsewhere, which can go away."""

    protocol = "elsewhere"
    cachable = False
    store: ClassVar[dict[str, Any]] = {}
    is_away = False


def answer_unless_away(name: str) -> Callable[..., Any]:
    """Make a method of the store fail while the store is away."""

    def answer(self: ObjectStore, *arguments: Any, **options: Any) -> Any:
        if self.is_away:
            raise HttpError("502: the backend is away")
        return getattr(MemoryFileSystem, name)(self, *arguments, **options)

    return answer


for method in ("info", "ls", "find", "cat_file", "pipe_file", "rm_file", "_open"):
    setattr(ObjectStore, method, answer_unless_away(method))
fsspec.register_implementation("elsewhere", ObjectStore, clobber=True)


@pytest.fixture
def elsewhere() -> Iterator[MediaStore]:
    """Open a store that holds a film."""
    ObjectStore.store = {}
    store = MediaStore("elsewhere://moma")
    store.write("walks/a/film.gif", b"GIF")
    yield store
    ObjectStore.is_away = False


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
    assert store.read_bytes("walks/a/film.gif") == b"GIF"
    assert store.read_part("walks/a/film.gif", 1, 2) == b"I"
    assert store.exists("walks/a/film.gif")
    with store.open("walks/a/film.gif") as file:
        file.seek(1)
        assert file.read() == b"IF"


def test_later_file_replaces_the_earlier(store: MediaStore) -> None:
    for data in (b"long before", b"after"):
        store.write("walks/a/film.gif", data)
    assert store.read_bytes("walks/a/film.gif") == b"after"


def test_missing_file_is_named(store: MediaStore) -> None:
    assert not store.exists("walks/a/film.gif")
    with pytest.raises(MediaError, match=r"walks/a/film\.gif"):
        store.read_bytes("walks/a/film.gif")
    with pytest.raises(MediaError, match=r"walks/a/film\.gif"):
        store.open("walks/a/film.gif")


def test_folder_is_deleted_with_all_in_it_and_nothing_else(store: MediaStore) -> None:
    for path in ("walks/a/frames/0000.png", "walks/a/film.gif", "walks/ab/film.gif"):
        store.write(path, b"x")
    store.delete("walks/a")
    assert not store.exists("walks/a/frames/0000.png")
    assert not store.exists("walks/a/film.gif")
    assert store.exists("walks/ab/film.gif")


@pytest.mark.parametrize("name", ["a[b]", "a*", "a?", "[ab]", "a]", "{a,b}"])
@pytest.mark.parametrize("protocol", ["file", "memory"])
def test_delete_below_pattern_signs_deletes_those_files_only(tmp_path: Path, protocol: str, name: str) -> None:
    parent = f"{protocol}://{tmp_path}"
    others = [MediaStore(f"{parent}/{other}") for other in ("a", "b", "ab", "axb", "a-store")]
    store = MediaStore(f"{parent}/{name}")
    for each in (store, *others):
        each.write("walks/a/frames/0.png", b"x")
        each.write("walks/a/film.gif", b"x")
    store.delete("walks/a")
    assert store.files("walks") == {}
    assert [list(other.files("walks")) for other in others] == [["walks/a/film.gif", "walks/a/frames/0.png"]] * 5


@pytest.mark.parametrize("name", ["walks/a[b].gif", "walks/a*.gif", "walks/a?.gif"])
def test_file_with_pattern_signs_is_deleted_alone(store: MediaStore, name: str) -> None:
    for path in (name, "walks/ab.gif", "walks/a.gif"):
        store.write(path, b"x")
    store.delete(name)
    assert list(store.files("walks")) == ["walks/a.gif", "walks/ab.gif"]


def test_address_with_pattern_signs_is_tried_at_the_start(instance: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    make_app(instance, MEDIA_URL="elsewhere://moma/[1]")
    monkeypatch.setattr(ObjectStore, "rm_file", lambda *_: None)  # deletes nothing, and says nothing
    make_app(instance, MEDIA_URL="elsewhere://moma/1")
    with pytest.raises(ConfigError, match=r"does not delete.*the signs \[\]; choose one without"):
        make_app(instance, MEDIA_URL="elsewhere://moma/[1]")


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
    for act in (store.read_bytes, store.open, store.exists, store.delete):
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

    monkeypatch.setattr("os.fsync", raising(OSError(28, "No space left on device")))
    with pytest.raises(
        MediaError, match=r"walks/a/film\.gif could not be written.*No space left on device\. Make room there"
    ):
        folder.write("walks/a/film.gif", b"after")
    assert folder.read_bytes("walks/a/film.gif") == b"before"
    assert [path.name for path in Path(folder.root, "walks/a").iterdir()] == ["film.gif"]


@pytest.mark.parametrize(("prefix", "mode"), [("", 0o640), ("/_media/", 0o644)])
def test_others_may_read_the_files_only_where_nginx_sends_them(instance: Path, prefix: str, mode: int) -> None:
    with make_app(instance, ACCEL_PREFIX=prefix, PROXIES=1).app_context():
        media_store.store().write("walks/a/film.gif", b"x")
        path = Path(media_store.store().root, "walks/a/film.gif")
    assert stat.S_IMODE(path.stat().st_mode) == mode


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
    paths = [media_store.frame_path("abc", position, bytes([place])) for place, position in enumerate(positions)]
    assert paths == sorted(paths)
    assert len(set(paths)) == len(paths)
    assert media_store.frame_path("abc", 7, b"x") == media_store.frame_path("abc", 7.0, b"x")
    assert media_store.frame_path("abc", 7, b"x") == "walks/abc/frames/401c000000000000.2d711642b726.png"
    assert media_store.frame_path("abc", 7, b"y") != media_store.frame_path("abc", 7, b"x")


def test_site_keeps_its_media_in_the_instance_folder(app: Flask, instance: Path) -> None:
    media_store.store().write("walks/a/film.gif", b"x")
    assert (instance / "media" / "walks" / "a" / "film.gif").read_bytes() == b"x"


OPERATIONS: dict[str, Callable[[MediaStore], object]] = {
    "write": lambda store: store.write("walks/a/film.gif", b"another"),
    "read": lambda store: store.read_bytes("walks/a/film.gif"),
    "read part": lambda store: store.read_part("walks/a/film.gif", 0, 2),
    "open": lambda store: store.open("walks/a/film.gif"),
    "exists": lambda store: store.exists("walks/a/film.gif"),
    "delete": lambda store: store.delete("walks/a"),
    "files": lambda store: store.files("walks"),
    "folders": lambda store: store.folders("walks"),
}


@pytest.mark.parametrize("operation", OPERATIONS.values(), ids=OPERATIONS)
def test_object_stores_errors_become_ours(elsewhere: MediaStore, operation: Callable[[MediaStore], object]) -> None:
    operation(elsewhere)
    ObjectStore.is_away = True
    with pytest.raises(MediaError, match=r"walks.*the backend is away") as raised:
        operation(elsewhere)
    assert isinstance(raised.value.__cause__, HttpError)


def test_file_is_lost_where_the_folder_of_the_store_is_there_and_away_with_it(tmp_path: Path) -> None:
    store = MediaStore(str(tmp_path / "media"))
    store.write("a/b.png", b"one")
    with pytest.raises(MediaError) as lost:
        store.read_bytes("a/c.png")
    assert not isinstance(lost.value, MediaStoreAway)
    (tmp_path / "media").rename(tmp_path / "elsewhere")
    with pytest.raises(MediaStoreAway):
        store.read_bytes("a/b.png")
    (tmp_path / "media").write_text("the place where the disk was")
    with pytest.raises(MediaStoreAway):
        store.open("a/b.png")


def test_store_that_fails_while_reading_is_our_error(elsewhere: MediaStore, monkeypatch: pytest.MonkeyPatch) -> None:
    with elsewhere.open("walks/a/film.gif") as file:
        assert (file.read(1), file.seek(2), file.read(), file.tell()) == (b"G", 2, b"F", 3)
        file.seek(0)
        monkeypatch.setattr(
            "fsspec.implementations.memory.MemoryFile.read", raising(HttpError("connection reset by peer"))
        )
        with pytest.raises(MediaError, match=r"walks/a/film\.gif.*connection reset"):
            file.read()


def test_check_says_in_whose_words_an_object_store_refused(elsewhere: MediaStore) -> None:
    assert elsewhere.check() == ""
    ObjectStore.is_away = True
    assert re.fullmatch(
        rf"The media store at elsewhere://moma does not work: \.probe-{os.getpid()}-[0-9a-f]{{8}} could not be written "
        "to the media store: 502: the backend is away",
        elsewhere.check(),
    )


def test_folder_that_cannot_be_deleted_from_is_our_error(folder: MediaStore, monkeypatch: pytest.MonkeyPatch) -> None:
    folder.write("walks/a/film.gif", b"GIF")

    monkeypatch.setattr("os.unlink", raising(OSError(30, "Read-only file system")))
    with pytest.raises(MediaError, match=r"walks/a could not be deleted.*Read-only file system"):
        folder.delete("walks/a")


def test_file_in_the_place_of_a_folder_holds_nothing(folder: MediaStore) -> None:
    folder.write("walks/a", b"a file")
    assert not folder.exists("walks/a/film.gif")
    folder.delete("walks/a/film.gif")


def test_object_store_that_refuses_access_ends_the_start(instance: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ObjectStore, "__init__", raising(HttpError("anonymous caller has no access")))
    with pytest.raises(ConfigError, match="MOMA_MEDIA_URL cannot be used: anonymous caller has no access"):
        make_app(instance, MEDIA_URL="elsewhere://moma")
