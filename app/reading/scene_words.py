"""Annotate a prompt with its styles, ground, composition, place, time and weather.

Patterns are matched against one line of folded words with spaces between them. Words that a pattern matches are not
interpreted as things; words of a place phrase only if the prompt has nothing else.
"""

import re
from collections.abc import Collection, Sequence
from dataclasses import replace
from itertools import pairwise
from typing import Any

from app.reading.grammar import Patterns
from app.reading.prompt import FREE, MARK, PLACE, STYLE, TAKEN, Prompt
from app.reading.wordbook import Wordbook


def annotate(prompt: Prompt, wordbook: Wordbook) -> Prompt:
    """Return the prompt with its styles, with the wishes for its scene, and with the words that say so marked."""
    grammar = prompt.grammar
    drawn = [span for span in prompt.names if wordbook.is_drawn(prompt.words(*span), grammar.language)]
    prompt = _find(_with_ground(prompt), "composition", grammar.compositions, TAKEN, wordbook)
    prompt = _with_styles(prompt, grammar.styles, ())
    prompt = _with_styles(prompt, grammar.ambiguous_styles, {index for span in drawn for index in range(*span)})
    for name, rows in (("time", grammar.times), ("weather", grammar.weathers), ("kind", grammar.places)):
        prompt = _find(prompt, name, rows, PLACE, wordbook)
    return _with_listed_setting(prompt)


def _with_listed_setting(prompt: Prompt) -> Prompt:
    """Return the prompt with the setting of its parts between commas that are one such noun: bicycle, street, night."""
    ends = [-1, *(index for index, token in enumerate(prompt.tokens) if token.kind == MARK), len(prompt.tokens)]
    parts = [range(start + 1, end) for start, end in pairwise(ends)]
    grammar = prompt.grammar
    free = [part for part in parts if any(prompt.tokens[index].role == FREE for index in part)]
    for part in free if len(free) > 1 else ():
        noun = prompt.tokens[part[0]].text if len(part) == 1 else ""
        for name, of in (("time", grammar.time_of), ("weather", grammar.weather_of), ("kind", grammar.place_of)):
            if (meaning := of(noun)) and not getattr(prompt.wish, name):
                prompt = _wishing(prompt.marked(part, PLACE), name, meaning)
                break
    return prompt


def _with_ground(prompt: Prompt) -> Prompt:
    for first, last, match in prompt.line.spans(prompt.grammar.ground):
        colour = prompt.grammar.colours.get(next((each for each in match.groups() if each), ""))
        if colour and not any(token.role for token in prompt.tokens[first:last]):
            prompt = _wishing(prompt.marked(range(first, last), TAKEN), "ground", colour)
    return prompt


def _with_styles(prompt: Prompt, patterns: Sequence[re.Pattern[str]], protected: Collection[int]) -> Prompt:
    for pattern in patterns:
        for first, last, _ in prompt.line.spans(pattern):
            free = [index for index in range(first, last) if prompt.tokens[index].role == FREE]
            if free and not set(free) & set(protected):
                style = prompt.words(free[0], free[-1] + 1).strip(" ,.")
                styles = (*prompt.styles, style) if style else prompt.styles
                prompt = replace(prompt.marked(free, STYLE), styles=styles)
    return prompt


def _find(prompt: Prompt, name: str, rows: Patterns, role: str, wordbook: Wordbook) -> Prompt:
    """Return the prompt with the meaning of the first matching pattern as its wish, and with this role for the words.

    A place within a name counts, but its words stay part of the name. So do those of a place beside a thing, if a
    drawing shows it: a volcano near a town.
    """
    found = ""
    for pattern, meaning in rows:
        for first, last, _ in prompt.line.spans(pattern):
            places = set(range(first, last))
            within = places & prompt.named
            if any(prompt.tokens[place].role not in (FREE, PLACE) for place in places):
                continue
            if name == "kind" and _is_shown(prompt, first, last, wordbook):
                if prompt.tokens[last - 1].text in prompt.grammar.sights:
                    prompt = replace(prompt, sights=prompt.sights | {last - 1})
                found = found or meaning
                continue
            if not within or (role == PLACE and within != places and last - 1 in within):
                prompt = prompt.marked(places, role)
            elif role != PLACE or within != places:
                continue
            found = found or meaning
    return _wishing(prompt, name, found) if found else prompt


def _is_shown(prompt: Prompt, first: int, last: int, wordbook: Wordbook) -> bool:
    """Return whether a place has a drawing and is to be seen: a forest, or a castle beside which something is."""
    grammar, noun = prompt.grammar, prompt.tokens[last - 1].text
    is_beside = noun not in grammar.grounds and prompt.tokens[first].text in grammar.neighbours
    return (noun in grammar.sights or is_beside) and wordbook.is_drawn(noun, grammar.language)


def _wishing(prompt: Prompt, name: str, meaning: str) -> Prompt:
    wish: dict[str, Any] = {name: meaning}
    return replace(prompt, wish=replace(prompt.wish, **wish))
