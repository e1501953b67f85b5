"""Say what the hands are to paint, and look at a sample of it."""

from __future__ import annotations

import io
from typing import Any

import click

from studio.errors import StudioError
from studio.text import phrasing
from studio.workspace.stage_command import stage
from studio.workspace.work_folder import Folder


@stage("compose")
@click.option("--number", type=click.IntRange(1), default=240_000, show_default=True, help="How many scenes there are.")
@click.option("--seed", type=int, default=1, show_default=True, help="What they are drawn from.")
@click.option("--hand", "chosen", multiple=True, help="Only these hands.")
@click.option("--unnamed", multiple=True, help="A hand for prompts that name none; else each of them.")
@click.option("--two", type=click.FloatRange(0, 1), default=0.18, show_default=True,
              help="Share of two things together.")  # fmt: skip
@click.option("--coloured", type=click.FloatRange(0, 1), default=0.14, show_default=True,
              help="Share of named colours.")  # fmt: skip
@click.option("--grounded", type=click.FloatRange(0, 1), default=0.1, show_default=True, help="Share of named grounds.")
@click.option("--prefix", default=phrasing.PREFIX, show_default=True, help="The house prefix.")
@click.option("--sheet", type=click.IntRange(0), default=24, show_default=True,
              help="Paint the first so many to look at.")  # fmt: skip
def command(
    folder: Folder, *, sheet: int, chosen: tuple[str, ...], unnamed: tuple[str, ...], **shares: Any
) -> dict[str, Any]:
    """Write scenes.json, and a contact sheet of the first scenes."""
    from studio.hands import registry
    from studio.scenes import composition

    unknown = sorted({*chosen, *unnamed} - set(registry.HANDS))
    if unknown:
        raise StudioError(f"There is no hand {unknown[0]!r}; there are {', '.join(registry.HANDS)}.")
    if shares["two"] + shares["coloured"] + shares["grounded"] > 1:
        raise StudioError("--two, --coloured and --grounded are shares of one whole: together at most 1.")
    if idle := sorted(set(unnamed) - set(chosen or registry.HANDS)):
        raise StudioError(f"--unnamed {idle[0]} is none of the hands that paint; --hand names them.")
    plan = composition.Plan(hands=chosen or tuple(registry.HANDS), unnamed=unnamed, **shares)
    programme = composition.Programme(plan, composition.motif_records(folder, "train"))
    composition.write_plan(folder, plan)
    if sheet:
        _hang(folder, programme, min(sheet, plan.number))
    return {"scenes": plan.number, "hands": len(plan.hands), "concepts": len(programme.concepts),
            "drawings": len(programme.records)}  # fmt: skip


def _hang(folder: Folder, programme: Any, count: int) -> None:
    """Paint the first scenes, with their captions beside the sheet."""
    from studio.scenes import composition

    drawn = [programme.scene(number) for number in range(count)]
    motifs = composition.Motifs.of(folder)
    written = io.BytesIO()
    composition.sheet(composition.paint(drawn, motifs), 8).save(written, "WEBP", quality=85)
    folder.write("sheets/scenes.webp", written.getvalue())
    folder.write("sheets/scenes.txt", "".join(f"{scene.number}: {scene.texts[0]}\n" for scene in drawn).encode())
