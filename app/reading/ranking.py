"""Rank the concepts that a prompt may mean: of each phrase, or of the whole prompt as a description of one thing."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import islice, pairwise
from random import Random

from app.reading import ideas, phrase_filters
from app.reading.clauses import are_listed, has_clause, is_sure
from app.reading.describing import Describer, Floats
from app.reading.lexicon import KEYWORD, KIND, NAME, SYNONYM, WIDER, Meaning
from app.reading.prompt import FREE, MARK, PLACE, SKIPPED, STYLE, WORD, Choice, Phrase, Prompt
from app.reading.reading import BY_KEYWORD, BY_KIND, BY_NAME, FREELY
from app.reading.unwanted import Excluded
from sketch import keys

OTHERS = 3
IN_A_STUDIO = "artist", "easel", "artist palette", "framed picture", "marble bust", "vase of roses"
"""What a prompt that is only a painter's name shows one of."""

AKIN = 0.7
"""The least similarity at which a place is shown as a related thing: a forest as a tree, but a table not as a clamp."""

CLEAR, FAINT, FAINT_WORDS = 9.0, 6.0, 2.0
"""The least scores of a description that counts as found by keyword, of any result, and of any by words alone."""

CONTEXT, CONTEXT_MOST = 0.045, 8.0
"""The weight of a BM25 unit of the context for the meaning of a head word, and the most units that count."""

COVERED, SHARE = 3, 0.6
"""The least number and share of a sentence's words that must describe one concept for it to be a description."""

SUBSTITUTE = 0.15
"""What a drawing that stands for a thing loses where the thing itself can be drawn."""

HINTED = 0.3
"""The weight of a hinted kind for the meanings of the word itself: a vegetable is a carrot, not a sandwich."""

HINT = 2.5
"""The score that a hint adds to all concepts of its kind, such as animals or clothing."""

KIND_MIN = 5.0
"""The least BM25 score of a kind of a thing for the kind to be meant."""

UNASKED = ("face", "cat-face", "monkey-face", "hand", "body", "emotion", "heart", "person", "family")
"""Subgroups that are not drawn at random: they are many, and show no thing."""


def rank(
    openings: Sequence[tuple[Prompt, Sequence[Phrase]]],
    describer: Describer,
    drawn: frozenset[int],
    excluded: Excluded,
    dice: Random,
) -> tuple[Prompt, list[Choice]]:
    """Return the things in a prompt, and the prompt with the setting that its other nouns name.

    :param openings: the prompt with its phrases; then with those of its place and its style, whose things are used
        only if there is nothing clearer.
    :param drawn: the concepts that have drawings.
    :param dice: chooses what is shown for a prompt with only a style or unwanted things.
    """
    (prompt, _), choices = openings[0], list[Choice]()
    style_alone = bool(prompt.tokens) and all(token.role == STYLE for token in prompt.tokens)
    style_alone |= bool(prompt.styles) and all(token.kind == MARK for token in prompt.tokens)  # an added style
    for opened, phrases in () if style_alone else openings:
        kept = [each for each in phrases if not excluded.words & {*keys.forms(each.word, prompt.grammar.language)}]
        annotated, found = _Ranker(opened, describer, drawn, excluded.concepts).choices(kept)
        prompt = replace(prompt, wish=replace(prompt.wish, kind=annotated.wish.kind, time=annotated.wish.time))
        if found and (found[0].how != FREELY or not choices):
            choices = found
        if choices and choices[0].how != FREELY:
            break
    prompt, shown = ideas.show(prompt, choices, describer.wordbook.numbers, drawn - excluded.concepts)
    choices = shown or choices
    if len(choices) < 2 and not shown:
        free = [token.text for token in prompt.tokens if token.role == FREE]
        prompt = _with_setting(prompt, [each.phrase.word for each in choices] or free)
    wish = prompt.wish
    is_open = (prompt.unwanted or style_alone) and not (wish.kind or wish.time or wish.weather or wish.ground)
    if style_alone and not choices and any(prompt.line.spans(prompt.grammar.painters)):
        numbers = [describer.wordbook.numbers.get(name, -1) for name in IN_A_STUDIO]
        numbers = [number for number in dice.sample(numbers, len(numbers)) if number in drawn - excluded.concepts]
        choices = [Choice(Phrase(0, len(prompt.tokens)), tuple(numbers[: OTHERS + 1]), FREELY)] if numbers else []
    if not choices and is_open:
        choices = _Ranker(prompt, describer, drawn, excluded.concepts).drawn_by(dice)
    return prompt, choices


def _with_setting(prompt: Prompt, nouns: Sequence[str]) -> Prompt:
    """Return the prompt with the place and time that nouns name, if it has none yet."""
    wish, grammar = prompt.wish, prompt.grammar
    kind = wish.kind or next(filter(None, map(grammar.place_of, nouns)), "")
    time = wish.time or next(filter(None, map(grammar.time_of, nouns)), "")
    return replace(prompt, wish=replace(wish, kind=kind, time=time))


@dataclass(frozen=True)
class _Ranker:
    """A prompt, and the concepts that may be shown for it."""

    prompt: Prompt
    describer: Describer
    drawn: frozenset[int]
    excluded: frozenset[int]

    @cached_property
    def allowed(self) -> frozenset[int]:
        """Return the drawn concepts that are not excluded."""
        return self.drawn - self.excluded

    @cached_property
    def dull(self) -> frozenset[str]:
        """Return the subgroups of which at least half of the drawn concepts are excluded."""
        kinds = [Counter(self._kind(number) for number in each) for each in (self.drawn, self.drawn & self.excluded)]
        return frozenset(kind for kind, number in kinds[1].items() if 2 * number >= kinds[0][kind])

    @cached_property
    def content(self) -> list[str]:
        """Return the words of a description: without small words, styles and other taken words, but with places."""
        grammar, found, has_parts = self.prompt.grammar, list[str](), False
        for token in self.prompt.tokens:
            has_parts |= token.text in grammar.having
            is_word = token.kind == WORD and token.role in (FREE, PLACE, SKIPPED)
            if is_word and token.text not in grammar.small and not (has_parts and token.text in grammar.attached):
                found.append(token.text)
        return found

    def choices(self, phrases: Sequence[Phrase]) -> tuple[Prompt, list[Choice]]:
        """Return the things of these phrases, and the prompt with the setting that the others name."""
        several = {index: things for index, phrase in enumerate(phrases) if (things := self._parts(phrase))}
        if several:
            rest = [each for index, each in enumerate(phrases) if index not in several and each.is_strong]
            prompt, others = self.choices(rest) if rest else (self.prompt, [])
            return prompt, [part for things in several.values() for part in things] + others
        grammar, wordbook, tokens = self.prompt.grammar, self.describer.wordbook, self.prompt.tokens
        phrases = phrase_filters.without_parts(grammar, tokens, phrases)
        phrases = phrase_filters.with_figures(phrases, grammar, wordbook, self.allowed)
        phrases = phrase_filters.without_stray_actions(grammar, wordbook, tokens, phrases)
        phrases = phrase_filters.with_groups(grammar, wordbook, phrases)
        if self._is_bare_place(phrases) or ideas.is_of_colours(self.prompt, self.content, self.describer.wordbook):
            return self.prompt, []
        named = [each for each in phrases if self._names(each)]
        if self._is_description(phrases, named):
            return self.prompt, self._described(phrases)
        heads = {each.head for each in named}
        phrases = phrase_filters.without_measures(self.prompt.grammar, phrases)
        named = [each for each in phrases if each.head in heads]
        named = [each for each in named if not self._is_smiley(each)] or named
        clear = [each for each in named if not self._is_vague(each) or self._is_one_of_a_list(each, named)]
        prompt, kept = self._without_places(clear or named, phrases)
        if not kept:
            return prompt, self._described(phrases)
        kept += [each for each in phrases if each not in kept and self._is_meant_too(each, phrases, prompt)]
        kept.sort(key=lambda phrase: phrase.first)
        return prompt, self._narrowed(kept) or [self._chosen(each, alone=len(kept) == 1) for each in kept]

    def drawn_by(self, dice: Random) -> list[Choice]:
        """Return a random choice of a thing, of no subgroup that is mostly excluded."""
        left = [
            number
            for number in sorted(self.allowed)
            if not self._kind(number).startswith(UNASKED) and self._kind(number) not in self.dull
        ]
        chosen = dice.sample(left, min(len(left), OTHERS + 1))
        return [Choice(Phrase(0, len(self.prompt.tokens)), tuple(chosen), FREELY)] if chosen else []

    def _kind(self, number: int) -> str:
        return self.describer.wordbook.concepts[number].kind

    def _left(self, meanings: Iterable[Meaning]) -> list[Meaning]:
        return [each for each in meanings if each.concept in self.allowed]

    def _parts(self, phrase: Phrase) -> list[Choice]:
        """Return a choice for each thing that a collective word names, such as "seasons"; empty without such a word."""
        numbers = self.describer.wordbook.numbers
        things = (numbers.get(name) for name in phrase_filters.parts_of_whole(self.prompt.grammar, phrase))
        one = replace(phrase, count=1, plural=False)
        return [Choice(one, (each,), BY_KIND) for each in things if each in self.allowed]

    def _names(self, phrase: Phrase) -> bool:
        return bool((phrase.is_strong and self._left(phrase.meanings)) or self._replacements(phrase))

    def _without_places(self, kept: list[Phrase], phrases: Sequence[Phrase]) -> tuple[Prompt, list[Phrase]]:
        """Return the phrases without places, which become the setting if there are other things: a table with fruit."""
        grammar, wish = self.prompt.grammar, self.prompt.wish
        # A table and a chair are two things; of "a table with fruit" the table is the setting. A place that is to be
        # seen is the second thing (an apple on a table), and the setting if there are more.
        is_listed = any(are_listed(self.prompt, *pair) for pair in pairwise(kept))
        is_ground = len(kept) > 1 and not is_listed
        sights = {each.first for each in kept if self.prompt.sights & {*range(*each.head)}}
        grounds = {each.first for each in kept if is_ground and each.word in grammar.grounds} - sights
        others = [each for each in kept if each.first not in sights and not self._is_time(each)]
        grounds |= sights if len(others) != 1 else set()
        unsure = [each for each in kept if not each.meanings[0].is_sure or each.first in grounds]
        if unsure and unsure[0] is kept[0] and kept[0].is_name and kept[0].first not in grounds:
            del unsure[0]  # a garden with a tree is a picture of the garden
        places = {each.first: place for each in unsure if (place := grammar.place_of(each.word))}
        things = [each for each in kept if each.first not in places and not self._is_time(each)]
        if kept and not things:
            things = [each for each in phrases if each not in kept and self._left(each.meanings)]
        if not things:
            return self.prompt, [each for each in kept if each.first not in sights] or kept
        for each in phrases:
            if each not in things:
                kind = wish.kind or (grammar.place_of(each.word) if each.determined else "")
                wish = replace(wish, kind=kind, time=wish.time or grammar.time_of(each.word))
        kind = wish.kind or next(iter(places.values()), "")
        return replace(self.prompt, wish=replace(wish, kind=kind)), things

    def _is_time(self, phrase: Phrase) -> bool:
        """Return whether a phrase names a time, such as a night, and no wanted drawing has this name."""
        is_shown = phrase.is_name and phrase.meanings[0].concept not in self.excluded
        return not is_shown and bool(self.prompt.grammar.time_of(phrase.word))

    def _is_vague(self, phrase: Phrase) -> bool:
        is_sure = phrase.is_name and phrase.meanings[0].weight > 0.95
        return phrase.word in self.prompt.grammar.vague and not is_sure

    def _is_smiley(self, phrase: Phrase) -> bool:
        """Return whether a face or a heart would show an idea: a cat full of joy."""
        grammar = self.prompt.grammar
        is_idea = any(form in grammar.ideas for form in keys.forms(phrase.word, grammar.language))
        return is_idea and self._kind(phrase.meanings[0].concept).startswith(UNASKED)

    def _is_one_of_a_list(self, phrase: Phrase, named: Sequence[Phrase]) -> bool:
        """Return whether a vague word is a thing beside others: a tree and a building."""
        pairs = [pair for pair in pairwise(named) if phrase in pair and all(map(is_sure, pair))]
        return phrase.determined in self.prompt.grammar.ones and any(are_listed(self.prompt, *pair) for pair in pairs)

    def _is_bare_place(self, phrases: Sequence[Phrase]) -> bool:
        """Return whether a prompt is only a place without a drawing, or an empty place: only a setting is shown."""
        if len(phrases) != 1:
            return False
        grammar, phrase = self.prompt.grammar, phrases[0]
        places = [word for word in (phrase.word, *phrase.context) if grammar.place_of(word)]
        rest = set(self.content) - set(places) - grammar.colours.keys() - grammar.sizes.keys()
        meanings = self._left(phrase.meanings)
        is_shown = bool(meanings) and meanings[0].is_sure and not rest & grammar.negation.bare
        if not places or rest - grammar.negation.bare or is_shown:
            return False
        described = [] if rest else self._described(phrases)
        return not described or self.describer.likeness(places[0], described[0].concepts[0]) < AKIN

    def _is_meant_too(self, phrase: Phrase, phrases: Sequence[Phrase], prompt: Prompt) -> bool:
        """Return whether a phrase that matches only by keyword is a thing too, by its number or article."""
        left, place = self._left(phrase.meanings), prompt.grammar.place_of(phrase.word)
        is_determined = bool(left) and left[0].weight >= 0.5 and bool(phrase.determined or phrase.count)
        is_no_thing = phrase.of or place or self._is_time(phrase) or self._is_vague(phrase)
        return is_determined and not is_no_thing and len(phrases) <= 3

    def _is_description(self, phrases: Sequence[Phrase], named: Sequence[Phrase]) -> bool:
        """Return whether a sentence describes one thing, instead of naming things."""
        if not phrases or len(self.content) < 2:
            return False
        grammar, tokens, first = self.prompt.grammar, self.prompt.tokens, phrases[0]
        is_asked = tokens[-1].text in ("it", "damit") and not is_sure(first)
        if (is_asked or tokens[0].text in grammar.openers) and not self.prompt.unwanted:
            return True
        own = {token.text for token in tokens[first.first : first.last]}
        clause = has_clause(self.prompt, first)
        if grammar.vague & own and (not first.meanings or self._is_vague(first)):
            return clause or sum(each.is_name for each in named) < 2
        if first.word in grammar.classes and len(phrases) > 1 and phrases[1].of:
            return True
        is_open = first.determined in grammar.articles and bool(grammar.vague & {*first.context}) and len(own) > 2
        if clause and (first.word in grammar.vague | grammar.classes or is_open):
            return True
        return self._is_covered(phrases, named)

    def _is_covered(self, phrases: Sequence[Phrase], named: Sequence[Phrase]) -> bool:
        """Return whether most words of a sentence describe one concept that none of its phrases names."""
        if len(named) > 1 and are_listed(self.prompt, phrases[0], phrases[1]):
            return False
        if any(are_listed(self.prompt, *pair) for pair in pairwise(filter(is_sure, named))):  # a ghost and a bat
            return False
        tokens = self.prompt.tokens
        if any(
            each.is_name and {*self.content} <= {token.text for token in tokens[each.first : each.last]}
            for each in named
        ):  # a frog on a lily pad, which is a drawing's name
            return False
        scores, covered = self.describer.scores(self.content, self.prompt.grammar.language)
        best = self._best(scores)
        sure = sum(each.meanings[0].is_sure for each in named)
        are_two = sum(map(is_sure, named)) > 1 or (sure > 1 and is_sure(phrases[0]))
        # A robot that kicks a ball is two things; but all words of "a man riding a horse" describe a rider.
        share = 1.0 if are_two else SHARE
        is_covered = bool(best) and covered[best[0]] >= max(COVERED, share * len(self.content))
        return is_covered and not any(best[0] == phrase.meanings[0].concept for phrase in named)

    def _narrowed(self, kept: Sequence[Phrase]) -> list[Choice]:
        """Return the kind that a thing's description means, and other things, or nothing: an owl for a wise bird."""
        first, language = kept[0], self.prompt.grammar.language
        wide = {each.concept for each in self._left(first.meanings) if self._is_kind(each, first.word)}
        if has_clause(self.prompt, first):
            wide |= {*map(int, self.describer.evidence([first.word], language)[1].nonzero()[0])} & self.allowed
        if not wide or (len(kept) > 1 and are_listed(self.prompt, first, kept[1])):
            return []
        own = set(first.word.split(" "))
        words = [word for word in dict.fromkeys([*self.content, *first.context]) if word not in own]
        evidence, covered = self.describer.evidence(words, language)
        best, *others = sorted(wide, key=lambda number: (-evidence[number], number))
        mine = first.meanings[0].concept
        if covered[best] < 2 or evidence[best] < max(KIND_MIN, evidence[mine] + 1.0):
            return []
        concepts = tuple(dict.fromkeys((best, mine, *others)))[: OTHERS + 1]
        rest = [each for each in kept[1:] if not self.describer.evidence(each.word.split(" "), language)[1][best]]
        return [Choice(first, concepts, BY_KIND), *(self._chosen(each, alone=False) for each in rest)]

    def _is_kind(self, meaning: Meaning, word: str) -> bool:
        """Return whether a concept is a kind of what the word names: an owl for "bird", a teddy bear for "bear"."""
        name = self.describer.wordbook.concepts[meaning.concept].name.casefold()
        return meaning.source == WIDER or (meaning.source == KEYWORD and name.endswith(f" {word}"))

    def _best(self, scores: Floats) -> list[int]:
        """Return the allowed concepts with the highest positive scores, at most ``OTHERS + 1``."""
        order = (int(number) for number in (-scores).argsort(kind="stable") if scores[number] > 0)
        return list(islice((number for number in order if number in self.allowed), OTHERS + 1))

    def _described(self, phrases: Sequence[Phrase]) -> list[Choice]:
        """Return the choice for the whole prompt as a description of one thing; empty if it describes nothing."""
        grammar, base = self.prompt.grammar, dict[int, float]()
        for index, phrase in enumerate(phrases):
            for meaning in phrase.meanings:
                worth = (2.0 if index else 4.0) * meaning.weight
                base[meaning.concept] = max(base.get(meaning.concept, 0.0), worth)
        of_kind = {number: value for phrase in phrases for number, value in self._replacements(phrase).items()}
        is_open = self.prompt.unwanted and not set(self.content) - (grammar.vague - grammar.kinds.keys())
        if is_open and not of_kind:
            return []  # "something, but not a flower" may be anything
        for number, value in of_kind.items():
            base[number] = max(base.get(number, 0.0), 4.0 * value)
        for word in {token.text for token in self.prompt.tokens} & grammar.kinds.keys():
            for number in self.describer.of_kind(grammar.kinds[word]):
                base[number] = base.get(number, 0.0) + HINT
        scores, _ = self.describer.scores(self.content, grammar.language, base)
        best = self._best(scores)
        if best and scores[best[0]] < CLEAR:  # a free choice must not resemble what is not wanted
            best = [number for number in best if self._kind(number) not in self.dull]
        least = FAINT if self.describer.has_embedding else FAINT_WORDS
        if not best or scores[best[0]] < least or not (self.content or base):
            return []
        first, how = phrases[0] if phrases else Phrase(0, 0), BY_KEYWORD if scores[best[0]] >= CLEAR else FREELY
        count = 0 if first.first or how == FREELY else first.count  # "101" is not so many of anything
        whole = Phrase(0, len(self.prompt.tokens), count=count, colour=first.colour, size=first.size,
                       word=first.word or (first.context or ("",))[-1])  # fmt: skip
        return [Choice(whole, tuple(best), how)]

    def _chosen(self, phrase: Phrase, *, alone: bool) -> Choice:
        """Return the concepts that a phrase may mean, ranked by head word and context, and how they were found."""
        grammar, left, of_kind = self.prompt.grammar, self._left(phrase.meanings), self._replacements(phrase)
        if of_kind:
            source = {each.concept: each.source for each in phrase.meanings}
            left = [Meaning(number, value, source.get(number, KIND)) for number, value in of_kind.items()]
        own = phrase.word.split(" ")
        around = dict.fromkeys([*phrase.context, *(self.content if alone else ())])
        words = [word for word in around if word not in grammar.small and word not in own]
        if any(each.source == NAME for each in left):  # colours and sizes do not tell which of two things is meant
            left = [each if each.source == NAME else each._replace(weight=each.weight - SUBSTITUTE) for each in left]
            words = [word for word in words if word not in grammar.colours and word not in grammar.sizes]
        value = self._values(left, words, phrase.word if phrase.word in grammar.vague else "",
                             2 * CONTEXT if of_kind else CONTEXT)  # fmt: skip
        ordered = sorted(left, key=lambda each: (-value[each.concept], each.concept))
        concepts = dict.fromkeys(each.concept for each in ordered)
        if len(concepts) <= OTHERS:
            concepts |= dict.fromkeys(self._best(self.describer.scores([*own, *words], grammar.language)[0]))
        if len(concepts) <= OTHERS:
            concepts |= dict.fromkeys(self._best(self.describer.like(ordered[0].concept)))
        how = BY_NAME if ordered[0].source <= SYNONYM else BY_KEYWORD if ordered[0].source == KEYWORD else BY_KIND
        if any(token.stands for token in self.prompt.tokens[slice(*phrase.head)]):
            concepts, how = dict.fromkeys([phrase.meanings[0].concept, *concepts]), BY_KIND
        return Choice(phrase, (*concepts,)[: OTHERS + 1], how)

    def _values(self, left: Sequence[Meaning], words: Sequence[str], vague: str, weight: float) -> Mapping[int, float]:
        """Return the score of each meaning: its weight, what the context adds to it, and what a vague word hints at."""
        kinds, language = self.prompt.grammar.kinds, self.prompt.grammar.language
        hinted = next((kinds[form] for form in keys.forms(vague, language) if form in kinds), ("\0",))
        scores = self.describer.scores(words, language)[0] if words else {each.concept: 0.0 for each in left}
        return {
            each.concept: each.weight
            + HINTED * self._kind(each.concept).startswith(hinted)
            + weight * min(CONTEXT_MOST, float(scores[each.concept]))
            for each in left
        }

    def _replacements(self, phrase: Phrase) -> Mapping[int, float]:
        """Return the other concepts of a phrase's kind, with weights, if one of the kind is banned: a fruit, no apple.

        Empty if nothing of the kind is banned, or the phrase names a wanted thing.
        """
        if not self.prompt.unwanted or not phrase.word:
            return {}
        grammar, first = self.prompt.grammar, phrase.meanings[0] if phrase.meanings else None
        word, meanings, kinds = phrase.word, phrase.meanings, grammar.hinted(phrase.word)
        is_thing = first is not None and first.is_sure and first.concept not in self.excluded
        unwanted = {token.text for part in self.prompt.unwanted for token in part}
        if (before := phrase.context[-1:]) and before[0] not in unwanted:
            wider, _ = self.describer.wordbook.find(f"{before[0]} {word}", grammar.language)
            # "a big cat" is a kind, although "a cat" is a thing
            if any(each.concept in self.excluded for each in wider):
                word, meanings, kinds, is_thing = f"{before[0]} {word}", wider, (), False
        is_named = first is not None and first.source == NAME
        is_whole = is_named and word in grammar.vague  # a drawing of fruit may show the apple that is not wanted
        if is_thing and ((is_named and not is_whole) or not kinds):
            return {}
        found = self.describer.others(word, grammar.language, meanings, kinds, self.excluded)
        own = first.concept if is_whole and first is not None else None
        return {number: value for number, value in found.items() if number in self.drawn and number != own}
