"""The work folder: what it keeps, and what it makes of broken lists."""

import json
from pathlib import Path

import pytest

from studio.errors import FolderError
from studio.workspace.work_folder import Caption, Folder, digest, picture_path
from tests.support.records import record


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    made = Folder(tmp_path / "work")
    made.make()
    return made


def test_catalogue_gives_back_what_was_entered(folder: Folder) -> None:
    rows = [record(), record(id="aa", title="Étude", on_view="Floor 5", keywords=["blue", "cat"])]
    for row in rows:
        folder.add(row)
    assert list(folder.catalogue()) == rows


def test_line_cut_off_by_a_kill_is_left_out_and_mended(folder: Folder) -> None:
    folder.add(record())
    path = folder.path / "catalogue.jsonl"
    path.write_bytes(path.read_bytes() + b'{"id": "bb", "fi')
    assert [row.id for row in folder.catalogue()] == ["3f2a"]
    folder.mend("catalogue.jsonl")
    folder.add(record(id="cc"))
    assert [row.id for row in folder.catalogue()] == ["3f2a", "cc"]


@pytest.mark.parametrize(("line", "says"), [("{", "line 2: no JSON"), ("[]", "line 2: no JSON object")])
def test_broken_line_is_named(folder: Folder, line: str, says: str) -> None:
    folder.add(record())
    with (folder.path / "catalogue.jsonl").open("a") as file:
        file.write(line + "\n")
    with pytest.raises(FolderError, match=says):
        list(folder.catalogue())


def test_record_that_lacks_something_is_named(folder: Folder) -> None:
    folder.append("catalogue.jsonl", {"id": "aa"})
    with pytest.raises(FolderError, match=r"record 1: .*'file'"):
        list(folder.catalogue())


def test_caption_without_text_is_named(folder: Folder) -> None:
    folder.write_captions([Caption("3f/3f2a.webp", "a bear", "a bear", "a brown bear", "3f2a")])
    assert [caption.long for caption in folder.captions()] == ["a brown bear"]
    folder.append("pictures/metadata.jsonl", {"file_name": "x.png"})
    with pytest.raises(FolderError, match="line 2: no file_name and text"):
        list(folder.captions())


def test_captions_of_other_makers_need_file_name_and_text_only(folder: Folder) -> None:
    folder.write_lines("pictures/metadata.jsonl", [{"file_name": "ab/cd.png", "text": "a bear"}])
    assert list(folder.captions()) == [Caption("ab/cd.png", "a bear", "a bear", "a bear", "cd")]


def test_folder_of_another_format_is_refused(tmp_path: Path) -> None:
    (tmp_path / "studio.json").write_text(json.dumps({"format": 2}))
    with pytest.raises(FolderError, match="another format version than 1"):
        Folder(tmp_path)


def test_pictures_lie_by_the_beginning_of_their_id() -> None:
    assert picture_path(digest(b"")[:24], "webp") == "pictures/e3/e3b0c44298fc1c149afbf4c8.webp"
