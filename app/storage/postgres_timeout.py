"""Postgres that stalls, or that the network lost: those who wait for a page get an error, rather than nothing."""

from __future__ import annotations

from typing import Any

from flask import has_request_context
from psycopg import Connection, OperationalError
from psycopg.pq import TransactionStatus
from sqlalchemy import Engine, event

ANSWER_SECONDS = 5.0  # no statement of a page takes a second; commissions that take turns may wait for some
LOOK_SECONDS = 0.1  # the driver's own: how often it looks for signals


class TimeoutConnection(Connection[Any]):
    """A connection that a request gives up when the server stays silent; it is closed, as nobody knows its state.

    Neither a server that is stopped nor one whose network is gone heeds a timeout of its own, and TCP sees nothing
    amiss with the former. Commands and workers wait: their statements, a migration's or a backup's, may be long.
    """

    def wait(self, gen: Any, interval: float = LOOK_SECONDS, timeout: float | None = None) -> Any:
        """Wait for the server's answer, in a request for ``ANSWER_SECONDS`` at most.

        :raises OperationalError: when there was none.
        """
        limit = ANSWER_SECONDS if timeout is None and has_request_context() else timeout
        try:
            return super().wait(gen, interval, limit)
        except OperationalError as error:
            if timeout is not None or self.pgconn.transaction_status != TransactionStatus.ACTIVE:
                raise  # the server's own words
            self.close()
            raise OperationalError(f"The server did not answer within {ANSWER_SECONDS:g} seconds.") from error


def watch(engine: Engine) -> None:
    """Have ``engine`` open connections of this kind."""

    @event.listens_for(engine, "do_connect")
    def connect(_dialect: object, _record: object, arguments: Any, options: Any) -> TimeoutConnection:
        return TimeoutConnection.connect(*arguments, **options)
