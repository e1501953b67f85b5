"""Look up what words and phrases mean, in any inflected form, in the lexicon and the names of added drawings."""

from collections.abc import Iterable, Sequence
from functools import lru_cache
from itertools import chain

from app.reading.grammar import Grammar
from app.reading.lexicon import ALIAS, KEYWORD, KIND, NAME, SPOKEN, Concept, Lexicon, Meaning
from app.reading.prompt import WORD, Token
from sketch import keys

LONGEST_NAME = 7
"""The most words of a name."""

COMPOUND = 0.86
"""The weight of the last part's meaning for a German compound that is not listed: a Holzstuhl is a chair."""

FIRST_PART = 0.74
"""The weight of the first part's meaning, if the last part is unknown."""

PIECE = "stueck"
"""The last part of a compound that is only a quantity."""

PAIR = "paar"
"""The word with which German names of pairs begin; a number before it counts pairs."""

PARTITIVE = frozenset(("of", "and", "von", "vom", "und"))
"""Small words within a name that may be counted as a whole: five cups of coffee, and no five cats on a roof."""

LEAST_PART, LONGEST_COMPOUND = 3, 40
"""The least length of a part of a compound in letters, and the greatest of a whole one."""


class Wordbook:
    """The vocabulary: the lexicon, and the names and words of drawings that were added since it was built."""

    def __init__(self, lexicon: Lexicon, added: Iterable[tuple[str, str, Sequence[str]]] = ()) -> None:
        self.lexicon = lexicon
        self.concepts = list(lexicon.concepts)
        self.numbers = {concept.name.casefold(): number for number, concept in enumerate(self.concepts)}
        self._added: dict[str, list[Meaning]] = {}
        for name, kind, words in added:
            number = self.numbers.setdefault(name.casefold(), len(self.concepts))
            if number == len(self.concepts):
                self.concepts.append(Concept(name, kind, ", ".join([name, *words])))
            for index, word in enumerate((name, *words)):
                meaning = Meaning(number, 1.0 if not index else 0.95, ALIAS if index else NAME)
                for language in SPOKEN:
                    self._added.setdefault(keys.key(word, language), []).append(meaning)
        self.find = lru_cache(maxsize=4096)(self._find)

    def exactly(self, key: str) -> list[Meaning]:
        """Return the meanings of a key, without trying other forms."""
        return [*self._added.get(key, ()), *self.lexicon.find(key)]

    def sure_words(self, prefix: str, sources: Sequence[int], above: float) -> dict[str, float]:
        """Return the words of letters alone that mean a concept with a weight above this, by these sources.

        :param prefix: the language's prefix of keys; it is left out of the words.
        """
        found = self.lexicon.words_by(sources, above)
        for key, meanings in self._added.items():
            weight = max((each.weight for each in meanings if each.source in sources), default=0.0)
            if weight > max(above, found.get(key, 0.0)):
                found[key] = weight
        plain = ((key.removeprefix(prefix), weight) for key, weight in found.items() if key.startswith(prefix))
        return {word: weight for word, weight in plain if word.isalpha()}

    def _find(self, words: str, language: str) -> tuple[tuple[Meaning, ...], str]:
        """Return the meanings of folded words, the likeliest first, and the form of the last word that matched.

        If the words are unknown in the language, tries the other one, without German compounds: a Stegosaurus is
        no pier, which is a Steg.
        """
        for tongue in (language,) if language == keys.OTHER else (language, "de" if language == "en" else "en"):
            found = self._in(words, tongue, compounds=tongue == language)
            if found[0]:
                return found
        return (), ""

    def _in(self, words: str, language: str, *, compounds: bool = True) -> tuple[tuple[Meaning, ...], str]:
        prefix = keys.prefix(language)
        *before, last = words.split(" ")
        best: dict[int, Meaning] = {}
        form = ""
        for index, each in enumerate(keys.forms(last, language)):
            for meaning in self.exactly(prefix + " ".join([*before, each])):
                form = form or each
                weight = meaning.weight * (1 - 0.01 * min(index, 3))
                if weight > best.get(meaning.concept, Meaning(0, 0, 0)).weight:
                    best[meaning.concept] = Meaning(meaning.concept, weight, meaning.source)
        if not best and compounds and language == "de" and not before and len(last) <= LONGEST_COMPOUND:
            best, form = self._compound(last), last
        return tuple(
            sorted(best.values(), key=lambda meaning: (-meaning.weight, meaning.source, meaning.concept))
        ), form if best else ""

    def _compound(self, word: str) -> dict[int, Meaning]:
        """Return the meanings of a German compound by its longest known last part, or else by its first part."""
        ends = range(len(word) - LEAST_PART, LEAST_PART, -1)
        forms = (form for start in range(3, len(word) - LEAST_PART) for form in keys.forms(word[start:], "de"))
        last = ((form, COMPOUND) for form in forms if len(form) > LEAST_PART)
        # An Igelfamilie shows hedgehogs.
        first = ((part, FIRST_PART) for end in ends for part in _stems(word[:end]))
        if word.endswith(PIECE):  # a Möbelstück is one of the Möbel
            for part in _stems(word.removesuffix(PIECE)):
                if found := self.exactly(keys.GERMAN + part):
                    return {each.concept: each for each in found}
        for part, weight in chain(last, first):
            found = [each for each in self.exactly(keys.GERMAN + part) if each.is_sure]
            if found:
                return {each.concept: Meaning(each.concept, each.weight * weight, KIND) for each in found}
        return {}

    def names(self, tokens: Sequence[Token], grammar: Grammar) -> tuple[tuple[int, int], ...]:
        """Return the token ranges of at least two words that name one thing; of overlapping ones the longest."""
        found: list[tuple[int, int]] = []
        for length in range(LONGEST_NAME, 1, -1):
            for first in range(len(tokens) - length + 1):
                part, last = tokens[first : first + length], first + length
                is_free = not any(start < last and first < end for start, end in found)
                is_name = is_free and all(token.kind == WORD for token in part) and self._is_name(part, grammar)
                goes_on = is_name and self._goes_on(part, tokens[last : last + 1], grammar)
                if is_name and not goes_on and not self._is_split(part, tokens[:first], grammar):
                    found.append((first, last))
        return tuple(found)

    def _is_split(self, part: Sequence[Token], before: Sequence[Token], grammar: Grammar) -> bool:
        """Return whether the word before a name takes it apart.

        Five ducks in a row are ducks, zwei Paar Socken four socks, and a dog riding a bicycle no person.
        """
        word = before[-1].text if before and before[-1].kind == WORD else ""
        if grammar.number(word) > 1:
            is_scene = any(token.text in grammar.small and token.text not in PARTITIVE for token in part[1:-1])
            return is_scene or part[0].text == PAIR
        if not part[0].text.endswith("ing") or word in grammar.small or not self.is_thing(word, grammar.language):
            return False
        meanings, _ = self.find(word, grammar.language)
        return not self.concepts[meanings[0].concept].kind.startswith("person")

    def _goes_on(self, part: Sequence[Token], after: Sequence[Token], grammar: Grammar) -> bool:
        """Return whether a name with an article within ends before its noun: a woman with a dog puppet."""
        is_clause = any(token.text in grammar.articles for token in part[1:])
        return is_clause and any(self.is_drawn(token.text, grammar.language) for token in after)

    def _is_name(self, part: Sequence[Token], grammar: Grammar) -> bool:
        meanings, _ = self.find(" ".join(token.text for token in part), grammar.language)
        if not meanings or not meanings[0].is_strong:
            return False
        has_small = part[0].text in grammar.small or part[-1].text in grammar.small
        if has_small and meanings[0].source != NAME and not all(token.joined for token in part[1:]):
            return False
        return part[0].text not in grammar.colours or meanings[0].source in (NAME, ALIAS)

    def is_named(self, words: str, language: str, *, weakest: int = KEYWORD) -> bool:
        """Return whether words name a thing in a language, by a meaning of this source or a stronger one."""
        found, _ = self._in(words, language)
        return bool(found) and found[0].is_strong and found[0].source <= weakest

    def is_known(self, word: str) -> bool:
        """Return whether a word is English or German, as far as the lexicon knows these."""
        return self.is_listed(word) or self.is_described(word)

    def is_listed(self, word: str, *, compounds: bool = True) -> bool:
        """Return whether a word stands in the lexicon in one of its forms, as a German compound or as a verb."""
        for language in SPOKEN:
            folded = keys.unmarked(word, language)
            if self._in(folded, language, compounds=False)[0]:
                return True
            if (
                language == "de"
                and compounds
                and any(each.weight > FIRST_PART for each in self._compound(folded).values())
            ):
                return True
        return any(self.lexicon.is_verb(form) for form in keys.forms(keys.key(word)))

    def is_described(self, word: str) -> bool:
        """Return whether a word has the stem of one that describes a thing."""
        return any(self.lexicon.tells(keys.stem(keys.unmarked(word, language), language)) for language in SPOKEN)

    def is_thing(self, words: str, language: str) -> bool:
        """Return whether words are a name, another name or a synonym of a thing."""
        return any(meaning.is_sure for meaning in self.find(words, language)[0])

    def is_drawn(self, words: str, language: str) -> bool:
        """Return whether words are the name of a drawing."""
        found, _ = self.find(words, language)
        return bool(found) and found[0].source == NAME


def _stems(part: str) -> tuple[str, ...]:
    """Return the first part of a German compound with and without the letters that join it to the next one."""
    return part, part.removesuffix("s"), part.removesuffix("n")
