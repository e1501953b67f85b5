"""Words for pictures: articles, lists, the prompt prefix, and how things and hands are joined to captions."""

from __future__ import annotations

PREFIX = "A MoMA artwork of: "
HAND_PATTERN = "{prompt}, {words}"  # how prompt and hand are joined if a model says nothing else
# Names that take no article, since they are many or a matter; and those that there is one of.
MATTER = frozenset(
    (
        "bacon", "bread", "broccoli", "butter", "cooked rice", "curry rice", "fire", "fog", "garlic", "ginger root",
        "ice", "ice cream", "lacrosse", "luggage", "mate", "money with wings", "oden", "salt", "shaved ice", "sushi",
        "spaghetti", "thread", "dna", "soft ice cream", "zzz", "people hugging", "people wrestling", "lungs",
    )
)  # fmt: skip
ONLY = frozenset(("sun", "statue of liberty", "milky way"))
PLURALS = frozenset(("glasses", "sunglasses", "goggles"))
IRREGULAR = {
    "man": "men", "woman": "women", "person": "people", "child": "children", "snowman": "snowmen", "mouse": "mice",
    "goose": "geese", "tooth": "teeth", "foot": "feet", "ox": "oxen", "wolf": "wolves", "leaf": "leaves",
    "knife": "knives", "scarf": "scarves", "loaf": "loaves", "fish": "fish", "blowfish": "blowfish",
    "jellyfish": "jellyfish", "sheep": "sheep", "deer": "deer", "moose": "moose", "bison": "bison", "squid": "squid",
    "shrimp": "shrimp", "potato": "potatoes", "tomato": "tomatoes", "mango": "mangoes", "volcano": "volcanoes",
    "mosquito": "mosquitoes", "superhero": "superheroes", "cactus": "cacti", "quiz": "quizzes",
}  # fmt: skip
DOERS = frozenset(("person", "man", "woman", "face", "head", "chart"))
VOWELS = tuple("aeiou")
SOUNDS_LIKE_CONSONANT = ("uni", "one ", "euro", "ewe", "ukulele", "used")
SOUNDS_LIKE_VOWEL = ("hour", "honest", "x-ray")


def thing(name: str) -> str:
    """Write a concept as it stands in a prompt: ``an owl``, ``the sun``, ``cherries``, ``ice cream``."""
    name = _cased(name)
    plain = name.lower()
    if plain in ONLY:
        return f"the {name}"
    if plain in MATTER or is_plural(plain) or name[:1].isdigit():
        return name
    return f"{article(plain)} {name}"


def article(text: str) -> str:
    """Choose between ``a`` and ``an``."""
    if text.startswith(SOUNDS_LIKE_CONSONANT):
        return "a"
    return "an" if text.startswith(VOWELS + SOUNDS_LIKE_VOWEL) else "a"


def is_plural(name: str) -> bool:
    """Tell whether a name is of several, by its head: the words before ``with``, ``in``, ``on``, ``of``."""
    head = name
    for joint in (" with ", " in ", " on ", " of ", " and "):
        head = head.split(joint)[0]
    last = head.split()[-1] if head.split() else ""
    singular = last.endswith(("ss", "us", "is", "as", "ros")) or last in ("lens", "news", "claus", "tennis", "series")
    return last in PLURALS or (last.endswith("s") and not singular)


def plural(name: str) -> str:
    """Write a name's plural: ``wolves``, ``nests with eggs``, ``people surfing``; a matter has none."""
    name = _cased(name)
    if name.lower() in MATTER:
        return name
    first, _, doing = name.partition(" ")
    if first in DOERS and (first == "person" or doing.split(" ")[0].endswith("ing")) and doing:
        return f"{_plural_of_word(first)} {doing}"
    if is_plural(name):
        return name
    for joint in (" with ", " in ", " on ", " of ", " and "):
        if joint in name:
            head, _, rest = name.partition(joint)
            return f"{plural(head)}{joint}{rest}"
    before, space, last = name.rpartition(" ")
    return f"{before}{space}{_plural_of_word(last)}"


def _plural_of_word(word: str) -> str:
    if word in IRREGULAR:
        return IRREGULAR[word]
    if word.endswith(("s", "x", "z", "ch", "sh")):
        return f"{word}es"
    if word.endswith("y") and word[-2:-1] not in VOWELS:
        return f"{word[:-1]}ies"
    return f"{word}s"


def coloured(colour: str, name: str) -> str:
    """Write a concept in a colour: ``an orange owl``, ``blue cherries``."""
    written = thing(name)
    for start in ("a ", "an ", "the "):
        if written.startswith(start):
            lead = "the" if start == "the " else article(colour)
            return f"{lead} {colour} {written[len(start) :]}"
    return f"{colour} {written}"


def listed(words: list[str], most: int) -> str:
    """Join the first ``most`` words with commas."""
    return ", ".join(words[:most])


def _cased(name: str) -> str:
    """Lower a title's first letter, unless more than that is written large."""
    first, _, rest = name.partition(" ")
    if first[:1].isupper() and first[1:].islower() and (not rest or rest.islower()):
        proper = ("Santa", "Japanese", "Christmas", "Tokyo", "Mrs.", "Mx", "Statue")
        return name if first in proper else name[:1].lower() + name[1:]
    return name
