"""Prompts read as scenes: noun phrase by noun phrase by their names, else as a description by its words and meaning."""

from __future__ import annotations

from collections.abc import Container, Iterable, Sequence
from dataclasses import replace
from functools import lru_cache
from random import Random

from app.reading import choosing, hearing, negations, phrases, tokens
from app.reading.choosing import OTHERS, Choice
from app.reading.describing import Describer
from app.reading.grammar import listed as words_of
from app.reading.grammar import load
from app.reading.hearing import Heard
from app.reading.lexicon import Lexicon
from app.reading.phrases import Phrase
from app.reading.reading import BY_KIND, BY_NAME, FREELY, Found, LookOf, Reading, shown, unseen
from app.reading.spelling import Speller
from app.reading.unwanted import unwanted, unwanted_words
from app.reading.wordbook import SURE, Wordbook, is_strong
from app.text import prompt_weights
from app.text.embedding import Embedding
from sketch import keys, wording
from sketch.arrangement import Wish
from sketch.scene import MOST_THINGS
from sketch.sketchbook import Drawing
from sketch.styling.drawing_styles import without_modelled

MOST_ITEMS = 6
REMEMBERED = 512
"""How many readings are remembered: of a page, each prompt is read several times."""

SOME, SOME_OF_EACH = 3, 2
"""How many are meant by a plural without a number: of one thing, and of each of several."""

PAIRS = frozenset((
    "glasses", "sunglasses", "goggles", "jeans", "shorts", "briefs", "scissors", "couple with heart", "kiss",
))  # fmt: skip
"""What a pair of is one, as two lovers are."""

FIRST_STYLE = "flat"
SPOKEN = ("en", "de")
ENGLISH, GERMAN = load("en"), load("de")
GRAMMARS = {"en": ENGLISH, "de": GERMAN, keys.OTHER: replace(ENGLISH, language=keys.OTHER)}
COLOURS = {name: frozenset(grammar.colours) for name, grammar in GRAMMARS.items()}
CLOTHING, WORN_BY = "clothing", ("in", "holding")
NEXT_TO = words_of("next beside by near alongside neben bei beim")


class Reader:
    """Reads prompts by a lexicon into drawings of a sketchbook; the same prompt always alike."""

    def __init__(
        self,
        lexicon: Lexicon,
        drawings: Iterable[Drawing],
        embedding: Embedding | None = None,
        *,
        added: Container[str] = (),
        look_of: LookOf = unseen,
    ) -> None:
        """Read by these drawings, of which ``look_of`` says how they look.

        Modelled ones are only shown where they are chosen, or nothing else is there of a name.
        ``added`` are the digests of those whose words are other names of theirs. So are those of drawings whose name
        the lexicon does not know; of others, it knows better.
        """
        listed = sorted(drawings, key=lambda each: (each.name, each.style != FIRST_STYLE, each.style, each.digest))
        known = {concept.name.casefold() for concept in lexicon.concepts}
        named = [each for each in listed if each.digest in added or each.name.casefold() not in known]
        self.wordbook = Wordbook(lexicon, [(each.name, each.kind, each.words) for each in named])
        self.describer = Describer(self.wordbook, embedding)
        self.drawings = {each.digest: each for each in listed}
        self._look_of = look_of
        self._speller = Speller(self.wordbook)
        self._drawings: dict[int, list[Drawing]] = {}
        for each in listed:
            self._drawings.setdefault(self.wordbook.numbers[each.name.casefold()], []).append(each)
        self._drawings = {number: without_modelled(own) for number, own in self._drawings.items()}
        self.again = lru_cache(maxsize=REMEMBERED)(self.read)

    def read(self, prompt: str, *, leave_out: str = "", language: str = "en", seed: int = 0) -> Reading:
        """Read a prompt, in English or German; ``language`` decides where its words do not.

        Where nothing of it is a word of either, it may be a name in another language.

        ``leave_out`` names what must not be shown, with commas between; which of the drawings of one name is shown
        follows from ``seed``. Weights are left out of both.
        """
        prompt, leave_out = prompt_weights.plain(prompt), prompt_weights.plain(leave_out)
        reading = self._read(prompt, leave_out, self._language(prompt, language if language in SPOKEN else "en"), seed)
        if all(item.how == FREELY for item in reading.items) and self._may_be_foreign(prompt, reading):
            other = self._read(prompt, leave_out, keys.OTHER, seed)
            if any(item.how == BY_NAME for item in other.items):
                return other
        return reading

    def name_of(self, drawing: Drawing, language: str) -> str:
        """Name what a drawing shows in a language, as far as that is known."""
        number = self.wordbook.numbers.get(drawing.name.casefold())
        german = "" if number is None or language != "de" else self.wordbook.concepts[number].german
        return german or drawing.name

    def _may_be_foreign(self, prompt: str, reading: Reading) -> bool:
        """Tell whether nothing of a prompt was understood, nor any article of it is English or German."""
        words = {token.text for name in SPOKEN for token in tokens.tokens(prompt, name)}
        articles = words & (ENGLISH.articles | GERMAN.articles - {"des"})
        return not articles and not reading.unwanted and not reading.hands and reading.wish == Wish(reading.wish.kind)

    def _read(self, prompt: str, leave_out: str, spoken: str, seed: int) -> Reading:
        grammar = GRAMMARS[spoken]
        listed = negations.spelled(tokens.tokens(prompt, spoken), grammar, self.wordbook)
        listed = self._speller.mended(listed, grammar)
        spans = phrases.names(listed, self.wordbook, spoken, COLOURS[spoken], grammar.small)
        drawn = [
            span
            for span in spans
            if self.wordbook.is_drawn(" ".join(each.text for each in listed[slice(*span)]), spoken)
        ]
        heard = hearing.heard(listed, grammar, self.wordbook, spans, drawn)
        wanted = [phrase.meanings for phrase in phrases.phrases(heard, self.wordbook, spans) if phrase.meanings]
        named = {first.concept: first.source for first, *_ in wanted if first.source in SURE}
        meant = {each.concept for meanings in wanted for each in meanings if is_strong(each)}
        banned = unwanted(heard, leave_out, self.describer, named, meant)
        chooser = choosing.Chooser(self.wordbook, self.describer, self._drawings, banned, heard)
        without = unwanted_words(heard, leave_out, self.wordbook)
        choices = [] if heard.is_style_alone else chooser.choices(spans, without)
        if len(choices) < 2:
            nouns = [choice.phrase.word for choice in choices] or heard.free()
            heard.kind = heard.kind or next(filter(None, (hearing.place_of(word, grammar) for word in nouns)), "")
            heard.time = heard.time or next(filter(None, (hearing.time_of(word, grammar) for word in nouns)), "")
        if not choices:
            told = f"anything:{seed}:{prompt}".encode("utf-8", "replace")
            choices = chooser.anything(Random(told))  # noqa: S311 - drawn to be drawn again
        items = self._items(choices, heard, prompt, seed)
        wish = self._wish(heard, choices, items)
        words, _ = wording.describe_scene(shown(items), wish)
        names = tuple(sorted(self.wordbook.concepts[number].name for number in banned))
        return Reading(tuple(items), wish, words, tuple(heard.hands), names, spoken, look_of=self._look_of)

    def _language(self, prompt: str, hint: str) -> str:
        """Tell English from German by which of their words a prompt has."""
        points = {"en": 0.0, "de": 0.5 * any(each in "äöüßÄÖÜ" for each in prompt)}
        for name in SPOKEN:
            grammar = GRAMMARS[name]
            words = [token for token in tokens.tokens(prompt, name) if token.kind == tokens.WORD]
            for token in words:
                is_small = (
                    token.text in grammar.small or token.text in grammar.articles or token.text in grammar.numbers
                )
                if is_small and len(words) > 1:  # by itself it says something: war, not "was"
                    points[name] += 1.0
                elif token.text in grammar.colours or self.wordbook.is_named(token.text, name):
                    points[name] += 0.8
        return hint if points["en"] == points["de"] else max(points, key=lambda name: points[name])

    def _items(self, choices: Sequence[Choice], heard: Heard, prompt: str, seed: int) -> list[Found]:
        """Return the drawings for what was chosen; what is said twice counts twice."""
        items: list[Found] = []
        some = SOME if len(choices) == 1 else SOME_OF_EACH
        for choice in choices:
            phrase = choice.phrase
            drawing, *others = (self._drawing(number, seed) for number in choice.concepts)
            others += [each for each in self._drawings[choice.concepts[0]] if each is not drawing]
            # Of what only goes with a word there are as many as it says, but not several because that is in the plural.
            is_several = phrase.plural and choice.how in (BY_NAME, BY_KIND)
            count = phrase.count or (some if is_several else 1)
            count = 1 if count == 2 and drawing.name in PAIRS else count
            start, end = _span(phrase, heard)
            item = Found(drawing, tuple(others[:OTHERS]), prompt[start:end], (start, end), choice.how,
                         max(1, min(MOST_THINGS, count)), phrase.colour, phrase.size)  # fmt: skip
            same = [n for n, each in enumerate(items) if each.drawing == drawing and each.colour == item.colour]
            if same:
                items[same[0]] = replace(items[same[0]], count=min(MOST_THINGS, items[same[0]].count + item.count))
            elif len(items) < MOST_ITEMS:
                items.append(item)
        return items

    def _drawing(self, number: int, seed: int) -> Drawing:
        """Choose among the drawings of one name: the first, or as a seed has it."""
        own = self._drawings[number]
        if not seed:
            return own[0]
        return Random(f"drawing:{seed}:{own[0].name}").choice(own)  # noqa: S311 - drawn to be drawn again

    def _wish(self, heard: Heard, choices: Sequence[Choice], items: Sequence[Found]) -> Wish:
        relation = ""
        if len(choices) == len(items) == 2:
            between = heard.between(choices[0].phrase.head[1], choices[1].phrase.head[0])
            relation = _relation(between, heard, items[1])
        return Wish(
            heard.kind, heard.time, heard.weather, heard.ground, relation, heard.composition, frozenset(heard.avoided)
        )


def _relation(between: str, heard: Heard, second: Found) -> str:
    """Return how the first of two things stands to the second, by the words between them."""
    found = next((told for pattern, told in heard.grammar.relations if pattern.search(f" {between} ")), "")
    if found in WORN_BY and second.drawing.kind == CLOTHING:
        return "wearing"
    return "" if found == "beside" and not NEXT_TO & set(between.split(" ")) else found


def _span(phrase: Phrase, heard: Heard) -> tuple[int, int]:
    """Return from where to where a phrase stands in the prompt."""
    part = heard.tokens[phrase.first : max(phrase.last, phrase.first + 1)]
    return (part[0].start, part[-1].end) if part else (0, 0)
