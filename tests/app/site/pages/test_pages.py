"""The pages, as a visitor, a stranger and an attacker meet them."""

import html
import json
import re
import shutil
import time
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from app.collection.moderation import curation
from app.core.i18n.formatting import count_words
from app.offer.generation import offers, sampler_settings
from app.site.web.security_headers import FOR_OTHER_SITES, HEADERS
from app.storage.database import db, now
from app.storage.walk_models import Walk
from app.walks.saved import lifecycle, media_urls
from app.walks.saved.lookup import walk_at_address
from tests.conftest import make_app
from tests.support.commands import count
from tests.support.cookies import cookie_name
from tests.support.house import NAME
from tests.support.html import prompts_on, values_of, walks_on
from tests.support.rows import Maker, change

TWO = {"prompt": ["a fox", "a kite"]}


def is_checked(page: str, name: str) -> bool:
    return any("checked" in tag for tag in re.findall(r"<input[^>]*>", page) if f'name="{name}"' in tag)


def paint(client: FlaskClient, **fields: Any) -> TestResponse:
    return client.post("/walks", data=TWO | fields)


def walk_of(answer: TestResponse) -> Walk:
    assert answer.status_code == 303
    return walk_at_address(answer.headers["Location"].removeprefix("/walks/"))


# Making a walk


@pytest.mark.slow
def test_form_is_empty_and_says_what_happens(client: FlaskClient) -> None:
    answer = client.get("/")
    assert answer.status_code == 200
    assert prompts_on(answer.text) == ["", ""]
    assert "public gallery" in answer.text
    assert answer.headers["Cache-Control"] == "private, no-cache"  # what no browser stores cannot be come back to


def test_form_is_filled_from_the_address(client: FlaskClient) -> None:
    page = client.get("/", query_string={"prompt": ["a fox", "été <b>"], "seed": "7", "negative_prompt": "rain"}).text
    assert prompts_on(page) == ["a fox", "été <b>"]
    assert (values_of(page, "seed")[0], values_of(page, "negative_prompt")[0]) == ("7", "rain")


def test_address_cannot_set_the_token_of_a_form(client: FlaskClient) -> None:
    assert values_of(client.get("/?token=mine").text, "token")[0] != "mine"


@pytest.mark.parametrize(
    "query",
    ["prompt=%ff", "prompt=%00", "frames=%D9%A3", "frames=9999", "frames=-1", "seed=" + "9" * 999, "prompt=&" * 99],
)
def test_odd_address_still_shows_the_form(client: FlaskClient, query: str) -> None:
    assert client.get(f"/?{query}").status_code == 200


def test_two_prompts_make_a_walk_and_lead_to_its_page(client: FlaskClient) -> None:
    answer = paint(client, seed="7", frames="60", negative_prompt="rain", unlisted="1")
    walk = walk_of(answer)
    assert answer.headers["Location"] == f"/walks/{walk.id}-a-fox-a-kite"
    assert (walk.seed, walk.frames, walk.unlisted, walk.stops[1].negative_prompt) == (7, 60, True, "rain")
    assert client.get(answer.headers["Location"]).status_code == 200


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({"prompt": ["a fox", " "]}, "is empty"),
        ({"prompt": ["a fox", "x" * 301]}, "301 characters long; at most 300"),
        ({"prompt": ["a fox", "a\x07kite"]}, "control characters"),
        ({"prompt": ["a fox", "a \ufffd"]}, "could not be read"),
        ({"prompt": ["a fox", "a fox"]}, "is the same as stop 1"),
        ({"prompt": list("abcdefghi")}, "2 to 8 stops"),
        ({"seed": "x"}, "whole number from 0 to 4294967295"),
        ({"frames": "1000"}, "to 240"),
        ({"negative_prompt": "y" * 301}, "301 characters long"),
    ],
)
def test_refused_form_keeps_fields_and_names_errors(client: FlaskClient, fields: dict[str, Any], says: str) -> None:
    typed = {"prompt": ["a fox", "a <kite> & more"], "seed": "7", "frames": "60", "negative_prompt": "rain"} | fields
    answer = client.post("/walks", data=typed | {"unlisted": "1", "token": "once"})
    assert answer.status_code == 422
    assert says in html.unescape(answer.text)
    assert prompts_on(answer.text) == typed["prompt"]
    assert values_of(answer.text, "seed")[0] == typed["seed"]
    assert values_of(answer.text, "negative_prompt")[0] == typed["negative_prompt"]
    assert values_of(answer.text, "token")[0] == "once"
    assert is_checked(answer.text, "unlisted")
    assert count() == 0


def test_empty_press_generates_the_example_of_the_page(client: FlaskClient) -> None:
    page = client.get("/").text
    example = values_of(page, "example")
    assert [f'placeholder="for example: {prompt}"' in page for prompt in example] == [True, True]
    walk = walk_of(client.post("/walks", data={"prompt": ["", ""], "example": example}))
    assert [stop.prompt for stop in walk.stops] == example


def test_film_above_the_form_speaks_the_language_of_the_page(client: FlaskClient, publish: Maker) -> None:
    walk = publish("a guitar", "a violin")
    assert 'class="example"' not in client.get("/").text
    curation.feature(walk)
    page = client.get("/").text
    assert [text in page for text in ('class="example"', "for example: a guitar")] == [True, True]
    page = client.get("/", headers={"Accept-Language": "de"}).text
    assert [text in page for text in ('alt="eine Gitarre – eine Geige"', "zum Beispiel: eine Gitarre")] == [True, True]


@pytest.mark.parametrize("sent", [{}, {"data": b"", "content_type": "application/x-www-form-urlencoded"}])
def test_empty_body_is_an_empty_form(client: FlaskClient, sent: dict[str, Any]) -> None:
    answer = client.post("/walks", **sent)
    assert (answer.status_code, prompts_on(answer.text)) == (422, ["", ""])


def test_upload_in_place_of_a_text_is_ignored(client: FlaskClient, tmp_path: Path) -> None:
    with Path(__file__).open("rb") as file:
        answer = client.post("/walks", data={"prompt": (file, "../../evil.py")})
    assert answer.status_code == 422


def test_prompt_is_shown_as_text_only(client: FlaskClient) -> None:
    nasty = "<script>alert(1)</script>'\"><img src=x onerror=y>{{7*7}}"
    address = paint(client, prompt=[nasty, "a kite"]).headers["Location"]
    for path in (address, address + "/live"):
        page = client.get(path).text
        assert html.escape("<script>alert(1)</script>") in page
        assert "<script>alert" not in page
        assert "<img src=x" not in page
        assert "}49" not in page
    refused = client.post("/walks", data={"prompt": [nasty, ""]}).text
    assert "<script>alert" not in refused


@pytest.mark.parametrize(
    ("change", "after"),
    [("add-stop", ["a fox", "", "a kite"]), ("turn-round", ["a kite", "a fox"]), ("remove-stop", ["a fox", "a kite"])],
)
def test_stops_are_changed_without_a_script(client: FlaskClient, change: str, after: list[str]) -> None:
    answer = client.post("/", data=TWO | {"edit": change, "seed": "7"})
    assert answer.status_code == 200
    assert prompts_on(answer.text) == after
    assert values_of(answer.text, "seed")[0] == "7"
    assert count() == 0


# Twice


@pytest.mark.parametrize("prompts", [["a fox", "a kite"], ["a fox", "a bear"]], ids=["the same", "a changed word"])
def test_two_clicks_make_one_walk_unless_a_word_is_changed(client: FlaskClient, prompts: list[str]) -> None:
    token = values_of(client.get("/").text, "token")[0]
    first, second = paint(client, token=token), paint(client, token=token, prompt=prompts)
    walks = 1 if prompts == TWO["prompt"] else 2
    assert len({first.headers["Location"], second.headers["Location"]}) == count() == walks


def test_two_quick_clicks_of_a_new_visitor_make_one_walk_that_is_theirs(app: Flask) -> None:
    """The second click goes out before the first is answered: with the cookies that came with the form."""
    clicks = [app.test_client() for _ in range(2)]
    page = clicks[0].get("/").text
    for cookie in clicks[0]._cookies.values():
        clicks[1].set_cookie(cookie.key, cookie.value)
    answers = [paint(click, token=values_of(page, "token")[0]) for click in clicks]
    assert answers[0].headers["Location"] == answers[1].headers["Location"]
    assert count() == 1
    assert all("/cancel" in click.get(answers[0].headers["Location"]).text for click in clicks)


def test_same_token_of_another_visitor_is_another_walk(app: Flask) -> None:
    for _ in range(2):
        paint(app.test_client(), token="once")
    assert count() == 2


# A walk's page


def test_walk_that_waits_has_a_page_that_says_so(client: FlaskClient) -> None:
    page = client.get(paint(client).headers["Location"]).text
    assert "a fox" in page
    assert "a kite" in page
    assert "saved and will be painted" in page  # Redis is away
    assert "refresh" in page


@pytest.mark.parametrize("state", ["queued", "painting", "finished", "refused", "failed", "cancelled"])
@pytest.mark.parametrize("end", ["", "/live"])
def test_walk_has_a_page_in_every_state(client: FlaskClient, publish: Maker, state: str, end: str) -> None:
    walk = publish("a fox", "the sea", "a kite", frames=3)
    change(walk, state=state, error="Out of paint.", painted_count=0 if state == "queued" else 2)
    page = client.get(f"/walks/{walk.id}{end}")
    assert page.status_code == 200
    assert ("Out of paint." in page.text) == (state in ("refused", "failed"))
    assert ("data-again" in page.text) == (state in ("queued", "painting"))


def test_finished_walk_plays_its_smaller_film_where_the_browser_takes_it(client: FlaskClient, walk: Walk) -> None:
    film = client.get(walk.url).text.partition('<picture class="film">')[2].partition("</picture>")[0]
    still, first, small, image = (line for line in film.splitlines() if line.strip())
    assert "prefers-reduced-motion" in still  # it comes first, and so wins
    assert '"(scripting: enabled)"' in first  # the player shows pictures and the film: no other is fetched for it
    assert f'type="image/webp" srcset="{media_urls.film_address(walk, "webp")}"' in small
    assert f'src="{media_urls.film_address(walk, "gif")}"' in image


def test_finished_walk_offers_its_films_and_its_recipe(client: FlaskClient, walk: Walk) -> None:
    page = client.get(walk.url).text
    for end in ("gif", "mp4", "webp", "png", "zip", "json"):
        assert f'href="/walks/{walk.id}.{end}" download' in page
    for extension, kind in (("gif", "image/gif"), ("mp4", "video/mp4"), ("png", "image/png")):
        answer = client.get(f"/walks/{walk.id}.{extension}")
        assert (answer.status_code, answer.mimetype) == (200, kind)
        assert answer.headers["Cache-Control"] == "no-cache"
    assert client.get(f"/walks/{walk.id}.json").json["seed"] == walk.seed


@pytest.mark.parametrize("end", ["", "-a-fox-a-kite", "-another-slug"])
def test_walk_is_reached_with_any_slug(client: FlaskClient, walk: Walk, end: str) -> None:
    for extension in ("", ".gif", ".json", "/live"):
        assert client.get(f"/walks/{walk.id}{end}{extension}", follow_redirects=True).status_code == 200


@pytest.mark.parametrize("seen", ["nan", "inf", "-inf", "1e308", "-1e308", "x", "", "%00"])
def test_time_once_seen_may_be_anything(client: FlaskClient, walk: Walk, request_walk: Maker, seen: str) -> None:
    assert client.get(f"/walks/{request_walk().id}/live?seen={seen}").status_code == 200


def test_what_is_made_from_an_unlisted_walk_starts_unlisted(client: FlaskClient, publish: Maker) -> None:
    for unlisted in (True, False):
        page = client.get(publish(unlisted=unlisted).url).text
        again = [html.unescape(address) for address in re.findall(r'href="(/\?[^"]*prompt=[^"]*)"', page)]
        assert len(again) == 3
        assert all(is_checked(client.get(address).text, "unlisted") is unlisted for address in again)
        assert ('name="unlisted"' in page) is unlisted  # walking on from there


def test_unlisted_walk_is_not_to_be_indexed(client: FlaskClient, publish: Maker) -> None:
    assert client.get(publish(unlisted=True).url).headers["X-Robots-Tag"] == "noindex"
    assert "X-Robots-Tag" not in client.get(publish().url).headers


def test_film_that_is_not_there_yet_is_not_found(client: FlaskClient, request_walk: Maker) -> None:
    walk = request_walk()
    for end in (".gif", ".mp4", ".png", "/frames/0.png", f"/frames/{'9' * 5000}.png", "/frames/-1.png", ".exe"):
        assert client.get(f"/walks/{walk.id}{end}").status_code == 404


def test_single_frame_is_sent(client: FlaskClient, publish: Maker) -> None:
    answer = client.get(f"/walks/{publish().id}/frames/1.png")
    assert (answer.data, answer.mimetype) == (b"frame", "image/png")


# Going on, and painting again


def test_walk_is_gone_on_from_by_anybody_and_both_pages_say_so(app: Flask, client: FlaskClient, publish: Maker) -> None:
    first = publish("a fox", "the sun", seed=7)
    page = client.get(first.url).text
    form = html.unescape(re.search(r'<form class="walk-on".*?</form>', page, re.DOTALL)[0])
    fields = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', form))
    assert (fields["continues"], fields["prompt"], fields["seed"]) == (first.id, "the sun", "7")
    made = client.get("/", query_string={**fields, "prompt": ["the sun", "a kite"]}).text
    assert f'<input type="hidden" name="continues" value="{first.id}">' in made
    assert "From where" in made
    assert prompts_on(made) == ["a kite"]  # the joint is no line to write on
    second = walk_of(client.post("/walks", data={**fields, "prompt": ["the sun", "a kite"]}))
    assert (second.continues, second.seed) == (first.id, 7)
    assert "It goes on from" in client.get(second.url).text
    assert "Walked on by" not in client.get(first.url).text  # not before it is public
    change(second, state="finished", finished_at=now())
    page = client.get(first.url).text
    assert "Walked on by" in page
    assert second.url in page


def test_form_keeps_the_joint_when_a_stop_is_added_and_lets_go_when_asked(client: FlaskClient, publish: Maker) -> None:
    walk = publish("a fox", "the sun")
    data = {"continues": walk.id, "prompt": ["the sun", "a kite"]}
    page = client.post("/", data=data | {"edit": "add-stop"}).text
    assert prompts_on(page) == ["", "a kite"]
    assert walk.id in page
    page = client.post("/", data=data | {"edit": "let-go"}).text
    assert prompts_on(page) == ["the sun", "a kite"]
    assert 'name="continues"' not in page


def test_visitor_learns_that_the_walk_to_continue_was_deleted_meanwhile(client: FlaskClient, publish: Maker) -> None:
    walk = publish("a fox", "the sun")
    lifecycle.delete_walk(walk)
    answer = client.post("/walks", data={"continues": walk.id, "prompt": ["the sun", "a kite"]})
    assert answer.status_code == 422
    assert "The walk to go on from is not here" in answer.text
    assert prompts_on(answer.text) == ["the sun", "a kite"]
    assert 'name="continues"' not in answer.text


def test_repeat_says_that_it_was_painted_before_and_nothing_of_time(client: FlaskClient, publish: Maker) -> None:
    walk, repeat = publish(), publish()
    change(repeat, state="finished", repeat_of=walk.id)
    page = client.get(repeat.url).text
    assert "Painted before" in page
    assert f'href="{walk.url}"' in page
    assert "Painted in" not in page
    change(walk, state="finished", unlisted=True)
    page = client.get(repeat.url).text
    assert "Painted before: the same settings" in page
    assert walk.id not in page.partition('class="lately"')[0]


def test_more_offers_ending_pace_and_care_and_says_them_when_shut(client: FlaskClient) -> None:
    def said(page: str) -> str:
        return re.sub(r"<[^>]*>", "", re.search(r'<p class="quiet when-shut".*?</p>', page)[0])

    assert said(client.get("/").text) == "stop at the end, a new seed"
    page = client.get("/?ending=back&preset=fast&easing=1&seed=7").text
    assert said(page) == "there and back, slower at the stops, sketch, seed 7"
    for name, value in (("ending", "back"), ("preset", "fast"), ("easing", "1")):
        assert re.search(rf'name="{name}" value="{value}"[^>]*checked', page)
    assert 'name="model"' not in page  # there is one model only
    assert client.get("/?ending=%00&preset=sideways&easing=x&model=none").status_code == 200


def test_model_is_chosen_where_there_are_several(app: Flask, instance: Path, tmp_path: Path) -> None:
    other = tmp_path / "other"
    shutil.copytree("models/house", other)
    facts = json.loads((other / "house.json").read_text("utf-8"))
    (other / "house.json").write_text(json.dumps(facts | {"name": "other", "title": "Another model"}), "utf-8")
    client = make_app(instance, MODELS=[str(other)]).test_client()
    page = client.get("/").text
    assert re.findall(r'name="model" value="([^"]+)"[^>]*?( checked)?>', page) == [(NAME, " checked"), ("other", "")]
    walk = walk_of(paint(client, model="other"))
    assert walk.model == "other"
    assert client.post("/walks", data=TWO | {"model": "none"}).status_code == 422


def test_form_for_another_model_names_its_styles_and_steps(instance: Path, tmp_path: Path) -> None:
    hands = [{"words": "in ink", "title": "Ink"}, {"words": "in chalk", "title": "Chalk"}]
    for name, each in (("brush", {"title": "The brush", "hands": hands}), ("bare", {})):
        (tmp_path / name / "scheduler").mkdir(parents=True)
        (tmp_path / name / "scheduler" / "scheduler_config.json").write_text('{"_class_name": "LCMScheduler"}')
        (tmp_path / name / "house.json").write_text(json.dumps(each))
    client = make_app(instance, MODELS=[str(tmp_path / "brush"), str(tmp_path / "bare")]).test_client()
    typed = TWO | {"hand": "neon", "seed": "77", "frames": "60", "negative_prompt": "rain", "ending": "back"}

    def refused(**fields: str) -> str:
        answer = client.post("/walks", data=typed | fields)
        assert answer.status_code == 422
        page = html.unescape(answer.text)
        assert re.findall(r'name="(?:model|frames|ending)" value="(\w+)"[^>]*? checked', page) == [
            "60",
            "back",
            fields["model"],
        ]
        for value in ('name="seed" value="77"', 'name="negative_prompt" value="rain"', *map(re.escape, TWO["prompt"])):
            assert re.search(value, page)
        return page

    page = refused(model="brush")
    assert '<a href="#hand">Style</a>: The hand cannot be “neon”. The model knows in ink and in chalk.' in page
    assert re.findall(r'name="hand" value="([^"]*)"', page) == ["", "in ink", "in chalk"]
    page = refused(model="bare", hand="", steps="51")
    assert '<a href="#steps">Steps</a>: Steps must be a whole number from 1 to 50.' in page
    assert 'name="steps" value="51"' in page
    page = refused(model="bare")
    assert '<a href="#hand">Style</a>: The hand cannot be “neon”: the model that paints here knows none.' in page
    assert client.post("/walks", data=typed | {"model": "bare", "hand": ""}).status_code == 303


def test_what_is_painted_again_keeps_ending_care_and_pace(client: FlaskClient, walk: Walk) -> None:
    change(walk, state="finished", ending="round", preset="exact", easing=True)
    page = client.get(walk.url).text
    again = [html.unescape(address) for address in re.findall(r'href="(/\?[^"]*prompt=[^"]*)"', page)]
    assert len(again) == 3
    assert all("ending=round" in each and "preset=exact" in each and "easing=1" in each for each in again)


# Whose it is


def test_owner_may_cancel_retry_and_delete(client: FlaskClient) -> None:
    walk = walk_of(paint(client))
    assert "/cancel" in client.get(walk.url).text
    for act, state in (("cancel", "cancelled"), ("retry", "queued"), ("cancel", "cancelled")):
        answer = client.post(f"/walks/{walk.id}/{act}")
        assert (answer.status_code, answer.headers["Location"]) == (303, walk.url)
        db.session.refresh(walk)
        assert walk.state == state
    assert client.post(f"/walks/{walk.id}/delete").headers["Location"] == "/mine?deleted=1"
    assert "Gone: 1 walk of yours." in client.get("/mine?deleted=1").text
    assert client.get(walk.url).status_code == 410


def test_what_cannot_be_done_now_is_explained(client: FlaskClient) -> None:
    walk = walk_of(paint(client))
    answer = client.post(f"/walks/{walk.id}/retry")
    assert answer.status_code == 409
    assert "Only a walk that failed or was cancelled" in answer.text


@pytest.mark.parametrize("state", ["queued", "finished", "failed"])
def test_stranger_sees_no_controls(client: FlaskClient, walk: Walk, state: str) -> None:
    change(walk, state=state)
    paint(client)  # has walks of their own
    page = client.get(walk.url).text
    assert [act for act in ("cancel", "retry", "delete") if f"/walks/{walk.id}/{act}" in page] == []


# The gallery and the rest


def test_gallery_is_searched(client: FlaskClient, publish: Maker) -> None:
    fox, bear = publish("a fox", "a kite", seed=7), publish("a bear", "x", seed=8)
    for query in ("FOX", " fox ", "7"):
        page = client.get("/gallery", query_string={"q": query}).text
        assert fox.id in page
        assert bear.id not in page


@pytest.mark.parametrize(
    "query", ['"', "' OR 1=1 --", "%", "...", "NEAR(", "\0", "🦊", "<script>alert(1)</script>", "狐狸"]
)
def test_odd_search_finds_nothing_and_says_so(client: FlaskClient, walk: Walk, query: str) -> None:
    answer = client.get("/gallery", query_string={"q": query})
    assert answer.status_code == 200
    assert walk.id not in answer.text
    assert "Nothing here says" in answer.text
    assert "<script>alert" not in answer.text


def test_search_of_blanks_shows_everything(client: FlaskClient, walk: Walk) -> None:
    page = client.get("/gallery?q=%20%20").text
    assert walk.id in page
    assert "Nothing here says" not in page


def test_overlong_search_is_refused_on_the_page(client: FlaskClient) -> None:
    answer = client.get("/gallery", query_string={"q": "fox " * 2500})
    assert answer.status_code == 422
    assert "at most 300 characters" in answer.text
    assert len(answer.data) < 20_000


@pytest.mark.parametrize("cursor", ["x", "WzEsMl0.x", "é", "." * 500])
@pytest.mark.parametrize("path", ["/gallery", "/collections", "/mine", "/mine/favourites"])
def test_forged_cursor_is_refused_on_every_list(client: FlaskClient, walk: Walk, path: str, cursor: str) -> None:
    paint(client)
    client.post(f"/walks/{walk.id}/favourite", data={"favourite": "1"})
    answer = client.get(path, query_string={"cursor": cursor})
    assert answer.status_code == 422
    assert "This cursor was not made here." in answer.text


@pytest.mark.settings(PAGE_SIZE=2)
def test_gallery_is_turned_page_by_page_and_keeps_the_search(client: FlaskClient, publish: Maker) -> None:
    names = [publish("a fox", f"kite {index}", minutes_ago=index).id for index in range(3)]
    first = client.get("/gallery?q=fox").text
    older = html.unescape(re.search(r'href="([^"]*cursor=[^"]*)"[^>]*rel="next"', first)[1])
    second = client.get(older).text
    newer = html.unescape(re.search(r'href="([^"]*cursor=[^"]*)"[^>]*rel="prev"', second)[1])
    shown = [walks_on(page) for page in (first, second, client.get(newer).text)]
    assert shown == [names[:2], names[2:], names[:2]]


def test_about_says_what_it_is(client: FlaskClient) -> None:
    page = client.get("/about").text
    assert "not affiliated" in page.lower()
    assert f"in {count_words(sampler_settings.resolve_settings(offers.first())['steps'])} steps" in page


ANN = {"name": "Ann <A>", "role": "paints", "url": "https://example.org/ann"}


@pytest.mark.parametrize(
    ("settings", "said", "unsaid"),
    [
        ({}, ["but not by whom, nor what was searched for"], ["from which address", "Ann"]),
        ({"LOG_VISITORS": True}, ["from which address and with which program"], ["not by whom"]),
        (
            {"TEAM": [ANN], "CONTACT": "ann@example.org", "SOURCE_URL": "https://example.org/source"},
            ["Ann &lt;A&gt;", "https://example.org/ann", "ann@example.org", "https://example.org/source"],
            [],
        ),
    ],
    ids=["bare", "logs", "team"],
)
def test_about_shows_settings(instance: Path, settings: dict[str, Any], said: list[str], unsaid: list[str]) -> None:
    page = make_app(instance, **settings).test_client().get("/about").text
    assert ([each for each in said if each not in page], [each for each in unsaid if each in page]) == ([], [])


# What browsers keep


def test_page_is_sent_again_only_when_it_changed(client: FlaskClient) -> None:
    walk = walk_of(paint(client))
    for path in (walk.url, f"{walk.url}/live"):
        first = client.get(path)
        assert first.headers["Cache-Control"] == "no-cache"
        assert "Cookie" in first.headers["Vary"]
        again = client.get(path, headers={"If-None-Match": first.headers["ETag"]})
        assert (again.status_code, again.data) == (304, b"")
        change(walk, state="painting", painted_count=1)
        assert client.get(path, headers={"If-None-Match": first.headers["ETag"]}).status_code == 200
        change(walk, state="queued", painted_count=0)


def test_form_token_on_a_page_does_not_count_as_a_change(client: FlaskClient, monkeypatch: pytest.MonkeyPatch) -> None:
    address = paint(client).headers["Location"]
    first = client.get(address)
    an_hour_later = time.time() + 3600
    monkeypatch.setattr("time.time", lambda: an_hour_later)
    later = client.get(address)
    assert values_of(first.text, "csrf_token")[0] != values_of(later.text, "csrf_token")[0]
    assert first.headers["ETag"] == later.headers["ETag"]
    # As when the browser was closed: the old token is worth nothing now.
    client.delete_cookie(cookie_name(client.application, "session"))
    assert client.get(address).headers["ETag"] != first.headers["ETag"]


def test_owners_page_is_not_the_strangers(app: Flask, client: FlaskClient) -> None:
    address = paint(client).headers["Location"]
    etag = client.get(address).headers["ETag"]
    assert app.test_client().get(address, headers={"If-None-Match": etag}).status_code == 200


def test_film_is_sent_in_parts_and_only_when_it_changed(client: FlaskClient, publish: Maker) -> None:
    address = f"/walks/{publish().id}.mp4"
    whole = client.get(address)
    assert (whole.data, whole.headers["Accept-Ranges"], whole.headers["Content-Length"]) == (b"mp4", "bytes", "3")
    part = client.get(address, headers={"Range": "bytes=1-"})
    assert (part.status_code, part.data, part.headers["Content-Range"]) == (206, b"p4", "bytes 1-2/3")
    assert client.get(address, headers={"If-None-Match": whole.headers["ETag"]}).status_code == 304
    stale = client.get(address, headers={"Range": "bytes=1-", "If-Range": '"another"'})
    assert (stale.status_code, stale.data) == (200, b"mp4")
    beyond = client.get(address, headers={"Range": "bytes=9-"})
    assert (beyond.status_code, beyond.headers["Content-Range"]) == (416, "bytes */3")
    head = client.head(address)
    assert (head.data, head.headers["Content-Length"]) == (b"", "3")


@pytest.fixture
def addresses(publish: Maker) -> list[str]:
    """List an address of each kind, those with nothing behind them as well."""
    walk = publish()
    ends = ("", "/live", ".gif", ".mp4", ".png", ".json", "/frames/0.png", ".nothing")
    rooms = ["/", "/gallery", "/about", "/nothing", "/walks", "/healthz", "/readyz", "/static/favicon.svg"]
    rooms += ["/api/v1/walks", "/api/v1/nothing", f"/api/v1{walk.url}", "/curator", "/feed.xml"]
    rooms += [media_urls.film_address(walk, kind) for kind in ("mp4", "poster")]
    return rooms + [f"/walks/{walk.id}{end}" for end in ends]


def test_every_answer_carries_the_headers(client: FlaskClient, addresses: list[str]) -> None:
    for path in addresses:
        with client.get(path) as answer:
            is_for_others = re.fullmatch(r"/api/v1/.+|/media/.+|/feed.xml|/walks/.+\.\w+", path)  # API and files
            expected = HEADERS | dict([FOR_OTHER_SITES]) if is_for_others else HEADERS
            assert {name: answer.headers.get(name) for name in HEADERS} == expected, path
        with client.get(path, headers={"If-None-Match": answer.headers.get("ETag", "")}) as again:
            assert again.status_code == (304 if "ETag" in answer.headers else answer.status_code)
            assert again.headers["Content-Security-Policy"]
    for answer in (paint(client), client.post("/walks", data={}), client.post("/walks", data=b"x" * 1_000_001)):
        assert {name: answer.headers.get(name) for name in HEADERS} == HEADERS


def test_policy_allows_nothing_inline_and_nothing_from_elsewhere(client: FlaskClient) -> None:
    policy = dict(part.split(" ", 1) for part in client.get("/").headers["Content-Security-Policy"].split("; "))
    assert policy["default-src"] == policy["frame-ancestors"] == policy["base-uri"] == "'none'"
    assert policy["script-src"] == policy["style-src"] == policy["form-action"] == "'self'"
    assert not any("unsafe" in sources or "http" in sources for sources in policy.values())


def test_pages_hold_nothing_inline(client: FlaskClient, walk: Walk) -> None:
    for path in ("/", "/gallery", "/about", walk.url, f"/walks/{walk.id}/live", "/nothing"):
        page = client.get(path).text
        assert not re.search(r"<script(?![^>]*\ssrc=|[^>]* type=.application/ld\+json.>)", page)  # data is no script
        assert not re.search(r"<[^>]*\s(style|on[a-z]+)=", page)
        assert "javascript:" not in page
        assert not re.search(r'(?:src|srcset|action)="(?:https?:)?//', page)


# Forged forms


@pytest.fixture
def guarded(instance: Path) -> FlaskClient:
    """Visit a site whose forms are guarded, as outside of tests."""
    return make_app(instance, WTF_CSRF_ENABLED=True).test_client()


def test_form_of_ours_is_accepted(app: Flask, guarded: FlaskClient) -> None:
    page = guarded.get("/").text
    answer = paint(guarded, csrf_token=values_of(page, "csrf_token")[0], token=values_of(page, "token")[0])
    assert answer.status_code == 303
    walk = guarded.get(answer.headers["Location"]).text
    token = {"csrf_token": values_of(walk, "csrf_token")[0]}
    cancelled = guarded.post(answer.headers["Location"] + "/cancel", data=token)
    assert cancelled.status_code == 303


@pytest.mark.parametrize("token", [None, "", "forged", "\0"])
def test_form_with_a_bad_token_keeps_fields(app: Flask, guarded: FlaskClient, token: str | None) -> None:
    guarded.get("/")
    answer = paint(guarded, seed="7", unlisted="1", **({} if token is None else {"csrf_token": token}))
    assert answer.status_code == 400
    assert "Press once more" in answer.text
    assert prompts_on(answer.text) == ["a fox", "a kite"]
    assert values_of(answer.text, "seed")[0] == "7"
    assert count() == 0
    again = paint(guarded, csrf_token=values_of(answer.text, "csrf_token")[0], token=values_of(answer.text, "token")[0])
    assert again.status_code == 303


def test_token_of_another_visitor_is_refused(app: Flask, guarded: FlaskClient) -> None:
    theirs = values_of(guarded.application.test_client().get("/").text, "csrf_token")[0]
    guarded.get("/")
    assert paint(guarded, csrf_token=theirs).status_code == 400
    assert count() == 0


@pytest.mark.parametrize("path", ["/walks", "/"])
def test_garbled_form_is_malformed_with_or_without_a_token(app: Flask, guarded: FlaskClient, path: str) -> None:
    kind = "application/x-www-form-urlencoded"
    assert guarded.post(path, data=b"prompt=%ff", content_type=kind).status_code == 400
    token = values_of(guarded.get("/").text, "csrf_token")[0]
    data = f"csrf_token={token}&prompt=a&prompt=%ff".encode()
    answer = guarded.post(path, data=data, content_type=kind)
    assert answer.status_code == 400
    assert "UTF-8" in answer.text
    assert count() == 0


def test_form_over_the_limit_is_refused_before_its_token_is_looked_for(app: Flask, guarded: FlaskClient) -> None:
    assert guarded.post("/walks", data={"prompt": "a" * 1_000_001}).status_code == 413


def test_api_needs_no_token(app: Flask, guarded: FlaskClient) -> None:
    body = {"stops": [{"prompt": "a fox"}, {"prompt": "a kite"}]}
    assert guarded.post("/api/v1/walks", json=body).status_code == 202


@pytest.mark.parametrize(("licence", "message"), [("openrail++", "openrail++"), ("Free to use.", None), (None, None)])
def test_about_names_licences_of_models(
    instance: Path, tmp_path: Path, licence: str | None, message: str | None
) -> None:
    folder = tmp_path / "mine"
    folder.mkdir()
    (folder / "model_index.json").write_text("{}")
    (folder / "house.json").write_text(json.dumps({"title": "Mine"} | ({"licence": licence} if licence else {})))
    alone = make_app(instance, MODEL=str(folder)).test_client().get("/about").text
    assert ("Licences of the models" in alone) == (message is not None)
    assert licence is None or licence in alone
    beside = make_app(instance, MODELS=[str(folder)]).test_client().get("/about").text
    assert "Licences of the models" in beside and f"<bdi>{licence or 'not known'}</bdi>" in beside


@pytest.mark.parametrize("path", ["/", "/gallery", "/walks/{walk}"])
def test_lists_of_films_load_all_that_they_show(client: FlaskClient, publish: Maker, path: str) -> None:
    walk_id, _ = (publish("a fox", f"a kite {number}").id for number in range(2))
    db.session.remove()  # rows that are in the session already would be shown whole
    assert client.get(path.format(walk=walk_id)).status_code == 200
