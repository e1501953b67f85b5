"""What can be asked for: the styles, a picture of each, which suit a prompt; and a walk repainted in one of them."""

from __future__ import annotations

from collections.abc import Callable

from flask import Blueprint, Response, render_template, request, url_for
from werkzeug.exceptions import NotFound

from app.auth import rate_limits, visitors
from app.commissions import intake, repainting, schema
from app.errors import Conflict, InvalidInput, NoRoom
from app.generation import loras, models_on_offer
from app.generation.limits import Limits
from app.generation.loras import Lora
from app.i18n.locales import here
from app.pages.walk import see
from app.presentation import form_address, proposed_styles, style_groups
from app.storage.walk_models import Walk
from app.styles import added, samples, shipped
from app.styles.added import AddedStyle
from app.styles.proposals import Proposal
from app.walks import lookup
from app.web.responses import conditional, page_response

blueprint = Blueprint("styles", __name__)

KEPT = "public, max-age=86400"

blueprint.add_app_template_global(lambda: bool(shipped.of_model() or _added() or loras.of_model()), "has_styles")
blueprint.add_app_template_global(lambda walk: bool(repainting.styles_for(walk)), "can_repaint")
blueprint.add_app_template_global(lambda: visitors.known() is not None, "has_cookie")


@blueprint.get("/styles")
def index() -> Response:
    """Show all styles, those that suit a prompt first."""
    model = models_on_offer.find(request.args.get("model", "") or None)
    known = shipped.of_model(model.setting) if model else ()
    laid = loras.of_model(model.setting) if model else ()
    if model is None or not (known or _added() or laid):
        raise NotFound
    prompt, error = _prompt()
    proposed = proposed_styles.for_prompt(prompt, model=model.name, language=here().language) if prompt else []
    first = [each.style for each in proposed]
    learned = {style.name for style in _added()}  # they stand below, with their licences
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
        loras=laid,
        asking_lora=_asking_lora(prompt, None if model == models_on_offer.find(None) else model.name),
        artists=proposed_styles.artists_for(prompt, model=model.name, language=here().language) if prompt else [],
        model=model,
        is_first=model == models_on_offer.find(None),
        house=models_on_offer.facts(model.setting),
    )
    return page_response(page, status=422) if error else conditional(page_response(page))


@blueprint.get("/walks/<walk_id>/repaint")
def choose(walk_id: str) -> Response:
    """Show the styles that a walk can be repainted in, those that suit it first."""
    visitors.current()  # the cookie comes with the form, so that two quick clicks are the same visitor's
    return _repaint_page(lookup.walk_at_address(walk_id))


@blueprint.post("/walks/<walk_id>/repaint")
def repaint(walk_id: str) -> Response:
    """Repaint a walk in a style and go to the new walk's page; asked for twice, it is the same one."""
    walk, owner = lookup.walk_at_address(walk_id), visitors.current()
    key = visitors.digest(owner)
    try:
        wanted = repainting.commission_of(walk, request.form.get("style", ""))
        made, _ = intake.place(
            wanted,
            visitor_key=key,
            network=rate_limits.turns_key(key),
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
    return see(made)


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
    """Send a picture that was painted in a style."""
    file = samples.find(name)
    if file is None:
        raise NotFound
    response = conditional(Response(file.read_bytes(), mimetype="image/webp"))
    response.headers["Cache-Control"] = KEPT
    return response


def _prompt() -> tuple[str, str]:
    """Read the prompt of the address; return it, and what is wrong with it."""
    text = request.args.get("prompt", "")
    if not text.strip():
        return "", ""
    most = Limits.current().prompt_max
    try:
        return schema.visible_text(text, most), ""
    except ValueError as error:
        return text[:most], str(error)


def _asking(prompt: str) -> Callable[..., str]:
    """Return what writes the address of the form in a style: that which was left, else one with the prompt alone."""
    filled = form_address.left() or ({"prompt": [prompt]} if prompt else {})
    return lambda hand, model: url_for("pages.make", **filled | {"hand": hand or None, "model": model})


def _asking_lora(prompt: str, model: str | None) -> Callable[[Lora], str]:
    """Return what writes the address of the form with a LoRA for its first stop."""
    filled = form_address.left() or {"prompt": [prompt]}
    others = {name: ["", *filled.get(name, [])[1:]] for name in ("lora", "lora_weight")}

    def address(lora: Lora) -> str:
        laid = {"lora": [lora.name, *others["lora"][1:]], "lora_weight": ["1", *others["lora_weight"][1:]]}
        return url_for("pages.make", **filled | laid | {"model": model})

    return address


def _added() -> list[AddedStyle]:
    """List the styles of somebody's pictures."""
    return [style for style in added.every() if style.pictures]


@blueprint.app_template_global("styles_for")
def _for_walk(walk: Walk) -> list[Proposal]:
    return proposed_styles.for_walk(walk)
