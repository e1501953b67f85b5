"""Replace words of a prompt that stand for a noun, names of people, and quotations that are lettering.

It is done before anything is looked up, so that all passes see the noun: "F1 car" is a formula one car, "Abraham
Lincoln" a man. Quoted words are skipped here, and drawn as lettering; titles are skipped and noted.
"""

import re
from collections.abc import Sequence
from dataclasses import replace

from app.reading.lexicon import ALIAS, KIND
from app.reading.prompt import FREE, SKIPPED, WORD, Lettering, Prompt, Token
from app.reading.wordbook import Wordbook
from sketch import lettering

QUOTED = re.compile(r"[\"“„«](?P<double>[^\"“”„«»]+)[\"”“»]|(?<![^\s(])['‘‚](?P<single>\S(?:.*?\S)?)['’‘](?![^\W_])")
"""A quotation; single quotes follow a space and precede no letter, unlike apostrophes."""

SAYS = re.compile(r"(?<= )(?:that|which) (?:says?|said|reads(?! (?:an?|the|in|his|her|its|books?)\b))(?= )")
MOST_SAID = 6
"""What stands before the words of a sign that have no quotation marks, and how many there are at most."""

LETTERED = 3
"""How many words before or after a quotation may say that it is lettering."""

BEINGS = "animal", "person"
"""Kinds of what has a first name."""

MOST_NAMES = 3
"""The most words of a person's name."""


def rewrite(prompt: Prompt, wordbook: Wordbook) -> Prompt:
    """Return the prompt with nouns in place of words that stand for them, and with lettering set aside."""
    prompt = _without_given_names(_without_relatives(_without_lettering(prompt), wordbook), wordbook)
    for pattern, meaning in prompt.grammar.rewrites:
        for first, last, _ in reversed([*prompt.line.spans(pattern)]):
            if all(token.role == FREE for token in prompt.tokens[first:last]):
                prompt = _replaced(prompt, first, last, meaning)
    return _with_people(prompt, wordbook)


def _replaced(prompt: Prompt, first: int, last: int, meaning: str, *, stands: bool = False) -> Prompt:
    """Return the prompt with the words of a meaning in place of some tokens, which are skipped if there is none."""
    if not meaning:
        return prompt.marked(range(first, last), SKIPPED)
    start, end, joined = prompt.tokens[first].start, prompt.tokens[last - 1].end, prompt.tokens[first].joined
    capital = prompt.tokens[first].capital
    noun = Token("", WORD, start, end, capital, joined=joined, instead=True, stands=stands)
    words = (replace(noun, text=word) for word in meaning.split(" "))
    return replace(prompt, tokens=(*prompt.tokens[:first], *words, *prompt.tokens[last:]))


def _without_lettering(prompt: Prompt) -> Prompt:
    """Return the prompt with lettering set aside: quotations that words around them say to be written, words in
    capitals after such a word, and what a sign says.
    """  # fmt: skip
    tokens, writing = prompt.tokens, prompt.grammar.writing
    for match in QUOTED.finditer(prompt.text):
        within = [n for n, each in enumerate(tokens) if match.start() <= each.start and each.end <= match.end()]
        near = [*tokens[max(0, within[0] - LETTERED) : within[0]], *tokens[within[-1] + 1 :][:1]] if within else []
        if any(token.text in writing for token in near):
            prompt = _lettered(prompt, within)
    for index, token in enumerate(tokens):
        after = index + 1
        while token.text in writing and after < len(tokens) and _is_in_capitals(prompt, after):
            after += 1
        if after > index + 1:
            prompt = _lettered(prompt, range(index + 1, after))
    for _, first, _ in prompt.line.spans(SAYS):
        last = first
        while last < len(tokens) and last - first < MOST_SAID and tokens[last].kind == WORD:
            last += 1
        if last > first:
            prompt = _lettered(prompt, range(first, last))
    return prompt


def _lettered(prompt: Prompt, places: Sequence[int]) -> Prompt:
    """Return the prompt with words set aside as lettering, or as a title, with the words directly before that say so.

    What is not drawn of them is noted.
    """
    tokens, grammar = prompt.tokens, prompt.grammar
    if tokens[places[0]].role != FREE:
        return prompt
    text = prompt.text[tokens[places[0]].start : tokens[places[-1]].end]
    first = places[0]
    while first and tokens[first - 1].text in grammar.writing | grammar.articles:
        first -= 1
    is_title = any(token.text in grammar.titles for token in tokens[first : places[0]])
    drawn = "" if is_title else lettering.shown(text)
    prompt = prompt.marked(range(first, places[-1] + 1), SKIPPED)
    if drawn:
        written = Lettering(drawn, (tokens[first].start, tokens[places[-1]].end))
        prompt = replace(prompt, letterings=(*prompt.letterings, written))
    is_whole = len(drawn.split()) == len(text.split())
    return prompt if is_whole else replace(prompt, unshown=(*prompt.unshown, text))


def _without_relatives(prompt: Prompt, wordbook: Wordbook) -> Prompt:
    """Return the prompt with participles in place of relative clauses: a cat that reads becomes a cat reading."""
    grammar, place = prompt.grammar, 1
    while place + 1 < len(prompt.tokens):
        before, pronoun, verb = prompt.tokens[place - 1 : place + 2]
        is_clause = pronoun.text in grammar.relative and before.kind == verb.kind == WORD
        if is_clause and pronoun.role == verb.role == FREE and not grammar.is_minor(before.text):
            meaning = grammar.auxiliaries.get(verb.text) or _participle(verb.text, wordbook)
            if meaning:
                prompt = _replaced(prompt, place, place + 2, meaning)
            elif verb.text in grammar.auxiliaries:
                prompt = replace(prompt, tokens=(*prompt.tokens[:place], *prompt.tokens[place + 2 :]))
        place += 1
    return prompt


def _participle(verb: str, wordbook: Wordbook) -> str:
    """Return the present participle of an English verb of the third person that the lexicon knows, or ``""``."""
    stems = [verb[:-1], verb[:-2]] if verb.endswith("es") else [verb[:-1]] if verb.endswith("s") else []
    formed = (each for stem in stems if len(stem) > 1
              for each in (f"{stem}ing", f"{stem.removesuffix('e')}ing", f"{stem}{stem[-1]}ing"))  # fmt: skip
    return next((each for each in formed if wordbook.is_listed(each)), "")


def _is_in_capitals(prompt: Prompt, place: int) -> bool:
    token = prompt.tokens[place]
    text = prompt.text[token.start : token.end]
    return token.kind == WORD and text.isupper() and (len(text) > 1 or token.joined)


def _without_given_names(prompt: Prompt, wordbook: Wordbook) -> Prompt:
    """Return the prompt without what something is named, such as Rex, unless that names something that is drawn."""
    grammar = prompt.grammar
    for index in range(1, len(prompt.tokens)):
        before, name = prompt.tokens[index - 1 : index + 1]
        is_name = name.kind == WORD and name.capital and name.role == before.role == FREE
        if is_name and before.text in grammar.naming and not wordbook.is_drawn(name.text, grammar.language):
            prompt = prompt.marked(range(index - 1, index + 1), SKIPPED)
    return prompt


def _with_people(prompt: Prompt, wordbook: Wordbook) -> Prompt:
    """Return the prompt with a man or a woman in place of names of people, which begin with a known first name.

    Further words with capital letters belong to the name, if they are no things. Names of painters by whom a picture
    shall be are left, other names of authors are skipped.
    """
    grammar, place = prompt.grammar, 0
    painters = {first: last for first, last, _ in prompt.line.spans(grammar.painters)} if _has_names(prompt) else {}
    while place < len(prompt.tokens):
        token, before = prompt.tokens[place], prompt.tokens[place - 1].text if place else ""
        is_name = token.text in grammar.first_names and (token.capital or _goes_on_as_name(prompt, place, wordbook))
        if is_name and token.role == FREE and not _begins_name(prompt, place, wordbook):
            last = place + (1 if token.capital else 2)
            while last < len(prompt.tokens) and last - place < MOST_NAMES and _is_surname(prompt, last, wordbook):
                last += 1
            is_author, is_all = before in grammar.authors, last - place == len(prompt.tokens)
            if place not in painters or not (is_author or is_all):
                is_other = is_author or (last == place + 1 and _is_named_too(prompt, place, wordbook))
                name = (prompt.text[token.start : prompt.tokens[last - 1].end],) if last > place + 1 else ()
                sex = "" if is_other else grammar.sexes[token.text not in grammar.men]
                prompt = replace(_replaced(prompt, place, last, sex, stands=True), unshown=(*prompt.unshown, *name))
        place += 1
    return prompt


def _goes_on_as_name(prompt: Prompt, place: int, wordbook: Wordbook) -> bool:
    """Return whether an unknown word follows, in a prompt without capital letters: angela merkel."""
    after = prompt.tokens[place + 1 : place + 2]
    has_capitals = any(token.capital for token in prompt.tokens)
    return not has_capitals and any(each.kind == WORD and not wordbook.is_known(each.text) for each in after)


def _is_named_too(prompt: Prompt, place: int, wordbook: Wordbook) -> bool:
    """Return whether a first name belongs to another word for an animal or a person: Winston the bulldog."""
    grammar = prompt.grammar
    around = {token.text for token in (*prompt.tokens[max(0, place - 1) : place], *prompt.tokens[place + 1 :][:1])}
    if around & grammar.breaks:  # Peter and the wolf
        return False
    others = (token.text for at, token in enumerate(prompt.tokens) if token.kind == WORD and at != place)
    found = (wordbook.find(word, grammar.language)[0] for word in others if not grammar.is_minor(word))
    return any(
        meanings[0].source <= KIND and wordbook.concepts[meanings[0].concept].kind.startswith(BEINGS)
        for meanings in found
        if meanings
    )


def _has_names(prompt: Prompt) -> bool:
    return any(token.capital and token.text in prompt.grammar.first_names for token in prompt.tokens)


def _begins_name(prompt: Prompt, place: int, wordbook: Wordbook) -> bool:
    """Return whether a first name belongs to a name of a drawing, such as the Mona Lisa, or follows a style's words."""
    spans = ((place, place + 2), (place, place + 3), (place - 1, place + 1))
    language, style = prompt.grammar.language, prompt.words(max(0, place - 2), place)
    return style == "style of" or prompt.tokens[place].owner or any(
        start >= 0 and wordbook.is_named(prompt.words(start, end), language, weakest=ALIAS)
        for start, end in spans
        if end <= len(prompt.tokens)
    )  # fmt: skip


def _is_surname(prompt: Prompt, place: int, wordbook: Wordbook) -> bool:
    """Return whether a word with a capital letter follows directly and names nothing that is drawn."""
    token, before = prompt.tokens[place], prompt.tokens[place - 1]
    is_name = token.kind == WORD and token.capital and token.role == FREE and not before.owner
    return is_name and not wordbook.is_drawn(token.text, prompt.grammar.language)
