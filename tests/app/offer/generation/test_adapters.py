"""Which adapters belong to which model: by the weights that they were learned on, wherever these lie."""

import shutil
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from flask import Flask

from app.offer.generation import adapters, offers, prompt_texts
from app.offer.generation.offers import Offer
from tests.conftest import inside, make_app
from tests.support import led


@pytest.fixture
def model(tmp_path: Path) -> Path:
    return led.lay_out_with_weights(tmp_path / "words", b"weights")


@pytest.fixture
def app(instance: Path, model: Path) -> Iterator[Flask]:
    with inside(make_app(instance, MODEL=str(model))) as app:
        yield app


@pytest.fixture
def kept(app: Flask, model: Path, tmp_path: Path) -> adapters.Adapter:
    """An adapter of the site's model."""
    (tmp_path / "learned").write_bytes(b"changes")
    about = {"words": "our prints", "title": "Our prints", "model": "words"}
    return adapters.keep(tmp_path / "learned", "our-prints", base=model, **about)


def test_model_knows_what_it_learned_as_a_hand(kept: adapters.Adapter, model: Path) -> None:
    assert kept.path.read_bytes() == b"changes" and kept.model == "words"
    assert offers.first().adapters == (kept,) and adapters.find(kept.digest, offers.first().adapters) == kept
    assert [(hand.words, hand.title) for hand in offers.first().styles] == [("our prints", "Our prints")]
    assert offers.load().with_adapter("our-prints") == ["words"] and offers.load().with_adapter("other") == []


def test_other_weights_have_none_of_it(kept: adapters.Adapter, model: Path, tmp_path: Path) -> None:
    other = led.lay_out_with_weights(tmp_path / "other", b"weightz")
    assert adapters.of_folder(other) == () and not adapters.is_learned("our-prints", other)
    (model / "unet/model.safetensors").write_bytes(b"fine-tuned since")
    assert (
        offers.first().adapters == () and offers.load().with_adapter("our-prints") == [] and offers.first().styles == ()
    )


def test_copy_of_a_model_in_another_place_is_the_same(kept: adapters.Adapter, model: Path, tmp_path: Path) -> None:
    shutil.copytree(model, tmp_path / "moved", copy_function=shutil.copyfile)
    assert adapters.of_folder(tmp_path / "moved") == (kept,)


def test_large_weights_are_distinguished_without_reading_all_of_them(app: Flask, tmp_path: Path) -> None:
    whole = bytearray(adapters.BLOCKS * adapters.BLOCK * 3)
    one = led.lay_out_with_weights(tmp_path / "one", bytes(whole))
    for place in range(0, len(whole), adapters.BLOCK):  # as learning does: a little, everywhere
        whole[place + 7] = 1
    other = led.lay_out_with_weights(tmp_path / "two", bytes(whole))
    marks = {adapters.fingerprint(folder) for folder in (one, other)}
    assert len(marks) == 2 and all(len(mark) == 12 for mark in marks)


def test_model_that_is_not_here_has_no_fingerprint_and_no_adapters(kept: adapters.Adapter) -> None:
    assert (
        adapters.fingerprint(Path("someone/not-downloaded")) == ""
        and Offer.load("someone/not-downloaded").adapters == ()
    )


@pytest.mark.parametrize("flaw", ["{", '{"words": "our prints"}', "[]"])
def test_adapter_that_cannot_be_read_is_none(kept: adapters.Adapter, flaw: str) -> None:
    kept.path.with_name(adapters.ABOUT).write_text(flaw)
    assert offers.first().adapters == ()


def test_sampling_records_the_adapters_of_its_hands_alone(kept: adapters.Adapter, model: Path) -> None:
    def record(sampling: dict[str, Any], *hands: str) -> dict[str, Any]:
        stops = [
            SimpleNamespace(prompt="a", negative_prompt="", requested_style=hand, lora=None, clip_skip=None)
            for hand in hands
        ]
        recorded = prompt_texts.record(sampling, stops, offers.first())
        return {name: value for name, value in recorded.items() if name != prompt_texts.RECORDED}

    assert record({"steps": 2}, "neon", "") == {"steps": 2}
    recorded = record({"steps": 2, "adapters": {"gone": "0"}}, "our prints", "our prints")
    assert recorded == {"steps": 2, "adapters": {"our prints": kept.digest}}
