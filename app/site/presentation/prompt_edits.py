"""The buttons of the form that change the words of a stop: another spelling, and a drawing that was found."""

import re
from collections.abc import Mapping

from app.collection.gallery.drawing_catalogue import catalogue
from app.core.i18n.locales import here
from app.offer.generation.limits import Limits
from app.reading import chosen
from app.reading.chosen import AS_READ
from app.reading.reader import Reader
from app.reading.reading import Reading
from app.site.presentation import finder, readings, word_marks
from app.site.presentation.form_commands import TAKE, Command
from app.site.presentation.make_form import MakeForm
from sketch import wording
from sketch.sketchbook import Drawing


def apply(form: MakeForm, command: Command, fields: Mapping[str, str], limits: Limits) -> None:
    """Change the words of a stop by a button of the form; one that changes none is ignored."""
    found = readings.at_stop(form, command.stop, limits) if command.act in ("spell", TAKE) else None
    if found is None:
        return
    reader, reading = found
    if command.act == "spell":
        _correct(form, command, reader, reading, limits)
    elif drawing := reader.drawings.get(command.drawing):
        library = catalogue(reader, here().language)
        motif = library.named(drawing.name)
        name = library.prompt_for(motif) if motif else drawing.name
        word = fields.get(finder.WORD, "") if fields.get(finder.STOP) == str(command.stop) else ""
        prompt = inserted(form.stops[command.stop].prompt, word, name, reading.language if reading else "")
        _rewrite(form, command.stop, prompt, reader, reading, limits, taken=drawing)


def inserted(prompt: str, word: str, name: str, language: str) -> str:
    """Return a prompt with a name in place of a word, or behind it if the prompt does not have the word."""
    if not prompt.strip():
        return name
    replaced = with_word(prompt, word, name, language)
    return replaced if replaced != prompt else f"{prompt.rstrip(' ,')}, {name}"


def with_word(prompt: str, word: str, better: str, language: str) -> str:
    """Return a prompt with a whole word replaced by another, wherever it stands; an English article is adapted."""
    if not word:
        return prompt

    def replaced(match: re.Match[str]) -> str:
        before, space = match["article"] or "", match["space"] or ""
        if before.lower() == wording.article(word.lower()) and language == "en":
            before = before[0] + wording.article(better.lower())[1:]
        return f"{before}{space}{better}"

    return re.sub(rf"(?<!\w)(?:(?P<article>[Aa]n?)(?P<space>\s+))?{re.escape(word)}(?!\w)", replaced, prompt)


def _correct(form: MakeForm, command: Command, reader: Reader, reading: Reading | None, limits: Limits) -> None:
    """Write a misspelt word of a stop in its right spelling, if there is one."""
    if reading is None or command.place >= len(reading.marks):
        return
    mark = reading.marks[command.place]
    if better := word_marks.better_spelling(mark, reading, reader):
        prompt = with_word(form.stops[command.stop].prompt, mark.word, better, reading.language)
        _rewrite(form, command.stop, prompt, reader, reading, limits)


def _rewrite(
    form: MakeForm, index: int, prompt: str, reader: Reader, before: Reading | None, limits: Limits,
    taken: Drawing | None = None,
) -> None:  # fmt: skip
    """Change the prompt of a stop; chosen drawings stay with their things, and ``taken`` is chosen for its own."""
    stop, picks = form.stops[index], dict[str, Drawing]()
    if before is not None:
        fitting = chosen.fitting(before, chosen.listed(stop.drawing), reader.drawings)
        picks = {item.drawing.name: pick for item, pick in zip(before.items, fitting, strict=True) if pick is not None}
    if taken is not None:
        picks[taken.name] = taken
    stop.prompt = prompt
    found = readings.at_stop(form, index, limits)
    items = found[1].items if found is not None and found[1] is not None else ()
    wanted = (picks.get(item.drawing.name, item.drawing) for item in items)
    digests = zip(items, wanted, strict=True)
    stop.drawing = chosen.written([AS_READ if item.drawing == each else each.digest for item, each in digests])
