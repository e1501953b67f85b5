"""The notes on a stop, and on a whole film, as sentences in the page's language."""

from __future__ import annotations

from app.core.i18n.formatting import decimal, join_words
from app.core.i18n.gettext import N_, _
from app.core.text import stop_notes, tool_tags
from app.storage.walk_models import Walk

NOTES = {
    stop_notes.NOT_READ: N_("Nothing in it was recognised: no thing, place or style. English and German are read."),
    stop_notes.PARTLY_READ: N_("A part of it is in a script or language that is not read here; the rest was read."),
    stop_notes.FREELY: N_("What is shown was chosen freely."),
    stop_notes.TAGS: N_("Tags for other tools were left out: %(tags)s."),
    stop_notes.STILL: N_("It is the same picture as the stop before; nothing moves on the way here."),
    stop_notes.UNKNOWN_WORDS: N_("The model does not know most of these words; it painted something of its own."),
    stop_notes.CUT: N_("The prompt is longer than the model reads; the end was left out."),
    stop_notes.CLAMPED: N_("Weights below 0 or above 2 were set to the nearest of the two."),
    stop_notes.NOT_NUMBERS: N_("A weight was not a number and counted as 1."),
    stop_notes.NO_WEIGHTS: N_("The model does not know weights in prompts; they were ignored."),
    stop_notes.NO_CLIP_SKIP: N_("The model does not know clip skip; it was ignored."),
    stop_notes.NO_EMBEDDINGS: N_("The model does not know embeddings; the prompt's were read as words."),
    stop_notes.NEW_SEED: N_("Its picture was unfit to be shown; it was painted from another seed."),
}
TAGS_MAX = 12
"""The most tags that a note names."""


def describe_film(walk: Walk) -> str:
    """Return a sentence on a film that is shown more slowly than was requested, or in fewer pictures; else ``""``."""
    if 0 in (walk.holds or ()):
        return _(
            "As fast as its sound, this film would flash more than three times a second, so pictures are left out."
        )
    if not any(stop_notes.SLOWED in stop_notes.split(stop.note) for stop in walk.stops):
        return ""
    return _(
        "At more than %(rate)s frames a second this film would flash more than three times a second, so it is shown "
        "at this rate.",
        rate=decimal(walk.fps),
    )


def describe(text: str, prompt: str) -> str:
    """Return the notes on a stop as sentences that name the ignored tags of its prompt; unknown notes are left out."""
    notes = [each for each in stop_notes.split(text) if each in NOTES]
    ignored = tool_tags.split(prompt).ignored if stop_notes.TAGS in notes else ()
    tags = join_words(tool_tags.tags(ignored)[:TAGS_MAX])
    return " ".join(_(NOTES[each], tags=tags) for each in notes)
