"""What the label of a walk says by itself of its settings and of what was measured, where that has words."""

from app.requests.walk_requests import walk_rows
from app.requests.walk_requests.walk_request import SETTINGS
from app.storage.film_measures import MEASURES
from app.storage.walk_models import Walk


def further_words(walk: Walk) -> list[str]:
    """Return sentences on the settings and the measured values of a walk that declare words for its page."""
    settings = [SETTINGS[name].words(value) for name, value in walk_rows.settings_of(walk).items()]
    values = [(measure, getattr(walk, name)) for name, measure in MEASURES.items()]
    measured = [measure.words(value) for measure, value in values if value is not None]
    return [words for words in (*settings, *measured) if words]
