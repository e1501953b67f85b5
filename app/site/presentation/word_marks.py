"""The words of a prompt as the form marks them: read, approximated or not read, with their right spelling."""

from collections.abc import Mapping
from dataclasses import dataclass

from app.reading.reader import Reader
from app.reading.reading import NOT_READ, READ, Found, Reading, WordMark
from sketch.sketchbook import Drawing

SUGGESTED = 3
"""For how many unknown words of a prompt another spelling is looked for."""


@dataclass(frozen=True, slots=True)
class WordShown:
    """A word as written, its place among the marked words, the name of its drawing, and its right spelling.

    ``after`` is ``""`` if nothing is drawn after it, or if the drawing has its name; ``better`` if it is spelt right.
    """

    word: str
    place: int
    mark: str
    after: str = ""
    better: str = ""


def of_reading(reading: Reading, picked: Mapping[str, Drawing], reader: Reader, language: str) -> tuple[WordShown, ...]:
    """Return the marked words of an interpretation, in their order.

    :param picked: the drawings that the visitor chose, by the names of those in the interpretation. A word whose
        drawing was chosen is not approximated.
    :param language: the language of the page, in which drawings are named.
    """
    named = {item.drawing.name: item.drawing for item in reading.items}
    left, words = SUGGESTED, list[WordShown]()
    for index, each in enumerate(reading.marks):
        drawing = picked.get(each.thing) or named.get(each.thing)
        after = reader.name_of(drawing, language) if drawing else ""
        mark = READ if each.thing in picked else each.mark
        better = ""
        if each.corrected or (each.mark == NOT_READ and left):
            left -= not each.corrected
            better = better_spelling(each, reading, reader)
        words.append(
            WordShown(each.word, index, mark, "" if after.casefold() == each.word.casefold() else after, better)
        )
    return tuple(words)


def better_spelling(mark: WordMark, reading: Reading, reader: Reader) -> str:
    """Return the right spelling of a misspelt word, as it begins: with a capital letter or without; ``""`` for none."""
    words, language = reader.near_words, reading.language
    found = words.written(mark.corrected, language) if mark.corrected else ""
    if not found and mark.mark == NOT_READ:
        found = words.suggest(mark.word, language)
    return found[:1].upper() + found[1:] if mark.word[:1].isupper() else found


def lacking(reading: Reading, item: Found) -> str:
    """Return the words that name a thing which has no drawing of its own; ``""`` if it has one."""
    return " ".join(each.word for each in reading.marks if each.is_lacking and each.thing == item.drawing.name)
