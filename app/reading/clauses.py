"""Find how the noun phrases of a prompt stand to each other: as a list, or one with a clause that describes it."""

from app.reading.prompt import FREE, MARK, PLACE, Phrase, Prompt

STANDING = ("left", "right", "in front", "behind", "below", "above")
"""Relations that show that a prompt names two things; a description of one thing seldom has one."""


def is_sure(phrase: Phrase) -> bool:
    """Return whether a phrase names a thing with an article or a number: a piano, not "something you play"."""
    return bool(phrase.meanings) and phrase.meanings[0].is_sure and bool(phrase.determined or phrase.count)


def are_listed(prompt: Prompt, first: Phrase, second: Phrase) -> bool:
    """Return whether two phrases are two things: parts of a list, or one beside the other."""
    grammar, stands = prompt.grammar, f" {prompt.words(first.head[1], second.head[0])} "
    are_names = first.is_name and second.is_name and second.determined  # a bat above a castle
    standing = [pattern for pattern, name in grammar.relations if name in STANDING and are_names]
    between = {token.text for token in prompt.tokens[first.last : second.first]}
    is_list = bool(between & (grammar.breaks - {"with", "mit"} | {","}))
    return is_list or any(pattern.search(stands) for pattern in standing)


def has_clause(prompt: Prompt, phrase: Phrase) -> bool:
    """Return whether a relative clause follows a phrase; in German it begins with an article after a comma."""
    grammar, tokens = prompt.grammar, prompt.tokens
    for index, token in enumerate(tokens[phrase.last : phrase.last + 3], phrase.last):
        is_article = token.text in grammar.articles and grammar.language != "en"
        if token.text in grammar.clauses and token.role == FREE and not (is_article and tokens[index - 1].text != ","):
            # "That is" before a negation is no clause: nothing follows in it.
            rest = [each for each in tokens[index + 1 :] if each.kind == MARK or each.text not in grammar.small]
            if rest and rest[0].kind != MARK and rest[0].role in (FREE, PLACE):
                return True
    return False
