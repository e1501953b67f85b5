"""The main colour of a picture has the name that everybody would give it."""

import io

import pytest
from PIL import Image

from app.walks.saved import colours

NAMED = {
    (220, 30, 30): "red", (240, 130, 20): "orange", (250, 220, 40): "yellow", (40, 160, 60): "green",
    (30, 80, 200): "blue", (120, 40, 170): "purple", (245, 150, 190): "pink", (110, 70, 35): "brown",
    (10, 10, 10): "black", (128, 128, 128): "grey", (250, 250, 248): "white",
}  # fmt: skip


@pytest.mark.parametrize("colour", NAMED)
def test_plain_pictures_are_named(colour: tuple[int, int, int]) -> None:
    assert colours.main(Image.new("RGB", (128, 96), colour)) == NAMED[colour]


def test_every_name_can_be_given() -> None:
    assert set(NAMED.values()) == set(colours.COLOURS)


def test_thing_on_white_paper_has_the_colour_of_the_thing() -> None:
    picture = Image.new("RGB", (128, 128), "white")
    picture.paste((220, 30, 30), (30, 30, 100, 100))
    out = io.BytesIO()
    picture.save(out, "PNG")
    assert colours.main(out.getvalue()) == "red"


def test_dot_of_colour_does_not_outweigh_the_wall() -> None:
    picture = Image.new("RGB", (128, 128), "white")
    picture.paste((220, 30, 30), (0, 0, 20, 20))
    assert colours.main(picture) == "white"
