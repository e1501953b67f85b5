"""Captioned pictures that make their own sketches: in their own colours, or in those of scenes."""

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from sketch import sketchbook
from studio.errors import StudioError
from studio.scenes.captioned import Captioned
from studio.workspace.work_folder import Folder

pytestmark = pytest.mark.slow

AMBER, UMBER = (255, 176, 38), (44, 24, 14)
BOOK = Path("models/house/sketchbook.zip")


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    """Six pictures of an amber square on umber, captioned."""
    pictures = tmp_path / "pictures"
    pictures.mkdir()
    for number in range(6):
        picture = Image.new("RGB", (64, 64), UMBER)
        picture.paste(AMBER, (16, 16 + number, 40, 40 + number))
        picture.save(pictures / f"{number}.png")
    rows = [json.dumps({"file_name": f"{number}.png", "text": f"square {number}"}) for number in range(6)]
    (pictures / "metadata.jsonl").write_text("\n".join(rows))
    return Folder(tmp_path)


def test_painter_is_not_shown_in_a_sketch_the_colours_that_it_is_to_paint(folder: Folder) -> None:
    own, led = (Captioned(folder, None, 64, sketches=2, book=book) for book in (None, sketchbook.load(BOOK)))
    plain, recoloured = own.load_batch(range(12)), led.load_batch(range(12))
    assert (plain[0] == recoloured[0]).all() and plain[1] == recoloured[1]
    assert plain[2] is not None and recoloured[2] is not None
    tones = np.float32([AMBER, UMBER]) / 127.5 - 1
    near = [
        np.abs(sketches[:, :3].numpy().transpose(0, 2, 3, 1)[..., None, :] - tones).max(-1).min(-1) < 0.15
        for sketches in (plain[2], recoloured[2])
    ]
    assert near[0].mean() > 0.8 > 0.3 > near[1].mean()


def test_sketches_keep_their_colours_where_scenes_get_the_palette(folder: Folder) -> None:
    book = sketchbook.load(BOOK)
    own, led = (Captioned(folder, None, 64, sketches=2, **more) for more in ({}, {"book": book, "palette": "prints"}))
    kept, plain = led.load_batch(range(12))[2], own.load_batch(range(12))[2]
    assert kept is not None and plain is not None and (kept == plain).all()
    assert led.digest() not in (own.digest(), Captioned(folder, None, 64, sketches=2, book=book).digest())
    assert led.table().words == "prints"
    with pytest.raises(StudioError, match="--palette needs a sketch-conditioned --base"):
        own.table()


def test_the_same_pictures_make_the_same_sketches_and_others_have_another_digest(folder: Folder) -> None:
    book = sketchbook.load(BOOK)
    first, again = (Captioned(folder, None, 64, sketches=2, book=book) for _ in range(2))
    whole = first.load_batch(range(12))[2]
    assert whole is not None
    part = again.load_batch(range(9, 11))[2]
    assert part is not None and (whole[9:11] == part).all()
    assert first.digest() == again.digest() != Captioned(folder, None, 64, sketches=2).digest()
