"""Check new texts that the site shows: none may contain a banned word.

The texts are prompts and negative prompts, titles, words of scenes, style names of other sites' models, notes, and
names of added drawings. :func:`flaws` checks all of them, also against the built-in lists of unfit words
(:mod:`app.collection.moderation.unfit_text`) without the words that operators allow.
"""

import re
from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache
from typing import Any

from app.collection.moderation import unfit_text
from app.collection.moderation.word_lists import ALLOWED, BANNED, WORDS_MAX
from app.core.errors import FieldError
from app.core.i18n.gettext import _
from app.core.text import lookalikes, prompt_weights
from app.core.text.folding import IS_UNSPACED, spaced

LEFT_OUT = "negative_prompt"

ShownText = tuple[tuple[str | int, ...], str | Callable[[], str], str]
"""A text that will be shown: the path of its field, its name as the subject of a sentence, and the text.

The name may be a function, which is only called for a text with a flaw.
"""


def flaws(texts: Iterable[ShownText]) -> list[FieldError]:
    """Return an error for each text that contains a banned word or is unfit by the built-in lists.

    Banned words match whole words, regardless of case and accents; in scripts without spaces they match anywhere.
    Invisible characters are ignored, and letters that look like Latin ones match these.
    """
    banned, allowed = [(word, *_patterns(word)) for word in BANNED.words()], ALLOWED.words()
    shown = [each for each in texts if each[-1]]
    plain = [prompt_weights.parse(text).text for _field, _name, text in shown]  # weights in brackets could hide a word
    errors = []
    for (field, name, text), unweighted in zip(shown, plain, strict=True):
        if word := _find_word(text, banned) or _find_word(unweighted, banned):
            message = _(
                "%(subject)s contains “%(word)s”, a word that is not shown here. Use another word.",
                subject=_subject(name),
                word=word,
            )
            errors.append(FieldError(field, message, is_unfit=True))
        elif kind := _unfit(text, unweighted, allowed=allowed, is_left_out=field[-1] == LEFT_OUT):
            errors.append(FieldError(field, _(unfit_text.KINDS[kind], subject=_subject(name)), is_unfit=True))
    return errors


def _subject(name: str | Callable[[], str]) -> str:
    return name if isinstance(name, str) else name()


def _unfit(*texts: str, allowed: Any, is_left_out: bool) -> str:
    kinds = (unfit_text.find(text, allowed=allowed, is_left_out=is_left_out) for text in dict.fromkeys(texts))
    return next(filter(None, kinds), "")


def find_word(text: str, words: Iterable[str]) -> str:
    """Return the first of some normalised words that a text contains, or ``""``."""
    return _find_word(text, [(word, *_patterns(word)) for word in words])


def _find_word(text: str, banned: Sequence[tuple[str, re.Pattern[str], re.Pattern[str]]]) -> str:
    if not banned:
        return ""
    as_written, as_read = spaced(lookalikes.strip_invisible(text)), lookalikes.skeleton(text)
    matches = (word for word, written, read in banned if written.search(as_written) or read.search(as_read))
    return next(matches, "")


@lru_cache(maxsize=WORDS_MAX)
def _patterns(word: str) -> tuple[re.Pattern[str], re.Pattern[str]]:
    """Return the patterns that find a word in a text as written, and in a text with lookalike letters replaced."""
    return _pattern(word), _pattern(lookalikes.skeleton(word))


def _pattern(word: str) -> re.Pattern[str]:
    escaped = re.escape(word)
    return re.compile(escaped if IS_UNSPACED.search(word) else rf"(?<!\S){escaped}(?!\S)")
