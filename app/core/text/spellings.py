"""Possible readings of a text that is spelled to avoid detection.

Tricks are digits and signs for letters, letters masked by stars, spaces and dots between letters, and divided words.
Each reading is folded, in lower case, with one space between its words and around them all.
"""

import re
import unicodedata
from pathlib import Path

from app.core.text import lookalikes
from app.core.text.folding import folded

SIGNS = str.maketrans("@4$57+380€69(<¢¥!|1×µ£", "aasstteboeggcccyiiixul")
OTHER_ONE = str.maketrans("1!|", "lll")
"""A one in place of a letter may mean an i or an l."""
HIDDEN = "*"
HIDING = re.compile(r"[*#%&?_~.•·…✱∗×@$!0-9-]")
TOKEN = re.compile(r"\S+")
MARKS = "\u0900-\u0963\u0981-\u0dff\u0e31\u0e34-\u0e3a\u0e47-\u0e4e"
"""Vowel signs of Indic scripts and of Thai: parts of words, though not letters."""
WORD = re.compile(rf"(?:[^\W_]|[{MARKS}])+")
LETTER = re.compile(r"[^\W\d_]")
APART = re.compile(r"(?<![^\W_])([^\W_])(?:([^\w'’]|_)[^\W_])(?:\2[^\W_])+(?![^\W_])")
"""Three or more single letters in a row with the same sign between each."""
CUT = re.compile(
    rf"(?<![^\W\d_])(?:[^\W\d_]|[{MARKS}])+"
    rf"(?:[-._/\\|~*·•+\u2600-\u27bf\ufe0f\U0001f000-\U0001faff]+(?:[^\W\d_]|[{MARKS}])+)+"
)
SPOKEN = {
    "🍆": "emojiaubergine", "🍑": "emojipeach", "💦": "emojidroplets", "🍌": "emojibanana", "👅": "emojitongue",
    "👉": "emojipoint", "👌": "emojiok", "🔞": "emojieighteen",
}  # fmt: skip
"""Emoji that stand for something else, with their names in the list of terms."""
SPOKEN_SIGN = re.compile("|".join(SPOKEN))
APOSTROPHES = re.compile("['’ʼ´`]")
SHORT_WORDS = frozenset(Path(__file__).with_name("short_words.txt").read_text("utf-8").split())
"""Words of up to three letters: English ones, and articles of other languages. Two pieces that are both words stay two
words, as in “the pen is red”."""


def readings(text: str) -> list[str]:
    """Return the possible readings of a text, each once: as written, as it looks, and with its tricks undone."""
    native = folded(lookalikes.strip_invisible(text))
    appearance = unicodedata.normalize("NFKD", lookalikes.strip_invisible(text)).translate(lookalikes.TABLE)
    appearance = APOSTROPHES.sub("", folded(appearance).translate(lookalikes.TABLE))
    if appearance.isascii() and not HIDING.search(appearance) and not lookalikes.UNSEEN.search(text):
        return list(
            dict.fromkeys(
                [_spaced(native), _spaced(appearance), _spaced(_join_letters(appearance)), _join_pieces(appearance)]
            )
        )
    decoded = _decode(_join_letters(appearance))
    variants = [
        _spaced(native),
        _spaced(_join_letters(native)),
        _spaced(appearance),
        _spaced(decoded),
        _join_pieces(decoded),
    ]
    variants += [_spaced(_decode(appearance)), _join_pieces(_decode(appearance))]
    if SPOKEN_SIGN.search(text):
        variants.append(_spaced(SPOKEN_SIGN.sub(lambda sign: f" {SPOKEN[sign[0]]} ", appearance)))
    if any(sign in appearance for sign in "1!|"):
        variants.append(_spaced(_decode(appearance.translate(OTHER_ONE))))
    return list(dict.fromkeys(variants))


def masked_words(text: str) -> list[str]:
    """Return the words with masked letters, each of these as a star: ``f*ck``, ``f**k``, ``f#ck``, ``f***``."""
    appearance = unicodedata.normalize("NFKD", lookalikes.strip_invisible(text)).translate(lookalikes.TABLE)
    masked = []
    for token in set(TOKEN.findall(folded(appearance))):
        bare = token.strip(".,;:!?\"'()[]-")
        letters = sum(map(str.isalpha, bare))
        if letters < len(bare) and (letters >= 2 or (letters and HIDDEN * 3 in bare)):
            masked.append(HIDING.sub(HIDDEN, bare))
    return masked


def _decode(text: str) -> str:
    """Return a text with the signs and digits in words as the letters that they resemble; numbers stay numbers."""
    return TOKEN.sub(lambda token: _word(token[0]), text)


def _word(token: str) -> str:
    bare = token.strip(".,;:?\"'")  # these end sentences
    bare = bare.rstrip("!") if LETTER.search(bare.rstrip("!")[-1:]) else bare
    if not LETTER.search(bare) and not any(sign in bare for sign in "$@"):
        return token
    return bare.translate(SIGNS).replace("vv", "w")


def _join_letters(text: str) -> str:
    """Return a text with spaced letters joined, and with words joined across signs."""
    text = APART.sub(lambda run: run[0].replace(run[2], ""), text)
    return CUT.sub(lambda run: "".join(WORD.findall(run[0])), text)


def _join_pieces(text: str) -> str:
    """Return a text with spaced letters joined, and with divided words joined if one part is not a word."""
    words: list[str] = []
    is_open = False
    for word in WORD.findall(_join_letters(text)):
        is_piece = len(word) <= 3 and word.isascii() and word not in SHORT_WORDS and not word.isdigit()
        if words and (is_piece or is_open):
            words[-1] += word
        else:
            words.append(word)
        is_open = is_piece
    return f" {' '.join(words)} "


def _spaced(text: str) -> str:
    words = " ".join(WORD.findall(text))
    return f" {words} "
