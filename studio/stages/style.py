"""Describe a folder's pictures as one style: its features, the nearest known style, and what they show."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

import click

from studio.errors import FolderError
from studio.workspace.stage_command import progress, stage
from studio.workspace.work_folder import Folder

SEEN = "style.json"
SIDE = 256
SHOWN = 12
"""The most things named of what the pictures show."""


@stage("style")
@click.option("--eye", "eye_folder", type=click.Path(path_type=Path), default=Path("models/eye"), show_default=True,
              help="Image encoder.")  # fmt: skip
@click.option("--looks", "looks_folder", type=click.Path(path_type=Path), default=Path("models/styles"),
              show_default=True, help="Folder of the table that the stage looks writes.")  # fmt: skip
def command(folder: Folder, *, eye_folder: Path, looks_folder: Path) -> dict[str, Any]:
    """Write style.json: the style's vector, its nearest style and things; described pictures are skipped."""
    import numpy as np
    import torch
    from PIL import Image, ImageOps

    from image_encoder import ImageEncoder
    from studio.judging import looks

    records = list(folder.catalogue())
    if not records:
        raise FolderError(f"{folder.path} holds no pictures; collect some first.")
    table, path = looks.Looks.load(looks_folder), folder.path / SEEN
    described = json.loads(path.read_bytes())["seen"] if path.exists() else {}
    missing = [record for record in records if record.id not in described]
    if missing:
        eye = ImageEncoder.load(eye_folder)
        words: dict[str, str] = eye.about.get("words", {})
        for record in progress(missing, what="seen"):
            with Image.open(folder.path / record.file) as picture:
                square = ImageOps.fit(picture.convert("RGB"), (SIDE, SIDE))
            pixels = torch.from_numpy(np.asarray(square, np.float32).copy() / 255).permute(2, 0, 1)[None]
            sentence, _ = eye.encode(pixels)
            vector = table.project(eye.encode_strokes(pixels).numpy())
            (hand,) = table.nearest(vector)
            best = int(eye.score(sentence)[0].argmax())
            described[record.id] = {
                "vector": [round(float(each), 4) for each in vector[0]],
                "hand": words.get(hand, hand),
                "shows": eye.concepts[best],
            }
    seen = {record.id: described[record.id] for record in records}
    mean = np.stack([np.array(each["vector"], np.float32) for each in seen.values()]).mean(axis=0).tolist()
    style = {
        "pictures": len(seen),
        "hand": Counter(each["hand"] for each in seen.values()).most_common(1)[0][0],
        "shows": [name for name, _ in Counter(each["shows"] for each in seen.values()).most_common(SHOWN)],
        "vector": [round(each, 4) for each in mean],
    }
    folder.write(SEEN, json.dumps(style | {"seen": seen}, indent=1).encode())
    return {name: style[name] for name in ("pictures", "hand", "shows")} | {"seen_now": len(missing)}
