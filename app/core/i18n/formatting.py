"""Format numbers, plurals, durations, sizes and dates in the page's language."""

import math
from collections.abc import Iterable
from datetime import date, datetime

from babel.dates import format_date, format_datetime

from app.core.i18n.gettext import N_, _, counted, ngettext
from app.core.i18n.locales import here
from app.core.local_time import local, local_day

COUNTED = (
    counted("%(count)s walk", "%(count)s walks"),
    counted("%(count)s frame", "%(count)s frames"),
    counted("%(count)s report", "%(count)s reports"),
    counted("%(count)s word", "%(count)s words"),
    counted("%(count)s drawing", "%(count)s drawings"),
    counted("%(count)s picture", "%(count)s pictures"),
    counted("%(count)s artist", "%(count)s artists"),
)
NUMBERS = (
    N_("no"),
    N_("one"),
    N_("two"),
    N_("three"),
    N_("four"),
    N_("five"),
    N_("six"),
    N_("seven"),
    N_("eight"),
    N_("nine"),
    N_("ten"),
    N_("eleven"),
    N_("twelve"),
)
ORDINALS = (
    N_("zeroth"),
    N_("first"),
    N_("second"),
    N_("third"),
    N_("fourth"),
    N_("fifth"),
    N_("sixth"),
    N_("seventh"),
    N_("eighth"),
    N_("ninth"),
    N_("tenth"),
    N_("eleventh"),
    N_("twelfth"),
)


def number(count: int) -> str:
    """Return a count with separated thousands: ``1,284``."""
    return decimal(count, 0)


def decimal(value: float, places: int | None = None) -> str:
    """Return a number with the language's decimal sign: ``0.93``; without ``places``, with as many as it needs."""
    text = f"{value:g}" if places is None else f"{value:,.{places}f}"
    group = here().number_symbols["latn"]["group"]
    return text.translate({ord(","): group, ord("."): decimal_sign()})


def decimal_sign() -> str:
    """Return the language's decimal sign: ``.``, in German ``,``."""
    return str(here().number_symbols["latn"]["decimal"])


def count_words(count: int) -> str:
    """Return a count up to twelve as a word, a larger one in digits."""
    return _(NUMBERS[count]) if 0 <= count < len(NUMBERS) else number(count)


def plural(count: int, one: str, many: str | None = None) -> str:
    """Return a count with its noun: ``1 walk``, ``1,284 walks``. The noun must be in ``COUNTED``."""
    return ngettext(f"%(count)s {one}", f"%(count)s {many or one + 's'}", count, count=number(count))


def ordinal(position: int) -> str:
    """Return an ordinal: ``third``, ``21st``."""
    if 0 <= position < len(ORDINALS):
        return _(ORDINALS[position])
    ending = 0 if 10 <= position % 100 <= 20 else position % 10
    if ending == 1:
        return _("%(number)sst", number=number(position))
    if ending == 2:
        return _("%(number)snd", number=number(position))
    if ending == 3:
        return _("%(number)srd", number=number(position))
    return _("%(number)sth", number=number(position))


def sentence(text: str) -> str:
    """Return the text with its first letter in upper case."""
    return text[:1].upper() + text[1:]


def duration(seconds: float) -> str:
    """Return a duration: ``1.9 seconds``, ``19 seconds``, ``2 minutes 5 seconds``."""
    if seconds < 10:
        tenths = decimal(seconds, 1 if f"{seconds:.1f}"[-1] != "0" else 0)
        return ngettext("%(count)s second", "%(count)s seconds", 1 if tenths == "1" else 2, count=tenths)
    minutes, rest = divmod(round(seconds), 60)
    in_seconds = ngettext("%(count)s second", "%(count)s seconds", rest, count=rest)
    if not minutes:
        return in_seconds
    words = ngettext("%(count)s minute", "%(count)s minutes", minutes, count=number(minutes))
    return f"{words} {in_seconds}" if rest else words


def duration_about(seconds: float) -> str:
    """Return an approximate duration, rounded up: ``about 20 seconds``, ``about 3 minutes``."""
    if seconds <= 1:
        return _("about a second")
    if seconds <= 10:
        return _("about %(count)s seconds", count=math.ceil(seconds))
    if seconds <= 55:
        return _("about %(count)s seconds", count=5 * math.ceil((seconds - 0.5) / 5))
    minutes = math.ceil((seconds - 5) / 60)
    if minutes < 60:
        return _("about a minute") if minutes <= 1 else _("about %(count)s minutes", count=minutes)
    hours = math.ceil((minutes - 5) / 60)
    return _("about an hour") if hours <= 1 else _("about %(count)s hours", count=number(hours))


def file_size(size: int) -> str:
    """Return a file's size in decimal units: ``2.1 MB``, ``640 kB``."""
    if size < 1000:
        return ngettext("%(count)s byte", "%(count)s bytes", size, count=size)
    if size < 999_500:
        return f"{size / 1000:.0f} kB"
    unit, each = ("MB", 1_000_000) if size < 999_500_000 else ("GB", 1_000_000_000)
    return f"{decimal(size / each, 1 if size / each < 9.95 else 0)} {unit}"


def percent(share: float) -> int:
    """Return a share from 0 to 1 as whole percent; it is 0 or 100 only at the ends."""
    if share <= 0 or share >= 1:
        return 0 if share <= 0 else 100
    return min(99, max(1, round(100 * share)))


def join_words(parts: Iterable[str]) -> str:
    """Return words joined as in a sentence: ``a, b and c``."""
    return _join(N_("%(some)s and %(last)s"), parts)


def join_choices(parts: Iterable[str]) -> str:
    """Return words joined as choices: ``a, b or c``."""
    return _join(N_("%(some)s or %(last)s"), parts)


def _join(joined: str, parts: Iterable[str]) -> str:
    words = list(parts)
    return _(joined, some=", ".join(words[:-1]), last=words[-1]) if len(words) > 1 else "".join(words)


def day(moment: date) -> str:
    """Return a date, or the local day of an instant, in the site's style: ``20 November 2026``."""
    return format_date(local_day(moment) if isinstance(moment, datetime) else moment, "long", here())


def day_and_time(moment: datetime) -> str:
    """Return the local date and time of an instant: ``20 Nov 2026, 12:00:05``."""
    return format_datetime(local(moment), "dd MMM y, HH:mm:ss", locale=here().language)
