"""Plan the training scenes, and render a sample of them."""

from __future__ import annotations

import io
from typing import Any

import click

from studio.errors import StudioError
from studio.text import phrasing
from studio.workspace.stage_command import stage
from studio.workspace.work_folder import Folder


@stage("compose")
@click.option("--number", type=click.IntRange(1), default=240_000, show_default=True, help="Number of scenes.")
@click.option("--seed", type=int, default=1, show_default=True, help="Random seed.")
@click.option("--hand", "chosen", multiple=True, help="Only these styles.")
@click.option("--unnamed", multiple=True, help="A style for prompts that name none; default: each of them.")
@click.option(
    "--two", type=click.FloatRange(0, 1), default=0.18, show_default=True, help="Share of scenes with two things."
)
@click.option("--coloured", type=click.FloatRange(0, 1), default=0.14, show_default=True,
              help="Share of scenes with a named colour.")  # fmt: skip
@click.option("--grounded", type=click.FloatRange(0, 1), default=0.1, show_default=True,
              help="Share of scenes with a named background.")  # fmt: skip
@click.option("--prefix", default=phrasing.PREFIX, show_default=True, help="Text put before every caption.")
@click.option("--sheet", type=click.IntRange(0), default=24, show_default=True,
              help="Render the first so many as a contact sheet.")  # fmt: skip
def command(
    folder: Folder, *, sheet: int, chosen: tuple[str, ...], unnamed: tuple[str, ...], **shares: Any
) -> dict[str, Any]:
    """Write scenes.json, and a contact sheet of the first scenes."""
    from studio.scenes import composition
    from studio.styles import registry

    unknown = sorted({*chosen, *unnamed} - set(registry.HANDS))
    if unknown:
        raise StudioError(f"Unknown style {unknown[0]!r}; known styles: {', '.join(registry.HANDS)}.")
    if shares["two"] + shares["coloured"] + shares["grounded"] > 1:
        raise StudioError("--two, --coloured and --grounded must not add up to more than 1.")
    if idle := sorted(set(unnamed) - set(chosen or registry.HANDS)):
        raise StudioError(f"--unnamed {idle[0]} is not among the styles of --hand.")
    plan = composition.Plan(hands=chosen or tuple(registry.HANDS), unnamed=unnamed, **shares)
    programme = composition.Programme(plan, composition.motif_records(folder, "train"))
    composition.write_plan(folder, plan)
    if sheet:
        _write_sheet(folder, programme, min(sheet, plan.number))
    return {"scenes": plan.number, "hands": len(plan.hands), "concepts": len(programme.concepts),
            "drawings": len(programme.records)}  # fmt: skip


def _write_sheet(folder: Folder, programme: Any, count: int) -> None:
    """Write a contact sheet of the first scenes, and a text file with their captions."""
    from studio.scenes import composition

    drawn = [programme.scene(number) for number in range(count)]
    motifs = composition.Motifs.from_folder(folder)
    written = io.BytesIO()
    composition.contact_sheet(composition.paint(drawn, motifs), 8).save(written, "WEBP", quality=85)
    folder.write("sheets/scenes.webp", written.getvalue())
    folder.write("sheets/scenes.txt", "".join(f"{scene.number}: {scene.texts[0]}\n" for scene in drawn).encode())
