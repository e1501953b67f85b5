"""Pages, read as HTML."""

import re
from html import unescape
from html.parser import HTMLParser


class Elements(HTMLParser):
    """The elements of a page with their attributes."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))

    def of(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.found if name == tag]


def walks_on(page: str) -> list[str]:
    """Return the IDs of the walks whose pictures a page shows, in its order."""
    return list(dict.fromkeys(re.findall(r'class="picture" href="/walks/([a-z0-9]{16})', page)))


def values_of(page: str, name: str, tag: str = "input") -> list[str]:
    """Return the values of the fields of this name on a page."""
    return [str(each["value"]) for each in Elements(page).of(tag) if each.get("name") == name]


def prompts_on(page: str) -> list[str]:
    """Return what is typed in the lines of the form for making walks."""
    return [unescape(text) for text in re.findall(r"<textarea[^>]*>([^<]*)</textarea>", page)]
