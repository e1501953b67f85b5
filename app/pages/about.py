"""What this is, how it works, and whose art the model learned from."""

from __future__ import annotations

from collections import Counter

from flask import Response, current_app, render_template, send_file
from sqlalchemy.exc import OperationalError

from app.drawings import drawing_credits, sketchbooks
from app.generation import models_on_offer, sampler_settings
from app.pages import blueprint
from app.queue import jobs
from app.styles import added
from app.web.responses import page_response
from sketch.sketchbook import Sketchbook


@blueprint.get("/about")
def about() -> Response:
    """Say what this is, how it works, and whose art the model learned from."""
    config = current_app.config
    book = _drawings(config["MODEL"])
    licence = str(models_on_offer.facts().get("licence") or "")
    page = render_template(
        "pages/about.html",
        house=models_on_offer.facts(),
        model_name=models_on_offer.facts().get("title") or config["MODEL"].rpartition("/")[2],
        models=_licensed(),
        licence=licence if _is_sentence(licence) else "",
        model_revision=next((worker.get("revision") for worker in jobs.workers()), None),
        drawings=drawing_credits.of_sketchbook(book) if book else (),
        steps=sampler_settings.resolve_settings()["steps"],
        styles_added=[style for style in added.every() if style.pictures],
        catalogues=Counter(
            (style.source, style.attribution, style.licence) for style in added.every() if not style.pictures
        ),
        source_url=config["SOURCE_URL"],
        team=config["TEAM"],
        contact=config["CONTACT"] or None,
        log_visitors=config["LOG_VISITORS"],
    )
    return page_response(page, cache="no-cache")


def _licensed() -> list[tuple[str, str]]:
    """List the titles and licences of the models on offer, but for a first one that states its own in a sentence."""
    told = [models_on_offer.facts(model.setting) for model in models_on_offer.offered()]
    found = [(str(each["title"]), str(each.get("licence") or "")) for each in told]
    if _is_sentence(found[0][1]):
        return found[1:]
    return found if len(found) > 1 or found[0][1] else []


def _is_sentence(licence: str) -> bool:
    """Return whether a licence is told in sentences, not by its name."""
    return licence.endswith(".")


def _drawings(model: str) -> Sketchbook | None:
    """Return a model's drawings; those that are shipped where the database is away, for this page needs none."""
    try:
        return sketchbooks.find(model)
    except OperationalError:
        return sketchbooks.find_shipped(model)


@blueprint.get("/favicon.ico")
def favicon() -> Response:
    """Send the drawn mark to those who ask for the old name."""
    return send_file(f"{current_app.static_folder}/favicon.svg", mimetype="image/svg+xml", max_age=86_400)
