"""Where prompts name embeddings: whole words alone, in any case."""

import pytest

from app.core.text import embedding_names

NAMES = {"badhand", "bad-hand-5", "ink_v2.1"}


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("a fox", [("a fox", "")]),
        ("BadHand", [("", "badhand")]),
        ("a badhand, b", [("a ", ""), ("", "badhand"), (", b", "")]),
        ("bad-hand-5 x", [("", "bad-hand-5"), (" x", "")]),
        ("an ink_v2.1.", [("an ", ""), ("", "ink_v2.1"), (".", "")]),
        ("badhands badhand2 my-badhand", [("badhands badhand2 my-badhand", "")]),
        ("badhand badhand", [("", "badhand"), (" ", ""), ("", "badhand")]),
        ("", []),
    ],
)
def test_text_is_split_at_names(text: str, parts: list[tuple[str, str]]) -> None:
    assert list(embedding_names.split(text, NAMES)) == parts
    assert embedding_names.named(text, NAMES) == {name for _, name in parts if name}
    assert list(embedding_names.split(text, ())) == ([(text, "")] if text else [])
