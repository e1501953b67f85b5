"""The page with the form for a walk: filling, editing and submitting it."""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable
from typing import Any, cast
from urllib.parse import urlencode

from flask import (
    Response,
    current_app,
    redirect,
    render_template,
    request,
    url_for,
)
from flask_wtf.csrf import CSRFError
from werkzeug.datastructures import MultiDict
from werkzeug.exceptions import NotFound

from app.access.auth import rate_limits, visitors
from app.collection.gallery import catalogue, exhibitions
from app.collection.styles import model_choice, samples, shipped
from app.core.errors import InvalidInput, NoRoom
from app.core.i18n.foreign_messages import translate_foreign
from app.core.i18n.gettext import _
from app.offer.drawings import offered
from app.offer.generation import offers, presets, sampler_settings
from app.offer.generation.limits import SEED_MAX, STOPS_MIN, Limits
from app.requests.walk_requests import drafts, intake, scenes
from app.requests.walk_requests.validation import validate
from app.site.pages import about, blueprint, candidates, gallery, uploads, walk
from app.site.pages.walk import redirect_to_walk
from app.site.presentation import (
    candidate_rows,
    earlier_prompts,
    examples,
    file_field,
    finder,
    form_address,
    form_estimate,
    prompt_edits,
    readings,
    sound_line,
    style_advice,
    style_groups,
    wording,
)
from app.site.presentation import make_form as forms
from app.site.presentation.earlier_prompts import Earlier
from app.site.presentation.finder import Finder
from app.site.presentation.form_commands import LANGUAGE, Command
from app.site.web import error_responses, fragments, kept_pages
from app.site.web.responses import conditional, page_response
from app.walks.queue import jobs
from app.walks.saved import film_formats, versions
from app.walks.uploads import kinds

RECENT = 8
KEPT = "private, no-cache"
"""Caching of the form. It is fetched again each time, except when a visitor navigates back: the browser's copy still
holds what was typed, and the token that makes a repeated submission the same walk. With ``no-store``, browsers could
not navigate back to the response of a form; they would ask whether to send the form again."""
WHOLE = re.compile("[0-9]{1,10}", re.ASCII)
PARTS = (about, gallery, walk)
"""Modules with routes on the same blueprint; importing them registers the routes."""

blueprint.add_app_template_global(form_address.way_back, "way_back")
blueprint.add_app_template_global(form_address.carried_query, "carried_form")


@blueprint.get("/")
def make() -> Response:
    """Show the form, filled in from the address's query parameters."""
    visitors.current()  # set the cookie with the form, so that two quick clicks have the same owner
    limits = _limits(request.args.get("model", ""))
    form = forms.from_fields(_fields(request.args), limits)
    if not request.args:
        return make_page(form, empty_for=limits)
    form.follow_styles()
    form.check_style(_limits(form.model))
    uploads.attach_photos(form)
    uploads.attach_sound(form, is_filled=True)
    readings.check_drawings(form)
    candidate_rows.remove_outdated(form, visitors.owners())
    return make_page(form)


@blueprint.get("/reading")
def reading() -> Response:
    """Return the interpretation of a prompt, or the styles for a photo, as a part of the form being filled in."""
    query = request.args
    prompt, model = query.get("prompt", ""), query.get("model", "")
    if model_choice.is_unnamed(model):
        model = model_choice.choose([{"prompt": prompt}], offers.current()).model or model
    limits = _limits(model)
    reader = scenes.reader_of(limits.offer)
    if reader is None:
        raise NotFound
    seed, stop = (query.get(name, "") for name in ("seed", "stop"))
    number = min(int(stop), limits.stops_max - 1) if WHOLE.fullmatch(stop) else 0
    if fragments.is_opened():
        return fragments.redirect_to_page(_form_around(number, prompt))
    if query.get("picture"):
        shown = readings.of_photo(reader, prompt, uploads.own_view(query["picture"]), limits)
    else:
        shown = readings.of_prompt(
            reader,
            prompt,
            limits,
            leave_out=query.get("leave_out", ""),
            seed=int(seed) if WHOLE.fullmatch(seed) else 0,
            drawing=query.get("drawing", ""),
            requested_style=query.get("hand", ""),
        )
    shown = style_advice.fitting(shown, prompt, query.getlist("beside")[:2], limits)
    part = render_template("pages/_reading.html", shown=shown, stop=number)
    response = conditional(page_response(part))
    response.headers["Cache-Control"] = "private, no-cache" if query.get("picture") else "private, max-age=60"
    response.headers["Vary"] = fragments.VARY
    return response


def _form_around(number: int, prompt: str) -> str:
    """Return the address of the form whose stop ``number`` has this prompt and the other fields of the request."""
    query, count = request.args, max(STOPS_MIN, number + 1)
    stop = {"prompt": prompt, "drawing": query.get("drawing", ""), "picture": query.get("picture", "")}
    lines: dict[str, Any] = {
        name: [text if index == number else "" for index in range(count)] for name, text in stop.items() if text
    }
    walk = {"negative_prompt": query.get("leave_out") or None, "model": query.get("model") or None}
    return url_for("pages.make", **{"prompt": [""] * count} | lines | walk)


@blueprint.get("/time")
def time() -> Response:
    """Return the time of the walk that the form asks for, as a part of the form being filled in.

    The query parameters are those of the form; of a stop's words only the number counts.
    """
    if fragments.is_opened():
        return fragments.redirect_to_page(f"{url_for('pages.make')}?{urlencode([*request.args.items(multi=True)])}")
    form = forms.from_fields(_fields(request.args), Limits.current())
    form.follow_styles()
    estimate = form_estimate.of_form(form, _limits(form.model), worker_ready=bool(jobs.workers()))
    response = page_response(render_template("pages/_time.html", time=estimate), cache=KEPT)
    response.headers["Vary"] = fragments.VARY
    return response


@blueprint.get("/together")
def together() -> Response:
    """Return the styles that go together for the stops of the form, as a part of the form being filled in.

    The query parameters are those of the form.
    """
    if fragments.is_opened():
        return fragments.redirect_to_page(f"{url_for('pages.make')}?{urlencode([*request.args.items(multi=True)])}")
    form = forms.from_fields(_fields(request.args), Limits.current())
    form.follow_styles()
    uploads.attach_photos(form)
    advice = style_advice.of_form(form, _limits(form.model))
    response = page_response(render_template("pages/_together.html", advice=advice, stops=form.stops), cache=KEPT)
    response.headers["Vary"] = fragments.VARY
    return response


@blueprint.get("/surprise")
def surprise() -> Response:
    """Redirect to the form with two random prompts from the model's vocabulary."""
    vocabulary = offers.first().facts.vocabulary
    pair = secrets.SystemRandom().sample(vocabulary, 2) if len(vocabulary) > 1 else []
    response = cast(Response, redirect(url_for("pages.make", prompt=pair)))
    response.headers["Cache-Control"] = "no-store"
    return response


@blueprint.post("/")
def edit() -> Response:
    """Show the form again after one of its edit buttons: for browsers without JavaScript."""
    limits = Limits.current()
    form = forms.from_fields(request.form, limits)
    form.follow_styles()
    if refused := _store_uploads(form):
        return refused
    command = form.command(request.form.get("edit", ""))
    form.edit(command, limits.stops_max)
    if elsewhere := _leave(form, command):
        return elsewhere
    if command.act == LANGUAGE:
        form.errors["form"] = _("The form is too long to be shown in another language.")
    of_model = _limits(form.model)
    prompt_edits.apply(form, command, request.form, of_model)
    style_advice.apply(form, command, of_model)
    found = finder.of_command(form, command, request.form, of_model)
    readings.check_drawings(form)
    candidate_rows.remove_outdated(form, visitors.owners())
    if error := candidates.edit(form, command):
        response = make_page(form, status=error.status)
        response.headers["Retry-After"] = str(error.retry_after)
        return response
    response = make_page(form, found=found, earlier=earlier_prompts.of_command(command))
    if command.act == earlier_prompts.FORGET:
        earlier_prompts.forget(response)
    return response


def _leave(form: forms.MakeForm, command: Command) -> Response | None:
    """Redirect to the page that a button of the form leads to; ``None`` for a button that leads to no other page.

    The page's address carries the form, so that the page can link back to it as it is filled in.
    """
    carried: dict[str, Any] = {form_address.NAME: form_address.write(form)}
    photo = form.stops[command.stop].photo if command.act == "captions" else None
    if photo is not None:
        words = form.stops[command.stop].prompt.strip()
        description: dict[str, Any] = {} if words in ("", photo.guess) else {"description": words}
        address = url_for("captions.of_photo", photo_id=photo.id, **description, **carried)
    elif command.act == "styles" and offers.current().get(form.model or None).styles:
        prompt = next((stop.prompt for stop in form.stops if stop.prompt.strip()), None)
        address = url_for("styles.index", prompt=prompt, model=form.model or None, **carried)
    elif command.act == "drawings":
        address = _drawings_address(form, command, carried)
    elif command.act == "another" and (other := catalogue.random_walk()):
        address = f"{other.url}?{urlencode({name: text for name, text in carried.items() if text})}"
    elif command.act == LANGUAGE and (query := carried[form_address.NAME]) is not None:
        address = f"{url_for('pages.make')}?{query}&{urlencode({'lang': command.value})}"
    else:
        return None
    response = cast(Response, redirect(address, 303))
    response.headers["Cache-Control"] = "no-store"
    return response


def _drawings_address(form: forms.MakeForm, command: Command, carried: dict[str, Any]) -> str:
    """Return the address of the drawing library: for the stop that asked, or else the first one without a prompt."""
    offer = _limits(form.model).offer
    if scenes.reader_of(offer) is None or carried[form_address.NAME] is None:  # there is nothing to choose for
        return url_for("drawings.index")
    numbers = range(form.parent is not None, len(form.stops))
    empty = (number for number in numbers if not form.stops[number].prompt.strip())
    stop = command.stop if command.stop in numbers else next(empty, numbers[0])
    return url_for("drawings.index", model=offer.name if form.model else None, stop=stop, **carried)


@blueprint.post("/walks", endpoint="commission")
def request_walk() -> Response:
    """Queue the walk and redirect to its page, or show the form again with its errors."""
    form = forms.from_fields(request.form, Limits.current())
    form.fill_in_example(request.form.getlist(examples.FIELD))
    form.follow_styles()
    owner = visitors.current()
    if refused := _store_uploads(form):
        return refused
    if form.has_errors:
        return make_page(form, status=422)
    readings.check_drawings(form)
    candidate_rows.remove_outdated(form, visitors.owners())
    if form.errors:  # for example, the walk to continue from or a drawing was deleted meanwhile
        return make_page(form, status=422)
    body = form.as_body()
    notes = readings.put_scenes(form, body, _limits(form.model))
    try:
        wanted = validate(body)
    except InvalidInput as error:
        form.explain(error)
        return make_page(form, status=422)
    try:
        key = visitors.owner()
        draft = drafts.draft(wanted, visitor_key=key, network=rate_limits.queue_key(key), owner=owner, notes=notes)
        walk, _ = intake.submit(
            draft,
            # a second click is the same walk, a changed form is not
            idempotency_key=f"form {form.token} {wanted.fingerprint()}",
            admit=rate_limits.PAGE.admit,
            check=rate_limits.PAGE.check,
        )
    except InvalidInput as error:  # a photo was deleted after validation, or a stop is read as its neighbour is
        form.explain(error)
        return make_page(form, status=422)
    except NoRoom as error:
        return _no_room(form, error)
    return redirect_to_walk(walk)


def _store_uploads(form: forms.MakeForm) -> Response | None:
    """Store the photos and the sound sent with the form, and attach those uploaded before.

    Return the response if there is no room for one, else ``None``.
    """
    refusal = None
    try:
        uploads.store_files(form)
    except NoRoom as error:
        refusal = error
    uploads.attach_photos(form)
    uploads.attach_sound(form)
    return None if refusal is None else _no_room(form, refusal)


def _no_room(form: forms.MakeForm, error: NoRoom) -> Response:
    form.errors["form"] = str(error)
    response = make_page(form, status=error.status)
    response.headers["Retry-After"] = str(error.retry_after)
    return response


def make_page(
    form: forms.MakeForm, *, status: int = 200, found: Finder | None = None, earlier: Earlier | None = None,
    empty_for: Limits | None = None,
) -> Response:  # fmt: skip
    """Return the page with the form, as it is filled in.

    :param found: the search for a drawing, if it is open.
    :param earlier: the list of earlier prompts, if it is open.
    :param empty_for: the form's limits if it is as everyone first sees it; then the page may be a kept one.
    """
    limits, worker_ready = empty_for or _limits(form.model), bool(jobs.workers())
    numbers = catalogue.recent_numbers(RECENT, featured_first=True)
    time = form_estimate.of_form(form, limits, worker_ready=worker_ready)
    total = catalogue.total()
    has_earlier = earlier_prompts.has_any() if earlier is None else bool(earlier.prompts)
    own: dict[str, Callable[[], object]] = {"form_token": lambda: form.token, "drawn_seed": lambda: form.drawn_seed}

    def context() -> dict[str, Any]:
        recent = catalogue.with_numbers(numbers)
        starters = [tuple(map(translate_foreign, pair)) for pair in offers.current().first.facts.starters]
        example = examples.choose([walk for walk in recent if walk.featured_at], starters)
        shown: dict[str, Any] = {"form": form, "found": found, "earlier": earlier, "has_earlier": has_earlier}
        shown |= {"recent": recent, "starters": starters, "example": example}
        return shown | {"time": time, "total": total} | _options(form, limits, worker_ready=worker_ready)

    def shown_walks() -> object:
        return versions.of_cards([*numbers, *exhibitions.first_numbers(examples.EXHIBITED)])

    if empty_for:
        page = kept_pages.render(
            "pages/make.html",
            lambda: (shown_walks(), time, total, has_earlier),
            context,
            own=own,
        )
    else:
        page = render_template("pages/make.html", **context(), **{name: text() for name, text in own.items()})
    return page_response(page, status=status, cache=KEPT)


def _options(form: forms.MakeForm, limits: Limits, *, worker_ready: bool) -> dict[str, Any]:
    """Return what the template needs to show the form's fields with all that can be chosen."""
    config, known, offer = current_app.config, offers.current(), limits.offer
    advice = style_advice.of_form(form, limits)
    return {
        "frame_choices": form.frame_choices(form.frames_usual, limits),
        "frames_default": form.frames_usual,
        "limits": {
            "min_stops": STOPS_MIN,
            "max_stops": limits.stops_max,
            "max_prompt": limits.prompt_max,
            "max_frames": limits.frames_max,
            "max_seed": SEED_MAX,
            "max_steps": limits.steps_max,
            "max_guidance": limits.guidance_max,
            "takes_guidance": limits.takes_guidance,
            "has_negatives": limits.has_negatives,
            "max_clip_skip": offer.facts.clip_skip_max,
            "max_upload": config["UPLOAD_MAX"],
            "max_sound_minutes": config["SOUND_SECONDS_MAX"] / 60,
            "max_sound_part": sound_line.seconds_max(),
        },
        "styles": limits.styles,
        "groups": style_groups.grouped(
            shipped.offered(shipped.of_model_styles(limits.styles), chosen=(form.hand or "",))
        ),
        "has_sample": lambda style: samples.path(style) is not None,
        "layouts": style_groups.layouts(limits.styles),
        "loras": offer.loras,
        "embeddings": offer.embeddings,
        "endings": {name: wording.ending_name(name) for name in form.endings},
        "preset_names": {name: wording.preset_name(name) for name in wording.PRESET_NAMES},
        "sizes": {str(size): _("%(count)s pixels", count=size) for size in limits.sizes},
        "aspect_names": {aspect: aspect for aspect in limits.aspects},
        "aspects": {aspect: _frame_sizes(limits, aspect) for aspect in limits.aspects},
        "models": known.models,
        "model_titles": {model.name: translate_foreign(model.title) for model in known},
        "usual": {preset: sampler_settings.resolve_settings(offer, preset) for preset in presets.NAMES},
        "films_accepted": film_formats.ACCEPTED,
        "photo_field": file_field.of(kinds.OF_STOPS),
        "sound_field": file_field.of(kinds.OF_WALKS),
        "sound_ways": sound_line.WAYS,
        "can_surprise": len(known.first.facts.vocabulary) > 1,
        "readings": style_advice.all_fitting(form, readings.of_form(form, limits), advice, limits),
        "advice": advice,
        "rows": candidate_rows.of_form(form, visitors.owners(), worker_ready=worker_ready),
        "led": {model.name for model in offered.conditioned_models()},
    }


def _frame_sizes(limits: Limits, aspect: str) -> dict[str, str]:
    """Map each size to the picture size in words, ``512 × 288 pixels``, at an aspect ratio."""
    frames = {size: presets.frame(limits.offer.facts, size, aspect) for size in limits.sizes}
    return {str(size): wording.frame_size(aspect, *frame) for size, frame in frames.items()}


def _limits(model: str) -> Limits:
    """Return the limits for a form: those of the model that it names if that is on offer, else of the first model."""
    known = offers.current()
    return Limits.for_offer(known, known.get(model))


def _fields(arguments: MultiDict[str, str]) -> MultiDict[str, str]:
    return MultiDict((name, value) for name, value in arguments.items(multi=True) if name != "token")


@blueprint.app_errorhandler(CSRFError)
def _stale_form(_error: CSRFError) -> Response:
    """Show the form again, as it was filled in, when its CSRF token has expired; on other pages, an error page."""
    message = _("This page had been open for too long, or your browser keeps no cookies. Press once more.")
    if request.path not in ("/", "/walks", "/recipe"):
        return error_responses.answer(400, message)
    form = forms.from_fields(request.form, Limits.current())
    form.errors["form"] = message
    return make_page(form, status=400)
