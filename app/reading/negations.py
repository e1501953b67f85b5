"""Find the negations in a prompt: from a word that negates to the next wanted thing."""

from collections.abc import Sequence
from dataclasses import replace

from app.reading.prompt import MARK, NEGATED, WORD, Line, Prompt, Token
from app.reading.wordbook import Wordbook

MOST = 6
"""The most words of one negation that name unwanted things."""

LISTED = 2
"""The most words of a thing in a list of unwanted things: no cats, small dogs or birds."""

Negated = tuple[range, tuple[Token, ...]]
"""The places of the tokens of a negation, and those tokens in it that name unwanted things, if any."""


def negate(prompt: Prompt, wordbook: Wordbook) -> Prompt:
    """Return the prompt with its negated words marked, with what is unwanted, and with the settings to avoid."""
    for places, said in find(prompt, wordbook):
        prompt, said = _resolved(prompt, places.stop, said)
        line = Line(prompt.tokens[places.start : places.stop])
        rows = (*prompt.grammar.places, *prompt.grammar.times) if said else ()
        avoided = {meaning for pattern, meaning in rows if any(line.spans(pattern))}
        avoided |= {prompt.grammar.place_of(token.text) for token in said} - {""}
        wish = replace(prompt.wish, avoided=prompt.wish.avoided | avoided)
        unwanted = (*prompt.unwanted, said) if said else prompt.unwanted
        prompt = replace(prompt.marked(places, NEGATED), unwanted=unwanted, wish=wish)
    return prompt


def find(prompt: Prompt, wordbook: Wordbook) -> list[Negated]:
    """Return the negations in a prompt, and phrases that only look like negations, with nothing unwanted.

    No negation begins within a name: "a tree without leaves" is one thing.
    """
    negation, line, tokens = prompt.grammar.negation, prompt.line, prompt.tokens
    found: list[Negated] = []
    taken: set[int] = set()
    for first, last, match in line.spans(negation.affirms):
        kept, goes_on = (line.place(at) for at in (match.span("kept") if match["kept"] else (match.end(),) * 2))
        parts = range(first, kept), range(goes_on, last)
        if not _is_named(prompt, first, last) and not taken & {*parts[0], *parts[1]}:
            taken |= {*parts[0], *parts[1]}
            found += [(part, ()) for part in parts]
    for first, last, match in line.spans(negation.behind):
        if not taken & set(range(first, last)):
            taken |= set(range(first, last))
            found.append((range(first, last), tokens[slice(*map(line.place, match.span("said")))]))
    begun = [
        (line.place(match.end("kept")) if match["kept"] else first, last, bool(match["nobody"]))
        for first, last, match in line.spans(negation.begins)
        if not taken & set(range(first, last)) and (match["nobody"] or not _is_named(prompt, first, last))
    ]
    for first, last, is_about_people in begun:
        people = [replace(tokens[last - 1], text=negation.people)] if is_about_people else []
        found.append(_Negation(prompt, wordbook, {start for start, *_ in begun if start > first}, people)(first, last))
    return found + _lacking(prompt, wordbook)


def _is_named(prompt: Prompt, first: int, last: int) -> bool:
    return any(start <= first and last <= end for start, end in prompt.names)


def _lacking(prompt: Prompt, wordbook: Wordbook) -> list[Negated]:
    """Return the words that negate by their ending: cloudless, car-free."""
    found: list[Negated] = []
    negation, language = prompt.grammar.negation, prompt.grammar.language
    for index, token in enumerate(prompt.tokens):
        if token.kind != WORD or index in prompt.named:
            continue
        match = negation.lacking.fullmatch(token.text)
        if token.joined and index and token.text in negation.free:
            found.append((range(index - 1, index + 1), (prompt.tokens[index - 1],)))
        elif match is None or wordbook.is_thing(token.text, language):
            continue
        elif match[1] in negation.subgroups or wordbook.is_thing(match[1], language):
            found.append((range(index, index + 1), (replace(token, text=match[1]),)))
    return found


def _resolved(prompt: Prompt, last: int, said: tuple[Token, ...]) -> tuple[Prompt, tuple[Token, ...]]:
    """Replace "one" by the noun named before: "no black cat but a white one" wants a white cat."""
    tokens, grammar = prompt.tokens, prompt.grammar
    adjectives = grammar.colours.keys() | grammar.sizes.keys()
    modifiers = tuple(token for token in said if token.text in adjectives)
    if modifiers and said[-1].text not in adjectives:
        for index in range(last + 1, len(tokens)):
            if tokens[index].text in grammar.negation.pro and tokens[index - 1].text in adjectives:
                noun = replace(said[-1], start=tokens[index].start, end=tokens[index].end)
                return replace(prompt, tokens=(*tokens[:index], noun, *tokens[index + 1 :])), modifiers
    return prompt, said


class _Negation:
    """The state of parsing one negation; ``others`` are the places at which other negations begin."""

    def __init__(self, prompt: Prompt, wordbook: Wordbook, others: set[int], said: list[Token]) -> None:
        self.tokens, self.grammar, self.wordbook, self.others = prompt.tokens, prompt.grammar, wordbook, others
        self.said, self.is_about_people = said, bool(said)
        self.is_named = self.goes_on = False
        self._begins_noun = self.grammar.articles | self.grammar.numbers.keys()

    def __call__(self, first: int, at: int) -> Negated:
        """Parse the negation that begins at ``first``, from the token at ``at`` after the negating words.

        If that token follows a hyphen, it is the only one: not-blue, no-frills.
        """
        if self._word(at) and self.tokens[at].joined:
            self._take(at)
            at += 1
        elif self._is_aside(first, at):
            while self._describes(at):
                self.said.append(self.tokens[at])
                at += 1
        else:
            while at < len(self.tokens) and not self._ends(at) and len(self.said) < MOST:
                self._take(at)
                at += 1
        return range(first, at), tuple(self.said)

    def _word(self, at: int) -> str:
        """Return the word or mark at a place, ``""`` behind the last one."""
        return self.tokens[at].text if 0 <= at < len(self.tokens) else ""

    def _is_aside(self, first: int, at: int) -> bool:
        """Return whether the negation is only of an adjective before a noun: a blue, not red car."""
        before, grammar = self._word(first - 1), self.grammar
        if self._word(first) == ",":
            return (before in grammar.colours or before in grammar.sizes) and self._describes(at)
        is_determined = before in grammar.articles and before not in grammar.clauses
        return is_determined and not self.said and at - first == 1 and self._describes(at)

    def _describes(self, at: int) -> bool:
        """Return whether the word is an adjective that another word follows: a not scary ghost."""
        word, after, grammar = self._word(at), self._word(at + 1), self.grammar
        if not after or word in grammar.colours or word in grammar.sizes:
            return bool(after)
        return self.tokens[at].kind == WORD and word not in grammar.small and not self._is_thing(word) and (
            self._is_thing(after)
        )  # fmt: skip

    def _is_thing(self, word: str) -> bool:
        return self.wordbook.is_thing(word, self.grammar.language)

    def _take(self, at: int) -> None:
        token, negation, grammar = self.tokens[at], self.grammar.negation, self.grammar
        word = token.text
        # The first word of a drawing's name with two words, such as "top hat", may be one without a meaning.
        is_name = self.wordbook.is_drawn(f"{word} {self._word(at + 1)}", grammar.language)
        if token.kind == MARK or word in negation.choosing or word in negation.adding:
            self.goes_on = True
        elif is_name or word not in negation.fillers | negation.places | grammar.small | self._begins_noun:
            self.said.append(token)
            self.goes_on = False
            is_verb = self.is_about_people and len(self.said) == 2  # after a word for no person, a verb follows
            is_action = word.endswith(negation.actions) and not self._is_thing(word)
            self.is_named |= not is_verb and not is_action

    def _ends(self, at: int) -> bool:
        """Return whether the negation ends before the token at ``at``."""
        negation, word, after = self.grammar.negation, self._word(at), self._word(at + 1)
        is_full = self.is_named or self.is_about_people
        if at in self.others or word in negation.turns:
            return True
        if word in negation.choosing:
            return False
        if word in negation.adding:
            begins = self._begins_noun | negation.turns | negation.places
            return is_full and (not after or self.tokens[at + 1].kind == MARK or after in begins)
        if self.tokens[at].kind == MARK:
            return not self._is_listed(self.tokens[at:])
        if self.goes_on:
            return False
        if word in self._begins_noun:
            return self.is_named  # after a verb without a subject, its object is not wanted either
        return word in negation.places and is_full and after not in negation.pronouns

    def _is_listed(self, tokens: Sequence[Token]) -> bool:
        """Return whether a comma separates the things of an unwanted list: no cats, dogs or birds."""
        negation, words, at = self.grammar.negation, 0, len(self.tokens) - len(tokens)
        for index, token in enumerate(tokens if self.is_named else (), at):
            if token.text in negation.choosing:
                return True
            if token.text == "," and (words or index == at):
                words = 0
                continue
            words += 1
            other = token.kind == MARK or index in self.others or token.text in negation.turns | negation.places
            if other or words > LISTED or token.text in self._begins_noun:
                return False
        return False
