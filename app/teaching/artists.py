"""Adding artists by the words of a museum's catalogue: nothing but their most telling titles and subjects is kept."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from app.errors import InvalidInput
from app.files import atomic_write
from app.moderation import banned_words
from app.storage.walk_models import slug_of
from app.styles import added, artists, shipped
from app.styles.added import AddedStyle
from app.styles.catalogues import Artist, Catalogue
from app.teaching import style_teaching


@dataclass(frozen=True, slots=True)
class CatalogueRequest:
    """A catalogue whose words are to be taken, and what may be done with them."""

    path: Path
    licence: str
    attribution: str = ""


def add(wanted: CatalogueRequest, *, name: str, artist: str = "", title: str = "") -> AddedStyle:
    """Add an artist, or give a style that is there already a catalogue's words.

    :raises InvalidInput: when the catalogue cannot be read, or has no works by that artist that say anything.
    """
    style_teaching.check_name(name, wanted.licence)
    said = artist or title or name.replace("-", " ")
    found = Catalogue(wanted.path).artist(said)
    if found is None or not found.phrases:
        message = f"{wanted.path} has no works by “{said:.80}” that say what they show. Write the name as it does."
        raise InvalidInput.on("artist", message=message)
    return _keep(wanted, name, found, title=title)


def add_most_shown(wanted: CatalogueRequest, *, most: int, least: int) -> list[AddedStyle]:
    """Add the artists with the most works in a catalogue, of at least so many each.

    :raises InvalidInput: when the catalogue cannot be read, or a name cannot be a style's.
    """
    kept = []
    for found in Catalogue(wanted.path).most_shown(most, least=least):
        name = slug_of(found.name)[: added.NAME_MAX].strip("-")
        if name and found.phrases:
            style_teaching.check_name(name, wanted.licence)
            kept.append(_keep(wanted, name, found))
    return kept


def _keep(wanted: CatalogueRequest, name: str, found: Artist, *, title: str = "") -> AddedStyle:
    phrases = tuple(text for text in found.phrases if not banned_words.flaws([(("phrase",), "The phrase", text)]))
    if held := added.find(name):  # its pictures and what they show stay
        style = replace(held, works=found.works, phrases=phrases)
    else:
        style = AddedStyle(
            name=name, title=title or found.name, licence=wanted.licence, attribution=wanted.attribution,
            source=wanted.path.name, works=found.works, phrases=phrases,
            stand_in=artists.stand_in(found.mediums, phrases, shipped.of_model()),
        )  # fmt: skip
    atomic_write(style.folder / added.ABOUT, added.to_json(style))
    return style
