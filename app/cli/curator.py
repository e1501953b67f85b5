"""Admin commands for the curator's password, reports, banned words and audit log: ``flask --app wsgi curator …``."""

from __future__ import annotations

import click
from flask.cli import AppGroup

from app.access.auth import curator_session
from app.cli.common import as_json, explain_errors, print_json
from app.collection.moderation import allowed_words, audit_log, banned_words, reports
from app.collection.moderation.audit_log import COMMAND
from app.core.local_time import stamp
from app.walks.saved import lookup

group = AppGroup("curator", help="The curator's password, reports, banned words and audit log.")


@group.command("password")
@click.password_option(help="The password; prompted for if not given.")
@as_json
@explain_errors
def password(password: str, as_json: bool) -> None:
    """Print the hash of a password, to be set as MOMA_CURATOR_HASH, which enables the curator's pages at /curator."""
    hashed = curator_session.hash_of(password)
    if as_json:
        print_json({"hash": hashed})
    else:
        click.echo(hashed)


@group.command("reports")
@click.option("--limit", type=click.IntRange(1, 1000), default=20, show_default=True)
@as_json
@explain_errors
def list_reports(limit: int, as_json: bool) -> None:
    """List the walks that visitors reported, the longest waiting first."""
    cases = reports.reported_walks(limit)
    if as_json:
        print_json([{"walk": case.walk.id, "title": case.walk.title, "reports": _fields(case)} for case in cases])
        return
    for case in cases:
        reasons = ", ".join(dict.fromkeys(each.reason for each in case.reports))
        click.echo(f"{case.walk.id}  {len(case.reports):3}  {reasons}  {case.walk.title}")


@group.command("leave")
@click.argument("walk_id")
@as_json
@explain_errors
def leave(walk_id: str, as_json: bool) -> None:
    """Close the reports of a walk without changing it."""
    walk = lookup.walk_at_address(walk_id, even_hidden=True)
    count = reports.close_reports(walk)
    audit_log.note("left walk as it is", walk.id, who=COMMAND)
    if as_json:
        print_json({"id": walk.id, "settled": count})
    else:
        click.echo(f"{count:,} reports of {walk.id} settled.")


@group.command("words")
@as_json
@explain_errors
def words(as_json: bool) -> None:
    """List the banned words."""
    if as_json:
        print_json(banned_words.words())
    else:
        click.echo("\n".join(banned_words.words()))


@group.command("ban")
@click.argument("word")
@as_json
@explain_errors
def ban(word: str, as_json: bool) -> None:
    """Ban WORD from new prompts, negative prompts, titles and names of drawings."""
    kept = banned_words.ban(word, who=COMMAND)
    if as_json:
        print_json({"word": kept, "banned": True})
    else:
        click.echo(f"“{kept}” is banned.")


@group.command("lift")
@click.argument("word")
@as_json
@explain_errors
def lift(word: str, as_json: bool) -> None:
    """Allow a banned word again."""
    lifted = banned_words.unban(word, who=COMMAND)
    if as_json:
        print_json({"word": word, "lifted": lifted})
    else:
        click.echo(f"“{word}” is allowed again." if lifted else f"“{word}” was not banned.")


@group.command("allowed")
@as_json
@explain_errors
def allowed(as_json: bool) -> None:
    """List the words that are allowed although the site's lists of unfit words have them."""
    if as_json:
        print_json(allowed_words.words())
    else:
        click.echo("\n".join(allowed_words.words()))


@group.command("allow")
@click.argument("word")
@as_json
@explain_errors
def allow(word: str, as_json: bool) -> None:
    """Allow WORD, although the site's lists of unfit words have it."""
    kept = allowed_words.allow(word, who=COMMAND)
    if as_json:
        print_json({"word": kept, "allowed": True})
    else:
        click.echo(f"“{kept}” is allowed.")


@group.command("take-back")
@click.argument("word")
@as_json
@explain_errors
def take_back(word: str, as_json: bool) -> None:
    """Undo `allow`, so that the site's lists of unfit words decide about WORD."""
    taken = allowed_words.disallow(word, who=COMMAND)
    if as_json:
        print_json({"word": word, "taken_back": taken})
    else:
        click.echo(f"“{word}” is left to the lists again." if taken else f"“{word}” was not allowed.")


@group.command("log")
@click.option("--limit", type=click.IntRange(1, 1000), default=20, show_default=True)
@as_json
@explain_errors
def log(limit: int, as_json: bool) -> None:
    """Show the audit log of the curator's pages and of commands, the latest entry first."""
    deeds = audit_log.latest(limit)
    if as_json:
        print_json(
            [
                {
                    "at": deed.at.isoformat(),
                    "who": deed.who,
                    "what": deed.what,
                    "about": deed.about,
                    "failed": deed.failed,
                }
                for deed in deeds
            ]
        )
        return
    for deed in deeds:
        click.echo(f"{stamp(deed.at)}  {deed.who:12}  {deed.what} {deed.about}{' (refused)' if deed.failed else ''}")


def _fields(case: reports.Case) -> list[dict[str, str]]:
    return [{"reason": each.reason, "words": each.words, "at": each.created_at.isoformat()} for each in case.reports]
