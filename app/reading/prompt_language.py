"""The language of a prompt, by its words."""

from unicodedata import normalize

from app.reading import tokens
from app.reading.grammar import load
from app.reading.lexicon import SPOKEN, SYNONYM
from app.reading.prompt import WORD
from app.reading.wordbook import Wordbook


def find(prompt: str, hint: str, wordbook: Wordbook | None = None) -> str:
    """Return the language of a prompt, ``en`` or ``de``, by its known words; ``hint`` if they do not decide it.

    Without a ``wordbook`` only articles, numbers, colours and other small words are known.
    """
    points = {"en": 0.0, "de": 0.5 * any(each in "äöüßÄÖÜ" for each in normalize("NFC", prompt))}
    for name in SPOKEN:
        grammar = load(name)
        words = [token for token in tokens.tokenise(prompt, name) if token.kind == WORD]
        for token in words:
            is_small = token.text in grammar.small or token.text in grammar.articles or token.text in grammar.numbers
            if is_small and len(words) > 1:  # a single word is a thing: "war" is English, not German for "was"
                points[name] += 1.0
            elif wordbook is not None and wordbook.is_named(token.text, name, weakest=SYNONYM):
                points[name] += 0.8
            elif token.text in grammar.colours or (wordbook is not None and wordbook.is_named(token.text, name)):
                points[name] += 0.7
    return hint if points["en"] == points["de"] else max(points, key=lambda name: points[name])
