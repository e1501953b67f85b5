"""Prompts read as scenes: noun phrase by noun phrase by their names, else as a description by its words and meaning."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from random import Random

from app.reading import hearing, phrases, telling, tokens
from app.reading.describing import Describer
from app.reading.english import ENGLISH
from app.reading.german import GERMAN
from app.reading.grammar import Grammar
from app.reading.hearing import FREE, HAND, PLACE, TAKEN, Heard
from app.reading.lexicon import KIND, NAME, Lexicon, Meaning
from app.reading.phrases import Phrase
from app.reading.reading import BY_KEYWORD, FREELY, Found, Reading
from app.reading.wordbook import HOW, Wordbook, is_strong
from app.text.embedding import Embedding
from sketch.arrangement import Wish
from sketch.scene import MOST_THINGS
from sketch.sketchbook import Drawing

MOST_ITEMS = 6
OTHERS = 3
CLEAR = 9.0
"""From which score on a description is more than free."""

CONTEXT = 0.045
"""What a unit of BM25 of the words around adds to what a head's word means."""

GRAMMARS = {"en": ENGLISH, "de": GERMAN}
PEOPLE = ("person", "hand", "body", "family")
CLASSES = {
    "people": PEOPLE, "person": PEOPLE, "humans": PEOPLE, "human": PEOPLE, "menschen": PEOPLE, "leute": PEOPLE,
    "personen": PEOPLE, "animals": ("animal",), "animal": ("animal",), "tiere": ("animal",), "birds": ("animal-bird",),
    "voegel": ("animal-bird",), "cars": ("transport-ground",), "buildings": ("place-building",),
    "faces": ("face", "cat-face", "monkey-face"), "flowers": ("plant-flower",), "blumen": ("plant-flower",),
}  # fmt: skip
"""Words for what is not wanted that mean whole subgroups."""


@dataclass(frozen=True, slots=True)
class _Choice:
    """A phrase, and the concepts that it may mean, the likeliest first."""

    phrase: Phrase
    concepts: tuple[int, ...]
    how: str


class Reader:
    """Reads prompts by a lexicon into drawings of a sketchbook; the same prompt always alike."""

    def __init__(self, lexicon: Lexicon, drawings: Iterable[Drawing], embedding: Embedding | None = None) -> None:
        listed = sorted(drawings, key=lambda drawing: (drawing.name, drawing.style != "flat", drawing.style, drawing.digest))
        known = {concept.name.casefold() for concept in lexicon.concepts}
        added = [(each.name, each.kind, each.words) for each in listed if each.name.casefold() not in known]
        self.wordbook = Wordbook(lexicon, added)
        self.describer = Describer(self.wordbook, embedding)
        self._drawings: dict[int, list[Drawing]] = {}
        for each in listed:
            self._drawings.setdefault(self.wordbook.numbers[each.name.casefold()], []).append(each)

    def read(self, prompt: str, *, leave_out: str = "", language: str = "en", seed: int = 0) -> Reading:
        """Read a prompt, in English or German; ``language`` decides where its words do not.

        ``leave_out`` names what must not be shown; which of the drawings of one name is shown follows from ``seed``.
        """
        spoken = self._language(prompt, language if language in GRAMMARS else "en")
        grammar = GRAMMARS[spoken]
        listed = tokens.tokens(prompt, spoken)
        spans = phrases.names(listed, self.wordbook, spoken, self._colour_words[spoken], grammar.small)
        heard = hearing.heard(listed, grammar, spans)
        banned = self._banned(heard, leave_out)
        choices = self._choices(heard, spans, banned)
        items = self._items(choices, heard, prompt, banned, seed)
        wish = self._wish(heard, choices, items)
        unwanted = tuple(sorted(self.wordbook.concepts[number].name for number in banned))
        return Reading(tuple(items), wish, telling.words(items, wish), tuple(heard.hands), unwanted, spoken)

    @cached_property
    def _colour_words(self) -> dict[str, frozenset[str]]:
        return {name: frozenset(grammar.colours) for name, grammar in GRAMMARS.items()}

    def _language(self, prompt: str, hint: str) -> str:
        """Tell English from German by which of their words a prompt has."""
        points = {"en": 0.0, "de": 0.0}
        english, german = (tokens.tokens(prompt, name) for name in ("en", "de"))
        for token, other in zip(english, german, strict=False):
            if token.kind != tokens.WORD:
                continue
            for name, word in (("en", token.text), ("de", other.text)):
                if word in GRAMMARS[name].small or word in GRAMMARS[name].articles or word in GRAMMARS[name].numbers:
                    points[name] += 1.0
                elif self.wordbook.is_named(word, name) or word in GRAMMARS[name].colours:
                    points[name] += 0.8
        points["de"] += 0.5 * any(each in "äöüßÄÖÜ" for each in prompt)
        if points["en"] == points["de"]:
            return hint
        return max(points, key=lambda name: (points[name], name == hint))

    def _banned(self, heard: Heard, leave_out: str) -> frozenset[int]:
        """Return the concepts that are not wanted, in the prompt's own words or those of the form."""
        language = heard.grammar.language
        words = [(heard.tokens[first:last]) for first, last in heard.unwanted]
        words += [tokens.tokens(part, language) for part in leave_out.split(",")]
        found: set[int] = set()
        for part in words:
            kept = [token for token in part if token.kind != tokens.MARK]
            found |= self._meant(kept, language, heard.grammar)
        return frozenset(found)

    def _meant(self, part: Sequence[tokens.Token], language: str, grammar: Grammar) -> set[int]:
        """Return all concepts that words which are not wanted may mean."""
        found: set[int] = set()
        at = 0
        while at < len(part):
            for length in range(min(4, len(part) - at), 0, -1):
                words = " ".join(token.text for token in part[at : at + length])
                if length == 1 and (words in grammar.small or words in grammar.articles):
                    continue
                told, form = (tuple(self.wordbook.exactly(words)), words) if part[at].kind == tokens.EMOJI else self.wordbook.find(words, language)
                if not told and words not in CLASSES:
                    continue
                found |= {each.concept for each in told if each.weight >= 0.72 or each.source > KIND and each.weight >= 0.5}
                english = " ".join([*words.split(" ")[:-1], form]) if language == "en" else ""
                for number, concept in enumerate(self.wordbook.concepts):
                    if english and f" {english} " in f" {concept.name.casefold()} " or concept.kind.startswith(CLASSES.get(words, ("\0",))):
                        found.add(number)
                at += length - 1
                break
            at += 1
        return found

    def _choices(self, heard: Heard, spans: list[tuple[int, int]], banned: Collection[int]) -> list[_Choice]:
        """Find the things of a prompt: beyond its place and hands, else in them too."""
        for dropped in ((), (PLACE,), (PLACE, HAND)):
            roles = list(heard.roles)
            heard.roles = [FREE if role in dropped else role for role in roles]
            found = self._found(heard, phrases.phrases(heard, self.wordbook, spans), banned)
            if found and (found[0].how != FREELY or dropped == (PLACE, HAND) or not (set(roles) & {PLACE, HAND})):
                return found
            if not dropped and found and not any(role in (PLACE,) for role in roles) and self._content(heard):
                return found
            heard.roles = roles
        return found

    def _found(self, heard: Heard, listed: list[Phrase], banned: Collection[int]) -> list[_Choice]:
        named = [phrase for phrase in listed if phrase.is_strong and self._left(phrase.meanings, banned)]
        if self._is_description(heard, listed, named, banned):
            return self._described(heard, listed, banned)
        vague = [phrase for phrase in named if not self._is_vague(phrase, heard)]
        kept = vague or named
        if kept:
            extra = [
                phrase for phrase in listed
                if phrase not in kept and phrase.meanings and phrase.meanings[0].weight >= 0.5 and not phrase.of
                and (phrase.determined or phrase.count) and not self._is_vague(phrase, heard) and len(listed) <= 3
            ]  # fmt: skip
            chosen = [phrase for phrase in listed if phrase in kept or phrase in extra]
            return [choice for phrase in chosen if (choice := self._chosen(phrase, heard, banned, alone=len(chosen) == 1))]
        return self._described(heard, listed, banned)

    def _left(self, meanings: Iterable[Meaning], banned: Collection[int]) -> list[Meaning]:
        return [each for each in meanings if each.concept not in banned and each.concept in self._drawings]

    def _is_vague(self, phrase: Phrase, heard: Heard) -> bool:
        word = phrase.word
        if word not in heard.grammar.vague:
            return False
        return phrase.meanings[0].source != NAME or phrase.meanings[0].weight < 0.95

    def _is_description(self, heard: Heard, listed: list[Phrase], named: list[Phrase], banned: Collection[int]) -> bool:
        """Tell a sentence that describes one thing from one that names things."""
        content = self._content(heard)
        if not listed or len(content) < 2:
            return False
        first = listed[0]
        words = [token.text for token in heard.tokens]
        clause = any(word in heard.grammar.clauses for word in words[first.last :][:4])
        starts = heard.grammar.vague & set(heard.phrase(first.first, first.last).split(" ")) or words[0] in ("it", "he", "she", "es")
        if starts and (not first.meanings or self._is_vague(first, heard) or words[0] in ("it", "he", "she", "es")):
            return len([phrase for phrase in named if phrase.is_name]) < 2 or clause
        if starts and clause:
            return True
        vague = first.word and any(word in heard.grammar.vague for word in first.context)
        if vague and first.determined in ("the", "das", "die", "der") and first.last - first.first > 2:
            return True
        if any(phrase.is_name for phrase in named) or len(named) > 1:
            return False
        scores, covered = self.describer.scores(content, heard.grammar.language)
        best = self._best(scores, banned)
        return bool(best) and int(covered[best[0]]) >= 3 and not (named and best[0] == named[0].meanings[0].concept)

    def _content(self, heard: Heard) -> list[str]:
        """Return the words that a description is read by: neither small ones nor what is no thing, but places."""
        small = heard.grammar.small
        return [
            token.text
            for token, role in zip(heard.tokens, heard.roles, strict=True)
            if token.kind == tokens.WORD and role in (FREE, PLACE) and token.text not in small
        ]

    def _best(self, scores: Sequence[float] | object, banned: Collection[int]) -> list[int]:
        ordered = sorted(range(len(self.wordbook.concepts)), key=lambda number: (-float(scores[number]), number))  # type: ignore[index]
        return [number for number in ordered[: 12 + len(banned)] if number not in banned and number in self._drawings][: OTHERS + 1]

    def _described(self, heard: Heard, listed: list[Phrase], banned: Collection[int]) -> list[_Choice]:
        """Read all of a prompt as the description of one thing."""
        content = self._content(heard)
        base: dict[int, float] = {}
        for place, phrase in enumerate(listed):
            for meaning in phrase.meanings:
                worth = (4.0 if not place else 2.0) * meaning.weight
                base[meaning.concept] = max(base.get(meaning.concept, 0.0), worth)
        if not content and not base:
            return []
        scores, _ = self.describer.scores(content, heard.grammar.language, base)
        best = self._best(scores, banned)
        if not best or scores[best[0]] <= 0:
            return []
        whole = Phrase(0, len(heard.tokens), count=listed[0].count if listed else 0, colour=listed[0].colour if listed else "")
        whole.size = listed[0].size if listed else 1.0
        return [_Choice(whole, tuple(best), BY_KEYWORD if scores[best[0]] >= CLEAR else FREELY)]

    def _chosen(self, phrase: Phrase, heard: Heard, banned: Collection[int], *, alone: bool) -> _Choice | None:
        """Rank what a phrase may mean: by its head, and by how much the words around tell of each."""
        left = self._left(phrase.meanings, banned)
        if not left:
            return None
        language = heard.grammar.language
        around = phrase.context + (self._content(heard) if alone else [])
        words = [word for word in around if word not in heard.grammar.small and word not in phrase.word.split(" ")]
        told, _ = self.describer.scores(words, language) if words else (None, None)
        value = {each.concept: each.weight + (CONTEXT * min(8.0, float(told[each.concept])) if told is not None else 0.0) for each in left}
        ordered = sorted(left, key=lambda each: (-value[each.concept], each.concept))
        concepts = [each.concept for each in ordered]
        if len(concepts) <= OTHERS:
            scores, _ = self.describer.scores([*phrase.word.split(" "), *words], language)
            concepts += [number for number in self._best(scores, banned) if number not in concepts]
        return _Choice(phrase, tuple(concepts[: OTHERS + 1]), HOW[ordered[0].source])

    def _items(self, choices: list[_Choice], heard: Heard, prompt: str, banned: Collection[int], seed: int) -> list[Found]:
        items: list[Found] = []
        for choice in choices:
            phrase = choice.phrase
            drawings = [self._drawing(number, seed) for number in choice.concepts]
            own = self._drawings[choice.concepts[0]]
            others = [*drawings[1:], *(each for each in own if each is not drawings[0])]
            count = phrase.count or (0 if not phrase.plural else 3 if len(choices) == 1 else 2)
            start, end = self._span(phrase, heard)
            item = Found(drawings[0], tuple(others[:OTHERS]), prompt[start:end], (start, end), choice.how,
                         max(1, min(MOST_THINGS, count)), phrase.colour, phrase.size)  # fmt: skip
            same = next((n for n, each in enumerate(items) if each.drawing == item.drawing and each.colour == item.colour), None)
            if same is None:
                items.append(item)
            else:
                items[same] = replace(items[same], count=min(MOST_THINGS, items[same].count + item.count))
        return items[:MOST_ITEMS]

    def _drawing(self, number: int, seed: int) -> Drawing:
        """Choose among the drawings of one name: the first, or as a seed has it."""
        own = self._drawings[number]
        return own[0] if not seed else Random(f"drawing:{seed}:{own[0].name}").choice(own)  # noqa: S311 - drawn to be drawn again

    def _span(self, phrase: Phrase, heard: Heard) -> tuple[int, int]:
        part = heard.tokens[phrase.first : max(phrase.last, phrase.first + 1)]
        return (part[0].start, part[-1].end) if part else (0, 0)

    def _wish(self, heard: Heard, choices: list[_Choice], items: list[Found]) -> Wish:
        relation = ""
        if len(choices) == 2 and len(items) == 2:
            first, second = choices[0].phrase, choices[1].phrase
            between = f" {heard.phrase(first.head[1], second.head[0])} "
            relation = next((meaning for pattern, meaning in heard.grammar.relations if pattern.search(between)), "")
            if relation == "in" and items[1].drawing.kind == "clothing":
                relation = "wearing"
            if relation == "holding" and items[1].drawing.kind == "clothing":
                relation = "wearing"
            if relation == "beside" and " with " not in between and not any(f" {word} " in between for word in ("next", "beside", "by", "near", "neben", "bei")):
                relation = ""
        return Wish(heard.kind, heard.time, heard.weather, heard.ground, relation, heard.composition)


__all__ = ["TAKEN", "Reader"]
