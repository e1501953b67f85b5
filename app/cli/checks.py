"""``flask --app wsgi doctor``, is every part of the site well; and ``flask --app wsgi models …``, its models alone."""

from __future__ import annotations

import sys
import time
from typing import Any

import click
from flask.cli import AppGroup, with_appcontext

from app.cli.common import as_json, print_json
from app.generation import models_on_offer
from app.models import facts, hub, names
from app.models.errors import ModelError
from app.observability import doctor
from app.storage.database import db

group = AppGroup("models", help="Look at the models on offer and at others, and download them.")

POLL_SECONDS = 1.0


@click.command("doctor")
@click.option("--wait", type=click.FloatRange(0), default=0, metavar="SECONDS",
              help="Look again for so long, until all is well: a painter takes a while to load its model.")  # fmt: skip
@as_json
@with_appcontext
def command(wait: float, as_json: bool) -> None:
    """Check database, Redis, media store, model and worker; status 1 if something is not well."""
    findings = _examine(wait)
    if as_json:
        print_json([{"part": found.part, "well": found.well, "detail": found.detail} for found in findings])
    else:
        for found in findings:
            click.echo(f"{found.part:9} {'well' if found.well else 'NOT WELL':9} {found.detail}")
    sys.exit(0 if _are_well(findings) else 1)


def _examine(wait: float) -> list[doctor.Finding]:
    until = time.monotonic() + wait
    while not _are_well(findings := doctor.examine()) and time.monotonic() < until:
        db.session.rollback()  # what was found meanwhile is seen
        time.sleep(POLL_SECONDS)
    return findings


def _are_well(findings: list[doctor.Finding]) -> bool:
    return all(found.well for found in findings)


@group.command("list")
@as_json
def list_models(as_json: bool) -> None:
    """List the models on offer: setting, name, kind, size, licence, and whether each is whole."""
    found = [_about(setting) for setting in dict.fromkeys(model.setting for model in models_on_offer.offered())]
    if as_json:
        print_json(found)
        return
    for each in found:
        click.echo(each["setting"])
        for key in ("name", "kind", "picture", "files", "licence", "state"):
            click.echo(f"  {key:8} {each[key] or 'not known'}")


@group.command("check")
@click.argument("name")
@as_json
def check(name: str, as_json: bool) -> None:
    """Check whether the model NAME is whole, yet to be downloaded, or wrong, and in what; status 1 if it is wrong.

    NAME is one on offer, or whatever MOMA_MODEL takes: a folder, a .safetensors file, a name on the hub.
    """
    about = _about(_setting(name))
    if as_json:
        print_json(about)
    else:
        click.echo(about["state"], err=about["flawed"])
    sys.exit(1 if about["flawed"] else 0)


@group.command("download")
@click.argument("name")
def download(name: str) -> None:
    """Download the model NAME from the hub into MODEL_CACHE; what was broken off is gone on with.

    NAME may end in @ and a revision. A model that asks for a login needs HF_TOKEN.
    """
    setting = _setting(name)
    try:
        model = names.parse(setting)
        if model.path is None:
            folder = hub.fetch(model, models_on_offer.cache(), _Progress().show)
            click.echo(f"{setting} is whole, in {folder}")
            return
    except ModelError as error:
        raise click.ClickException(str(error)) from error
    state = models_on_offer.examine(setting)
    if state.flaw:
        raise click.ClickException(state.flaw)
    click.echo(f"{state.sentence}; it lies on this machine and is not downloaded")


class _Progress:
    """Shows how far a download is: on a terminal in one line that changes, else one line for each file."""

    def __init__(self) -> None:
        self._path = ""
        self._percent = -1

    def show(self, path: str, here: int, of_all: int, of_file: int) -> None:
        """Show it, no more often than for each percent."""
        percent = 100 * here // max(of_all, 1)
        is_new = path != self._path
        if not is_new and percent == self._percent:
            return
        line = f"{percent:3} % of {of_all / 1e9:.2f} GB: {path}, {of_file / 1e9:.2f} GB"
        if sys.stderr.isatty():
            click.echo(f"\r{line}\033[K", nl=here >= of_all, err=True)
        elif is_new:
            click.echo(line, err=True)
        self._path, self._percent = path, percent


def _setting(name: str) -> str:
    """Return the setting of the model on offer of this name; any other name is a setting itself."""
    offer = models_on_offer.find(name)
    return offer.setting if offer else name


def _about(setting: str) -> dict[str, Any]:
    state = models_on_offer.examine(setting, ask=True)  # first: it fetches what tells the rest
    told = facts.load_facts(setting, models_on_offer.cache())
    place = facts.place(setting, models_on_offer.cache())
    return {
        "setting": setting,
        "name": told["name"],
        "kind": facts.kind(place),
        "picture": f"{told['size']} x {told['size']} pixels" if told["size"] else "",
        "files": f"{state.size / 1e9:.2f} GB" if state.size else "",
        "licence": told.get("licence", ""),
        "state": state.flaw or state.sentence,
        "flawed": bool(state.flaw),
        "here": state.is_here,
    }
