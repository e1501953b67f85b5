"""Whatever a page says, it says in its language: all pages, and the answers to all forms, are read in a made-up one.

What is not looked up in the catalogue stands out there, in Latin letters. English is what the source says.
"""

import ast
import io
import itertools
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import Any
from urllib.parse import quote

import flask_babel
import pytest
from babel.support import NullTranslations
from flask import Flask
from flask.testing import FlaskClient
from flask_babel import force_locale
from jinja2 import Environment, nodes
from sqlalchemy import select, update
from sqlalchemy.exc import OperationalError

from app.collection.gallery import exhibitions, visitor_collections
from app.collection.gallery.catalogue_query import SORTS
from app.collection.gallery.exhibitions import ExhibitionRequest
from app.collection.moderation import audit_log, drawing_curation, drawing_request, reports, word_lists
from app.collection.moderation.drawing_request import DrawingRequest
from app.core.config import ROOT
from app.core.errors import MediaError
from app.core.i18n import foreign_messages
from app.core.text import stop_notes
from app.offer.drawings import added_drawings, drawing_credits
from app.offer.generation import model_styles, offers
from app.offer.generation.presets import NAMES as PRESETS
from app.requests.walk_requests import recipe
from app.site.admin import curator_drawings
from app.site.presentation import photo_view
from app.storage.candidate_models import WAITING, CandidateSet
from app.storage.database import db, now, writing
from app.storage.task_kinds import LARGE, STAGES
from app.storage.upload_models import Upload
from app.storage.walk_models import CANCELLED, ENDINGS, FAILED, FINISHED, PAINTING, QUEUED, REFUSED, Walk
from app.storage.wall_models import CLOSED, PAUSED, Wall, WallLeg, WallWords
from app.walks.queue import candidate_requests, frame_requests
from app.walks.saved import lifecycle
from app.walks.saved.colours import COLOURS
from app.wall import walls, words
from app.wall.walls import WallRequest
from tests.support import heard, led, pictures, sounds
from tests.support.candidates import painted
from tests.support.frame_files import deliver, deliver_large
from tests.support.house import FACTS, NAME
from tests.support.rows import Maker, change
from tests.support.strange import WORD, Strange, untranslated
from worker.diffusion.model_folder import ModelError
from worker.diffusion.rendering import GenerationError
from worker.failures import visitor_message
from worker.tasks.walk_setup import WrongModel

FOX, KITE, MOON, UNSAID = "狐狸", "风筝", "月亮", "未"
OF_WORDS = partial(led.lay_out_words_alone, **FACTS)
OF_DRAWINGS = partial(led.lay_out, title=MOON, hands=FACTS["hands"])
pytestmark = [pytest.mark.slow, pytest.mark.settings(MODEL=OF_WORDS, MODELS=[OF_DRAWINGS])]
of_sketches = pytest.mark.settings(MODEL=partial(led.lay_out, title=FOX), MODELS=[])
STRANGER = "x" * 64
OWN = '{"hand":"linocut","negative_prompt":"风筝","seed":3}'
RECIPE: dict[str, Any] = {
    "format": recipe.FORMAT, "version": 1, "seed": 7, "frames": 3, "positions": [0.0, 1.0, 2.0], "size": [128, 128],
    "model": {"name": NAME, "revision": "3f9a2c1d0e5b", "prefix": ""},
    "sampler": {"scheduler": "DPMSolverMultistepScheduler", "steps": 20, "guidance": 3.5},
    "device": {"precision": "float32", "memory_format": "contiguous", "threads": 2, "batch": 8},
}  # fmt: skip
GERMAN = {"Accept-Language": "de"}
VALUES = set(WORD.findall(" ".join([
    *SORTS, *ENDINGS, *COLOURS, *PRESETS, "hand stops model ending colour since until sort draw preset none led",
    "pop art watercolour paper cut-out neon oil painting colour field low poly risograph stained glass mosaic",
    "primary-colour grid cubist pointillist swirling brushstrokes chalk pastel woodcut charcoal ink wash cyanotype",
    "discs of colour linocut constructivist poster planes coloured squares op art lines dots scratchboard etching",
    "printed textile batik tapestry layered gouache",
    "quirky funny serious happy poetic personal promotional academic",
])))  # fmt: skip
"""What stands in addresses and forms, and is named where it is wrong."""
DRAWN = [
    "Fledermaus Fuchs Haus Schneemann im Schnee Sonne Kricket Katzengesicht", "CC0-1.0", "Schneeman", "led",
    "group animals plants food sky places travel things clothes play people faces others",
]  # fmt: skip
"""What drawings show, as the lexicon has it, and whose they are."""
ERRORS = {
    "FieldError", "on", "Conflict", "Malformed", "NotOwner", "TooMany", "NoRoom", "WalkNotFound", "WalkGone",
    "NoExhibition", "NoCollection", "NotYourCollection", "NoWall", "NoWords",
}  # fmt: skip
ENGLISH_ONLY = {
    "app/site/api/body_reader.py",
    "app/site/api/candidate_routes.py",
    "app/site/api/captions.py",
    "app/site/api/own_uploads.py",
    "app/site/api/uploads.py",
    "app/site/api/readings.py",
    "app/site/api/styles.py",
    "app/site/api/routes.py",
    "app/site/api/query_reader.py",
    "app/site/api/token_routes.py",
    "app/access/auth/api_tokens.py",
    "app/upkeep/archives/archive_format.py",
    "app/requests/teaching/artists.py",
    "app/upkeep/archives/backup.py",
    "app/upkeep/operations/folder_captions.py",
    "app/requests/teaching/lora_adding.py",
    "app/requests/teaching/style_teaching.py",
    "app/cli/walk_commands.py",
    "app/cli/backup.py",
    "app/cli/candidates.py",
    "app/cli/captions.py",
    "app/cli/curator.py",
    "app/cli/drawings.py",
    "app/cli/first_exhibition.py",
    "app/cli/exhibitions.py",
    "app/cli/gallery.py",
    "app/cli/styles.py",
    "app/cli/uploads.py",
    "app/cli/media.py",
    "app/requests/walk_requests/intake.py",
    "app/upkeep/archives/walk_export.py",
    "app/site/publishing/feed.py",
    "app/collection/styles/catalogues.py",
    "app/upkeep/archives/walk_import.py",
    "app/access/auth/curator_session.py",
    "app/cli/walls.py",
}
"""Modules whose errors only programs and operators meet."""
KNOWN = {"The ", "clip skip ignored"}  # with who did it, a known sentence of the log; a note as its row has it


@dataclass
class Museum:
    """A house with something of everything, and one who is signed in to it and owns what is public there."""

    client: FlaskClient
    app: Flask
    walks: dict[str, Walk]
    candidates: dict[str, str]
    walls: tuple[str, ...]

    def __getitem__(self, name: str) -> str:
        return f"/walks/{self.walks[name].id}"


@pytest.fixture
def strange(monkeypatch: pytest.MonkeyPatch) -> None:
    """Speak the strange language in place of German, as soon as a page is asked for in German."""
    spoken = flask_babel.Domain.get_translations
    monkeypatch.setattr(
        flask_babel.Domain,
        "get_translations",
        lambda self: Strange() if str(flask_babel.get_locale()) == "de" else spoken(self),
    )


@pytest.fixture
def museum(app: Flask, publish: Maker, request_walk: Maker, request: pytest.FixtureRequest) -> Museum:
    """Fill a house, with walks of every state, a model that says what the shipped one does, and one led by drawings."""
    _break(app)
    client = request.getfixturevalue("curator")  # whose request is the first
    made = _walks(client, publish, request_walk)
    _write_down(made)
    return Museum(client, app, made, _candidates(made["finished"].owner_hash), _walls_of(client, made["finished"]))


def _break(site: Flask) -> None:
    def fail(how: str) -> None:
        raise {"bug": ValueError("secret"), "database": OperationalError("SELECT", {}, Exception("away"))}[how]

    site.add_url_rule("/fail/<how>", "fail", fail)


def _walks(client: FlaskClient, publish: Maker, request_walk: Maker) -> dict[str, Walk]:
    def ask(**fields: Any) -> Walk:
        client.post("/walks", data={"prompt": [FOX, KITE], **fields})
        return db.session.scalars(select(Walk).order_by(Walk.number.desc())).first()

    client.get("/")
    states = {state: ask(seed=str(n)) for n, state in enumerate((QUEUED, PAINTING, FAILED, CANCELLED, REFUSED))}
    owner = states[QUEUED].owner_hash
    made = {**states, "finished": publish(FOX, MOON, KITE, frames=5, ending="back")}
    made["round"] = publish(FOX, MOON, KITE, frames=5, ending="round", easing=True)
    styled = [
        {"prompt": KITE, "hand": "batik", "negative_prompt": MOON, "seed": 4},
        {"prompt": MOON, "hand": "pop art"},
    ]
    made["styled"] = publish(stops=styled, frames=3, preset="fast", unlisted=True)
    made["repeat"] = request_walk(FOX, MOON, KITE, frames=5, ending="back", seed=made["finished"].seed)
    made["next"] = publish(KITE, FOX, continues=made["finished"].id, seed=made["finished"].seed)
    made["remix"] = publish(FOX, KITE, remix_of=made["finished"].id)
    made["stranger"] = request_walk(MOON, FOX)
    made["drawn"] = publish(FOX, "蝙蝠", frames=3, model="led")
    made["deleted"], made["hidden"] = publish("a", "b"), publish("c", "d")
    with writing() as session:
        session.execute(update(Walk).where(Walk.state == FINISHED).values(
            owner_hash=owner, step_sizes=[1.0, 2.0, 1.0, 1.0], scheduler="DPMSolverMultistepScheduler",
            precision="float32", first_film_seconds=1.1, evaluations=1234, colour="red", positions=None,
        ))  # fmt: skip
        for state, walk in states.items():
            session.execute(update(Walk).where(Walk.number == walk.number).values(state=state))
        errors = {made[FAILED].number: "The painting was interrupted 3 times.",
                  made[REFUSED].number: "The pictures could not be stored: No space left on device."}  # fmt: skip
        for number, error in errors.items():
            session.execute(update(Walk).where(Walk.number == number).values(error=error))
        session.execute(update(Walk).where(Walk.number == made["hidden"].number).values(hidden_at=now()))
        session.execute(update(Walk).where(Walk.number == made["round"].number).values(given_title=MOON))
        session.get(Walk, made["round"].number).stops[1].note = "unknown words"
        session.get(Walk, made["finished"].number).stops[1].note = stop_notes.joined(stop_notes.EVERY)
        session.get(Walk, made["finished"].number).stops[0].clip_skip = 2
        session.execute(update(Walk).where(Walk.number == made["finished"].number).values(featured_at=now()))
        session.execute(update(Walk).where(Walk.number == made["drawn"].number).values(model_name="led"))
    client.post(f"/walks/{made['finished'].id}/favourite")
    for number, form in enumerate(({}, {"listed": "1"}, {"listed": "1"})):
        client.post("/mine/collections", data={"title": f"{MOON} {number}", **form})
    for collection in visitor_collections.of_owner(made["finished"].owner_hash):
        for name in ("finished", "styled"):
            visitor_collections.add(collection, made[name], admit=lambda: None)
    visitor_collections.bar(collection)
    visitor_collections.create(KITE, STRANGER, is_listed=True, admit=lambda: None)
    lifecycle.delete_walk(made["deleted"])
    for walk in made.values():
        db.session.refresh(walk)
    frame_requests.request(made["finished"], STAGES, 1)
    deliver(made["finished"], 1)
    frame_requests.request(made["finished"], STAGES, 2)
    frame_requests.request(made["drawn"], STAGES, 1)
    deliver(made["drawn"], 1, steps=made["drawn"].sampler_steps + 2)
    deliver_large(made["drawn"], 1)
    frame_requests.request(made["drawn"], LARGE, 2)
    return made


def _walls_of(client: FlaskClient, kept: Walk) -> tuple[str, ...]:
    """Open walls, with words of this visitor's everywhere that they can be; return the walls' names."""
    names = "1", "2", "3"
    for name in names:
        walls.open_wall(WallRequest(name, MOON, banned=["蛇"]))
    for name, text in itertools.product(names[:2], (FOX, KITE, MOON)):
        client.post(f"/wall/{name}/say", data={"words": text})
    for number in range(12):
        words.say(walls.at("1"), f"{FOX} {number}", owner=f"o{number}")
    client.post("/wall/3/say", data={"words": FOX})
    long_ago = now() - timedelta(hours=1)  # so that no time is shown, which would pass meanwhile
    with writing() as session:
        said = session.scalars(select(WallWords).order_by(WallWords.number)).all()
        for number, row in enumerate(said[:2], 1):
            fields = {"shown_at": now(), "stretch": kept.id} if number == 1 else {}
            session.add(WallLeg(wall_number=row.wall_number, number=number, words_number=row.number, **fields))
            words.assign(session, row, number)
        session.add(WallLeg(wall_number=said[0].wall_number, number=3, walk_id=kept.id))
        session.execute(update(Wall).where(Wall.name == "1").values(lead=2, lead_at=long_ago, evening="1"))
        session.execute(update(Wall).where(Wall.name == "3").values(evening="1"))
    for name, state in (("2", PAUSED), ("3", CLOSED)):
        walls.set_state(walls.at(name), state)
    return names


def _candidates(owner: str) -> dict[str, str]:
    """Request three stops' pictures: painted, failed, and still to come."""
    found = {name: painted(owner, FOX, seed=seed) for seed, name in enumerate(("painted", "failed", "waiting"), 3)}
    with writing() as session:
        candidate_requests.fail(session, found["failed"].id, "The painting was interrupted 3 times.")
        session.get_one(CandidateSet, found["waiting"].number).state = WAITING
        session.get_one(CandidateSet, found["waiting"].number).wanted = 8
    return {name: each.id for name, each in found.items()}


def _write_down(made: dict[str, Walk]) -> None:
    reports.submit(made["finished"], reason="hate", words=MOON, reporter="x", admit=lambda: None)
    collection = visitor_collections.of_owner(made["finished"].owner_hash)[0]
    reports.submit(collection, reason="rights", words=MOON, reporter="x", admit=lambda: None)
    exhibitions.create(ExhibitionRequest(MOON, FOX, "1", True, [made["finished"].id, made["styled"].id]))
    exhibitions.create(ExhibitionRequest(KITE, "", "2", False, [made["finished"].id]))
    word_lists.BANNED.add("кино")
    word_lists.ALLOWED.add("кровавый")
    audit_log.note("sign-in", failed=True)
    audit_log.note("hid walk", made["hidden"].id, who=audit_log.COMMAND)
    audit_log.note("deleted walk", made["deleted"].id, who="token 1")


def test_every_page_speaks_its_language(museum: Museum, strange: None) -> None:
    found, seen = [], set()
    for path in _readable(museum):
        answer = museum.client.get(path, headers=GERMAN)
        found += [f"{path}: {each}" for each in untranslated(answer.text, _english_of(path))]
        if answer.status_code == 200:
            seen.add(museum.app.url_map.bind("localhost").match(path.partition("?")[0])[0])
    assert found == [], "\n".join(found)
    assert seen == _pages(museum.app), "a page that is not read here: add it to those that are read"


def test_every_answer_to_a_form_speaks_its_language(museum: Museum, strange: None) -> None:
    found = []
    for path, status, sent in _sent(museum):
        answer = museum.client.post(path, headers=GERMAN, **sent)
        assert answer.status_code == status, (path, sent)
        found += [f"{path}: {each}" for each in untranslated(answer.text, _english_of(path) | VALUES)]
    assert found == [], "\n".join(found)


@pytest.fixture
def atelier(app: Flask, curator: FlaskClient, publish: Maker) -> FlaskClient:
    """Open a house whose model sketches lead, with drawings that were added and removed, and be signed in."""
    drawing_curation.add(led.ROBOT.encode(), DrawingRequest(FOX, artist=KITE, licence="CC-BY-4.0"))
    other = drawing_curation.add(led.ROBOT.replace("678", "876").encode(), DrawingRequest(f"{KITE}, {MOON}"))
    drawing_curation.remove(other.drawing.digest)
    walk = publish(FOX, KITE)
    records = [drawing_credits.as_record(each) for each in added_drawings.book().drawings.values()]
    change(Walk, drawings=[*records, {**records[0], "digest": "1", "artist": ""}])
    curator.walk_id = walk.id  # type: ignore[attr-defined]
    return curator


@of_sketches
def test_pages_of_a_house_whose_model_sketches_lead_speak_their_language(atelier: FlaskClient, strange: None) -> None:
    walk = f"/walks/{atelier.walk_id}"  # type: ignore[attr-defined]
    found, names = [], {"CC", "BY", "SPDX", "sun", "night"}
    names |= {"Fuchs", "Fledermaus", "Sonne", "Schneemann", "im", "Schnee", "Haus", "Kricket", "Katzengesicht"}  # names
    for path in (
        walk, f"{walk}/embed", "/about", "/curator/drawings", "/curator/drawings?q=sun",
        "/curator/drawings?q=%E6%9C%AA",
        *(f"/curator/drawings?drawing={led.ROBOT_DIGEST}&became={became}" for became in curator_drawings.BECAME),
        "/curator/log", "/drawings", f"/drawings?q={UNSAID}", "/drawings?q=sun&group=animals",
        "/drawings?stop=1&form=prompt%3D%26prompt%3D",
        f"/?prompt={FOX}&prompt=sun", f"/reading?prompt={FOX}&stop=1", "/reading?prompt=house+at+night",
    ):  # fmt: skip
        answer = atelier.get(path, headers=GERMAN)
        assert answer.status_code == 200, path
        found += [f"{path}: {each}" for each in untranslated(answer.text, names)]
    search = {"prompt": [UNSAID, "sun"], "find_stop": "0", "find_for": UNSAID}
    for found_by, edit in (("", "find-0-1"), (UNSAID, "find-0-1"), ("sun", "find-0-1"), ("", "seek-0-0")):
        answer = atelier.post("/", data=search | {"find": found_by, "edit": edit}, headers=GERMAN)
        assert 'id="finder"' in answer.text
        found += [f"{edit}: {each}" for each in untranslated(answer.text, names)]
    assert found == [], "\n".join(found)


SHOWN = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 9 9"><path d="M0 0h9v9H0z"/>{}</svg>'


@of_sketches
@pytest.mark.parametrize(
    ("file", "fields"),
    [
        ("", {}), ("9", {}), ("<a/>", {}), (SHOWN.format("<script/>"), {}),
        (SHOWN.format('<g onload="9"/>'), {}), (SHOWN.format('<use href="/9"/>'), {}),
        (SHOWN.format("<text/>"), {}), (SHOWN.format("<g/>" * 2000), {}), (SHOWN.replace("9v", "9e9v"), {}),
        (SHOWN.format("<g>" * 40 + "</g>" * 40), {}), (SHOWN.replace('viewBox="0 0 9 9"', ""), {}),
        (SHOWN.replace("M0 0h9v9H0z", "M0 0h9"), {}),
        *((SHOWN, {"name": name}) for name in ("", "🤖", FOX * 99, "1 2 3 4 5 6 7", ",".join(map(str, range(40))))),
        *((SHOWN, {field: "9" * 999}) for field in ("kind", "artist", "source", "style")), (SHOWN, {"licence": "\x07"}),
    ],
    ids=range(22),
)  # fmt: skip
def test_refused_drawings_are_translated(
    atelier: FlaskClient, strange: None, file: str, fields: dict[str, str]
) -> None:
    sent = {"name": FOX, **fields, "file": (io.BytesIO(file.replace("{}", "").encode()), "a.svg")}
    answer = atelier.post("/curator/drawings", data=sent, headers=GERMAN)
    assert answer.status_code == 422
    message = "CC BY SPDX SVG UTF CSS viewBox onload use text syntax error line column no element found"  # the parser's
    assert untranslated(answer.text, {*message.split(), *WORD.findall(" ".join(drawing_request.kinds()))}) == []


def test_sentence_that_is_not_looked_up_is_found(museum: Museum, strange: None) -> None:
    museum.client.get("/about?lang=de")
    page = museum.client.get("/about").text
    assert untranslated(page, _english_of("/about")) == []
    for planted in (
        "<p>Once more</p>",
        '<img alt="Once more">',
        '<input placeholder="Once more">',
        '<a data-copied="Once more">',
        '<meta name="description" content="Once more">',
        '<p lang="ar">؟</p><p>Once more</p>',
        "<script>let more;</script><p>Once more</p>",
    ):
        assert untranslated(page.replace("</main>", f"{planted}</main>"), _english_of("/about")), planted


def test_description_for_programs_says_that_it_is_english(client: FlaskClient) -> None:
    page = client.get("/api", headers=GERMAN)
    assert '<main id="main" tabindex="-1" lang="en-GB">' in page.text
    assert '<html lang="de">' in page.text
    assert "lang=" not in client.get("/api").text.partition("<main")[2].partition(">")[0]


def test_english_pages_are_the_source_to_the_letter(museum: Museum, monkeypatch: pytest.MonkeyPatch) -> None:
    moment = now()
    monkeypatch.setattr(photo_view, "now", lambda: moment)  # it says how long something takes
    spoken = [_written(museum, path, {}) for path in _readable(museum)]
    for asked in ("en", "fr"):
        assert [_written(museum, path, {"Accept-Language": asked}) for path in _readable(museum)] == spoken
    monkeypatch.setattr(flask_babel.Domain, "get_translations", lambda _self: NullTranslations())
    assert [_written(museum, path, {}) for path in _readable(museum)] == spoken


STARTERS = 4
"""How many of its pairs of starters the form shows."""


def test_what_the_house_model_says_of_itself_is_known() -> None:
    facts = json.loads((ROOT / "models" / "house" / "house.json").read_text("utf-8"))
    texts = [facts["title"], facts["licence"], *(source["what"] for source in facts["sources"])]
    texts += [model_styles.ModelStyle(hand["words"], hand["title"]).name for hand in facts["hands"]]
    texts += [hand["words"] for hand in facts["hands"]]
    texts += [prompt for pair in facts["starters"][:STARTERS] for prompt in pair]
    assert set(texts) - foreign_messages.KNOWN == set()


@pytest.mark.parametrize(
    "error",
    [
        MediaError("film.gif could not be written"),
        GenerationError("the model a (b) painted no picture: its numbers overflow"),
        ModelError("the model a is not offered here; offered: b, c"),
        ModelError("model file broken: unet/config.json: it is cut off"),
        ModelError("The model file unet/config.json is broken: it is cut off."),
        ModelError("The model file unet/config.json is missing."),
        ModelError("The model folder /a is missing."),
        ModelError("The model /a is of the kind AmusedPipeline; this program paints with B and C."),
        ModelError("The model /a is Qwen-Image; this program paints with B and C."),
        ModelError(
            "The model /a is of the kind FluxFillPipeline, which is made for inpainting, not for painting from words."
        ),
        ModelError("The model /a has no VAE, which FLUX.1 needs."),
        ModelError("/a/scheduler is of the class EDMEulerScheduler; this program paints with B and C."),
        ModelError("the PNDMScheduler knows no zero terminal SNR; with this model paint B, C"),
        ModelError("the PNDMScheduler takes no network that predicts pictures; with this model paint B, C"),
        ModelError("the DDIMScheduler takes no 99 steps with this model"),
        WrongModel("the recipe was painted by a 1. The model a is not offered here; this is: b."),
        WrongModel("the recipe was painted by a 1; this site paints with b 2"),
        WrongModel("the recipe asks for pictures of 8 × 8 pixels; this site paints 128 × 128"),
        GenerationError("the drawing 1a2b, which the walk is to be painted after, is not here"),
        MemoryError(),
    ],
)
def test_what_a_worker_says_of_a_walk_that_failed_is_known(app: Flask, error: Exception) -> None:
    with app.test_request_context("/"), force_locale("de"):
        result = foreign_messages.translate_foreign(visitor_message(error))
        assert not re.search(r"\b(the|not|this|while|model)\b", result, re.IGNORECASE), result
        assert foreign_messages.translate_foreign("Ein Satz von anderswo") == "Ein Satz von anderswo"


def test_templates_hold_no_sentence_that_is_not_looked_up() -> None:
    """Branches that no page above takes are read in the source."""
    found, templates = [], sorted((ROOT / "templates").rglob("*.html"))
    assert templates
    for path in templates:
        if path.parent.name == "api":
            continue
        source = path.read_text("utf-8")
        plain = re.sub(
            r"(?s){#.*?#}|{% block page %}.*?{% endblock %}|{%-?\s*trans.*?endtrans\s*-?%}|{{.*?}}|{%.*?%}", " ", source
        )
        found += [f"{path.name}: {each}" for each in untranslated(plain)]
        found += [f"{path.name}: {text}" for text in _said_in(source) if text not in KNOWN]
    assert found == []


def test_errors_that_visitors_read_are_looked_up() -> None:
    found, modules = [], {str(path.relative_to(ROOT)): path for path in sorted((ROOT / "app").rglob("*.py"))}
    assert modules.keys() >= ENGLISH_ONLY
    for name, path in modules.items():
        if name in ENGLISH_ONLY:
            continue
        for call in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(call, ast.Call) and ast.unparse(call.func).rpartition(".")[2] in ERRORS:
                given = [*call.args, *(keyword.value for keyword in call.keywords)]
                found += [f"{name}:{call.lineno}: {ast.unparse(each)}" for each in given if _is_sentence(each)]
    assert found == [], "said in English to people who may read German: write _(…), or list the module as for programs"


def _said_in(template: str) -> list[str]:
    """List the texts within a template's code that look like words for people, but for those that are looked up."""
    tree = Environment(extensions=["jinja2.ext.i18n"], autoescape=True).parse(template)
    calls = [
        call for call in tree.find_all(nodes.Call) if getattr(call.node, "name", "") in ("_", "gettext", "ngettext")
    ]
    looked_up = {id(each) for call in calls for each in call.args}
    texts = [each.value for each in tree.find_all(nodes.Const) if id(each) not in looked_up]
    return [text for text in texts if isinstance(text, str) and re.match(r"[A-Z][a-z]|[a-z]{2,} [a-z]{2,}", text)]


def _is_sentence(node: ast.expr) -> bool:
    """Return whether this is a text of several words; one that is only put together of others is none."""
    parts = node.values if isinstance(node, ast.JoinedStr) else [node]
    texts = [part.value for part in parts if isinstance(part, ast.Constant) and isinstance(part.value, str)]
    return bool(re.search(r"\w\s+\w|\w{4}", " ".join(texts))) and (len(parts) > 1 or " " in "".join(texts))


def _pages(app: Flask) -> set[str]:
    """Name all that answers with a page for people; what only leads elsewhere is none."""
    programs = {
        "static",
        "metrics",
        "health",
        "files",
        "stored",
        "feed",
        "sitemap",
        "api",
        "sounds",
        "readings",
        "token_api",
        "candidate_api",
        "styles_api",
    }
    rules = [rule for rule in app.url_map.iter_rules() if "GET" in (rule.methods or ())]
    found = {rule.endpoint for rule in rules if rule.endpoint.partition(".")[0] not in programs}
    return found - {
        "office.drawings",  # which is read where drawings lead the model
        "pages.favicon", "office.picture", "fail", "pages.surprise", "pages.another", "office.look_up",
        "office.sign_in", "drawings.picture", "candidates.picture", "styles.sample", "photos.show", "photos.show_cut",
        "phones.short", "wall.ask", "wall.code",
        "corridors.ask", "corridors.replay", "slideshow.films",
    }  # fmt: skip


def _written(museum: Museum, path: str, headers: dict[str, str]) -> str:
    """Read a page but for what is drawn each time."""
    page = museum.client.get(path, headers=headers).text
    return re.sub(r'((?:name="(?:csrf_token|token)" value|data-seed|data-again)=")[^"]*', r"\1", page)


def _brought(museum: Museum) -> str:
    """Bring a picture, which is one however often it is brought; return its id."""
    picture = io.BytesIO(pictures.written(pictures.two_halves()))
    museum.client.post("/", data={"edit": "bring", "photo-0": (picture, "mine.png")})
    return str(db.session.scalars(select(Upload.id).where(Upload.kind == "photos")).one())


def _sounded(museum: Museum) -> str:
    """Bring music, which is one sound however often it is brought, and have it read; return its id."""
    music = io.BytesIO(sounds.track())
    museum.client.post("/", data={"edit": "bring", "sound-file": (music, "mine.wav")})
    sound_id = str(db.session.scalars(select(Upload.id).where(Upload.kind == "sounds")).one())
    heard.read(sound_id)
    return sound_id


def _collections(museum: Museum) -> list[str]:
    owners = museum.walks["finished"].owner_hash, STRANGER
    return [each.url for owner in owners for each in visitor_collections.of_owner(owner)]


def _readable(museum: Museum) -> list[str]:
    finished, walk_id = museum["finished"], museum.walks["finished"].id
    states = (QUEUED, PAINTING, FAILED, CANCELLED, REFUSED)
    return [
        *(museum[name] + rest for name in (*states, "round", "styled", "repeat", "next", "remix")
          for rest in ("", "/live", "/embed")),
        *(finished + rest for rest in ("", "/live", "/embed", "/report", "/alike", "/alike?frame=99")),
        f"{finished}/repaint", museum["drawn"] + "/repaint",
        *(finished + rest for rest in ("/captions", "/captions?tone=x", "/captions?audience=x")),
        *(f"{finished}/stages{rest}" for rest in ("", "?frame=1", "?frame=2", "/live?frame=1", "?frame=77")),
        f"/photos/{_brought(museum)}/captions", f"/photos/{_brought(museum)}/captions?own_tone=x&description=9",
        f"/photos/{_brought(museum)}/live", f"/?picture={_brought(museum)}", "/photos/aaaabbbbccccdddd/live",
        "/sounds/aaaabbbbccccdddd/live", f"/sounds/{_sounded(museum)}/live", f"/?sound={_sounded(museum)}",
        museum["deleted"], museum["hidden"], museum["deleted"] + "/embed", "/walks/aaaabbbbccccdddd", "/nowhere",
        f"{finished}?meanwhile={museum.walks[PAINTING].id}", f"{finished}?meanwhile={museum.walks[REFUSED].id}",
        f"{finished}?meanwhile={museum.walks['next'].id}", "/",
        f"/?continues={walk_id}", "/?continues=aaaabbbbccccdddd", f"/?remix_of={walk_id}", "/?hand=9&model=9",
        f"/?prompt={FOX}&prompt={KITE}&prompt={MOON}&own=&own={quote(OWN)}&frames=60&steps=7&guidance=4.5&seed=3",
        "/gallery", f"/gallery?q={FOX}", f"/gallery?q={UNSAID}", f"/gallery?q={FOX}&hand=batik", "/gallery?colour=pink",
        f"/gallery?q={UNSAID}&colour=pink",
        "/gallery?hand=linocut&hand=pop+art&stops=3&ending=round&colour=red&since=2026-01-01&until=2030-01-01",
        "/gallery?sort=oldest", "/gallery?sort=surprise&draw=3", "/gallery?sort=walked", "/gallery?sort=smoothest",
        "/gallery?hand=9&stops=99&model=9&ending=9&colour=9&since=9&until=9&sort=9&draw=9.", "/gallery?cursor=9",
        f"/gallery?q={UNSAID * 900}",
        "/about", "/mine", "/mine?cursor=9", "/mine/favourites", "/mine/favourites?cursor=9", f"{finished}/favourite",
        "/mine/join", "/mine/join?link=9",
        "/collections", "/collections?cursor=9", *_collections(museum), "/collections/none",
        f"{_collections(museum)[0]}/report",
        "/curator/collections", "/curator/collections?cursor=9",
        "/exhibitions", "/exhibitions/1", "/exhibitions/none", "/api",
        "/curator", f"/curator/walks?walk={UNSAID}", "/curator/exhibitions", "/curator/exhibitions/1",
        "/curator/exhibitions/1/corridor",
        "/curator/words", "/curator/log", "/curator/log?before=1", f"/curator{finished}", f"/curator{museum['hidden']}",
        f"/curator{museum[FAILED]}",
        f"/?model=led&seed=3&prompt={FOX}&prompt=蝙蝠", f"/?model=led&seed=3&prompt=🜁&prompt={FOX}&drawing=9",
        f"/?continues={museum.walks['drawn'].id}&model=led", museum["drawn"], museum["drawn"] + "/stages?frame=1",
        *(f"{museum['drawn']}/large{rest}" for rest in ("", "?frame=1", "?frame=2", "/live?frame=2")),
        f"{finished}/large",
        "/time", "/time?frames=240&steps=40&size=512&preset=exact",
        "/together", f"/together?model=led&prompt={FOX}&prompt=蝙蝠",
        f"/reading?model=led&prompt={FOX}", "/reading?prompt=x", "/drawings", "/drawings?q=蝙蝠",
        f"/drawings?q={UNSAID}", "/drawings?q=Schneeman", "/drawings?page=9", "/drawings?group=9",
        f"/drawings?q={UNSAID * 900}", "/styles", "/styles?prompt=night+city", f"/styles?prompt={UNSAID}",
        f"/styles?prompt={UNSAID * 900}",
        *(f"/wall/{name}/say{rest}" for name in museum.walls for rest in ("", "/live")), "/wall/none/say", "/wall/1",
        "/wall/2/replay", "/corridor/1", "/corridor/none",
        f"/slideshow?q={UNSAID}", "/slideshow?exhibition=1", "/slideshow?exhibition=none",
        "/slideshow?exhibition=1&q=sun&seconds=0&quiet=late",
        "/wall/1/say?picture=aaaabbbbccccdddd", f"/wall/1/say?picture={_brought(museum)}",
        "/curator/walls", *(f"/curator/walls/{name}" for name in museum.walls), "/curator/walls/none",
        *(f"/candidates/{set_id}?stop=0" for set_id in museum.candidates.values()), "/candidates/9",
        "/fail/bug", "/fail/database",
    ]  # fmt: skip


def _sent(museum: Museum) -> Iterator[tuple[str, int, dict[str, Any]]]:
    """List what can be sent, the status of the answer, and how it is sent."""
    finished, two = museum["finished"], {"prompt": [FOX, KITE]}
    wrong = {"seed": "-1", "frames": "1", "steps": "9.", "guidance": "9,9,9"}
    for form in (
        {"prompt": [FOX, ""], **wrong},
        {**two, "preset": "9", "ending": "9", "hand": "9", "remix_of": "9", "negative_prompt": "\x07"},
        {**two, "model": "9"},
        {**two, "continues": museum.walks[QUEUED].id},
        {"prompt": [FOX] * 2},
        {"prompt": [FOX, KITE] * 5},
        {"prompt": [FOX, MOON, FOX], "ending": "round"},
        {"prompt": ["кино", FOX * 301]},
        {"prompt": ["кино", "\x07"]},
    ):
        yield "/walks", 422, {"data": form}
    yield "/", 200, {"data": {**two, "edit": "add-stop"}}
    for seed, name in enumerate(("painted", "failed", "waiting"), 3):
        rows = {"candidates": [museum.candidates[name], ""], "seed": str(seed)}
        yield "/", 200, {"data": {**two, **rows, "edit": "look"}}
    for content, status in _recipes():
        yield "/recipe", status, {"data": {"film": (io.BytesIO(content), "recipe.json")}}
    yield f"{finished}/title", 422, {"data": {"title": "кино"}}
    yield f"{finished}/title", 422, {"data": {"title": FOX * 301}}
    yield f"{finished}/cancel", 409, {}
    yield f"{finished}/retry", 409, {}
    yield f"{museum['stranger']}/cancel", 403, {}
    yield f"{museum['stranger']}/favourite", 409, {}
    yield f"{museum['stranger']}/collect", 409, {"data": {"title": FOX}}
    own = visitor_collections.of_owner(museum.walks["finished"].owner_hash)[-1].url
    for title in ("", FOX * 121, "\x07"):
        for path in ("/mine/collections", f"{finished}/collect", f"{own}/title"):
            yield path, 422, {"data": {"title": title}}
    yield f"{own}/list", 409, {}
    yield "/mine/devices/code", 200, {}
    yield "/mine/join", 422, {"data": {"code": "9"}}
    yield "/mine/join/confirm", 422, {}
    yield "/mine/devices/9/end", 404, {}
    yield f"{visitor_collections.of_owner(STRANGER)[0].url}/unlist", 403, {}
    yield f"/curator{own}/delete", 422, {}
    yield f"{finished}/report", 422, {"data": {"words": FOX * 1001}}
    yield f"{finished}/report", 200, {"data": {"reason": "hate"}}
    yield f"{finished}/report", 200, {"data": {"reason": "hate"}}
    yield f"{own}/report", 422, {"data": {"words": FOX * 1001}}
    yield f"{own}/report", 200, {"data": {"reason": "hate"}}
    yield f"{own}/report", 200, {"data": {"reason": "hate"}}
    for edit in ("earlier-0", "forget-0", "earlier-0"):
        yield "/", 200, {"data": {**two, "edit": edit}}
    yield f"{finished}/repaint", 422, {"data": {"style": "linocut"}}
    yield f"{museum['drawn']}/repaint", 422, {"data": {"style": UNSAID}}
    yield f"/curator{museum['hidden']}/feature", 422, {}
    yield f"/curator{finished}/delete", 422, {}
    bad = {"title": "\x07", "text": "\x07" * 4001, "slug": "_", "walks": UNSAID}
    yield "/curator/exhibitions", 422, {"data": bad}
    yield "/curator/exhibitions", 422, {"data": {"title": FOX * 121}}
    yield "/curator/exhibitions", 422, {"data": {"title": FOX, "slug": "1"}}
    yield "/curator/words", 422, {"data": {"word": ""}}
    yield "/curator/words/allow", 422, {"data": {"word": ""}}
    for _ in range(9):
        yield "/curator/sign-in", 403, {"data": {"password": "9"}}
    yield "/curator/sign-in", 429, {"data": {"password": "9"}}
    yield from _sent_to_walls(museum)
    yield "/walks", 415, {"data": "9", "content_type": "text/plain"}
    yield "/walks", 413, {"data": {"prompt": "9" * 2_000_000}}
    yield "/walks", 400, {"data": b"prompt=%ff", "content_type": "application/x-www-form-urlencoded"}
    yield "/about", 405, {}
    yield "/mine/delete", 422, {}
    yield "/mine/delete", 200, {"data": {"sure": "1"}}  # walks and a report
    yield "/mine/delete", 200, {"data": {"sure": "1"}}
    for _ in range(8):
        yield "/mine/delete", 200, {"data": {"sure": "1"}}
    yield "/mine/delete", 429, {"data": {"sure": "1"}}


def _sent_to_walls(museum: Museum) -> Iterator[tuple[str, int, dict[str, Any]]]:
    picture = _brought(museum)
    for text in ("", "кино", FOX * 301, "蛇"):
        yield "/wall/1/say", 422, {"data": {"words": text}}
    yield "/wall/1/say", 422, {"data": {"words": FOX, "picture": "9"}}
    yield "/wall/1/say", 422, {"data": {"edit": "bring", "photo-0": (io.BytesIO(b"9"), "9.png")}}
    yield "/wall/1/say", 200, {"data": {"words": FOX, "picture": picture, "edit": "look"}}
    yield "/wall/3/say", 409, {"data": {"words": FOX}}
    yield "/wall/2/say", 429, {"data": {"words": f"{FOX} {KITE}"}}
    yield "/curator/walls", 422, {"data": {"name": "_", "title": FOX * 121, "hand": "9", "banned": FOX * 99}}
    yield "/curator/walls", 422, {"data": {"name": "1"}}
    yield "/curator/walls/1", 422, {"data": {"title": FOX * 121}}
    yield "/curator/walls/1/legs/77/skip", 409, {}
    yield "/curator/walls/1/words/77/skip", 404, {}


def _recipes() -> Iterator[tuple[bytes, int]]:
    """List recipes that a visitor may bring along: none, foreign ones, altered ones, a good one."""
    good = {**RECIPE, "stops": [{"prompt": FOX, "hand": "linocut"}, {"prompt": KITE}, {"prompt": MOON}]}
    model, sampler = good["model"], good["sampler"]
    yield b"", 422
    yield b"GIF89a", 422
    yield b"9", 422
    yield b"{}", 422
    for changes in (
        {"version": 9}, {"seed": None}, {"positions": [0]}, {"positions": [0.0, 0.5, 2.0]}, {"size": None},
        {"size": [9, 9.5]}, {"model": {**model, "name": "9/9"}}, {"sampler": {**sampler, "steps": 0}},
        {"stops": [9]}, {"stops": 9}, {"stops": [{"prompt": 9, "9": 9, "negative_prompt": 9, "seed": "9", "hand": 9}]},
    ):  # fmt: skip
        yield json.dumps({**good, **changes}).encode(), 422
    yield json.dumps(good).encode(), 200


def _english_of(path: str) -> set[str]:
    """Return the words that a page must show in English: what the model understands, and whose drawings it knows."""
    facts = offers.first().facts
    prompts = [word for pair in facts.starters for word in pair]
    sources = [f"{source['name']} {source['licence']}" for source in facts.sources if source.get("art")]
    shown = {
        "/": prompts if path[1:2] in ("", "?") else [],
        "/about": [
            *facts.vocabulary,
            *VALUES,
            *(f"{source['name']} {source['licence']}" for source in facts.sources),
        ],
        "/gallery?hand=9": [*VALUES],
        "/?hand=9": [*VALUES],
        "/walks": [*prompts, *sources, *DRAWN, *(VALUES if "/captions?" in path else ())],
        "/recipe": prompts,
    }
    shown |= {"/wall/1": ["localhost"], "/styles": [*VALUES, "night city"]}
    shown |= dict.fromkeys(("/?model=led", "/?continues", "/reading", "/drawings"), DRAWN)
    return {word for start, texts in shown.items() if path.startswith(start) for word in WORD.findall(" ".join(texts))}
