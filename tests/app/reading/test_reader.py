"""Prompts are read as the things, places and numbers that they name, whatever else is in them."""

from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from app.core.text.embedding import Embedding
from app.core.text.stop_notes import NOT_READ
from app.reading import describing
from app.reading.lexicon import Lexicon
from app.reading.reader import Reader
from app.reading.reading import BY_KEYWORD, BY_KIND, BY_NAME, FREELY, VERSION
from app.reading.weak_drawings import WEAK
from sketch import scene
from sketch.sketchbook import Drawing, digest_of


def names(reader: Reader, prompt: str, **options: str) -> list[str]:
    return [item.drawing.name for item in reader.read(prompt, **options).items]


@pytest.mark.parametrize(
    ("prompt", "thing"),
    [
        ("a grizzly", "bear"),
        ("a wise bird of the night", "owl"),
        ("the thing that measures fever", "thermometer"),
        ("it wakes you every morning with a terrible ringing", "alarm clock"),
        ("a mountain that spits lava", "volcano"),
    ],
)
def test_descriptions_are_found_among_three(reader: Reader, prompt: str, thing: str) -> None:
    item = reader.read(prompt).items[0]
    assert thing in [each.name for each in (item.drawing, *item.others[:2])]


def test_how_a_thing_was_found_is_said(reader: Reader) -> None:
    assert [reader.read(prompt).items[0].how for prompt in ("a fox", "a grizzly bear", "a dachshund")] == [
        BY_NAME, BY_NAME, BY_KIND,
    ]  # fmt: skip
    assert reader.read("doorstopper").items[0].how == FREELY


@pytest.mark.parametrize(
    ("prompt", "things"),
    [
        # The names of things.
        ("a fox", ["fox"]),
        ("fire engine", ["fire engine"]),
        ("hot dog", ["hot dog"]),
        ("starfish", ["starfish"]),
        ("an oil drum", ["oil drum"]),
        ("a robot dreaming of sheep", ["robot", "ewe"]),
        ("a snail meets a butterfly", ["snail", "butterfly"]),
        ("bread & cheese", ["bread", "cheese wedge"]),
        ("a witch's broom", ["witch's broom"]),
        ("a bowl of soup", ["steaming bowl"]),
        ("the smell of rain", ["cloud with rain"]),
        ("five mice", ["mouse"]),
        ("an orange cat and an orange", ["cat", "orange"]),
        ("🦊 and 🌙", ["fox", "crescent moon"]),
        # Grammar decides what is a thing.
        ("a house with a red roof", ["house"]),
        ("a woman with long hair", ["woman with long hair"]),
        ("ein Haus mit grünem Dach", ["house"]),
        ("a family of penguins", ["penguin"]),
        ("a bundle of carrots", ["carrot"]),
        ("a robot kicking a soccer ball", ["robot", "soccer ball"]),
        ("a man riding a horse", ["horse rider"]),
        ("a squirrell driving a toy car", ["squirrel", "toy car"]),
        ("a Stegasaurus", ["stegosaurus"]),
        ("a volcano near a small town", ["volcano", "town"]),
        ("a volcano in a town", ["volcano"]),
        ("a table and a chair", ["table", "chair"]),
        ("a table with fruit", ["fruit"]),
        ("a woman reading by a window", ["person reading"]),
        ("a bear reading a book", ["bear", "open book"]),
        ("a girl reading a newspaper", ["girl", "newspaper"]),
        ("three fishermen", ["man", "fishing pole"]),
        ("a squirrel in a field", ["squirrel", "field"]),
        ("a shiny van parked on grass", ["van", "lawn"]),
        ("a small house on a mountain top", ["house on a mountain"]),
        ("ein Haus auf dem Berg", ["house on a mountain"]),
        ("ein Turm auf dem Berg", ["stone tower", "mountain"]),
        ("drei Häuser auf dem Berg", ["house", "mountain"]),
        ("five cups of coffee", ["hot beverage"]),
        ("a man riding a bicycle", ["person riding a bicycle"]),
        ("a dog riding a bicycle", ["dog", "bicycle"]),
        ("ein Hase auf der Wiese", ["rabbit", "meadow"]),
        ("a fisherman by the sea", ["person fishing"]),
        ("ein Fischer am Meer", ["person fishing"]),
        ("ein alter Mann", ["old man"]),
        ("seagulls circle above the sea", ["seagull"]),
        ("a circle above a square", ["circle", "square"]),
        ("a man on a bycicle", ["man", "bicycle"]),
        ("angela merkel on a horse", ["woman", "horse"]),
        ("eine Kellnerin", ["woman", "cocktail glass"]),
        ("ein Schäferhund", ["dog"]),
        ("a wood treehouse in an oak tree", ["treehouse"]),
        ("a dog jumping down from a wall", ["dog", "stone wall"]),
        ("a helicopter flies over Yosemite", ["helicopter", "Yosemite"]),
        ("a cricket team", ["cricket player"]),
        ("a subway train", ["metro"]),
        ("a coffee table with a newspaper on it", ["coffee table", "newspaper"]),
        ("the Great Wall", ["Great Wall"]),
        ("a cat and a dog, jumping", ["cat", "dog"]),
        ("a cat in a field of flowers", ["cat", "flower meadow"]),
        ("a woman with a dog puppet and a cat puppet", ["woman", "puppet"]),
        ("a man with a dog", ["person walking a dog"]),
        # A size or a colour does not bring what stands for a thing that has a drawing.
        ("a tall lighthouse", ["lighthouse"]),
        ("a red lighthouse", ["lighthouse"]),
        ("a green chameleon", ["chameleon"]),
        ("a plant", ["potted plant"]),
        ("a nuclear power plant", ["nuclear power plant"]),
        ("a VW beetle", ["automobile"]),
        # Moods and ideas are what stands for them.
        ("war", ["military helmet"]),
        ("hate", ["fight cloud"]),
        ("Weltschmerz", ["wilted flower"]),
        ("my mother", ["woman"]),
        ("Heimweh", ["house with garden"]),
        # What may be a place is a thing where nothing else is one.
        ("a sunset", ["sunset"]),
        ("a house in the garden", ["house"]),
        ("a forest", ["forest"]),
        ("a garden", ["garden"]),
        # A name may say "without".
        ("snowman without snow", ["snowman without snow"]),
        ("a tree without leaves", ["leafless tree"]),
        # Small words do not mislead.
        ("a cat in front of a mirror", ["cat", "mirror"]),
        ("a white cat that is not asleep", ["cat"]),
        ("a star, not a starfish", ["star"]),
        ("an apple that isn't red", ["green apple"]),
        ("a drop of water", ["droplet"]),
        ("fish and chips, but no fish", ["french fries"]),
        # Names in a row are as many things.
        ("sparkles fire heart skull", ["sparkles", "fire", "red heart", "skull"]),
        ("a school bus", ["school bus"]),
        # The word "emoji" says nothing of what is shown.
        ("fire emoji", ["fire"]),
        ("the emoji of a fire", ["fire"]),
        ("two fire emojis", ["fire"]),
        ("a smiley", ["smiling face"]),
        ("Holzstuhl und Teekanne", ["chair", "teapot"]),
        ("drei Bäume neben zwei Häusern", ["deciduous tree", "house"]),
        ("a f\u200bo\u2060x\ufeff", ["fox"]),
    ],
)
def test_prompt_is_read_as_its_things(reader: Reader, prompt: str, things: list[str]) -> None:
    assert names(reader, prompt) == things


def test_concepts_are_embedded_once_for_all_parsers_of_a_lexicon(
    lexicon: Lexicon, drawings: list[Drawing], embedding: Embedding, monkeypatch: pytest.MonkeyPatch
) -> None:
    counts: list[int] = []

    def embed(texts: Sequence[str]) -> NDArray[np.float32]:
        counts.append(len(texts))
        return Embedding.embed(embedding, texts)

    monkeypatch.setattr(describing, "_kept", {})
    monkeypatch.setattr(embedding, "embed", embed)
    for _ in range(3):
        assert Reader(lexicon, drawings, embedding).read("a sly animal that steals hens").items
    assert counts.count(len(lexicon.concepts)) == 1


def test_drawing_that_is_hard_to_recognise_is_used_where_there_is_no_better_one(lexicon: Lexicon) -> None:
    weak = Drawing(next(iter(WEAK)), "lighthouse", (), "place-building", "cut-out")
    good = Drawing(digest_of("tower"), "lighthouse", (), "place-building", "cut-out")
    reader = Reader(lexicon, [weak, good])
    found = [reader.read("a lighthouse", seed=seed).items[0] for seed in range(9)]
    assert {item.drawing for item in found} == {good} and weak in found[0].others
    assert Reader(lexicon, [weak]).read("a lighthouse").items[0].drawing == weak


@pytest.mark.parametrize("name", ["frog on a lily pad", "car on a mountain road", "astronaut on the moon with a flag"])
def test_added_scene_is_found_by_its_name(
    lexicon: Lexicon, drawings: list[Drawing], embedding: Embedding, name: str
) -> None:
    scene = Drawing("5ce0e" * 4, name, (), "other-object", "coloured")
    (item,) = Reader(lexicon, [*drawings, scene], embedding).read(f"a {name}").items
    assert (item.drawing.name, item.how) == (name, BY_NAME)


def test_whole_figures_come_before_heads(lexicon: Lexicon) -> None:
    drawings = [Drawing(digest_of(style), "man", (), "person", style) for style in ("flat", "classic", "coloured")]
    reader = Reader(lexicon, drawings)
    assert {reader.read("a man", seed=seed).items[0].drawing.style for seed in range(9)} == {"coloured"}


@pytest.mark.parametrize(
    ("prompt", "thing", "other"),
    [
        ("a bear that lives in the arctic on ice, white", "polar bear", "bear"),
        ("a bear that makes honey in a hive", "honey pot", "bear"),
    ],
)
def test_described_kind_comes_before_the_thing(reader: Reader, prompt: str, thing: str, other: str) -> None:
    first = reader.read(prompt).items[0]
    assert (first.how, first.drawing.name, first.others[0].name) == (BY_KIND, thing, other)


def test_description_of_a_word_with_one_meaning_leaves_it(reader: Reader) -> None:
    assert names(reader, "Tick that first")[0] == "tick"


@pytest.mark.parametrize("prompt", ["acquiescence", "101"])
def test_nothing_is_drawn_in_place_of_what_no_drawing_is_like(reader: Reader, prompt: str) -> None:
    reading = reader.read(prompt)
    assert (reading.items, reading.notes) == ((), (NOT_READ,))


@pytest.mark.parametrize(("prompt", "language"), [("changing seasons", "en"), ("die vier Jahreszeiten", "de")])
def test_word_for_several_things_at_once_is_one_of_each(reader: Reader, prompt: str, language: str) -> None:
    items = reader.read(prompt, language=language).items
    assert [item.drawing.name for item in items] == ["cherry blossom", "sunflower", "maple leaf", "snowman"]
    assert {(item.count, item.how) for item in items} == {(1, BY_KIND)}


def test_word_for_several_things_stands_beside_others_and_without_what_is_not_wanted(reader: Reader) -> None:
    items = reader.read("a fox in the four seasons without snowmen").items
    assert {item.drawing.name for item in items} == {"fox", "cherry blossom", "sunflower", "maple leaf"}


def test_plural_that_is_only_akin_is_one_thing(reader: Reader) -> None:
    [item] = reader.read("vitamins").items
    assert (item.how, item.count) == (BY_KEYWORD, 1)


def test_words_and_their_place_in_the_prompt_are_kept(reader: Reader) -> None:
    prompt = "  Zwei blaue\u200b Vögel, Aquarell"
    item = reader.read(prompt).items[0]
    assert prompt[slice(*item.span)] == item.words == "Zwei blaue\u200b Vögel"


def test_a_thing_has_three_others_that_are_not_itself(reader: Reader) -> None:
    item = reader.read("a bat").items[0]
    assert len(item.others) == 3 and item.drawing not in item.others


@pytest.mark.parametrize(
    ("prompt", "colours"),
    [("a green cat", ["green"]), ("a jet black horse", ["black"]), ("a pink pig with a yellow hat", ["pink", "yellow"]),
     ("ein dunkelblauer Fisch", ["blue"]), ("a blue-eyed dog", [""]), ("a car, not red but blue", ["blue"]),
     ("a rose", [""]), ("a snow-white dove", ["white"])],
)  # fmt: skip
def test_colours_belong_to_their_things(reader: Reader, prompt: str, colours: list[str]) -> None:
    assert [item.colour for item in reader.read(prompt).items] == colours


@pytest.mark.parametrize(
    ("prompt", "wish"),
    [
        ("a boat on the sea", {"kind": "sea"}),
        ("a castle on a hill at night", {"kind": "hills", "time": "night"}),
        ("a fox in the snow", {"weather": "snow"}),
        ("a sailboat at sunset in the rain", {"time": "dusk", "weather": "rain"}),
        ("an owl on a pink background", {"ground": "pink"}),
        ("a boy going to school", {"relation": "in front"}),
        ("a girl on her way to school", {"relation": "in front"}),
        ("a train running towards a tunnel", {"relation": "in front"}),
        ("a frog wearing a crown", {"relation": "wearing"}),
        ("a pig in a hat", {"relation": "wearing"}),
        ("a crab in a bucket", {"relation": "in"}),
        ("an elephant standing under a palm tree", {"relation": "below"}),
        ("a goat to the left of a tree", {"relation": "left"}),
        ("a pattern of lemons", {"composition": "pattern"}),
        ("five ducks in a row", {"composition": "row"}),
        ("a close-up of a strawberry", {"composition": "close-up"}),
        ("ein Apfel auf dem Tisch bei Nacht", {"kind": "table", "time": "night"}),
        ("ein Schneemann vor einem Haus", {"relation": "in front"}),
        ("ein Haus, es schneit immer", {"weather": "snow"}),
        ("Es regnet in Strömen, und ein Hund schläft", {"weather": "rain"}),
        ("ein stürmischer Tag am Meer", {"kind": "sea", "weather": "rain"}),
        ("a house where it always snows", {"weather": "snow"}),
        ("a table with fruit", {"kind": "table"}),
        ("a cat in a bowl", {"relation": "in"}),
        ("a bowl of apples", {"relation": "containing"}),
        ("a basket with kittens", {"relation": "containing"}),
        ("a pumpkin with a candle in it", {"relation": "containing"}),
        ("a stop sign with a large tree behind it", {"relation": "in front"}),
        ("ein Kürbis mit einer Kerze darin", {"relation": "containing"}),
        ("a tree surrounded by flowers", {"relation": "surrounded"}),
        ("ein Baum umgeben von Blumen", {"relation": "surrounded"}),
        ("four cups surrounding a bowl", {"relation": "surrounding"}),
        ("a giraffe with an owl on its head", {"relation": "bearing"}),
        ("a coffee table with a magazine on it", {"relation": "bearing"}),
        ("a dog with a ball in its mouth", {"relation": "holding"}),
        ("a cat with a top hat on its head", {"relation": "wearing"}),
        ("a horse chasing a cat", {"relation": "chasing"}),
        ("a robot kicking a soccer ball", {"relation": "kicking"}),
        ("ein Hund jagt eine Katze", {"relation": "chasing"}),
        ("eine Schale mit Äpfeln", {"relation": "containing"}),
        ("ein Pferd auf einer Blumenwiese", {"relation": "on"}),
        ("a frog wearing a hat, a scarf and boots", {"relation": "wearing"}),
        ("a lion, a tiger and a bear", {"relation": ""}),
    ],
)
def test_places_and_times_are_wished_and_no_things(reader: Reader, prompt: str, wish: dict[str, str]) -> None:
    found = reader.read(prompt).wish
    assert {name: getattr(found, name) for name in wish} == wish


@pytest.mark.parametrize(
    ("prompt", "things", "wish"),
    [
        ("an apple on a table", ["red apple", "table"], {"kind": "table"}),
        ("a fox in a forest at night", ["fox", "forest"], {"kind": "forest"}),
        ("a red sports car on the road", ["sports car", "road"], {"kind": "street"}),
        ("ein Wolf im Wald", ["wolf", "forest"], {"kind": "forest"}),
        ("ein Reh im Wald", ["deer in a forest"], {"kind": "forest"}),
        ("an apple and a pear on a table", ["red apple", "pear"], {"kind": "table"}),
        ("a badger in the woods", ["badger"], {"kind": "forest"}),
        ("a house in the deep snow", ["house"], {"kind": ""}),
        ("the forest at night", ["forest"], {"kind": "forest"}),
        # What a person does is no thing beside them.
        ("a lonely robot walks home in the rain", ["robot"], {"kind": "street"}),
        ("a dog runs home", ["dog"], {"kind": "street"}),
        ("a goat running wild", ["goat"], {"kind": ""}),
        ("time is running out", ["hourglass done"], {"kind": ""}),
        ("a home", ["house"], {"kind": ""}),
        # A place that no drawing shows is a setting alone.
        ("a counter", [], {"kind": "table"}),
        ("a tray", [], {"kind": "table"}),
        ("a counter, no chairs", [], {"kind": "table"}),
        # Two things that stand to one another describe no third.
        ("a bat above a castle at night", ["bat", "castle"], {"relation": "above", "time": "night"}),
        ("a night with an owl", ["owl"], {"time": "night"}),
    ],
)
def test_place_is_a_thing_or_the_setting(reader: Reader, prompt: str, things: list[str], wish: dict[str, str]) -> None:
    reading = reader.read(prompt, language="de" if prompt.startswith("ein ") else "en")
    assert [item.drawing.name for item in reading.items] == things
    assert {name: getattr(reading.wish, name) for name in wish} == wish


@pytest.mark.parametrize(
    ("prompt", "things", "missing"),
    [
        ("a dog, but not a poodle", ["dog"], "poodle"),
        ("guitar instead of a violin", ["guitar"], "violin"),
        ("kein Hund, sondern ein Wolf", ["wolf"], "dog"),
        ("a spider web without the spider", ["spider web"], "spider"),
        ("no sun, only rain clouds", ["cloud with rain"], "sun behind rain cloud"),
        ("a tent, no people", ["tent"], "baby"),
        ("an empty nest with no eggs in it", ["empty nest"], "egg"),
    ],
)
def test_what_is_not_wanted_is_not_shown(reader: Reader, prompt: str, things: list[str], missing: str) -> None:
    reading = reader.read(prompt)
    assert [item.drawing.name for item in reading.items] == things
    assert missing in reading.unwanted
    assert missing not in [other.name for item in reading.items for other in item.others]


def test_what_the_form_leaves_out_is_taken_from_the_scene(reader: Reader) -> None:
    assert names(reader, "a fox and a hat", leave_out="hats") == ["fox"]
    assert "fox" not in names(reader, "a fox", leave_out="fox, hats")


@pytest.mark.parametrize(
    ("prompt", "language", "thing", "hand"),
    [
        ("an oil painting of a pear", "en", "pear", "an oil painting of"),
        ("a fox, woodcut", "en", "fox", "woodcut"),
        ("neon rocket", "en", "rocket", "neon"),
        ("stained glass window of a peacock", "en", "peacock", "stained glass window of"),
        ("trumpet in the style of picasso", "en", "trumpet", "in the style of picasso"),
        ("Aquarell einer Erdbeere", "en", "strawberry", "aquarell einer"),
        ("a linocut of an owl", "en", "owl", "a linocut of"),
        ("a house as op art dots", "en", "house", "as op art dots"),
        ("a lemon on printed textile", "en", "lemon", "on printed textile"),
        ("scratchboard of a cat", "en", "cat", "scratchboard of"),
        ("mondrian sailboat", "en", "sailboat", "mondrian"),
        ("a fox by bridget riley", "en", "fox", "by bridget riley"),
        ("a bird as a quilt", "en", "bird", "as a quilt"),
        ("mountains in layered paper", "en", "mountain", "in layered paper"),
        ("a fish in coloured squares", "en", "fish", "in coloured squares"),
        ("eule als linolschnitt", "de", "owl", "als linolschnitt"),
        ("Radierung eines Fuchses", "de", "fox", "radierung eines"),
        ("Einhorn als Wandteppich", "de", "unicorn", "als wandteppich"),
        ("ein Zug, Plakat im Bauhaus-Stil", "de", "train", "plakat im bauhaus stil"),
        ("Fuchs als Schabkarton", "de", "fox", "als schabkarton"),
    ],
)
def test_style_that_is_named_is_no_thing(reader: Reader, prompt: str, language: str, thing: str, hand: str) -> None:
    reading = reader.read(prompt, language=language)
    assert [item.drawing.name for item in reading.items] == [thing]
    assert reading.style_names == (hand,)


@pytest.mark.parametrize("prompt", ["a quilt on a bed", "a bed under a quilt", "a cat in a quilt"])
def test_quilt_that_something_lies_by_is_no_style(reader: Reader, prompt: str) -> None:
    assert reader.read(prompt).style_names == ()


@pytest.mark.parametrize("prompt", ["woodcut", "Holzschnitt", "op art", "seurat", "an oil painting", "glasfenster"])
def test_style_alone_shows_something_that_the_seed_chooses(reader: Reader, prompt: str) -> None:
    readings = [reader.read(prompt, seed=seed) for seed in (1, 2, 3)]
    assert len({reading.items[0].drawing.name for reading in readings}) > 1
    assert all(reading.style_names for reading in readings)


def test_german_is_recognised_by_its_words_else_by_the_pages_language(reader: Reader) -> None:
    assert [reader.read(prompt, language="en").language for prompt in ("ein Hund im Wald", "a dog")] == ["de", "en"]
    assert reader.read("Rose", language="de").language == "de"


def test_painter_gets_english(reader: Reader) -> None:
    assert reader.read("zwei Füchse unter einem Baum bei Nacht").words == "two foxes below a deciduous tree at night"


def test_the_same_prompt_is_read_alike_and_two_seeds_arrange_it_differently(reader: Reader) -> None:
    one, other = reader.read("two foxes in the snow"), reader.read("two foxes in the snow")
    assert one == other and one.version == VERSION
    assert one.scene(1) == other.scene(1) != one.scene(2)
    styles = {reader.read("a fox", seed=seed).items[0].drawing.style for seed in range(12)}
    assert styles == {"flat", "classic"}


@pytest.mark.parametrize("prompt", ["", " ", "?!", "the of and", "ⵣⵣ", "\ud800", "\x00", "🏳", "not", "ohne", "two"])
def test_what_names_nothing_is_read_without_complaint(reader: Reader, prompt: str) -> None:
    scene.read_scene(reader.read(prompt).scene(1).as_json())


@pytest.mark.slow
@settings(deadline=None, max_examples=150)
@given(st.text(max_size=300), st.text(max_size=40))
@example("a " * 150, "a")
@example("not " * 75, "no")
@example("a red, " * 43, "")
@example("🦊" * 300, "🦊")
@example("ohne und mit " * 23, ",,,")
@example("painting of a " * 21, "a" * 40)
def test_anything_is_read_as_a_scene_within_its_limits(reader: Reader, prompt: str, leave_out: str) -> None:
    reading = reader.read(prompt, leave_out=leave_out)
    scene.read_scene(reading.scene(3).as_json())
    assert all(0 <= start <= end <= len(prompt) for start, end in (item.span for item in reading.items))


SOME = "a the two red not without of in on at night cat, hat dog oil painting 🦊 und ein ohne im Wald sea"
WORDS = st.sampled_from(SOME.split(" "))


@pytest.mark.slow
@settings(deadline=None, max_examples=150)
@given(st.lists(WORDS, max_size=40))
def test_any_order_of_words_is_read_as_a_scene(reader: Reader, listed: list[str]) -> None:
    reading = reader.read(" ".join(listed))
    assert len(scene.read_scene(reading.scene(1).as_json()).things) <= scene.MOST_THINGS


def test_added_drawing_is_found_by_its_words(lexicon: Lexicon, drawings: list[Drawing], embedding: Embedding) -> None:
    added = Drawing(digest_of("mine"), "hoatzin", ("rainbow-crested bird", "Schopfhuhn"), "animal-bird", "own")
    reader = Reader(lexicon, [*drawings, added], embedding)
    for prompt in ("two hoatzins", "a rainbow crested bird", "ein Schopfhuhn"):
        assert names(reader, prompt) == ["hoatzin"]


def test_words_of_an_added_drawing_are_names_beside_a_known_one(lexicon: Lexicon, drawings: list[Drawing]) -> None:
    added = Drawing(digest_of("mine"), "fox", ("zorro of tin", "Blechfuchs"), "animal-mammal", "own")
    reader = Reader(lexicon, [*drawings, added], added={added.digest})
    assert names(reader, "a zorro of tin") == ["fox"]
    assert names(reader, "ein Blechfuchs") == ["fox"]
    styles = {reader.read("a fox", seed=seed).items[0].drawing.style for seed in range(1, 20)}
    assert styles == {"flat", "classic", "own"}


def test_words_of_several_added_drawings_of_one_name_all_count(lexicon: Lexicon, drawings: list[Drawing]) -> None:
    pair = [Drawing(digest_of(word), "snallygaster", (word,)) for word in ("kvothe", "drabble")]
    reader = Reader(lexicon, [*drawings, *pair], added={each.digest for each in pair})
    for prompt in ("a snallygaster", "a kvothe", "a drabble"):
        assert names(reader, prompt) == ["snallygaster"]


def test_a_drawing_that_was_removed_is_not_offered(lexicon: Lexicon, drawings: list[Drawing]) -> None:
    reader = Reader(lexicon, [drawing for drawing in drawings if drawing.name != "fox"])
    reading = reader.read("a fox")
    assert reading.items and all(each.name != "fox" for item in reading.items for each in (item.drawing, *item.others))


def test_an_empty_sketchbook_reads_nothing(lexicon: Lexicon) -> None:
    assert Reader(lexicon, []).read("a fox on the sea").items == ()


@pytest.mark.parametrize(
    ("prompt", "things"), [("un renard et une chouette", ["fox", "owl"]), ("кошка", ["cat"]), ("猫", ["cat"])]
)
def test_foreign_names_are_found_where_nothing_else_is(reader: Reader, prompt: str, things: list[str]) -> None:
    assert names(reader, prompt) == things
    assert reader.read(prompt).language == "und"


def test_what_is_not_wanted_in_german_is_not_shown_as_a_foreign_name(reader: Reader) -> None:
    assert "automobile" not in names(reader, "eine leere Straße, keine Autos")


def test_name_of_three_words_is_one_thing(reader: Reader) -> None:
    assert len(names(reader, "a fire engine driver")) == 1


def test_modelled_drawings_are_known_and_never_chosen_by_seed(lexicon: Lexicon, drawings: list[Drawing]) -> None:
    flat = Reader(lexicon, drawings)
    more = [Drawing(digest_of(f"{each.name} modelled"), each.name, kind=each.kind, style="fluent-gradient")
            for each in drawings]  # fmt: skip
    reader = Reader(lexicon, [*drawings, *more])
    for seed in range(12):
        chosen, without = reader.read("a fox and an owl", seed=seed), flat.read("a fox and an owl", seed=seed)
        assert chosen.items == without.items
    assert more[0].digest in reader.drawings


@pytest.mark.parametrize(
    ("prompt", "thing", "count"),
    [
        ("zwei alte Männer", "old man", 2),
        ("two beautiful cats", "cat", 2),
        ("flowers", "flower", 3),
        ("drei Häuser", "house", 3),
        ("der Sinn des Lebens", "seedling", 1),
        ("an owl family", "owl", 3),
        ("eine Eulenfamilie", "owl", 3),
        ("a pair of headphones", "headphone", 1),
        ("red boots", "boot", 2),
        ("a Triceratops", "triceratops", 1),
        ("socks", "socks", 1),
        ("black hi-top sneakers", "sneaker", 2),
        ("A cat. The cat is sleeping.", "cat", 1),
        ("a cat and another cat", "cat", 2),
        ("a cat and another cat", "cat", 2),
        ("three apples", "green apple", 3),
        ("7 balloons", "balloon", 7),
        ("a pair of flamingos", "flamingo", 2),
        ("a dozen eggs", "egg", 12),
        ("several foxes", "fox", 3),
        ("zwölf Kerzen", "candle", 12),
        ("one dirty spud", "potato", 1),
        ("a pair of glasses", "glasses", 1),
        ("a million ants", "ant", 20),
        ("999 ants", "ant", 24),
        ("two lovers", "couple with heart", 1),
        (", ".join(["a cat"] * 8), "cat", 8),
    ],
)
def test_number_is_read_from_number_plural_or_group(reader: Reader, prompt: str, thing: str, count: int) -> None:
    (item,) = reader.read(prompt).items
    assert (item.drawing.name, item.count) == (thing, count)
