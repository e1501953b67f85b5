"""Find the noun phrases of a prompt: the words that name a thing, and its number, colour and size."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from app.reading.lexicon import ALIAS, NAME, Meaning
from app.reading.prompt import EMOJI, FREE, MARK, NEGATED, PLACE, SKIPPED, STYLE, WORD, Phrase, Prompt, Token
from app.reading.wordbook import Wordbook
from sketch import keys

LISTED = 4
"""The least number of adjacent names that are a list of things; fewer may be one thing, such as a school bus."""

OPENINGS = (), (PLACE,), (PLACE, STYLE)
"""The roles whose words may name things too, if a prompt has no other things."""


def find(prompt: Prompt, wordbook: Wordbook) -> list[tuple[Prompt, list[Phrase]]]:
    """Return the noun phrases among the free words of a prompt; then those with the words of places, and of styles."""
    roles = {token.role for token in prompt.tokens}
    opened = [prompt.opened(*roles_opened) for roles_opened in OPENINGS if not roles_opened or roles & {*roles_opened}]
    return [(each, _find(each, wordbook)) for each in opened]


def _find(prompt: Prompt, wordbook: Wordbook) -> list[Phrase]:
    found: list[Phrase] = []
    begun: Phrase | None = None
    end = 0
    for first, last in _runs(prompt):
        between = prompt.tokens[end:first]
        is_negated = any(token.role == NEGATED for token in between)
        if not is_negated or any(token.role != NEGATED and token.text != "," for token in between):
            begun = None
        elif found and found[-1] is begun:  # only a negation stands between two parts of it: a blue, not red, car
            found.pop()
        begun, end = _Run(prompt, wordbook, first, last, found, begun).parse(), last
    return found


def _runs(prompt: Prompt) -> Iterator[tuple[int, int]]:
    """Yield the token ranges between punctuation marks and words with a role."""
    first = 0
    for index, token in enumerate((*prompt.tokens, None)):
        if token is None or token.role not in (FREE, SKIPPED) or token.kind == MARK:
            if first < index:
                yield first, index
            first = index + 1


class _Run:
    """The state of parsing one range of tokens into phrases, which are appended to ``found``."""

    def __init__(
        self, prompt: Prompt, wordbook: Wordbook, first: int, last: int, found: list[Phrase], begun: Phrase | None
    ) -> None:
        self.prompt, self.wordbook, self.found, self.phrase = prompt, wordbook, found, begun
        self.grammar, self.language, self.spans = prompt.grammar, prompt.grammar.language, dict(prompt.names)
        self.at, self.last = first, last
        self._is_capitalised = any(token.capital for token in prompt.tokens[1:])
        self.of = False

    def parse(self) -> Phrase | None:
        """Parse the range from left to right; return the last phrase if it has no head yet, else ``None``."""
        tokens = self.prompt.tokens[self.at : self.last]
        is_list = len(tokens) >= LISTED and all(each.kind == WORD and self._is_thing(each.text) for each in tokens)
        while self.at < self.last:
            token = self.prompt.tokens[self.at]
            if is_list:
                self._end()
            if token.role == SKIPPED:
                self.at += 1
            elif token.count:
                self._count(token)
            elif token.kind == EMOJI:
                self._emoji(token)
            elif self.spans.get(self.at, self.last + 1) <= self.last:
                self._name(self.spans[self.at])
            elif not (self._coloured() or self._small(token.text)):
                self._word(token)
        left = self._end()
        return None if left is None or left.meanings else left

    def _set(self, *context: str, **values: Any) -> None:
        """Change attributes of the current phrase, which begins here if there is none, and add words of context."""
        phrase = self.phrase
        if phrase is None:
            phrase, self.of = Phrase(self.at, self.at, of=self.of), False
        self.phrase = replace(phrase, context=(*phrase.context, *context), **values)

    def _end(self) -> Phrase | None:
        """Add the current phrase to those found if it is not empty, and return it."""
        phrase, self.phrase = self.phrase, None
        if phrase is not None and not phrase.meanings:
            phrase = replace(phrase, last=max(phrase.last, min(self.at, self.last)))
        if phrase is not None and (phrase.meanings or phrase.context or phrase.count):
            self.found.append(phrase)
        return phrase

    def _count(self, token: Token) -> None:
        if token.text.startswith("x") and self.phrase is not None and self.phrase.meanings:  # tomato x3
            self._set(count=token.count)
        elif not token.text.startswith("x"):
            self._end()
            self._set(count=token.count)
        self.at += 1

    def _emoji(self, token: Token) -> None:
        self._end()
        meanings = self.wordbook.exactly(token.text) or self.wordbook.exactly(token.text.split("\u200d")[0])
        if meanings:
            self.found.append(Phrase(self.at, self.at + 1, (self.at, self.at + 1), tuple(meanings), token.text))
        self.at += 1

    def _name(self, last: int) -> None:
        first, words = self.at, self.prompt.words(self.at, last)
        meanings, form = self.wordbook.find(words, self.language)
        self._take(first, last, meanings, words, plural=form != words.split(" ")[-1])
        if self.phrase is not None and not self.phrase.colour:
            self._set(colour=self.grammar.colours.get(self.prompt.tokens[first].text, ""))
        self.at = last

    def _take(self, first: int, last: int, meanings: tuple[Meaning, ...], words: str, *, plural: bool) -> None:
        """Make words the head of their phrase; the head before becomes context, unless only that one is a name."""
        head: dict[str, Any] = {
            "head": (first, last),
            "meanings": meanings,
            "word": words,
            "plural": plural,
            "last": last,
        }
        before = self.phrase
        if before is None or not before.meanings:
            self._set(**head)
            return
        # "A farmer's machine" is a machine, and "the king's headgear" is not a king.
        is_owned = words in self.grammar.vague or self.prompt.tokens[before.head[1] - 1].owner
        is_weaker = (before.is_strong and not meanings[0].is_strong) or (
            before.is_name and meanings[0].source > ALIAS and meanings[0].weight < 0.85
        )
        if is_weaker and not is_owned:
            self._set(*words.split(" "), last=last)
        else:
            self._set(*self.prompt.words(*before.head).split(" "), **head)

    def _coloured(self) -> bool:
        """Parse a colour of up to three words, before or after a thing, or a size; return whether there is one.

        A colour word at the end of a phrase may be a thing instead, such as an orange.
        """
        grammar, tokens = self.grammar, self.prompt.tokens
        for after in range(min(self.at + 3, self.last), self.at, -1):
            words = self.prompt.words(self.at, after)
            colour = grammar.colours.get(words)
            if not colour:
                continue
            goes_on = after < self.last and self._is_content(tokens[after])
            if goes_on and tokens[after].text.endswith(grammar.features):
                self._set(*words.split(" "))
                after += 1
            elif not goes_on and after == self.at + 1 and self._is_thing(words):
                return False
            elif not goes_on and self.phrase is None and self.found and self.language == "en":
                self.found[-1] = replace(self.found[-1], colour=self.found[-1].colour or colour)
            else:
                self._set(*words.split(" "), colour=(self.phrase and self.phrase.colour) or colour)
            self.at = after
            return True
        size = grammar.sizes.get(tokens[self.at].text)
        if size is not None:
            self._set(tokens[self.at].text, size=size)
            self.at += 1
        return size is not None

    def _is_content(self, token: Token) -> bool:
        grammar = self.grammar
        ends = token.kind != WORD or token.text in grammar.breaks or token.text in grammar.clauses
        return not ends and (token.text not in grammar.small or token.text in grammar.sizes)

    def _is_thing(self, words: str) -> bool:
        meanings, _ = self.wordbook.find(words, self.language)
        return words not in self.grammar.plain_colours and bool(meanings) and meanings[0].is_strong

    def _small(self, word: str) -> bool:
        """Parse a small word, and return whether there is one: an article begins a phrase, any other ends one."""
        grammar = self.grammar
        if word in grammar.articles:
            self._end()
            self._set(determined=word)
        elif self.phrase is not None and self._is_within(word):
            self._set(word)
        elif word in grammar.small or word in grammar.breaks or word in grammar.clauses:
            self._end()
            # Only directly after a noun: in "on top of a tree" the "of" belongs to a preposition.
            self.of = word in ("of", "von", "vom") and bool(self.found) and self.found[-1].last == self.at
        else:
            return False
        self.at += 1
        return True

    def _is_within(self, word: str) -> bool:
        """Return whether a small word is a part of a phrase: an adjective behind a number, or joined by a hyphen."""
        phrase, after = self.phrase, self.prompt.tokens[self.at + 1 : self.last]
        is_counted = phrase is not None and bool(phrase.count) and word in self.grammar.plain_adjectives
        return is_counted or (self.prompt.tokens[self.at].joined and bool(after))

    def _word(self, token: Token) -> None:
        word, is_english = token.text, self.language == "en"
        meanings, form = self.wordbook.find(word, self.language)
        doing = is_english and word.endswith("ing") and word not in self.grammar.vague
        is_lower = self.language == "de" and self._is_capitalised and not token.capital
        if is_lower and meanings and meanings[0].source > ALIAS:
            meanings = ()  # if the prompt's nouns are capitalised, this word is not a noun
        if word in self.grammar.negation.pro and self.phrase is not None and self.found:  # red balloons and a blue one
            meanings, word = self.found[-1].meanings, self.found[-1].word
            form = word
        if self.phrase is not None and self.phrase.count > 1 and meanings:
            meanings, form = self._singly(word, meanings, form)
        has_head = self.phrase is not None and bool(self.phrase.meanings)
        is_noun = bool(meanings) and not (doing and (not meanings[0].is_strong or self._is_done_to_something()))
        # Behind its noun a German adjective is none: Oma backt Kuchen.
        is_verb = has_head and (self._is_verb(word, meanings) or (is_lower and not meanings))
        is_done = self._is_done(word)
        if is_noun and not is_verb and not is_done:
            is_one = self.phrase is not None and self.phrase.determined in self.grammar.genitive
            plural = not is_one and (form != word or self._is_plural_of(word, meanings[0]))
            self._take(self.at, self.at + 1, meanings, word, plural=plural)
        else:
            self._set(word)
        self.at += 1
        if not is_done and (is_verb or (doing and not is_noun)):
            self._end()

    def _is_plural_of(self, word: str, meaning: Meaning) -> bool:
        """Return whether a word that is listed itself, such as "flowers", has a singular that means the same thing."""
        name = keys.key(self.wordbook.concepts[meaning.concept].name)
        if word == name or (self.language == "de" and not self.prompt.tokens[self.at].capital):
            return False  # the drawing shows what the word says: socks, Triceratops
        return any(self._names(form, meaning) for form in keys.forms(word, self.language)[1:] if len(form) < len(word))

    def _names(self, form: str, meaning: Meaning) -> bool:
        found = self.wordbook.exactly(keys.prefix(self.language) + form)
        return any(each.concept == meaning.concept and each.is_sure for each in found)

    def _is_done_to_something(self) -> bool:
        """Return whether unknown words stand before this one and an article behind it: a squirl driving a car."""
        phrase, after = self.phrase, self.prompt.tokens[self.at + 1 : self.last]
        return phrase is not None and bool(phrase.context) and bool(after) and after[0].text in self.grammar.articles

    def _is_done(self, word: str) -> bool:
        """Return whether the word is a verb after its subject: you fly, that opens."""
        before = self.prompt.tokens[self.at - 1].text if self.at else ""
        is_subject = before in self.grammar.doers or (before == "that" and word.endswith("s"))
        return is_subject and any(self.wordbook.lexicon.is_verb(form) for form in keys.forms(word))

    def _singly(self, word: str, meanings: tuple[Meaning, ...], found: str) -> tuple[tuple[Meaning, ...], str]:
        """Return the singular's meanings for a counted plural if the singular is another concept: five houses."""
        for form in keys.forms(word, self.language)[1:]:
            one, _ = self.wordbook.find(form, self.language)
            if one and one[0].source == NAME and one[0].concept != meanings[0].concept:
                return one, form
        return meanings, found

    def _is_verb(self, word: str, meanings: tuple[Meaning, ...]) -> bool:
        """Return whether the word is an English verb after its noun, by its ending and the next word."""
        doing, tokens = word.endswith("ing"), self.prompt.tokens
        is_name = bool(meanings) and meanings[0].source <= ALIAS and meanings[0].weight > 0.9
        if self.language != "en" or (is_name and not doing):
            return False
        stem = word.removesuffix("ing")
        plain = {*keys.forms(word), stem, f"{stem}e", word.removesuffix("ed"), word.removesuffix("d")}
        doubled = {each[:-1] for each in plain if len(each) > 3 and each[-1] == each[-2]}
        if not any(self.wordbook.lexicon.is_verb(each) for each in plain | doubled):
            return False
        after = tokens[self.at + 1].text if self.at + 1 < self.last else ""
        follows = not after or after in self.grammar.small or after in self.grammar.articles
        return doing or word.endswith("ed") or (follows and word.endswith("s"))
