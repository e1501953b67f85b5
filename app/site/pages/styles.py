"""Pages for styles: the list with sample pictures, proposals for a prompt, and repainting a walk in a style."""

from __future__ import annotations

from collections.abc import Callable

from flask import Blueprint, Response, render_template, request, url_for
from werkzeug.exceptions import NotFound

from app.access.auth import rate_limits, visitors
from app.collection.styles import added, samples, shipped
from app.collection.styles.added import AddedStyle
from app.collection.styles.proposals import Proposal
from app.core.errors import Conflict, InvalidInput, NoRoom
from app.core.i18n.locales import here
from app.core.text import stored
from app.offer.generation import offers
from app.offer.generation.limits import Limits
from app.offer.generation.loras import Lora
from app.offer.generation.offers import Offer
from app.requests.walk_requests import intake, repainting
from app.site.pages.walk import redirect_to_walk
from app.site.presentation import form_address, proposed_styles, style_groups
from app.site.web.responses import conditional, page_response
from app.storage.walk_models import Walk
from app.walks.saved import lookup

blueprint = Blueprint("styles", __name__)

KEPT = "public, max-age=86400"

blueprint.add_app_template_global(lambda: _has_styles(offers.first()), "has_styles")
blueprint.add_app_template_global(lambda walk: bool(repainting.styles_for(walk)), "can_repaint")
blueprint.add_app_template_global(lambda: visitors.known() is not None, "has_cookie")


@blueprint.get("/styles")
def index() -> Response:
    """Show all styles of a model, those that suit a prompt first."""
    offered = offers.current()
    model = offered.find(request.args.get("model", "") or None)
    if model is None or not _has_styles(model):
        raise NotFound
    known = shipped.of_model(model)
    prompt, error = _prompt()
    proposed = proposed_styles.for_prompt(prompt, model, language=here().language) if prompt else []
    first = [each.style for each in proposed]
    learned = {style.name for style in _added()}  # listed separately below, with their licences
    page = render_template(
        "pages/styles.html",
        prompt=prompt,
        error=error,
        asking=_asking(prompt),
        proposed=first,
        styles=[style for style in known if style not in first and (first or style.name not in learned)],
        groups=[] if first else style_groups.grouped(known),
        has_sample=lambda style: samples.path(style) is not None,
        added=_added() if not proposed else [],
        loras=model.loras,
        asking_lora=_asking_lora(prompt, None if model == offered.first else model.name),
        artists=proposed_styles.artists_for(prompt, model, language=here().language) if prompt else [],
        model=model,
        is_first=model == offered.first,
        house=model.facts,
    )
    return page_response(page, status=422) if error else conditional(page_response(page))


@blueprint.get("/walks/<walk_id>/repaint")
def choose(walk_id: str) -> Response:
    """Show the styles that a walk can be repainted in, those that suit it first."""
    visitors.current()  # set the cookie with the form, so that two quick clicks have the same owner
    return _repaint_page(lookup.walk_at_address(walk_id))


@blueprint.post("/walks/<walk_id>/repaint")
def repaint(walk_id: str) -> Response:
    """Request a walk in another style and redirect to the new walk's page; a repeated request makes no second walk."""
    walk, owner = lookup.walk_at_address(walk_id), visitors.current()
    key = visitors.digest(owner)
    try:
        wanted = repainting.commission_of(walk, request.form.get("style", ""))
        repainted, _ = intake.place(
            wanted,
            visitor_key=key,
            network=rate_limits.queue_key(key),
            owner=owner,
            idempotency_key=repainting.repeat_key(walk, wanted, key),
            admit=rate_limits.PAGE.admit,
        )
    except (InvalidInput, Conflict) as error:
        return _repaint_page(walk, error=str(error), status=error.status)
    except NoRoom as error:
        response = _repaint_page(walk, error=str(error), status=error.status)
        response.headers["Retry-After"] = str(error.retry_after)
        return response
    return redirect_to_walk(repainted)


def _repaint_page(walk: Walk, *, error: str = "", status: int = 200) -> Response:
    among = {style.name: style for style in repainting.styles_for(walk)}
    suiting = [each.style.name for each in proposed_styles.for_walk(walk) if each.style.name in among]
    page = render_template(
        "pages/repaint.html",
        walk=walk,
        error=error,
        flaw=repainting.flaw(walk),
        styles=[among[name] for name in (*suiting, *(name for name in among if name not in suiting))],
        has_sample=lambda style: samples.path(style) is not None,
    )
    response = page_response(page, status=status, cache="no-store")
    response.headers["X-Robots-Tag"] = "noindex"
    return response


@blueprint.get("/styles/<name>.webp")
def sample(name: str) -> Response:
    """Send the sample picture of a style."""
    file = samples.find(name)
    if file is None:
        raise NotFound
    response = conditional(Response(file.read_bytes(), mimetype="image/webp"))
    response.headers["Cache-Control"] = KEPT
    return response


def _has_styles(model: Offer) -> bool:
    """Return whether there is a style or a LoRA file to choose for a model."""
    return bool(model.styles or _added() or model.loras)


def _prompt() -> tuple[str, str]:
    """Return the prompt of the address, and the error message for it, ``""`` if it is valid."""
    text = request.args.get("prompt", "")
    if not text.strip():
        return "", ""
    most = Limits.current().prompt_max
    try:
        return stored.visible_text(text, most), ""
    except ValueError as error:
        return text[:most], str(error)


def _asking(prompt: str) -> Callable[..., str]:
    """Return a function that maps a style's words and a model to the address of the form with that style.

    The form is the one that the visitor came from, or a new one with the prompt.
    """
    filled = form_address.carried_fields() or ({"prompt": [prompt]} if prompt else {})
    return lambda hand, model: url_for("pages.make", **filled | {"hand": hand or None, "model": model})


def _asking_lora(prompt: str, model: str | None) -> Callable[[Lora], str]:
    """Return a function that maps a LoRA to the address of the form with that LoRA for its first stop."""
    filled = form_address.carried_fields() or {"prompt": [prompt]}
    others = {name: ["", *filled.get(name, [])[1:]] for name in ("lora", "lora_weight")}

    def address(lora: Lora) -> str:
        chosen = {"lora": [lora.name, *others["lora"][1:]], "lora_weight": ["1", *others["lora_weight"][1:]]}
        return url_for("pages.make", **filled | chosen | {"model": model})

    return address


def _added() -> list[AddedStyle]:
    """Return the styles that were trained here on an artist's pictures."""
    return [style for style in added.every() if style.pictures]


@blueprint.app_template_global("styles_for")
def _for_walk(walk: Walk) -> list[Proposal]:
    return proposed_styles.for_walk(walk)
