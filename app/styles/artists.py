"""Artists near a prompt: added styles that a catalogue's words tell of, compared as all styles are."""

from __future__ import annotations

from dataclasses import dataclass

from app.generation.hands import Hand
from app.styles import added, proposals
from app.styles.added import AddedStyle
from app.styles.proposals import SHOWN
from app.styles.style import Style

MEDIUMS = (
    ("stained glass", "stained glass"),
    ("mosaic", "mosaic"),
    ("neon", "neon"),
    ("linocut linoleum", "linocut"),
    ("woodcut linocut wood-engraving woodblock", "woodcut"),
    ("etching aquatint mezzotint drypoint engraving", "etching"),
    ("batik", "batik"),
    ("tapestry weaving", "tapestry"),
    ("screenprint poster", "pop art"),
    ("lithograph offset risograph", "risograph"),
    ("gouache", "gouache"),
    ("watercolour watercolor gouache", "watercolour"),
    ("pastel chalk crayon", "chalk pastel"),
    ("charcoal graphite pencil etching aquatint mezzotint drypoint engraving", "charcoal"),
    ("cyanotype", "cyanotype"),
    ("collage", "paper cut-out"),
    ("ink", "ink wash"),
    ("oil acrylic tempera paint", "oil painting"),
)
"""By which hand a medium is painted, by any of these words; the first that is found stands in."""


@dataclass(frozen=True, slots=True)
class NearArtist:
    """An artist for a prompt: how near (figures compare within one prompt), and what of their works is nearest."""

    artist: AddedStyle
    likeness: float
    because: str


def every() -> list[AddedStyle]:
    """List the artists, by name: what was added with a catalogue's words."""
    return [style for style in added.every() if style.phrases]


def nearest(prompt: str, *, limit: int = SHOWN) -> list[NearArtist]:
    """Return the artists whose works are nearest to a prompt in English, the nearest first."""
    styles = {Style(Hand(each.title, each.title), "", "", each.style.phrases): each for each in every()}
    found = proposals.nearest(prompt, tuple(styles), limit=limit)
    return [NearArtist(styles[one.style], one.likeness, one.because) for one in found]


def stand_in(mediums: tuple[str, ...], phrases: tuple[str, ...], among: tuple[Style, ...]) -> str:
    """Return the words of the hand that is nearest to what works are made of, or else to what they show; "" of none."""
    known = {style.hand.words for style in among}
    for medium in mediums:
        said = set(medium.replace(",", " ").split())
        for words, hand in MEDIUMS:
            if hand in known and (words in medium or said & set(words.split())):
                return hand
    found = proposals.nearest(", ".join(phrases), among, limit=1)
    return found[0].style.hand.words if found else ""
