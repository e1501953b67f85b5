"""Rewordings: two hundred, each of a concept there is, none of them a name; how their hits are counted."""

import json
from pathlib import Path

import torch

from sketch import wording
from studio.judging import rewordings
from studio.text.text_encoder import Texts


def names() -> list[str]:
    return [row["name"] for row in json.loads(Path("models/house/concepts.json").read_bytes())]


def test_two_hundred_mean_concepts_that_the_house_has() -> None:
    listed = rewordings.load_rewordings()
    assert len({each.prompt for each in listed}) == len(listed) == 200
    known = {name.casefold() for name in names()}  # as their meanings are compared
    assert {name.casefold() for each in listed for name in each.means} <= known
    assert len({each.means[0] for each in listed}) > 180


def test_none_is_what_a_caption_says() -> None:
    said = {wording.thing(name).casefold() for name in names()} | {name.casefold() for name in names()}
    assert not said & {each.prompt.casefold() for each in rewordings.load_rewordings()}


def test_those_without_their_concept_are_left_out() -> None:
    prompts = [each.prompt for each in rewordings.among(["Bear", "mosque"])]
    assert prompts == ["a grizzly catching salmon"]


def test_hit_is_any_meaning_among_the_best() -> None:
    scores = torch.tensor([[0.9, 0.5, 0.1], [0.1, 0.5, 0.9]])
    meant, concepts = [("fox", "bear"), ("bear", "owl")], ["Bear", "cat", "kite"]
    assert rewordings.hits(scores, meant, concepts, 1).tolist() == [True, False]
    assert rewordings.hits(scores, meant, concepts, 9).tolist() == [True, True]


def test_text_encoder_is_asked_among_the_names(base: Path) -> None:
    result = rewordings.measure_text_encoder(Texts(base), ["bear", "fox", "owl"])
    assert 0 <= result["top1"] <= result["top5"] == 1
