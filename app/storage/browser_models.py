"""Browsers that share what a visitor has, and the codes by which another one joins. Secrets are stored as hashes."""

from datetime import datetime

from sqlalchemy import Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from app.storage.database import UTCDateTime, db, now
from app.storage.walk_models import Number

NAME_MAX = 40
SELECTOR_LENGTH = 3
HASH_LENGTH = 64


class Browser(db.Model):  # type: ignore[misc]
    """A browser that shares or has shared; one without a row owns what carries the hash of its cookie's secret.

    It owns what carries ``own_hash``, and what carries ``owner_hash``, to which all that it adds belongs. The two are
    equal for a browser that gives what it has, and for one whose sharing has ended. ``ended_at`` is set where the
    cookie is no longer valid: the others go on with what was this browser's own.
    """

    __tablename__ = "browsers"

    number: Mapped[int] = mapped_column(Number, primary_key=True)
    secret_hash: Mapped[str] = mapped_column(String(HASH_LENGTH), unique=True)
    owner_hash: Mapped[str] = mapped_column(String(HASH_LENGTH))
    own_hash: Mapped[str] = mapped_column(String(HASH_LENGTH))
    name: Mapped[str] = mapped_column(String(NAME_MAX))  # such as "Firefox, Android"; empty if unknown
    joined_at: Mapped[datetime] = mapped_column(UTCDateTime, default=now)
    ended_at: Mapped[datetime | None] = mapped_column(UTCDateTime)

    __table_args__ = (Index("ix_browsers_owner", "owner_hash", "number"),)


class Transfer(db.Model):  # type: ignore[misc]
    """A code and a link by which one other browser joins, once, until ``expires_at``; a visitor has one at a time.

    ``selector`` is the first part of the typed code, by which the row is found and tries are counted.
    """

    __tablename__ = "transfers"

    number: Mapped[int] = mapped_column(Number, primary_key=True)
    owner_hash: Mapped[str] = mapped_column(String(HASH_LENGTH), unique=True)
    giver_hash: Mapped[str] = mapped_column(String(HASH_LENGTH))  # of the secret of the browser that shows the code
    giver_name: Mapped[str] = mapped_column(String(NAME_MAX))
    link_hash: Mapped[str] = mapped_column(String(HASH_LENGTH), unique=True)
    selector: Mapped[str] = mapped_column(String(SELECTOR_LENGTH), unique=True)
    code_hash: Mapped[str] = mapped_column(String(HASH_LENGTH))  # keyed: a short code could be found from its digest
    tries: Mapped[int] = mapped_column(default=0, server_default=text("0"))
    expires_at: Mapped[datetime] = mapped_column(UTCDateTime)
    used_at: Mapped[datetime | None] = mapped_column(UTCDateTime)

    __table_args__ = (Index("ix_transfers_expires_at", "expires_at"),)
