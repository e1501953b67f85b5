"""Admin commands for styles: ``flask --app wsgi styles …``."""

from __future__ import annotations

from typing import Any

import click
from flask.cli import AppGroup

from app.cli.common import as_json, explained, print_json
from app.generation import models_on_offer
from app.operations import style_teaching
from app.operations.style_teaching import ENOUGH, STEPS, StyleRequest
from app.styles import added, shipped
from app.styles.added import AddedStyle

group = AppGroup("styles", help="Add styles of your own pictures, which the painter learns.")

COLLECTED = (
    click.argument("name"),
    click.argument("source"),
    click.option("--licence", required=True, help="Under which licence the pictures are, best by its SPDX name."),
    click.option("--attribution", default="", help="The credit that they want."),
    click.option("--title", default="", help="What people call the style; else its name."),
    click.option("--pictures", "enough", type=click.IntRange(style_teaching.LEAST), default=ENOUGH, show_default=True,
                 help="How many are collected at most."),
)  # fmt: skip


def _collected(command: Any) -> Any:
    for option in reversed(COLLECTED):
        command = option(command)
    return command


@group.command("add")
@_collected
@click.option("--steps", type=click.IntRange(1), default=STEPS, show_default=True, help="How long it is learned.")
@as_json
@explained
def add(as_json: bool, **told: Any) -> None:
    """Add the style NAME of the pictures in SOURCE, a folder or an address, and have a model learn it.

    Run again, it goes on where it was stopped. Until it is learned, the nearest hand stands in.
    """
    _say(style_teaching.teach(StyleRequest(**told), say=_tell), as_json)


@group.command("prefetch")
@_collected
@as_json
@explained
def prefetch(as_json: bool, **told: Any) -> None:
    """Collect and look at the pictures of the style NAME, and offer it with a hand that stands in."""
    _say(style_teaching.prefetch(StyleRequest(**told), say=_tell), as_json)


@group.command("list")
@as_json
@explained
def list_styles(as_json: bool) -> None:
    """List all styles: those of the models on offer, and those that were added."""
    found = [{"name": style.name, "title": style.hand.title, "model": model.name, "hand": style.hand.words}
             for model in models_on_offer.offered() if model.setting not in models_on_offer.taught()
             for style in shipped.of_model(model.setting)]  # fmt: skip
    found += [_told(style) for style in added.every()]
    if as_json:
        print_json(found)
        return
    for each in found:
        learned = f"by {each['model']}" if each["model"] else f"not learned yet; {each['hand'] or 'any hand'} stands in"
        click.echo(f"{each['name']:24}  {each['title']:24}  {learned}")


@group.command("remove")
@click.argument("name")
@as_json
@explained
def remove(name: str, as_json: bool) -> None:
    """Remove the style NAME that was added, with its model and all that was kept of its pictures."""
    style = style_teaching.remove(name)
    if as_json:
        print_json(_told(style) | {"model": None})
    else:
        click.echo(f"The style {style.title} is removed.")


def _tell(text: str) -> None:
    click.echo(text, err=True)


def _told(style: AddedStyle) -> dict[str, Any]:
    return {
        "name": style.name, "title": style.title, "model": style.model, "hand": style.hand,
        "licence": style.licence, "attribution": style.attribution, "source": style.source,
        "pictures": style.pictures,
    }  # fmt: skip


def _say(style: AddedStyle, as_json: bool) -> None:
    if as_json:
        print_json(_told(style))
    elif style.model:
        click.echo(f"{style.title} is learned: {style.model} paints it, behind a prompt as “{style.words}”.")
    else:
        click.echo(f"{style.title} is offered; {style.stand_in or 'any hand'} stands in until it is learned.")
