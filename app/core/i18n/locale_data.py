"""Babel's data about languages, of which the pages show numbers and dates alone."""

from typing import Any

from babel import localedata
from babel.core import get_global

from app.core.i18n.locales import LOCALES

UNUSED = (
    "compound_unit_patterns", "currency_names", "currency_names_plural", "languages", "scripts", "unit_display_names",
    "unit_patterns", "variants",
)  # fmt: skip
"""What is dropped of each language: the names of units, currencies and languages."""

UNUSED_OF_ALL = "likely_subtags", "territory_currencies", "territory_languages"
"""What is emptied of the data on all languages: guesses at a language, and a country's languages and currencies."""


def drop_unused() -> None:
    """Load the data of the site's languages, and drop 3 MB that nothing here asks for."""
    for locale in LOCALES.values():
        _ = locale.number_symbols  # loads it, and what it inherits from
        for name in _lineage(str(locale)):
            for key in UNUSED:
                localedata.load(name).pop(key, None)
    data: Any = get_global  # its types allow no change
    for key in UNUSED_OF_ALL:
        data(key).clear()


def _lineage(name: str) -> list[str]:
    """Return a locale's name and those of the locales that it inherits from."""
    if name == "root":
        return [name]
    parent = get_global("parent_exceptions").get(name) or name.rpartition("_")[0] or "root"
    return [name, *_lineage(parent)]
