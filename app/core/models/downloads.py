"""Download one file of a repository into the hub's cache, resuming an interrupted download.

The hub's own client (2.4) begins each file again, which takes long for weights of gigabytes.
"""

from __future__ import annotations

import fcntl
import hashlib
import re
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO
from urllib.parse import urlsplit

import httpx2
import huggingface_hub
from huggingface_hub.utils._headers import build_hf_headers
from huggingface_hub.utils._http import get_session, hf_raise_for_status

from app.core.models import cache
from app.core.models.names import ModelName

TRIES = 5
WAIT_SECONDS = 1.0
TIMEOUT_SECONDS = 20.0
SHA256 = 64
ETAG = re.compile(r"[\w-]+")

Progress = Callable[[int, int], None]
"""Called with the number of downloaded bytes, and the total."""


class Damaged(OSError):
    """A downloaded file differs from what the hub announced in size or hash."""


def fetch(name: ModelName, filename: str, commit: str, setting: str, progress: Progress | None = None) -> Path:
    """Return a file's path in the cache; download it first, or the rest of it, unless it is there.

    ``progress`` is called after each chunk.

    :raises Damaged: when the file differs from what the hub announced.
    :raises httpx2.TransportError: when the connection fails repeatedly. Errors of the hub's client are raised
    unchanged.
    """
    repository = cache.repository(name, setting)
    path = repository / "snapshots" / commit / filename
    if path.exists():
        return path
    url = huggingface_hub.hf_hub_url(name.repository, filename, revision=commit)
    about = huggingface_hub.get_hf_file_metadata(url, timeout=TIMEOUT_SECONDS)
    if about.etag is None or about.size is None or not ETAG.fullmatch(about.etag):
        raise Damaged(f"the hub does not say how large {filename} is, and by which hash it is known")
    blob = repository / "blobs" / about.etag
    blob.parent.mkdir(parents=True, exist_ok=True)
    with _partial(blob.with_name(f"{blob.name}.incomplete")) as file:
        if not blob.exists():
            headers = build_hf_headers()
            if urlsplit(about.location).netloc != urlsplit(url).netloc:
                headers.pop("authorization", None)  # a signed URL of another host needs no token, and must not get it
            _fill(file, about.location, headers, about.size, progress)
            _verify(file, about.etag, filename)
            Path(file.name).replace(blob)
    Path(blob.with_name(f"{blob.name}.incomplete")).unlink(missing_ok=True)
    cached = huggingface_hub.hf_hub_download(
        name.repository, filename, revision=commit, cache_dir=cache.folder(setting)
    )
    return Path(cached)


@contextmanager
def _partial(path: Path) -> Iterator[BinaryIO]:
    """Open an incomplete file for appending, under a lock, so that one process at a time downloads it."""
    with path.open("a+b") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield file


def _fill(file: BinaryIO, url: str, headers: dict[str, str], size: int, progress: Progress | None) -> None:
    """Append the missing bytes to a file; retry when the connection fails, `TRIES` times without any progress.

    :raises Damaged: when nothing or too much is sent.
    """
    tries = TRIES
    while (have := file.seek(0, 2)) < size:
        try:
            _append(file, url, headers, have, size, progress)
        except httpx2.TransportError:
            tries = TRIES if file.seek(0, 2) > have else tries - 1
            if tries <= 0:
                raise
            time.sleep(WAIT_SECONDS)
        else:
            if file.seek(0, 2) <= have:
                raise Damaged(f"the hub sent nothing of the {size - have} bytes that are missing")
    if have > size:
        file.truncate(0)
        raise Damaged(f"{have} bytes arrived, and {size} were announced")


def _append(file: BinaryIO, url: str, headers: dict[str, str], have: int, size: int, progress: Progress | None) -> None:
    ranged = headers | ({"Range": f"bytes={have}-"} if have else {}) | {"Accept-Encoding": "identity"}
    with get_session().stream("GET", url, headers=ranged, timeout=TIMEOUT_SECONDS, follow_redirects=True) as response:
        hf_raise_for_status(response)
        if have and response.status_code != 206:  # the server does not support ranges
            file.truncate(0)
            have = 0
        for chunk in response.iter_raw():
            file.write(chunk)
            have += len(chunk)
            if progress is not None:
                progress(have, size)
        file.flush()


def _verify(file: BinaryIO, etag: str, filename: str) -> None:
    """Compare a file with its SHA-256, which is the ETag of large files; other files are not checked.

    :raises Damaged: when they differ; the file is emptied.
    """
    if len(etag) != SHA256:
        return
    file.seek(0)
    if hashlib.file_digest(file, "sha256").hexdigest() != etag:  # type: ignore[arg-type]
        file.truncate(0)
        raise Damaged(f"{filename} arrived damaged")
