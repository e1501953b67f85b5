"""Split a prompt into tokens (words, marks and emoji, each with its position), and correct their spelling.

Words of negation and names of drawings are corrected that differ by one letter, such as "dinosuar".
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import replace
from functools import lru_cache

from app.reading.grammar import Grammar
from app.reading.lexicon import ALIAS, NAME, SPOKEN
from app.reading.prompt import EMOJI, MARK, WORD, Prompt, Token
from app.reading.wordbook import Wordbook
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

LEAST, LEAST_REPLACED = 5, 6
"""The least length of a word that is corrected, and of one in which a letter may be replaced."""

SURE = 0.9
LETTERS = "etaoinsrhldcumfpgwybvkxjqz"


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


class Speller:
    """Corrects words that are unknown in both languages and differ by one letter from the name of a drawing."""

    def __init__(self, wordbook: Wordbook) -> None:
        self._wordbook = wordbook
        self._nearest = lru_cache(maxsize=2048)(self._find_nearest)

    def correct(self, prompt: Prompt) -> Prompt:
        """Return the prompt with corrected words; their positions in the text do not change."""
        has_capitals = any(token.capital for token in prompt.tokens[1:])
        corrected = (
            self._corrected(token, prompt.grammar, has_capitals and place > 0)
            for place, token in enumerate(prompt.tokens)
        )
        return replace(prompt, tokens=tuple(corrected))

    def _corrected(self, token: Token, grammar: Grammar, capitals_tell: bool) -> Token:
        word, is_german = grammar.brands.get(token.text, token.text), grammar.language == "de"
        if token.kind != WORD or not word.isalpha() or len(word) < LEAST or grammar.is_minor(word):
            return replace(token, text=word)
        # A capital letter is that of a name in English; a German noun has one.
        may_be_name = not (capitals_tell and token.capital != is_german)
        may_replace = len(word) >= LEAST_REPLACED and (token.capital or not is_german)
        return replace(token, text=self._nearest(word, grammar, may_be_name, may_replace))

    def _find_nearest(self, word: str, grammar: Grammar, may_be_name: bool, may_replace: bool) -> str:
        if word in grammar.negation.spelled or self._wordbook.is_known(word):
            return word
        for each in _alike(word, may_replace=True):
            if each in grammar.negation.spelled:
                return each
        best, found = SURE, word
        for each in _alike(word, may_replace) if may_be_name else ():
            meanings = self._wordbook.exactly(keys.prefix(grammar.language) + each)
            weight = max((meaning.weight for meaning in meanings if meaning.source in (NAME, ALIAS)), default=0.0)
            if weight > best:
                best, found = weight, each
        return found


def _alike(word: str, may_replace: bool) -> Iterator[str]:
    """Yield the words that differ by one edit, the most likely edits first; the first letter stays."""
    last = len(word) - 1
    for at in range(last):
        yield word[:at] + word[at + 1] + word[at] + word[at + 2 :]
    for at in range(1, last):
        yield word[:at] + word[at + 1 :]
    for at in range(1, last + 1):
        for letter in LETTERS:
            yield word[:at] + letter + word[at:]
            if may_replace and at < last:
                yield word[:at] + letter + word[at + 1 :]
