"""Admin commands for styles, LoRA files and embeddings: ``flask --app wsgi styles|loras|embeddings …``."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click
from flask.cli import AppGroup

from app.cli.common import json_command, print_text
from app.collection.styles import added, shipped
from app.collection.styles.added import AddedStyle
from app.core.errors import InvalidInput
from app.offer.generation import embeddings, loras, model_folders, offers
from app.offer.generation.embeddings import Embedding
from app.offer.generation.loras import Lora
from app.requests.teaching import artists, lora_adding, style_teaching
from app.requests.teaching.artists import CatalogueRequest
from app.requests.teaching.lora_adding import WAIT_SECONDS, LoraRequest
from app.requests.teaching.style_teaching import ADAPTER_STEPS, ENOUGH, STEPS, StyleRequest

group = AppGroup("styles", help="Add styles that a model learns from your pictures.")

lora_group = AppGroup("loras", help="Add LoRA files that stops can use.")

embedding_group = AppGroup("embeddings", help="List the textual inversion embeddings that prompts can name.")

COLLECTED = (
    click.argument("name"),
    click.argument("source", required=False),
    click.option("--catalogue", type=click.Path(exists=True, dir_okay=False, path_type=Path),
                 help="A museum's catalogue (CSV, JSON Lines) with words about the artist; SOURCE is optional then."),
    click.option("--artist", default="", help="The artist in the catalogue; by default the title, or the name."),
    click.option("--licence", required=True, help="The licence, preferably its SPDX identifier."),
    click.option("--attribution", default="", help="The required credit."),
    click.option("--title", default="", help="The style's title; by default NAME as written."),
    click.option("--pictures", "enough", type=click.IntRange(style_teaching.LEAST), default=ENOUGH, show_default=True,
                 help="The maximum number of pictures to collect."),
    click.option("--model", help="The model that learns it, one of those on offer; the first if not given."),
    click.option("--like", default="", help="A style of the model: scenes are composed as in this one, which stands in"
                 " until the new one is learned. By default it is the one that has the name, or the most similar one."),
)  # fmt: skip


def _add_options(command: Any) -> Any:
    for option in reversed(COLLECTED):
        command = option(command)
    return command


@group.command("add")
@_add_options
@click.option(
    "--steps",
    type=click.IntRange(1),
    help=f"Training steps; by default {STEPS}, or {ADAPTER_STEPS} for a model that is not sketch-conditioned.",
)
@json_command
def add(catalogue: Path | None, artist: str, **options: Any) -> dict[str, Any]:
    """Add the style NAME from the pictures in SOURCE, a folder, a file or a URL, and let a model learn it.

    NAME is written as people write it, such as "Van Gogh"; files and addresses have it as van-gogh. One picture is
    enough: large ones are cropped into many. Run again, the command continues where it was stopped. Until the style is
    learned, the most similar style of the model stands in. With --catalogue the style is an artist's, recognised by
    the titles and subjects of their works; without SOURCE nothing is learned.
    """
    style = _of_words(catalogue, artist, options)
    return _show(style if options["source"] is None else style_teaching.teach(StyleRequest(**options), say=_tell))


@group.command("prefetch")
@_add_options
@json_command
def prefetch(catalogue: Path | None, artist: str, **options: Any) -> dict[str, Any]:
    """Collect and analyse the pictures of the style NAME, and offer it with the most similar style standing in."""
    style = _of_words(catalogue, artist, options)
    return _show(style if options["source"] is None else style_teaching.prefetch(StyleRequest(**options), say=_tell))


@group.command("artists")
@click.argument("catalogue", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--licence", required=True, help="The catalogue's licence, preferably its SPDX identifier.")
@click.option("--attribution", default="", help="The required credit.")
@click.option("--most", type=click.IntRange(1, 300), default=50, show_default=True, help="Maximum number of artists.")
@click.option("--least", type=click.IntRange(1), default=20, show_default=True, help="Minimum number of works of each.")
@json_command
def add_artists(catalogue: Path, licence: str, attribution: str, most: int, least: int) -> list[dict[str, Any]]:
    """Add the artists with the most works in a museum's CATALOGUE as styles, by titles and subjects only."""
    wanted = CatalogueRequest(catalogue, licence, attribution)
    kept = artists.add_most_shown(wanted, most=most, least=least)
    print_text(f"{len(kept)} artists are found by their works now.")
    return [_fields(style) for style in kept]


@group.command("list")
@json_command
def list_styles() -> list[dict[str, Any]]:
    """List all styles: those of the models on offer, and added ones."""
    found = [
        {"name": style.name, "title": style.model_style.title, "model": model.name, "hand": style.model_style.words}
        for model in offers.load()
        if model.setting not in model_folders.taught()
        for style in shipped.of_model(model)
    ]
    found += [_fields(style) for style in added.every()]
    for each in found:
        learned = f"by {each['model']}" if each["model"] else f"not learned yet; {each['hand'] or 'any hand'} stands in"
        print_text(f"{each['name']:24}  {each['title']:24}  {learned}")
    return found


@group.command("remove")
@click.argument("name")
@json_command
def remove(name: str) -> dict[str, Any]:
    """Remove the added style NAME, with its model and everything stored of its pictures."""
    style = style_teaching.remove(name)
    print_text(f"The style {style.title} is removed.")
    return _fields(style) | {"model": None}


def _of_words(catalogue: Path | None, artist: str, options: dict[str, Any]) -> AddedStyle:
    """Return the style to add, with an artist's words from the catalogue if one is given.

    :raises InvalidInput: when there is neither a catalogue nor a source of pictures.
    """
    if catalogue is None:
        if options["source"] is None:
            raise InvalidInput.on("source", message="Say where the pictures are, or give a --catalogue of works.")
        return AddedStyle(options["name"], options["title"], options["licence"])
    wanted = CatalogueRequest(catalogue, options["licence"], options["attribution"])
    return artists.add(wanted, name=options["name"], artist=artist, title=options["title"])


def _tell(text: str) -> None:
    click.echo(text, err=True)


def _fields(style: AddedStyle) -> dict[str, Any]:
    return {
        "name": style.name, "title": style.title, "model": style.model, "hand": style.rendering_style,
        "licence": style.licence, "attribution": style.attribution, "source": style.source,
        "pictures": style.pictures, "works": style.works,
    }  # fmt: skip


def _show(style: AddedStyle) -> dict[str, Any]:
    if style.model:
        print_text(f"{style.title} is learned: {style.model} paints it, behind a prompt as “{style.words}”.")
    elif style.phrases and not style.pictures:
        stand_in = style.stand_in or "any hand"
        print_text(
            f"{style.title} is found by {len(style.phrases)} titles and subjects of {style.works} works;"
            f" {stand_in} stands in."
        )
    else:
        print_text(f"{style.title} is offered; {style.stand_in or 'any hand'} stands in until it is learned.")
    return _fields(style)


@lora_group.command("add")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--name", default="", help="The name that stops use; by default the file's name.")
@click.option("--title", default="", help="Its title; by default the file's name.")
@click.option("--licence", default="", help="Its licence, preferably the SPDX identifier.")
@click.option("--trigger", default="", help="Trigger words for the prompt; by default those in the file.")
@click.option("--wait", type=click.FloatRange(1, 3600), default=WAIT_SECONDS, show_default=True,
                 help="Seconds to wait for the worker's check.")  # fmt: skip
@json_command
def add_lora(**options: Any) -> dict[str, Any]:
    """Add the LoRA in FILE (.safetensors) after a worker has checked that it fits a model on offer."""
    lora = lora_adding.add(LoraRequest(**options))
    print_text(f"{lora.name} is added: {_facts(lora)}.")
    if lora.trigger:
        print_text(f"It was trained with the words: {lora.trigger}")
    return _describe_lora(lora)


@lora_group.command("list")
@json_command
def list_loras() -> list[dict[str, Any]]:
    """List the LoRA files, the learned styles that can be chosen like them, and files that cannot be used."""
    found = list(loras.every())
    found += [lora for model in offers.load() for lora in model.taught]
    for lora in found:
        print_text(f"{lora.name:24}  {lora.title:24}  {_facts(lora)}")
    for name, reason in loras.strays().items():
        print_text(f"{name:24}  not offered: it {reason}")
    return [_describe_lora(lora) for lora in found]


@lora_group.command("remove")
@click.argument("name")
@json_command
def remove_lora(name: str) -> dict[str, Any]:
    """Remove the LoRA NAME. Queued walks that use it fail; finished ones stay."""
    lora = lora_adding.remove(name)
    print_text(f"The LoRA {lora.name} is removed.")
    return _describe_lora(lora)


@embedding_group.command("list")
@json_command
def list_embeddings() -> list[dict[str, Any]]:
    """List the embeddings that prompts can name, and the files that cannot be used."""
    found = embeddings.every()
    for each in found:
        widths = " and ".join(str(width) for width in each.widths)
        used = ", ".join(_models_of(each)) or "no model on offer"
        print_text(f"{each.name:24}  {each.vectors} vectors of {widths} numbers, for {used}")
    for name, reason in embeddings.strays().items():
        print_text(f"{name:24}  not offered: it {reason}")
    return [
        {
            "name": each.name,
            "digest": each.digest,
            "vectors": each.vectors,
            "widths": list(each.widths),
            "models": _models_of(each),
        }
        for each in found
    ]


def _models_of(embedding: Embedding) -> list[str]:
    return [model.name for model in offers.load() if embedding.fits(model.facts)]


def _describe_lora(lora: Lora) -> dict[str, Any]:
    return {
        "name": lora.name, "title": lora.title, "digest": lora.digest, "family": lora.family or None,
        "model": lora.model, "rank": lora.rank or None, "licence": lora.licence or None,
        "trigger": lora.trigger or None, "bytes": lora.bytes,
    }  # fmt: skip


def _facts(lora: Lora) -> str:
    """Return a short description of a LoRA: its family, rank, size and licence."""
    if lora.model:
        return f"taught here, for {lora.model}"
    family = lora.family or "family unknown"
    licence = f", {lora.licence}" if lora.licence else ""
    return f"{family}, rank {lora.rank}, {lora.bytes / 1_000_000:.1f} MB{licence}"
