"""Style embeddings: the features by which the image encoder's view of strokes tells styles apart.

Stroke features are whitened by their regularised covariance within a style and projected onto the plane of the styles'
means (linear discriminant analysis, Fisher 1936). A style's vector is the mean of its pictures'; the nearest mean names
the style. Each image encoder needs its own table.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from studio.errors import FolderError

FILE = "looks.npz"
RIDGE = 0.3
"""Regularisation of the covariance, relative to a variance of 1 in each direction."""

Floats = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Looks:
    """A table: the mean of all features, the discriminant directions, and a vector for each style."""

    hands: tuple[str, ...]
    middle: Floats
    directions: Floats
    vectors: Floats

    @classmethod
    def fit(cls, strokes: Floats, painted_by: Sequence[str]) -> Looks:
        """Learn a table from stroke features (n, width) of pictures in known styles."""
        hands = tuple(sorted(set(painted_by)))
        rows = np.array([hands.index(each) for each in painted_by])
        middle, spread = strokes.mean(axis=0), strokes.std(axis=0) + 1e-6
        seen = ((strokes - middle) / spread).astype(np.float64)
        means = np.stack([seen[rows == number].mean(axis=0) for number in range(len(hands))])
        within = seen - means[rows]
        covariance = within.T @ within / len(seen) + RIDGE * np.eye(seen.shape[1])
        whitening = np.linalg.cholesky(np.linalg.inv(covariance))
        _, _, plane = np.linalg.svd(means @ whitening, full_matrices=False)
        directions = (whitening @ plane.T) / spread[:, None]
        vectors = np.stack([((strokes - middle) @ directions)[rows == n].mean(axis=0) for n in range(len(hands))])
        return cls(hands, middle.astype(np.float32), directions.astype(np.float32), vectors.astype(np.float32))

    @classmethod
    def load(cls, folder: Path) -> Looks:
        """Load a table.

        :raises FolderError: when it is missing or invalid.
        """
        try:
            with np.load(folder / FILE, allow_pickle=False) as file:
                arrays = [file[name].astype(np.float32) for name in ("middle", "directions", "vectors")]
                return cls(tuple(file["hands"].tolist()), *arrays)
        except FileNotFoundError as error:
            raise FolderError(f"{folder / FILE} is missing.") from error
        except (ValueError, KeyError, OSError, EOFError) as error:
            raise FolderError(f"{folder / FILE} cannot be read: {error}.") from error

    def written(self) -> bytes:
        """Return the table as a file's bytes, with directions in half precision."""
        file = io.BytesIO()
        directions = self.directions.astype(np.float16)
        np.savez_compressed(
            file, hands=np.array(self.hands), middle=self.middle, directions=directions, vectors=self.vectors
        )
        return file.getvalue()

    def project(self, strokes: Floats) -> Floats:
        """Return vectors (n, directions) of stroke features (n, width)."""
        vectors: Floats = ((strokes - self.middle) @ self.directions).astype(np.float32)
        return vectors

    def nearest(self, vectors: Floats) -> list[str]:
        """Return the style with the nearest vector, for each of ``vectors``."""
        apart = np.linalg.norm(vectors[:, None] - self.vectors[None], axis=2)
        return [self.hands[number] for number in apart.argmin(axis=1)]
