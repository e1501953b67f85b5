"""Find the concepts that a prompt or negative prompt excludes."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

from app.reading.describing import Describer
from app.reading.lexicon import NAME, WIDER, Meaning
from app.reading.prompt import EMOJI, MARK, Phrase, Prompt, Token
from sketch import keys

MEANT, MEANT_WIDE = 0.72, 0.3
LONGEST = 4
JOINED = 4
"""The least length of a word that, at the end of a name, says what kind of thing it is: an armchair."""

KIN = 1.5
"""The least BM25 score at which a concept is a kind of the thing that a word means."""


@dataclass(frozen=True, slots=True)
class Excluded:
    """The concepts that must not be shown, and single unwanted words in all forms, which have no replacement."""

    concepts: frozenset[int] = frozenset()
    words: frozenset[str] = frozenset()


def exclude(prompt: Prompt, phrases: Collection[Phrase], describer: Describer) -> Excluded:
    """Return what is excluded by negations in the prompt, or by the negative prompt.

    A concept that the prompt names is excluded only if a single unwanted word means it as surely: not in "a spider web
    without the spider" or "a star, not a starfish". But "a king without a crown" excludes the person with a crown.
    What the prompt may mean is excluded by name, not as something similar: "train tracks without a train".
    """
    wanted = [phrase.meanings for phrase in phrases if phrase.meanings]
    named = {first.concept: first.source for first, *_ in wanted if first.is_sure}
    meant = {each.concept for meanings in wanted for each in meanings if each.is_strong}
    parts = {tuple(token.text for token in part): part for part in (*prompt.unwanted, *prompt.left_out)}
    concepts, words = set(), set()
    for part in parts.values():
        left = _without_small(part, prompt, describer)
        for word, form, meanings in _words(part, prompt, describer):
            is_one = " " in word or len(left) == 1
            sources = {each.concept: each.source for each in meanings if each.is_sure}
            kin = _kin(word, form, meanings, prompt.grammar.language, describer)
            for number in {*_meant(word, form, meanings, prompt, describer), *(kin - meant)}:
                if (
                    number not in named
                    or word in prompt.grammar.colours
                    or (is_one and sources.get(number, WIDER) <= named[number])
                    or (named[number] != NAME and _has(describer.wordbook.concepts[number].name.casefold(), form))
                ):
                    concepts.add(number)
        if len(left) == 1:
            words |= {*keys.forms(left[0], prompt.grammar.language)}
    return Excluded(frozenset(concepts), frozenset(words))


def _without_small(part: Sequence[Token], prompt: Prompt, describer: Describer) -> list[str]:
    """Return the words of an unwanted phrase without small ones, unless it is a name that begins with one: top hat."""
    grammar, words = prompt.grammar, [token.text for token in part if token.kind != MARK]
    if words[:1] and words[0] in grammar.small and describer.wordbook.is_named(" ".join(words), grammar.language):
        return words
    return [word for word in words if word not in grammar.small and word not in grammar.articles]


def _has(name: str, form: str) -> bool:
    """Return whether a concept's name has a part after "with" that contains the word: a night with stars."""
    _, _, other = name.partition(" with ")
    return bool(other and form) and form in {each for word in other.split(" ") for each in keys.forms(word)}


def _words(part: Sequence[Token], prompt: Prompt, describer: Describer) -> Iterator[tuple[str, str, Sequence[Meaning]]]:
    """Yield the words and phrases with a meaning, the longest first, each with its base form and its meanings."""
    grammar, wordbook = prompt.grammar, describer.wordbook
    part, at = [token for token in part if token.kind != MARK], 0
    while at < len(part):
        for length in range(min(LONGEST, len(part) - at), 0, -1):
            words = " ".join(token.text for token in part[at : at + length])
            if part[at].kind == EMOJI:
                meanings, form = tuple(wordbook.exactly(words)), words
            elif words in grammar.small or words in grammar.articles:
                continue
            else:
                meanings, form = wordbook.find(words, grammar.language)
            if (meanings and (length == 1 or meanings[0].weight >= MEANT)) or words in grammar.negation.subgroups:
                yield words, form, meanings
                at += length - 1
                break
        at += 1


def _meant(words: str, form: str, meanings: Sequence[Meaning], prompt: Prompt, describer: Describer) -> Iterator[int]:
    """Yield the concepts that words mean: those with the name or kind, and those whose name contains it."""
    grammar, sure = prompt.grammar, _sure(meanings)
    yield from sure
    for each in meanings:
        # If no concept has the name, the wider or related ones are meant.
        if each.weight >= (MEANT_WIDE if each.source == WIDER else MEANT) and (each.source == WIDER or not sure):
            yield each.concept
    named = f" {' '.join([*words.split(' ')[:-1], form])} " if grammar.language == "en" and form else "\0"
    kinds = grammar.negation.subgroups.get(words, ())
    names = (describer.wordbook.concepts[number].name.casefold() for number in sure)
    kinds_of = tuple(name for name in names if len(name) >= JOINED and name.isalpha())
    for number, concept in enumerate(describer.wordbook.concepts):
        name = f" {concept.name.casefold()} "
        is_of_kind = bool(kinds) and concept.kind.startswith(kinds)
        is_joined = name.rstrip().endswith(kinds_of)  # an armchair is a chair
        if is_of_kind or is_joined or _has(name, form) or (named in name and f" without{named}" not in name):
            yield number


def _sure(meanings: Sequence[Meaning]) -> set[int]:
    return {each.concept for each in meanings if each.is_sure and each.weight >= MEANT}


def _kin(words: str, form: str, meanings: Sequence[Meaning], language: str, describer: Describer) -> set[int]:
    """Return the similar concepts of the subgroup that the words describe: poodles for dogs, not hats for top hats."""
    concepts, own = describer.wordbook.concepts, _sure(meanings)
    kinds = {concepts[number].kind for number in own}
    stems = [keys.stem(word, language) for word in (*words.split(" ")[:-1], form) if form]
    telling, covered = describer.wordbook.lexicon.term_scores(stems)
    described = map(int, ((telling >= KIN) & (covered == len(set(stems)))).nonzero()[0])
    return {number for number in described if concepts[number].kind in kinds and describer.is_like(number, own)}
