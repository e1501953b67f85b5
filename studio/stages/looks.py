"""Learn the visual features of the styles: the table that names a picture's style and finds the nearest one."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from studio.workspace.stage_command import HOUSE, progress, stage
from studio.workspace.work_folder import Folder

BATCH = 32


@stage("looks")
@click.option("--eye", "eye_folder", type=click.Path(path_type=Path), default=Path("models/eye"), show_default=True,
              help="Image encoder.")  # fmt: skip
@click.option("--sketchbook", "drawn", type=click.Path(path_type=Path), default=HOUSE / "sketchbook.zip",
              show_default=True, help="Drawing library whose subjects are rendered.")  # fmt: skip
@click.option(
    "--painted", type=click.IntRange(1), default=1000, show_default=True, help="Number of subjects to learn from."
)
@click.option(
    "--measured", type=click.IntRange(0), default=600, show_default=True, help="Number of other subjects to measure on."
)
@click.option(
    "--painted-at", type=click.IntRange(16), default=256, show_default=True, help="Side of the pictures in pixels."
)
@click.option("--seed", type=int, default=101, show_default=True, help="Random seed.")
def command(
    folder: Folder, *, eye_folder: Path, drawn: Path, painted: int, measured: int, painted_at: int, seed: int
) -> dict[str, Any]:
    """Write model/looks.npz; report for how many unseen pictures it names the style."""
    import numpy as np

    from image_encoder import ImageEncoder
    from studio.judging import looks
    from studio.scenes import subjects
    from studio.scenes.painted import SubjectRenderer
    from studio.training.encoder_pool import HANDS

    eye, book = ImageEncoder.load(eye_folder), subjects.load_subject_library(drawn)

    def seen(count: int, seed: int) -> tuple[Any, list[str]]:
        programme = subjects.Programme(subjects.Plan(count, seed, HANDS, HANDS, mixed=0.0), book)
        renderer, rows, by = SubjectRenderer(book, size=painted_at), [], []
        for first in progress(range(0, count, BATCH), what="painted"):
            chunk = [programme.subject(number) for number in range(first, min(first + BATCH, count))]
            rows.append(eye.encode_strokes(renderer.paint(chunk).pictures).numpy())
            by += [subject.first.hand for subject in chunk]
        return np.concatenate(rows), by

    table = looks.Looks.fit(*seen(painted, seed))
    folder.write(f"model/{looks.FILE}", table.written())
    summary: dict[str, Any] = {"hands": len(table.hands), "painted": painted}
    if measured:
        strokes, by = seen(measured, 2 * seed)
        right = [hand == other for hand, other in zip(table.nearest(table.project(strokes)), by, strict=True)]
        summary |= {"measured": measured, "told": round(sum(right) / measured, 4)}
    return summary
