"""Find words in a text that are unfit for an audience of all ages, also in disguised spellings.

The terms are in ``unfit_terms/``; the README there explains their syntax. The cost of a search is proportional to the
length of the text, not to the number of terms.
"""

import bisect
import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from functools import cache, lru_cache
from pathlib import Path

from app.core.i18n.gettext import N_
from app.core.text import lookalikes
from app.core.text.folding import IS_UNSPACED, folded
from app.core.text.spellings import HIDDEN, WORD, masked_words, readings
from app.core.text.term_index import Hit, TermIndex

FOLDER = Path(__file__).parent / "unfit_terms"
KINDS = {
    "minors": N_("%(subject)s brings children and sex together, which is not shown here."),
    "sex": N_("%(subject)s is about sex, which is not shown here: the site is for all ages. Use other words."),
    "nudity": N_("%(subject)s is about nudity, which is not shown here: the site is for all ages. Use other words."),
    "hatred": N_("%(subject)s speaks of people with hatred, which is not shown here. Use other words."),
    "harm": N_(
        "%(subject)s is about self-harm, which is not shown here."
        " If you want to talk to someone, see findahelpline.com."
    ),
    "cruelty": N_(
        "%(subject)s is about blood or cruelty, which is not shown here: the site is for all ages. Use other words."
    ),
    "drugs": N_("%(subject)s is about drugs, which are not shown here: the site is for all ages. Use other words."),
    "coarse": N_("%(subject)s contains a coarse word, which is not shown here. Use another word."),
}
"""The kinds of unfit text and their error messages. If a text has several kinds, the first one is reported."""
ALWAYS_REFUSED = ("minors", "hatred", "coarse")
"""The kinds that are refused in a negative prompt too, because the page of the walk shows it."""
HIDDEN_KINDS = ("coarse", "hatred", "sex")
INNOCENT = "innocent"
LATIN = re.compile("[a-z\u00df-\u024f]")
BEGIN, END = "\x02", "\x03"
"""Mark the begin and end of a text, for terms that match only there or the whole text."""
ENGLISH = "en"
DOUBLED, TRIPLED = 2, 3
"""How many repetitions of a letter count as one letter: two in English, three in languages with more double letters."""
TEXT_MAX = 2_000
"""How many characters of a text are searched; prompts and titles are shorter."""
REMEMBERED = 512
"""How many texts' kinds are cached: a prompt is checked when it is written, shown and saved."""
GLUED_MIN, GLUED_MOST = 7, 16
"""The least length of a word that may be two words written as one, and the length that the first must stay below."""


@dataclass(frozen=True, slots=True)
class Near:
    """A rule: words of two groups are unfit within a distance of each other, unless the text has a word of a third."""

    kind: str
    left: frozenset[str]
    right: frozenset[str]
    within: int
    unless: frozenset[str]


@dataclass(slots=True)
class Terms:
    """All terms and rules."""

    index: TermIndex = field(default_factory=TermIndex)
    near: list[Near] = field(default_factory=list)
    paired: set[str] = field(default_factory=set)
    """The words of both groups of all rules."""
    whole: dict[tuple[int, str], list[tuple[str, str]]] = field(default_factory=lambda: defaultdict(list))
    """Words and their kinds by length and first letter, to compare with words that have masked letters (``f*ck``)."""


def find(text: str, *, allowed: Sequence[str] = (), is_left_out: bool = False) -> str:
    """Return the kind of unfit text that a text contains, or ``""``; of several, the first in :data:`KINDS`.

    :param allowed: words that a curator allows; matches within them are ignored.
    :param is_left_out: whether the text is a negative prompt, for which only ``ALWAYS_REFUSED`` counts.
    """
    kinds = _find_kinds(text[:TEXT_MAX], tuple(allowed))
    reported = [kind for kind in KINDS if kind in kinds and (not is_left_out or kind in ALWAYS_REFUSED)]
    return reported[0] if reported else ""


@lru_cache(maxsize=REMEMBERED)
def _find_kinds(text: str, allowed: tuple[str, ...]) -> frozenset[str]:
    """Return all kinds of unfit text that a text contains."""
    kinds = set()
    terms, permitted = _terms(), _allowed(allowed) if allowed else None
    for reading in readings(text):
        kinds |= set(_kinds(f"{BEGIN}{reading}{END}", terms, permitted))
    return frozenset(kinds | {kind for word in masked_words(text) for kind in _hidden_kinds(word, terms)})


def as_compared(text: str) -> str:
    """Return the normalised form of a word or phrase, in which allowed words are compared."""
    return readings(text)[0].strip()


def _kinds(reading: str, terms: Terms, permitted: TermIndex | None) -> Iterable[str]:
    hits = terms.index.find(reading)
    spared = [hit for hit in hits if hit.tag == INNOCENT] + (permitted.find(reading) if permitted else [])
    for hit in hits:
        if hit.tag != INNOCENT and not _is_within(hit.start, hit.end, reading, spared):
            yield hit.tag
    yield from _near_kinds(reading, terms, spared)


def _is_within(start: int, end: int, reading: str, spared: Sequence[Hit]) -> bool:
    """Return whether a match, without surrounding spaces and marks, lies within an innocent or allowed term."""
    match, around = reading[start:end], f" {BEGIN}{END}"
    start, end = start + len(match) - len(match.lstrip(around)), end - len(match) + len(match.rstrip(around))
    return any(hit.start <= start and end <= hit.end for hit in spared)


def _near_kinds(reading: str, terms: Terms, spared: Sequence[Hit]) -> Iterable[str]:
    words = reading.strip(f"{BEGIN}{END}").split()
    groups = _places(words, terms.paired, spared)
    present = set(words)
    for rule in terms.near:
        left = sorted(place for word in rule.left & groups.keys() for place in groups[word])
        if not left or not (others := rule.right & groups.keys()) or not rule.unless.isdisjoint(present):
            continue
        right = [place for word in others for place in groups[word]]
        for place in right:
            reach = 2 * rule.within
            at = bisect.bisect_left(left, place - reach)
            if any(0 < abs(place - each) <= reach + 1 for each in left[at : at + 2 * reach + 3]):
                yield rule.kind
                break


def _places(words: Sequence[str], paired: Collection[str], spared: Sequence[Hit]) -> dict[str, list[int]]:
    """Return the places of the rules' words in a text, without those within an innocent or allowed term.

    Word number n is at place 2n. If it is two words written as one, the second is at place 2n + 1.
    """
    places: dict[str, list[int]] = defaultdict(list)
    at = len(BEGIN) + 1
    for number, word in enumerate(words):
        end = at + len(word)
        for form in (word, _plain(word)):
            if form in paired:
                parts = [(form, 2 * number)]
            elif len(form) >= GLUED_MIN:
                parts = _glued(form, number, paired)
            else:
                continue
            if not any(hit.start <= at and end <= hit.end for hit in spared):
                for part, place in parts:
                    places[part].append(place)
            break
        at = end + 1
    return places


def _glued(word: str, number: int, paired: Collection[str]) -> list[tuple[str, int]]:
    """Return the two words of rules that a word consists of, with their places; empty if it does not."""
    for cut in range(3, min(len(word) - 2, GLUED_MOST)):
        if word[:cut] in paired and word[cut:] in paired:
            return [(word[:cut], 2 * number), (word[cut:], 2 * number + 1)]
    return []


@lru_cache(maxsize=20_000)
def _plain(word: str) -> str:
    return re.sub(r"(.)\1+", r"\1", word) if len(word) > 4 else word


def _hidden_kinds(word: str, terms: Terms) -> Iterable[str]:
    visible = [(index, letter) for index, letter in enumerate(word) if letter != HIDDEN]
    for term, kind in terms.whole.get((len(word), word[0]), ()):
        if all(term[index] == letter for index, letter in visible):
            yield kind


@lru_cache(maxsize=4)
def _allowed(words: tuple[str, ...]) -> TermIndex:
    index = TermIndex()
    for word in words:
        index.add(word if IS_UNSPACED.search(word) else f" {word} ", INNOCENT)
    return index


# The terms


@cache
def _terms() -> Terms:
    lines = [(file.stem, *each) for file in sorted(FOLDER.glob("*.txt")) for each in _lines(file)]
    groups: dict[str, set[str]] = defaultdict(set)
    for *_, line in lines:
        if line.startswith("@") and " = " in line:
            name, _, words = line.partition(" = ")
            groups[name] |= _forms(words.split())
    terms = Terms()
    for language, kind, line in lines:
        if line.startswith("@") and " = " in line:
            continue
        repeated = DOUBLED if language == ENGLISH else TRIPLED
        if "~" in line:
            _add_near(terms, kind, line, groups)
        else:
            for term in filter(None, map(str.strip, line.split(","))):
                _add(terms, kind, term, repeated)
    return terms


def _lines(file: Path) -> Iterable[tuple[str, str]]:
    kind = ""
    for line in file.read_text("utf-8").splitlines():
        if line.startswith("["):
            kind = line.strip("[] ")
            if kind not in KINDS:
                raise ValueError(f"{file.name} has a section {kind!r}, which is no kind of what is refused")
        elif line and not line.startswith("#"):
            yield kind, line


def _add(terms: Terms, kind: str, term: str, repeated: int) -> None:
    is_innocent = term.startswith("!")
    term = term.removeprefix("!").strip()
    before = {"*": "", "=": f"{BEGIN} "}.get(term[0], " ")
    behind = {"*": "", "$": f" {END}"}.get(term[-1], f" {END}" if term[0] == "=" else " ")
    if is_innocent and IS_UNSPACED.search(term):
        before = behind = ""
    for words in _written(term.strip("*=$"), is_innocent=is_innocent):
        often = 0 if is_innocent or len(set(words)) == 1 else repeated
        terms.index.add(f"{before}{words}{behind}", INNOCENT if is_innocent else kind, repeated=often)
        if repeated == DOUBLED and not is_innocent and kind in HIDDEN_KINDS and len(words) > 3 and words.isalpha():
            terms.whole[len(words), words[0]].append((words, kind))


def _written(term: str, *, is_innocent: bool = False) -> Iterable[str]:
    """Return the forms of a term that may occur in a reading: in its own script, and with lookalikes as Latin letters.

    Innocent terms always have both forms.
    """
    looked = [lookalikes.skeleton(term)] if is_innocent or LATIN.search(term) else []
    return dict.fromkeys(" ".join(WORD.findall(folded(text))) for text in (term, *looked))


def _forms(words: Iterable[str]) -> set[str]:
    return {form for word in words for written in _written(word) for form in (written, _plain(written))}


def _add_near(terms: Terms, kind: str, line: str, groups: dict[str, set[str]]) -> None:
    line, _, unless = line.partition(" unless ")
    left_words, _, rest = line.partition(" ~")
    within, _, right_words = rest.partition(" ")

    def named(words: str) -> frozenset[str]:
        parts = re.split(r"[|\s]+", words.strip())
        return frozenset(
            form for part in parts for form in (groups[part] if part.startswith("@") else _forms([part])) if form
        )

    near = Near(kind, named(left_words), named(right_words), int(within), named(unless) if unless else frozenset())
    terms.near.append(near)
    terms.paired |= near.left | near.right
