"""Find the words of a prompt that the parser cannot read: those in another script, or in an unknown language.

A few unknown words are names, or rare words of a known language. Only where most of a prompt is unknown is it taken to
be in another language.
"""

import unicodedata
from collections.abc import Iterator, Sequence
from functools import lru_cache
from itertools import chain, groupby

from app.reading.grammar import load
from app.reading.lexicon import SPOKEN
from app.reading.reading import BY_KIND, BY_NAME, Found
from app.reading.wordbook import Wordbook
from sketch import keys

LEAST_LETTERS = 3
"""The least length of a word that counts; shorter ones are much the same in all languages."""

LEAST_UNKNOWN, SHARE = 2, 0.5
"""The least number and share of unknown words that make a prompt one in another language; one if no name was found."""

LETTERS = "Lu", "Ll", "Lt", "Lo"
"""The categories of letters; modifiers, such as an apostrophe, belong to no script."""

APOSTROPHES = "'’ʼ"
LATIN = "LATIN ", "FULLWIDTH LATIN "


def find(prompt: str, items: Sequence[Found], language: str, wordbook: Wordbook) -> tuple[str, ...]:
    """Return the words of a prompt that cannot be read, as written, each once.

    :param items: the things that were found in it, whose names are read in any language.
    :param language: the language that the prompt was parsed in.
    """
    named = [item for item in items if item.how in (BY_NAME, BY_KIND)]
    foreign: list[str] = []
    unknown: list[str] = []
    known = 0
    for start, word in words(prompt):
        within = [item for item in named if item.span[0] <= start < item.span[1]]
        is_named = any(_is_name(word, item, language, wordbook) for item in within)
        if not is_latin(word):
            foreign += [] if is_named else [word]
        elif len(word) >= LEAST_LETTERS:
            if is_named or word[0].isupper() or _is_known(word, wordbook):
                known += 1
            else:
                unknown.append(word)
    least = LEAST_UNKNOWN if any(item.how == BY_NAME for item in items) else 1
    if len(unknown) < max(least, SHARE * (known + len(unknown))):
        unknown = []
    return tuple(dict.fromkeys([*foreign, *unknown]))


def words(prompt: str) -> Iterator[tuple[int, str]]:
    """Yield the words of a prompt in any script, each with its first character's place; numbers and marks are none."""
    for is_word, group in groupby(enumerate(prompt), key=lambda each: _belongs_to_word(each[1])):
        letters = list(group)
        word = "".join(letter for _, letter in letters)
        if is_word and any(letter.isalpha() for letter in word):
            yield letters[0][0], word


def is_latin(word: str) -> bool:
    """Return whether all letters of a word are Latin, as which mathematical and full-width ones count."""
    plain = unicodedata.normalize("NFKC", word)
    return all(
        unicodedata.name(each, "").startswith(LATIN) for each in plain if unicodedata.category(each)[:2] in LETTERS
    )


def _belongs_to_word(character: str) -> bool:
    return unicodedata.category(character)[0] in "LM" or character in APOSTROPHES


def _is_name(word: str, item: Found, language: str, wordbook: Wordbook) -> bool:
    """Return whether a word of a thing's phrase was read: any in English or German, else a name of the thing."""
    if language != keys.OTHER and is_latin(word):
        return True
    return any(wordbook.exactly(keys.key(text, keys.OTHER)) for text in (item.words, word))


def _is_known(word: str, wordbook: Wordbook) -> bool:
    """Return whether a word is English or German, as far as the lexicon and the grammar tables know these."""
    folded = {language: keys.unmarked(word, language) for language in SPOKEN}
    return wordbook.is_known(word) or any(folded[language] in _small_words(language) for language in SPOKEN)


@lru_cache(maxsize=len(SPOKEN))
def _small_words(language: str) -> frozenset[str]:
    """Return the words of a language's grammar tables that name nothing by themselves."""
    grammar = load(language)
    values = chain(vars(grammar).values(), vars(grammar.negation).values())
    return frozenset(chain.from_iterable(each for each in values if isinstance(each, (frozenset, dict))))
