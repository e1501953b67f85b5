"""The database session, which holds what it loaded while it lets go of it: Python 3.11 would crash otherwise.

There the collector may run in the middle of an assignment to SQLAlchemy's record of an object. If it finds that very
object, the record is told so, and assigns to itself: its memory is freed twice. What a page shows is only ever found by
the collector, as a template's context is a cycle. See ``docs/decisions/0019-what-a-session-loaded-outlives-it.md``.
"""

from __future__ import annotations

from flask_sqlalchemy.session import Session as FlaskSession
from sqlalchemy.exc import DBAPIError


class Session(FlaskSession):  # type: ignore[misc]
    """A session whose objects cannot be collected while their records are written to at the end of the work."""

    def close(self) -> None:
        """End the work; ``remove`` comes by here, at the end of requests too.

        Where the database went away since the last answer, the rollback fails. There is nothing to roll back then, and
        the end of work that went well is no place for an error: nobody expects one there.
        """
        try:
            super().close()
        except DBAPIError:
            self.invalidate()

    def expunge_all(self) -> None:
        """Let go of all objects; ``close`` and ``remove`` come by here."""
        held = self.identity_map.values()
        super().expunge_all()
        del held

    def rollback(self) -> None:
        """Roll back, which marks all objects as out of date."""
        held = self.identity_map.values()
        super().rollback()
        del held
