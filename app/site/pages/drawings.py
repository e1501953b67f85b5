"""The drawing library: a page to search it, and each reference drawing as a picture in one colour."""

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from itertools import groupby
from typing import Any, cast
from urllib.parse import urlencode

from flask import Blueprint, Response, render_template, request, url_for
from werkzeug.exceptions import NotFound

from app.collection.gallery.drawing_catalogue import GROUPS, DrawingCatalogue, Motif, catalogue
from app.collection.search.terms import QUERY_MAX, too_long
from app.core.i18n.gettext import _
from app.core.i18n.locales import here
from app.offer.drawings import drawing_credits, offered, pictures, sketchbooks
from app.offer.generation import offers
from app.offer.generation.offers import Offer
from app.requests.walk_requests import scenes
from app.site.presentation import form_address
from app.site.web import assets
from app.site.web.responses import conditional, page_response
from sketch.sketchbook import Drawing, SketchbookError

blueprint = Blueprint("drawings", __name__)

WHOLE = re.compile("[1-9][0-9]{0,8}", re.ASCII)
PAGE = 36
"""How many motifs a page shows; most have two drawings."""


@dataclass(frozen=True, slots=True)
class Choice:
    """The part of the library to show: search words, a group, a page number from 1, and a model's name.

    ``stop`` is the number of the stop to choose a drawing for, in the form that the address carries; else ``None``.
    """

    q: str = ""
    group: str = ""
    page: int = 1
    model: str = ""
    stop: int | None = None

    def address(self, *, page: int = 1, **changed: str | int) -> str:
        """Return the address of this choice at a page, with some of its fields changed, and the form it carries."""
        fields: dict[str, Any] = {"q": self.q, "group": self.group, "model": self.model}
        if self.stop is not None:
            fields |= {"stop": str(self.stop), form_address.NAME: form_address.carried_query()}
        fields |= changed | {"page": page if page > 1 else ""}
        arguments = urlencode({name: value for name, value in fields.items() if value not in ("", None)})
        return f"{url_for('drawings.index')}?{arguments}" if arguments else url_for("drawings.index")


blueprint.add_app_template_global(pictures.address, "picture_of")
blueprint.add_app_template_global(lambda: bool(offered.conditioned_models()), "can_draw")


@blueprint.get("/drawings")
def index() -> Response:
    """Show a model's drawing library: all of it, or the results of a search."""
    model, library = _catalogue()
    choice, error = _choice()
    stops = form_address.stops_to_choose()
    choice = replace(choice, stop=_stop(stops))
    matches = library.search(choice.q)
    motifs = tuple(motif for motif in matches.motifs if choice.group in ("", motif.group))
    pages = max(1, -(-len(motifs) // PAGE))
    if not error and choice.page > pages:
        choice, error = replace(choice, page=1), _("page must be a whole number from 1 to %(most)s.", most=pages)
    shown = motifs[(choice.page - 1) * PAGE : choice.page * PAGE]
    page = render_template(
        "pages/drawings.html",
        view=choice,
        error=error,
        rows=_rows(shown, library, model, is_grouped=not choice.q),
        near=_rows(() if choice.group else matches.near, library, model, is_grouped=False),
        groups=[
            (name, _(words)) for name, words, _kinds in GROUPS if any(name == each.group for each in library.motifs)
        ],
        count=len(motifs),
        total=len(library.motifs),
        meant=matches.suggestion,
        credits=drawing_credits.of_sketchbook(book) if (book := sketchbooks.find(model)) else (),
        pages=pages,
        stops=stops,
        carried=form_address.carried_fields() if choice.stop is not None else {},
    )
    return page_response(page, status=422) if error else conditional(page_response(page))


@blueprint.get("/drawings/<digest>.webp")
def picture(digest: str) -> Response:
    """Send a drawing in one colour, as WebP. It may be cached for ever, since a digest names its content."""
    book = offered.find_book(digest)
    if book is None:
        raise NotFound
    try:
        data = pictures.webp(book, digest)
    except SketchbookError as error:
        raise NotFound from error
    response = Response(data, mimetype="image/webp")
    response.headers["Cache-Control"] = assets.FOR_GOOD
    response.set_etag(hashlib.sha256(data).hexdigest()[:32])
    return cast(Response, response.make_conditional(request))


def _catalogue() -> tuple[Offer, DrawingCatalogue]:
    """Return the model of the address, or the first sketch-conditioned one, and its drawing library.

    :raises NotFound: when the site has no such model.
    """
    name = request.args.get("model", "")
    for model in offered.conditioned_models():
        reader = scenes.reader_of(model) if name in ("", model.name) else None
        if reader is not None:
            return model, catalogue(reader, here().language)
    raise NotFound


def _choice() -> tuple[Choice, str]:
    """Return the choice of the address, without what is invalid, and the error message, ``""`` if it is valid."""
    q, group, page, model = (request.args.get(name, "").strip() for name in ("q", "group", "page", "model"))
    groups = [name for name, *_rest in GROUPS]
    if len(q) > QUERY_MAX:
        return Choice(model=model), too_long(len(q))
    if group and group not in groups:
        message = _("%(field)s must be one of %(known)s.", field="group", known=", ".join(groups))
        return Choice(q, model=model), message
    if page and not WHOLE.fullmatch(page):
        return Choice(q, group, model=model), _("page must be a whole number from 1 on.")
    return Choice(q, group, int(page or 1), model), ""


def _stop(stops: Mapping[int, str]) -> int | None:
    """Return the number of the stop that the address names, or else the first of ``stops``; ``None`` without any."""
    text = request.args.get("stop", "")
    number = int(text) if re.fullmatch("[0-9]{1,2}", text, re.ASCII) else -1
    return number if number in stops else next(iter(stops), None)


def _rows(
    motifs: tuple[Motif, ...], library: DrawingCatalogue, model: Offer, *, is_grouped: bool
) -> list[tuple[str, list[tuple[Drawing, str, str]]]]:
    """Return the drawings of the motifs as pairs of a heading and its drawings; one pair if not ``is_grouped``.

    Each drawing is with its name and the address of the form that uses it.
    """
    headings = {name: _(words) for name, words, _kinds in GROUPS}
    parts = groupby(motifs, key=lambda motif: headings[motif.group] if is_grouped else "")
    return [(heading, [each for motif in part for each in _shown(motif, library, model)]) for heading, part in parts]


def _shown(motif: Motif, library: DrawingCatalogue, model: Offer) -> list[tuple[Drawing, str, str]]:
    form = {"prompt": library.prompt_for(motif)} | ({} if model == offers.first() else {"model": model.name})
    return [
        (each, motif.name, f"{url_for('pages.make')}?{urlencode(form | {'drawing': each.digest})}")
        for each in motif.drawings
    ]
