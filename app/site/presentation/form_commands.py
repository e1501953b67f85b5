"""The buttons of the form that are no request for a walk: what each does, and for which stop."""

import re
from dataclasses import dataclass

OF_THE_WALK = "add-stop", "remove-stop", "turn-round", "let-go", "look", "styles", "another", "drawings", "drop-sound"
OF_A_STOP = "drop-photo", "plain", "captions", "candidates", "more", "drop", "drawings", "change", "earlier", "forget"
"""Their values end in the stop's number from 0, such as ``more-1``; ``drawings`` is also one of the walk."""
STYLE = "style"
"""Its value ends in the stop's number and the style's name, such as ``style-0-watercolour``."""
WHOLE = "whole"
"""Its value ends in the name of a style for the whole walk, such as ``whole-watercolour``."""
OF_A_WORD = "spell", "seek", "find"
"""Their values end in the stop's number and that of a marked word, such as ``spell-0-2``; that of ``find`` in the
number of a page of drawings."""
WRITE = "write"
"""Its value ends in the stop's number and the words to write there, such as ``write-0-a lemon``."""
TAKE = "take"
"""Its value ends in the stop's number and the digest of a drawing."""
SET = "set"
"""Its value ends in an option of the walk that changes its time, and the option's value, such as ``set-size-256``."""
LANGUAGE = "language"
"""Its value ends in the code of the language to show the form in, such as ``language-de``."""
VALUE = re.compile(
    rf"(?P<walk>{'|'.join(OF_THE_WALK)})"
    rf"|(?P<stop>{'|'.join(OF_A_STOP)})-(?P<number>[0-9]{{1,2}})"
    rf"|(?P<word>{'|'.join(OF_A_WORD)})-(?P<of>[0-9]{{1,2}})-(?P<place>[0-9]{{1,3}})"
    rf"|{SET}-(?P<option>frames|preset|size|steps)-(?P<value>[a-z0-9]{{0,8}})"
    rf"|{LANGUAGE}-(?P<language>[a-z]{{2}})"
    rf"|{WRITE}-(?P<written>[0-9]{{1,2}})-(?P<words>.{{1,1000}})"
    rf"|{TAKE}-(?P<taker>[0-9]{{1,2}})-(?P<drawing>[0-9A-Za-z]{{1,64}})"
    rf"|{WHOLE}-(?P<shared>[a-z0-9-]{{1,80}})"
    rf"|{STYLE}-(?P<styled>[0-9]{{1,2}})-(?P<name>[a-z0-9-]{{1,80}})",
    re.ASCII | re.DOTALL,
)


@dataclass(frozen=True, slots=True)
class Command:
    """What a button does; the stop it is for, if it is for one; and what it names: a style, a number, a drawing, words.

    ``option`` and ``value`` are those of an option of the walk; ``value`` is also the code of a language.
    """

    act: str = ""
    stop: int = -1
    style: str = ""
    place: int = 0
    drawing: str = ""
    option: str = ""
    value: str = ""
    words: str = ""


def parse(value: str, stops: int) -> Command:
    """Return the command of a button's value; one that does nothing if the value is unknown or names no stop."""
    match = VALUE.fullmatch(value)
    if match is None:
        return Command()
    if match["walk"]:
        return Command(match["walk"])
    if match["shared"]:
        return Command(WHOLE, style=match["shared"])
    if match["option"]:
        return Command(SET, option=match["option"], value=match["value"])
    if match["language"]:
        return Command(LANGUAGE, value=match["language"])
    number = int(match["number"] or match["styled"] or match["of"] or match["taker"] or match["written"])
    if number >= stops:
        return Command()
    if match["words"]:
        return Command(WRITE, number, words=match["words"])
    act = match["stop"] or match["word"] or (TAKE if match["drawing"] else STYLE)
    return Command(act, number, match["name"] or "", int(match["place"] or 0), match["drawing"] or "")
