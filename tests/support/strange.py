"""A made-up language in which no sentence of ours has a Latin letter left, and a reader of pages written in it.

What visitors wrote (in the tests, in Chinese), what looks like an address and a short list of names are passed over.
"""

import json
import re
from collections.abc import Collection
from html.parser import HTMLParser

from babel.support import NullTranslations

from app.walks.uploads.kinds import KINDS

NAMES = {
    "MoMA", "Lisa", "English",
    "GIF", "MP", "WebP", "WebM", "PNG", "ZIP", "JSON", "kB", "MB", "UTC",  # kinds and units
    "DPM", "Solver", "multistep", "house", "float",  # as papers and files have them
}  # fmt: skip
NAMES |= {word for kind in KINDS.values() for name in kind.formats for word in name.split()}
MONTHS = {"Januar", "Februar", "März", "April", "Mai", "Juni", "Juli", "August", "September", "Oktober", "November",
          "Dezember"} | {"Jan", "Feb", "Apr", "Jun", "Jul", "Aug", "Sept", "Okt", "Nov", "Dez"}  # fmt: skip
PASSED_OVER = re.compile(r"\{\w*\}|(?:https?:/)?/\S+|\b(?=\w*\d)\w{7,}\b|\b[a-z0-9]{16}\b|<iframe [^>]*>")
WORD = re.compile(r"[^\W\d_]{2,}")
KEPT = re.compile(r"(%\(\w+\)[sd]|\{\w*\}|<[^>]*>|%%)")
SPOKEN = {"alt", "title", "aria-label", "aria-valuetext", "placeholder", "label"}
TECHNICAL = {
    "data-given",
    "data-layouts",
    "data-names",
    "data-reel",
    "data-film",
    "data-ending",
    "data-copy",
    "data-max",
    "data-frames",
    "data-films",
    "data-first",
}
CARDS = {"description", "og:title", "og:description", "og:image:alt", "twitter:title", "twitter:description"}


class Strange(NullTranslations):
    """A language in which every Latin letter of a sentence is another."""

    LETTERS = str.maketrans({chr(97 + n): chr(0x3B1 + n % 24) for n in range(26)} | {
        chr(65 + n): chr(0x430 + n) for n in range(26)
    })  # fmt: skip

    def ugettext(self, message: str) -> str:
        """Keep only names of values and tags as they are."""
        parts = KEPT.split(message)
        return "".join(part if index % 2 else part.translate(self.LETTERS) for index, part in enumerate(parts))

    def ungettext(self, one: str, many: str, num: int) -> str:
        """Take the plural as the source has it."""
        return self.ugettext(one if num == 1 else many)


class Reader(HTMLParser):
    """Collect what a page says: its texts, and the attributes that are read out or shown by scripts."""

    def __init__(self) -> None:
        super().__init__()
        self.said: list[str] = []
        self.silent: list[str] = []  # the open elements in another language, or that say nothing

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        """Read the attributes."""
        given = {name: value or "" for name, value in attributes}
        is_other = tag != "html" and "lang" in given
        if self.silent or tag in ("script", "style") or is_other:
            self.silent += [tag] if not self.silent or self.silent[-1] == tag else []
            return
        for name, value in given.items():
            if name in SPOKEN or (name.startswith("data-") and name not in TECHNICAL):
                self.said.append(value)
        if given.get("name", given.get("property")) in CARDS:
            self.said.append(given.get("content", ""))
        if given.get("data-reel", "").strip():
            self.said.append(json.loads(given["data-reel"])["alt"])
        if given.get("data-first", "").strip():
            self.said += [json.loads(given["data-first"])[name] for name in ("alt", "about")]

    def handle_endtag(self, tag: str) -> None:
        """Listen again after what was passed over."""
        if self.silent and self.silent[-1] == tag:
            self.silent.pop()

    def handle_data(self, data: str) -> None:
        """Read a text."""
        if not self.silent:
            self.said.append(data)


def untranslated(page: str, allowed: Collection[str] = ()) -> list[str]:
    """List what a page in the strange language says in Latin letters."""
    reader = Reader()
    reader.feed(page)
    assert not reader.silent, f"not closed, and so not read: {reader.silent}"
    found = []
    for text in reader.said:
        words = {word for word in WORD.findall(PASSED_OVER.sub(" ", text)) if re.search("[A-Za-z]", word)}
        if left := words - NAMES - MONTHS - set(allowed):
            found.append(f"{sorted(left)} in {' '.join(text.split())!r:.200}")
    return found
