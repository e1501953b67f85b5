"""The example on the empty form: two prompts that a press alone generates, and a film of them to show."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from app.collection.gallery import exhibitions
from app.core.i18n.foreign_messages import translate_foreign
from app.core.i18n.gettext import _
from app.core.i18n.locales import here
from app.offer.drawings import offered
from app.reading import prompt_language
from app.reading.reader import Reader
from app.requests.walk_requests import scenes
from app.site.presentation.wording import stations
from app.storage.walk_models import Walk

FIELD = "example"
"""The form field, once for each of the two prompts, so that a press generates what the page showed."""
LONGEST = 14
"""The longest prompt that fits its line in the largest type, in characters."""
EXHIBITED = 8
"""How many walks of exhibitions are considered."""


@dataclass(frozen=True, slots=True)
class Example:
    """Two prompts, and the walk that they are from, if any.

    ``names`` are the prompts along the walk's line in the page's language, if the walk has them in another one.
    """

    prompts: tuple[str, str]
    walk: Walk | None = None
    names: tuple[str, ...] = ()


def choose(featured: Sequence[Walk], starters: Sequence[Sequence[str]]) -> Example:
    """Return an example in the page's language from a walk that curators chose, or else a pair of ``starters``.

    Featured walks come first, then those of exhibitions. Other visitors' walks are no examples.
    """
    reader = next(filter(None, map(scenes.reader_of, offered.conditioned_models())), None)
    for walk in _candidates(featured):
        names = [_name(stop.prompt, reader) for stop in walk.stops]
        if fits(walk, names):
            is_translated = names != [stop.prompt for stop in walk.stops]
            shown = tuple(map(translate_foreign, stations(walk))) if is_translated else ()
            return Example((names[0], names[-1]), walk, shown)
    first, second = next(iter(starters), (_("a lemon"), _("the sun")))
    return Example((first, second))


def fits(walk: Walk, names: Sequence[str]) -> bool:
    """Return whether a walk's first and last prompt can stand in the form; ``names`` are all its prompts there.

    A walk with a photo alone, or with a prompt that was not fully read, is no example.
    """
    first, last = names[0], names[-1]
    is_whole = all(names) and not any(stop.note for stop in walk.stops)
    return is_whole and first != last and max(len(first), len(last)) <= LONGEST


def _candidates(featured: Sequence[Walk]) -> Iterator[Walk]:
    """Yield walks to consider; exhibitions are queried only if no featured walk will do."""
    yield from featured
    yield from exhibitions.first_walks(EXHIBITED)


def _name(prompt: str, reader: Reader | None) -> str:
    """Return a prompt in the page's language, ``""`` if it is in another one; words of neither count as English."""
    name = translate_foreign(prompt)
    if name != prompt:
        return name
    spoken = reader.language_of(prompt, "en") if reader else prompt_language.find(prompt, "en")
    return prompt if spoken == here().language else ""
