"""What a worker wrote of a walk: its frames, films, recipe and files, read back."""

import io
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageSequence

from app.requests.walk_requests import recipe
from app.storage import media_store
from app.storage.walk_models import Walk
from worker.film import encoding


def read_frames(row: Walk) -> list[NDArray[np.uint8]]:
    """Read a walk's frames, in the film's order."""
    return [encoding.decode_still(media_store.store().read_bytes(frame.path)) for frame in row.painted]


def read_pixels(row: Walk) -> list[bytes]:
    """Read the pixels of a walk's frames, to be compared."""
    return [frame.tobytes() for frame in read_frames(row)]


def read_film(row: Walk, kind: str = "gif") -> bytes:
    """Read one file of a walk's media."""
    return media_store.store().read_bytes(row.media[kind].path)


def read_recipe(row: Walk, kind: str = "gif") -> dict[str, Any]:
    """Read the recipe that a film carries."""
    return recipe.parse_recipe(read_film(row, kind))


def read_durations(row: Walk, kind: str = "gif") -> list[int]:
    """Return for how many milliseconds a film shows each of its pictures."""
    with Image.open(io.BytesIO(read_film(row, kind))) as film:
        durations = []
        for frame in ImageSequence.Iterator(film):
            frame.load()  # which is when a WebP says it
            durations.append(round(frame.info["duration"]))
        return durations


def walk_folder(walk_id: str) -> Path:
    """Return the folder of a walk's files."""
    return Path(media_store.store().root) / media_store.walk_folder(walk_id)


def stored_files(walk_id: str) -> set[str]:
    """List a walk's files, relative to the store."""
    root = Path(media_store.store().root)
    return {str(path.relative_to(root)) for path in walk_folder(walk_id).rglob("*") if path.is_file()}


def named_files(row: Walk) -> set[str]:
    """List the files that a walk's rows name, relative to the store."""
    return {file.path for file in (*row.painted, *row.media.values())}
