"""Artists near a prompt: added styles with phrases from a catalogue, compared as all styles are."""

from dataclasses import dataclass
from pathlib import Path

from app.collection.styles import added, proposals
from app.collection.styles.added import AddedStyle
from app.collection.styles.proposals import SHOWN
from app.collection.styles.style import Style
from app.offer.generation.model_styles import ModelStyle

MEDIUMS = dict(line.split(": ") for line in Path(__file__).with_suffix(".txt").read_text("utf-8").splitlines())
"""Words for mediums, and the style for each; the first match is the stand-in."""


@dataclass(frozen=True, slots=True)
class NearArtist:
    """An artist near a prompt: the similarity (comparable within one prompt only), and the nearest phrase."""

    artist: AddedStyle
    likeness: float
    because: str


def every() -> list[AddedStyle]:
    """Return the artists by name: added styles with phrases from a catalogue."""
    return [style for style in added.every() if style.phrases]


def nearest(prompt: str, *, limit: int = SHOWN) -> list[NearArtist]:
    """Return the artists whose works are nearest to a prompt in English, the nearest first."""
    styles = {Style(ModelStyle(each.title, each.title), "", "", each.style.phrases): each for each in every()}
    proposed = proposals.nearest(prompt, tuple(styles), limit=limit)
    return [NearArtist(styles[one.style], one.likeness, one.because) for one in proposed]


def stand_in(mediums: tuple[str, ...], phrases: tuple[str, ...], choices: tuple[Style, ...]) -> str:
    """Return the words of the style nearest to the mediums of some works, or else to their phrases; "" for none."""
    known = {style.model_style.words for style in choices}
    for medium in mediums:
        medium_words = set(medium.replace(",", " ").split())
        for words, model_style in MEDIUMS.items():
            if model_style in known and (words in medium or medium_words & set(words.split())):
                return model_style
    nearest_styles = proposals.nearest(", ".join(phrases), choices, limit=1)
    return nearest_styles[0].style.model_style.words if nearest_styles else ""
