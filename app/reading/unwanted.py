"""What a prompt says must not be shown, as concepts."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence

from app.reading import tokens
from app.reading.grammar import Grammar
from app.reading.hearing import Heard
from app.reading.lexicon import NAME, WIDER, Meaning
from app.reading.tokens import Token
from app.reading.wordbook import SURE, Wordbook
from sketch import keys

MEANT, MEANT_WIDE = 0.72, 0.3
LONGEST = 4
KIN = 1.5
"""From how much on, in units of BM25, a word tells of a thing that it is a kind of what the word means."""


def unwanted(
    heard: Heard, leave_out: str, wordbook: Wordbook, named: Mapping[int, int], meant: Collection[int]
) -> frozenset[int]:
    """Return the concepts that are not wanted, by the prompt's own words and those of the form.

    What is ``named`` as wanted, by which source, is unwanted only where a word itself means it no less: not so in a
    spider web without the spider, or a star, not a starfish. A king without a crown is no person with crown. What is
    ``meant`` besides is unwanted by its name, not as something akin: train tracks without a train.
    """
    grammar = heard.grammar
    return frozenset(
        number
        for part in _parts(heard, leave_out)
        for word, form, told in _words([token for token in part if token.kind != tokens.MARK], grammar, wordbook)
        for number in (
            *_meant(word, form, told, grammar, wordbook),
            *(set(_kin(form, told, grammar.language, wordbook)) - set(meant)),
        )
        if number not in named
        or word in grammar.colours
        or (_is_one(part, grammar) and _is_meant(number, told, named))
        or (named[number] != NAME and f" with {form} " in f"{wordbook.concepts[number].name.casefold()} ")
    )


def unwanted_words(heard: Heard, leave_out: str) -> frozenset[str]:
    """Return the words that say alone what is not wanted, in all their forms: nothing else is shown in its stead."""
    grammar = heard.grammar
    return frozenset(
        form
        for part in _parts(heard, leave_out)
        if _is_one(part, grammar)
        for token in part
        if token.kind != tokens.MARK and token.text not in grammar.small and token.text not in grammar.articles
        for form in keys.forms(token.text, grammar.language)
    )


def _is_meant(number: int, told: Sequence[Meaning], named: Mapping[int, int]) -> bool:
    return any(each.concept == number and each.source in SURE and each.source <= named[number] for each in told)


def _parts(heard: Heard, leave_out: str) -> list[list[Token]]:
    """Return what is not wanted, each once however often it is said."""
    said = [*heard.unwanted, *(tokens.tokens(part, heard.grammar.language) for part in leave_out.split(","))]
    return list({tuple(token.text for token in part): part for part in said}.values())


def _is_one(part: Sequence[Token], grammar: Grammar) -> bool:
    """Tell whether one word alone says what is not wanted."""
    words = [token.text for token in part if token.kind != tokens.MARK]
    return sum(word not in grammar.small and word not in grammar.articles for word in words) == 1


def _words(part: Sequence[Token], grammar: Grammar, wordbook: Wordbook) -> Iterator[tuple[str, str, Sequence[Meaning]]]:
    """Yield the words and phrases that mean something, each with its plain form and what it means."""
    at = 0
    while at < len(part):
        for length in range(min(LONGEST, len(part) - at), 0, -1):
            words = " ".join(token.text for token in part[at : at + length])
            if part[at].kind == tokens.EMOJI:
                told, form = wordbook.exactly(words), words
            elif length == 1 and (words in grammar.small or words in grammar.articles):
                continue
            else:
                found, form = wordbook.find(words, grammar.language)
                told = list(found)
            if (told and (length == 1 or told[0].weight >= MEANT)) or words in grammar.negation.subgroups:
                yield words, form, told
                at += length - 1
                break
        at += 1


def _meant(words: str, form: str, told: Sequence[Meaning], grammar: Grammar, wordbook: Wordbook) -> Iterator[int]:
    """Yield all that words may mean: things of that name or kind, and what has it in its name."""
    sure = _sure(told)
    yield from sure
    for each in told:
        # Where nothing has that name: what it is a kind of, or goes with.
        if each.weight >= (MEANT_WIDE if each.source == WIDER else MEANT) and (each.source == WIDER or not sure):
            yield each.concept
    named = f" {' '.join([*words.split(' ')[:-1], form])} " if grammar.language == "en" and form else "\0"
    kinds = grammar.negation.subgroups.get(words, ())
    for number, concept in enumerate(wordbook.concepts):
        name = f" {concept.name.casefold()} "
        if (named in name and f" without{named}" not in name) or (kinds and concept.kind.startswith(kinds)):
            yield number


def _sure(told: Sequence[Meaning]) -> set[int]:
    return {each.concept for each in told if each.source in SURE and each.weight >= MEANT}


def _kin(form: str, told: Sequence[Meaning], language: str, wordbook: Wordbook) -> Iterator[int]:
    """Yield what is of the same subgroup and told by the same word: poodles of dogs, taxis of cars."""
    kinds = {wordbook.concepts[number].kind for number in _sure(told)}
    telling, _ = wordbook.lexicon.told([keys.stem(form, language)] if form else [])
    for number in (telling >= KIN).nonzero()[0]:
        if wordbook.concepts[number].kind in kinds:
            yield int(number)
