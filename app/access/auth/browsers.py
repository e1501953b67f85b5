"""Browsers that share what a visitor has: whose things each of them has, their list, and the end of sharing.

Nothing is moved when a browser joins or leaves: its row says which hashes its belongings carry. What it had before
stays its own, and is what it has when its sharing ends.
"""

from collections.abc import Iterable

from sqlalchemy import Select, delete, func, select
from sqlalchemy.orm import Session

from app.core.errors import Conflict, MomaError
from app.core.i18n.gettext import N_, _
from app.storage.browser_models import Browser, Transfer
from app.storage.database import db, now, writing
from app.walks.saved import deletions

BROWSERS_MAX = 10
FEW = 2
"""From so many browsers on there is something to show and to end."""

PROGRAMS = (  # the first that a browser's User-Agent contains; most contain those below them as well
    ("Firefox/", "Firefox"), ("FxiOS/", "Firefox"), ("Edg", "Edge"), ("OPR/", "Opera"),
    ("SamsungBrowser/", "Samsung Internet"), ("CriOS/", "Chrome"), ("Chrome/", "Chrome"), ("Safari/", "Safari"),
)  # fmt: skip
SYSTEMS = (
    ("Android", "Android"), ("iPhone", "iPhone"), ("iPad", "iPad"), ("Windows", "Windows"), ("CrOS", "ChromeOS"),
    ("Mac OS X", "macOS"), ("Linux", "Linux"),
)  # fmt: skip


class NoBrowser(MomaError):
    """No browser with this number shares what the visitor has."""

    status = 404
    title = N_("No such browser")


def name_of(user_agent: str) -> str:
    """Return a rough name of a browser, such as ``Firefox, Android``; empty if nothing of it is known."""
    parts = (next((name for sign, name in table if sign in user_agent), "") for table in (PROGRAMS, SYSTEMS))
    return ", ".join(filter(None, parts))


def owners_of(secret_hash: str) -> tuple[str, ...]:
    """Return the hashes that a browser's belongings carry, that of new ones first; none if its cookie was ended."""
    columns = Browser.owner_hash, Browser.own_hash, Browser.ended_at
    row = db.session.execute(select(*columns).where(Browser.secret_hash == secret_hash)).first()
    if row is None:
        return (secret_hash,)
    return () if row.ended_at is not None else tuple(dict.fromkeys((row.owner_hash, row.own_hash)))


def sharing(owner: str) -> list[Browser]:
    """Return the browsers that have what carries this hash, in the order in which they came; none if it is one."""
    rows = list(db.session.scalars(_of_owner(owner)))
    return rows if len(rows) >= FEW else []


def count(session: Session, owner: str) -> int:
    """Return how many browsers have a row for what carries this hash."""
    query = select(func.count()).where(Browser.owner_hash == owner, Browser.ended_at.is_(None))
    return session.scalar(query) or 0


def end(owner: str, number: int, *, by: str) -> None:
    """End the sharing of a browser with what carries ``owner``; codes that wait for a browser end as well.

    :param by: the hash of the secret of the browser that ends it, which may be the same one.
    :raises NoBrowser: when no such browser shares it, or that of ``by`` no longer does.
    :raises Conflict: when it is the only one left.
    """
    with writing() as session:
        rows: list[Browser] = list(session.scalars(_of_owner(owner).with_for_update()))
        row = next((each for each in rows if each.number == number), None)
        if row is None or by not in {each.secret_hash for each in rows}:
            raise NoBrowser(_("This browser does not share your walks, or no longer does."))
        if len(rows) < FEW:
            raise Conflict(_("No other browser shares your walks."))
        record = _end(row)
        session.execute(delete(Transfer).where(Transfer.owner_hash == owner))
    deletions.record(record, by_operator=False)


def end_all(owners: Iterable[str], *, by: str) -> None:
    """End all sharing of what carries these hashes, after it was deleted; the browser of ``by`` loses its row."""
    records = []
    with writing() as session:
        for owner in owners:
            for row in session.scalars(select(Browser).where(Browser.owner_hash == owner).with_for_update()):
                if row.own_hash == owner or row.secret_hash == by:  # has nothing of its own now, or keeps what it gave
                    records.append(_record(row))
                    session.delete(row)
                else:
                    records.append(_end(row))
            session.execute(delete(Transfer).where(Transfer.owner_hash == owner))
        session.execute(delete(Browser).where(Browser.secret_hash == by))
    for record in records:
        deletions.record(record, by_operator=False)


def end_restored() -> int:
    """End the sharing of those browsers that a restored backup brought back; return how many."""
    recorded = deletions.digests()
    with writing() as session:
        sharing = session.scalars(select(Browser).where(Browser.ended_at.is_(None)))
        rows = [row for row in sharing if deletions.digest(_record(row)) in recorded]
        for row in rows:
            _end(row)
    return len(rows)


def _of_owner(owner: str) -> Select[tuple[Browser]]:
    return select(Browser).where(Browser.owner_hash == owner, Browser.ended_at.is_(None)).order_by(Browser.number)


def _end(row: Browser) -> str:
    """End a browser's sharing; return the record of it."""
    record = _record(row)
    if row.owner_hash == row.own_hash:  # the others go on with what was its own
        row.ended_at = now()
    row.owner_hash = row.own_hash
    return record


def _record(row: Browser) -> str:
    """Return a browser's sharing as it is recorded when it ends; it cannot share the same again with this secret."""
    return f"browser {row.secret_hash} {row.owner_hash}"
