"""A prompt as words and marks, each with its place in what was written."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

from sketch import keys

LONGEST = 2000
"""What is read of a prompt at most; commissions take far less."""

WORD, MARK, EMOJI = "word", "mark", "emoji"
ZERO_WIDTH = re.compile("[\u00ad\u200b\u200c\u200e\u200f\u202a-\u202e\u2060-\u2064\ufeff]")
TONE = "[\U0001f3fb-\U0001f3ff]"
PICTURE = "(?:[\U0001f1e6-\U0001f1ff]{2}|[\u203c-\u3299\U0001f000-\U0001faff])"
PIECE = re.compile(
    rf"(?P<emoji>{PICTURE}\ufe0f?{TONE}?(?:\u200d{PICTURE}\ufe0f?{TONE}?)*)"
    r"|(?P<word>[^\W_]+(?:['’ʼ][^\W_]+)*)|(?P<mark>[,.;:!?()&+/|–—]| - )"
)
VARIATION = re.compile(f"\ufe0f|{TONE}")


@dataclass(frozen=True, slots=True)
class Token:
    """A word, a mark or an emoji: as it is looked up, and from where to where it stands."""

    text: str
    kind: str
    start: int
    end: int
    capital: bool = False
    owner: bool = False


def tokens(prompt: str, language: str) -> list[Token]:
    """Split a prompt; words are folded as the lexicon's keys of a language are, without its prefix."""
    found = []
    shown, places = _visible(prompt[:LONGEST])
    for match in PIECE.finditer(shown):
        kind = str(match.lastgroup)
        text = match.group()
        start, end = places[match.start()], places[match.end() - 1] + 1
        if kind == EMOJI and not unicodedata.category(text[0]).startswith("S") and len(text) == 1:
            kind = WORD  # a kana or an ideograph lies within that range
        if kind == WORD:
            folded = keys.key(text, language).removeprefix(keys.prefix(language))
            found += [
                Token(part, WORD, start, end, text[:1].isupper(), bool(keys.POSSESSIVE.search(text)))
                for part in folded.split()
            ]
        elif kind == EMOJI:
            found.append(Token(VARIATION.sub("", text), EMOJI, start, end))
        else:
            found.append(Token(_mark(text), MARK, start, end))
    return found


def _visible(prompt: str) -> tuple[str, list[int]]:
    """Leave out what has no width; return the rest and where each of its characters stood."""
    places = [place for place, each in enumerate(prompt) if not ZERO_WIDTH.match(each)]
    return "".join(prompt[place] for place in places), places


def _mark(text: str) -> str:
    return {"&": "and", "+": "and", " - ": ","}.get(text, text) if text.strip() not in "–—|;/" else ","
