"""The dearest requests that each address allows: ``python -m tests.support.worst`` prints what they take.

Each is as large as the limits of size let it be, and is built to be looked at for as long as possible.
"""

import json
import random
import re
import string
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from flask import Flask
from flask.testing import FlaskClient
from werkzeug.routing import Rule

BODY, LINE = 990_000, 7_800  # bytes: slightly fewer than a body and a request line may have
FIELDS = (
    "prompt", "leave_out", "q", "cursor", "hand", "style", "own", "drawing", "layout", "lora", "name", "words", "title",
    "model", "seed", "file", "text", "stop", "walk", "act",
)  # fmt: skip
SENT = ("POST", "PUT", "PATCH", "DELETE")


@dataclass(frozen=True, slots=True)
class Dear:
    """A request: its method, address, what it is, and its body with the type of it."""

    method: str
    address: str
    what: str
    body: bytes = b""
    kind: str = ""

    def send(self, client: FlaskClient) -> tuple[int, float]:
        """Send it; return the status and the seconds of processor time."""
        began = time.process_time()
        answer = client.open(
            self.address, method=self.method, data=self.body or None, content_type=self.kind or None, buffered=True
        )
        return answer.status_code, time.process_time() - began


def words(letters: int, length: int, seed: int = 60) -> str:
    """Return unknown words of so many letters, together of a length."""
    rng = random.Random(seed)
    count = length // (letters + 1)
    return " ".join("".join(rng.choices(string.ascii_lowercase, k=letters)) for _ in range(count))


def documents() -> Iterator[tuple[str, bytes]]:
    """Yield JSON bodies."""
    unknown = [{"prompt": words(7, 300, seed), "negative_prompt": words(5, 300, -seed)} for seed in range(1, 9)]
    scenes = [{"prompt": "a", "scene": {"version": 1, "things": [{"drawing": "0" * 20}] * 500}} for _ in range(8)]
    yield "eight stops of unknown words", json.dumps({"stops": unknown}).encode()
    yield "eight stops of large scenes", json.dumps({"stops": scenes}).encode()
    yield "45,000 stops", json.dumps({"stops": [{"prompt": "a"}] * 45_000}).encode()
    yield "40,000 unknown fields", json.dumps({f"f{place}": place for place in range(40_000)}).encode()
    yield (
        "a text of a megabyte",
        json.dumps({"stops": [{"prompt": "e\u0301" * 100_000}] * 2}, ensure_ascii=False).encode()[:BODY],
    )
    yield "lists in lists", b"[" * 100 + b"]" * 100
    yield "a list of small numbers", b"[" + b"1," * (BODY // 2) + b"1]"


def forms() -> Iterator[tuple[str, bytes]]:
    """Yield bodies of URL-encoded forms."""
    fields = [f"{name}={words(7, 2000, seed).replace(' ', '+')}" for name in FIELDS for seed in range(16)]
    yield "sixteen of each field, of unknown words", "&".join(fields).encode()[:BODY]
    yield "half a million empty fields", b"&".join([b"a="] * (BODY // 3))
    yield "fields of a megabyte", b"prompt=" + b"%cc%81" * (BODY // 7)


def queries() -> Iterator[tuple[str, str]]:
    """Yield query strings."""
    for letters in (5, 7, 24):
        text = words(letters, 900).replace(" ", "+")
        yield f"words of {letters} letters", "&".join(f"{name}={text}" for name in FIELDS[:8])[:LINE]
    prompts = "&".join("prompt=" + words(7, 420, seed).replace(" ", "+") for seed in range(16))
    yield "sixteen prompts", prompts[:LINE]
    yield "thousands of fields", "&".join(["q=a"] * (LINE // 4))


def requests_of(rule: Rule, walk_id: str) -> Iterator[Dear]:
    """Yield the dear requests to an address, of a walk if it has one in it."""
    address = re.sub(r"<[^>]*walk[^>]*>", walk_id, rule.rule)
    address = re.sub(r"<[^>]*>", "a" * 16, address)
    for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}):
        if method == "GET":
            yield from (Dear(method, f"{address}?{query}", what) for what, query in queries())
            continue
        yield from (Dear(method, address, what, body, "application/json") for what, body in documents())
        yield from (Dear(method, address, what, body, "application/x-www-form-urlencoded") for what, body in forms())


def all_requests(app: Flask, walk_id: str) -> Iterator[Dear]:
    """Yield the dear requests to all addresses of an application."""
    for rule in sorted(app.url_map.iter_rules(), key=lambda each: each.rule):
        yield from requests_of(rule, walk_id)


def main() -> None:
    """Print for each address the request that took longest, the dearest last."""
    from app.storage.schema import upgrade
    from app.upkeep.operations import first_exhibition
    from tests.conftest import make_app

    worst: dict[str, tuple[float, int, Dear]] = {}
    with tempfile.TemporaryDirectory() as folder:
        app = make_app(Path(folder))
        with app.app_context():
            upgrade()
            walk_id = first_exhibition.publish()[0]
        for dear in all_requests(app, walk_id):
            status, seconds = dear.send(app.test_client())
            name = f"{dear.method} {dear.address.partition('?')[0]}"
            worst[name] = max(worst.get(name, (0.0, 0, dear)), (seconds, status, dear), key=lambda each: each[0])
    for name, (seconds, status, dear) in sorted(worst.items(), key=lambda each: each[1][0]):
        print(f"{seconds * 1000:8.0f} ms  {status}  {name:60.60}  {dear.what}")


if __name__ == "__main__":
    main()
