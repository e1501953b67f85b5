"""Words for photos: by BLIP where there is one, else by the eye."""

from pathlib import Path

import numpy as np
import pytest
import torch
import transformers

from app.core.config import ROOT
from image_encoder import ImageEncoder
from tests.support import photos
from worker.photos import describing
from worker.photos.describing import Blip, DescriberError, Description

pytestmark = pytest.mark.slow

WORDS = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "[DEC]", "[ENC]", "a", "red", "disc", "on", "grass"]


@pytest.fixture(scope="module")
def weights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Save a tiny BLIP of the real class, with random weights."""
    folder = tmp_path_factory.mktemp("blip")
    (folder / "vocab.txt").write_text("\n".join(WORDS))
    sizes = {"hidden_size": 16, "intermediate_size": 32, "num_hidden_layers": 1, "num_attention_heads": 2}
    ends = {"bos_token_id": 5, "eos_token_id": 3, "pad_token_id": 0, "sep_token_id": 3}
    config = transformers.BlipConfig(
        text_config={"vocab_size": len(WORDS), "encoder_hidden_size": 16, "max_position_embeddings": 64}
        | {"projection_dim": 16, "is_decoder": True} | sizes | ends,
        vision_config={"image_size": 32, "patch_size": 16, "projection_dim": 16} | sizes,
        projection_dim=16, image_text_hidden_size=16,
    )  # fmt: skip
    torch.manual_seed(3)
    transformers.BlipForConditionalGeneration(config).save_pretrained(folder)
    transformers.BlipImageProcessorPil(size={"height": 32, "width": 32}).save_pretrained(folder)
    transformers.BertTokenizer(str(folder / "vocab.txt"), additional_special_tokens=["[DEC]", "[ENC]"]).save_pretrained(
        folder
    )
    return folder


@pytest.fixture(scope="module")
def eye() -> ImageEncoder:
    return ImageEncoder.load(ROOT / "models/eye")


def test_blip_says_the_same_of_a_picture_each_time(weights: Path) -> None:
    blip = Blip(weights)
    result = describing.describe(photos.disc_outdoors(), eye=None, blip=blip)
    assert set(result.words.split()) <= set(WORDS[7:])
    assert result == describing.describe(photos.disc_outdoors(), eye=None, blip=blip)
    assert result.words


@pytest.mark.parametrize("broken", ["nowhere", "empty"])
def test_a_folder_without_blip_is_named(tmp_path: Path, broken: str) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(DescriberError, match=broken):
        Blip(tmp_path / broken)


def test_the_eye_names_its_nearest_concept(eye: ImageEncoder) -> None:
    from sketch import sketchbook

    book = sketchbook.load(ROOT / "models/house" / sketchbook.FILE)
    shown = {each.name: each.digest for each in reversed(book.drawings.values())}
    for name in ("bicycle", "sunflower", "guitar"):
        picture = (book.picture(shown[name], 192) * 255).astype(np.uint8)
        result = describing.describe(picture, eye=eye, blip=None)
        assert result.words == f"a {name}"


def test_nothing_is_said_where_no_worker_looks() -> None:
    assert describing.describe(photos.disc_outdoors(), eye=None, blip=None) == Description("", "")


@pytest.mark.parametrize(
    ("concept", "said"),
    [("fox", "a fox"), ("abacus", "an abacus"), ("T-Rex", "T-Rex"), ("french fries", "french fries"),
     ("1st place medal", "1st place medal"), ("cactus", "a cactus"), ("glass of milk", "a glass of milk"),
     ("orange heart", "an orange heart"), ("cooked rice", "cooked rice")],
)  # fmt: skip
def test_a_concept_is_said_as_one_thing(concept: str, said: str) -> None:
    assert describing.with_article(concept) == said
