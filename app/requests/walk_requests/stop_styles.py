"""The style of each stop: the requested one, one that its prompt names, or one that suits the walk."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass

from flask import has_app_context

from app.collection.styles import added, pairs, suiting
from app.offer.drawings import sketchbooks
from app.offer.generation import model_styles
from app.offer.generation.model_styles import ModelStyle
from app.offer.generation.offers import Offer
from app.reading.reading import Reading

SCENE = 0.98
"""The least share of its square that a drawing covers if it is a whole scene, with a place of its own."""


@dataclass(frozen=True, slots=True)
class StopFacts:
    """The facts that decide a stop's style: its interpreted prompt, the words of a requested style, and a layout."""

    reading: Reading
    style: str = ""
    layout: str | None = None

    @property
    def kinds(self) -> frozenset[str]:
        """Return the kinds of the drawings that are shown."""
        return frozenset(item.drawing.kind for item in self.reading.items)

    @property
    def is_of_several(self) -> bool:
        """Return whether things that differ are shown."""
        return len(self.reading.items) > 1

    @property
    def is_counted(self) -> bool:
        """Return whether several of one thing are shown."""
        return any(item.count > 1 for item in self.reading.items)

    @property
    def is_coloured(self) -> bool:
        """Return whether the prompt names a thing's colour."""
        return any(item.colour for item in self.reading.items)


def named_style(stop: StopFacts, known: Sequence[ModelStyle]) -> ModelStyle | None:
    """Return the style that was requested for a stop or that its prompt names; ``None`` if the site chooses it."""
    if stop.style:
        return next((style for style in known if style.words == stop.style), None)
    return model_styles.find_mentioned(", ".join(stop.reading.style_names), known) or _stand_in(
        stop.reading.style_names, known
    )


def _stand_in(texts: Sequence[str], known: Sequence[ModelStyle]) -> ModelStyle | None:
    """Return the style that stands in for the first added style among some texts; ``None`` without one."""
    if not has_app_context():  # without a site no styles were added
        return None
    styles = (added.find(text) for text in texts)
    words = next((style.stand_in for style in styles if style is not None), "")
    return next((model_style for model_style in known if model_style.words == words), None)


def is_left_open(stop: StopFacts, known: Sequence[ModelStyle]) -> bool:
    """Return whether the site chooses the style of a stop.

    A model that does not compose receives any style that a prompt names, whether it knows it or not.
    """
    if stop.style or (stop.reading.style_names and not model_styles.any_composes(known)):
        return False
    return named_style(stop, known) is None


def choose_styles(stops: Sequence[StopFacts], *, offer: Offer, walk_seed: int, beside: str = "") -> list[str]:
    """Return the words of a style for each stop whose style is open; "" for other stops, or if the model has none.

    Such stops follow the style of the first other stop, as two styles seldom go together as well as one does. Where it
    cannot be theirs, and without one, they get one style of their own if one offers all the requested layouts.
    ``beside`` is the style of a stop of the walk that is not among ``stops``.
    """
    known, options = offer.styles, offer.facts.unnamed
    is_open = [bool(options) and is_left_open(each, known) for each in stops]
    if not model_styles.any_composes(known):
        words = random.Random(f"hand:{walk_seed}").choice(options) if options else ""  # noqa: S311 - seeded on purpose
        return [words if each else "" for each in is_open]
    open_stops = [stop for stop, each in zip(stops, is_open, strict=True) if each]
    given = (named_style(stop, known) for stop, each in zip(stops, is_open, strict=True) if not each)
    leading = next((style.words for style in given if style is not None), beside)
    choices = pairs.partners(leading, options, offer) or options
    if open_stops and (common := _best_style(open_stops, choices, offer, walk_seed, leading)):
        return [common if each else "" for each in is_open]
    return [
        _best_style([stop], choices, offer, walk_seed, leading) if each else ""
        for stop, each in zip(stops, is_open, strict=True)
    ]


def filter_by_layouts(options: Sequence[str], layouts: Sequence[str | None], known: Sequence[ModelStyle]) -> list[str]:
    """Return the styles, by their words, that offer all of some layouts; ``None`` is offered by all."""
    wanted = {layout for layout in layouts if layout is not None}
    offered = {style.words: set(style.layouts) for style in known}
    return [words for words in options if wanted <= offered.get(words, set())]


def _best_style(stops: Sequence[StopFacts], options: Sequence[str], offer: Offer, seed: int, leading: str) -> str:
    """Return ``leading`` if it can be the style of the stops, or else the one that suits them best.

    Styles that do not offer the stops' layouts are left out. If a stop shows a sign, graphic styles are preferred; if
    one shows several things, those that keep them apart; if one shows a place, those in which it is seen; if several
    of one, those that hide none of them; if one names a colour, those that have it.
    """
    known = offer.styles
    candidates: Sequence[str] = filter_by_layouts(options, [stop.layout for stop in stops], known)
    if leading and _can_follow(stops, leading, candidates, known):
        return leading
    narrowings = (
        (any(stop.kinds & suiting.SIGNS for stop in stops), {style.words for style in known if style.is_graphic}),
        (any(stop.is_of_several for stop in stops), suiting.LEGIBLE),
        (any(_shows_place(stop, offer) for stop in stops), suiting.PLACING),
        (any(stop.is_counted for stop in stops), {*options}.difference(suiting.HIDING)),
        (any(stop.is_coloured for stop in stops), {*options}.difference(suiting.COLOURLESS)),
    )
    for is_asked, fitting in narrowings:
        if is_asked:
            candidates = [words for words in candidates if words in fitting] or candidates
    candidates = suiting.of_medium([text for stop in stops for text in stop.reading.style_names], candidates)
    return suiting.choose([stop.kinds for stop in stops], candidates, seed=seed)


def _shows_place(stop: StopFacts, offer: Offer) -> bool:
    """Return whether a prompt names the place or weather around its things, or a drawing is a whole scene itself."""
    items, wish = stop.reading.items, stop.reading.wish
    if items and (wish.kind or wish.weather):
        return True
    book = sketchbooks.find(offer)
    return book is not None and any(
        book.appearance(item.drawing.digest).cover >= SCENE for item in items if item.drawing.digest in book.drawings
    )


def _can_follow(stops: Sequence[StopFacts], leading: str, options: Sequence[str], known: Sequence[ModelStyle]) -> bool:
    """Return whether stops can have the style of another: it has their layouts, colours and medium."""
    if any(stop.is_coloured for stop in stops) and leading in suiting.COLOURLESS:
        return False
    media = suiting.of_medium([text for stop in stops for text in stop.reading.style_names], [leading, *options])
    return leading in media and bool(filter_by_layouts([leading], [stop.layout for stop in stops], known))
