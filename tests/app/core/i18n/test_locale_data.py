"""Tests of what is dropped of Babel's data."""

import subprocess
import sys

import pytest

from app.core.config import ROOT

SAME = """
from datetime import UTC, datetime
from babel import Locale
from babel.dates import format_date, format_datetime
from babel.numbers import format_decimal
from app.core.i18n import locale_data
from app.core.i18n.locales import LOCALES

time = datetime(2026, 11, 30, 20, 5, tzinfo=UTC)

def shown():
    for locale in LOCALES.values():
        for form in ("short", "medium", "long", "full", "d MMMM y, HH:mm", "VVVV"):
            yield format_datetime(time, form, locale=locale)
        yield format_date(time, "EEEE", locale=locale)
        yield format_decimal(12345.678, locale=locale)
        yield str(locale.plural_form(2))
        yield locale.list_patterns["standard"]["end"]

before = list(shown())
locale_data.drop_unused()
assert list(shown()) == before
assert str(Locale.parse("de_DE")) == "de_DE"
assert all(name not in locale._data for locale in LOCALES.values() for name in locale_data.UNUSED)
print(len(before))
"""


@pytest.mark.slow
def test_numbers_and_dates_are_shown_as_before_without_what_is_dropped() -> None:
    command = [sys.executable, "-c", SAME]
    result = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    assert int(result.stdout) == 20
