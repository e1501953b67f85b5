"""Similarity of a model's pictures to a collection: its captions are the prompts, and image embeddings are compared."""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from PIL import Image, ImageOps
from torch import Tensor

from image_encoder import ImageEncoder
from studio.judging import accuracy, exam
from studio.judging.exam import Gallery, Question
from studio.scenes import composition
from studio.workspace.work_folder import Folder

KIND = "captioned"
COLUMNS = 6
"""Columns of the contact sheet: a row of the collection's pictures above a row of generated ones."""


@dataclass(frozen=True, slots=True)
class Collection:
    """Captioned pictures of a work folder, and questions with their captions, in the same order."""

    folder: Folder
    questions: tuple[Question, ...]

    @classmethod
    def of_folder(cls, folder: Folder, most: int) -> Collection:
        """Take up to ``most`` captioned pictures, the same for every model; none when the folder has none."""
        captions = {caption.file_name: caption.text for caption in folder.captions()} if most else {}
        chosen = sorted(exam.shuffled([*captions])[:most])
        return cls(folder, tuple(Question(KIND, captions[name], 0, (name,)) for name in chosen))

    def pictures(self, size: int) -> Tensor:
        """Return the pictures (n, 3, size, size), 0…1, as centred squares."""
        squares = [self._square(question.means[0], size) for question in self.questions]
        return torch.stack(squares)

    def _square(self, name: str, size: int) -> Tensor:
        with Image.open(self.folder.path / "pictures" / name) as opened:
            square = ImageOps.fit(opened.convert("RGB"), (size, size), Image.Resampling.LANCZOS)
        return torch.from_numpy(np.array(square)).permute(2, 0, 1).float() / 255


def score(eye: ImageEncoder, gallery: Gallery, collection: Collection) -> dict[str, Any]:
    """Return the mean cosine similarity to the own picture and to the others, and the share nearest to their own.

    ``own`` above ``others`` means that the model follows the captions. ``found`` is the share of generated pictures
    that are most similar to their own picture; by chance that is one of ``of``.
    """
    questions = collection.questions
    if not questions:
        return {}
    painted = torch.cat([eye.encode(pictures)[0] for pictures in gallery.load_pictures(questions)])
    size = gallery.picture(questions[0]).shape[-1]
    originals = eye.encode(collection.pictures(size))[0]
    likeness = painted @ originals.T
    own = likeness.diagonal()
    others = (likeness.sum(1) - own) / max(1, len(own) - 1)
    nearest = likeness.argmax(1) == torch.arange(len(own))
    return {
        "own": round(float(own.mean()), 4),
        "others": round(float(others.mean()), 4),
        "found": accuracy.count_share(nearest),
    }


def write_sheet(folder: Folder, name: str, gallery: Gallery, collection: Collection) -> None:
    """Write a contact sheet: rows of the collection's pictures, each above a row of generated ones."""
    questions: Sequence[Question] = collection.questions
    if not questions:
        return
    painted = torch.stack([gallery.picture(question) for question in questions])
    originals = collection.pictures(painted.shape[-1])
    rows = []
    for start in range(0, len(questions), COLUMNS):
        for each in (originals, painted):
            row = each[start : start + COLUMNS]
            rows.append(torch.cat([row, torch.ones(COLUMNS - len(row), *row.shape[1:])]))
    data = io.BytesIO()
    composition.contact_sheet(torch.cat(rows), COLUMNS).save(data, "WEBP", quality=85)
    folder.write(f"evaluations/{name}/{KIND}.webp", data.getvalue())
    folder.write(f"evaluations/{name}/{KIND}.txt", "".join(f"{question.prompt}\n" for question in questions).encode())
