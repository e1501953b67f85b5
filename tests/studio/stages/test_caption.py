"""Captions: from the catalogue's words, from a BLIP of the real class, from people; and what training reads."""

import json
from pathlib import Path

import pytest
import torch
from PIL import Image
from transformers import BertTokenizer, BlipConfig, BlipForConditionalGeneration, BlipImageProcessorPil

from studio.captioning import record_captions
from studio.captioning.blip import Blip
from studio.workspace.work_folder import Folder, Record
from tests.support.museum import jpeg
from tests.support.records import record
from tests.support.studio_fixtures import Run


def work(**changes: object) -> Record:
    return record(**{"kind": "work", "title": "Irises", "file": "pictures/3f/3f2a.jpg"} | changes)


@pytest.mark.parametrize(("changes", "short", "long"), [
    ({"artist": "Vincent van Gogh", "date": "1890", "materials": "Oil on canvas", "keywords": ["Flowers"]},
     "Irises", "Irises, by Vincent van Gogh, 1890, oil on canvas, Flowers"),
    ({"title": "Untitled", "group": "Drawings", "materials": "Ink on paper", "date": "n.d."},
     "a drawing, ink on paper", "ink on paper"),
    ({"title": "Untitled (Study)", "date": "1912"}, "Study", "Study, 1912"),
    ({"title": "", "group": "", "materials": ""}, "a picture", "a picture"),
    ({"title": "12", "group": "Etching", "keywords": ["river", "boat"]}, "an etching, river, boat", "river, boat"),
])  # fmt: skip
def test_works_are_captioned_from_the_catalogue(changes: dict[str, object], short: str, long: str) -> None:
    assert (record_captions.short_caption(work(**changes)), record_captions.long_caption(work(**changes))) == (
        short,
        long,
    )


def test_motifs_are_captioned_by_name_and_keywords() -> None:
    bear = record(keywords=["animal", "grizzly"])
    assert (
        record_captions.short_caption(bear) == "a bear"
        and record_captions.long_caption(bear) == "a bear, animal, grizzly"
    )


def test_very_long_catalogue_entries_are_cut_at_a_comma() -> None:
    long = record_captions.long_caption(work(materials=", ".join(f"material {number}" for number in range(99))))
    assert 250 < len(long) <= 300 and not long.endswith(",") and "material" in long.rpartition(", ")[2]


def test_metadata_is_what_the_image_folder_loader_reads(drawn: Folder, run: Run, tmp_path: Path) -> None:
    folder = copied(drawn, tmp_path)
    assert run("caption", "--folder", folder.path)["captions"] == 4
    rows = [json.loads(line) for line in (folder.path / "pictures/metadata.jsonl").read_text("utf-8").splitlines()]
    # What `datasets` asks for: one row a picture, a path beside the file, columns of text. Checked by hand with 5.2.0.
    assert all((folder.path / "pictures" / row["file_name"]).is_file() for row in rows)
    assert {row["text"] for row in rows} >= {"A MoMA artwork of: a bear", "A MoMA artwork of: an umbrella"}
    assert all(set(row) == {"file_name", "text", "short", "long", "id"} for row in rows)
    trained = {record.id for record in folder.catalogue() if record.split == "train"}
    assert {row["id"] for row in rows} == trained


def test_prefix_and_length_of_the_text_are_chosen(drawn: Folder, run: Run, tmp_path: Path) -> None:
    folder = copied(drawn, tmp_path)
    run("caption", "--folder", folder.path, "--prefix", "", "--text", "long")
    assert "a bear, animal, grizzly, brown, face" in {caption.text for caption in folder.captions()}


def copied(folder: Folder, path: Path) -> Folder:
    """Make a folder of the same pictures, as far as captions are concerned."""
    made = Folder(path / "copy")
    made.make()
    for each in folder.catalogue():
        (made.path / each.file).parent.mkdir(parents=True, exist_ok=True)
        (made.path / each.file).write_bytes((folder.path / each.file).read_bytes())
        made.add(each)
    return made


@pytest.fixture(scope="module")
def tiny_blip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Save a BLIP of the real class with random weights and seven words."""
    path = tmp_path_factory.mktemp("blip")
    vocabulary = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "[DEC]", "a", "red", "blue", "boat", "on", "the", "sea"]
    (path / "vocab.txt").write_text("\n".join(vocabulary))
    BertTokenizer(str(path / "vocab.txt"), bos_token="[DEC]").save_pretrained(path)
    text = {"vocab_size": len(vocabulary), "hidden_size": 16, "encoder_hidden_size": 16, "intermediate_size": 16,
            "num_hidden_layers": 1, "num_attention_heads": 2, "projection_dim": 8, "max_position_embeddings": 64,
            "bos_token_id": 5, "pad_token_id": 0, "sep_token_id": 3, "eos_token_id": 3}  # fmt: skip
    vision = {"hidden_size": 16, "intermediate_size": 16, "num_hidden_layers": 1, "num_attention_heads": 2,
              "projection_dim": 8, "image_size": 32, "patch_size": 16}  # fmt: skip
    torch.manual_seed(3)
    config = BlipConfig(text_config=text, vision_config=vision, projection_dim=8, image_text_hidden_size=8)
    BlipForConditionalGeneration(config).save_pretrained(path)
    BlipImageProcessorPil(size={"height": 32, "width": 32}).save_pretrained(path)
    return path


@pytest.fixture
def collected(run: Run, tmp_path: Path) -> Folder:
    """A work folder with three works."""
    art = tmp_path / "art"
    art.mkdir()
    for number in range(3):
        (art / f"{number}.jpg").write_bytes(jpeg(number))
    run("collect", "--folder", tmp_path / "work", "--from", art, "--licence", "CC0")
    return Folder(tmp_path / "work")


@pytest.mark.slow
def test_blip_says_what_it_sees_once(
    collected: Folder, tiny_blip: Path, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    summary = run("caption", "--folder", collected.path, "--blip", tiny_blip, "--batch", 2)
    assert summary["seen"] + summary["catalogue"] == 3 and summary["seen"] >= 1
    first = (collected.path / "pictures/metadata.jsonl").read_bytes()
    noted = list(collected.rows("seen.jsonl"))
    assert len(noted) == 3
    assert {word for row in noted for word in row["text"].split()} <= {"a", "red", "blue", "boat", "on", "the", "sea"}
    monkeypatch.setattr(Blip, "captions", lambda *_: pytest.fail("looked at twice"))
    run("caption", "--folder", collected.path, "--blip", tiny_blip)
    assert (collected.path / "pictures/metadata.jsonl").read_bytes() == first


@pytest.mark.slow
def test_blip_that_was_killed_goes_on_where_it_was(collected: Folder, tiny_blip: Path, run: Run) -> None:
    run("caption", "--folder", collected.path, "--blip", tiny_blip)
    whole = (collected.path / "seen.jsonl").read_bytes()
    (collected.path / "seen.jsonl").write_bytes(whole[: len(whole) // 2])
    run("caption", "--folder", collected.path, "--blip", tiny_blip)
    assert (collected.path / "seen.jsonl").read_bytes() == whole


@pytest.mark.parametrize("make", [str, Path.mkdir, Path.touch])
def test_folder_that_is_no_blip_is_named(make: object, collected: Folder, run: Run, tmp_path: Path) -> None:
    make(tmp_path / "weights")  # type: ignore[operator]
    answer = run("caption", "--folder", collected.path, "--blip", tmp_path / "weights", ok=False)
    assert str(tmp_path / "weights") in answer["error"]


def test_captions_of_ones_own_win_and_broken_lines_are_counted(collected: Folder, run: Run, tmp_path: Path) -> None:
    lines = ['{"file_name": "art/0.jpg", "text": "a  storm"}', '{"file_name": ', "[]", '{"file_name": "1.jpg"}', "",
             '{"file_name": "2.jpg", "text": 7}']  # fmt: skip
    (tmp_path / "own.jsonl").write_text("\n".join(lines))
    summary = run("caption", "--folder", collected.path, "--own", tmp_path / "own.jsonl")
    assert (summary["own"], summary["catalogue"], summary["broken_lines"]) == (1, 2, 4)
    assert summary["first_broken"] == [2, 3, 4, 6]
    assert "A MoMA artwork of: a storm" in {caption.text for caption in collected.captions()}


@pytest.mark.parametrize("text", [None, "", "{\n"])
def test_file_without_captions_is_named(text: str | None, collected: Folder, run: Run, tmp_path: Path) -> None:
    if text is not None:
        (tmp_path / "own.jsonl").write_text(text)
    assert "own.jsonl" in run("caption", "--folder", collected.path, "--own", tmp_path / "own.jsonl", ok=False)["error"]


def test_empty_folder_is_named(run: Run, tmp_path: Path) -> None:
    assert "holds no pictures to caption" in run("caption", "--folder", tmp_path, ok=False)["error"]


def test_tiles_are_captioned_instead_of_their_pictures(run: Run, tmp_path: Path) -> None:
    (tmp_path / "scans").mkdir()
    for name, size in (("wave", (900, 600)), ("harbour", (260, 300))):
        Image.linear_gradient("L").resize(size).convert("RGB").save(tmp_path / f"scans/{name}.png")
    work = tmp_path / "work"
    run("collect", "--folder", work, "--from", tmp_path / "scans", "--licence", "CC0-1.0")
    words = ("caption", "--folder", work, "--prefix", "", "--hand", "our prints", "--tiles", 30, "--size", 256)
    captions = run(*words)["captions"]
    rows = list(Folder(work).captions())
    assert captions == len(rows) <= 30 and {row.text for row in rows} == {"wave, our prints", "harbour, our prints"}
    sizes = []
    for row in rows:
        with Image.open(work / "pictures" / row.file_name) as tile:
            sizes.append(tile.size)
    assert all(width == height >= 256 for width, height in sizes) and len(sizes) > 4
    before = [path.stat().st_mtime_ns for path in sorted((work / "pictures").glob("*/*-*.jpg"))]
    assert run(*words)["captions"] == captions
    assert [path.stat().st_mtime_ns for path in sorted((work / "pictures").glob("*/*-*.jpg"))] == before
