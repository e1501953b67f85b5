"""Models on the Hugging Face hub: fetch the small files first, by which a model may be refused, then the weights."""

from __future__ import annotations

import errno
import fnmatch
import json
import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from shutil import disk_usage
from typing import Any

from app.core.models import cache, folder
from app.core.models.errors import MissingFile, ModelError
from app.core.models.licence import CARD
from app.core.models.names import COMMIT, ModelName

log = logging.getLogger(__name__)

SMALL = ("*.json", "*.txt", "*.model", "*.jinja")
SMALL_MAX = 20_000_000
INDEX = "model_index.json"
ASK_SECONDS = 5.0

Say = Callable[[str, int, int, int], None]
"""Called with a file's name, the downloaded bytes of the model, and the sizes of the model and of the file."""


@dataclass(frozen=True, slots=True)
class Repository:
    """A model's metadata on the hub: the folder of its small files, and its weight files with their sizes in bytes."""

    snapshot: Path
    files: dict[str, int]

    @property
    def missing(self) -> dict[str, int]:
        """Return the files that are not downloaded yet, with their sizes in bytes."""
        return {name: size for name, size in self.files.items() if not (self.snapshot / name).exists()}


def fetch_metadata(name: ModelName, setting: str = "") -> Repository:
    """Download a model's small files, check them, and return its metadata.

    :raises Unreachable: when the hub does not answer.
    :raises ModelError: when the model is not supported, or cannot be downloaded.
    """
    with _translate_errors(name, setting):
        return _fetch_metadata(name, setting)


def fetch(name: ModelName, setting: str = "", say: Say | None = None) -> Path:
    """Return a model's folder; download the missing files first.

    If the hub is unreachable or no longer offers the model, complete files that are here are used, and a warning is
    logged.

    :raises ModelError: as :func:`fetch_metadata`, and when the disk has too little room.
    """
    here = cache.snapshot(name, setting)
    if here is not None and (_is_offline() or COMMIT.fullmatch(name.revision)) and is_whole(name, here):
        return here
    try:
        repository = fetch_metadata(name, setting)
    except ModelError as error:
        if here is not None and is_whole(name, here):
            log.warning("%s Its downloaded files are used.", error)
            return here
        raise
    with _translate_errors(name, setting):
        _fetch(name, repository, setting, say)
    folder.inspect(repository.snapshot)
    return repository.snapshot


class Unreachable(ModelError):
    """The hub does not answer, or answers with an error that may pass."""


def is_whole(name: ModelName, snapshot: Path) -> bool:
    """Return whether all files of a model are downloaded.

    :raises ModelError: when the files are damaged or of an unsupported kind.
    """
    try:
        folder.inspect(snapshot)
    except MissingFile:
        return False
    except ModelError as error:
        raise ModelError(str(error).replace(str(snapshot), name.setting)) from error
    return True


def _fetch_metadata(name: ModelName, setting: str) -> Repository:
    import huggingface_hub

    place = str(cache.folder(setting))
    # First, because this request fails at once when the hub is unreachable; the others retry for half a minute.
    about = huggingface_hub.HfApi().model_info(
        name.repository, revision=name.revision or None, files_metadata=True, timeout=ASK_SECONDS
    )
    files = {each.rfilename: each.size or 0 for each in about.siblings or ()}
    if INDEX not in files:
        raise ModelError(_without_index(name))
    index = Path(
        huggingface_hub.hf_hub_download(
            name.repository, INDEX, revision=name.revision or None, cache_dir=place, etag_timeout=ASK_SECONDS
        )
    )
    snapshot = index.parent
    folder.inspect_index(folder.read_json(index), name.setting)
    for path in _small(files, folder.read_json(index)):
        huggingface_hub.hf_hub_download(
            name.repository, path, revision=snapshot.name, cache_dir=place, etag_timeout=ASK_SECONDS
        )
    is_whole(name, snapshot)
    return Repository(snapshot, {path: files[path] for path in _weights(files, snapshot)})


def _small(files: dict[str, int], index: dict[str, Any]) -> list[str]:
    """Return the paths of the small files of the parts to load, and of the model's card."""
    names = {name for name in index if folder.is_named(index, name)}
    return [
        path
        for path, size in files.items()
        if size <= SMALL_MAX
        and (
            path == CARD
            or (
                path.partition("/")[0] in {*names, "house.json", "sketch.json"}
                and any(fnmatch.fnmatch(path, pattern) for pattern in SMALL)
            )
        )
    ]


def _weights(files: dict[str, int], snapshot: Path) -> list[str]:
    """Return the weight files of each part: safetensors before pickles, full precision before half.

    :raises ModelError: when a part has none.
    """
    chosen = []
    for part in folder.parts(snapshot):
        if part.name in folder.CONFIGS:
            continue
        inside = [path for path in files if path.rpartition("/")[0] == part.name]
        choices = [
            [path for path in inside if path.endswith(suffix) and is_half == folder.is_half(path)]
            for suffix in (".safetensors", ".bin")
            for is_half in (False, True)
        ]
        usable = [[path for path in choice if folder.is_usual(path)] for choice in choices]
        best = next((choice for choice in usable if choice), [])
        if not best:
            raise ModelError(f"{snapshot.parent.parent.name[8:].replace('--', '/')} has no weights in {part.name}.")
        chosen += best
    return chosen


def _fetch(name: ModelName, repository: Repository, setting: str, say: Say | None) -> None:
    from app.core.models import downloads

    missing = repository.missing
    total, done = sum(repository.files.values()), sum(repository.files.values()) - sum(missing.values())
    room = disk_usage(cache.folder(setting)).free
    begun = sum(path.stat().st_size for path in cache.repository(name, setting).glob("blobs/*.incomplete"))
    if (need := sum(missing.values()) - begun) > room:
        raise OSError(errno.ENOSPC, f"{need / 1e9:.1f} GB are to be downloaded, {room / 1e9:.1f} GB are free")
    for path, size in missing.items():
        before = done

        def tell(have: int, of: int, path: str = path, before: int = before) -> None:
            if say is not None:
                say(path, before + have, total, of)

        downloads.fetch(name, path, repository.snapshot.name, setting, tell)
        done += size


def _is_offline() -> bool:
    import huggingface_hub.constants

    return bool(huggingface_hub.constants.is_offline_mode())


@contextmanager
def _translate_errors(name: ModelName, setting: str) -> Iterator[None]:
    """Translate errors of the hub's client to a ModelError that names the model and what to do."""
    try:
        yield
    except ModelError:
        raise
    except Exception as error:
        raise _translated_error(name, error, setting) from error


def _without_index(name: ModelName) -> str:
    return (
        f"The model {name.setting} has no {INDEX}, so it is not in the layout of diffusers. If its page on the hub"
        " offers a .safetensors file, download that and name the file."
    )


def _translated_error(name: ModelName, error: Exception, setting: str) -> ModelError:
    from huggingface_hub import errors
    from huggingface_hub.constants import ENDPOINT

    model, page = name.setting, f"{ENDPOINT}/{name.repository}"
    causes = [error, *([error.__cause__] if error.__cause__ else [])]
    if isinstance(error, json.JSONDecodeError):
        return Unreachable(f"The hub at {ENDPOINT} did not answer for {model} as a hub does. Check HF_ENDPOINT.")
    for cause in causes:
        status = cause.response.status_code if isinstance(cause, errors.HfHubHTTPError) else None
        if isinstance(cause, errors.GatedRepoError):
            return ModelError(
                f"The model {model} is gated: accept its terms on {page}, and set HF_TOKEN to a token of that account."
            )
        if isinstance(cause, errors.RepositoryNotFoundError) or status == 401:
            return ModelError(
                f"The hub has no model {name.repository}, or it is private: check the name; for a private one set"
                " HF_TOKEN."
            )
        if isinstance(cause, errors.RevisionNotFoundError):
            return ModelError(f"The model {name.repository} has no revision {name.revision or 'main'}: see {page}.")
        if isinstance(cause, errors.RemoteEntryNotFoundError):
            return ModelError(_without_index(name))
        if isinstance(cause, errors.OfflineModeIsEnabled):
            return Unreachable(
                f"The model {model} is not in {cache.folder(setting)}, and HF_HUB_OFFLINE keeps this program from the"
                f" hub. Run: flask --app wsgi models download {model}"
            )
        if status is not None:
            return Unreachable(f"The hub answered {status} when asked for {model}. Try again later.")
    if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT):
        return ModelError(
            f"No space left for the model {model} in {cache.folder(setting)}: {error.strerror}. Free some, or set"
            " MOMA_MODEL_CACHE to a folder on another disk; what was downloaded is kept."
        )
    if isinstance(error, OSError) and error.errno in (errno.EACCES, errno.EROFS, errno.EPERM):
        return ModelError(
            f"The model {model} cannot be written to {cache.folder(setting)}: {error.strerror}. Set MOMA_MODEL_CACHE"
            " to a folder that this user may write to."
        )
    reason = str(causes[-1]).splitlines()[0].rstrip(".") if str(causes[-1]) else type(causes[-1]).__name__
    return Unreachable(
        f"The hub cannot be reached for the model {model}: {reason}. Run again: the download goes on where it stopped."
    )
