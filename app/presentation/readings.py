"""What the prompts of the form are read as: the drawings that stand beneath them, and the scenes that are painted.

Both come from the same reading by the same seed. Without a seed of its own a walk has one that follows from the form's
one-time token, so that it is known while the form is being filled.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from app.commissions import scenes, schema, stop_styles
from app.commissions.stop_styles import StopFacts
from app.drawings import sketchbooks
from app.generation import hands, models_on_offer
from app.generation.limits import SEED_MAX, Limits
from app.i18n.formatting import join_words
from app.i18n.gettext import N_, _
from app.i18n.locales import here
from app.moderation import banned_words
from app.presentation import choices, proposed_styles
from app.presentation.make_form import MakeForm
from app.presentation.photo_view import PhotoView
from app.reading import chosen
from app.reading.chosen import AS_READ
from app.reading.reader import Reader
from app.reading.reading import FREELY, Found, Reading
from app.storage.walk_models import Walk
from app.styles import artists, proposals, shipped
from app.styles.artists import NearArtist
from app.styles.style import Style
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
"""What a prompt says of where its things stand, as the page says it back."""


@dataclass(frozen=True, slots=True)
class Option:
    """A drawing to choose: the value of its field, its digest, and what it shows."""

    value: str
    digest: str
    name: str
    is_chosen: bool


@dataclass(frozen=True, slots=True)
class ThingShown:
    """A thing of a prompt: the words that it was read from, and the drawings that it may be painted after."""

    phrase: str
    is_free: bool
    options: tuple[Option, ...]

    @property
    def name(self) -> str:
        """Name what is painted."""
        return next(option.name for option in self.options if option.is_chosen)


@dataclass(frozen=True, slots=True)
class PromptShown:
    """What a prompt is read as: its things, where they stand, and what was chosen of it, as the form's field has it."""

    things: tuple[ThingShown, ...]
    setting: str
    drawing: str = ""
    styles: tuple[Style, ...] = ()
    artists: tuple[NearArtist, ...] = ()
    repaints: bool = False  # whether it is of a picture, which a press paints in a style
    words: str = ""  # what of the picture was compared
    others: tuple[Style, ...] = ()  # those that were not proposed

    @property
    def said(self) -> str:
        """Say it in a few words, for those who cannot see it."""
        if self.repaints:
            names = [style.hand.name for style in self.styles]
            return _("styles that suit it: %(names)s", names=join_words(names)) if names else ""
        named = [thing.name for thing in self.things if not thing.is_free]
        freely = [thing.name for thing in self.things if thing.is_free]
        told = [_("drawn after %(names)s", names=join_words(named))] if named else []
        told += [_("freely after %(names)s", names=join_words(freely))] if freely else []
        return ", ".join([*(told or [_("no drawing is found in it")]), *([self.setting] if self.setting else [])])


def of_form(form: MakeForm, limits: Limits) -> list[PromptShown | None]:
    """Read each prompt of the form; None for one that is empty, and for all where no drawings lead the model."""
    asked = _Asked.by(form)
    if asked is None:
        return [None] * len(form.stops)
    shown: list[PromptShown | None] = []
    for index, stop in enumerate(asked.stops):
        if asked.brings_scene(index):
            shown.append(_of_scene(form.parent, asked.reader))
            continue
        if form.stops[index].picture:
            shown.append(of_photo(asked.reader, form.stops[index].prompt, form.stops[index].photo, limits))
            continue
        leave_out, seed, drawing = asked.leave_out(stop), asked.seed_of(stop), form.stops[index].drawing
        shown.append(of_prompt(asked.reader, stop["prompt"], limits, leave_out=leave_out, seed=seed, drawing=drawing))
    return shown


def of_prompt(
    reader: Reader, prompt: str, limits: Limits, *, leave_out: str, seed: int, drawing: str
) -> PromptShown | None:
    """Read a prompt as the page shows it, with what was chosen of it; None for one that is not read, or is unfit."""
    if _is_unfit(prompt):
        return None
    reading = _read(reader, prompt, limits, leave_out=leave_out, seed=seed)
    if reading is None:
        return None
    picked = chosen.fitting(reading, chosen.listed(drawing), reader.drawings)
    things = tuple(_thing(item, pick, reader) for item, pick in zip(reading.items, picked, strict=True))
    written = chosen.written([AS_READ if pick is None else pick.digest for pick in picked])
    # A prompt that names a style wants no other.
    if reading.hands or not limits.hands:
        return PromptShown(things, _setting(reading.wish), written)
    return PromptShown(things, _setting(reading.wish), written, *_suiting(prompt, reading, limits))


def of_photo(reader: Reader, prompt: str, photo: PhotoView | None, limits: Limits) -> PromptShown | None:
    """Propose the styles that a photo may be repainted in: by what is written of it, else by what it is taken for.

    Of a picture of which nothing is known, all hands are offered and none is preferred; where what is written is unfit,
    none is.
    """
    if not limits.hands or photo is None or photo.flaw:
        return None
    words = prompt.strip() or photo.guess
    if _is_unfit(words):
        return None
    reading = _read(reader, words, limits, leave_out="", seed=0) if words else None
    proposed, near = _suiting(words, reading, limits) if reading else ((), ())
    named = {style.hand.words for style in proposed}
    others = tuple(style for style in shipped.of_hands(limits.hands) if style.hand.words not in named)
    return PromptShown((), "", "", proposed, near, repaints=True, words=_shortened(words), others=others)


def _is_unfit(words: str) -> bool:
    """Tell whether nothing is to be shown of what is written: it will be refused, and nothing stands beside it."""
    return bool(words) and bool(banned_words.flaws([(("prompt",), "", words)]))


def _suiting(prompt: str, reading: Reading | None, limits: Limits) -> tuple[tuple[Style, ...], tuple[NearArtist, ...]]:
    """Return the styles, among the hands that are on offer, and the artists that are nearest to words."""
    compared, known = proposed_styles.in_english(prompt, reading), {hand.words for hand in limits.hands}
    proposed = tuple(each.style for each in proposals.nearest(compared, shipped.of_hands(limits.hands)))
    return proposed, tuple(each for each in artists.nearest(compared) if each.artist.hand in known)


def put_scenes(form: MakeForm, wanted: dict[str, Any], limits: Limits) -> None:
    """Have a commission paint what the form shows: give it its seed, and each stop its scene."""
    asked = _Asked.by(form)
    if asked is None:
        return
    if not form.seed.strip():
        wanted["seed"] = asked.seed
    stops = wanted["stops"]
    read = {index: put for index, stop in enumerate(stops) if (put := asked.put(index, stop, limits)) is not None}
    styles = asked.chosen(read, stops)
    for index, reading in read.items():
        scene = scenes.arrange(
            reading, model=asked.model, seed=asked.seed_of(stops[index]), walk_seed=asked.seed,
            hand=_of_style(stops[index])[0], layout=_of_style(stops[index])[1], unnamed=styles[index],
        )  # fmt: skip
        stops[index]["scene"] = scene.as_json()


def style_of(form: MakeForm, index: int, limits: Limits) -> str:
    """Return the words of the style in which a stop will be painted because nobody named one; "" where somebody did.

    Of a model that does not compose, the seed alone says it.
    """
    asked = _Asked.by(form) if hands.any_composes(limits.hands) else None
    if asked is None:
        return ""
    read = {place: put for place, stop in enumerate(asked.stops) if (put := asked.put(place, stop, limits)) is not None}
    return asked.chosen(read, asked.stops).get(index, "")


def look_at_choices(form: MakeForm) -> None:
    """Say so where a drawing was chosen that is none here, and leave it aside."""
    asked = _Asked.by(form)
    if asked is None:
        return
    known = asked.reader.drawings
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


def drawn_after(walk: Walk) -> list[str]:
    """Name for each stop of a walk the drawings that it is painted after, as far as they are known."""
    reader = scenes.reader_of(models_on_offer.setting(walk.model_name or walk.model))
    if reader is None:
        return []
    language, told = here().language, []
    for stop in walk.stops:
        if drawings := choices.shown_in(stop.scene):
            seed = walk.seed_of(stop)
            reading = reader.again(stop.prompt, leave_out=stop.negative_prompt, language=language, seed=seed)
            free = {item.drawing for item in reading.items if item.how == FREELY}
            names = join_words(reader.name_of(drawing, language) for drawing in drawings)
            told.append(_("%(names)s, freely", names=names) if free & {*drawings} else names)
    return told


def _read(reader: Reader, prompt: str, limits: Limits, *, leave_out: str, seed: int) -> Reading | None:
    """Read a prompt as it will be kept; None where it will be refused."""
    try:
        words = schema.visible_text(prompt, limits.prompt_max)
        without = schema.clean_text(leave_out, limits.prompt_max)
    except ValueError:
        return None
    return reader.again(words, leave_out=without, language=here().language, seed=seed)


def _thing(item: Found, pick: Drawing | None, reader: Reader) -> ThingShown:
    """Show a thing with the drawing that was read first; one that was chosen from elsewhere comes next."""
    others = [pick if pick is not None and other.name == pick.name else other for other in item.others]
    if pick is not None and pick not in others:
        others.insert(0, pick)
    language = here().language
    options = [Option(AS_READ, item.drawing.digest, reader.name_of(item.drawing, language), pick is None)]
    options += [
        Option(other.digest, other.digest, reader.name_of(other, language), other == pick)
        for other in others[: MOST_OPTIONS - 1]
    ]
    return ThingShown(_shortened(item.words), item.how == FREELY, tuple(options))


def _shortened(words: str) -> str:
    return words if len(words) <= LONGEST_PHRASE else f"{words[: LONGEST_PHRASE - 1].rstrip()}…"


def _setting(wish: Wish) -> str:
    """Say where things stand, as far as a prompt said it."""
    said = [_(PLACES[name]) for name in (wish.composition, wish.kind, wish.time, wish.weather) if name in PLACES]
    return ", ".join(said)


def _of_scene(walk: Walk | None, reader: Reader) -> PromptShown:
    """Show what a walk ended with: there is nothing to choose."""
    scene = walk.stops[-1].scene if walk is not None else None
    things = [
        ThingShown("", False, (Option(AS_READ, drawing.digest, reader.name_of(drawing, here().language), True),))
        for drawing in choices.shown_in(scene)
    ]
    return PromptShown(tuple(things), "")


@dataclass(frozen=True, slots=True)
class _Asked:
    """What the form asks for as far as it is known before it is checked, and what reads its prompts."""

    form: MakeForm
    reader: Reader
    model: str
    seed: int
    stops: list[dict[str, Any]]

    @classmethod
    def by(cls, form: MakeForm) -> _Asked | None:
        """Look at a form; None where no drawings lead the model that it asks for."""
        # Without a model, that of the walk gone on from paints, as it does in a commission.
        named = form.model or (form.parent.model_name if form.parent is not None else None)
        model = models_on_offer.setting(named)
        reader = scenes.reader_of(model)
        return None if reader is None else cls(form, reader, model, seed_of(form), form.commission()["stops"])

    def brings_scene(self, index: int) -> bool:
        """Tell whether a stop is the last one of the walk gone on from, and shown as that one was."""
        last = self.form.parent.stops[-1].scene if index == 0 and self.form.parent is not None else None
        book = sketchbooks.find(self.model)
        return last is not None and book is not None and not any(scenes.unknown_drawings(book, [last]))

    def put(self, index: int, stop: dict[str, Any], limits: Limits) -> Reading | None:
        """Read a stop, with the drawings that were chosen for it; None where its scene is not read from its prompt."""
        if self.form.stops[index].picture or self.brings_scene(index):  # that of the photo, or of the walk gone on from
            return None
        seed, leave_out = self.seed_of(stop), self.leave_out(stop)
        reading = _read(self.reader, stop["prompt"], limits, leave_out=leave_out, seed=seed)
        if reading is None:
            return None
        return chosen.put(
            reading, chosen.fitting(reading, chosen.listed(self.form.stops[index].drawing), self.reader.drawings)
        )

    def chosen(self, read: dict[int, Reading], stops: list[dict[str, Any]]) -> dict[int, str]:
        """Choose the styles of the stops whose readings are given, by their places, where nobody named one."""
        asked = [StopFacts(reading, *_of_style(stops[index])) for index, reading in read.items()]
        after = self.form.parent.stops[-1].scene if self.brings_scene(0) and self.form.parent is not None else None
        told = stop_styles.choose_styles(asked, model=self.model, walk_seed=self.seed, after=after)
        return dict(zip(read, told, strict=True))

    def seed_of(self, stop: dict[str, Any]) -> int:
        """Return the seed that a stop is read and painted by."""
        own = stop.get("seed")
        return own if type(own) is int and 0 <= own <= SEED_MAX else self.seed

    def leave_out(self, stop: dict[str, Any]) -> str:
        """Return what a stop leaves out."""
        words = stop["negative_prompt"]
        return words if isinstance(words, str) else ""


def _of_style(stop: dict[str, Any]) -> tuple[str, str | None]:
    """Return the hand and the layout of a stop, unchecked; a layout that there is not counts as none."""
    layout = stop.get("layout")
    return stop["hand"] or "", layout if layout in LAYOUTS else None


def seed_of(form: MakeForm) -> int:
    """Return the walk's seed: the form's, that of the walk gone on from, or the one that is drawn."""
    typed = form.seed.strip()
    if typed.isascii() and typed.isdigit() and len(typed) < 11 and int(typed) <= SEED_MAX:
        return int(typed)
    return form.parent.seed_of(form.parent.stops[-1]) if form.parent is not None else form.drawn_seed
