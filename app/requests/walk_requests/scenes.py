"""Scenes of a walk's stops: how their prompts are interpreted for sketch-conditioned models.

Pages and the API show the :class:`Reading` of the same parser and seed, so what is shown is what is rendered.
"""

from __future__ import annotations

import logging
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from functools import lru_cache, partial
from itertools import pairwise
from pathlib import Path
from threading import Lock
from typing import Any

from app.collection.search import semantic_search
from app.collection.search.vector_index import SourceError
from app.collection.styles import mentioned
from app.core.errors import FieldError, InvalidInput
from app.core.field_errors import ERRORS_MAX
from app.core.i18n.formatting import join_words
from app.core.i18n.gettext import _
from app.core.text import stop_notes
from app.core.text.embedding import Embedding
from app.offer.drawings import added_drawings, drawing_credits, sketchbooks
from app.offer.generation import model_styles, walk_styles
from app.offer.generation.limits import Limits
from app.offer.generation.model_styles import ModelStyle
from app.offer.generation.offers import Offer
from app.reading.lexicon import Lexicon, LexiconError
from app.reading.reader import Reader
from app.reading.reading import Reading
from app.requests.walk_requests import error_messages, stop_styles
from app.requests.walk_requests import layouts as layouts_of
from app.requests.walk_requests.stop_options import StopRequest
from app.requests.walk_requests.stop_styles import StopFacts
from app.storage.walk_models import Stop, Walk
from app.walks.saved import still_stops
from sketch.colour import Appearance
from sketch.compositions.composition import LAYOUTS
from sketch.scene import WORDS_MOST, Scene
from sketch.sketchbook import Sketchbook, SketchbookError

log = logging.getLogger(__name__)


def read_stops(
    walk: Walk,
    offer: Offer,
    parent: Walk | None = None,
    *,
    layouts: Sequence[str | None] = (),
    notes: Mapping[int, Sequence[str]] | None = None,
    may_stand_still: bool = False,
) -> None:
    """Set the scene of each stop that has none, as its prompt is interpreted, and the walk's drawing credits.

    ``layouts`` are the requested layouts, one for each stop, or empty. ``notes`` are those on the stops whose scene was
    interpreted from their prompt before, by their index. Without a sketch-conditioned model all scenes become ``None``.
    A walk that continues another starts with that walk's last scene if it can be rendered, so that the films join
    without a seam. A stop that is the same picture as the one before is noted, or refused if one of the two was
    interpreted; with ``may_stand_still`` it is only noted.

    :raises InvalidInput: when a scene holds an unknown drawing, or for a stop that stands still.
    """
    book = sketchbooks.find(offer)
    reader = None if book is None else reader_of(offer)
    if reader is None or book is None:
        for stop in walk.stops:
            stop.scene = None
        return
    if errors := list(unknown_drawings(book, [stop.scene for stop in walk.stops])):
        raise InvalidInput(errors[:ERRORS_MAX])
    if parent is not None and walk.stops[0].scene is None:
        _start_with_last_scene(walk.stops[0], parent.stops[-1], book)
    read = dict(notes or {})
    if not walk.is_pinned:
        read |= _set_scenes(reader, walk, offer, layouts or [None] * len(walk.stops))
    for index, each in read.items():
        stop = walk.stops[index]
        stop.note = stop_notes.joined(_fitting(each, stop.prompt, has_photo=stop.photo is not None))
    for stop in walk.stops:
        if stop.photo is not None and stop.scene is not None:  # the photo replaces its objects
            stop.scene = {**stop.scene, "things": []}
    _look_for_still_stops(walk, () if may_stand_still else read)
    walk.drawings = drawing_credits.of_scenes(book, [stop.scene for stop in walk.stops])


def _start_with_last_scene(stop: Stop, last: Stop, book: Sketchbook) -> None:
    """Set a stop's scene, and the notes on it, to those of the stop that it continues, if that can be rendered."""
    if last.scene is not None and not any(unknown_drawings(book, [last.scene])):
        stop.scene = last.scene
        stop.note = stop_notes.joined(each for each in stop_notes.split(last.note) if each in stop_notes.OF_READING)


def notes_on(prompt: str, *, offer: Offer, has_photo: bool = False) -> tuple[str, ...]:
    """Return the notes on a prompt; none for a model that is not sketch-conditioned."""
    reader = reader_of(offer)
    return () if reader is None else _fitting(reader.again(prompt).notes, prompt, has_photo=has_photo)


def _fitting(notes: Sequence[str], prompt: str, *, has_photo: bool) -> tuple[str, ...]:
    """Return the notes that hold for a stop: of a photo nothing is drawn freely, and it needs no prompt."""
    return tuple(each for each in notes if not has_photo or (prompt.strip() and each != stop_notes.FREELY))


def _look_for_still_stops(walk: Walk, refused: Collection[int]) -> None:
    """Note each stop that is the same picture as the one before, or refuse it if one of them is among ``refused``.

    :raises InvalidInput: naming the later of the two stops.
    """
    errors = []
    for index, (stop, following) in enumerate(pairwise(walk.stops), start=1):
        if not still_stops.are_same(walk, stop, following):
            continue
        if not {index - 1, index}.isdisjoint(refused):
            errors.append(FieldError(("stops", index, "prompt"), _still_flaw(index, stop, following)))
        else:
            following.note = stop_notes.joined([*stop_notes.split(following.note), stop_notes.STILL])
    if errors:
        raise InvalidInput(errors[:ERRORS_MAX])


def _still_flaw(index: int, stop: Stop, following: Stop) -> str:
    """Return why a stop is refused that is the same picture as the one before; ``index`` counts from 0."""
    values = {"second": index + 1, "first": index}
    if all(stop_notes.NOT_READ in stop_notes.split(each.note) for each in (stop, following)):
        return _(
            "Stop %(second)s would be the same picture as stop %(first)s, and nothing would move: nothing was"
            " recognised in either. Write them in English or German, or give one another seed or style.",
            **values,
        )
    return _(
        "Stop %(second)s is read as the same picture as stop %(first)s, and nothing would move. Change what it shows,"
        " its style or its seed.",
        **values,
    )


def layout_errors(stops: Sequence[StopRequest], limits: Limits) -> list[FieldError]:
    """Return an error for each requested layout that the stop's style does not offer or that contradicts its scene.

    The stops of a model that is not on offer are not checked, because its styles are not known here.
    """
    errors = []
    for index, stop in enumerate(stops):
        if stop.layout is None or limits.any_style:
            continue
        path = ("stops", index, "layout")
        if flaw := _layout_flaw(stop, limits.styles, limits.offer):
            errors.append(FieldError(path, f"{error_messages.subject(path)} {flaw}"))
    return errors


def _layout_flaw(stop: StopRequest, known: Sequence[ModelStyle], offer: Offer) -> str:
    """Return why a stop cannot have its layout, as the rest of a sentence after the field's name; "" if it can."""
    if not model_styles.any_composes(known):
        return _("cannot be chosen: the styles of the model that paints here lay nothing out.")
    reader = reader_of(offer)
    reading = None if reader is None else reader.again(stop.prompt, leave_out=stop.negative_prompt)
    facts = None if reading is None else StopFacts(reading, stop.requested_style or "")
    style = (
        model_styles.find(stop.requested_style or "", known) if facts is None else stop_styles.named_style(facts, known)
    )
    if style is not None:
        offered: Sequence[str] = style.layouts
    else:
        candidates = offer.facts.unnamed or [model_style.words for model_style in known]
        offered = [each for each in LAYOUTS if stop_styles.filter_by_layouts(candidates, [each], known)]
    values = {"layout": stop.layout, "offered": join_words((layouts_of.AUTO, *offered))}
    if stop.layout not in offered and style is not None:
        return _("cannot be “%(layout)s”. %(style)s offers %(offered)s.", style=style.words.capitalize(), **values)
    if stop.layout not in offered:
        return _("cannot be “%(layout)s”. The styles that are chosen here offer %(offered)s.", **values)
    composition = (stop.scene or {}).get("composition") or {}
    if stop.scene is not None and composition.get("layout", LAYOUTS[0]) != stop.layout:
        return _("cannot be “%(layout)s” beside a scene that is laid out otherwise.", layout=stop.layout)
    return ""


def unknown_drawings(book: Sketchbook, scenes: Sequence[dict[str, Any] | None]) -> Iterator[FieldError]:
    """Yield an error for each unknown drawing in the scenes of some stops; removed drawings can still be rendered."""
    for index, scene in enumerate(scenes):
        for place, thing in enumerate(scene["things"] if scene else ()):
            if thing["drawing"] not in book:
                message = _(
                    "The scene of stop %(number)s names a drawing that was never here, %(digest)s. Leave the scene out,"
                    " and the prompt is read again.",
                    number=index + 1,
                    digest=thing["drawing"],
                )
                yield FieldError(("stops", index, "scene", "things", place, "drawing"), message)


def arrange(
    reading: Reading, *, offer: Offer, seed: int, walk_seed: int, requested_style: str = "", layout: str | None = None,
    unnamed: str | None = None,
) -> Scene:  # fmt: skip
    """Return the scene of an interpreted prompt: arranged, composed as its style does, with the words for the model.

    If neither ``requested_style`` nor the prompt names a style, the words include one of the model's, since it would
    otherwise render the mean of several. This is ``unnamed``, chosen for the whole walk by
    :func:`stop_styles.choose_styles`, or else a style that suits this stop.
    """
    known, stop = offer.styles, StopFacts(reading, requested_style, layout)
    if unnamed is None:
        (unnamed,) = stop_styles.choose_styles([stop], offer=offer, walk_seed=walk_seed)
    style = stop_styles.named_style(stop, known) or model_styles.find(unnamed, known)
    words = ", ".join([each for each in (reading.words, *_words_of(stop, style, known), unnamed) if each])[:WORDS_MOST]
    scene = _arrange_styled(reading, style.marks if style else "", offer, seed, walk_seed)
    return layouts_of.apply_layout(replace(scene, words=words, reader=reading.version), layout, walk_seed=walk_seed)


def _words_of(stop: StopFacts, style: ModelStyle | None, known: Sequence[ModelStyle]) -> Sequence[str]:
    """Return the words of a named style for the model; if the model composes, only words that it knows."""
    if stop.style:
        return ()
    if not model_styles.any_composes(known):
        return stop.reading.style_names
    if stop_styles.is_left_open(stop, known) or style is None:
        return ()
    return (style.words,) if style.marks else stop.reading.style_names


def _arrange_styled(reading: Reading, marks: str, offer: Offer, seed: int, walk_seed: int) -> Scene:
    """Return the scene arranged for a style; arranged without one if a drawing cannot be rendered."""
    book = sketchbooks.find(offer)
    if not marks or book is None:
        return reading.scene(seed)
    try:
        return reading.styled(seed, marks=marks, book=book, walk_seed=walk_seed)
    except SketchbookError:  # the worker reports it
        return reading.scene(seed)


def reader_of(offer: Offer) -> Reader | None:
    """Return the prompt parser of a model; ``None`` if the model is not sketch-conditioned.

    The same parser is returned until a drawing or a style is added or removed. Without its table of word vectors, the
    parser matches words alone.
    """
    book = sketchbooks.find(offer)
    lexicon = None if book is None else _lexicon(offer.folder)
    if book is None or lexicon is None:
        return None
    try:
        embedding = semantic_search.embedding()
    except SourceError:
        embedding = None
    with _making:
        cached = _readers.get(offer.setting)
        if cached is None or cached[0] is not book or cached[1] is not embedding:
            cached = _readers[offer.setting] = book, embedding, _reader(lexicon, book, embedding)
    if (styles := mentioned.names()) != cached[2].styles:
        cached = _readers[offer.setting] = book, embedding, cached[2].with_styles(styles)
    return cached[2]


def preload(offer: Offer) -> None:
    """Load what the prompts of a model are parsed with, for which the first visitors would wait, thread by thread.

    The database is not asked.
    """
    book, lexicon = sketchbooks.find_shipped(offer), _lexicon(offer.folder)
    if book is None or lexicon is None:
        return
    with suppress(SourceError):
        embedding = semantic_search.embedding()
        reader = Reader(lexicon, book.drawings.values(), embedding, look_of=partial(_look, book))
        reader.read("a fox")
        _readers[offer.setting] = book, embedding, reader  # used as long as no drawings are added


_readers: dict[str, tuple[Sketchbook, Embedding | None, Reader]] = {}
_making = Lock()
"""Held while a parser is made: threads that need it wait for it, instead of each making one."""


def _reader(lexicon: Lexicon, book: Sketchbook, embedding: Embedding | None) -> Reader:
    if embedding is None:
        log.warning("prompts are parsed without semantic search: the table of word vectors is missing")
    added = added_drawings.book().drawings
    return Reader(lexicon, book.drawings.values(), embedding, added=added, look_of=partial(_look, book))


def _look(book: Sketchbook, digest: str) -> Appearance | None:
    try:
        return book.appearance(digest)
    except SketchbookError:  # the worker reports it
        return None


@lru_cache(maxsize=4)
def _lexicon(folder: Path) -> Lexicon | None:
    """Return the lexicon of a model, or ``None`` if it cannot be loaded; it is loaded once per process."""
    try:
        return Lexicon.load(folder)
    except LexiconError as error:
        log.error("prompts are not parsed: %s", error)
        return None


def _set_scenes(reader: Reader, walk: Walk, offer: Offer, layouts: Sequence[str | None]) -> dict[int, tuple[str, ...]]:
    """Set the scenes of the stops that have none; return the notes on these, by index.

    Stops without a style get one that suits them.
    """
    open_stops = [
        (index, stop, layout)
        for index, (stop, layout) in enumerate(zip(walk.stops, layouts, strict=True))
        if stop.scene is None
    ]
    all_facts = [
        StopFacts(
            reader.again(stop.prompt, leave_out=stop.negative_prompt, seed=walk.seed_of(stop)),
            stop.requested_style,
            layout,
        )
        for _index, stop, layout in open_stops
    ]
    beside = next((style for stop in walk.stops if (style := walk_styles.of_arranged(stop, offer.styles))), "")
    styles = stop_styles.choose_styles(all_facts, offer=offer, walk_seed=walk.seed, beside=beside)
    for (_index, stop, layout), each, unnamed in zip(open_stops, all_facts, styles, strict=True):
        scene = arrange(
            each.reading, offer=offer, seed=walk.seed_of(stop), walk_seed=walk.seed, layout=layout,
            requested_style=stop.requested_style,
            unnamed=unnamed,
        )  # fmt: skip
        stop.scene = scene.as_json()
    return {index: facts.reading.notes for (index, *_rest), facts in zip(open_stops, all_facts, strict=True)}
