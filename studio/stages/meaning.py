"""Distil the table of the site's semantic search from a model's text encoder and real texts."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click

from studio.errors import StudioError
from studio.workspace.stage_command import HOUSE, stage
from studio.workspace.work_folder import Folder


@stage("meaning")
@click.option("--base", type=click.Path(path_type=Path), default=HOUSE, show_default=True,
              help="Diffusers folder whose text encoder is distilled, and whose concepts are learned.")  # fmt: skip
@click.option("--texts", "lists", type=click.Path(path_type=Path), multiple=True,
              help="Texts: one a line, or JSON Lines with a title; also .gz.")  # fmt: skip
@click.option(
    "--width", type=click.Choice(("64", "128", "256")), default="128", show_default=True, help="Numbers per token."
)
@click.option("--passes", type=click.IntRange(0), default=4, show_default=True, help="Number of epochs over the texts.")
@click.option("--rate", type=click.FloatRange(0, min_open=True), default=0.06, show_default=True,
              help="Learning rate, relative to the mean length of a token's vector.")  # fmt: skip
@click.option("--seed", type=int, default=1, show_default=True, help="Random seed.")
@click.option("--credit", default="", help="Source of the texts.")
@click.option("--device", default="cpu", show_default=True, help="Device to run on: cpu, cuda.")
def command(
    folder: Folder,
    *,
    base: Path,
    lists: tuple[Path, ...],
    width: str,
    passes: int,
    rate: float,
    seed: int,
    credit: str,
    device: str,
) -> dict[str, Any]:
    """Write model/meaning: a table of token embeddings, for semantic search without torch."""
    from studio.text.text_encoder import Texts
    from studio.training import meaning_table

    listed = [text for path in lists for text in meaning_table.read_texts(path)]
    sentences = meaning_table.unique([*meaning_table.house_texts(base), *listed])
    encoder = Texts(base, device=device)
    if int(width) > encoder.model.config.hidden_size:
        raise StudioError(
            f"The text encoder of {base} is {encoder.model.config.hidden_size} numbers wide, not {width}."
        )
    if len(sentences) < int(width):
        raise StudioError(f"{len(sentences)} texts are too few for {width} numbers: name more with --texts.")
    made = meaning_table.distil(encoder, sentences, width=int(width), passes=passes, rate=rate, seed=seed)
    about = {"pieces": len(made.pieces), "width": int(width), "texts": len(sentences), "passes": passes, "seed": seed,
             "likeness": round(made.likeness, 4), "credit": credit}  # fmt: skip
    folder.make()
    folder.write("model/meaning/table.npz", meaning_table.table(made.pieces, made.vectors))
    folder.write("model/meaning/meaning.json", (json.dumps(about, indent=1, ensure_ascii=False) + "\n").encode())
    return about
