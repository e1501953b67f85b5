"""The form for a walk: the fields as the visitor typed them, and their errors."""

import hashlib
import re
import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from dataclasses import fields as fields_of
from typing import Any

from flask import current_app
from werkzeug.datastructures import MultiDict

from app.collection.styles import model_choice, shipped
from app.collection.styles import style as styles
from app.collection.styles.style import Style
from app.core.errors import FieldError, InvalidInput, WalkGone, WalkNotFound
from app.core.i18n.gettext import _
from app.offer.generation import frame_rates, model_styles, offers
from app.offer.generation.limits import SEED_MAX, STOPS_MIN, Limits
from app.reading import chosen
from app.reading.chosen import AS_READ
from app.requests.walk_requests import stop_options, walk_rows
from app.requests.walk_requests.error_messages import stop_suffix
from app.requests.walk_requests.stop_words import PICTURE
from app.requests.walk_requests.walk_request import SETTINGS, TypedSettings
from app.site.presentation import form_commands, form_fields, sound_line
from app.site.presentation import typed_numbers as typed
from app.site.presentation.form_commands import Command
from app.site.presentation.photo_view import PhotoView
from app.site.presentation.sound_line import SoundLine
from app.storage.upload_models import Upload
from app.storage.walk_models import BACK, ENDINGS, FINISHED, ID, Walk
from app.walks.saved import lookup

FRAME_CHOICES = (24, 60, 120, 240)
OF_THE_WALK = {"stops", *(name for name in form_fields.TYPED if name in SETTINGS)}
IN_MORE = {*form_fields.TYPED, "layout", "lora", "film"} - {"frames", "size"}
OF_THE_STOP = {"prompt", "picture", "cut_out", *stop_options.OF_EACH_STOP}


def _matching(pattern: re.Pattern[str]) -> Callable[[str], str]:
    """Return a function that returns a text that matches a pattern, and ``""`` for others."""
    return lambda text: text if pattern.fullmatch(text) else ""


OF_A_STOP: dict[str, Callable[[str], Any]] = {
    "prompt": str,
    "picture": _matching(PICTURE),
    "candidates": _matching(ID),
    "layout": str,
    "at": str,
    "own": form_fields.read_own,
}
"""The form's fields for each stop that are read as they are, and how."""
READ: dict[type, Callable[[str], Any]] = {str: str, int: typed.whole_number, float: typed.signed_number}
"""How the text of an option is read, by the type of its values."""
READ_OF_WALK = READ | {float: typed.number}
SOUND_FIELDS = frozenset(sound_line.FIELDS)


@dataclass(slots=True)
class StopLine:
    """The form's fields for one stop, and their errors."""

    prompt: str = ""
    error: str | None = None
    picture: str = ""  # the id of its photo
    cut_out: bool = False
    photo: PhotoView | None = None  # the view of that photo, if the visitor owns it
    drawing: str = ""  # the drawings chosen for its prompt
    layout: str = ""  # empty for the style's own choice
    layout_error: str = ""
    options: dict[str, str] = field(default_factory=dict)  # those that the form asks for each stop, as typed
    lora_error: str = ""
    candidates: str = ""  # the id of its candidate set
    at: str = ""  # when it is reached, in seconds of the film; empty for on the beat
    at_error: str = ""
    refused: str = ""  # why candidates were refused
    # its own seed, style, negative prompt and clip skip, where stops do not share them
    own: dict[str, Any] = field(default_factory=dict)

    @property
    def at_written(self) -> str:
        """Return the typed time with the page language's decimal sign; as typed if it is not a number."""
        return typed.localised(self.at)

    def pick(self, text: str) -> None:
        """Set the seed and the drawings of a candidate, unless it is already chosen; invalid text is ignored."""
        match = re.fullmatch(r"([0-9]{0,10})/(.*)", text, re.ASCII)
        is_same = text == picked(self.own.get("seed"), self.drawing)
        if match is None or (match[1] and int(match[1]) > SEED_MAX) or is_same:
            return
        self.own.pop("seed", None)
        if match[1]:
            self.own["seed"] = int(match[1])
        self.drawing = chosen.written(chosen.listed(match[2]))


@dataclass(slots=True)
class MakeForm(TypedSettings):
    """The form's fields as text; ``errors`` maps a field's name, or ``form``, to an error message."""

    stops: list[StopLine]
    sound: SoundLine = field(default_factory=SoundLine)
    remix: Walk | None = None  # the walk that the form was filled from
    parent: Walk | None = None  # the walk to continue from: its last stop is the first one here
    restored: str = ""  # a message about the recipe that the form was filled from
    token: str = field(default_factory=lambda: secrets.token_urlsafe(12))
    errors: dict[str, str] = field(default_factory=dict)

    @property
    def open(self) -> bool:
        """Return whether "More" must be open: an error in it, a LoRA, clip skip, or more than two stops."""
        is_used = bool(self.clip_skip) or any(stop.options.get("lora") for stop in self.stops)
        return bool(set(self.errors) & IN_MORE) or is_used or len(self.stops) > STOPS_MIN

    @property
    def drawn_seed(self) -> int:
        """Return the seed that the walk gets if none is typed; it follows from the form's token."""
        return int.from_bytes(hashlib.sha256(f"seed {self.token}".encode()).digest()[:4])

    @property
    def has_errors(self) -> bool:
        """Return whether the form or any stop has an error."""
        return bool(self.errors) or any(stop.error for stop in self.stops)

    @property
    def frames_usual(self) -> int:
        """Return how many frames are painted unless a number is typed."""
        return sound_line.pictures_max() if self.sound.id else int(current_app.config["FRAMES_DEFAULT"])

    @property
    def endings(self) -> tuple[str, ...]:
        """Return the endings to choose from: with a sound, which goes on, no film goes back the way it came."""
        return tuple(name for name in ENDINGS if name != BACK or not self.sound.id or self.ending == BACK)

    def set_sound(self, sound: Upload | None) -> None:
        """Set the walk to another sound, or to none, with the usual number of frames and no choice that it excludes.

        A sound that was missing is added with the number of frames that its walk had.
        """
        self.frames = self.frames if sound is not None and self.sound.note else ""
        self.sound = SoundLine() if sound is None else self.sound.with_sound(sound)
        if sound is not None:
            self.ending, self.easing = self.ending if self.ending != BACK else "", False

    def frame_choices(self, default: int, limits: Limits) -> list[int]:
        """Return the frame counts to choose from, including the current one."""
        used = [int(self.frames)] if re.fullmatch(r"[0-9]{1,4}", self.frames) else [default]
        return sorted({choice for choice in (*FRAME_CHOICES, *used) if STOPS_MIN <= choice <= limits.frames_max})

    def as_body(self) -> dict[str, Any]:
        """Return the form as an unchecked request for a walk, in the JSON API's fields."""
        shared: dict[str, Any] = {"negative_prompt": self.negative_prompt, "hand": self.hand or None}
        if self.clip_skip.strip():
            shared["clip_skip"] = typed.whole_number(self.clip_skip)
        stops = [
            {**_words_or_photo(stop), **shared, **_laid_out(stop), **_options(stop), **stop.own} for stop in self.stops
        ]
        wanted: dict[str, Any] = {"stops": stops, "unlisted": self.unlisted}
        if self.parent is not None:
            stops[0] = self._first_stop(self.parent)
            wanted["continues"] = self.parent.id
        if self.remix is not None:
            wanted["remix_of"] = self.remix.id
        if sound := self.sound.request():
            wanted |= sound
            for stop, line in zip(stops, self.stops, strict=True):
                stop |= {"at": typed.number(line.at)} if line.at.strip() else {}
        for name, setting in SETTINGS.items():
            value = getattr(self, name, "")
            if value is True:
                wanted[name] = True
            elif value and (setting.kind is str or value.strip()):
                wanted[name] = READ_OF_WALK[setting.kind](value)
        return wanted

    def fill_in_example(self, prompts: Sequence[str]) -> None:
        """Fill in the example that the page showed if the visitor gave no prompt and no photo for any stop."""
        empty = self.stops[1:] if self.parent is not None else self.stops
        if len(prompts) != len(self.stops) or any(stop.prompt.strip() or stop.picture for stop in empty):
            return
        for stop, prompt in list(zip(self.stops, prompts, strict=True))[-len(empty) :]:
            stop.prompt = prompt

    def continue_from(self, walk_id: str) -> None:
        """Make a finished walk's last stop the first one here, or set an error if the walk is not available."""
        try:
            parent = lookup.walk_at_address(walk_id)
        except (WalkNotFound, WalkGone):
            parent = None
        if parent is None or parent.state != FINISHED:
            self.errors["form"] = _("The walk to go on from is not here: it may not be finished, or was deleted.")
            return
        self.parent = parent
        self.stops[0] = StopLine(parent.stops[-1].prompt)

    def follow_styles(self) -> None:
        """Choose the model that has the styles of the stops, if the form names no model or the site's first."""
        if self.parent is None and model_choice.is_unnamed(self.model):
            chosen = model_choice.choose(self.as_body()["stops"], offers.current())
            kept = "" if chosen.error else self.model  # without a model, validation reports it
            self.model = chosen.model or kept

    def _first_stop(self, parent: Walk) -> dict[str, Any]:
        """Return the first stop: the last one of the walk to continue from, with that stop's seed."""
        last = parent.stops[-1]
        seed = parent.seed_of(last)
        own = {} if self.seed.strip() in ("", str(seed)) else {"seed": seed}
        return walk_rows.joining_stop(last) | own

    def check_style(self, limits: Limits) -> None:
        """Remove styles that the model does not know, and set an error for each; an old walk may name one."""
        style = model_styles.find(self.hand, limits.styles)
        if self.hand and style is None:
            offer = " " + _("It knows %(hands)s.", hands=model_styles.words_of(limits.styles)) if limits.styles else ""
            self.errors["hand"] = _unknown(self.hand) + offer
        self.hand = style.words if style else ""
        for stop in self.stops:
            own = stop.own.get("hand")
            if own is not None and (not isinstance(own, str) or model_styles.find(own, limits.styles) is None):
                stop.error = _unknown(stop.own.pop("hand"))

    def written(self, name: str) -> str:
        """Return a typed number with the page language's decimal sign; as typed if it is not a number."""
        return typed.localised(getattr(self, name))

    def fps_shown(self, usual: float) -> float:
        """Return the film's frame rate; ``usual`` if the typed one is missing or invalid."""
        fps = typed.number(self.fps)
        can_be = isinstance(fps, float) and frame_rates.FPS_MIN <= fps <= frame_rates.FPS_MAX
        return frame_rates.rounded(fps if can_be and isinstance(fps, float) else usual)

    def size_asked(self, limits: Limits) -> int | None:
        """Return the chosen size; ``None`` if it is missing or invalid."""
        size = typed.whole_number(self.size)
        return size if isinstance(size, int) and size in limits.sizes else None

    def explain(self, errors: InvalidInput) -> None:
        """Assign each error to the field or the stop that it belongs to."""
        for error in errors.errors:
            self._explain(error)

    def edit(self, command: Command, stops_max: int) -> None:
        """Apply an edit button to the form; a command that edits nothing is ignored."""
        match command.act:
            case "add-stop" if len(self.stops) < stops_max:
                self.stops.insert(-1, StopLine())
            case "remove-stop" if len(self.stops) > STOPS_MIN:
                del self.stops[-2]
            case "turn-round" if self.parent is None:
                self.stops.reverse()
                for stop in self.stops:
                    stop.at = ""  # times would descend
            case "let-go":
                self.parent = None
            case "drop-photo":
                stop = self.stops[command.stop]
                stop.picture, stop.photo, stop.cut_out = "", None, False
            case "drop-sound":
                self.set_sound(None)
            case "plain":
                self.stops[command.stop].own = {}
            case "style":
                self._set_style(command.stop, command.style)
            case "write" if self.parent is None or command.stop:
                stop = self.stops[command.stop]
                stop.prompt, stop.drawing = command.words, ""
            case "look":
                self._fill_in_guesses()
            case "set":
                setattr(self, command.option, command.value)

    def command(self, value: str) -> Command:
        """Return the command of a button of this form, by its value."""
        return form_commands.parse(value, len(self.stops))

    def _fill_in_guesses(self) -> None:
        """Fill in a worker's description of a photo where the prompt is empty, as the page's script does."""
        for stop in self.stops:
            if stop.photo is not None and not stop.prompt.strip():
                stop.prompt = stop.photo.guess

    def style_named(self, name: str) -> Style | None:
        """Return the style of a name; ``None`` if the form's model does not know it."""
        return styles.find(name, shipped.of_model(offers.current().get(self.model or None)))

    def _set_style(self, index: int, name: str) -> None:
        """Set a stop's own style; an unknown name is ignored."""
        style = self.style_named(name)
        if style is not None:
            self.stops[index].own = self.stops[index].own | {"hand": style.model_style.words}

    def _explain(self, error: FieldError) -> None:
        path = error.path
        if len(path) == 3 and path[2] in ("layout", "lora", "lora_weight", "at"):
            name = str(path[2]).removesuffix("_weight")
            message = error.message.replace(stop_suffix(int(path[1])), "") if name == "layout" else error.message
            setattr(self.stops[int(path[1])], f"{name}_error", message)
            self.errors[name] = error.message
            return
        if path and path[0] in ("sound", "publish_sound"):
            named = f"sound_{path[1]}" if len(path) > 1 else "sound"
            self.errors[named if named in SOUND_FIELDS else "sound"] = error.message
            return
        if len(path) > 2 and path[0] == "stops" and (path[2] in OF_THE_STOP or path[2] in self.stops[int(path[1])].own):
            self.stops[int(path[1])].error = error.message
        elif len(path) == 3 and path[0] == "stops":
            message = error.message.replace(stop_suffix(int(path[1])), "")
            self.errors[str(path[2])] = message
        else:
            self.errors[str(path[0]) if path and path[0] in OF_THE_WALK else "form"] = error.message


def from_fields(fields: MultiDict[str, str], limits: Limits) -> MakeForm:
    """Return the form from a query string or a body. Stops beyond the limit are kept, for validation to refuse."""
    count = max(STOPS_MIN, len(fields.getlist("prompt")[: 2 * limits.stops_max]))
    settings: dict[str, Any] = {
        each.name: bool(fields.get(each.name)) if each.default is False else fields.get(each.name, "")
        for each in fields_of(TypedSettings)
    }
    form = MakeForm(stops=_stop_lines(fields, count), sound=SoundLine.from_fields(fields), **settings)
    for number in fields.getlist("cut_out"):
        if re.fullmatch("[0-9]{1,2}", number, re.ASCII) and int(number) < len(form.stops):
            form.stops[int(number)].cut_out = True
    for index, stop in enumerate(form.stops):
        stop.pick(fields.get(f"candidate-{index}", ""))
    if token := fields.get("token", ""):
        form.token = token[:64]
    if ID.fullmatch(walk_id := fields.get("remix_of", "")):
        form.remix = lookup.visible_walk(walk_id)
    if walk_id := fields.get("continues", ""):
        form.continue_from(walk_id)
    return form


def _stop_lines(fields: MultiDict[str, str], count: int) -> list[StopLine]:
    """Return the lines of the stops, whose fields stand one after the other; missing ones are empty."""
    names = *OF_A_STOP, *stop_options.OF_EACH_STOP
    columns = {name: iter(fields.getlist(name)[:count]) for name in names}
    drawings = _drawings(fields, count)
    return [
        StopLine(
            drawing=chosen.written(drawings[index]),
            options={name: next(columns[name], "") for name in stop_options.OF_EACH_STOP},
            **{name: read(next(columns[name], "")) for name, read in OF_A_STOP.items()},
        )
        for index in range(count)
    ]


def _words_or_photo(stop: StopLine) -> dict[str, Any]:
    """Return the request's fields for the stop's prompt and photo; the prompt is left out if only a photo is given."""
    if not stop.picture:
        return {"prompt": stop.prompt}
    photo: dict[str, Any] = {"picture": stop.picture, "cut_out": stop.cut_out}
    return photo | {"prompt": stop.prompt} if stop.prompt.strip() else photo


def _laid_out(stop: StopLine) -> dict[str, Any]:
    return {"layout": stop.layout} if stop.layout else {}


def _options(stop: StopLine) -> dict[str, Any]:
    """Return the request's fields for the stop's options; an invalid number is kept, for validation to refuse."""
    written = {name: text for name, text in stop.options.items() if text.strip()}
    if "lora" not in written:  # the slider for its weight always has a value
        written.pop("lora_weight", None)
    return {name: READ[stop_options.OPTIONS[name].kind](text) for name, text in written.items()}


def picked(seed: int | None, drawing: str) -> str:
    """Return the value of a candidate's form field: its own seed and its drawings."""
    return f"{'' if seed is None else seed}/{drawing}"


def _drawings(fields: MultiDict[str, str], count: int) -> list[list[str]]:
    """Return each stop's chosen drawings, from its field ``drawing`` and the radio buttons below its prompt."""
    drawings = [chosen.listed(text) for text in fields.getlist("drawing")[:count]]
    drawings += [[] for _ in range(count - len(drawings))]
    for name, value in fields.items():
        match = re.fullmatch(r"thing-([0-9]{1,2})-([0-9])", name, re.ASCII)
        if match and int(match[1]) < count:
            wanted, place = drawings[int(match[1])], int(match[2])
            wanted += [AS_READ] * (place + 1 - len(wanted))
            wanted[place] = " ".join(chosen.listed(value)[:1]) or AS_READ
    return drawings


def _unknown(style: object) -> str:
    return _("The model that paints here does not know “%(hand)s”.", hand=f"{style!s:.60}")


def going_on(walk: Walk) -> dict[str, Any]:
    """Return the form fields for a walk that continues from the last stop of ``walk`` with the same settings."""
    last, again = walk.stops[-1], form_fields.fields(walk)
    names = [name for name in ("steps", "guidance", *form_fields.CARRIED) if name not in ("frames", "ending")]
    return {name: again.get(name) for name in (*names, "unlisted")} | {
        "continues": walk.id,
        "seed": walk.seed_of(last),
        "hand": last.requested_style or None,
        "negative_prompt": last.negative_prompt or None,
        "clip_skip": last.clip_skip,
        "frames": walk.frames,
    }
