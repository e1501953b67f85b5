"""A museum's server on this machine: the APIs of the Met and the Rijksmuseum, and every kind of trouble."""

import io
import json
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import urlsplit

import numpy as np
from PIL import Image

from tests.support.live import served

WORKS = {
    1: {"title": "Irises", "artistDisplayName": "Vincent van Gogh", "objectDate": "1890", "medium": "Oil on canvas",
        "classification": "Paintings", "tags": [{"term": "Flowers"}, {"term": "Still Life"}], "isPublicDomain": True,
        "creditLine": "Gift of Adele R. Levy, 1958", "GalleryNumber": "825", "primaryImage": "/steady/1.jpg"},
    2: {"title": "Not free", "isPublicDomain": False, "primaryImage": "/steady/2.jpg"},
    3: {"title": "No picture", "isPublicDomain": True, "primaryImage": ""},
    4: {"title": "Busy twice", "isPublicDomain": True, "primaryImage": "/busy/4.jpg"},
    5: {"title": "Half at first", "isPublicDomain": True, "primaryImage": "/half/5.jpg"},
    6: {"title": "Always half", "isPublicDomain": True, "primaryImage": "/cut/6.jpg"},
    7: {"title": "Not there", "isPublicDomain": True, "primaryImage": "/gone/7.jpg"},
    8: {"title": "Led astray", "isPublicDomain": True, "primaryImage": "/astray/8.jpg"},
    9: {"title": "Private", "isPublicDomain": True, "primaryImage": "/closed/9.jpg"},
    10: {"title": "Moved", "isPublicDomain": True, "primaryImage": "/moved/10.jpg"},
    11: {"title": "Irises again", "isPublicDomain": True, "primaryImage": "/same/1.jpg"},
    12: {"title": "Down", "isPublicDomain": True, "primaryImage": "/down/12.jpg"},
}  # fmt: skip
PUBLIC_DOMAIN = "https://creativecommons.org/publicdomain/mark/1.0/"


def named(text: str, tongue: str = "300388277") -> dict[str, Any]:
    return {"type": "Name", "content": text, "language": [{"id": f"http://vocab.getty.edu/aat/{tongue}"}]}


LINKED = {
    "200": {"identified_by": [named("Het melkmeisje", "300388256"), named("The Milkmaid")], "shows": [{"id": "https://id.rijksmuseum.nl/201"}],
            "produced_by": {"timespan": {"identified_by": [named("c. 1660")]},
                            "part": [{"carried_out_by": [{"_label": "Johannes Vermeer"}]}]},
            "made_of": [{"_label": "canvas"}, {"_label": "oil paint"}], "classified_as": [{"_label": "painting"}]},
    "201": {"digitally_shown_by": [{"id": "https://id.rijksmuseum.nl/202"}],
            "subject_to": [{"classified_as": [{"id": PUBLIC_DOMAIN}]}]},
    "202": {"access_point": [{"id": "/steady/rijks.jpg"}]},
    "300": {"identified_by": [named("Without a picture")]},
}  # fmt: skip


def jpeg(number: int, size: tuple[int, int] = (160, 200)) -> bytes:
    """Make a picture of its own for each number."""
    rows = np.random.default_rng(number).integers(0, 255, (size[1] // 8, size[0] // 8, 3), dtype=np.uint8)
    written = io.BytesIO()
    Image.fromarray(rows).resize(size).save(written, "JPEG")
    return written.getvalue()


class Museum(ThreadingHTTPServer):
    """Serves, counts what was asked for, and remembers the agents."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Desk)
        self.asked: Counter[str] = Counter()
        self.answered: Counter[int] = Counter()
        self.agents: set[str] = set()
        self.host = f"127.0.0.1:{self.server_address[1]}"
        self.url = f"http://{self.host}"
        self.moved = "/steady/10.jpg"
        self.robots = "User-agent: *\nDisallow: /closed/\n"


class _Desk(BaseHTTPRequestHandler):
    server: Museum

    def do_GET(self) -> None:
        place = urlsplit(self.path)
        self.server.asked[place.path] += 1
        self.server.agents.add(str(self.headers["User-Agent"]))
        first, *rest = place.path.strip("/").split("/")
        handle = getattr(self, f"_{first.replace('.txt', '')}", None)
        if handle:
            handle(*rest)
        elif first in LINKED:
            self._document(LINKED[first])
        else:
            self._send(404)

    def log_message(self, *_: object) -> None:
        """Log nothing."""

    def _send(self, status: int, data: bytes = b"", cut: int = 0, **headers: str) -> None:
        self.server.answered[status] += 1
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data[: len(data) - cut])

    def _document(self, value: Any) -> None:
        text = json.dumps(value).replace('"/', f'"{self.server.url}/').encode()
        tag = f'"{len(text)}"'
        if self.headers["If-None-Match"] == tag:
            self._send(304)
        else:
            self._send(200, text, ETag=tag)

    def _robots(self) -> None:
        self._send(200, self.server.robots.encode())

    def _search(self, *rest: str) -> None:
        if rest == ("collection",):
            items = [{"id": f"https://id.rijksmuseum.nl/{number}"} for number in ("200", "300")]
            self._document({"orderedItems": items} if "page" in self.path else
                           {"orderedItems": [], "next": {"id": "/search/collection?page=2"}})  # fmt: skip
        else:
            self._document({"total": len(WORKS), "objectIDs": list(WORKS)})

    def _objects(self, number: str) -> None:
        self._document({"objectID": int(number)} | WORKS[int(number)])

    def _steady(self, name: str) -> None:
        self._send(200, jpeg(sum(name.encode())))

    def _same(self, name: str) -> None:
        self._steady(name)

    def _busy(self, name: str) -> None:
        seen = self.server.asked[self.path]
        if seen == 1:
            self._send(429, Retry_After="7")
        elif seen == 2:
            self._send(500)
        else:
            self._steady(name)

    def _half(self, _name: str) -> None:
        self._send(200, jpeg(5), cut=2000 if self.server.asked[self.path] == 1 else 0)

    def _cut(self, _name: str) -> None:
        self._send(200, jpeg(6)[:-2000])

    def _down(self, _name: str) -> None:
        self._send(503)

    def _astray(self, _name: str) -> None:
        self._send(302, Location="http://169.254.169.254/latest/meta-data/")

    def _moved(self, _name: str) -> None:
        self._send(301, Location=self.server.moved)

    def _closed(self, name: str) -> None:
        self._steady(name)


@contextmanager
def open_museum() -> Iterator[Museum]:
    """Open a museum for as long as it is wanted."""
    museum = Museum()
    with served(museum):
        yield museum
