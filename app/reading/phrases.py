"""Noun phrases: which words of a prompt name a thing, how many of it, in which colour, and how large."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from app.reading.grammar import Grammar
from app.reading.hearing import FREE, Heard
from app.reading.lexicon import ALIAS, KIND, NAME, Meaning
from app.reading.tokens import EMOJI, MARK, Token
from app.reading.wordbook import LONGEST_NAME, SURE, Wordbook, is_strong
from sketch import keys

LISTED = 4
"""So many names in a row, without a word between them, are as many things; fewer may be one, as a school bus is."""


@dataclass(slots=True)
class Phrase:
    """Words that stand together: what their head means, and what is said of it."""

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
        """Tell whether it names something."""
        return bool(self.meanings) and is_strong(self.meanings[0])

    @property
    def is_name(self) -> bool:
        """Tell whether it is a drawing's very name, or a thing's own other name."""
        return bool(self.meanings) and self.meanings[0].source == NAME


def names(
    tokens: list[Token], wordbook: Wordbook, language: str, colours: frozenset[str], small: frozenset[str]
) -> list[tuple[int, int]]:
    """Return the spans of two words or more that name one thing, the longest first where they overlap."""
    found: list[tuple[int, int]] = []
    for length in range(LONGEST_NAME, 1, -1):
        for first in range(len(tokens) - length + 1):
            part = tokens[first : first + length]
            if any(token.kind != "word" for token in part) or any(a < first + length and first < b for a, b in found):
                continue
            words = " ".join(token.text for token in part)
            told, _ = wordbook.find(words, language)
            if not told or not is_strong(told[0]):
                continue
            ends = {part[0].text, part[-1].text}
            if ends & small and told[0].source != NAME and not all(token.joined for token in part[1:]):
                continue
            if part[0].text in colours and told[0].source not in (NAME, ALIAS):
                continue
            found.append((first, first + length))
    return found


def phrases(heard: Heard, wordbook: Wordbook, spans: list[tuple[int, int]]) -> list[Phrase]:
    """Return the noun phrases of what is left of a prompt."""
    found: list[Phrase] = []
    begun: Phrase | None = None
    end = 0
    for first, last in _runs(heard):
        goes_on = begun is not None and _is_aside(heard, end, first)
        if goes_on and found and found[-1] is begun:
            found.pop()
        begun, end = _Run(heard, wordbook, dict(spans), first, last, found, begun if goes_on else None).read(), last
    return found


def parts(phrase: Phrase, heard: Heard, wordbook: Wordbook) -> list[Phrase]:
    """Return a phrase for each thing that a word of this one names, or none where it names one thing or nothing."""
    grammar = heard.grammar
    forms = [form for word in (phrase.word, *phrase.context) for form in keys.forms(word, grammar.language)]
    names = next((grammar.wholes[form] for form in forms if form in grammar.wholes), ())
    numbers = [wordbook.numbers[name] for name in names if name in wordbook.numbers]
    return [replace(phrase, meanings=(Meaning(each, 1.0, KIND),), count=1, plural=False) for each in numbers]


def _is_aside(heard: Heard, first: int, last: int) -> bool:
    """Tell whether what stands between two pieces only says what is not wanted: a blue, not red, car."""
    negated = [place in heard.negated for place in range(first, last)]
    marks = [token.text == "," for token in heard.tokens[first:last]]
    return any(negated) and all(map(any, zip(negated, marks, strict=True)))


def _runs(heard: Heard) -> Iterator[tuple[int, int]]:
    """Yield the pieces of a prompt between marks and what was taken."""
    first = 0
    for place in range(len(heard.tokens) + 1):
        ends = place == len(heard.tokens) or heard.roles[place] != FREE or heard.tokens[place].kind == MARK
        if ends:
            if first < place:
                yield first, place
            first = place + 1


class _Run:
    """A piece of a prompt on its way into phrases."""

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

    def read(self) -> Phrase | None:
        """Read from left to right; return the phrase at its end that has no head yet."""
        is_list = self._is_list()
        while self.at < self.last:
            token = self.heard.tokens[self.at]
            if is_list:
                self._end()
            if token.kind == EMOJI:
                self._emoji(token)
            elif self.at in self.spans and self.spans[self.at] <= self.last:
                self._named(self.at, self.spans[self.at])
            elif not (self._counted(token) or self._coloured() or self._sized(token) or self._small(token)):
                self._word(token)
        left = self.phrase if self.phrase is not None and not self.phrase.meanings else None
        self._end()
        return left

    def _is_list(self) -> bool:
        """Tell whether nothing but names stand here, more than would make one: sparkles fire heart skull."""
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
        told = self.wordbook.exactly(token.text) or self.wordbook.exactly(token.text.split("\u200d")[0])
        if told:
            self.found.append(Phrase(self.at, self.at + 1, (self.at, self.at + 1), tuple(told), token.text))
        self.at += 1

    def _named(self, first: int, last: int) -> None:
        words = self.heard.phrase(first, last)
        told, form = self.wordbook.find(words, self.language)
        phrase = self._open()
        colour = self.grammar.colours.get(self.heard.tokens[first].text, "")
        self._take(phrase, first, last, told, words, plural=form != words.split(" ")[-1])
        phrase.colour = phrase.colour or colour
        self.at = last

    def _take(
        self, phrase: Phrase, first: int, last: int, told: tuple[Meaning, ...], words: str, *, plural: bool
    ) -> None:
        """Make words the head of their phrase; the head before them only modifies it, unless it alone is a name."""
        if phrase.meanings:
            before = self.heard.phrase(*phrase.head)
            if words in self.grammar.vague or self.heard.tokens[phrase.head[1] - 1].owner:
                pass  # "a farmer's machine" is a machine, and "the king's headgear" no king
            elif (phrase.is_strong and not is_strong(told[0])) or (
                phrase.is_name and told[0].source > ALIAS and told[0].weight < 0.85
            ):
                phrase.context += words.split(" ")
                phrase.last = last
                return
            phrase.context += before.split(" ")
        phrase.head, phrase.meanings, phrase.word, phrase.plural, phrase.last = (first, last), told, words, plural, last

    def _counted(self, token: Token) -> bool:
        number = self.grammar.numbers.get(token.text) or (
            int(token.text) if token.text.isdecimal() and len(token.text) < 5 else 0
        )
        if not number:
            return False
        self._end()
        self._open().count = number
        self.at += 1
        return True

    def _coloured(self) -> bool:
        """Read a colour of up to three words, before a thing or behind it; one that ends a phrase may be a thing."""
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
        told, _ = self.wordbook.find(words, self.language)
        return bool(told) and is_strong(told[0])

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
        """Read a small word: an article opens a phrase, any other ends one."""
        word = token.text
        if word in self.grammar.articles:
            self._end()
            self._open().determined = word
        elif word in self.grammar.small or word in self.grammar.breaks or word in self.grammar.clauses:
            self._end()
            # Only directly behind a noun: "on top of a tree" says where, and no more of what stands there.
            self.of = word in ("of", "von", "vom") and bool(self.found) and self.found[-1].last == self.at
        else:
            return False
        self.at += 1
        return True

    def _word(self, token: Token) -> None:
        told, form = self.wordbook.find(token.text, self.language)
        doing = self.language == "en" and token.text.endswith("ing") and token.text not in self.grammar.vague
        if self.language == "de" and not token.capital and self._is_capitalised and told and told[0].source > ALIAS:
            told = ()  # where nouns are written large, this is none
        phrase = self._open()
        self.at += 1
        if phrase.count > 1 and told:
            told, form = self._singly(token.text, told, form)
        if self._is_done(token):
            phrase.context.append(token.text)
        elif phrase.meanings and self._is_verb(token, told):
            phrase.context.append(token.text)
            self._end()
        elif told and not (doing and not is_strong(told[0])):
            self._take(phrase, self.at - 1, self.at, told, token.text, plural=form != token.text)
        else:
            phrase.context.append(token.text)
            if doing:
                self._end()

    def _is_done(self, token: Token) -> bool:
        """Tell a verb behind who does it: you fly, that opens."""
        before = self.heard.tokens[self.at - 2].text if self.at > 1 else ""
        if before in self.grammar.doers or (before == "that" and token.text.endswith("s")):
            return any(self.wordbook.lexicon.is_verb(form) for form in keys.forms(token.text))
        return False

    def _singly(self, word: str, told: tuple[Meaning, ...], found: str) -> tuple[tuple[Meaning, ...], str]:
        """Read a plural that is counted by its singular, where that is a thing of its own: five houses."""
        for form in keys.forms(word, self.language)[1:]:
            one, _ = self.wordbook.find(form, self.language)
            if one and one[0].source == NAME and one[0].concept != told[0].concept:
                return one, form
        return told, found

    def _is_verb(self, token: Token, told: tuple[Meaning, ...]) -> bool:
        """Tell a verb behind its noun: it takes an ending, and something other than a noun follows."""
        if self.language != "en" or (
            told and told[0].source <= ALIAS and told[0].weight > 0.9 and not token.text.endswith("ing")
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
    """Tell whether a phrase says of what follows only how much, or what of it: a bowl of soup, the smell of rain."""
    if after is None or not after.of or not after.is_strong:
        return False
    weak = not phrase.meanings or phrase.meanings[0].source not in SURE
    return phrase.word in grammar.measures or (weak and after.meanings[0].source in SURE)
