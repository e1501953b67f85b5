"""The database session, which keeps its objects alive while it expires them: Python 3.11 could crash otherwise.

There the garbage collector may run in the middle of an assignment to an object's state in SQLAlchemy. If it collects
that very object, a callback assigns to the same state, whose memory is then freed twice. Objects shown on a page are
freed only by the collector, as a template's context is a reference cycle. See
decision 19 (docs/decisions/README.md).
"""

from flask_sqlalchemy.session import Session as FlaskSession
from sqlalchemy.exc import DBAPIError


class Session(FlaskSession):  # type: ignore[misc]
    """A session whose objects cannot be garbage-collected while their state is written at the end of a transaction."""

    def close(self) -> None:
        """Close the session; ``remove`` calls this at the end of requests.

        If the database has become unavailable, the rollback fails. There is nothing to roll back then, so the
        connection is invalidated instead of raising an error at the end of a successful request.
        """
        try:
            super().close()
        except DBAPIError:
            self.invalidate()

    def expunge_all(self) -> None:
        """Release all objects; ``close`` and ``remove`` call this."""
        objects = self.identity_map.values()
        super().expunge_all()
        del objects

    def rollback(self) -> None:
        """Roll back, which expires all objects."""
        objects = self.identity_map.values()
        super().rollback()
        del objects
