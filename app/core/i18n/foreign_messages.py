"""Translate English sentences that come from data: a model's folder, a worker, the operating system, the audit log.

Only the sentences listed in ``known_sentences.txt`` are translated, so that a visitor's text is never taken for one.
"""

import re
from collections.abc import Iterable, Iterator
from pathlib import Path

from app.core.i18n.gettext import _

LISTED = Path(__file__).with_name("known_sentences.txt")


def extract(file: Iterable[bytes], *_wanted: object, **_options: object) -> Iterator[tuple[int, None, str, list[str]]]:
    """Yield the sentences listed in a file with their line numbers, as an extraction method for Babel."""
    for number, line in enumerate(file, 1):
        text = line.decode("utf-8").strip()
        if text and not text.startswith("#"):
            yield number, None, text, []


def translate_foreign(text: str | None) -> str:
    """Return a listed sentence in the page's language, and any other text unchanged; ``""`` for ``None``."""
    if not text:
        return ""
    if text in KNOWN:
        return _(text)
    for sentence, pattern in COMPILED:
        if found := pattern.fullmatch(text):
            return _(sentence, **{name: translate_foreign(part) for name, part in found.groupdict().items()})
    return text


def _compiled(sentence: str) -> re.Pattern[str]:
    return re.compile(re.sub(r"%\\\((\w+)\\\)s", r"(?P<\1>.+)", re.escape(sentence)), re.DOTALL)


with LISTED.open("rb") as file:
    SENTENCES = [text for _number, _function, text, _comments in extract(file)]
KNOWN = frozenset(sentence for sentence in SENTENCES if "%(" not in sentence)
COMPILED = [(sentence, _compiled(sentence)) for sentence in SENTENCES if "%(" in sentence]
