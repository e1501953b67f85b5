"""The interpretation of the form's prompts: the reference drawings shown below them, and the scenes of the walk.

Both come from the same interpretation with the same seed. If no seed is typed, it follows from the form's one-time
token, so that it is known while the form is being filled in.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from app.collection.moderation import banned_words
from app.collection.styles import artists, proposals, shipped
from app.collection.styles.artists import NearArtist
from app.collection.styles.style import Style
from app.core.i18n.formatting import join_words
from app.core.i18n.gettext import N_, _
from app.core.i18n.locales import here
from app.core.text import stop_notes, stored
from app.offer.drawings import sketchbooks
from app.offer.generation import model_styles, offers
from app.offer.generation.limits import SEED_MAX, Limits
from app.offer.generation.offers import Offer
from app.reading import chosen
from app.reading.chosen import AS_READ
from app.reading.reader import Reader
from app.reading.reading import NOT_READ, Found, Reading
from app.requests.walk_requests import scenes, stop_styles
from app.requests.walk_requests.stop_styles import StopFacts
from app.site.presentation import choices, proposed_styles, word_marks
from app.site.presentation.make_form import MakeForm
from app.site.presentation.photo_view import PhotoView
from app.site.presentation.word_marks import WordShown
from app.storage.walk_models import Walk
from app.walks.saved import note_sentences
from sketch.arrangement import Wish
from sketch.compositions.composition import LAYOUTS
from sketch.sketchbook import Drawing

LONGEST_PHRASE = 40
MOST_OPTIONS = 4
PLACES = {
    "table": N_("on a table"), "room": N_("in a room"), "window": N_("by a window"), "hills": N_("on the hills"),
    "forest": N_("in the forest"), "desert": N_("in the desert"), "sea": N_("by the sea"),
    "underwater": N_("under water"), "sky": N_("in the sky"), "street": N_("in the street"), "space": N_("in space"),
    "night": N_("at night"), "dusk": N_("at dusk"), "rain": N_("in the rain"), "snow": N_("in the snow"),
    "row": N_("in a row"), "grid": N_("in a grid"), "pattern": N_("as a pattern"), "close-up": N_("from close by"),
}  # fmt: skip
"""The words on the page for the settings and compositions that a prompt can name."""


@dataclass(frozen=True, slots=True)
class Option:
    """A drawing to choose: the value of its form field, its digest, and its name."""

    value: str
    digest: str
    name: str
    is_chosen: bool


@dataclass(frozen=True, slots=True)
class ThingShown:
    """A thing in a prompt: the words that name it, and its possible reference drawings."""

    phrase: str
    is_free: bool
    options: tuple[Option, ...]
    lacking: str = ""  # the words of the phrase that no drawing has as its name
    place: int | None = None  # the place of the first of the words that led to it, among the marked ones

    @property
    def name(self) -> str:
        """Return the name of the chosen drawing."""
        return next(option.name for option in self.options if option.is_chosen)


@dataclass(frozen=True, slots=True)
class PromptShown:
    """The interpretation of a prompt: its things, their setting, and the value of the form field ``drawing``."""

    things: tuple[ThingShown, ...]
    setting: str
    drawing: str = ""
    styles: tuple[Style, ...] = ()
    artists: tuple[NearArtist, ...] = ()
    repaints: bool = False  # whether it belongs to a photo, which a button repaints in a style
    words: str = ""  # the description of the photo that styles were compared with
    others: tuple[Style, ...] = ()  # the styles that were not proposed
    style: str = ""  # the name of the style that the prompt names, or of the one that stands in for it
    note: str = ""  # what was not read or was ignored, in sentences
    marks: tuple[WordShown, ...] = ()
    refusal: str = ""  # why the prompt will be refused; nothing else is then shown of it

    @property
    def summary(self) -> str:
        """Return the interpretation in a few words without a full stop, for screen readers."""
        if self.refusal:
            return self.refusal.rstrip(".")
        if self.repaints:
            names = [style.model_style.name for style in self.styles]
            return _("styles that suit it: %(names)s", names=join_words(names)) if names else ""
        named = [thing.name for thing in self.things if not (thing.is_free or thing.lacking)]
        freely = [thing.name for thing in self.things if thing.is_free]
        phrases = [_("drawn after %(names)s", names=join_words(named))] if named else []
        phrases += [_("freely after %(names)s", names=join_words(freely))] if freely else []
        phrases += [
            _("no “%(word)s”: drawn after %(name)s", word=thing.lacking, name=thing.name)
            for thing in self.things
            if thing.lacking
        ]
        unread = join_words(each.word for each in self.marks if each.mark == NOT_READ)
        phrases += [_("not read: %(words)s", words=unread)] if unread else []
        found = ", ".join([*(phrases or [_("no drawing is found in it")]), *([self.setting] if self.setting else [])])
        style = _("Style: %(style)s", style=self.style) if self.style else ""
        return ". ".join(each.rstrip(".") for each in (found, style, self.note) if each)


def of_form(form: MakeForm, limits: Limits) -> list[PromptShown | None]:
    """Return the interpretation of each prompt of the form.

    It is ``None`` for a prompt that is empty or will be refused, and for all if the model is not sketch-conditioned.
    """
    request = _FormRequest.from_form(form)
    if request is None:
        return [None] * len(form.stops)
    shown: list[PromptShown | None] = []
    for index, stop in enumerate(request.stops):
        if request.reuses_scene(index):
            shown.append(_of_scene(form.parent, request.reader))
            continue
        if form.stops[index].picture:
            shown.append(of_photo(request.reader, form.stops[index].prompt, form.stops[index].photo, limits))
            continue
        shown.append(
            of_prompt(
                request.reader, stop["prompt"], limits, leave_out=request.leave_out(stop), seed=request.seed_of(stop),
                drawing=form.stops[index].drawing, requested_style=_of_style(stop)[0],
            )
        )  # fmt: skip
    return shown


def of_prompt(
    reader: Reader, prompt: str, limits: Limits, *, leave_out: str, seed: int, drawing: str, requested_style: str
) -> PromptShown | None:
    """Return the interpretation of a prompt as the page shows it, or why it will be refused; ``None`` for no words.

    :param leave_out: the negative prompt.
    :param drawing: the form field with the drawings that the visitor chose.
    :param requested_style: the requested style, which replaces the one that the prompt names; "" for none.
    """
    if refusal := _refusal(prompt):
        return PromptShown((), "", refusal=refusal)
    reading = _interpret(reader, prompt, limits, leave_out=leave_out, seed=seed)
    if reading is None:
        return None
    picked = chosen.fitting(reading, chosen.listed(drawing), reader.drawings)
    things = tuple(_thing(item, pick, reader, reading) for item, pick in zip(reading.items, picked, strict=True))
    changed = {item.drawing.name: pick for item, pick in zip(reading.items, picked, strict=True) if pick is not None}
    marks = word_marks.of_reading(reading, changed, reader, here().language)
    written = chosen.written([AS_READ if pick is None else pick.digest for pick in picked])
    note = note_sentences.describe(stop_notes.joined(chosen.put(reading, picked).notes), prompt)
    # A prompt that names a style gets no proposals.
    has_proposals = limits.styles and not reading.style_names
    styles, near = _suiting(prompt, reading, limits) if has_proposals else ((), ())
    style = "" if requested_style else _named_style(reading, limits)
    return PromptShown(things, _setting(reading.wish), written, styles, near, style=style, note=note, marks=marks)


def of_photo(reader: Reader, prompt: str, photo: PhotoView | None, limits: Limits) -> PromptShown | None:
    """Return the styles that a photo may be repainted in, proposed by its prompt, or else by a worker's description.

    Without either, all styles are offered and none is proposed. Return ``None`` if the model has no styles, the photo
    is missing or unfit, or its description is unfit.
    """
    if not limits.styles or photo is None or photo.flaw:
        return None
    words = prompt.strip() or photo.guess
    if refusal := _refusal(words):
        return PromptShown((), "", refusal=refusal) if prompt.strip() else None
    reading = _interpret(reader, words, limits, leave_out="", seed=0) if words else None
    proposed, near = _suiting(words, reading, limits) if reading else ((), ())
    named = {style.model_style.words for style in proposed}
    others = tuple(
        style
        for style in shipped.offered(shipped.of_model_styles(limits.styles))
        if style.model_style.words not in named
    )
    return PromptShown((), "", "", proposed, near, repaints=True, words=_shortened(words), others=others)


def _named_style(reading: Reading, limits: Limits) -> str:
    """Return the name of the style that a prompt is painted in because it names it; "" if it names none."""
    known = limits.styles if model_styles.any_composes(limits.styles) else ()
    style = stop_styles.named_style(StopFacts(reading), known)
    return style.name if style else ""


def _refusal(words: str) -> str:
    """Return why these words are refused where they are shown to others; "" if they are not."""
    flaws = banned_words.flaws([(("prompt",), _("The prompt"), words)]) if words else []
    return flaws[0].message if flaws else ""


def _suiting(prompt: str, reading: Reading | None, limits: Limits) -> tuple[tuple[Style, ...], tuple[NearArtist, ...]]:
    """Return the styles and the artists nearest to a prompt, among the styles on offer."""
    compared, known = proposed_styles.in_english(prompt, reading), {style.words for style in limits.styles}
    proposed = tuple(each.style for each in proposals.nearest(compared, shipped.of_model_styles(limits.styles)))
    return proposed, tuple(each for each in artists.nearest(compared) if each.artist.rendering_style in known)


def put_scenes(form: MakeForm, wanted: dict[str, Any], limits: Limits) -> dict[int, tuple[str, ...]]:
    """Add to the request ``wanted`` the seed, and for each stop the scene, that the form shows.

    The request is changed in place; it stays the same if the model is not sketch-conditioned. Return the notes on the
    stops that got a scene, by index.
    """
    request = _FormRequest.from_form(form)
    if request is None:
        return {}
    if not form.seed.strip():
        wanted["seed"] = request.seed
    stops = wanted["stops"]
    interpretations, styles = request.interpret(stops, limits)
    for index, reading in interpretations.items():
        scene = scenes.arrange(
            reading, offer=request.offer, seed=request.seed_of(stops[index]), walk_seed=request.seed,
            requested_style=_of_style(stops[index])[0], layout=_of_style(stops[index])[1], unnamed=styles[index],
        )  # fmt: skip
        stops[index]["scene"] = scene.as_json()
    return {index: reading.notes for index, reading in interpretations.items()}


def chosen_styles(form: MakeForm, limits: Limits) -> dict[int, str]:
    """Map the indices of stops to the words of the style chosen for each; ``""`` for a stop that names one.

    Photos and refused prompts are not in it. It is empty for a model whose styles have no layouts: its style follows
    from the seed alone.
    """
    request = _FormRequest.from_form(form) if model_styles.any_composes(limits.styles) else None
    return {} if request is None else request.interpret(request.stops, limits)[1]


def at_stop(form: MakeForm, index: int, limits: Limits) -> tuple[Reader, Reading | None] | None:
    """Return the prompt parser of the form's model, and the interpretation of a stop's prompt by it.

    It is ``None`` if the model is not sketch-conditioned, and the interpretation if the prompt is empty or will be
    refused.
    """
    request = _FormRequest.from_form(form)
    if request is None:
        return None
    return request.reader, request.interpret_stop(request.stops[index], form.stops[index].prompt, limits)


def check_drawings(form: MakeForm) -> None:
    """Remove chosen drawings that the model's library does not have, and set an error on the form."""
    request = _FormRequest.from_form(form)
    if request is None:
        return
    known = request.reader.drawings
    for index, stop in enumerate(form.stops):
        wanted = chosen.listed(stop.drawing)
        if foreign := chosen.foreign(wanted, known):
            form.errors["drawing"] = _(
                "The drawing of stop %(number)s cannot be “%(drawing)s”: there is no such drawing here. "
                "Choose another.",
                number=index + 1,
                drawing=f"{foreign:.40}",
            )
            stop.drawing = chosen.written([each if each in known else AS_READ for each in wanted])


def drawing_names(walk: Walk) -> dict[str, str]:
    """Map the digests of a walk's reference drawings to their names in the page's language, without unknown ones."""
    reader = scenes.reader_of(offers.current().of_walk(walk))
    if reader is None:
        return {}
    language, names = here().language, dict[str, str]()
    for stop in walk.stops:
        if drawings := choices.shown_in(stop.scene):
            seed = walk.seed_of(stop)
            reading = reader.again(stop.prompt, leave_out=stop.negative_prompt, language=language, seed=seed)
            free = {item.drawing for item in reading.items if item.is_free}
            for drawing in drawings:
                name = reader.name_of(drawing, language)
                names.setdefault(drawing.digest, _("%(names)s, freely", names=name) if drawing in free else name)
    return names


def _interpret(reader: Reader, prompt: str, limits: Limits, *, leave_out: str, seed: int) -> Reading | None:
    """Return the interpretation of a prompt; ``None`` if validation will refuse the prompt or ``leave_out``."""
    try:
        words = stored.visible_text(prompt, limits.prompt_max)
        without = stored.clean_text(leave_out, limits.prompt_max)
    except ValueError:
        return None
    return reader.again(words, leave_out=without, language=here().language, seed=seed)


def _thing(item: Found, pick: Drawing | None, reader: Reader, reading: Reading) -> ThingShown:
    """Return a thing with its drawings to choose from: the recognised one first, then one chosen from elsewhere."""
    others = [pick if pick is not None and other.name == pick.name else other for other in item.others]
    if pick is not None and pick not in others:
        others.insert(0, pick)
    language = here().language
    options = [Option(AS_READ, item.drawing.digest, reader.name_of(item.drawing, language), pick is None)]
    options += [
        Option(other.digest, other.digest, reader.name_of(other, language), other == pick)
        for other in others[: MOST_OPTIONS - 1]
    ]
    lacking = "" if pick is not None or item.is_free else word_marks.lacking(reading, item)
    places = (index for index, each in enumerate(reading.marks) if each.thing == item.drawing.name)
    return ThingShown(_shortened(item.words), item.is_free, tuple(options), _shortened(lacking), next(places, None))


def _shortened(words: str) -> str:
    return words if len(words) <= LONGEST_PHRASE else f"{words[: LONGEST_PHRASE - 1].rstrip()}…"


def _setting(wish: Wish) -> str:
    """Return the setting that a prompt names, in words."""
    words = [_(PLACES[name]) for name in (wish.composition, wish.kind, wish.time, wish.weather) if name in PLACES]
    return ", ".join(words)


def _of_scene(walk: Walk | None, reader: Reader) -> PromptShown:
    """Return the scene of a walk's last stop, without other drawings to choose from."""
    scene = walk.stops[-1].scene if walk is not None else None
    things = [
        ThingShown("", False, (Option(AS_READ, drawing.digest, reader.name_of(drawing, here().language), True),))
        for drawing in choices.shown_in(scene)
    ]
    return PromptShown(tuple(things), "")


@dataclass(frozen=True, slots=True)
class _FormRequest:
    """What the form requests, before validation, with the prompt parser of its model."""

    form: MakeForm
    reader: Reader
    offer: Offer
    seed: int
    stops: list[dict[str, Any]]

    @classmethod
    def from_form(cls, form: MakeForm) -> _FormRequest | None:
        """Return what a form requests; ``None`` if its model is not sketch-conditioned."""
        # Without a model on the form, the model of the walk to continue from is used, as in a request.
        name = form.model or (form.parent.model_name if form.parent is not None else None)
        offer = offers.current().get(name)
        reader = scenes.reader_of(offer)
        return None if reader is None else cls(form, reader, offer, seed_of(form), form.as_body()["stops"])

    def reuses_scene(self, index: int) -> bool:
        """Return whether a stop is the last one of the walk to continue from, with that stop's scene."""
        last = self.form.parent.stops[-1].scene if index == 0 and self.form.parent is not None else None
        book = sketchbooks.find(self.offer)
        return last is not None and book is not None and not any(scenes.unknown_drawings(book, [last]))

    def interpret(self, stops: list[dict[str, Any]], limits: Limits) -> tuple[dict[int, Reading], dict[int, str]]:
        """Return the interpretations of the stops' prompts with their chosen drawings, and the styles chosen for them.

        Both are by index. A stop is not in them if its scene comes from a photo or from the walk to continue from, or
        if its prompt is refused. The style is ``""`` for a stop that names one.
        """
        interpretations = {}
        for index, stop in enumerate(stops):
            shown = self.form.stops[index]
            if shown.picture or self.reuses_scene(index):
                continue
            if (reading := self.interpret_stop(stop, stop["prompt"], limits)) is not None:
                picked = chosen.fitting(reading, chosen.listed(shown.drawing), self.reader.drawings)
                interpretations[index] = chosen.put(reading, picked)
        wanted = [StopFacts(reading, *_of_style(stops[index])) for index, reading in interpretations.items()]
        parent = self.form.parent
        others = (_of_style(stop)[0] for index, stop in enumerate(stops) if index not in interpretations)
        beside = (
            parent.stops[-1].style if parent is not None and self.reuses_scene(0) else next(filter(None, others), "")
        )
        styles = stop_styles.choose_styles(wanted, offer=self.offer, walk_seed=self.seed, beside=beside)
        return interpretations, dict(zip(interpretations, styles, strict=True))

    def interpret_stop(self, stop: dict[str, Any], prompt: str, limits: Limits) -> Reading | None:
        """Return the interpretation of a stop's prompt; ``None`` if validation will refuse it."""
        return _interpret(self.reader, prompt, limits, leave_out=self.leave_out(stop), seed=self.seed_of(stop))

    def seed_of(self, stop: dict[str, Any]) -> int:
        """Return a stop's own seed, or else the walk's."""
        own = stop.get("seed")
        return own if type(own) is int and 0 <= own <= SEED_MAX else self.seed

    def leave_out(self, stop: dict[str, Any]) -> str:
        """Return a stop's negative prompt, ``""`` if it is not text."""
        words = stop["negative_prompt"]
        return words if isinstance(words, str) else ""


def _of_style(stop: dict[str, Any]) -> tuple[str, str | None]:
    """Return a stop's style and layout, before validation; an unknown layout counts as ``None``."""
    layout = stop.get("layout")
    return stop["hand"] or "", layout if layout in LAYOUTS else None


def seed_of(form: MakeForm) -> int:
    """Return the walk's seed: the typed one, that of the walk to continue from, or one that follows from the form."""
    typed = form.seed.strip()
    if typed.isascii() and typed.isdigit() and len(typed) < 11 and int(typed) <= SEED_MAX:
        return int(typed)
    return form.parent.seed_of(form.parent.stops[-1]) if form.parent is not None else form.drawn_seed
