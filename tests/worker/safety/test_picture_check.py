"""What looks at pictures: tiny detectors of the real classes, NudeNet itself, and nothing where none is named."""

import sys
from pathlib import Path

import nudenet.nudenet
import numpy as np
import pytest
import torch
from diffusers.pipelines.stable_diffusion.safety_checker import StableDiffusionSafetyChecker
from transformers import CLIPConfig, CLIPImageProcessor, ViTConfig, ViTForImageClassification, ViTImageProcessor

from worker.safety import picture_check
from worker.safety.picture_check import PictureCheck

SIDE = 32
DARK, BRIGHT = (np.full((40, 56, 3), level, np.uint8) for level in (0, 255))


def checker(folder: Path, *, threshold: float) -> Path:
    """Save a tiny safety checker of Stable Diffusion's class that flags whatever is nearer than a threshold."""
    torch.manual_seed(0)
    vision = {"hidden_size": 16, "intermediate_size": 16, "num_hidden_layers": 1, "num_attention_heads": 2,
              "image_size": SIDE, "patch_size": 16, "projection_dim": 8}  # fmt: skip
    model = StableDiffusionSafetyChecker(CLIPConfig(vision_config=vision, projection_dim=8))
    model.concept_embeds.data.normal_()
    model.special_care_embeds.data.normal_()
    model.concept_embeds_weights.data.fill_(threshold)
    model.special_care_embeds_weights.data.fill_(2)
    model.save_pretrained(folder)
    size = {"height": SIDE, "width": SIDE}
    CLIPImageProcessor(size={"shortest_edge": SIDE}, crop_size=size).save_pretrained(folder)
    return folder


def classifier(folder: Path, *labels: str) -> Path:
    """Save a tiny classifier of pictures that says the first label of bright ones and the second of dark ones."""
    names = dict(enumerate(labels))
    config = ViTConfig(hidden_size=8, intermediate_size=8, num_hidden_layers=1, num_attention_heads=1, image_size=SIDE,
                       patch_size=16, id2label=names, label2id={name: i for i, name in names.items()})  # fmt: skip
    torch.manual_seed(0)
    model = ViTForImageClassification(config).eval()
    processor = ViTImageProcessor(size={"height": SIDE, "width": SIDE})
    with torch.no_grad():
        ends = [processor(picture, return_tensors="pt").pixel_values for picture in (BRIGHT, DARK)]
        bright, dark = (model.vit(end).last_hidden_state[0, 0] for end in ends)
        way, middle = bright - dark, (bright + dark) / 2
        model.classifier.weight.copy_(100 * torch.stack([way, -way]))
        model.classifier.bias.copy_(100 * torch.stack([-way @ middle, way @ middle]))
    model.save_pretrained(folder)
    processor.save_pretrained(folder)
    return folder


def test_nothing_is_flagged_where_nothing_looks() -> None:
    assert PictureCheck().flags([DARK, BRIGHT]) == [False, False]
    assert PictureCheck().flags([]) == []


@pytest.mark.parametrize(("threshold", "is_unfit"), [(-2.0, True), (2.0, False)])
def test_safety_checker_of_diffusers_blackens_nothing(tmp_path: Path, threshold: float, is_unfit: bool) -> None:
    check = PictureCheck(picture_check.load(str(checker(tmp_path / "checker", threshold=threshold))))
    pictures = [DARK, BRIGHT] * 5
    assert check.flags(pictures) == [is_unfit] * 10
    assert pictures[1].min() == 255


def test_safety_checker_within_a_pipeline_finds_its_processor_beside_it(tmp_path: Path) -> None:
    folder = checker(tmp_path / "safety_checker", threshold=-2)
    (tmp_path / "feature_extractor").mkdir()
    (folder / "preprocessor_config.json").rename(tmp_path / "feature_extractor/preprocessor_config.json")
    assert picture_check.load(str(folder))([DARK]) == [True]


def test_classifier_with_an_unfit_label_looks(tmp_path: Path) -> None:
    check = PictureCheck(picture_check.load(str(classifier(tmp_path / "one", "nsfw", "normal"))))
    assert check.flags([BRIGHT, DARK, BRIGHT]) == [True, False, True]


def test_classifier_that_says_nothing_of_it_is_refused(tmp_path: Path) -> None:
    with pytest.raises(picture_check.CheckerError, match=r"none of the labels nsfw, .*, but cat, dog"):
        picture_check.load(str(classifier(tmp_path / "one", "cat", "dog")))


def test_folder_that_holds_no_detector_is_named(tmp_path: Path) -> None:
    with pytest.raises(picture_check.CheckerError, match=str(tmp_path)):
        picture_check.load(str(tmp_path))


@pytest.mark.slow
def test_nudenet_looks_at_pictures_and_finds_nothing_in_plain_ones() -> None:
    assert picture_check.load(picture_check.NUDENET)([DARK, BRIGHT] * 5) == [False] * 10


def test_nudenet_knows_every_part_that_counts() -> None:
    assert set(nudenet.nudenet.__labels) >= picture_check.BARE


@pytest.mark.parametrize(
    ("part", "score", "is_unfit"),
    [("BUTTOCKS_EXPOSED", 0.71, True), ("BUTTOCKS_EXPOSED", 0.69, False), ("FEET_EXPOSED", 0.99, False)],
)
def test_nudenet_counts_certain_matches(
    monkeypatch: pytest.MonkeyPatch, part: str, score: float, is_unfit: bool
) -> None:
    found = [{"class": "FACE_FEMALE", "score": 0.9}, {"class": part, "score": score}]
    monkeypatch.setattr(nudenet.NudeDetector, "detect_batch", lambda _, pictures, **_how: [found] * len(pictures))
    assert picture_check.load(picture_check.NUDENET)([DARK]) == [is_unfit]


def test_nudenet_reads_colours_as_opencv_does(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[picture_check.Picture] = []
    monkeypatch.setattr(nudenet.NudeDetector, "detect_batch", lambda _, pictures, **_how: seen.extend(pictures) or [])
    picture_check.load(picture_check.NUDENET)([np.full((4, 4, 3), (10, 20, 30), np.uint8)])
    assert seen[0][0, 0].tolist() == [30, 20, 10]


def test_nudenet_that_is_not_installed_says_how_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "nudenet", None)
    with pytest.raises(picture_check.CheckerError, match=r"pip install nudenet==3\.4\.2"):
        picture_check.load(picture_check.NUDENET)
