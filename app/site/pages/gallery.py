"""The gallery: newest walks first, the results of a search with filters, or walks that look similar to a frame."""

import secrets
from typing import Any

from flask import Blueprint, Response, g, render_template, request, url_for
from werkzeug.datastructures import MultiDict

from app.collection.gallery import catalogue, spelling
from app.collection.gallery import catalogue_query as choosing
from app.collection.gallery.catalogue_query import CatalogueQuery
from app.collection.gallery.similar import SHOWN, find
from app.collection.search import terms, visual_search
from app.core.errors import InvalidInput
from app.offer.generation.limits import SEED_MAX
from app.site.pages import blueprint
from app.site.presentation import filter_options
from app.site.web import kept_pages
from app.site.web.responses import NOT_INDEXED, conditional, page_response, redirect_to
from app.walks.saved import versions

lookalikes = Blueprint("alike", __name__)
lookalikes.add_app_template_global(lambda walk: visual_search.features_of(walk) is not None, "is_looked_at")


@blueprint.get("/gallery", endpoint="gallery")
def show_gallery() -> Response:
    """Show the gallery, newest first, or the walks that match a search and filters."""
    try:
        choice = choosing.from_page(request.args)
        if choice.order == choosing.SURPRISE and choice.draw is None:
            draw = secrets.randbelow(SEED_MAX + 1)  # the seed of the random order is part of its address
            return redirect_to(url_for("pages.gallery", **choice.address(draw=draw)), 302, cache="no-store")
        page = catalogue.page(choice, cursor=request.args.get("cursor"))
    except InvalidInput as error:
        wrong = {each.path[0] for each in error.errors}
        valid = MultiDict((name, value) for name, value in request.args.items(multi=True) if name not in wrong)
        choice, query = choosing.from_page(valid), request.args.get("q", "").strip()[: terms.QUERY_MAX]
        shown = _gallery_page(choice, catalogue.CataloguePage([], None, None, hit_count=0), error=str(error), q=query)
        return page_response(shown, status=422)
    g.asked = choice.index_query().text_query  # the page highlights these words
    return page_response(_gallery_page(choice, page), cache="no-cache")


@lookalikes.get("/walks/<walk_id>/alike", endpoint="page")
def similar(walk_id: str) -> Response:
    """Show the public walks that look similar to a frame, the most similar first."""
    matches = find(walk_id, request.args.get("frame"), limit=SHOWN)
    page = render_template("pages/similar.html", found=matches, walk=matches.walk)
    return conditional(page_response(page, headers=NOT_INDEXED))


def _gallery_page(
    choice: CatalogueQuery, page: catalogue.CataloguePage, *, error: str | None = None, q: str | None = None
) -> str:
    total = catalogue.total()
    meant = spelling.suggestion(choice) if error is None and page.hit_count == 0 else None

    def context() -> dict[str, Any]:
        return {
            "choice": choice,
            "page": page,
            "walks": catalogue.with_numbers(page.numbers),
            "error": error,
            "q": choice.q if q is None else q,
            "total": total,
            "counted": catalogue.COUNTED,
            "listed": catalogue.LISTED,
            "filters": filter_options.rows(choice),
            "orders": filter_options.orders(choice),
            "chosen": filter_options.chosen(choice),
            "meant": meant,
        }

    return kept_pages.render(
        "pages/gallery.html",
        lambda: (choice, page, versions.of_cards(page.numbers), error, q, total, meant),
        context,
    )
