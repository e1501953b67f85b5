"""English texts for scenes: things with number, colour and relation, and their place.

The captions in training and the text for the model are both written here, so that generation uses only words that were
in the training. Captions choose among synonyms; the text for the model uses the first one.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from sketch.arrangement import Item, Wish, shows_setting
from sketch.lettering import KIND

NUMBERS = ("", "", "two", "three", "four", "five", "six", "seven", "eight", "nine")
PLACES = {
    "table": ("on a table", "on a cloth"), "room": ("in a room",), "window": ("by a window",),
    "hills": ("in the hills", "in a landscape"), "forest": ("in a forest",), "desert": ("in the desert",),
    "sea": ("by the sea", "on the sea"), "underwater": ("under water",), "sky": ("in the sky",),
    "street": ("in a street",), "space": ("in space",), "pattern": ("before a pattern",),
}  # fmt: skip
TIMES = {"dusk": ("at sunset", "at dusk"), "night": ("at night",)}
WEATHERS = {"rain": ("in the rain",), "snow": ("in the snow",)}
RELATED = {
    "beside": ("next to", "beside"),
    "left": ("to the left of",),
    "right": ("to the right of",),
    "in front": ("in front of",),
}
REPEATED = ("pattern", "grid")
PATTERNS = ("a pattern of", "rows of")
# Names that take no article, because they are plural or uncountable; and names of unique things.
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
JOINTS = (" with ", " in ", " on ", " of ", " and ")
PROPER = ("Santa", "Japanese", "Christmas", "Tokyo", "Mrs.", "Mx", "Statue")
VOWELS = tuple("aeiou")
SOUNDS_LIKE_CONSONANT = ("uni", "one ", "euro", "ewe", "ukulele", "used")
SOUNDS_LIKE_VOWEL = ("hour", "honest", "x-ray")

Choose = Callable[[Sequence[str]], str]


def choose_first(wordings: Sequence[str]) -> str:
    """Return the first of several ways to say something, which is the most common one."""
    return wordings[0]


def describe_scene(items: Sequence[Item], wish: Wish, choose: Choose = choose_first) -> tuple[str, str]:
    """Return two texts for a scene: with place and time, such as ``two foxes below a tree at night``, and without them.

    ``choose`` picks one of several ways to say something. Lettering is not named: no model learned words for it.
    """
    items = [item for item in items if item.kind != KIND]
    is_repeated = wish.composition in REPEATED
    # Things in a pattern are named in the plural, without a number.
    things = [in_plural(item) if is_repeated else with_count(item) for item in items]
    if wish.relation and len(things) == 2:
        short = f"{things[0]} {choose(RELATED.get(wish.relation, (wish.relation,)))} {things[1]}"
    else:
        short = " and ".join([", ".join(things[:-1]), things[-1]]) if len(things) > 1 else "".join(things)
    if things and is_repeated:
        short = f"{choose(PATTERNS)} {short}"
    elif things and wish.composition == "close-up":
        short = f"{short}, close-up"
    if wish.ground:
        ground = f"{article(wish.ground)} {wish.ground} background"
        short = f"{short} on {ground}" if things else ground
    kind = "" if shows_setting(items, wish.kind) else wish.kind
    named = (PLACES.get(kind), TIMES.get(wish.time), WEATHERS.get(wish.weather))
    places = [choose(wordings) for wordings in named if wordings]
    return " ".join([short, *places] if short else places), short


def with_count(item: Item) -> str:
    """Return a thing with its number and colour: ``an owl``, ``three blue owls``."""
    if item.count == 1:
        return with_colour(item.colour, item.name)
    number = NUMBERS[item.count] if item.count < len(NUMBERS) else str(item.count)
    return f"{number} {in_plural(item)}"


def in_plural(item: Item) -> str:
    """Return a thing's name in the plural, with its colour."""
    return tint(item.colour, plural(item.name))


def thing(name: str) -> str:
    """Return a name with its article, as in a prompt: ``an owl``, ``the sun``, ``cherries``, ``ice cream``."""
    name = _lower_first(name)
    plain = name.lower()
    if plain in ONLY:
        return f"the {name}"
    if plain in MATTER or is_plural(plain) or name[:1].isdigit():
        return name
    return f"{article(plain)} {name}"


def with_colour(colour: str, name: str) -> str:
    """Return a thing with its colour, if any: ``an orange owl``, ``blue cherries``, ``the sun``."""
    written = thing(name)
    if not colour:
        return written
    for start in ("a ", "an ", "the "):
        if written.startswith(start):
            lead = "the" if start == "the " else article(colour)
            return f"{lead} {tint(colour, written[len(start) :])}"
    return tint(colour, written)


def tint(colour: str, name: str) -> str:
    """Return a name with a colour before it, unless it begins with that: no ``red red apple``."""
    return name if not colour or name.startswith(f"{colour} ") else f"{colour} {name}"


def article(text: str) -> str:
    """Return the article that a text needs: ``a`` or ``an``."""
    if text.startswith(SOUNDS_LIKE_CONSONANT):
        return "a"
    return "an" if text.startswith(VOWELS + SOUNDS_LIKE_VOWEL) else "a"


def is_plural(name: str) -> bool:
    """Return whether a name is plural, by its last word before ``with``, ``in``, ``on`` or ``of``."""
    head = name
    for joint in JOINTS:
        head = head.split(joint)[0]
    last = head.split()[-1] if head.split() else ""
    singular = last.endswith(("ss", "us", "is", "as", "ros")) or last in ("lens", "news", "claus", "tennis", "series")
    return last in PLURALS or (last.endswith("s") and not singular)


def plural(name: str) -> str:
    """Return a name's plural: ``wolves``, ``nests with eggs``, ``people surfing``; uncountable ones are unchanged."""
    name = _lower_first(name)
    if name.lower() in MATTER:
        return name
    doer, _, doing = name.partition(" ")
    if doer in DOERS and (doer == "person" or doing.split(" ")[0].endswith("ing")) and doing:
        return f"{_plural_of_word(doer)} {doing}"
    if is_plural(name):
        return name
    for joint in JOINTS:
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


def _lower_first(name: str) -> str:
    """Return a title with its first letter in lower case, unless it is a proper name."""
    first_word, _, rest = name.partition(" ")
    if first_word[:1].isupper() and first_word[1:].islower() and (not rest or rest.islower()):
        return name if first_word in PROPER else name[:1].lower() + name[1:]
    return name
