"""Choose the concepts that a prompt means: one for each phrase, or one that the whole prompt describes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Hashable, Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import chain
from random import Random

from app.reading import hearing, phrases, tokens
from app.reading.describing import Describer, Floats
from app.reading.hearing import FREE, HAND, PLACE, Heard
from app.reading.lexicon import KEYWORD, KIND, WIDER, Meaning
from app.reading.phrases import Phrase
from app.reading.reading import BY_KEYWORD, BY_KIND, FREELY
from app.reading.unwanted import others
from app.reading.wordbook import HOW, SURE, Wordbook
from sketch import keys

OTHERS = 3
STANDING = ("left", "right", "in front", "behind", "below", "above")
"""Relations that show that a prompt names two things; a description of one thing seldom has one."""

AKIN = 0.7
"""The least similarity at which a place is shown as a related thing: a forest as a tree, but a table not as a clamp."""

CLEAR, FAINT = 9.0, 2.0
"""The least scores of a description that counts as found by keyword, and of any result."""

CONTEXT, CONTEXT_MOST = 0.045, 8.0
"""The weight of a BM25 unit of the context for the meaning of a head word, and the most units that count."""

COVERED, SHARE = 3, 0.6
"""The least number and share of a sentence's words that must describe one concept for it to be a description."""

HINTED = 0.3
"""The weight of a hinted kind for the meanings of the word itself: a vegetable is a carrot, not a sandwich."""


HINT = 2.5
"""The score that a hint adds to all concepts of its kind, such as animals or clothing."""

KIND_MIN = 5.0
"""The least BM25 score of a kind of a thing for the kind to be meant."""

UNASKED = ("face", "cat-face", "monkey-face", "hand", "body", "emotion", "heart", "person", "family")
"""Subgroups that are not drawn at random: they are many, and show no thing."""


@dataclass(frozen=True, slots=True)
class Choice:
    """A phrase, the concepts that it may mean (the likeliest first), and how they were found."""

    phrase: Phrase
    concepts: tuple[int, ...]
    how: str


class Chooser:
    """Chooses among the concepts that have drawings and are not excluded."""

    def __init__(
        self, wordbook: Wordbook, describer: Describer, drawn: Collection[int], banned: Collection[int], heard: Heard
    ) -> None:
        self.wordbook, self.describer, self.heard = wordbook, describer, heard
        self._drawn, self._banned = drawn, banned
        self._language = heard.grammar.language
        self._ranked: dict[Hashable, tuple[tuple[int, ...], str]] = {}

    def choices(self, spans: list[tuple[int, int]], unwanted: Collection[str] = ()) -> list[Choice]:
        """Return the things in a prompt, outside its place and style; if there are none, also within these.

        :param unwanted: words whose phrases are ignored, whatever they may mean.
        """
        found: list[Choice] = []
        for opened in ((), (PLACE,), (PLACE, HAND)):
            roles = list(self.heard.roles)
            if opened and not any(role in opened for role in roles):
                continue
            self.heard.roles = [FREE if role in opened else role for role in roles]
            listed = phrases.phrases(self.heard, self.wordbook, spans)
            read = self._found([phrase for phrase in listed if not self._is_unwanted(phrase, unwanted)])
            self.heard.roles = roles
            if read and (read[0].how != FREELY or not found):
                found = read
            if found and found[0].how != FREELY:
                break
        return found

    def anything(self, dice: Random) -> list[Choice]:
        """Return a random choice for a prompt with only a style or unwanted things; empty for any other prompt."""
        heard = self.heard
        if not (heard.unwanted or heard.is_style_alone) or heard.kind or heard.time or heard.weather or heard.ground:
            return []
        concepts = self.wordbook.concepts
        left = [
            number
            for number in sorted(self._drawn)
            if number not in self._banned and not concepts[number].kind.startswith(UNASKED)
            and concepts[number].kind not in self._kinds_banned
        ]  # fmt: skip
        chosen = dice.sample(left, min(len(left), OTHERS + 1))
        return [Choice(Phrase(0, len(heard.tokens)), tuple(chosen), FREELY)] if chosen else []

    @cached_property
    def _kinds_banned(self) -> frozenset[str]:
        """Return the subgroups of which at least half of the drawn concepts are excluded."""
        count = Counter(self.wordbook.concepts[number].kind for number in self._drawn)
        banned = Counter(self.wordbook.concepts[number].kind for number in self._banned if number in self._drawn)
        return frozenset(kind for kind, number in banned.items() if 2 * number >= count[kind])

    def _is_unwanted(self, phrase: Phrase, unwanted: Collection[str]) -> bool:
        return any(form in unwanted for form in keys.forms(phrase.word, self._language))

    def _found(self, listed: list[Phrase]) -> list[Choice]:
        several = {
            phrase.first: things for phrase in listed if (things := phrases.parts(phrase, self.heard, self.wordbook))
        }
        if several:
            others = [phrase for phrase in listed if phrase.first not in several and phrase.is_strong]
            parts = [part for part in chain(*several.values()) if self._left(part.meanings)]
            found = [Choice(part, (part.meanings[0].concept,), BY_KIND) for part in parts]
            return found + (self._found(others) if others else [])
        if self._is_bare_place(listed):
            return []
        named = [
            phrase for phrase in listed if (phrase.is_strong and self._left(phrase.meanings)) or self._others(phrase)
        ]
        if self._is_description(listed, named):
            return self._described(listed)
        following = [*listed[1:], None][: len(listed)]
        listed = [
            phrase
            for phrase, after in zip(listed, following, strict=True)
            if not phrases.only_measures(phrase, after, self.heard.grammar)
        ]
        named = [phrase for phrase in named if phrase in listed]
        kept = [phrase for phrase in named if not self._is_vague(phrase)] or named
        kept = self._without_places(kept, listed)
        if not kept:
            return self._described(listed)
        kept += [phrase for phrase in listed if phrase not in kept and self._is_meant_too(phrase, listed)]
        kept.sort(key=lambda phrase: phrase.first)
        narrowed = self._narrowed(kept)
        if narrowed:
            return narrowed
        alone = len(kept) == 1
        return [self._chosen(phrase, alone=alone) for phrase in kept]

    def _without_places(self, kept: list[Phrase], listed: list[Phrase]) -> list[Phrase]:
        """Return the phrases without places, which become the setting if there are other things: a table with fruit."""
        places = {
            phrase.first: place
            for phrase in kept
            if phrase.meanings[0].source not in SURE and (place := hearing.place_of(phrase.word, self.heard.grammar))
        }
        things = [phrase for phrase in kept if phrase.first not in places and not self._is_time(phrase)]
        if kept and not things:
            things = [phrase for phrase in listed if phrase not in kept and self._left(phrase.meanings)]
        for phrase in listed if things else ():
            if phrase not in things and phrase.determined:
                self.heard.kind = self.heard.kind or hearing.place_of(phrase.word, self.heard.grammar)
                self.heard.time = self.heard.time or hearing.time_of(phrase.word, self.heard.grammar)
        self.heard.kind = self.heard.kind or (next(iter(places.values()), "") if things else "")
        return things or kept

    def _is_time(self, phrase: Phrase) -> bool:
        """Return whether a phrase names a time, such as a night, and no wanted drawing has this name."""
        is_shown = phrase.is_name and phrase.meanings[0].concept not in self._banned
        return not is_shown and bool(hearing.time_of(phrase.word, self.heard.grammar))

    def _is_bare_place(self, listed: list[Phrase]) -> bool:
        """Return whether a prompt is only a place without a drawing, or an empty place: only a setting is shown."""
        if len(listed) != 1:
            return False
        grammar, phrase = self.heard.grammar, listed[0]
        places = [word for word in (phrase.word, *phrase.context) if hearing.place_of(word, grammar)]
        rest = set(self._content()) - set(places) - grammar.colours.keys() - grammar.sizes.keys()
        meanings = self._left(phrase.meanings)
        if not places or rest - grammar.negation.bare or (meanings and meanings[0].source in SURE and not rest):
            return False
        described = [] if rest else self._described(listed)
        return not described or self.describer.likeness(places[0], described[0].concepts[0]) < AKIN

    def _left(self, meanings: Iterable[Meaning]) -> list[Meaning]:
        return [each for each in meanings if each.concept not in self._banned and each.concept in self._drawn]

    def _is_meant_too(self, phrase: Phrase, listed: list[Phrase]) -> bool:
        """Return whether a phrase that matches only by keyword is a thing too, by its number or article."""
        left = self._left(phrase.meanings)
        is_determined = bool(left) and left[0].weight >= 0.5 and bool(phrase.determined or phrase.count)
        place = hearing.place_of(phrase.word, self.heard.grammar)
        is_no_thing = phrase.of or place or self._is_time(phrase) or self._is_vague(phrase)
        return is_determined and not is_no_thing and len(listed) <= 3

    def _is_vague(self, phrase: Phrase) -> bool:
        is_sure = phrase.is_name and phrase.meanings[0].weight > 0.95
        return phrase.word in self.heard.grammar.vague and not is_sure

    def _is_description(self, listed: list[Phrase], named: list[Phrase]) -> bool:
        """Return whether a sentence describes one thing, instead of naming things."""
        content = self._content()
        if not listed or len(content) < 2:
            return False
        grammar, first = self.heard.grammar, listed[0]
        words = [token.text for token in self.heard.tokens]
        own = set(self.heard.phrase(first.first, first.last).split(" "))
        clause = self._has_clause(first)
        if not self.heard.unwanted and (words[0] in grammar.openers or words[-1] in ("it", "damit")):
            return True
        if grammar.vague & own and (not first.meanings or self._is_vague(first)):
            return clause or len([phrase for phrase in named if phrase.is_name]) < 2
        if first.word in grammar.classes and len(listed) > 1 and listed[1].of:
            return True
        if clause and grammar.vague | grammar.classes & own and first.word in grammar.vague | grammar.classes:
            return True
        if first.determined in grammar.articles and grammar.vague & set(first.context) and len(own) > 2 and clause:
            return True
        return self._is_covered(content, listed, named)

    def _has_clause(self, phrase: Phrase) -> bool:
        """Return whether a relative clause follows; in German it begins with an article after a comma."""
        grammar, words = self.heard.grammar, [token.text for token in self.heard.tokens]
        return any(
            word in grammar.clauses
            and self.heard.roles[place] == FREE
            and self._goes_on(place + 1)
            and (word not in grammar.articles or words[place - 1] == "," or grammar.language == "en")
            for place, word in enumerate(words[phrase.last : phrase.last + 3], phrase.last)
        )

    def _goes_on(self, first: int) -> bool:
        """Return whether a clause has content; "that is" before a negation has none."""
        for token, role in zip(self.heard.tokens[first:], self.heard.roles[first:], strict=True):
            if token.kind == tokens.MARK or role not in (FREE, PLACE):
                return False
            if token.text not in self.heard.grammar.small:
                return True
        return False

    def _is_covered(self, content: list[str], listed: list[Phrase], named: list[Phrase]) -> bool:
        """Return whether most words of a sentence describe one concept that none of its phrases names."""
        if len(named) > 1 and self._are_listed(listed[0], listed[1]):
            return False
        scores, covered = self.describer.scores(content, self._language)
        best = self._best(scores)
        if not best or covered[best[0]] < max(COVERED, SHARE * len(content)):
            return False
        return not any(best[0] == phrase.meanings[0].concept for phrase in named)

    def _are_listed(self, first: Phrase, second: Phrase) -> bool:
        between = self.heard.phrase(first.last, second.first).split(" ")
        if first.is_name and second.is_name and second.determined:  # a bat above a castle
            stands = f" {self.heard.phrase(first.head[1], second.head[0])} "
            if any(pattern.search(stands) for pattern, name in self.heard.grammar.relations if name in STANDING):
                return True
        return bool(set(between) & (self.heard.grammar.breaks - {"with", "mit"} | {","}))

    def _narrowed(self, kept: list[Phrase]) -> list[Choice]:
        """Return the kind that a thing's description means, and other things, or nothing: an owl for a wise bird."""
        first = kept[0]
        wide = {each.concept for each in self._left(first.meanings) if self._is_kind(each, first.word)}
        if self._has_clause(first):
            counts = self.wordbook.lexicon.term_scores([keys.stem(first.word, self._language)])[1]
            wide |= {
                int(number) for number in counts.nonzero()[0] if number in self._drawn and number not in self._banned
            }
        if not wide or (len(kept) > 1 and self._are_listed(first, kept[1])):
            return []
        own = set(first.word.split(" "))
        words = [word for word in dict.fromkeys([*self._content(), *first.context]) if word not in own]
        evidence, covered = self.wordbook.lexicon.term_scores([keys.stem(word, self._language) for word in words])
        best = max(wide, key=lambda number: (float(evidence[number]) if number < len(evidence) else 0.0, -number))
        mine = first.meanings[0].concept
        if (
            best >= len(evidence)
            or covered[best] < 2
            or evidence[best] < max(KIND_MIN, float(evidence[mine]) + 1.0 if mine < len(evidence) else 0)
        ):
            return []
        ordered = sorted(wide, key=lambda number: (-float(evidence[number]) if number < len(evidence) else 0.0, number))
        about = [phrase for phrase in kept[1:] if not self._tells(phrase, best)]
        concepts = (ordered[0], *(number for number in (mine, *ordered[1:]) if number != ordered[0]))
        chosen = Choice(first, concepts[: OTHERS + 1], BY_KIND)
        return [chosen, *(self._chosen(phrase, alone=False) for phrase in about)]

    def _is_kind(self, meaning: Meaning, word: str) -> bool:
        """Return whether a concept is a kind of what the word names: an owl for "bird", a teddy bear for "bear"."""
        name = self.wordbook.concepts[meaning.concept].name.casefold()
        return meaning.source == WIDER or (meaning.source == KEYWORD and name.endswith(f" {word}"))

    def _is_of(self, concept: int, kinds: tuple[str, ...]) -> bool:
        return self.wordbook.concepts[concept].kind.startswith(kinds)

    def _tells(self, phrase: Phrase, concept: int) -> bool:
        stems = [keys.stem(word, self._language) for word in phrase.word.split(" ")]
        return any(bool(self.wordbook.lexicon.term_scores([each])[1][concept]) for each in stems)

    def _content(self) -> list[str]:
        """Return the words of a description: without small words, styles and other taken words, but with places."""
        small = self.heard.grammar.small
        return [
            token.text
            for token, role in zip(self.heard.tokens, self.heard.roles, strict=True)
            if token.kind == tokens.WORD and role in (FREE, PLACE) and token.text not in small
        ]

    def _best(self, scores: Floats) -> list[int]:
        """Return the drawn, wanted concepts with the highest positive scores, at most ``OTHERS + 1``."""
        found: list[int] = []
        for number in (-scores).argsort(kind="stable"):
            if scores[number] <= 0 or len(found) > OTHERS:
                break
            if int(number) in self._drawn and int(number) not in self._banned:
                found.append(int(number))
        return found

    def _described(self, listed: list[Phrase]) -> list[Choice]:
        """Return the choice for the whole prompt as a description of one thing; empty if it describes nothing."""
        content, kinds = self._content(), self.heard.grammar.kinds
        base: dict[int, float] = {}
        for place, phrase in enumerate(listed):
            for meaning in phrase.meanings:
                worth = (4.0 if not place else 2.0) * meaning.weight
                base[meaning.concept] = max(base.get(meaning.concept, 0.0), worth)
        if not content and not base:
            return []
        of_kind = {number: value for phrase in listed for number, value in self._others(phrase).items()}
        vague = self.heard.unwanted and not set(content) - self.heard.grammar.vague and not set(content) & set(kinds)
        if vague and not of_kind:
            return []  # "something, but not a flower" may be anything
        for number, value in of_kind.items():
            base[number] = max(base.get(number, 0.0), 4.0 * value)
        for word in {token.text for token in self.heard.tokens} & set(kinds):
            for number in self.describer.of_kind(kinds[word]):
                base[number] = base.get(number, 0.0) + HINT
        scores, _ = self.describer.scores(content, self._language, base)
        best = self._best(scores)
        if best and scores[best[0]] < CLEAR:  # a free choice must not resemble what is not wanted
            best = [number for number in best if self.wordbook.concepts[number].kind not in self._kinds_banned]
        if not best or scores[best[0]] < FAINT:
            return []
        whole = Phrase(0, len(self.heard.tokens))
        if listed:
            whole.count = listed[0].count if listed[0].first == 0 else 0
            whole.colour, whole.size = listed[0].colour, listed[0].size
            whole.word = listed[0].word or (listed[0].context or [""])[-1]
        return [Choice(whole, tuple(best), BY_KEYWORD if scores[best[0]] >= CLEAR else FREELY)]

    def _chosen(self, phrase: Phrase, *, alone: bool) -> Choice:
        """Return the choice for a phrase, the same one for the same words."""
        key = (phrase.word, phrase.meanings, tuple(phrase.context), alone)
        if key not in self._ranked:
            self._ranked[key] = self._ranks(phrase, alone=alone)
        return Choice(phrase, *self._ranked[key])

    def _ranks(self, phrase: Phrase, *, alone: bool) -> tuple[tuple[int, ...], str]:
        """Return the concepts that a phrase may mean, ranked by head word and context, and how they were found."""
        left = self._left(phrase.meanings)
        of_kind = self._others(phrase)
        if of_kind:
            source = {each.concept: each.source for each in phrase.meanings}
            left = [Meaning(number, value, source.get(number, KIND)) for number, value in of_kind.items()]
        own = phrase.word.split(" ")
        around = [*phrase.context, *(self._content() if alone else ())]
        words = [word for word in dict.fromkeys(around) if word not in self.heard.grammar.small and word not in own]
        value = self._values(left, words, phrase.word if phrase.word in self.heard.grammar.vague else "",
                             2 * CONTEXT if of_kind else CONTEXT)  # fmt: skip
        ordered = sorted(left, key=lambda each: (-value[each.concept], each.concept))
        concepts = [each.concept for each in ordered]
        if len(concepts) <= OTHERS:
            scores, _ = self.describer.scores([*own, *words], self._language)
            concepts += [number for number in self._best(scores) if number not in concepts]
        if len(concepts) <= OTHERS:
            alike = self._best(self.describer.like(concepts[0]))
            concepts += [number for number in alike if number not in concepts]
        return tuple(concepts[: OTHERS + 1]), HOW[ordered[0].source]

    def _others(self, phrase: Phrase) -> Mapping[int, float]:
        found = others(phrase, self.heard, self.describer, self._banned)
        return {number: value for number, value in found.items() if number in self._drawn}

    def _values(
        self, left: list[Meaning], words: list[str], vague: str, weight: float = CONTEXT
    ) -> Mapping[int, float]:
        kinds = self.heard.grammar.kinds
        hinted = next((kinds[form] for form in keys.forms(vague, self._language) if form in kinds), ())
        value = {
            each.concept: each.weight + (HINTED if hinted and self._is_of(each.concept, hinted) else 0.0)
            for each in left
        }
        if words:
            scores, _ = self.describer.scores(words, self._language)
            for number in value:
                value[number] += weight * min(CONTEXT_MOST, float(scores[number]))
        return value
