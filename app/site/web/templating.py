"""The filters and global functions of the templates."""

from functools import cache, partial
from typing import Any, cast

from flask import Flask, g
from markupsafe import Markup

from app.collection.search import terms
from app.core import addresses
from app.core.i18n import foreign_messages, formatting
from app.offer.drawings import drawing_credits
from app.offer.generation import walk_styles
from app.site.presentation import form_fields, playback, readings, walk_facts, walk_line, walk_music, wording
from app.site.presentation import make_form as forms
from app.walks.saved import film_formats, film_times, note_sentences, shapes


def _with_marks(text: str) -> str:
    """Return the text with the visitor's search words highlighted."""
    return terms.highlight(text, g.asked) if g.get("asked") else text


FILTERS = {
    "number": formatting.number,
    "decimal": formatting.decimal,
    "count_words": formatting.count_words,
    "plural": formatting.plural,
    "ordinal": formatting.ordinal,
    "ordinal_position": wording.ordinal_position,
    "sentence": formatting.sentence,
    "duration": formatting.duration,
    "duration_about": formatting.duration_about,
    "lowest": wording.lowest,
    "file_size": formatting.file_size,
    "search_words": wording.search_words,
    "short_name": wording.short_name,
    "size_class": wording.size_class,
    "listing": formatting.join_words,
    "stations": wording.stations,
    "note": note_sentences.describe,
    "solver_name": wording.solver_name,
    "ending_name": wording.ending_name,
    "preset_name": wording.preset_name,
    "day": formatting.day,
    "day_and_time": formatting.day_and_time,
    "known": foreign_messages.translate_foreign,
    "asked": _with_marks,
}
GLOBALS = {
    "origin": addresses.origin,
    "on_site": addresses.on_site,
    "credit_of": drawing_credits.of_drawing,
    "credits_of": lambda walk: drawing_credits.of_walk(walk.drawings),
    "film_note": note_sentences.describe_film,
    "styles_of": walk_styles.names,
    "detected_styles": walk_styles.detected_names,
    "remake": form_fields.fields,
    "repaint": form_fields.repainted,
    "write_own": form_fields.write_own,
    "going_on": forms.going_on,
    "setting_titles": form_fields.titles,
    "plain_fields": form_fields.plain_fields,
    "further_words": walk_facts.further_words,
    "label_credits": lambda walk: drawing_credits.of_walk(walk.drawings, readings.drawing_names(walk)),
    "reel_of": playback.describe_reel,
    "middle_of": playback.middle,
    "steps_of": playback.steps,
    "length_in_words": wording.length_in_words,
    "film_length": wording.film_length,
    "music_of": walk_music.of_walk,
    "hold_of": film_times.hold_of,
    "film_frames": film_times.frames,
    "other_formats": film_formats.others,
    "frame_size": wording.frame_size,
    "aspect_of": shapes.aspect,
    "shape_of": shapes.frame,
    "blend": wording.blend,
    "same_shape": wording.same_shape,
    "own_words": wording.own_words,
    "hairline": walk_line,
}


def init_app(app: Flask) -> None:
    """Add the filters and functions to the templates of ``app``."""
    app.jinja_env.filters.update(FILTERS)
    app.jinja_env.globals.update(GLOBALS, fps=app.config["FPS"], caption_line=cache(partial(_caption_line, app)))


def _caption_line(app: Flask, stops: int) -> Markup:
    """Return the SVG line below a picture. It depends only on the number of stops, so the caller caches it."""
    module: Any = app.jinja_env.get_template("layout/_walk_line.html").module
    return cast(Markup, module.caption_line(stops))
