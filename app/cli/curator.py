"""Admin commands for the curator's password, reports, banned words and audit log: ``flask --app wsgi curator …``."""

from __future__ import annotations

from typing import Any

import click
from flask.cli import AppGroup

from app.access.auth import curator_session
from app.cli.common import json_command, print_text
from app.collection.moderation import audit_log, reports, word_lists
from app.collection.moderation.audit_log import COMMAND
from app.core.local_time import stamp
from app.storage.walk_models import Walk
from app.walks.saved import lookup

group = AppGroup("curator", help="The curator's password, reports, banned words and audit log.")


@group.command("password")
@click.password_option(help="The password; prompted for if not given.")
@json_command
def password(password: str) -> dict[str, Any]:
    """Print the hash of a password, to be set as MOMA_CURATOR_HASH, which enables the curator's pages at /curator."""
    hashed = curator_session.hash_of(password)
    print_text(hashed)
    return {"hash": hashed}


@group.command("reports")
@click.option("--limit", type=click.IntRange(1, 1000), default=20, show_default=True)
@json_command
def list_reports(limit: int) -> list[dict[str, Any]]:
    """List the walks that visitors reported, the longest waiting first."""
    cases = reports.reported_walks(limit)
    for case in cases:
        reasons = ", ".join(dict.fromkeys(each.reason for each in case.reports))
        print_text(f"{case.subject.id}  {len(case.reports):3}  {reasons}  {case.subject.title}")
    return [{"walk": case.subject.id, "title": case.subject.title, "reports": _fields(case)} for case in cases]


@group.command("leave")
@click.argument("walk_id")
@json_command
def leave(walk_id: str) -> dict[str, Any]:
    """Close the reports of a walk without changing it."""
    walk = lookup.walk_at_address(walk_id, even_hidden=True)
    count = reports.close_reports(walk)
    audit_log.note("left walk as it is", walk.id, who=COMMAND)
    print_text(f"{count:,} reports of {walk.id} settled.")
    return {"id": walk.id, "settled": count}


@group.command("words")
@json_command
def words() -> list[str]:
    """List the banned words."""
    print_text("\n".join(word_lists.BANNED.words()))
    return word_lists.BANNED.words()


@group.command("ban")
@click.argument("word")
@json_command
def ban(word: str) -> dict[str, Any]:
    """Ban WORD from new prompts, negative prompts, titles and names of drawings."""
    kept = word_lists.BANNED.add(word, who=COMMAND)
    print_text(f"“{kept}” is banned.")
    return {"word": kept, "banned": True}


@group.command("lift")
@click.argument("word")
@json_command
def lift(word: str) -> dict[str, Any]:
    """Allow a banned word again."""
    lifted = word_lists.BANNED.remove(word, who=COMMAND)
    print_text(f"“{word}” is allowed again." if lifted else f"“{word}” was not banned.")
    return {"word": word, "lifted": lifted}


@group.command("allowed")
@json_command
def allowed() -> list[str]:
    """List the words that are allowed although the site's lists of unfit words have them."""
    print_text("\n".join(word_lists.ALLOWED.words()))
    return word_lists.ALLOWED.words()


@group.command("allow")
@click.argument("word")
@json_command
def allow(word: str) -> dict[str, Any]:
    """Allow WORD, although the site's lists of unfit words have it."""
    kept = word_lists.ALLOWED.add(word, who=COMMAND)
    print_text(f"“{kept}” is allowed.")
    return {"word": kept, "allowed": True}


@group.command("take-back")
@click.argument("word")
@json_command
def take_back(word: str) -> dict[str, Any]:
    """Undo `allow`, so that the site's lists of unfit words decide about WORD."""
    taken = word_lists.ALLOWED.remove(word, who=COMMAND)
    print_text(f"“{word}” is left to the lists again." if taken else f"“{word}” was not allowed.")
    return {"word": word, "taken_back": taken}


@group.command("log")
@click.option("--limit", type=click.IntRange(1, 1000), default=20, show_default=True)
@json_command
def log(limit: int) -> list[dict[str, Any]]:
    """Show the audit log of the curator's pages and of commands, the latest entry first."""
    deeds = audit_log.latest(limit)
    for deed in deeds:
        print_text(f"{stamp(deed.at)}  {deed.who:12}  {deed.what} {deed.about}{' (refused)' if deed.failed else ''}")
    return [
        {"at": deed.at.isoformat(), "who": deed.who, "what": deed.what, "about": deed.about, "failed": deed.failed}
        for deed in deeds
    ]


def _fields(case: reports.Case[Walk]) -> list[dict[str, str]]:
    return [{"reason": each.reason, "words": each.text, "at": each.created_at.isoformat()} for each in case.reports]
