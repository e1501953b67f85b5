"""Text embeddings from a table with one vector per word piece; their sum stands for the whole text.

The studio distils the table from the text encoder of the built-in model, so the web process needs no network.
"""

from __future__ import annotations

import hashlib
import io
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from app.core.text.wordpiece import WordPiece

TABLE = "table.npz"
FORMAT = 1
AT_ONCE = 256
"""How many texts are embedded together: each of their pieces takes half a kilobyte meanwhile."""

Floats = NDArray[np.float32]


class TableError(Exception):
    """A file is not a table of word vectors, or is one of another version."""


class Embedding:
    """A loaded table of word vectors. ``revision`` identifies its content."""

    def __init__(
        self, pieces: Sequence[str], rows: NDArray[np.int8], scales: NDArray[np.float16], revision: str
    ) -> None:
        self._rows, self._scales = rows, scales.astype(np.float32)[:, None]
        self._cutter = WordPiece({piece: number for number, piece in enumerate(pieces)})
        self.width, self.revision = rows.shape[1], revision

    @classmethod
    def load(cls, folder: Path | str) -> Embedding:
        """Return the table in a folder.

        :raises TableError: naming what is missing or broken.
        """
        path = Path(folder) / TABLE
        try:
            data = path.read_bytes()
            with np.load(io.BytesIO(data), allow_pickle=False) as arrays:
                return cls(*_check_arrays(dict(arrays)), hashlib.sha256(data).hexdigest()[:16])
        except FileNotFoundError as error:
            raise TableError(f"{path} is missing.") from error
        except Exception as error:  # numpy raises many kinds of errors for broken files
            raise TableError(f"{path} cannot be read as a table of meaning: {error}") from error

    def embed(self, texts: Sequence[str]) -> Floats:
        """Return a vector of length 1 for each text, shape (texts, width); zeros for a text without a known word."""
        parts = [self._embed(texts[start : start + AT_ONCE]) for start in range(0, len(texts), AT_ONCE)]
        return np.concatenate(parts) if parts else np.zeros((0, self.width), np.float32)

    def _embed(self, texts: Sequence[str]) -> Floats:
        numbers = [self._cutter.numbers(text) for text in texts]
        lengths = np.array([len(each) for each in numbers], np.int64)
        vectors = np.zeros((len(texts), self.width), np.float32)
        if lengths.any():
            flat = np.concatenate([np.array(each, np.int64) for each in numbers])
            starts = np.cumsum(lengths) - lengths
            worded = lengths > 0
            vectors[worded] = np.add.reduceat(self._rows[flat] * self._scales[flat], starts[worded])
        return normalise(vectors)


def normalise(vectors: Floats) -> Floats:
    """Return vectors scaled to length 1; zeros stay zeros."""
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    scaled: Floats = (vectors / np.where(lengths > 0, lengths, 1)).astype(np.float32)
    return scaled


def _check_arrays(arrays: dict[str, Any]) -> tuple[list[str], NDArray[np.int8], NDArray[np.float16]]:
    """Return the pieces, rows and scales of a table.

    :raises ValueError: when they do not fit each other or the version.
    """
    pieces = arrays["pieces"].tobytes().decode().split("\n")
    rows, scales = arrays["rows"], arrays["scales"]
    if int(arrays["format"]) != FORMAT or rows.dtype != np.int8 or rows.ndim != 2 or rows.shape[1] % 64:
        raise ValueError(f"it is of another version than {FORMAT}")
    if not len(pieces) == len(rows) == len(scales):
        raise ValueError("its parts are of different lengths")
    return pieces, rows, scales
