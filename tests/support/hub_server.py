"""A server on this machine that speaks what the client of the Hugging Face hub asks for, with all that may go wrong."""

import hashlib
import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from tests.support.live import served

COMMIT = "0123456789abcdef0123456789abcdef01234567"
EARLIER = "76543210fedcba9876543210fedcba9876543210"
TOKEN = "hf_a-token-of-the-tests"


@dataclass
class Repository:
    """A model: its files by commit, and who may have it."""

    files: dict[str, dict[str, bytes]]
    is_gated: bool = False
    is_private: bool = False


@dataclass
class Hub:
    """What the server has, how it fails, and what it was asked for."""

    repositories: dict[str, Repository] = field(default_factory=dict)
    cut_after: list[int] = field(default_factory=list)
    status: int = 0
    knows_ranges: bool = True
    redirects: bool = True
    address: str = ""
    weights_address: str = ""
    requests: list[tuple[str, str]] = field(default_factory=list)
    ranges: list[str] = field(default_factory=list)
    tokens_elsewhere: list[str] = field(default_factory=list)

    def add(self, name: str, folder: Path, *, commit: str = COMMIT, **about: Any) -> Repository:
        """Offer a folder as a model."""
        files = {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}
        found = self.repositories.setdefault(name, Repository({}, **about))
        found.files[commit] = files
        return found

    def weights_asked_for(self) -> list[str]:
        """List the weights that were sent, or begun to be."""
        return [path for method, path in self.requests if method == "GET" and path.endswith((".safetensors", ".bin"))]


def is_large(path: str) -> bool:
    """Return whether a file lies where the hub keeps weights."""
    return path.endswith((".safetensors", ".bin"))


def etag(path: str, content: bytes) -> str:
    """Name a file as the hub does: weights by SHA-256, others by SHA-1."""
    return hashlib.sha256(content).hexdigest() if is_large(path) else hashlib.sha1(content).hexdigest()  # noqa: S324


@contextmanager
def serve() -> Iterator[Hub]:
    """Serve a hub, and its weights from another port."""
    hub = Hub()
    servers = [ThreadingHTTPServer(("127.0.0.1", 0), _handler(hub, elsewhere=elsewhere)) for elsewhere in (False, True)]
    hub.address, hub.weights_address = (f"http://127.0.0.1:{server.server_port}" for server in servers)
    with served(servers[0]), served(servers[1]):
        yield hub


def ask_it(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    """Point the hub's client in this process at a server, and make it wait for nothing."""
    from huggingface_hub import constants

    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", False)
    monkeypatch.setattr(constants, "ENDPOINT", hub.address)
    monkeypatch.setattr(
        constants, "HUGGINGFACE_CO_URL_TEMPLATE", hub.address + "/{repo_id}/resolve/{revision}/{filename}"
    )
    monkeypatch.setattr(constants, "HF_HUB_DISABLE_XET", True)
    monkeypatch.setattr("app.core.models.downloads.WAIT_SECONDS", 0.0)


def _handler(hub: Hub, *, elsewhere: bool) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_HEAD(self) -> None:
            self._answer(with_body=False)

        def do_GET(self) -> None:
            self._answer(with_body=True)

        def log_message(self, *_: object) -> None:
            """Log nothing."""

        def _answer(self, *, with_body: bool) -> None:
            hub.requests.append((self.command, self.path))
            if elsewhere:
                hub.tokens_elsewhere += self.headers.get_all("authorization", [])
            if hub.status and not elsewhere:
                return self._send(hub.status, {}, b"", with_body)
            if match := re.fullmatch(r"/api/models/([^/?]+/[^/?]+)(?:/revision/([^?]+))?(?:\?.*)?", self.path):
                return self._about(match[1], match[2] or "main", with_body)
            match = re.fullmatch(r"/([^/]+/[^/]+)/resolve/([^/]+)/(.+)", self.path)
            if match is None:
                return self._send(404, {}, b"", with_body)
            return self._file(*match.groups(), with_body)

        def _find(self, name: str, revision: str, with_body: bool) -> tuple[Repository, str] | None:
            repository = hub.repositories.get(name)
            has_token = self.headers.get("authorization") == f"Bearer {TOKEN}" or elsewhere
            if repository is None or (repository.is_private and not has_token):
                self._send(401, {"X-Error-Code": "RepoNotFound"}, b"", with_body)
                return None
            if repository.is_gated and not has_token and "/api/" not in self.path:
                self._send(401, {"X-Error-Code": "GatedRepo"}, b"", with_body)
                return None
            commit = COMMIT if revision == "main" else revision
            if commit not in repository.files:
                self._send(404, {"X-Error-Code": "RevisionNotFound"}, b"", with_body)
                return None
            return repository, commit

        def _about(self, name: str, revision: str, with_body: bool) -> None:
            found = self._find(name, revision, with_body)
            if found is None:
                return
            repository, commit = found
            siblings = [{"rfilename": path, "size": len(content)} for path, content in repository.files[commit].items()]
            about = {"id": name, "modelId": name, "sha": commit, "siblings": siblings, "tags": [], "downloads": 0}
            self._send(200, {"Content-Type": "application/json"}, json.dumps(about).encode(), with_body)

        def _file(self, name: str, revision: str, path: str, with_body: bool) -> None:
            found = self._find(name, revision, with_body)
            if found is None:
                return
            repository, commit = found
            content = repository.files[commit].get(path)
            if content is None:
                self._send(404, {"X-Error-Code": "EntryNotFound", "X-Repo-Commit": commit}, b"", with_body)
                return
            headers = {"X-Repo-Commit": commit, "ETag": f'"{etag(path, content)}"', "Accept-Ranges": "bytes"}
            if is_large(path) and hub.redirects and not elsewhere:
                more = {"X-Linked-Size": str(len(content)), "X-Linked-Etag": f'"{etag(path, content)}"'}
                self._send(302, headers | more | {"Location": hub.weights_address + self.path}, b"", with_body)
                return
            self._content(headers, content, with_body, is_large(path))

        def _content(self, headers: dict[str, str], content: bytes, with_body: bool, large: bool) -> None:
            status, begin = 200, 0
            if with_body and (asked := self.headers.get("Range")):
                hub.ranges.append(asked)
                if hub.knows_ranges:
                    begin, status = int(asked.removeprefix("bytes=").rstrip("-")), 206
                    headers = headers | {"Content-Range": f"bytes {begin}-{len(content) - 1}/{len(content)}"}
            rest = content[begin:]
            cut = hub.cut_after.pop(0) if with_body and large and hub.cut_after else len(rest)
            self._send(status, headers | {"Content-Length": str(len(rest))}, rest[:cut], with_body)
            if cut < len(rest):
                self.close_connection = True

        def _send(self, status: int, headers: dict[str, str], body: bytes, with_body: bool) -> None:
            self.send_response(status)
            for name, text in headers.items():
                self.send_header(name, text)
            if "Content-Length" not in headers:
                self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            if with_body:
                self.wfile.write(body)

    return Handler
