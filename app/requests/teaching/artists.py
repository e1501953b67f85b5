"""Add artists from a museum's catalogue; only their most distinctive titles and subjects are stored."""

from dataclasses import dataclass, replace
from pathlib import Path

from app.collection.moderation import banned_words
from app.collection.styles import added, artists, shipped
from app.collection.styles.added import AddedStyle
from app.collection.styles.catalogues import Artist, Catalogue
from app.core.errors import InvalidInput
from app.core.files import atomic_write
from app.offer.generation import offers
from app.requests.teaching import style_teaching
from app.storage.walk_models import slug_of


@dataclass(frozen=True, slots=True)
class CatalogueRequest:
    """A catalogue to take phrases from, with its licence and attribution."""

    path: Path
    licence: str
    attribution: str = ""


def add(request: CatalogueRequest, *, name: str, artist: str = "", title: str = "") -> AddedStyle:
    """Add an artist, or add a catalogue's phrases to an existing style, and return it.

    :raises InvalidInput: when the catalogue cannot be read, or has no descriptive works by that artist.
    """
    written, name = " ".join(name.split()), style_teaching.style_name(name)
    style_teaching.check_name(name, request.licence, offers.first())
    artist_name = artist or title or written.replace("-", " ")
    entry = Catalogue(request.path).artist(artist_name)
    if entry is None or not entry.phrases:
        message = (
            f"{request.path} has no works by “{artist_name:.80}” that say what they show. Write the name as it does."
        )
        raise InvalidInput.on("artist", message=message)
    return _keep(request, name, entry, title=title or (written if written != name else ""))


def add_most_shown(request: CatalogueRequest, *, most: int, least: int) -> list[AddedStyle]:
    """Add the ``most`` artists with the most works in a catalogue, at least ``least`` each, and return them.

    :raises InvalidInput: when the catalogue cannot be read, or a name is not valid for a style.
    """
    styles = []
    for entry in Catalogue(request.path).most_shown(most, least=least):
        name = slug_of(entry.name)[: added.NAME_MAX].strip("-")
        if name and entry.phrases:
            style_teaching.check_name(name, request.licence, offers.first())
            styles.append(_keep(request, name, entry))
    return styles


def _keep(request: CatalogueRequest, name: str, entry: Artist, *, title: str = "") -> AddedStyle:
    """Store an artist as a style, or a catalogue's phrases in an existing style, and return it."""
    phrases = tuple(text for text in entry.phrases if not banned_words.flaws([(("phrase",), "The phrase", text)]))
    if existing := added.find(name):  # keep its pictures and what they show
        style = replace(existing, works=entry.works, phrases=phrases)
    else:
        style = AddedStyle(
            name=name, title=title or entry.name, licence=request.licence, attribution=request.attribution,
            source=request.path.name, works=entry.works, phrases=phrases,
            stand_in=artists.stand_in(entry.mediums, phrases, shipped.of_model(offers.first())),
        )  # fmt: skip
    atomic_write(style.folder / added.ABOUT, added.to_json(style))
    return style
