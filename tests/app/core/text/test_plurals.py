"""Irregular plurals and their singulars lead to each other."""

import doctest

import pytest

from app.core.text import plurals

PAIRS = [
    ("leaf", "leaves"), ("wolf", "wolves"), ("knife", "knives"), ("bus", "buses"), ("mouse", "mice"),
    ("lens", "lenses"),
    ("child", "children"), ("man", "men"), ("woman", "women"), ("foot", "feet"), ("goose", "geese"), ("ox", "oxen"),
    ("person", "people"), ("octopus", "octopuses"), ("cactus", "cacti"), ("bookshelf", "bookshelves"),
    ("werewolf", "werewolves"), ("snowman", "snowmen"), ("fisherwoman", "fisherwomen"), ("grandchild", "grandchildren"),
    ("dormouse", "dormice"), ("oasis", "oases"), ("iris", "irises"), ("atlas", "atlases"),
]  # fmt: skip


@pytest.mark.parametrize(("singular", "plural"), PAIRS)
def test_singular_and_plural_are_forms_of_each_other(singular: str, plural: str) -> None:
    assert plural in plurals.other_forms(singular)
    assert singular in plurals.other_forms(plural)


@pytest.mark.parametrize(
    "word", ["fox", "foxes", "glove", "human", "german", "grass", "as", "is", "42", "häuser", "", "狐"]
)
def test_other_words_have_no_other_form(word: str) -> None:
    assert plurals.other_forms(word) == ()


def test_no_word_is_its_own_other_form() -> None:
    assert not [word for word, others in plurals.FORMS.items() if word in others]


def test_examples_are_right() -> None:
    assert not doctest.testmod(plurals).failed
