"""How like a collection a model's pictures are: it is asked for the captions, and the eye compares."""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from PIL import Image, ImageOps
from torch import Tensor

from eye import Eye
from studio.judging import accuracy, exam
from studio.judging.exam import Gallery, Question
from studio.scenes import composition
from studio.workspace.work_folder import Folder

KIND = "captioned"
COLUMNS = 6
"""Of the contact sheet: pictures of the collection in one row, what was painted of their captions beneath them."""


@dataclass(frozen=True, slots=True)
class Collection:
    """Captioned pictures of a work folder: questions that ask for them, and where they lie, in the same order."""

    folder: Folder
    questions: tuple[Question, ...]

    @classmethod
    def of_folder(cls, folder: Folder, most: int) -> Collection:
        """Draw ``most`` captioned pictures, the same for every model; none where the folder has none."""
        captions = {caption.file_name: caption.text for caption in folder.captions()} if most else {}
        chosen = sorted(exam.shuffled([*captions])[:most])
        return cls(folder, tuple(Question(KIND, captions[name], 0, (name,)) for name in chosen))

    def pictures(self, size: int) -> Tensor:
        """Return them (n, 3, size, size), 0…1, cut square in the middle."""
        squares = [self._square(question.means[0], size) for question in self.questions]
        return torch.stack(squares)

    def _square(self, name: str, size: int) -> Tensor:
        with Image.open(self.folder.path / "pictures" / name) as opened:
            square = ImageOps.fit(opened.convert("RGB"), (size, size), Image.Resampling.LANCZOS)
        return torch.from_numpy(np.array(square)).permute(2, 0, 1).float() / 255


def score(eye: Eye, gallery: Gallery, collection: Collection) -> dict[str, Any]:
    """Return the mean cosine of each painting with its own picture and with the others, and how many are nearest.

    ``own`` above ``others`` means that the captions say something to the model; ``found`` is the share of paintings
    to which their own picture is the nearest of all. By chance that is one of ``of``.
    """
    asked = collection.questions
    if not asked:
        return {}
    painted = torch.cat([eye.look(pictures)[0] for pictures in gallery.read(asked)])
    size = gallery.picture(asked[0]).shape[-1]
    originals = eye.look(collection.pictures(size))[0]
    likeness = painted @ originals.T
    own = likeness.diagonal()
    others = (likeness.sum(1) - own) / max(1, len(own) - 1)
    nearest = likeness.argmax(1) == torch.arange(len(own))
    return {"own": round(float(own.mean()), 4), "others": round(float(others.mean()), 4),
            "found": accuracy.counted(nearest)}  # fmt: skip


def hang(folder: Folder, name: str, gallery: Gallery, collection: Collection) -> None:
    """Write a sheet: rows of the collection's pictures, and beneath each row what was painted of their captions."""
    asked: Sequence[Question] = collection.questions
    if not asked:
        return
    painted = torch.stack([gallery.picture(question) for question in asked])
    originals = collection.pictures(painted.shape[-1])
    rows = []
    for start in range(0, len(asked), COLUMNS):
        for each in (originals, painted):
            row = each[start : start + COLUMNS]
            rows.append(torch.cat([row, torch.ones(COLUMNS - len(row), *row.shape[1:])]))
    data = io.BytesIO()
    composition.sheet(torch.cat(rows), COLUMNS).save(data, "WEBP", quality=85)
    folder.write(f"evaluations/{name}/{KIND}.webp", data.getvalue())
    folder.write(f"evaluations/{name}/{KIND}.txt", "".join(f"{question.prompt}\n" for question in asked).encode())
