"""The pages for visitors: making a walk, watching it being painted, the gallery, about."""

from __future__ import annotations

import hashlib
import secrets
from typing import cast

from flask import (
    Blueprint,
    Flask,
    Response,
    current_app,
    g,
    redirect,
    render_template,
    request,
    send_file,
    url_for,
)
from flask_wtf.csrf import CSRFError
from werkzeug.datastructures import MultiDict

from app import (
    cache,
    filters,
    form_guards,
    gallery,
    hands,
    house,
    limits,
    line,
    lineage,
    lookup,
    neighbours,
    presets,
    problems,
    queue,
    reel,
    remixing,
    sampling,
    search,
    spelling,
    visitor,
    wording,
)
from app import choice as choosing
from app import form as forms
from app.bounds import SEED_MAX, STOPS_MIN, Limits
from app.choice import Choice
from app.commission import commission
from app.errors import InvalidInput, TooMany
from app.gettext import _
from app.models import Walk
from app.sending import conditional, page_response
from app.validation import validate

blueprint = Blueprint("pages", __name__)

Retitled = tuple[str, str]  # what an owner wrote for a title, and what is wrong with it

RECENT = 8
NEARBY = 4
JOINING = 2
CHILDREN = 5


def init_app(app: Flask) -> None:
    """Serve the pages, with CSRF tokens on every form."""
    app.register_blueprint(blueprint)
    form_guards.init_app(app)
    app.register_error_handler(CSRFError, _stale_form)
    app.jinja_env.globals["hands_of"], app.jinja_env.globals["remake"] = hands.names, remixing.fields
    app.jinja_env.globals["found_hands"] = hands.found
    app.jinja_env.globals["fps"], app.jinja_env.globals["write_own"] = app.config["FPS"], remixing.write
    app.jinja_env.filters["asked"] = lambda text: search.marked(text, g.asked) if g.get("asked") else text
    app.jinja_env.globals.update(going_on=forms.going_on, reel_of=reel.of, middle_of=reel.middle, steps_of=reel.steps)


@blueprint.get("/")
def make() -> Response:
    """Show the form, filled from the address where it says something."""
    visitor.current()  # the cookie comes with the form, so that two quick clicks are the same visitor's
    limits = _limits(request.args.get("model", ""))
    form = forms.from_fields(_fields(request.args), limits)
    form.look_at_hand(limits)
    return make_page(form)


@blueprint.get("/surprise")
def surprise() -> Response:
    """Fill the form with two things that the model paints well."""
    vocabulary = house.facts().get("vocabulary", [])
    pair = secrets.SystemRandom().sample(vocabulary, 2) if len(vocabulary) > 1 else []
    response = cast(Response, redirect(url_for("pages.make", prompt=pair)))
    response.headers["Cache-Control"] = "no-store"
    return response


@blueprint.post("/")
def edit() -> Response:
    """Show the form again with a stop more or less, or turned round: for browsers without JavaScript."""
    limits = Limits.current()
    form = forms.from_fields(request.form, limits)
    form.edit(request.form.get("edit", ""), limits.stops_max)
    return make_page(form)


@blueprint.post("/walks", endpoint="commission")
def commission_walk() -> Response:
    """Save the walk and go to its page, or say what is wrong and keep what was typed."""
    form = forms.from_fields(request.form, Limits.current())
    owner = visitor.current()
    if form.errors:  # the walk to go on from was taken down meanwhile
        return make_page(form, status=422)
    try:
        wanted = validate(form.commission())
    except InvalidInput as error:
        form.explain(error)
        return make_page(form, status=422)
    content = hashlib.sha256(wanted.model_dump_json().encode()).hexdigest()
    try:
        walk, _ = commission(
            wanted,
            visitor_key=visitor.digest(owner),
            owner=owner,
            idempotency_key=f"form {form.token} {content}",  # a changed form is another walk, a second click is not
            admit=limits.admit_page,
        )
    except TooMany as error:
        form.errors["form"] = str(error)
        response = make_page(form, status=429)
        response.headers["Retry-After"] = str(error.retry_after)
        return response
    return see(walk)


@blueprint.get("/walks/<walk_id>")
def walk(walk_id: str) -> Response:
    """Show a walk for its whole life: waiting, being painted, finished. A slug of before leads to that of today."""
    walk = lookup.walk_at(walk_id)
    if "-" in walk_id and walk_id != walk.name:
        response = cast(Response, redirect(_with_query(walk.url)))  # not for good: it may be retitled back
        response.headers["Cache-Control"] = "no-cache"
        return response
    return walk_page("walk.html", walk)


@blueprint.get("/walks/<walk_id>/live")
def live(walk_id: str) -> Response:
    """Show the part of a walk's page that changes while it is painted."""
    return walk_page("_walk.html", lookup.walk_at(walk_id))


@blueprint.get("/gallery", endpoint="gallery")
def hang() -> Response:
    """Show the gallery, newest first, or what a search and the filters find."""
    try:
        choice = choosing.from_page(request.args)
        if choice.order == choosing.SURPRISE and choice.draw is None:
            return _drawn(choice)
        page = gallery.page(choice, cursor=request.args.get("cursor"))
    except InvalidInput as error:
        wrong = {each.path[0] for each in error.errors}
        kept = MultiDict((name, value) for name, value in request.args.items(multi=True) if name not in wrong)
        choice, query = choosing.from_page(kept), request.args.get("q", "").strip()[: search.QUERY_MAX]
        shown = _gallery_page(choice, gallery.Page([], None, None, found=0), error=str(error), q=query)
        return page_response(shown, status=422)
    g.asked = choice.sought().asked  # its words are marked
    return page_response(_gallery_page(choice, page), cache="no-cache")


@blueprint.get("/about")
def about() -> Response:
    """Say what this is, how it works, and whose art the model learned from."""
    config = current_app.config
    page = render_template(
        "about.html",
        house=house.facts(),
        model_name=house.facts().get("title") or config["MODEL"].rpartition("/")[2],
        model_revision=next((worker.get("revision") for worker in queue.workers()), None),
        steps=sampling.settle()["steps"],
        source_url=config["SOURCE_URL"],
        team=config["TEAM"],
        contact=config["CONTACT"] or None,
    )
    return page_response(page, cache="no-cache")


@blueprint.get("/favicon.ico")
def favicon() -> Response:
    """Send the drawn mark to those who ask for the old name."""
    return send_file(f"{current_app.static_folder}/favicon.svg", mimetype="image/svg+xml", max_age=86_400)


def make_page(form: forms.MakeForm, *, status: int = 200) -> Response:
    """Show the form, as it is filled."""
    config, limits = current_app.config, _limits(form.model)
    usual = {preset: sampling.settle(preset, form.model or None) for preset in presets.NAMES}
    wanted = int(form.frames) if form.frames.isdecimal() and len(form.frames) < 5 else config["FRAMES_DEFAULT"]
    count, seconds = line.waiting(
        wanted,
        stops=len(form.stops),
        ending=form.ending,
        preset=form.preset if form.preset in usual else None,
        model=form.model or None,
        steps=form.steps_asked(limits),
        guidance=form.guidance_asked(limits),
    )
    page = render_template(
        "make.html",
        form=form,
        frame_choices=form.frame_choices(config["FRAMES_DEFAULT"], limits),
        frames_default=config["FRAMES_DEFAULT"],
        limits={
            "min_stops": STOPS_MIN,
            "max_stops": limits.stops_max,
            "max_prompt": limits.prompt_max,
            "max_frames": limits.frames_max,
            "max_seed": SEED_MAX,
            "max_steps": limits.steps_max,
            "max_guidance": limits.guidance_max,
            "max_upload": config["UPLOAD_MAX"],
        },
        waiting={"count": count, "seconds": seconds, "worker_ready": bool(queue.workers())},
        hands=limits.hands,
        endings={name: wording.ending_name(name) for name in wording.ENDING_NAMES},
        cares={name: wording.care_name(name) for name in wording.CARE_NAMES},
        models=house.offered(),
        model_titles={model.name: model.title for model in house.offered()},
        usual=usual,
        can_surprise=len(house.facts().get("vocabulary", [])) > 1,
        starters=[tuple(pair) for pair in house.facts().get("starters", [])],
        recent=gallery.recent(RECENT, featured_first=True),
        total=gallery.total(),
    )
    return page_response(page, status=status, cache="no-store")  # a page from the cache would carry a used token


def _limits(model: str) -> Limits:
    """Return the bounds of what a form may ask for, with the hands of the model that it names, if that is on offer."""
    return Limits.current(model if house.find(model) else None)


def walk_page(template: str, walk: Walk, *, retitled: Retitled | None = None) -> Response:
    """Show a walk, or the part of its page that changes; with what its owner wrote for a title, if that is refused."""
    earlier, later = lineage.parent_of(walk), lineage.children_of(walk, CHILDREN)
    shown = [*later, *([earlier] if earlier else [])]
    before = [] if walk.is_waiting else neighbours.before(walk, JOINING, besides=shown)
    after = [] if walk.is_waiting else neighbours.after(walk, JOINING, besides=[*shown, *before])
    page = render_template(
        template,
        walk=walk,
        place=line.place(walk),
        is_owner=visitor.owns(visitor.known(), walk),
        redis_away=walk.is_waiting and not queue.redis_answers(),
        house=house.facts(house.setting(walk.model_name or walk.model)),
        earlier=earlier,
        later=later,
        remixed=lineage.remixed_from(walk),
        remixes=lineage.remixes_of(walk, CHILDREN),
        before=before,
        after=after,
        original=cache.original_of(walk),
        retitled=retitled,
        nearby=[] if walk.is_waiting else _nearby(walk, [*before, *after]),
    )
    response = page_response(page, status=422 if retitled else 200)
    response.headers["Vary"] = "Cookie"
    if walk.unlisted:
        response.headers["X-Robots-Tag"] = "noindex"
    return response if retitled else conditional(response)


def see(walk: Walk) -> Response:
    """Send the visitor on to a walk's page."""
    return cast(Response, redirect(walk.url, 303))


def _nearby(walk: Walk, shown: list[Walk]) -> list[Walk]:
    """Return the newest walks, but for this one and those that are shown already."""
    ids = {each.number for each in shown}
    recent = gallery.recent(NEARBY + len(shown), besides=walk)
    return [each for each in recent if each.number not in ids][:NEARBY]


def _with_query(address: str) -> str:
    query = request.query_string.decode("ascii", "replace")
    return f"{address}?{query}" if query else address


def _gallery_page(choice: Choice, page: gallery.Page, *, error: str | None = None, q: str | None = None) -> str:
    return render_template(
        "gallery.html",
        choice=choice,
        page=page,
        error=error,
        q=choice.q if q is None else q,
        total=gallery.total(),
        counted=gallery.COUNTED,
        listed=gallery.LISTED,
        filters=filters.rows(choice),
        orders=filters.orders(choice),
        chosen=filters.chosen(choice),
        meant=spelling.suggestion(choice) if error is None and page.found == 0 else None,
    )


def _drawn(choice: Choice) -> Response:
    """Go to an order of chance that has an address."""
    drawn = choice.address(draw=secrets.randbelow(SEED_MAX + 1))
    response = cast(Response, redirect(url_for("pages.gallery", **drawn)))
    response.headers["Cache-Control"] = "no-store"
    return response


def _fields(arguments: MultiDict[str, str]) -> MultiDict[str, str]:
    return MultiDict((name, value) for name, value in arguments.items(multi=True) if name != "token")


def _stale_form(_error: CSRFError) -> Response:
    """Keep what was typed when the form's token is no longer good; elsewhere, say what to do."""
    message = _("This page had been open for too long, or your browser keeps no cookies. Press once more.")
    if request.path not in ("/", "/walks", "/recipe"):
        return problems.answer(400, message)
    form = forms.from_fields(request.form, Limits.current())
    form.errors["form"] = message
    return make_page(form, status=400)
