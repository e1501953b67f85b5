"""How pictures are painted, as vectors: what tells the hands apart in what the eye sees of strokes.

What the eye sees is measured in the spread of pictures of one hand, regularised, and taken in the plane of the hands'
means (linear discriminant analysis, Fisher 1936). A style's vector is the mean of its pictures'; the nearest mean names
the hand. Another eye, or another way of seeing, has its own table.
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
"""What is added to the spread of each direction, in which all pictures together spread by 1."""

Floats = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Looks:
    """A table: where the middle of all pictures lies, the directions that count, and the vector of each hand."""

    hands: tuple[str, ...]
    middle: Floats
    directions: Floats
    vectors: Floats

    @classmethod
    def fit(cls, strokes: Floats, painted_by: Sequence[str]) -> Looks:
        """Learn a table from what the eye saw (n, width) of pictures by known hands."""
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
        """Read a table.

        :raises FolderError: where there is none, or a broken one.
        """
        try:
            with np.load(folder / FILE, allow_pickle=False) as held:
                arrays = [held[name].astype(np.float32) for name in ("middle", "directions", "vectors")]
                return cls(tuple(held["hands"].tolist()), *arrays)
        except FileNotFoundError as error:
            raise FolderError(f"{folder / FILE} is missing.") from error
        except (ValueError, KeyError, OSError, EOFError) as error:
            raise FolderError(f"{folder / FILE} cannot be read: {error}.") from error

    def written(self) -> bytes:
        """Write the table as a file, in half precision."""
        file = io.BytesIO()
        directions = self.directions.astype(np.float16)
        np.savez_compressed(
            file, hands=np.array(self.hands), middle=self.middle, directions=directions, vectors=self.vectors
        )
        return file.getvalue()

    def of(self, strokes: Floats) -> Floats:
        """Return the vectors of what the eye saw (n, width) of pictures: (n, directions)."""
        found: Floats = ((strokes - self.middle) @ self.directions).astype(np.float32)
        return found

    def nearest(self, vectors: Floats) -> list[str]:
        """Name the hand whose vector is nearest to each of these."""
        apart = np.linalg.norm(vectors[:, None] - self.vectors[None], axis=2)
        return [self.hands[number] for number in apart.argmin(axis=1)]
