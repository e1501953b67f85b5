"""Codes by which another browser gets what a visitor has: once, within ten minutes, after it has confirmed.

A visitor shows two secrets for one purpose: a link in a QR code, too long to be guessed, and a code to be typed. The
first part of the code, the selector, only finds the row, so that guesses at a code are counted with that code, from
wherever they come. Whether a code was used, is late or was guessed, the refusal is the same.
"""

import hmac
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from itsdangerous import BadSignature, URLSafeSerializer
from sqlalchemy import delete, or_, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from app.access.auth import browsers, cookies, visitors
from app.collection.moderation import reports
from app.core.errors import Conflict, MomaError, note_refusal
from app.core.i18n.formatting import number as in_digits
from app.core.i18n.gettext import N_, _
from app.storage.browser_models import SELECTOR_LENGTH, Browser, Transfer
from app.storage.database import db, execute, now, writing

MINUTES = 10
TRIES_MAX = 5
LINK_BYTES = 32
SIGNS = "23456789ABCDEFGHJKMNPQRSTVWXYZ"  # none that looks like another
PARTS = 3  # of the code, each as long as the selector: 30 signs, so the last two are one of 729 million
TYPED_MAX = 40


class TransferRefused(MomaError):
    """A code or link is unknown, used or late; which of these is not said."""

    status = 422
    title = N_("This code does not work")

    def __init__(self) -> None:
        super().__init__(
            _("This code does not work. Each works once, for ten minutes. Show a new one on the other device.")
        )
        note_refusal("transfer")


@dataclass(frozen=True, slots=True)
class Offer:
    """What the giving browser shows, once: the link's secret, the code as it is typed, and until when they work."""

    link: str
    code: str
    expires_at: datetime


def offer(name: str) -> Offer:
    """Create a link and a code for what the visitor has, in place of an earlier one; return them.

    :param name: the rough name of the visitor's browser.
    :raises Conflict: when as many browsers share it as may.
    """
    giver, owner = visitors.digest(visitors.current()), visitors.owner()
    _check_room(db.session(), owner)
    link = secrets.token_urlsafe(LINK_BYTES)
    for _attempt in range(PARTS):  # a selector may be taken, or another browser of theirs asks at the same moment
        code = "".join(secrets.choice(SIGNS) for _sign in range(PARTS * SELECTOR_LENGTH))
        row = Transfer(
            owner_hash=owner,
            giver_hash=giver,
            giver_name=name,
            link_hash=visitors.digest(link),
            selector=code[:SELECTOR_LENGTH],
            code_hash=visitors.keyed(_message(code)),
            expires_at=now() + timedelta(minutes=MINUTES),
        )
        try:
            with writing() as session:
                outdated = or_(Transfer.owner_hash == owner, Transfer.expires_at <= now())
                session.execute(delete(Transfer).where(outdated))
                session.add(row)
        except IntegrityError:
            continue
        parts = [code[start : start + SELECTOR_LENGTH] for start in range(0, len(code), SELECTOR_LENGTH)]
        return Offer(link, " ".join(parts), row.expires_at)
    raise Conflict(_("No code could be made just now. Try again."))


def by_link(link: str) -> Transfer:
    """Return the transfer of a link, which this neither uses nor changes.

    :raises TransferRefused: when it is unknown, used or late.
    """
    query = select(Transfer).where(Transfer.link_hash == visitors.digest(link[: 2 * LINK_BYTES]))
    return _checked(db.session(), db.session.scalar(query))


def by_code(typed: str) -> Transfer:
    """Return the transfer of a typed code, in any case, with or without spaces; count the try.

    :raises TransferRefused: when it is unknown, used, late or was tried too often.
    """
    code = "".join(sign for sign in typed[:TYPED_MAX].upper() if sign in SIGNS)
    of_selector = Transfer.selector == code[:SELECTOR_LENGTH]
    # counted before it is compared, so that no guesses at once pass; also without a row
    was_counted = execute(
        update(Transfer).where(of_selector, Transfer.tries < TRIES_MAX).values(tries=Transfer.tries + 1)
    )
    found: Transfer | None = db.session.scalar(
        select(Transfer).where(of_selector).execution_options(populate_existing=True)
    )
    is_right = visitors.is_keyed(_message(code), found.code_hash if found else "")
    return _checked(db.session(), found if is_right and was_counted else None)


def ticket(transfer: Transfer) -> str:
    """Return the signed value by which this visitor's browser, and no other, confirms a transfer that it was shown."""
    return str(_serializer().dumps([transfer.number, visitors.digest(visitors.current())]))


def confirm(ticket: str, name: str) -> None:
    """Join: share what the transfer is for from now on, with a new cookie, and keep what the browser has.

    A copy of the cookie from before, or a cookie that someone else planted, is worth nothing afterwards. The new secret
    is derived, so that a second press of the button has the same result as the first.

    :param name: the rough name of the visitor's browser.
    :raises TransferRefused: when the ticket is not this browser's, or the transfer is used or late.
    :raises Conflict: when the browser shares with others already, or as many share it as may.
    """
    secret = visitors.known()
    number, holder = _read_ticket(ticket)
    if secret is None or not hmac.compare_digest(holder, visitors.digest(secret)):
        raise TransferRefused
    with writing() as session:
        query = select(Transfer).where(Transfer.number == number).with_for_update()
        transfer: Transfer | None = session.scalar(query.execution_options(populate_existing=True))
        if transfer is None:
            raise TransferRefused
        new_secret = visitors.keyed(f"browser {transfer.link_hash} {secret}")
        if not _has_joined(session, visitors.digest(new_secret), transfer.owner_hash):
            _checked(session, transfer)
            if visitors.owners_of(secret) != visitors.owners():  # it joined others a moment ago
                raise TransferRefused
            check_can_join(transfer)
            _check_room(session, transfer.owner_hash)
            transfer.used_at = now()
            _join(session, transfer, secret, new_secret, name)
    visitors.replace(new_secret)


def check_can_join(transfer: Transfer) -> None:
    """Check that the visitor's browser may share what a transfer is for.

    :raises Conflict: when it has it already, or shares with others.
    """
    owners = visitors.owners()
    if transfer.owner_hash in owners:
        raise Conflict(_("This browser has these walks already. Use the code in another one."))
    if owners and browsers.sharing(owners[0]):
        raise Conflict(_("This browser shares its walks with others already. End that under My walks first."))


def delete_expired() -> int:
    """Delete the transfers that are too late to be used; return how many."""
    return execute(delete(Transfer).where(Transfer.expires_at <= now()))


def _join(session: Session, transfer: Transfer, secret: str, new_secret: str, name: str) -> None:
    if session.scalar(select(Browser.number).where(Browser.secret_hash == transfer.giver_hash)) is None:
        given = {"owner_hash": transfer.owner_hash, "own_hash": transfer.owner_hash, "name": transfer.giver_name}
        session.add(Browser(secret_hash=transfer.giver_hash, **given))
        session.flush()  # the giver comes first in the list
    old_hash = visitors.digest(secret)
    row = session.scalar(select(Browser).where(Browser.secret_hash == old_hash))
    if row is None:
        row = Browser(own_hash=old_hash)
        session.add(row)
    row.secret_hash, row.owner_hash = visitors.digest(new_secret), transfer.owner_hash
    row.name, row.joined_at = name, now()
    session.execute(delete(Transfer).where(Transfer.giver_hash == old_hash))
    reports.change_reporter(session, visitors.report_hashes(secret), visitors.report_hashes(new_secret)[0])


def _checked(session: Session, transfer: Transfer | None) -> Transfer:
    """Return a transfer that can be used now, and whose giver still shares what it is for.

    :raises TransferRefused: for any other, and for ``None``.
    """
    if transfer is None or transfer.used_at is not None or transfer.expires_at <= now():
        raise TransferRefused
    giver = session.scalar(select(Browser).where(Browser.secret_hash == transfer.giver_hash))
    if giver is not None and (giver.owner_hash != transfer.owner_hash or giver.ended_at is not None):
        raise TransferRefused
    return transfer


def _has_joined(session: Session, secret_hash: str, owner: str) -> bool:
    joined = Browser.secret_hash == secret_hash, Browser.owner_hash == owner, Browser.ended_at.is_(None)
    return session.scalar(select(Browser.number).where(*joined)) is not None


def _check_room(session: Session, owner: str) -> None:
    if browsers.count(session, owner) >= browsers.BROWSERS_MAX:
        most = in_digits(browsers.BROWSERS_MAX)
        raise Conflict(_("%(most)s browsers are as many as can share. End one of them first.", most=most))


def _message(code: str) -> str:
    return f"transfer code {code}"


def _serializer() -> URLSafeSerializer:
    return URLSafeSerializer(cookies.secret_keys()[::-1], salt="transfer")


def _read_ticket(ticket: str) -> tuple[int, str]:
    try:
        number, holder = _serializer().loads(ticket)
        return int(number), str(holder)
    except (BadSignature, ValueError, TypeError) as error:
        raise TransferRefused from error
