"""A client-side timeout for Postgres, so that pages end with an error when the server stalls or is unreachable."""

from typing import Any

from flask import has_request_context
from psycopg import Connection, OperationalError
from psycopg.pq import TransactionStatus
from sqlalchemy import Engine, event

ANSWER_SECONDS = 5.0  # no statement of a page takes a second; requests for walks may wait some for the advisory lock
POLL_SECONDS = 0.1  # the driver's default: how often it checks for signals


class TimeoutConnection(Connection[Any]):
    """A connection that is closed, its state being unknown, when the server does not answer a request in time.

    A server-side timeout has no effect on a stopped or unreachable server, and TCP does not detect a stopped one.
    Commands and workers wait without limit: their statements, such as a migration's or a backup's, may be long.
    """

    def wait(self, gen: Any, interval: float = POLL_SECONDS, timeout: float | None = None) -> Any:
        """Wait for the server's answer: during a request for ``ANSWER_SECONDS`` at most.

        :raises OperationalError: when there was none in time; the connection is then closed.
        """
        limit = ANSWER_SECONDS if timeout is None and has_request_context() else timeout
        try:
            return super().wait(gen, interval, limit)
        except OperationalError as error:
            if timeout is not None or self.pgconn.transaction_status != TransactionStatus.ACTIVE:
                raise  # the server's own error
            self.close()
            raise OperationalError(f"The server did not answer within {ANSWER_SECONDS:g} seconds.") from error


def watch(engine: Engine) -> None:
    """Make ``engine`` open :class:`TimeoutConnection` connections."""

    @event.listens_for(engine, "do_connect")
    def connect(_dialect: object, _record: object, arguments: Any, options: Any) -> TimeoutConnection:
        return TimeoutConnection.connect(*arguments, **options)
