"""Pieces of words are those that BERT's own tokenizer cuts."""

from hypothesis import given
from hypothesis import strategies as st
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers

from app.core.text.wordpiece import WordPiece, words

PIECES = [
    "[UNK]",
    *"abcdefgh0123456789,.!-é猫",
    *(f"##{letter}" for letter in "abcdefgh0"),
    "cab",
    "##bed",
    "fed",
    "ça",
]
NUMBERS = {piece: number for number, piece in enumerate(PIECES)}


def theirs() -> Tokenizer:
    found = Tokenizer(models.WordPiece(NUMBERS, unk_token="[UNK]"))
    found.normalizer = normalizers.BertNormalizer(lowercase=True)
    found.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    return found


@given(
    st.text(
        st.sampled_from("abcdefgh0 ,.-éÉÇç\t\u200b\u0301猫—“ABC²")
        | st.characters(max_codepoint=0x2FFF, exclude_categories=["Cn"])
    )
)
def test_pieces_are_those_of_the_library(text: str) -> None:
    expected = [number for number in theirs().encode(text).ids if number != NUMBERS["[UNK]"]]
    assert WordPiece(NUMBERS).numbers(text) == expected


def test_longest_pieces_come_first() -> None:
    cut = WordPiece(NUMBERS).numbers("Cabbed, FED!")
    assert [PIECES[number] for number in cut] == ["cab", "##bed", ",", "fed", "!"]
    assert WordPiece(NUMBERS).numbers("xyz") == []
    assert WordPiece(NUMBERS).numbers("a" * 101) == []


def test_words_are_folded_and_marks_stand_alone() -> None:
    assert list(words("  Café-bar,\u00a0「猫」\n")) == ["cafe", "-", "bar", ",", "「", "猫", "」"]
    assert list(words("")) == []
