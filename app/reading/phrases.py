"""Find the noun phrases of a prompt: the words that name a thing, and its number, colour and size."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from app.reading import measures
from app.reading.grammar import Grammar
from app.reading.hearing import FREE, Heard
from app.reading.lexicon import ALIAS, KIND, NAME, Meaning
from app.reading.tokens import EMOJI, MARK, Token
from app.reading.wordbook import LONGEST_NAME, SURE, Wordbook, is_strong
from sketch import keys

TIMES = re.compile("x([0-9]{1,2})")
"""A number behind its thing: tomato x3."""

LISTED = 4
"""The least number of adjacent names that are a list of things; fewer may be one thing, such as a school bus."""


@dataclass(slots=True)
class Phrase:
    """A noun phrase: the token range, the range and meanings of its head, and the head's attributes.

    ``word`` is the head as text, ``determined`` its article, ``context`` the other words. ``of`` is set after "of".
    """

    first: int
    last: int
    head: tuple[int, int] = (0, 0)
    meanings: tuple[Meaning, ...] = ()
    word: str = ""
    count: int = 0
    plural: bool = False
    colour: str = ""
    size: float = 1.0
    determined: str = ""
    context: list[str] = field(default_factory=list)
    of: bool = False

    @property
    def is_strong(self) -> bool:
        """Return whether its likeliest meaning is a name of a thing."""
        return bool(self.meanings) and is_strong(self.meanings[0])

    @property
    def is_name(self) -> bool:
        """Return whether its likeliest meaning is a drawing with this name."""
        return bool(self.meanings) and self.meanings[0].source == NAME


def names(
    tokens: list[Token], wordbook: Wordbook, language: str, colours: frozenset[str], small: frozenset[str]
) -> list[tuple[int, int]]:
    """Return the token ranges of at least two words that name one thing; of overlapping ones the longest."""
    found: list[tuple[int, int]] = []
    for length in range(LONGEST_NAME, 1, -1):
        for first in range(len(tokens) - length + 1):
            part = tokens[first : first + length]
            if any(token.kind != "word" for token in part) or any(a < first + length and first < b for a, b in found):
                continue
            words = " ".join(token.text for token in part)
            meanings, _ = wordbook.find(words, language)
            if not meanings or not is_strong(meanings[0]):
                continue
            ends = {part[0].text, part[-1].text}
            if ends & small and meanings[0].source != NAME and not all(token.joined for token in part[1:]):
                continue
            if part[0].text in colours and meanings[0].source not in (NAME, ALIAS):
                continue
            found.append((first, first + length))
    return found


def phrases(heard: Heard, wordbook: Wordbook, spans: list[tuple[int, int]]) -> list[Phrase]:
    """Return the noun phrases among the words of a prompt that have no role.

    :param spans: token ranges of names with several words.
    """
    found: list[Phrase] = []
    begun: Phrase | None = None
    end = 0
    for first, last in _runs(heard):
        goes_on = begun is not None and _is_aside(heard, end, first)
        if goes_on and found and found[-1] is begun:
            found.pop()
        begun, end = _Run(heard, wordbook, dict(spans), first, last, found, begun if goes_on else None).parse(), last
    return found


def parts(phrase: Phrase, heard: Heard, wordbook: Wordbook) -> list[Phrase]:
    """Return a phrase for each thing that a collective word names, such as "seasons"; empty without such a word."""
    grammar = heard.grammar
    forms = [form for word in (phrase.word, *phrase.context) for form in keys.forms(word, grammar.language)]
    names = next((grammar.wholes[form] for form in forms if form in grammar.wholes), ())
    numbers = [wordbook.numbers[name] for name in names if name in wordbook.numbers]
    return [replace(phrase, meanings=(Meaning(each, 1.0, KIND),), count=1, plural=False) for each in numbers]


def _is_aside(heard: Heard, first: int, last: int) -> bool:
    """Return whether only a negation stands between two parts of a phrase: a blue, not red, car."""
    negated = [place in heard.negated for place in range(first, last)]
    marks = [token.text == "," for token in heard.tokens[first:last]]
    return any(negated) and all(map(any, zip(negated, marks, strict=True)))


def _runs(heard: Heard) -> Iterator[tuple[int, int]]:
    """Yield the token ranges between punctuation marks and words with a role."""
    first = 0
    for place in range(len(heard.tokens) + 1):
        ends = place == len(heard.tokens) or heard.roles[place] != FREE or heard.tokens[place].kind == MARK
        if ends:
            if first < place:
                yield first, place
            first = place + 1


class _Run:
    """The state of parsing one range of tokens into phrases, which are appended to ``found``."""

    def __init__(
        self, heard: Heard, wordbook: Wordbook, spans: dict[int, int], first: int, last: int, found: list[Phrase],
        begun: Phrase | None,
    ) -> None:  # fmt: skip
        self.heard, self.wordbook, self.spans = heard, wordbook, spans
        self.grammar, self.language = heard.grammar, heard.grammar.language
        self.at, self.last = first, last
        self.found = found
        self._is_capitalised = any(token.capital for token in heard.tokens[1:])
        self.phrase = begun
        self.of = False

    def parse(self) -> Phrase | None:
        """Parse the range from left to right; return the last phrase if it has no head yet, else ``None``."""
        is_list = self._is_list()
        while self.at < self.last:
            token = self.heard.tokens[self.at]
            if is_list:
                self._end()
            if self.at in self.heard.uncounted:
                self.at += 1
            elif token.kind == EMOJI:
                self._emoji(token)
            elif self.at in self.spans and self.spans[self.at] <= self.last:
                self._named(self.at, self.spans[self.at])
            elif not (self._counted(token) or self._coloured() or self._sized(token) or self._small(token)):
                self._word(token)
        left = self.phrase if self.phrase is not None and not self.phrase.meanings else None
        self._end()
        return left

    def _is_list(self) -> bool:
        """Return whether the range is a list of at least ``LISTED`` names: sparkles fire heart skull."""
        words = self.heard.tokens[self.at : self.last]
        return len(words) >= LISTED and all(word.kind == "word" and self._is_thing(word.text) for word in words)

    def _open(self) -> Phrase:
        if self.phrase is None:
            self.phrase = Phrase(self.at, self.at, count=self.heard.counts.get(self.at, 0), of=self.of)
            self.of = False
        return self.phrase

    def _end(self) -> None:
        if self.phrase is not None and (self.phrase.meanings or self.phrase.context or self.phrase.count):
            if not self.phrase.meanings:
                self.phrase.last = max(self.phrase.last, min(self.at, self.last))
            self.found.append(self.phrase)
        self.phrase = None

    def _emoji(self, token: Token) -> None:
        self._end()
        meanings = self.wordbook.exactly(token.text) or self.wordbook.exactly(token.text.split("\u200d")[0])
        if meanings:
            self.found.append(Phrase(self.at, self.at + 1, (self.at, self.at + 1), tuple(meanings), token.text))
        self.at += 1

    def _named(self, first: int, last: int) -> None:
        words = self.heard.phrase(first, last)
        meanings, form = self.wordbook.find(words, self.language)
        phrase = self._open()
        colour = self.grammar.colours.get(self.heard.tokens[first].text, "")
        self._take(phrase, first, last, meanings, words, plural=form != words.split(" ")[-1])
        phrase.colour = phrase.colour or colour
        self.at = last

    def _take(
        self, phrase: Phrase, first: int, last: int, meanings: tuple[Meaning, ...], words: str, *, plural: bool
    ) -> None:
        """Make words the head of their phrase; the head before becomes context, unless only that one is a name."""
        if phrase.meanings:
            before = self.heard.phrase(*phrase.head)
            if words in self.grammar.vague or self.heard.tokens[phrase.head[1] - 1].owner:
                pass  # "a farmer's machine" is a machine, and "the king's headgear" is not a king
            elif (phrase.is_strong and not is_strong(meanings[0])) or (
                phrase.is_name and meanings[0].source > ALIAS and meanings[0].weight < 0.85
            ):
                phrase.context += words.split(" ")
                phrase.last = last
                return
            phrase.context += before.split(" ")
        phrase.head, phrase.meanings, phrase.word, phrase.plural, phrase.last = (
            (first, last),
            meanings,
            words,
            plural,
            last,
        )

    def _counted(self, token: Token) -> bool:
        if (times := TIMES.fullmatch(token.text)) and self.phrase is not None and self.phrase.meanings:
            self.phrase.count = int(times[1])
            self.at += 1
            return True
        number = measures.value(token.text, self.grammar)
        if not number:
            return False
        self._end()
        self._open().count = number
        self.at += 1
        return True

    def _coloured(self) -> bool:
        """Parse a colour of up to three words, before or after a thing; return whether there is one.

        A colour word at the end of a phrase may be a thing instead, such as an orange.
        """
        for length in (3, 2, 1):
            words = self.heard.phrase(self.at, min(self.at + length, self.last))
            colour = self.grammar.colours.get(words)
            if not colour or self.at + length > self.last:
                continue
            after = self.at + length
            goes_on = after < self.last and self._is_content(after)
            if goes_on and self.heard.tokens[after].text.endswith(self.grammar.features):
                self._open().context += words.split(" ")
                self.at = after + 1
                return True
            if not goes_on and length == 1 and self._is_thing(words):
                return False
            if not goes_on and self.phrase is None and self.found and self.language == "en":
                self.found[-1].colour = self.found[-1].colour or colour
            else:
                phrase = self._open()
                phrase.colour = phrase.colour or colour
                phrase.context += words.split(" ")
            self.at = after
            return True
        return False

    def _is_content(self, place: int) -> bool:
        token = self.heard.tokens[place]
        if token.kind != "word" or token.text in self.grammar.breaks or token.text in self.grammar.clauses:
            return False
        return token.text not in self.grammar.small or token.text in self.grammar.sizes

    def _is_thing(self, words: str) -> bool:
        if words in ("red", "blue", "green", "yellow", "black", "white", "grey", "gray", "purple", "pink", "brown"):
            return False
        meanings, _ = self.wordbook.find(words, self.language)
        return bool(meanings) and is_strong(meanings[0])

    def _sized(self, token: Token) -> bool:
        size = self.grammar.sizes.get(token.text)
        if size is None:
            return False
        phrase = self._open()
        phrase.size = size
        phrase.context.append(token.text)
        self.at += 1
        return True

    def _small(self, token: Token) -> bool:
        """Parse a small word, and return whether there is one: an article begins a phrase, any other ends one."""
        word = token.text
        if word in self.grammar.articles:
            self._end()
            self._open().determined = word
        elif word in self.grammar.small or word in self.grammar.breaks or word in self.grammar.clauses:
            self._end()
            # Only directly after a noun: in "on top of a tree" the "of" belongs to a preposition.
            self.of = word in ("of", "von", "vom") and bool(self.found) and self.found[-1].last == self.at
        else:
            return False
        self.at += 1
        return True

    def _word(self, token: Token) -> None:
        meanings, form = self.wordbook.find(token.text, self.language)
        doing = self.language == "en" and token.text.endswith("ing") and token.text not in self.grammar.vague
        if (
            self.language == "de"
            and not token.capital
            and self._is_capitalised
            and meanings
            and meanings[0].source > ALIAS
        ):
            meanings = ()  # if the prompt's nouns are capitalised, this word is not a noun
        phrase = self._open()
        self.at += 1
        if phrase.count > 1 and meanings:
            meanings, form = self._singly(token.text, meanings, form)
        if self._is_done(token):
            phrase.context.append(token.text)
        elif phrase.meanings and self._is_verb(token, meanings):
            phrase.context.append(token.text)
            self._end()
        elif meanings and not (doing and not is_strong(meanings[0])):
            self._take(phrase, self.at - 1, self.at, meanings, token.text, plural=form != token.text)
        else:
            phrase.context.append(token.text)
            if doing:
                self._end()

    def _is_done(self, token: Token) -> bool:
        """Return whether the word is a verb after its subject: you fly, that opens."""
        before = self.heard.tokens[self.at - 2].text if self.at > 1 else ""
        if before in self.grammar.doers or (before == "that" and token.text.endswith("s")):
            return any(self.wordbook.lexicon.is_verb(form) for form in keys.forms(token.text))
        return False

    def _singly(self, word: str, meanings: tuple[Meaning, ...], found: str) -> tuple[tuple[Meaning, ...], str]:
        """Return the singular's meanings for a counted plural if the singular is another concept: five houses."""
        for form in keys.forms(word, self.language)[1:]:
            one, _ = self.wordbook.find(form, self.language)
            if one and one[0].source == NAME and one[0].concept != meanings[0].concept:
                return one, form
        return meanings, found

    def _is_verb(self, token: Token, meanings: tuple[Meaning, ...]) -> bool:
        """Return whether the word is an English verb after its noun, by its ending and the next word."""
        if self.language != "en" or (
            meanings and meanings[0].source <= ALIAS and meanings[0].weight > 0.9 and not token.text.endswith("ing")
        ):
            return False
        plain = {
            token.text,
            *keys.forms(token.text),
            token.text.removesuffix("ing"),
            token.text.removesuffix("ing") + "e",
            token.text.removesuffix("ed"),
            token.text.removesuffix("d"),
        }
        doubled = {each[:-1] for each in plain if len(each) > 3 and each[-1] == each[-2]}
        if not any(self.wordbook.lexicon.is_verb(each) for each in plain | doubled):
            return False
        ends = self.at >= self.last
        follows = ends or self.heard.tokens[self.at].text in self.grammar.small | self.grammar.articles
        return token.text.endswith(("ing", "ed")) or (follows and token.text.endswith("s"))


def only_measures(phrase: Phrase, after: Phrase | None, grammar: Grammar) -> bool:
    """Return whether a phrase is only a quantity or aspect of the next one: a bowl of soup, the smell of rain."""
    if after is None or not after.of or not after.is_strong:
        return False
    weak = not phrase.meanings or phrase.meanings[0].source not in SURE
    return phrase.word in grammar.measures or (weak and after.meanings[0].source in SURE)
