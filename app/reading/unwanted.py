"""Find the concepts that a prompt or negative prompt excludes."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence

from app.reading import tokens
from app.reading.describing import Describer
from app.reading.grammar import Grammar
from app.reading.hearing import Heard
from app.reading.lexicon import NAME, WIDER, Meaning
from app.reading.phrases import Phrase
from app.reading.tokens import Token
from app.reading.wordbook import SURE, Wordbook
from sketch import keys

MEANT, MEANT_WIDE = 0.72, 0.3
LONGEST = 4
KIN = 1.5
"""The least BM25 score at which a concept is a kind of the thing that a word means."""


def unwanted(
    heard: Heard, leave_out: str, describer: Describer, named: Mapping[int, int], meant: Collection[int]
) -> frozenset[int]:
    """Return the concepts that are excluded by negations in the prompt, or by the negative prompt.

    :param leave_out: the negative prompt: unwanted things, separated by commas.
    :param named: the wanted concepts that the prompt names, with the sources of their meanings. They are excluded only
        if a single unwanted word means them as surely: not in "a spider web without the spider" or "a star, not a
        starfish". But "a king without a crown" excludes the person with a crown.
    :param meant: all concepts that the prompt may mean. They are excluded by name, not as something similar: "train
        tracks without a train".
    """
    grammar, wordbook = heard.grammar, describer.wordbook
    return frozenset(
        number
        for part in _parts(heard, leave_out)
        for word, form, meanings in _words([token for token in part if token.kind != tokens.MARK], grammar, wordbook)
        for number in (
            *_meant(word, form, meanings, grammar, wordbook),
            *(set(_kin(word, form, meanings, grammar.language, describer)) - set(meant)),
        )
        if number not in named
        or word in grammar.colours
        or ((" " in word or _is_one(part, grammar, wordbook)) and _is_meant(number, meanings, named))
        or (named[number] != NAME and _has(wordbook.concepts[number].name.casefold(), form))
    )


def others(phrase: Phrase, heard: Heard, describer: Describer, banned: Collection[int]) -> Mapping[int, float]:
    """Return the other concepts of a phrase's kind, with weights, if one of the kind is banned: a fruit, no apple.

    Empty if nothing of the kind is banned, or the phrase names a wanted thing.
    """
    if not heard.unwanted or not phrase.word:
        return {}
    grammar, first = heard.grammar, phrase.meanings[0] if phrase.meanings else None
    refused = {token.text for part in heard.unwanted for token in part}
    for word in phrase.context[-1:]:  # "a big cat" is a kind, although "a cat" is a thing
        words = f"{word} {phrase.word}"
        meanings, _ = describer.wordbook.find(words, grammar.language)
        if word not in refused and any(each.concept in banned for each in meanings):
            return describer.others(words, grammar.language, meanings, (), banned)
    kinds = grammar.hinted(phrase.word)
    is_thing = first is not None and first.source in SURE and first.concept not in banned
    if first is not None and is_thing and (first.source == NAME or not kinds):
        return {}
    return describer.others(phrase.word, grammar.language, phrase.meanings, kinds, banned)


def unwanted_words(heard: Heard, leave_out: str, wordbook: Wordbook) -> frozenset[str]:
    """Return the single words that exclude a thing, in all inflected forms; phrases with them have no replacement."""
    grammar = heard.grammar
    return frozenset(
        form
        for part in _parts(heard, leave_out)
        if _is_one(part, grammar, wordbook)
        for token in part
        if token.kind != tokens.MARK and token.text not in grammar.small and token.text not in grammar.articles
        for form in keys.forms(token.text, grammar.language)
    )


def _is_meant(number: int, meanings: Sequence[Meaning], named: Mapping[int, int]) -> bool:
    return any(each.concept == number and each.source in SURE and each.source <= named[number] for each in meanings)


def _parts(heard: Heard, leave_out: str) -> list[list[Token]]:
    """Return the distinct unwanted phrases of the prompt and the negative prompt."""
    said = [*heard.unwanted, *(tokens.tokens(part, heard.grammar.language) for part in leave_out.split(","))]
    return list({tuple(token.text for token in part): part for part in said}.values())


def _has(name: str, form: str) -> bool:
    """Return whether a concept's name has a part after "with" that contains the word: a night with stars."""
    _, _, other = name.partition(" with ")
    return bool(other and form) and form in {each for word in other.split(" ") for each in keys.forms(word)}


def _is_one(part: Sequence[Token], grammar: Grammar, wordbook: Wordbook) -> bool:
    """Return whether an unwanted phrase has exactly one word with a meaning."""
    words = [token.text for token in part if token.kind != tokens.MARK]
    if len(words) > 1 and words[0] in grammar.small and wordbook.is_named(" ".join(words), grammar.language):
        return False  # a top hat
    return sum(word not in grammar.small and word not in grammar.articles for word in words) == 1


def _words(part: Sequence[Token], grammar: Grammar, wordbook: Wordbook) -> Iterator[tuple[str, str, Sequence[Meaning]]]:
    """Yield the words and phrases with a meaning, the longest first, each with its base form and its meanings."""
    at = 0
    while at < len(part):
        for length in range(min(LONGEST, len(part) - at), 0, -1):
            words = " ".join(token.text for token in part[at : at + length])
            if part[at].kind == tokens.EMOJI:
                meanings, form = wordbook.exactly(words), words
            elif length == 1 and (words in grammar.small or words in grammar.articles):
                continue
            else:
                found, form = wordbook.find(words, grammar.language)
                meanings = list(found)
            if (meanings and (length == 1 or meanings[0].weight >= MEANT)) or words in grammar.negation.subgroups:
                yield words, form, meanings
                at += length - 1
                break
        at += 1


def _meant(words: str, form: str, meanings: Sequence[Meaning], grammar: Grammar, wordbook: Wordbook) -> Iterator[int]:
    """Yield the concepts that words mean: those with the name or kind, and those whose name contains it."""
    sure = _sure(meanings)
    yield from sure
    for each in meanings:
        # If no concept has the name, the wider or related ones are meant.
        if each.weight >= (MEANT_WIDE if each.source == WIDER else MEANT) and (each.source == WIDER or not sure):
            yield each.concept
    named = f" {' '.join([*words.split(' ')[:-1], form])} " if grammar.language == "en" and form else "\0"
    kinds = grammar.negation.subgroups.get(words, ())
    for number, concept in enumerate(wordbook.concepts):
        name = f" {concept.name.casefold()} "
        if (
            _has(name, form)
            or (named in name and f" without{named}" not in name)
            or (kinds and concept.kind.startswith(kinds))
        ):
            yield number


def _sure(meanings: Sequence[Meaning]) -> set[int]:
    return {each.concept for each in meanings if each.source in SURE and each.weight >= MEANT}


def _kin(words: str, form: str, meanings: Sequence[Meaning], language: str, describer: Describer) -> Iterator[int]:
    """Yield the similar concepts of the subgroup that the words describe: poodles for dogs, not hats for top hats."""
    wordbook = describer.wordbook
    own = _sure(meanings)
    kinds = {wordbook.concepts[number].kind for number in own}
    stems = [keys.stem(word, language) for word in (*words.split(" ")[:-1], form) if form]
    telling, covered = wordbook.lexicon.term_scores(stems)
    for number in ((telling >= KIN) & (covered == len(set(stems)))).nonzero()[0]:
        if wordbook.concepts[number].kind in kinds and describer.is_like(int(number), own):
            yield int(number)
