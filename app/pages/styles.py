"""What can be asked for: the styles, a picture of each, and which of them suit a prompt."""

from __future__ import annotations

from flask import Blueprint, Flask, Response, render_template, request
from werkzeug.exceptions import NotFound

from app.commissions import schema
from app.generation import models_on_offer
from app.generation.limits import Limits
from app.i18n.locales import here
from app.presentation import proposed_styles
from app.storage.walk_models import Walk
from app.styles import added, samples, shipped
from app.styles.proposals import Proposal
from app.web.responses import conditional, page_response

blueprint = Blueprint("styles", __name__)

KEPT = "public, max-age=86400"


def init_app(app: Flask) -> None:
    """Serve the page and the pictures, and let templates ask what suits a walk."""
    app.register_blueprint(blueprint)
    app.jinja_env.globals.update(styles_for=_for_walk, has_styles=lambda: bool(shipped.of_model()))


@blueprint.get("/styles")
def index() -> Response:
    """Show all styles, those that suit a prompt first."""
    model = models_on_offer.find(request.args.get("model", "") or None)
    known = shipped.of_model(model.setting) if model else ()
    if model is None or not known:
        raise NotFound
    prompt, error = _prompt()
    proposed = proposed_styles.for_prompt(prompt, model=model.name, language=here().language) if prompt else []
    first = [each.style for each in proposed]
    page = render_template(
        "pages/styles.html",
        prompt=prompt,
        error=error,
        proposed=first,
        styles=[style for style in known if style not in first],
        has_sample=lambda style: samples.path(style) is not None,
        added=added.every() if not proposed else [],
        model=model,
        is_first=model == models_on_offer.find(None),
        house=models_on_offer.facts(model.setting),
    )
    return page_response(page, status=422) if error else conditional(page_response(page))


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
        return schema.visible(text, most), ""
    except ValueError as error:
        return text[:most], str(error)


def _for_walk(walk: Walk) -> list[Proposal]:
    return proposed_styles.for_walk(walk)
