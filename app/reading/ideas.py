"""Find what shows an idea, such as joy or loneliness: a scene of drawings instead of a word without a shape."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace

from app.reading.grammar import IdeaScene
from app.reading.prompt import FREE, PLACE, WORD, Choice, Phrase, Prompt
from app.reading.reading import BY_IDEA, BY_KIND, BY_NAME, FREELY
from app.reading.wordbook import Wordbook
from sketch import keys

LONGEST = 4
"""The most words of an idea."""

MOST = 3
"""The most things that show the ideas of one prompt."""

Thing = tuple[Phrase, str]
"""The words of an idea as a phrase, and the name of a drawing that shows it."""


def show(
    prompt: Prompt, choices: Sequence[Choice], numbers: Mapping[str, int], allowed: Collection[int]
) -> tuple[Prompt, list[Choice]]:
    """Return the things that show a prompt's ideas, with those that it names, and the prompt with their setting.

    Without ideas and things, the ground has the colour that the prompt names.

    :param choices: the things that the prompt names or describes.
    :param numbers: the numbers of the concepts, by their names in lower case; ``allowed`` are those that may be shown.
    """
    named = [each for each in choices if each.how in (BY_NAME, BY_KIND)]
    annotated, things = find(prompt, is_read=any(each.how != FREELY for each in choices))
    found = [(phrase, numbers.get(name.casefold(), -1)) for phrase, name in things]
    others = [number for each in choices if each not in named for number in each.concepts]
    shown = [Choice(phrase, (number, *others), BY_IDEA) for phrase, number in found if number in allowed]
    if shown or annotated.wish != prompt.wish:
        taken = {index for each in shown for index in range(*each.phrase.head)}
        return annotated, [*shown, *(each for each in named if not taken & {*range(*each.phrase.head)})]
    return (prompt if choices else with_colour(prompt)), []


def find(prompt: Prompt, *, is_read: bool) -> tuple[Prompt, list[Thing]]:
    """Return the things that show a prompt's ideas, and the prompt with the setting that they have; often none.

    :param is_read: whether the prompt names or describes things; then it is about an idea only if it says nothing
        else, or begins with the idea of the named thing: a critique of a book.
    """
    all_found = list(_scenes(prompt))
    found = [each for each in all_found if prompt.words(*each[:2]) not in prompt.grammar.about] or all_found
    taken = {index for first, last, _ in found for index in range(first, last)}
    content = [index for index, token in enumerate(prompt.tokens) if _is_content(prompt, index) and token.text]
    rest = [index for index in content if index not in taken]
    is_idea_of = bool(found and rest) and found[0][1] <= rest[0] and prompt.tokens[found[0][1]].text in ("of", "an")
    if not content and prompt.unshown:
        scene = next(filter(None, (prompt.grammar.ideas.get(token.text) for token in prompt.tokens)), IdeaScene(()))
        return prompt, [(Phrase(0, len(prompt.tokens)), name) for name in scene.names]
    if not found or (rest and is_read and not is_idea_of):
        return prompt, []
    wish, things = prompt.wish, list[Thing]()
    for first, last, scene in found:
        kind, time, weather = wish.kind or scene.kind, wish.time or scene.time, wish.weather or scene.weather
        wish = replace(wish, kind=kind, time=time, weather=weather)
        phrase = Phrase(first, last, (first, last), word=prompt.words(first, last))
        things += [(phrase, name) for name in scene.names]
    return replace(prompt, wish=wish), things[:MOST]


def is_of_colours(prompt: Prompt, content: Sequence[str], wordbook: Wordbook) -> bool:
    """Return whether a prompt names colours alone: blue and yellow, but not an orange and a lemon."""
    grammar, words = prompt.grammar, [word for word in content if word not in prompt.grammar.about]
    mere = (word in grammar.plain_colours or not wordbook.is_thing(word, grammar.language) for word in words)
    return len(words) > 1 and all(word in grammar.colours for word in words) and all(mere)


def with_colour(prompt: Prompt) -> Prompt:
    """Return the prompt with the first of its colours as the ground, if it wants no other one."""
    colours = [prompt.grammar.colours.get(token.text) for token in prompt.tokens if token.role in (FREE, PLACE)]
    ground = prompt.wish.ground or next(filter(None, colours), "")
    return replace(prompt, wish=replace(prompt.wish, ground=ground))


def _is_content(prompt: Prompt, place: int) -> bool:
    token, grammar = prompt.tokens[place], prompt.grammar
    is_word = token.kind == WORD and token.role in (FREE, PLACE)
    return is_word and not grammar.is_minor(token.text) and token.text not in grammar.about


def _scenes(prompt: Prompt) -> Iterator[tuple[int, int, IdeaScene]]:
    """Yield the token ranges of the ideas in a prompt, the longest first at each place, with their scenes."""
    place, tokens, ideas = 0, prompt.tokens, prompt.grammar.ideas
    while place < len(tokens):
        for last in range(min(place + LONGEST, len(tokens)), place, -1):
            scene = _scene_of(prompt, place, last) if _are_open(prompt, place, last) else None
            if ideas and scene is not None:
                yield place, last, scene
                place = last - 1
                break
        place += 1


def _are_open(prompt: Prompt, first: int, last: int) -> bool:
    return all(token.kind == WORD and token.role in (FREE, PLACE) for token in prompt.tokens[first:last])


def _scene_of(prompt: Prompt, first: int, last: int) -> IdeaScene | None:
    before: Sequence[str] = [token.text for token in prompt.tokens[first : last - 1]]
    forms = keys.forms(prompt.tokens[last - 1].text, prompt.grammar.language)
    return next((prompt.grammar.ideas[words] for form in forms if (words := " ".join([*before, form])) in
                 prompt.grammar.ideas), None)  # fmt: skip
