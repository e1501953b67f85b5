"""Find the numbers of a prompt that count things, and those that do not: ages, times, measures, years, and names."""

import re
from dataclasses import replace

from app.reading.grammar import listed
from app.reading.prompt import FREE, SKIPPED, WORD, Prompt

UNIT_SIGNS, CURRENCIES, APOSTROPHES = frozenset('%‰°"″'), frozenset("$€£¥#№"), frozenset("'’ʼ")
YEARS = range(1000, 2101)
NOUN_WITHIN = 4
"""How many tokens after a number its noun may follow, with adjectives between: three old red boats."""

IRREGULAR = listed("men women children people mice geese feet teeth sheep fish deer oxen cattle police lice")
"""English plurals without an s."""

RATIO = re.compile("[:/][0-9]")
TIMES = re.compile("x([0-9]{1,2})")
"""A number behind its thing: tomato x3."""


def count(prompt: Prompt) -> Prompt:
    """Return the prompt with the count of each number that counts things; other numbers, with their units, are skipped.

    Numbers within names of things stay as they are.
    """
    tokens = list(prompt.tokens)
    for pattern, amount in prompt.grammar.amounts:
        for first, last, _ in prompt.line.spans(pattern):
            if not any(tokens[index].role or index in prompt.named for index in range(first, last)):
                tokens[first:last] = [replace(each, role=SKIPPED) for each in tokens[first:last]]
                tokens[first] = replace(tokens[first], role=FREE, count=int(amount))
    for index, token in enumerate(tokens):
        if times := TIMES.fullmatch(token.text):
            tokens[index] = replace(token, count=int(times[1]))
        elif token.kind == WORD and not (token.role or token.count or index in prompt.named):
            length, number = _length(prompt, index), prompt.grammar.number(token.text)
            if token.text in prompt.grammar.negation.pro and prompt.grammar.is_adjective(tokens[index - 1].text):
                continue  # a blue one
            for each in set(range(index, min(index + length, len(tokens)))) - prompt.named:
                tokens[each] = replace(tokens[each], role=tokens[each].role or SKIPPED)
            tokens[index] = tokens[index] if length else replace(token, count=number)
    return replace(prompt, tokens=tuple(tokens))


def _length(prompt: Prompt, place: int) -> int:
    """Return how many tokens from one on are a number that is no count, 0 if it is a count or no number."""
    text, grammar, token = prompt.text, prompt.grammar, prompt.tokens[place]
    before, after, behind = (_word(prompt, place + step) for step in (-1, 1, 2))
    ahead = text[token.end : token.end + 2]
    if token.text in grammar.months:  # July 16
        return 2 * bool(after[:1].isdigit())
    if not (grammar.number(token.text) or token.text[:1].isdigit()):
        return 0
    if ahead[:1] in UNIT_SIGNS or text[max(0, token.start - 1) : token.start] in CURRENCIES:
        return 1
    if RATIO.match(ahead) or RATIO.match(text[max(0, token.start - 2) : token.start][::-1]):  # 10:15, 1/2
        return 1
    dated = place + 1 + (prompt.tokens[place + 1 : place + 2] != () and prompt.tokens[place + 1].text == ".")
    if _word(prompt, dated) in grammar.months:  # 24. Dezember
        return dated + 1 - place
    if after and prompt.tokens[place + 1].joined and (not grammar.number(after) or not _is_several(prompt, place)):
        joined = (number for number, each in enumerate(prompt.tokens[place + 1 :], 1) if not each.joined)
        return next(joined, len(prompt.tokens) - place)  # three-legged, 20-year-old, but: 2-3 apples
    if after in grammar.units or (_is_plural(after) and behind in grammar.extents):  # six feet tall
        return 2 + (behind in grammar.extents)
    if before in grammar.having and {after, behind} & grammar.members:  # a spider with eight legs
        return 2 if after in grammar.members else 3
    if after and text[prompt.tokens[place + 1].end :][:1] in APOSTROPHES:  # Three Kings' cake
        return 1
    return int(_is_no_count(prompt, place, before, after, behind))


def _is_no_count(prompt: Prompt, place: int, before: str, after: str, behind: str) -> bool:
    """Return whether the words around a number make it a part of a name, a year, or of a single thing."""
    grammar, token = prompt.grammar, prompt.tokens[place]
    is_several, number = _is_several(prompt, place), grammar.number(token.text)
    label = prompt.tokens[place - 2].text if place > 1 and prompt.tokens[place - 1].text == "." else before
    if before in grammar.ones or label in grammar.labels:  # a three wheeler, No. 5; but: a hundred birds
        return True
    nouns = [word for word in (after, behind) if word and not grammar.is_minor(word) and not grammar.number(word)]
    is_name = grammar.language == "de" or is_several or place + 1 in prompt.named
    if number > 1 and len(nouns) == 2 and not is_name:  # four wheel drive
        return True
    if not token.text[:1].isdecimal():
        return False
    is_noun = bool(before) and not grammar.is_minor(before) and not grammar.number(before)
    if is_noun and (prompt.tokens[place - 1].capital if grammar.language == "de" else not is_several):
        return True  # Apollo 11, Route 66
    return not number or (len(token.text) == 4 and number in YEARS and not is_several)


def _is_several(prompt: Prompt, place: int) -> bool:
    """Return whether a plural noun follows a number; in German, whether any noun may."""
    grammar = prompt.grammar
    for token in prompt.tokens[place + 1 : place + 1 + NOUN_WITHIN]:
        if token.kind != WORD or (grammar.is_minor(token.text) and token.text not in grammar.sizes):
            return False
        if grammar.language == "de" or _is_plural(token.text):
            return True
    return False


def _is_plural(word: str) -> bool:
    """Return whether an English word may be a plural."""
    return word in IRREGULAR or (word.endswith("s") and not word.endswith("ss"))


def _word(prompt: Prompt, place: int) -> str:
    """Return the word at a place, ``""`` if there is none."""
    token = prompt.tokens[place] if 0 <= place < len(prompt.tokens) else None
    return token.text if token is not None and token.kind == WORD else ""
