"""Split a prompt into tokens (words, marks and emoji, each with its position), and correct their spelling.

Words of negation and names of drawings are corrected that differ by one letter, such as "dinosuar".
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Iterator
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

SHORT, LEAST_SWAPPED, LEAST, LEAST_REPLACED, MOST = 3, 4, 5, 6, 24
"""The least length of a word of grammar in which two letters may have changed places, of any other such word, of one
that is corrected otherwise and of one in which a letter may be replaced, and the greatest."""

SURE = 0.9
SWAPPED = 0
LETTERS = "etaoinsrhldcumfpgwybvkxjqz"
"""The letters that may be missing or wrong, the most frequent first."""

Edit = tuple[int, ...]
"""Which edit leads from a word to another, so that likelier ones are smaller."""


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
            folded = keys.unmarked(text, language)
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
    places = [index for index, each in enumerate(prompt) if not ZERO_WIDTH.match(each)]
    return "".join(prompt[index] for index in places), places


def _mark(text: str) -> str:
    return {"&": "and", "+": "and", " - ": ","}.get(text, text) if text.strip() not in "–—|;/" else ","


class Speller:
    """Corrects words that are unknown in both languages and differ by one letter from the name of a drawing."""

    def __init__(self, wordbook: Wordbook) -> None:
        self._wordbook = wordbook
        self._nearest = lru_cache(maxsize=2048)(self._find_nearest)
        self.names = lru_cache(maxsize=len(SPOKEN))(self._index)

    def correct(self, prompt: Prompt) -> Prompt:
        """Return the prompt with corrected words; their positions in the text do not change."""
        has_capitals = any(token.capital for token in prompt.tokens[1:])
        grammar = prompt.grammar
        corrected = (
            token
            if index and prompt.tokens[index - 1].text in grammar.before_names
            else self._corrected(token, grammar, has_capitals and index > 0)
            for index, token in enumerate(prompt.tokens)
        )
        return replace(prompt, tokens=tuple(corrected))

    def _corrected(self, token: Token, grammar: Grammar, capitals_tell: bool) -> Token:
        word, is_german = grammar.brands.get(token.text, token.text), grammar.language == "de"
        is_word = token.kind == WORD and SHORT <= len(word) <= MOST and word.isalpha()
        if not is_word or grammar.is_minor(word):
            return replace(token, text=word)
        # A capital letter is that of a name in English; a German noun has one.
        may_be_name = not (capitals_tell and token.capital != is_german)
        may_replace = len(word) >= LEAST_REPLACED and (token.capital or not is_german)
        return replace(token, text=self._nearest(word, grammar, may_be_name, may_replace))

    def _find_nearest(self, word: str, grammar: Grammar, may_be_name: bool, may_replace: bool) -> str:
        negations = grammar.negation.spelled
        if word in negations or self._wordbook.is_listed(word):
            return word
        is_described = self._wordbook.is_described(word)
        if not is_described and (small := next(filter(grammar.is_minor, _swapped(word)), "")):
            return small  # wiht
        if len(word) < LEAST_SWAPPED:
            return word
        edits = {} if is_described or len(word) < LEAST else _edits(word, negations, may_replace=True)
        if edits or not may_be_name:
            return min(edits, key=lambda each: edits[each], default=word)
        names, language = self.names(grammar.language), grammar.language
        near = names.near(word)
        if is_described:  # a squirrell has a squirrel's stem; other words that describe things are right as they are
            near = {each for each in near if keys.stem(each, language) == keys.stem(word, language)}
        edits = _edits(word, near, may_replace=may_replace)
        if len(word) < LEAST:
            edits = {each: found for each, found in edits.items() if found[0] == SWAPPED}
        if edits or is_described:
            return min(edits, key=lambda each: (-names.of[each], edits[each]), default=word)
        lexicon, prefix = self._wordbook.lexicon, keys.prefix(language)
        return next((each for each in _swapped(word) if f"{prefix}{each}" in lexicon), word)

    def _index(self, language: str) -> Names:
        prefix = keys.prefix(language)
        names = self._wordbook.sure_words(prefix, (NAME, ALIAS), SURE)
        return Names({word: weight for word, weight in names.items() if len(word) <= MOST + 1})


class Names:
    """Words with their weights, found by what is left of them without one of their letters.

    Two words that differ by one letter have such a rest in common, or one is a rest of the other. The index follows
    the symmetric deletions of Garbe, "1000x faster spelling correction" (2012).
    """

    def __init__(self, weights: dict[str, float]) -> None:
        self.of = weights
        self._by_rest: dict[str, list[str]] = {}
        for word in weights:
            for rest in {word, *_rests(word)}:
                self._by_rest.setdefault(rest, []).append(word)

    def near(self, word: str) -> set[str]:
        """Return the words that may differ from this one by one letter or by two that change places."""
        return {each for rest in (word, *_rests(word)) for each in self._by_rest.get(rest, ())}


def _swapped(word: str) -> Iterator[str]:
    """Yield the words in which two letters of a word have changed places, but for the first."""
    return (f"{word[:at]}{word[at + 1]}{word[at]}{word[at + 2 :]}" for at in range(1, len(word) - 1))


def _rests(word: str) -> Iterator[str]:
    return (word[:at] + word[at + 1 :] for at in range(len(word)))


def _edits(word: str, others: Collection[str], *, may_replace: bool) -> dict[str, Edit]:
    """Return the words that a single edit leads to, each with that edit."""
    return {each: found for each in others if (found := edit(word, each, may_replace=may_replace)) is not None}


def edit(word: str, other: str, *, may_replace: bool) -> Edit | None:
    """Return the likeliest single edit that leads from one word to another, or ``None``; the first letter stays.

    Likelier than a letter too many are two that change places, and likelier than one that is missing or wrong.
    """
    longer, last = len(other) - len(word), len(word) - 1
    if abs(longer) > 1 or word == other:
        return None
    start = next(
        (at for at, (one, two) in enumerate(zip(word, other, strict=False)) if one != two), min(last, len(other))
    )
    if longer == 0:
        if (
            start < last
            and word[start : start + 2] == other[start : start + 2][::-1]
            and word[start + 2 :] == other[start + 2 :]
        ):
            return SWAPPED, start
        is_one = 0 < start < last and word[start + 1 :] == other[start + 1 :] and other[start] in LETTERS
        return (2, start, LETTERS.index(other[start]), 1) if may_replace and is_one else None
    if longer < 0:
        places = (at for at in range(1, last) if word[:at] + word[at + 1 :] == other)
        return next(((1, at) for at in places), None)
    places = (at for at in range(1, last + 1) if word[:at] + other[at] + word[at:] == other and other[at] in LETTERS)
    return next(((2, at, LETTERS.index(other[at]), 0) for at in places), None)
