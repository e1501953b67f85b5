"""Pages for styles: the list with sample pictures, proposals for a prompt, and repainting a walk in style or size."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

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
from app.requests.walk_requests import drafts, intake, repainting, walk_sounds
from app.requests.walk_requests.walk_request import WalkRequest
from app.site.pages.walk import redirect_to_walk
from app.site.presentation import form_address, form_estimate, proposed_styles, style_groups
from app.site.web.responses import NOT_INDEXED, conditional, page_response, refuse
from app.storage.walk_models import Walk
from app.walks.queue import jobs
from app.walks.saved import lineage, lookup, shapes

blueprint = Blueprint("styles", __name__)

KEPT = "public, max-age=86400"

blueprint.add_app_template_global(lambda: _has_styles(offers.first()), "has_styles")
blueprint.add_app_template_global(lambda walk: bool(repainting.styles_for(walk)), "can_repaint")
blueprint.add_app_template_global(repainting.larger_sizes)
blueprint.add_app_template_global(lambda: visitors.known() is not None, "has_cookie")


@blueprint.get("/styles")
def index() -> Response:
    """Show all styles of a model, those that suit a prompt first."""
    offered = offers.current()
    model = offered.find(request.args.get("model", "") or None)
    if model is None or not _has_styles(model):
        raise NotFound
    known = shipped.offered(shipped.of_model(model))
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


@dataclass(frozen=True, slots=True)
class Larger:
    """A size at which a walk can be repainted: its frames' width and height, and the time in sentences."""

    size: int
    width: int
    height: int
    time: str


@blueprint.get("/walks/<walk_id>/repaint")
def choose(walk_id: str) -> Response:
    """Show the larger sizes and the styles that a walk can be repainted in, those that suit it first.

    Each size has a button with its time, and so has the style that the address names.
    """
    visitors.current()  # set the cookie with the form, so that two quick clicks have the same owner
    return _repaint_page(lookup.walk_at_address(walk_id))


@blueprint.post("/walks/<walk_id>/repaint")
def repaint(walk_id: str) -> Response:
    """Request a walk in another style or size and redirect to its page; a repeated request makes no second walk.

    A larger film is unlisted, unless it is asked to be shown in the gallery too.
    """
    walk, owner, owners = lookup.walk_at_address(walk_id), visitors.current(), visitors.owners()
    key = visitors.owner()
    try:
        if size := request.form.get("size", ""):
            unlisted = walk.unlisted or not request.form.get("listed")
            wanted = repainting.larger_request(walk, size, owners=owners, unlisted=unlisted)
        else:
            wanted = repainting.restyled_request(walk, request.form.get("style", ""), owners=owners)
        repainted, _ = intake.submit(
            drafts.draft(wanted, visitor_key=key, network=rate_limits.queue_key(key), owner=owner),
            idempotency_key=repainting.repeat_key(walk, wanted, key),
            admit=rate_limits.PAGE.admit,
            check=rate_limits.PAGE.check,
        )
    except (InvalidInput, Conflict, NoRoom) as error:
        return refuse(_repaint_page(walk, error=str(error)), error)
    return redirect_to_walk(repainted)


def _repaint_page(walk: Walk, *, error: str = "") -> Response:
    private = walk_sounds.private_flaw(walk, visitors.owners())
    among = {} if private else {style.name: style for style in repainting.styles_for(walk)}
    suiting = [each.style.name for each in proposed_styles.for_walk(walk) if each.style.name in among]
    wanted = request.values.get("style", "")
    offered = {style.name for style in shipped.offered(among.values())}
    names = [name for name in dict.fromkeys((*suiting, *among)) if name == wanted or name in offered]
    if wanted in among:
        names.sort(key=lambda name: name != wanted)
    larger, flaw = ([], private) if private else _larger(walk)
    page = render_template(
        "pages/repaint.html",
        walk=walk,
        error=error,
        flaw=private or repainting.flaw(walk),
        styles=[among[name] for name in names],
        chosen=among.get(wanted),
        time=_time(partial(repainting.restyled_request, walk, wanted)) if wanted in among else "",
        larger=larger,
        larger_flaw=flaw,
        there=lineage.larger_of(walk, visitors.owners()),
        has_sample=lambda style: samples.path(style) is not None,
    )
    return page_response(page, cache="no-store", headers=NOT_INDEXED)


def _larger(walk: Walk) -> tuple[list[Larger], str]:
    """Return the larger sizes that a walk can be repainted at, and why there is none, "" if there is one."""
    if flaw := repainting.larger_flaw(walk):
        return [], flaw
    longer, sizes = shapes.longer_side(walk) or 1, []
    for size in repainting.larger_sizes(walk):
        width, height = ((side or longer) * size // longer for side in shapes.frame(walk))
        time = _time(partial(repainting.larger_request, walk, size))
        sizes.append(Larger(size, width, height, time))
    return sizes, ""


def _time(request: Callable[[], WalkRequest]) -> str:
    """Return the time of a request in sentences, or why it is refused: a word was banned, or a photo deleted."""
    try:
        return form_estimate.of_request(request(), worker_ready=bool(jobs.workers()))
    except InvalidInput as error:
        return str(error)


@blueprint.get("/styles/<name>.webp")
def sample(name: str) -> Response:
    """Send the sample picture of a style."""
    file = samples.find(name)
    if file is None:
        raise NotFound
    return conditional(Response(file.read_bytes(), mimetype="image/webp"), cache=KEPT)


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
    return lambda style, model: url_for("pages.make", **filled | {"hand": style or None, "model": model})


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
