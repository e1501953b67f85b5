"""Prompts that name a style that was added: read as that style, and not drawn as things."""

import pytest

from app.core.text import style_mentions
from app.reading.reader import Reader

STYLES = style_mentions.name_table([("van gogh", ("van gogh", "Van Gogh")), ("our prints", ("our prints",))])


@pytest.fixture(scope="module")
def styled(reader: Reader) -> Reader:
    return reader.with_styles(STYLES)


@pytest.mark.parametrize(("prompt", "style", "things"), [
    ("a fox, van gogh", "van gogh", ["fox"]),
    ("a fox in the style of Van Gogh", "van gogh", ["fox"]),
    ("ein Fuchs, im Stil von Van Gogh", "van gogh", ["fox"]),
    ("a bear holding an umbrella, our prints", "our prints", ["bear", "umbrella"]),
    ("ein Haus von Van-Gogh", "van gogh", ["house"]),
])  # fmt: skip
def test_read_with_an_added_style_shows_things_only(styled: Reader, prompt: str, style: str, things: list[str]) -> None:
    reading = styled.read(prompt)
    assert (reading.style_names, [item.drawing.name for item in reading.items]) == ((style,), things)
    assert "gogh" not in reading.words and "print" not in reading.words


def test_read_of_a_style_alone_shows_something(styled: Reader) -> None:
    reading = styled.read("van gogh")
    assert reading.style_names == ("van gogh",) and reading.items


def test_read_without_added_styles_is_as_before(reader: Reader, styled: Reader) -> None:
    assert styled.read("a fox, linocut") == reader.read("a fox, linocut")
    assert [item.drawing.name for item in reader.read("a fox, linocut").items] == ["fox"]


def test_spans_of_things_are_those_in_the_prompt(styled: Reader) -> None:
    prompt = "our prints, a red fox"
    (item,) = styled.read(prompt).items
    assert prompt[slice(*item.span)].endswith("fox")
