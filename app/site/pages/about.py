"""The page "About": what the site is, how it works, and whose art the model was trained on."""

from collections import Counter

from flask import Response, current_app, render_template, send_file
from sqlalchemy.exc import OperationalError

from app.collection.styles import added
from app.offer.drawings import drawing_credits, sketchbooks
from app.offer.generation import offers, sampler_settings
from app.offer.generation.offers import Offer, Offers
from app.site.pages import blueprint
from app.site.web.responses import page_response
from app.walks.queue import jobs
from sketch.sketchbook import Sketchbook


@blueprint.get("/about")
def about() -> Response:
    """Show the page about the site, its models and the art that they were trained on."""
    config = current_app.config
    known = offers.current()
    house = known.first.facts
    book, licence = _drawings(known.first), house.licence
    page = render_template(
        "pages/about.html",
        house=house,
        model_name=house.title or config["MODEL"].rpartition("/")[2],
        models=_licensed(known),
        licence=licence if _is_sentence(licence) else "",
        model_revision=next((worker.get("revision") for worker in jobs.workers()), None),
        drawings=drawing_credits.of_sketchbook(book) if book else (),
        steps=sampler_settings.resolve_settings(known.first)["steps"],
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


def _licensed(known: Offers) -> list[tuple[str, str]]:
    """Return title and licence of each model on offer, without a first one whose licence is a sentence.

    The page shows that sentence by itself.
    """
    licences = [(offer.title, offer.facts.licence) for offer in known]
    if _is_sentence(licences[0][1]):
        return licences[1:]
    return licences if len(licences) > 1 or licences[0][1] else []


def _is_sentence(licence: str) -> bool:
    """Return whether a licence is given as sentences rather than by its name."""
    return licence.endswith(".")


def _drawings(offer: Offer) -> Sketchbook | None:
    """Return a model's drawing library; only the shipped drawings while the database is unavailable."""
    try:
        return sketchbooks.find(offer)
    except OperationalError:
        return sketchbooks.find_shipped(offer)


@blueprint.get("/favicon.ico")
def favicon() -> Response:
    """Send the SVG icon to clients that request ``/favicon.ico``."""
    return send_file(f"{current_app.static_folder}/favicon.svg", mimetype="image/svg+xml", max_age=86_400)
