"""Tiny tables of meaning, written as the studio writes them: a few words on a few themes."""

from pathlib import Path

import numpy as np

from studio.training.meaning_table import table

WIDTH = 64
THEMES = {
    "autumn": ("autumn", "pumpkin", "leaves", "cosy"),
    "drink": ("tea", "coffee", "cup"),
    "space": ("rocket", "star", "moon"),
    "sea": ("boat", "fish", "whale"),
}


def make_table(folder: Path, *, seed: int = 1) -> Path:
    """Write a table whose words lie near the others of their theme; return its folder."""
    dice = np.random.default_rng(seed)
    pieces, rows = ["a", "##s"], [np.zeros(WIDTH), np.zeros(WIDTH)]
    for words in THEMES.values():
        middle = dice.normal(size=WIDTH)
        pieces += words
        rows += [middle + 0.3 * dice.normal(size=WIDTH) for _ in words]
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "table.npz").write_bytes(table(pieces, np.array(rows, np.float32)))
    return folder
