"""Split a prompt into tokens: words, marks and emoji, each with its position."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

from app.reading.lexicon import SPOKEN
from app.reading.prompt import EMOJI, MARK, WORD, Token
from sketch import keys

LONGEST = 2000
"""The most characters of a prompt that are parsed; requests allow far fewer."""

MINUS = "minus"
"""The word for a minus sign directly before a word, as in searches: cat -dog."""

ZERO_WIDTH = re.compile("[\u00ad\u200b\u200c\u200e\u200f\u202a-\u202e\u2060-\u2064\ufeff]")
TONE = "[\U0001f3fb-\U0001f3ff]"
PICTURE = "(?:[\U0001f1e6-\U0001f1ff]{2}|[\u203c-\u3299\U0001f000-\U0001faff])"
LETTERS_OF_WORD = r"(?:[^\W_][\u0300-\u036f]*)+"  # an umlaut may be two characters
PIECE = re.compile(
    rf"(?P<emoji>{PICTURE}\ufe0f?{TONE}?(?:\u200d{PICTURE}\ufe0f?{TONE}?)*)"
    r"|(?P<minus>(?<=[^\W_] )[-!](?=[^\W\d_]))"
    r"|(?P<word>[0-9]{1,3}(?:[.,][0-9]{3})+(?![0-9])|[0-9]+[.,][0-9]{1,2}(?![0-9])"
    rf"|{LETTERS_OF_WORD}(?:['’ʼ]{LETTERS_OF_WORD})*)|(?P<mark>[,.;:!?()&+/|–—]| - )"
)
THOUSANDS, DECIMAL = re.compile("[0-9]{1,3}(?:[.,][0-9]{3})+"), re.compile("[0-9]+[.,][0-9]{1,2}")
HYPHENED = re.compile(r"[^\W_][-\u2010\u2011]")
FOREIGN = re.compile("[áíìóòúùőűåøæłąęśćźżčšžřťďňěůăâîșțğışõãý]")
"""Letters that neither English nor German has: a word with one is of another language, whatever it folds to."""

VARIATION = re.compile(f"\ufe0f|{TONE}")


@lru_cache(maxsize=8)  # the tokens of a prompt are also needed to tell its language
def tokenise(prompt: str, language: str) -> tuple[Token, ...]:
    """Return the tokens of a prompt; words are folded as the keys of the lexicon are, without the language's prefix."""
    found: list[Token] = []
    shown, places = _visible(prompt[:LONGEST])
    for match in PIECE.finditer(shown):
        kind = str(match.lastgroup)
        text = match.group()
        start, end = places[match.start()], places[match.end() - 1] + 1
        if kind == EMOJI and not unicodedata.category(text[0]).startswith("S") and len(text) == 1:
            kind = WORD  # kana and ideographs are in that range too
        if kind == WORD and (THOUSANDS.fullmatch(text) or DECIMAL.fullmatch(text)):
            found.append(Token(re.sub("[.,]", "" if THOUSANDS.fullmatch(text) else ".", text), WORD, start, end))
        elif kind == WORD:
            folded = keys.key(text, language).removeprefix(keys.prefix(language))
            plain = unicodedata.normalize("NFC", text).casefold()
            folded = plain if language in SPOKEN and FOREIGN.search(plain) else folded
            capital, owner = text[:1].isupper(), bool(keys.POSSESSIVE.search(text))
            joined = bool(HYPHENED.fullmatch(shown[max(0, match.start() - 2) : match.start()]))
            found += [Token(part, WORD, start, end, capital, owner, joined) for part in folded.split()]
        elif kind == MINUS:
            found.append(Token(MINUS, WORD, start, end))
        elif kind == EMOJI:
            found.append(Token(VARIATION.sub("", text), EMOJI, start, end))
        else:
            found.append(Token(_mark(text), MARK, start, end))
    return tuple(found)


def _visible(prompt: str) -> tuple[str, list[int]]:
    """Return a prompt without zero-width characters, and the position of each remaining character in the prompt."""
    places = [place for place, each in enumerate(prompt) if not ZERO_WIDTH.match(each)]
    return "".join(prompt[place] for place in places), places


def _mark(text: str) -> str:
    return {"&": "and", "+": "and", " - ": ","}.get(text, text) if text.strip() not in "–—|;/" else ","
