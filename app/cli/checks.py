"""``flask --app wsgi doctor`` checks every part of the site; ``flask --app wsgi models …`` its models."""

from __future__ import annotations

import sys
import time
from typing import Any

import click
from flask.cli import AppGroup, with_appcontext

from app.access.observability import doctor
from app.cli.common import Result, json_option, print_text
from app.core.models import cache, hub, names, weight_digests
from app.core.models.errors import ModelError
from app.core.models.facts import kind_title
from app.offer.generation import model_folders, offers
from app.offer.generation.offers import Offer
from app.storage.database import db

group = AppGroup("models", help="List, check and download models.")

POLL_SECONDS = 1.0
AS_ON_HUB = "  (as on the hub)"


@click.command("doctor")
@click.option("--wait", type=click.FloatRange(0), default=0, metavar="SECONDS",
              help="Repeat the checks for so long until all is well: a worker takes a while to start.")  # fmt: skip
@json_option
@with_appcontext
def command(wait: float) -> Result:
    """Check database, Redis, media store, models, disk, settings and workers; status 1 if something is not well."""
    findings = _examine(wait)
    for found in findings:
        print_text(f"{found.part:9} {'well' if found.well else 'NOT WELL':9} {found.detail}")
    fields = [{"part": found.part, "well": found.well, "detail": found.detail} for found in findings]
    return Result(fields, 0 if _are_well(findings) else 1)


def _examine(wait: float) -> list[doctor.Finding]:
    until = time.monotonic() + wait
    while not _are_well(findings := doctor.examine()) and time.monotonic() < until:
        db.session.rollback()  # end the transaction, so that the next check sees new rows
        time.sleep(POLL_SECONDS)
    return findings


def _are_well(findings: list[doctor.Finding]) -> bool:
    return all(found.well for found in findings)


@group.command("list")
@json_option
def list_models() -> list[dict[str, Any]]:
    """List the models on offer: setting, name, kind, size, licence and state."""
    found = [_about(setting) for setting in model_folders.settings()]
    for each in found:
        print_text(each["setting"])
        for key in ("name", "kind", "picture", "files", "licence", "state"):
            print_text(f"  {key:8} {each[key] or 'not known'}")
    return found


@group.command("check")
@click.argument("name")
@json_option
def check(name: str) -> Result:
    """Check whether the model NAME is complete, not downloaded yet, or unusable, and why; status 1 if it is unusable.

    NAME is a model on offer, or any value of MOMA_MODEL: a folder, a .safetensors file, a name on the hub. The files
    that are here are read whole, which finds pieces that a download left empty; the SHA-256 of each is shown, and
    compared with the hub's where that is known.
    """
    setting = _setting(name)
    about = _about(setting) | {"digests": []}
    if about["here"]:
        about |= _digests(setting)
    print_text(about["state"], err=about["flawed"])
    for each in about["digests"]:
        print_text(f"  {each['sha256']}  {each['file']}{AS_ON_HUB if each['as_on_hub'] else ''}")
    return Result(about, 1 if about["flawed"] else 0)


def _digests(setting: str) -> dict[str, Any]:
    """Return the digests of a model's weight files; instead of them its state, if one is damaged."""
    try:
        name = names.parse(setting)
        path = name.path or cache.snapshot(name, model_folders.cache())
        digests = list(weight_digests.compute(path)) if path else []
    except ModelError as error:
        return {"state": str(error), "flawed": True}
    if other := next((each for each in digests if each.is_other), None):
        state = (
            f"{other.file} is another file than the hub's {other.of_hub}: download it again, if you did not change it"
        )
        return {"state": state, "flawed": True}
    return {
        "digests": [
            {"file": each.file, "sha256": each.sha256, "as_on_hub": each.of_hub == each.sha256 or None}
            for each in digests
        ]
    }


@group.command("download")
@click.argument("name")
def download(name: str) -> None:
    """Download the model NAME from the hub into MODEL_CACHE; an interrupted download is resumed.

    NAME may end in @ and a revision. A gated or private model needs HF_TOKEN.
    """
    setting = _setting(name)
    try:
        model = names.parse(setting)
        if model.path is None:
            folder = hub.fetch(model, model_folders.cache(), _Progress().show)
            click.echo(f"{setting} is whole, in {folder}")
            return
    except ModelError as error:
        raise click.ClickException(str(error)) from error
    state = model_folders.examine(setting)
    if state.flaw:
        raise click.ClickException(state.flaw)
    click.echo(f"{state.sentence}; it lies on this machine and is not downloaded")


class _Progress:
    """Shows the progress of a download: on a terminal in one line that is updated, else in one line for each file."""

    def __init__(self) -> None:
        self._path = ""
        self._percent = -1

    def show(self, path: str, here: int, of_all: int, of_file: int) -> None:
        """Show the progress if it changed by a percent or another file began.

        ``here`` and ``of_all`` are the model's downloaded and total bytes, ``of_file`` is the size of the file.
        """
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
    """Return the setting of the model on offer with this name; any other name is returned unchanged."""
    offer = offers.load().find(name)
    return offer.setting if offer else name


def _about(setting: str) -> dict[str, Any]:
    state = model_folders.examine(setting, ask=True)  # first, as it downloads the files that the facts are read from
    offer = Offer.load(setting)
    return {
        "setting": setting,
        "name": offer.name,
        "kind": kind_title(offer.folder),
        "picture": f"{offer.facts.size} x {offer.facts.size} pixels" if offer.facts.size else "",
        "files": f"{state.size / 1e9:.2f} GB" if state.size else "",
        "licence": offer.facts.licence,
        "state": state.flaw or state.sentence,
        "flawed": bool(state.flaw),
        "here": state.is_here,
    }
