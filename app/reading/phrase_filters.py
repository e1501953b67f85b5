"""Filter noun phrases before they are ranked: parts of things, people who do something, and measures."""

from collections.abc import Collection, Sequence
from dataclasses import replace

from app.reading.grammar import Grammar
from app.reading.lexicon import Meaning
from app.reading.prompt import Phrase, Token
from app.reading.wordbook import Wordbook
from sketch import keys, relations

PERSON, ACTING = "person", ("person-activity", "person-sport", "person-resting")
"""The subgroup of people of whom nothing is said, and those of people who do something."""


ANIMAL = "animal"
GROUP = 3
"""How many a group of animals shows, if its number is not said."""


def parts_of_whole(grammar: Grammar, phrase: Phrase) -> tuple[str, ...]:
    """Return the names of the things that a collective word of a phrase stands for; empty without such a word."""
    forms = (form for word in (phrase.word, *phrase.context) for form in keys.forms(word, grammar.language))
    return next((grammar.wholes[form] for form in forms if form in grammar.wholes), ())


def without_parts(grammar: Grammar, tokens: Sequence[Token], phrases: Sequence[Phrase]) -> list[Phrase]:
    """Return the phrases without those that name a part of the thing before them: a house with a red roof."""
    kept = list[Phrase]()
    for phrase in phrases:
        between = {token.text for token in tokens[kept[-1].last : phrase.first]} if kept else set()
        is_owned = bool(between & grammar.having) and kept[-1].is_strong
        if not (is_owned and grammar.attached & {*keys.forms(phrase.word, grammar.language)}):
            kept.append(phrase)
    return kept


def with_figures(
    phrases: Sequence[Phrase], grammar: Grammar, wordbook: Wordbook, allowed: Collection[int]
) -> list[Phrase]:
    """Return the phrases with figures in place of people who do something: a woman reading.

    What a figure's name contains is part of its drawing: a man riding a horse is a horse rider.

    :param allowed: the concepts that may be shown.
    """
    kept, held = list[Phrase](), set[str]()
    for phrase in phrases:
        figure = _figure(phrase, grammar, wordbook, allowed)
        if figure is not None and phrase.word not in held:
            held |= {*wordbook.concepts[figure.concept].name.casefold().split(" ")}
            kept.append(replace(phrase, meanings=(figure, *phrase.meanings)))
        elif phrase.word not in held:
            kept.append(phrase)
    return kept


def _figure(phrase: Phrase, grammar: Grammar, wordbook: Wordbook, allowed: Collection[int]) -> Meaning | None:
    """Return the figure that does what a phrase says of a person, if there is one."""
    kind = wordbook.concepts[phrase.meanings[0].concept].kind if phrase.meanings else ""
    if kind.startswith(ACTING) and phrase.meanings[0].is_sure:
        return phrase.meanings[0]
    is_person = kind == PERSON
    for word in phrase.context if is_person and grammar.language == "en" else ():
        found = wordbook.find(word, grammar.language)[0] if word.endswith("ing") else ()
        figures = [each for each in found if each.concept in allowed]
        if figures and figures[0].is_sure and wordbook.concepts[figures[0].concept].kind.startswith(ACTING):
            return figures[0]
    return None


def without_stray_actions(
    grammar: Grammar, wordbook: Wordbook, tokens: Sequence[Token], phrases: Sequence[Phrase]
) -> list[Phrase]:
    """Return the phrases without English verbs in -ing behind a thing, whose action they are: a cat, jumping."""
    kept = list[Phrase]()
    for phrase in phrases:
        head = tokens[slice(*phrase.head)]
        is_bare = bool(kept) and len(head) == 1 and not (phrase.determined or phrase.count or phrase.context)
        is_verb = grammar.language == "en" and is_bare and phrase.word.endswith("ing") and not head[0].capital
        stem = phrase.word.removesuffix("ing")
        stems = (stem, f"{stem}e", stem[:-1] if stem[-1:] == stem[-2:-1] else stem)
        if not (is_verb and any(wordbook.lexicon.is_verb(each) for each in stems)):
            kept.append(phrase)
    return kept


def with_groups(grammar: Grammar, wordbook: Wordbook, phrases: Sequence[Phrase]) -> list[Phrase]:
    """Return the phrases with several animals in place of a group of them: an owl family."""
    return [_ungrouped(grammar, wordbook, phrase) for phrase in phrases]


def _ungrouped(grammar: Grammar, wordbook: Wordbook, phrase: Phrase) -> Phrase:
    if phrase.word in grammar.groups and phrase.context:
        word = phrase.context[-1]
        meanings, _ = wordbook.find(word, grammar.language)
        is_animal = bool(meanings) and wordbook.concepts[meanings[0].concept].kind.startswith(ANIMAL)
        if is_animal and meanings[0].is_strong:
            return replace(phrase, meanings=meanings, word=word, context=phrase.context[:-1], count=GROUP)
    group = next((each for each in grammar.groups if phrase.word.endswith(each) and phrase.word != each), "")
    for first in {phrase.word.removesuffix(group).rstrip(each) for each in ("", "n", "s")} if group else ():
        meanings, _ = wordbook.find(first, grammar.language)
        if meanings and meanings[0].is_sure and wordbook.concepts[meanings[0].concept].kind.startswith(ANIMAL):
            return replace(phrase, meanings=meanings, count=phrase.count or GROUP)  # Eulenfamilie
    return phrase


def without_measures(grammar: Grammar, phrases: Sequence[Phrase]) -> list[Phrase]:
    """Return the phrases without those that only are a quantity or aspect of the next one, whose count it gets.

    Such as "three bowls of soup" and "the smell of rain".
    """
    kept = list[Phrase]()
    for phrase in phrases:
        before = kept[-1] if kept and phrase.of and phrase.is_strong else None
        weak = before is not None and not (before.meanings and before.meanings[0].is_sure)
        is_measure = before is not None and grammar.measures & {*keys.forms(before.word, grammar.language)}
        is_container = bool(is_measure) and phrase.plural and before is not None and before.count < 2
        if is_container and before is not None and relations.is_container(before.word):
            kept.append(phrase)  # a bowl of apples shows both, a bowl of soup the soup
            continue
        if before is not None and (is_measure or (weak and phrase.meanings[0].is_sure)):
            kept.pop()
            phrase = replace(phrase, count=phrase.count or before.count)
        kept.append(phrase)
    return kept
