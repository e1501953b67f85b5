"""Where a model's drawings are found: beside its weights, in a folder or where a hub's files lie."""

from pathlib import Path

import pytest
from flask import Flask

from app.offer.drawings import sketchbooks
from app.offer.generation.offers import Offer
from app.requests.walk_requests import scenes
from tests.support import led


def test_model_from_a_hub_is_read_by_its_drawings(app: Flask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path / "hub"))
    with app.app_context():
        offer = Offer.load("tiny/drawn")
        assert sketchbooks.of_model(offer) is None and scenes.reader_of(offer) is None
        repository = tmp_path / "hub" / "models--tiny--drawn"
        led.lay_out(repository / "snapshots" / "0123456789abcdef")
        (repository / "refs").mkdir()
        (repository / "refs" / "main").write_text("0123456789abcdef\n")
        offer = Offer.load("tiny/drawn")
        book, reader = sketchbooks.of_model(offer), scenes.reader_of(offer)
        assert book is not None and set(led.book().drawings) <= set(book.drawings)
        assert reader is not None and [found.drawing.name for found in reader.read("a bat").items] == ["bat"]
