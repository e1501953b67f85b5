"""A crawler for a site below a path of its host: it visits what pages name, and finds addresses outside of the path."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple
from urllib.parse import urldefrag, urljoin, urlsplit

from tests.support.html import Elements

PAGES_MOST = 150
NO_ADDRESSES = ("alt", "title", "placeholder", "aria-label", "value")
ENDS_VISIT = re.compile(r"/(delete|sign-out)$")


class Answer(NamedTuple):
    """An answer to a GET request, not redirected."""

    status: int
    mimetype: str
    location: str
    text: str


class Crawl:
    """The status of each path that was visited, and each address outside of the prefix with the page that names it."""

    def __init__(self, ask: Callable[[str], Answer], host: str, prefix: str) -> None:
        self._ask, self._host, self._prefix = ask, host, prefix
        self._address = re.compile(rf"(?:^|url=)(/[^/].*|/$|{re.escape(host)}.*)")
        self.seen: dict[str, int] = {}
        self.outside: set[tuple[str, str]] = set()

    def follow(self, start: list[str]) -> Crawl:
        """Visit the paths, and what their pages name."""
        waiting = list(start)
        while waiting and len(self.seen) < PAGES_MOST:
            path = waiting.pop(0)
            if path not in self.seen:
                answer = self._ask(path)
                self.seen[path] = answer.status
                waiting += self._sort(path, answer)
        return self

    def _sort(self, path: str, answer: Answer) -> Iterator[str]:
        """Note the addresses outside of the prefix, and yield those to visit."""
        for found in self._addresses(answer):
            if not f"{urlsplit(found).path}/".startswith(f"{self._prefix}/"):
                self.outside.add((path, found))
            elif "/static/" not in found and "lang=" not in found and not ENDS_VISIT.search(found):
                yield urldefrag(urljoin(self._host + path, found)).url.removeprefix(self._host)

    def _addresses(self, answer: Answer) -> Iterator[str]:
        for text in [*_texts(answer), answer.location]:
            if found := self._address.search(text):
                yield found[1].removeprefix(self._host) or "/"


def _texts(answer: Answer) -> Iterator[str]:
    """Yield what may be an address in a page, feed, sitemap or JSON document."""
    if answer.mimetype == "text/html":
        for _, attributes in Elements(answer.text).found:
            for text in (text for name, text in attributes.items() if text and name not in NO_ADDRESSES):
                is_json = text.startswith(("[", '{"'))
                yield from _strings(json.loads(text)) if is_json else (text,)
        for block in re.findall(r'<script type="application/(?:ld\+)?json"[^>]*>(.*?)</script>', answer.text, re.S):
            yield from _strings(json.loads(block))
    elif answer.mimetype.endswith("json"):
        document = json.loads(answer.text)
        yield from _strings(document if "openapi" not in document else document["servers"])  # the rest are examples
    elif answer.mimetype.endswith("xml"):
        yield from re.findall(r'(?:(?<=href=")|(?<=src=")|(?<=url=")|(?<=<loc>))[^"<]*', answer.text)
    elif answer.mimetype == "text/plain":
        yield from answer.text.split()


def _strings(value: Any) -> Iterator[str]:
    """Yield the strings in a JSON document."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, (dict, list)):
        for each in value.values() if isinstance(value, dict) else value:
            yield from _strings(each)
