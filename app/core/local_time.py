"""The site's days and times: those of the time zone of its processes, which ``TZ`` names or else the machine has.

The database, the API and feeds have instants in UTC. Where an instant becomes a day, as on a page, in the address of an
evening's exhibition or in a filter by days, it is the day that a clock on the wall there shows.
"""

from datetime import UTC, date, datetime


def local(moment: datetime) -> datetime:
    """Return an instant in the site's time zone; in its own one if that would leave the years 1 to 9999."""
    try:
        return moment.astimezone()
    except (OverflowError, ValueError, OSError):
        return moment


def local_day(moment: datetime) -> date:
    """Return the day of an instant in the site's time zone."""
    return local(moment).date()


def first_moment(day: date) -> datetime:
    """Return the instant at which a day begins in the site's time zone, in UTC."""
    midnight = datetime(day.year, day.month, day.day)
    try:
        # Where clocks are put forward at midnight, one of the two readings is in the day before.
        first, second = (midnight.replace(fold=fold).astimezone(UTC) for fold in (0, 1))
    except (OverflowError, ValueError, OSError):
        return midnight.replace(tzinfo=UTC)
    return first if local_day(first) == day else second


def stamp(moment: datetime) -> str:
    """Return an instant for operators, in the site's time zone: ``2026-11-28 23:26:05 EST``."""
    return f"{local(moment):%Y-%m-%d %H:%M:%S %Z}"
