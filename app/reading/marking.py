"""Mark each word of a prompt as read, approximated or not read, by what the parser made of it.

A word is read if its thing, colour, size, number or setting is shown; approximated if it led to a drawing that only
stands for it; not read if the scene would be the same without it. Words that name nothing, such as articles, have no
mark.
"""

from collections.abc import Sequence, Set
from dataclasses import replace
from functools import cached_property

from app.reading.lexicon import NAME, Meaning
from app.reading.prompt import EMOJI, FREE, MARK, NEGATED, PLACE, STYLE, TAKEN, WORD, Choice, Prompt, Token
from app.reading.reading import APPROXIMATED, BY_IDEA, BY_KIND, NOT_READ, READ, Found, Mark, WordMark
from app.reading.wordbook import Wordbook
from sketch import keys
from sketch.arrangement import Wish
from sketch.scene import MOST_THINGS

OWN = 0.96
"""The weight above which a word means a thing although a drawing of another thing has the word as its name."""

LONGEST_COLOUR = 3
ORDER = READ, APPROXIMATED, NOT_READ
"""The marks, the best first; a word of several tokens gets the best of theirs."""


def mark(
    prompt: Prompt, choices: Sequence[Choice], items: Sequence[Found], wish: Wish, wordbook: Wordbook,
    drawn: Set[int],
) -> tuple[WordMark, ...]:  # fmt: skip
    """Return the marks of a prompt's words, in their order.

    :param choices: the concepts that were chosen for its phrases.
    :param items: the things that are shown; a choice may have been dropped.
    :param wish: the scene that the prompt asks for.
    :param drawn: the concepts that have drawings.
    """
    shown = {item.drawing.name for item in items}
    marker = _Marker(prompt, [each for each in choices if _name(each, wordbook) in shown], wish, wordbook, drawn)
    marks: dict[tuple[int, int], WordMark] = {}
    for index, token in enumerate(prompt.tokens):
        marked = marker.mark(index, token) if token.kind != MARK else None
        before = marks.get((token.start, token.end))
        if marked and (before is None or ORDER.index(marked.mark) < ORDER.index(before.mark)):
            marks[token.start, token.end] = marked
    found = tuple(marks.values())
    return found if any(each.thing for each in found) else tuple(map(marker.described, found))


def _name(choice: Choice, wordbook: Wordbook) -> str:
    """Return the name of the drawing of a choice."""
    return wordbook.concepts[choice.concepts[0]].name


class _Marker:
    """Marks the tokens of a prompt, one after the other."""

    def __init__(
        self, prompt: Prompt, choices: Sequence[Choice], wish: Wish, wordbook: Wordbook, drawn: Set[int]
    ) -> None:
        self.prompt, self.choices, self.wish = prompt, choices, wish
        self.wordbook, self.drawn, self.grammar = wordbook, drawn, prompt.grammar

    def mark(self, place: int, token: Token) -> WordMark | None:
        """Return the mark of a token, or ``None`` for a word that names nothing."""
        for choice in self.choices:
            if choice.phrase.head[0] <= place < choice.phrase.head[1]:
                return self._head(token, choice)
        if self._is_silent(token):
            return None
        if self._is_shown(place, token):
            return self._marked(token, READ)
        found = self._beside(token)
        return None if found.mark == NOT_READ and token.text in self.grammar.vague else found

    def described(self, found: WordMark) -> WordMark:
        """Return the mark of a word that led to a drawing by the meaning of the prompt alone."""
        whole = next((each for each in self.choices if not each.phrase.meanings), None)
        if whole is None or found.mark != NOT_READ or not self.wordbook.is_known(found.word):
            return found
        return replace(found, mark=APPROXIMATED, thing=_name(whole, self.wordbook))

    def _head(self, token: Token, choice: Choice) -> WordMark:
        """Return the mark of a word that names a thing, or is part of its name."""
        meanings = choice.phrase.meanings
        named = [each for each in meanings if each.source == NAME and each.concept in self.drawn]
        own = next((each for each in meanings if each.concept == choice.concepts[0]), None)
        if choice.how == BY_IDEA or (token.instead and token.capital):  # joy, Berlin
            return self._marked(token, APPROXIMATED, choice)
        is_whole = choice.how == BY_KIND and bool(self.grammar.wholes.keys() & self._forms(token))
        if is_whole or (own is not None and is_own(own, named)):
            return self._marked(token, READ, choice)
        return self._marked(token, APPROXIMATED, choice, is_lacking=not named)

    def _is_silent(self, token: Token) -> bool:
        """Return whether a word is one of grammar, which shows nothing by itself."""
        grammar, text = self.grammar, token.text
        if grammar.is_adjective(text) or token.count:
            return False
        is_small = grammar.is_minor(text) or text in grammar.negation.spelled
        return is_small or token.kind not in (EMOJI, WORD)

    def _is_shown(self, place: int, token: Token) -> bool:
        """Return whether a word that names no thing is heeded: as a number, a setting, a style, a colour or a size."""
        grammar, wish, text = self.grammar, self.wish, token.text
        if token.role == NEGATED:
            return self.wordbook.is_known(text)
        if any(each.span[0] <= token.start and token.end <= each.span[1] for each in self.prompt.letterings):
            return True
        if token.count > MOST_THINGS and token.role != STYLE:
            return False
        if token.role in (TAKEN, STYLE) or (token.count and token.role == FREE):
            return True
        if token.role == PLACE and not any(each.role == PLACE for each in self.prompt.tokens[place + 1 : place + 2]):
            return True  # the noun of a place; the adjectives before it change nothing
        if place in self._related or self._colour(place) in self._colours:
            return True
        if text in grammar.sizes:
            return any(choice.phrase.size == grammar.sizes[text] for choice in self.choices)
        meanings = grammar.place_of(text), grammar.time_of(text), grammar.weather_of(text)
        wanted = wish.kind, wish.time, wish.weather
        return any(meaning and meaning == each for meaning, each in zip(meanings, wanted, strict=True))

    def _beside(self, token: Token) -> WordMark:
        """Return the mark of a word beside the names of things, by what it says of the drawings."""
        forms, language = self._forms(token), self.grammar.language
        meanings = {each.concept: each for each in self.wordbook.find(token.text, language)[0]}
        evidence = self.wordbook.lexicon.term_scores([keys.stem(token.text, language)])[1] if self.choices else ()
        best = self._marked(token, NOT_READ)
        for choice in self.choices:
            number = choice.concepts[0]
            own = meanings.get(number)
            if forms & {*_name(choice, self.wordbook).casefold().split()} or (own is not None and own.is_sure):
                return self._marked(token, READ, choice)
            if best.mark == NOT_READ and (own is not None or (number < len(evidence) and evidence[number])):
                best = self._marked(token, APPROXIMATED, choice)
        return best

    def _marked(self, token: Token, mark: Mark, choice: Choice | None = None, *, is_lacking: bool = False) -> WordMark:
        word = self.prompt.text[token.start : token.end]
        thing = _name(choice, self.wordbook) if choice else ""
        return WordMark(word, mark, thing, is_lacking=is_lacking, corrected=self._corrected(token, word))

    def _corrected(self, token: Token, word: str) -> str:
        """Return the word that a misspelt one was taken for, ``""`` if it was taken as it is."""
        language = self.grammar.language
        folded = keys.unmarked(word, language).split(" ")
        is_own = token.instead or token.text in (*folded, *self.grammar.brands.values())
        return token.text if token.text.isalpha() and word.isalpha() and not is_own else ""

    def _forms(self, token: Token) -> set[str]:
        return {*keys.forms(token.text, self.grammar.language)}

    def _colour(self, place: int) -> str:
        """Return the colour that the words around a place name, or ``""``; it may have several words."""
        for length in range(LONGEST_COLOUR, 0, -1):
            for first in range(max(0, place - length + 1), place + 1):
                if colour := self.grammar.colours.get(self.prompt.words(first, first + length)):
                    return colour
        return ""

    @cached_property
    def _colours(self) -> frozenset[str]:
        """Return the colours in the scene."""
        return frozenset({self.wish.ground, *(choice.phrase.colour for choice in self.choices)}) - {""}

    @cached_property
    def _related(self) -> frozenset[int]:
        """Return the places of the words that say how two things stand to each other."""
        patterns = [pattern for pattern, name in self.grammar.relations if name and name == self.wish.relation]
        spans = [(first, last) for each in patterns for first, last, _ in self.prompt.line.spans(each)]
        return frozenset(index for first, last in spans for index in range(first, last))


def is_own(meaning: Meaning, named: Sequence[Meaning]) -> bool:
    """Return whether a meaning of a word is what it says; not if a drawing of something else has the word's name."""
    is_named = meaning.source == NAME or not named or meaning.weight > OWN
    return meaning.is_sure and is_named
