"""Which words of a prompt the parser cannot read, and what is noted of a prompt."""

from dataclasses import replace

import pytest

from app.core.text.stop_notes import FREELY, NO_WEIGHTS, NOT_READ, PARTLY_READ, TAGS
from app.reading import unread
from app.reading.reader import Reader
from app.reading.reading import CHOSEN

UNREAD = {
    "a fox and 狐": ("狐",),
    "ein Fuchs и лиса": ("и", "лиса"),
    "un perro rojo en la playa": ("rojo", "playa"),
    "una volpe nel bosco": ("una", "nel", "bosco"),
    "valkoinen kissa sohvalla": ("valkoinen", "sohvalla"),
    "жовтий соняшник": ("жовтий",),
    "a glorpy fox in the snow": (),
    "a dog named Frodo": (),
    "zorro": (),
    "le chat noir": (),
    "café au lait": (),
    "two 🦊 at 12:30 for 5 €": (),
    "a 𝓯𝓸𝔁 and a ｋｉｔｅ": (),
    "ein lila Nilpferd am Teich": (),
}
NOTES = {
    "a fox in the snow": (),
    "an empty street at night": (),
    "雪の中の狐": (NOT_READ,),
    "{}[]()": (NOT_READ,),
    "blorp zxcvb": (NOT_READ,),
    "doorstopper": (NOT_READ, FREELY),
    "a fox 狐": (PARTLY_READ,),
    "linocut": (FREELY,),
    "no dogs": (FREELY,),
    "a fox, masterpiece, <lora:ink:0.8>": (TAGS,),
    "a fox AND a bear": (),
    "a fox. Negative prompt: trees": (),
    "(fox:1.3) in the snow": (NO_WEIGHTS,),
    "城堡, 8k": (NOT_READ, TAGS),
}


@pytest.mark.parametrize(("prompt", "words"), UNREAD.items())
def test_words_of_other_scripts_and_languages_are_found(reader: Reader, prompt: str, words: tuple[str, ...]) -> None:
    assert reader.read(prompt).unread == words


@pytest.mark.parametrize(("prompt", "notes"), NOTES.items())
def test_notes_say_what_was_not_read_or_ignored(reader: Reader, prompt: str, notes: tuple[str, ...]) -> None:
    assert reader.read(prompt).notes == notes


def test_drawing_that_a_visitor_chose_is_not_called_free(reader: Reader) -> None:
    reading = reader.read("doorstopper")
    assert replace(reading, items=tuple(replace(item, how=CHOSEN) for item in reading.items)).notes == (PARTLY_READ,)


def test_words_are_whole_in_scripts_that_join_marks_to_letters() -> None:
    assert [word for _, word in unread.words("ஒரு பெரிய யானை, it's 3 ช้าง")] == ["ஒரு", "பெரிய", "யானை", "it's", "ช้าง"]


def test_long_prompt_is_looked_at_quickly_and_whole(reader: Reader) -> None:
    assert reader.read("狐 " * 100).unread == ("狐",)
