"""Propose styles for a whole walk on the form, and say how those of neighbouring stops go together."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import TypeVar

from app.collection.moderation import banned_words
from app.collection.styles import pairs, proposals, shipped
from app.collection.styles import style as styles
from app.collection.styles.pairs import IN_PLACE, TOGETHER
from app.collection.styles.style import Style
from app.core.i18n.formatting import join_words
from app.core.i18n.gettext import _
from app.offer.generation import model_styles
from app.offer.generation.limits import Limits
from app.reading.reading import Reading
from app.requests.walk_requests import stop_styles
from app.requests.walk_requests.stop_styles import StopFacts
from app.site.presentation import proposed_styles, readings
from app.site.presentation.form_commands import WHOLE, Command
from app.site.presentation.make_form import MakeForm
from app.site.presentation.readings import PromptShown

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Advice:
    """How the styles of two neighbouring stops go together; ``stop`` is the index of the later one.

    ``other`` goes with the first and suits the later prompt, and ``can_change_first`` is whether a stop between the
    two may change the style alone. Both are only for styles that do not go together.
    """

    stop: int
    first: Style
    last: Style
    fit: str
    other: Style | None = None
    can_change_first: bool = False


@dataclass(frozen=True, slots=True)
class StyleAdvice:
    """The styles proposed for the whole walk, the one that all its stops have, and advice on its pairs of styles.

    ``given`` are the words of each stop's style, "" where the site chooses it, and ``painted`` the names of the styles
    that the walk is painted in, each once. ``shared`` is also a style that the site chooses for all stops.
    ``partners`` are styles for the stop ``open_stop``, which has none yet, that go with that of its ``neighbour``.
    """

    whole: tuple[Style, ...]
    shared: Style | None
    advices: tuple[Advice, ...]
    given: tuple[str, ...]
    painted: tuple[str, ...] = ()
    open_stop: int = -1
    neighbour: Style | None = None
    partners: tuple[Style, ...] = ()

    @property
    def painted_text(self) -> str:
        """Return the styles that the walk is painted in, in words; those that the site chooses are named so."""
        names = join_words(self.painted)
        return names if any(self.given) else ", ".join(filter(None, (names, _("our choice"))))


def of_form(form: MakeForm, limits: Limits) -> StyleAdvice | None:
    """Return the proposals for a form and its advice; ``None`` while there is nothing to propose.

    That is so for a model whose styles do not compose, while all prompts are empty, and for words that are refused.
    Of an empty form whose style is chosen, as on the page of all styles, that style alone is known.
    """
    prompts = [_words(form, index) for index in range(len(form.stops))]
    if not model_styles.any_composes(limits.styles) or _are_unfit(prompts):
        return None
    known = shipped.of_model_styles(limits.styles)
    if not any(prompts):
        style = styles.find(form.hand, known) if form.hand else None
        if style is None:
            return None
        return StyleAdvice((), style, (), (style.model_style.words,) * len(prompts), (style.model_style.name,))
    found = [_reading(form, index, limits) for index in range(len(form.stops))]
    given = [_given(form, index, reading, known) for index, reading in enumerate(found)]
    compared = [_compared(form, index, reading) for index, reading in enumerate(found)]
    painted = _painted(form, given, known, limits)
    shared = _shared(form, given, painted)
    proposed = (each.style for each in proposals.nearest(", ".join(filter(None, compared)), known))
    whole = [style for style in dict.fromkeys((*given, *proposed)) if style not in (None, shared)]
    advice = StyleAdvice(
        tuple(style for style in whole if style is not None)[: proposals.SHOWN],
        shared,
        tuple(_advices(form, given, compared, known, limits)),
        tuple(style.model_style.words if style else "" for style in given),
        tuple(dict.fromkeys(style.model_style.name for style in painted if style is not None)),
    )
    for index, style in enumerate(given):
        if style is None and (beside := [each for each in _beside(given, index) if each]):
            others = (each for each in partners_for(compared[index], beside, known, limits) if each not in beside)
            return replace(advice, open_stop=index, neighbour=beside[0], partners=tuple(others))
    return advice


def partners_for(
    prompt: str, beside: Sequence[Style], known: Sequence[Style], limits: Limits, *, limit: int = proposals.SHOWN
) -> tuple[Style, ...]:
    """Return the styles that go with all styles of the neighbours and suit a prompt in English, the best first."""
    words = [style.model_style.words for style in known]
    for neighbour in beside:
        words = pairs.partners(neighbour.model_style.words, words, limits.offer)
    going = shipped.offered(style for style in known if style.model_style.words in words)
    return tuple(each.style for each in proposals.nearest(prompt, going, limit=limit)) or going[:limit]


def fitting(shown: PromptShown | None, prompt: str, beside: Sequence[str], limits: Limits) -> PromptShown | None:
    """Return what is shown of a prompt, with proposed styles that go with those of its neighbours, by their words.

    A photo is first proposed the style of a neighbour itself.
    """
    known = shipped.of_model_styles(limits.styles)
    neighbours = [style for words in beside if words and (style := styles.find(words, known)) is not None]
    if shown is None or not neighbours or not (shown.styles or shown.repaints):
        return shown
    proposed = partners_for(prompt, neighbours, known, limits)
    if shown.repaints:
        proposed = tuple(dict.fromkeys((neighbours[0], *proposed)))[: proposals.SHOWN]
        others = tuple(style for style in shipped.offered(known) if style not in proposed)
        return replace(shown, styles=proposed, others=others)
    return replace(shown, styles=proposed)


def all_fitting(
    form: MakeForm, shown: Sequence[PromptShown | None], advice: StyleAdvice | None, limits: Limits
) -> list[PromptShown | None]:
    """Return what is shown of all prompts of a form, each with proposals that go with its neighbours' styles."""
    if advice is None:
        return [*shown]
    return [
        fitting(each, _words(form, index), _beside(advice.given, index), limits) for index, each in enumerate(shown)
    ]


def apply(form: MakeForm, command: Command, limits: Limits) -> None:
    """Change the styles of a form by one of its buttons; one that changes none is ignored."""
    if command.act == WHOLE:
        style = form.style_named(command.style)
        if style is not None:
            form.hand = style.model_style.words
            for stop in form.stops:
                stop.own = {name: value for name, value in stop.own.items() if name != "hand"}
    elif command.act == "change" and 0 < command.stop < len(form.stops) < limits.stops_max:
        known = shipped.of_model_styles(limits.styles)
        last = _given(form, command.stop, _reading(form, command.stop, limits), known)
        before = form.stops[command.stop - 1]
        if last is not None:
            layout = before.layout if before.layout in last.model_style.layouts else ""
            own, options = before.own | {"hand": last.model_style.words}, dict(before.options)
            between = replace(before, own=own, options=options, layout=layout, candidates="", error=None)
            form.stops.insert(command.stop, between)


def _advices(
    form: MakeForm, given: Sequence[Style | None], compared: Sequence[str], known: Sequence[Style], limits: Limits
) -> Iterator[Advice]:
    """Return what is to be said of each two neighbours that have different styles, where it was measured."""
    for stop, (first, last) in enumerate(pairwise(given), start=1):
        if first is None or last is None or first == last:
            continue
        measured = pairs.find(first.model_style.words, last.model_style.words, limits.offer)
        if measured is None or _is_in_place(form, stop):
            continue
        if measured.fit == TOGETHER:
            yield Advice(stop, first, last, TOGETHER)
            continue
        others = (style for style in partners_for(compared[stop], [first], known, limits) if style != first)
        can_change = measured.fit == IN_PLACE and len(form.stops) < limits.stops_max
        can_change = can_change and not (form.parent is not None and stop == 1)
        yield Advice(stop, first, last, measured.fit, next(others, None), can_change)


def _painted(
    form: MakeForm, given: Sequence[Style | None], known: Sequence[Style], limits: Limits
) -> list[Style | None]:
    """Return the style of each stop, also of those that the site chooses; ``None`` where that is not known yet."""
    chosen = readings.chosen_styles(form, limits)
    return [style or styles.find(chosen.get(index, ""), known) for index, style in enumerate(given)]


def _shared(form: MakeForm, given: Sequence[Style | None], painted: Sequence[Style | None]) -> Style | None:
    """Return the style that is given to all stops or, where none is given, that the site chooses for all it knows."""
    if any(given):
        return given[0] if all(style == given[0] for style in given) else None
    begun = [style for stop, style in zip(form.stops, painted, strict=True) if stop.prompt.strip() or stop.picture]
    return begun[0] if len(set(begun)) == 1 else None


def _is_in_place(form: MakeForm, stop: int) -> bool:
    """Return whether a stop shows what the one before shows: its style alone changes."""
    first, last = form.stops[stop - 1], form.stops[stop]
    return (first.prompt.strip(), first.picture) == (last.prompt.strip(), last.picture)


def _given(form: MakeForm, index: int, reading: Reading | None, known: Sequence[Style]) -> Style | None:
    """Return the style that is requested for a stop or that its prompt names; ``None`` if the site chooses it."""
    stop = form.stops[index]
    words = stop.own.get("hand", form.hand) or ""
    if form.parent is not None and index == 0:
        words = form.parent.stops[-1].style
    if words or reading is None:
        return styles.find(words, known) if words else None
    named = stop_styles.named_style(StopFacts(reading), [style.model_style for style in known])
    return next((style for style in known if named is not None and style.model_style.words == named.words), None)


def _reading(form: MakeForm, index: int, limits: Limits) -> Reading | None:
    """Return the interpretation of a stop's prompt; ``None`` for an empty one and one that will be refused."""
    found = readings.at_stop(form, index, limits) if form.stops[index].prompt.strip() else None
    return found[1] if found else None


def _beside(given: Sequence[T], index: int) -> list[T]:
    """Return what is given for the stops before and after one."""
    return [*given[max(0, index - 1) : index], *given[index + 1 : index + 2]]


def _words(form: MakeForm, index: int) -> str:
    """Return a stop's prompt, or else the description of its photo."""
    stop = form.stops[index]
    return stop.prompt.strip() or (stop.photo.guess if stop.photo is not None else "")


def _compared(form: MakeForm, index: int, reading: Reading | None) -> str:
    """Return the English words that styles are compared with for a stop; "" for a prompt that will be refused."""
    if reading is None:
        return "" if form.stops[index].prompt.strip() else _words(form, index)
    return proposed_styles.in_english(form.stops[index].prompt, reading)


def _are_unfit(prompts: Sequence[str]) -> bool:
    return bool(banned_words.flaws([(("prompt",), "", words) for words in prompts if words]))
