"""Rows by which operators run the site: exhibitions, reports, banned words, the audit log and API tokens."""

from datetime import date, datetime

from sqlalchemy import Date, ForeignKey, Index, String, Text, UniqueConstraint, false, text
from sqlalchemy.orm import Mapped, mapped_column

from app.core.addresses import on_site
from app.storage.database import UTCDateTime, db, now
from app.storage.walk_models import SLUG_MAX, Json, Number

TITLE_MAX = 120
TEXT_MAX = 4000
WORD_MAX = 80
TOKEN_NAME_MAX = 60
WHO_MAX = 80  # "token" and a token's name
OPEN = text("settled_at IS NULL")  # the rows of an index, on Postgres too: see `CHOSEN` in app.storage.walk_models


class Exhibition(db.Model):  # type: ignore[misc]
    """A named, ordered selection of walks with a text; shown once ``shown_at`` is set."""

    __tablename__ = "exhibitions"

    number: Mapped[int] = mapped_column(Number, primary_key=True)
    slug: Mapped[str] = mapped_column(String(SLUG_MAX), unique=True)
    title: Mapped[str] = mapped_column(String(TITLE_MAX))
    text: Mapped[str] = mapped_column(Text, default="")
    created_at: Mapped[datetime] = mapped_column(UTCDateTime, default=now)
    changed_at: Mapped[datetime] = mapped_column(UTCDateTime, default=now)
    shown_at: Mapped[datetime | None] = mapped_column(UTCDateTime)

    @property
    def url(self) -> str:
        """Return its root-relative URL."""
        return on_site(f"/exhibitions/{self.slug}")

    @property
    def paragraphs(self) -> list[str]:
        """Return its text split at empty lines."""
        return [paragraph.strip() for paragraph in self.text.split("\n\n") if paragraph.strip()]


class ExhibitionItem(db.Model):  # type: ignore[misc]
    """A walk's position in an exhibition."""

    __tablename__ = "exhibits"

    exhibition_number: Mapped[int] = mapped_column(
        ForeignKey("exhibitions.number", ondelete="CASCADE"), primary_key=True
    )
    position: Mapped[int] = mapped_column(primary_key=True)
    walk_number: Mapped[int] = mapped_column(ForeignKey("walks.number", ondelete="CASCADE"))

    __table_args__ = (Index("ix_exhibits_walk_number", "walk_number"),)


class Report(db.Model):  # type: ignore[misc]
    """A visitor's report of a walk; ``reporter`` is a hash, so that one visitor reports a walk once."""

    __tablename__ = "reports"

    number: Mapped[int] = mapped_column(Number, primary_key=True)
    walk_number: Mapped[int] = mapped_column(ForeignKey("walks.number", ondelete="CASCADE"))
    reason: Mapped[str] = mapped_column(String(16))
    text: Mapped[str] = mapped_column("words", Text, default="")
    reporter: Mapped[str] = mapped_column(String(64))
    created_at: Mapped[datetime] = mapped_column(UTCDateTime, default=now)
    settled_at: Mapped[datetime | None] = mapped_column(UTCDateTime)

    __table_args__ = (
        UniqueConstraint("walk_number", "reporter"),
        Index("ix_reports_open", "walk_number", "number", sqlite_where=OPEN),
    )


class BannedWord(db.Model):  # type: ignore[misc]
    """A folded word or phrase (:mod:`app.collection.moderation.word_lists`) that no new public text may contain."""

    __tablename__ = "banned_words"

    word: Mapped[str] = mapped_column(String(WORD_MAX), primary_key=True)
    created_at: Mapped[datetime] = mapped_column(UTCDateTime, default=now)


class AllowedWord(db.Model):  # type: ignore[misc]
    """A word or phrase that the site's lists refuse and that is allowed all the same: ``moderation.word_lists``."""

    __tablename__ = "allowed_words"

    word: Mapped[str] = mapped_column(String(WORD_MAX), primary_key=True)
    created_at: Mapped[datetime] = mapped_column(UTCDateTime, default=now)


class AuditEntry(db.Model):  # type: ignore[misc]
    """An entry of the audit log: who did what, on the curator's pages or by a command, and to what."""

    __tablename__ = "deeds"

    number: Mapped[int] = mapped_column(Number, primary_key=True)
    at: Mapped[datetime] = mapped_column(UTCDateTime, default=now)
    who: Mapped[str] = mapped_column(String(WHO_MAX))
    what: Mapped[str] = mapped_column(String(40))
    about: Mapped[str] = mapped_column(String(120), default="")
    failed: Mapped[bool] = mapped_column(default=False, server_default=false())

    __table_args__ = (Index("ix_deeds_what", "what", "about"),)


class ApiToken(db.Model):  # type: ignore[misc]
    """A program's API token: its scopes and its hourly allowance. Only the hash of its secret is stored."""

    __tablename__ = "api_tokens"

    number: Mapped[int] = mapped_column(Number, primary_key=True)
    name: Mapped[str] = mapped_column(String(TOKEN_NAME_MAX), unique=True)
    secret_hash: Mapped[str] = mapped_column(String(64), unique=True)
    scopes: Mapped[list[str]] = mapped_column(Json)
    allowance: Mapped[int]  # the work of this many usual walks within an hour
    created_at: Mapped[datetime] = mapped_column(UTCDateTime, default=now)
    expires_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    revoked_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    last_used_on: Mapped[date | None] = mapped_column(Date)  # a day is enough to see which tokens are in use
