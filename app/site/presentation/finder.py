"""The search for a drawing within the form: what it shows, for the stop that asked."""

from collections.abc import Mapping
from dataclasses import dataclass

from app.collection.gallery.drawing_catalogue import GROUPS, Motif, catalogue
from app.collection.search.terms import QUERY_MAX
from app.core.i18n.gettext import _
from app.core.i18n.locales import here
from app.offer.generation.limits import Limits
from app.site.presentation import readings
from app.site.presentation.form_commands import Command
from app.site.presentation.make_form import MakeForm

PAGE = 24
"""How many things a page shows."""
ACTS = "find", "seek"
STOP, WORDS, GROUP, WORD = "find_stop", "find", "find_group", "find_for"
"""The names of the search's fields in the form: its stop, the words, the group, and the word that a choice replaces."""


@dataclass(frozen=True, slots=True)
class Hit:
    """A drawing to choose, by its digest and its name."""

    digest: str
    name: str


@dataclass(frozen=True, slots=True)
class Finder:
    """A page of the drawings that match a search; ``word`` is the word of the prompt that a choice will replace.

    ``vain`` is what was searched for, if nothing has this name. All drawings are shown if none is near to it either.
    """

    stop: int
    words: str
    word: str
    group: str
    groups: tuple[tuple[str, str], ...]
    hits: tuple[Hit, ...]
    near: tuple[Hit, ...]
    count: int
    total: int
    page: int
    pages: int
    vain: str = ""


def of_command(form: MakeForm, command: Command, fields: Mapping[str, str], limits: Limits) -> Finder | None:
    """Return the search that a button of the form opens or continues; ``None`` for other buttons.

    ``seek`` searches for a marked word of the stop's prompt, ``find`` for the words of the search field.
    """
    found = readings.at_stop(form, command.stop, limits) if command.act in ACTS else None
    if found is None:
        return None
    reader, reading = found
    if command.act == "seek":
        marks = reading.marks if reading is not None else ()
        word = words = marks[command.place].word if command.place < len(marks) else ""
        group, page = "", 1
    else:
        own = fields if fields.get(STOP) == str(command.stop) else {}
        words, word, group = (own.get(name, "").strip()[:QUERY_MAX] for name in (WORDS, WORD, GROUP))
        page = max(1, command.place)
    library = catalogue(reader, here().language)
    matches, vain = library.search(words), ""
    if matches.suggestion:
        vain, words = words, matches.suggestion
        matches = library.search(words)
    motifs = [motif for motif in matches.motifs if group in ("", motif.group)]
    vain = vain or ("" if motifs else words)
    if not motifs and not matches.near:
        motifs = list(library.of_group(group))
    pages = max(1, -(-len(motifs) // PAGE))
    page = min(page, pages)
    known = {motif.group for motif in library.motifs}
    return Finder(
        command.stop,
        words=words,
        word=word,
        group=group,
        groups=tuple((name, _(title)) for name, title, _kinds in GROUPS if name in known),
        hits=_hits(motifs[(page - 1) * PAGE : page * PAGE]),
        near=() if group else _hits(matches.near),
        count=len(motifs),
        total=len(library.motifs),
        page=page,
        pages=pages,
        vain=vain,
    )


def _hits(motifs: list[Motif] | tuple[Motif, ...]) -> tuple[Hit, ...]:
    return tuple(Hit(drawing.digest, motif.name) for motif in motifs for drawing in motif.drawings)
