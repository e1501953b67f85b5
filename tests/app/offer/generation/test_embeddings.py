"""The site's embeddings: which there are, which fit a model, and what is said of the others."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskCliRunner

from app.offer.generation import embeddings, offers
from app.offer.generation.limits import Limits
from app.offer.generation.offers import Offer
from app.requests.walk_requests.stop_options import StopRequest
from app.requests.walk_requests.validation import embedding_errors
from tests.conftest import inside, make_app
from tests.support import embedding_files, lora_entries
from tests.support.commands import run, run_json
from tests.support.embedding_files import enter, write


@pytest.fixture
def app(instance: Path, tmp_path: Path, led_folder: Path) -> Iterator[Flask]:
    words = lora_entries.lay_out(tmp_path / "words")
    xl = lora_entries.lay_out(tmp_path / "xl", width=2048)
    (xl / "model_index.json").write_text('{"_class_name": "StableDiffusionXLPipeline"}')
    with inside(make_app(instance, MODEL=str(words), MODELS=[str(xl), str(led_folder)])) as app:
        yield app


def names(model: str | None = None) -> list[str]:
    return [each.name for each in offers.load().get(model).embeddings]


def test_those_whose_widths_are_the_models_are_offered(app: Flask, led_folder: Path) -> None:
    assert names() == []
    enter("Ink")
    enter("wide", width=1024)
    write(embeddings.folder() / "both.safetensors", clip_l=(1, 768), clip_g=(1, 1280))
    assert [each.name for each in embeddings.every()] == ["Ink", "both", "wide"]
    assert names() == ["Ink"] and names("xl") == ["both"]
    assert Offer.load(str(led_folder)).embeddings == ()
    ink = embeddings.every()[0]
    assert (ink.widths, ink.vectors, len(ink.digest)) == ((768,), 2, 32)
    assert embeddings.find_digest(ink.digest, offers.first().embeddings) == ink
    assert embeddings.find_digest("0" * 32, offers.first().embeddings) is None


def test_replaced_file_has_another_digest(app: Flask) -> None:
    enter("ink")
    before = embeddings.every()[0].digest
    os.utime(enter("ink", vectors=3), (1, 1))
    assert embeddings.every()[0].digest != before


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("old.pt", "is a pickle (.pt), which may run programs when it is read; only .safetensors files are used"),
        ("old.bin", "is a pickle (.bin), which may run programs"),
        ("cut.safetensors", "is no safetensors file, or was cut off"),
        ("a b.safetensors", "has a name that no word of a prompt can be"),
    ],
)
def test_file_that_cannot_be_used_is_named_with_the_reason(app: Flask, name: str, reason: str) -> None:
    embeddings.folder().mkdir()
    (embeddings.folder() / name).write_bytes(b"PK\x03\x04 something")
    assert embeddings.every() == ()
    assert embeddings.strays()[name].startswith(reason)


@pytest.mark.parametrize(
    "shapes",
    [
        {"a": (1, 768), "b": (1, 768)},
        {"clip_l": (1, 768), "clip_g": (2, 1280)},
        {"emb_params": (1, 1, 768)},
        {"emb_params": (76, 768)},
    ],
    ids=["two", "unequal", "deep", "long"],
)
def test_file_of_something_else_is_no_embedding(app: Flask, shapes: dict[str, tuple[int, ...]]) -> None:
    write(embeddings.folder() / "other.safetensors", **shapes)
    assert list(embeddings.strays()) == ["other.safetensors"]


def test_link_out_of_the_folder_and_a_name_twice_are_not_offered(app: Flask, tmp_path: Path) -> None:
    outside = write(tmp_path / "outside.safetensors", emb_params=(1, 768))
    enter("INK")
    enter("ink")
    (embeddings.folder() / "linked.safetensors").symlink_to(outside)
    assert [each.name for each in embeddings.every()] == ["INK"]
    assert embeddings.strays()["ink.safetensors"] == "has the name of INK.safetensors"
    assert embeddings.strays()["linked.safetensors"].startswith("is a symbolic link that leads out of")


def test_text_that_names_one_that_does_not_fit_is_refused_naming_both_widths(app: Flask, led_folder: Path) -> None:
    enter("wide", width=1024)
    (embeddings.folder() / "old.pt").write_bytes(b"PK")
    facts = offers.first().facts
    assert embeddings.flaw("a fox, (Wide:1.2)", facts) == (
        "names the embedding “wide”, which does not fit: its vectors have 1024 numbers, and the text encoders of the"
        " model words read 768."
    )
    assert "names the embedding old.pt, which cannot be used: it is a pickle" in embeddings.flaw("an old fox", facts)
    assert embeddings.flaw("a wider fox", facts) == ""
    limits = Limits.for_offer(offers.load(), Offer.load(str(led_folder)))
    assert list(embedding_errors(StopRequest(prompt="a wide old fox"), ("stops", 0), limits)) == []


def test_command_lists_them_with_their_models_and_what_cannot_be_used(app: Flask) -> None:
    enter("ink")
    enter("wide", width=1024)
    (embeddings.folder() / "old.pt").write_bytes(b"PK")
    runner: FlaskCliRunner = app.test_cli_runner()
    listed = run_json(runner, "embeddings", "list")
    assert [(each["name"], each["vectors"], each["widths"], each["models"]) for each in listed] == [
        ("ink", 2, [768], ["words"]),
        ("wide", 2, [1024], []),
    ]
    output = run(runner, "embeddings", "list").output
    assert "2 vectors of 768 numbers, for words" in output and "no model on offer" in output
    assert "old.pt" in output and "not offered: it is a pickle (.pt)" in output
    assert embedding_files.EMB_PARAMS not in output
