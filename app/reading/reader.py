"""Interpret prompts as scenes: noun phrases by the names of drawings, or the whole prompt as a description.

A prompt goes through passes, each of which returns new data: tokenise, correct the spelling, rewrite, negate, annotate,
count, find the phrases, exclude what is unwanted, rank the concepts, and arrange their drawings.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Sequence
from copy import copy
from dataclasses import replace
from functools import lru_cache
from random import Random
from types import MappingProxyType

from app.core.text import prompt_weights, style_mentions, tool_tags
from app.core.text.embedding import Embedding
from app.reading import (
    counted,
    marking,
    measures,
    negations,
    phrases,
    prompt_language,
    ranking,
    rewriting,
    scene_words,
    tokens,
    unread,
    unwanted,
)
from app.reading.describing import Describer
from app.reading.grammar import listed, load
from app.reading.lexicon import SPOKEN, Lexicon
from app.reading.near_words import NearWords
from app.reading.prompt import NEGATED, SKIPPED, Choice, Prompt
from app.reading.ranking import OTHERS
from app.reading.reading import BY_KIND, BY_NAME, FREELY, Found, LookOf, Reading, shown, unseen
from app.reading.weak_drawings import WEAK
from app.reading.wordbook import Wordbook
from sketch import keys, lettering, relations, sketchbook, wording
from sketch.arrangement import Wish
from sketch.relations import BEARING, CLOTHING, CONTAINING, HOLDING
from sketch.scene import MOST_THINGS
from sketch.sketchbook import Drawing
from sketch.styling.drawing_styles import COLOURED, without_modelled

MOST_ITEMS = 6
MOST_LETTERINGS = 2
REMEMBERED = 512
"""How many interpretations are cached; one page needs that of a prompt several times."""

SOME, SOME_OF_EACH = 3, 2
"""The number of things for a plural without a number: if it is the only thing, and if there are several."""

PAIRS = frozenset((
    "glasses", "sunglasses", "goggles", "jeans", "shorts", "briefs", "scissors", "couple with heart", "kiss",
    "headphone", "trousers", "pair of trousers", "headset", "earbuds",
))  # fmt: skip
"""Names of things of which a pair is one drawing."""

FIRST_STYLES = (COLOURED, "flat")
"""The styles of drawings that come before others of the same name, the better first: whole figures before heads."""
NO_NAMES: style_mentions.Names = MappingProxyType({})
ENGLISH, GERMAN = load("en"), load("de")
GRAMMARS = {"en": ENGLISH, "de": GERMAN, keys.OTHER: replace(ENGLISH, language=keys.OTHER)}
WORN_BY = "in", "holding"
HOLDERS, OF = ("person", "animal"), ("of", "von", "mit")
BEHIND_MOST = 5
"""How many words behind a thing may say where it is: a stop sign with a large tree behind it."""

NEXT_TO = listed("next beside by near alongside neben bei beim")


class Reader:
    """The prompt parser: interprets prompts as drawings of a drawing library, deterministically."""

    def __init__(
        self,
        lexicon: Lexicon,
        drawings: Iterable[Drawing],
        embedding: Embedding | None = None,
        *,
        added: Container[str] = (),
        look_of: LookOf = unseen,
        styles: style_mentions.Names = NO_NAMES,
    ) -> None:
        """Create a parser for these drawings.

        Modelled variants are used only if a visitor chooses them, or if a name has no flat drawing.

        :param embedding: the table of text embeddings; without it, only words are compared.
        :param added: the digests of drawings whose words are names of theirs, as for any drawing whose name the lexicon
            does not know. The words of other drawings are ignored, because the lexicon has better ones.
        :param look_of: returns the appearance of a drawing by its digest.
        :param styles: the names of added styles, by which prompts name a style and no thing.
        """
        self.styles = styles
        ordered = sorted(drawings, key=lambda each: (each.name, _rank(each), each.style, each.digest))
        known = {concept.name.casefold() for concept in lexicon.concepts}
        named = [each for each in ordered if each.digest in added or each.name.casefold() not in known]
        self.wordbook = Wordbook(lexicon, [(each.name, each.kind, each.words) for each in named])
        self.describer = Describer(self.wordbook, embedding)
        self.drawings = {each.digest: each for each in ordered}
        self._look_of = look_of
        self._speller = tokens.Speller(self.wordbook)
        self.near_words = NearWords(self.wordbook, self._speller.names)
        self._drawings: dict[int, list[Drawing]] = {}
        for each in ordered:
            self._drawings.setdefault(self.wordbook.numbers[each.name.casefold()], []).append(each)
        self._drawings = {number: without_modelled(own) for number, own in self._drawings.items()}
        self._drawn = frozenset(self._drawings)
        self.again = lru_cache(maxsize=REMEMBERED)(self.read)

    def read(self, prompt: str, *, leave_out: str = "", language: str = "en", seed: int = 0) -> Reading:
        """Return the interpretation of a prompt in English or German.

        If no word is of either language, the prompt may be a name in another one. Prompt weights are ignored.

        :param leave_out: the negative prompt: unwanted things, separated by commas.
        :param language: the language if the words do not decide it.
        :param seed: chooses among the drawings of one name, and what an open prompt shows.
        """
        tagged = tool_tags.split(prompt)
        prompt = prompt_weights.plain(tagged.text)
        mentions = style_mentions.find(prompt, self.styles)
        prompt = style_mentions.blank(prompt, mentions)
        leave_out = prompt_weights.plain(", ".join(filter(None, (leave_out, tagged.negative))))
        spoken = self.language_of(prompt, language if language in SPOKEN else "en")
        named = tuple(dict.fromkeys(each.words for each in mentions))
        reading = self._read(prompt, leave_out, spoken, seed, named)
        if all(item.how == FREELY for item in reading.items) and self._may_be_foreign(prompt, reading, named):
            other = self._read(prompt, leave_out, keys.OTHER, seed, named)
            reading = other if any(item.how == BY_NAME for item in other.items) else reading
        return replace(reading, ignored=tagged.ignored)

    def with_styles(self, styles: style_mentions.Names) -> Reader:
        """Return a parser like this one for other names of added styles; it shares all but its cache."""
        other = copy(self)
        other.styles = styles
        other.again = lru_cache(maxsize=REMEMBERED)(other.read)
        return other

    def language_of(self, prompt: str, hint: str) -> str:
        """Return the language of a prompt, ``en`` or ``de``, by its known words; ``hint`` if they do not decide it."""
        return prompt_language.find(prompt, hint, self.wordbook)

    def name_of(self, drawing: Drawing, language: str) -> str:
        """Return the name of a drawing in a language, or its English name if that is unknown."""
        number = self.wordbook.numbers.get(drawing.name.casefold())
        german = "" if number is None or language != "de" else self.wordbook.concepts[number].german
        return german or drawing.name

    def _may_be_foreign(self, prompt: str, reading: Reading, named: tuple[str, ...]) -> bool:
        """Return whether the parser found nothing in a prompt, and it has no English or German article."""
        words = {token.text for name in SPOKEN for token in tokens.tokenise(prompt, name)}
        articles = words & (ENGLISH.articles | GERMAN.articles - {"des"})
        is_plain = not reading.unwanted and reading.style_names == named and reading.wish == Wish(reading.wish.kind)
        return not articles and is_plain

    def _read(self, text: str, leave_out: str, spoken: str, seed: int, named: tuple[str, ...]) -> Reading:
        grammar = GRAMMARS[spoken]
        left_out = tuple(tokens.tokenise(part, spoken) for part in leave_out.split(","))
        prompt = Prompt(text, tokens.tokenise(text, spoken), grammar, left_out=left_out, styles=named)
        prompt = self._speller.correct(prompt)
        prompt = rewriting.rewrite(prompt, self.wordbook)
        prompt = replace(prompt, names=self.wordbook.names(prompt.tokens, grammar))
        prompt = negations.negate(prompt, self.wordbook)
        prompt = scene_words.annotate(prompt, self.wordbook)
        prompt = measures.count(prompt)
        openings = phrases.find(prompt, self.wordbook)
        excluded = unwanted.exclude(prompt, openings[0][1], self.describer)
        dice = Random(f"anything:{seed}:{text}".encode("utf-8", "replace"))  # noqa: S311 - drawn to be drawn again
        prompt, choices = ranking.rank(openings, self.describer, self._drawn, excluded, dice)
        items = self._items(choices, prompt, seed)
        letterings = _letterings(prompt)
        if letterings and all(item.is_free for item in items):
            items = []
        relation = _relation(prompt, choices, items) if len(choices) == len(items) > 1 else ""
        relation = relation if len(items) == 2 or relation in relations.OF_MORE else ""
        wish = replace(prompt.wish, relation=relation)
        items += letterings
        words, _ = wording.describe_scene(shown(items), wish)
        names = tuple(sorted(self.wordbook.concepts[number].name for number in excluded.concepts))
        foreign = (*prompt.unshown, *unread.find(text, items, spoken, self.wordbook))
        marks = marking.mark(prompt, choices, items, wish, self.wordbook, self._drawn)
        return Reading(
            tuple(items), wish, words, prompt.styles, names, spoken, unread=foreign, marks=marks, look_of=self._look_of
        )

    def _items(self, choices: Sequence[Choice], prompt: Prompt, seed: int) -> list[Found]:
        """Return the things for the choices; equal ones are joined, with their counts added."""
        items: list[Found] = []
        some = SOME if len(choices) == 1 else SOME_OF_EACH
        for choice in choices:
            phrase = choice.phrase
            drawing, *others = (self._drawing(number, seed) for number in choice.concepts)
            others += [each for each in self._drawings[choice.concepts[0]] if each is not drawing]
            # A drawing found by keyword has the given number, but a plural alone does not make it several.
            is_several = phrase.plural and choice.how in (BY_NAME, BY_KIND)
            count = phrase.count or (min(some, SOME_OF_EACH if drawing.kind == CLOTHING else some) if is_several else 1)
            count = 1 if (count == 2 or not phrase.count) and drawing.name in PAIRS else count
            is_one = phrase.determined in prompt.grammar.ones
            drawing, variants = self._counted(choice.concepts[0], drawing, count, seed, is_one=is_one)
            part = prompt.tokens[phrase.first : max(phrase.last, phrase.first + 1)]
            start, end = (part[0].start, part[-1].end) if part else (0, 0)
            item = Found(
                drawing,
                tuple(others[:OTHERS]),
                words=prompt.text[start:end],
                span=(start, end),
                how=choice.how,
                count=max(1, min(MOST_THINGS, count)),
                colour=phrase.colour,
                size=phrase.size,
                variants=variants,
                holds=counted.shown_by(drawing) if count > 1 else 1,
            )
            same = [n for n, each in enumerate(items) if each.drawing == drawing and each.colour == item.colour]
            # "The cat" behind "a cat" is no second one.
            is_known = phrase.determined in prompt.grammar.definite and not phrase.count
            if same and not is_known:
                items[same[0]] = replace(items[same[0]], count=min(MOST_THINGS, items[same[0]].count + item.count))
            elif not same and len(items) < MOST_ITEMS:
                items.append(item)
        return items

    def _counted(
        self, number: int, drawing: Drawing, count: int, seed: int, *, is_one: bool
    ) -> tuple[Drawing, tuple[Drawing, ...]]:
        """Return the drawing of which several are shown, and others of its name that may be among them."""
        if count < 2:
            return counted.uncounted(drawing, self._drawings[number], is_one=is_one), ()
        found = counted.single(drawing, self._drawings[number], count)
        if isinstance(found, str):
            number = self.wordbook.numbers.get(found.casefold(), number)
            found = self._drawing(number, seed) if number in self._drawings else drawing
        return found, counted.variants(found, self._drawings[number])

    def _drawing(self, number: int, seed: int) -> Drawing:
        """Return one of the drawings of a concept: the first for seed 0, else a random one by the seed.

        Drawings that are hard to recognise are taken only if all are.
        """
        own = self._drawings[number]
        own = [each for each in own if each.digest not in WEAK] or own
        if own[0].style == COLOURED:
            own = [each for each in own if each.style == COLOURED]
        if not seed:
            return own[0]
        return Random(f"drawing:{seed}:{own[0].name}").choice(own)  # noqa: S311 - drawn to be drawn again


def _letterings(prompt: Prompt) -> list[Found]:
    """Return what is to be written in the picture, as things."""
    found = []
    for each in prompt.letterings[:MOST_LETTERINGS]:
        drawing = sketchbook.lettered(lettering.code(each.text))
        if drawing is not None:
            found.append(Found(drawing, (), prompt.text[slice(*each.span)], each.span, BY_NAME))
    return found


def _rank(drawing: Drawing) -> int:
    return FIRST_STYLES.index(drawing.style) if drawing.style in FIRST_STYLES else len(FIRST_STYLES)


def _relation(prompt: Prompt, choices: Sequence[Choice], items: Sequence[Found]) -> str:
    """Return the spatial relation of the first of two things to the second, by the words between them, or ``""``."""
    grammar, (first, second) = prompt.grammar, choices[:2]
    between = prompt.tokens[first.phrase.head[1] : second.phrase.head[0]]
    words = " ".join(token.text for token in between if token.role not in (NEGATED, SKIPPED))
    if behind := _said_behind(prompt, second):
        is_worn = behind == BEARING and items[1].drawing.kind == CLOTHING
        return "wearing" if is_worn else behind
    found = _named_relation(prompt, words)
    is_with = found == HOLDING and bool({*words.split(" ")} & grammar.having)
    if relations.is_container(items[0].drawing.name) and (is_with or words in OF):
        return CONTAINING
    if is_with and len(items) > 2 and not items[0].drawing.kind.startswith(HOLDERS):
        return ""
    if found in WORN_BY and items[1].drawing.kind == CLOTHING:
        return "wearing"
    if found == "on" and grammar.upright & {*keys.forms(second.phrase.word, grammar.language)}:
        return "in front"
    return "" if found == "beside" and not NEXT_TO & set(words.split(" ")) else found


def _named_relation(prompt: Prompt, words: str) -> str:
    return next((relation for pattern, relation in prompt.grammar.relations if pattern.search(f" {words} ")), "")


def _said_behind(prompt: Prompt, second: Choice) -> str:
    """Return the relation that stands behind the second thing: a pumpkin with a candle in it.

    It is the inverse of the second thing's to the first.
    """
    grammar, rest = prompt.grammar, prompt.tokens[second.phrase.last :][:BEHIND_MOST]
    tail = [token.text for token in rest]
    if not {token.text for token in prompt.tokens[: second.phrase.head[0]]} & grammar.having:
        return ""
    pronoun = next((index for index, word in enumerate(tail) if word in grammar.negation.pronouns), 0)
    said = grammar.standing.get(tail[0], "") if tail else ""
    if rest and rest[0].role == SKIPPED and _named_relation(prompt, tail[0]) == "on":
        said = "on"  # with an owl on its head, which is no thing
    said = said or (_named_relation(prompt, " ".join(tail[:pronoun])) if pronoun else "")
    return relations.INVERSE.get(said, "")
