"""The table of meaning: near to what the text encoder says, the same each time, read by the site as it was written."""

import gzip
import itertools
import json
from pathlib import Path

import numpy as np
import pytest

from app.core.text.embedding import Embedding
from studio.text.text_encoder import Texts
from studio.training.meaning_table import LEVELS, read_texts, table, unique
from tests.support.studio_fixtures import call

WORDS = ("fox", "kite", "lemon", "sun", "sea", "boat", "star", "tea", "cup", "moon", "a", "##s", "é", "猫", "[unused1]")
SPECIAL = ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]")
TEXTS = [f"a {one} {other}" for one, other in itertools.permutations(WORDS[:10], 2)]


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A diffusers folder with a tiny text encoder, wide enough for a table."""
    import torch
    from transformers import BertConfig, BertModel, BertTokenizer

    path = tmp_path_factory.mktemp("base")
    (path / "vocab.txt").write_text("\n".join(SPECIAL + WORDS), "utf-8")
    torch.manual_seed(0)
    config = BertConfig(
        vocab_size=len(SPECIAL + WORDS),
        hidden_size=64,
        num_hidden_layers=1,
        num_attention_heads=2,
        intermediate_size=16,
    )
    config.use_attention_mask = True
    BertModel(config).save_pretrained(path / "text_encoder")
    BertTokenizer(str(path / "vocab.txt"), model_max_length=16).save_pretrained(path / "tokenizer")
    (path / "concepts.json").write_text(json.dumps([{"name": "fox"}, {"name": "kite"}]), "utf-8")
    (path / "house.json").write_text(json.dumps({"hands": [{"words": "sun"}], "vocabulary": ["a boat"]}), "utf-8")
    return path


@pytest.fixture(scope="module")
def texts(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("texts") / "titles.jsonl.gz"
    path.write_bytes(gzip.compress("".join(json.dumps({"title": text}) + "\n" for text in TEXTS).encode()))
    return path


def test_sums_come_near_the_text_encoder(base: Path, texts: Path, tmp_path: Path) -> None:
    report = call("meaning", "--folder", tmp_path, "--base", base, "--texts", texts, "--width", 64, "--passes", 100)
    assert report["texts"] == len(TEXTS) + 5
    assert report["pieces"] == 13  # neither special ones nor those of a script that was not learned
    assert report["likeness"] > 0.9
    ours = Embedding.load(tmp_path / "model/meaning").embed(TEXTS)
    theirs = Texts(base).sentences(TEXTS).numpy()
    alike = np.corrcoef((ours @ ours.T).ravel(), (theirs @ theirs.T).ravel())[0, 1]
    assert alike > 0.85


def test_same_command_makes_the_same_table(base: Path, texts: Path, tmp_path: Path) -> None:
    for folder in ("one", "two"):
        call("meaning", "--folder", tmp_path / folder, "--base", base, "--texts", texts, "--width", 64)
    one, two = (Embedding.load(tmp_path / folder / "model/meaning") for folder in ("one", "two"))
    assert one.embed(TEXTS) == pytest.approx(two.embed(TEXTS), abs=1e-3)


def test_what_cannot_be_learned_from_is_refused(base: Path, tmp_path: Path) -> None:
    few = tmp_path / "few.txt"
    few.write_text("a fox\n\na kite\n")
    report = call("meaning", "--folder", tmp_path, "--base", base, "--texts", few, "--width", 64, ok=False)
    assert "too few" in report["error"]
    report = call("meaning", "--folder", tmp_path, "--base", base, "--texts", few, "--width", 128, ok=False)
    assert "64 numbers wide" in report["error"]
    (tmp_path / "broken.jsonl").write_text('{"name": "no title"}\n')
    report = call("meaning", "--folder", tmp_path, "--base", base, "--texts", tmp_path / "broken.jsonl", ok=False)
    assert "cannot be read as texts" in report["error"]


def test_texts_are_read_once_and_the_short_ones_first(tmp_path: Path) -> None:
    path = tmp_path / "texts.txt"
    path.write_text("a longer text\n  a  fox \na fox\n\n")
    assert unique(read_texts(path)) == ["a fox", "a longer text"]


def test_table_keeps_vectors_to_its_steps(tmp_path: Path) -> None:
    vectors = np.random.default_rng(0).normal(size=(3, 64)).astype(np.float32)
    (tmp_path / "table.npz").write_bytes(table(["a", "b", "##c"], vectors))
    found = Embedding.load(tmp_path).embed(["a", "b"])
    exact = vectors[:2] / np.linalg.norm(vectors[:2], axis=1, keepdims=True)
    assert found == pytest.approx(exact, abs=float(np.abs(exact).max() / LEVELS))
