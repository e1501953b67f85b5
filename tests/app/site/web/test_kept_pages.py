"""Pages that are kept: when they are answered again, and what is never in them."""

import re
from collections.abc import Callable, Iterator

import pytest
from flask import Flask
from flask.testing import FlaskClient
from flask_babel import force_locale

from app.access.auth import visitors
from app.collection.gallery import favourites
from app.site.web import kept_pages
from app.storage.walk_models import Medium, Stop, Walk
from app.walks.saved import versions
from tests.support.cookies import cookie_name
from tests.support.rows import Maker, change

PATHS = {
    "home page": lambda _walk: "/",
    "gallery": lambda _walk: "/gallery",
    "search": lambda _walk: "/gallery?q=fox",
    "a walk's page": lambda walk: f"/walks/{walk.id}",
}


@pytest.fixture(params=PATHS)
def path_of(request: pytest.FixtureRequest) -> Callable[[Walk], str]:
    """Return the path of each kind of page that is kept, which shows a walk."""
    return PATHS[request.param]


@pytest.fixture
def rendered(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """List the templates that are rendered for kept pages."""
    templates: list[str] = []

    def render(template: str, **context: object) -> str:
        templates.append(template)
        return original(template, **context)

    original = kept_pages.render_template
    monkeypatch.setattr(kept_pages, "render_template", render)
    return templates


def visit_as(client: FlaskClient, secret: str) -> None:
    name = cookie_name(client.application, "visitor")
    with client.application.test_request_context():
        client.set_cookie(name, str(visitors._serializer().dumps(secret)))


def page(client: FlaskClient, walk: Walk, **headers: str) -> str:
    answer = client.get(f"/walks/{walk.url.removeprefix('/walks/')}", headers=headers)
    assert answer.status_code == 200
    return answer.text


def test_page_is_rendered_once(app: Flask, publish: Maker, rendered: list[str], path_of: Callable[[Walk], str]) -> None:
    walk = publish("a fox", "a kite")
    path = path_of(walk) if path_of(walk) != f"/walks/{walk.id}" else walk.url
    texts = [app.test_client().get(path).text for _ in range(3)]
    assert len(rendered) == 1
    assert len({re.sub(r'(value|data-seed)="[^"]{10,}"|data-seed="\d+"', "", text) for text in texts}) == 1


def test_page_shows_a_walk_as_it_is_now(app: Flask, publish: Maker) -> None:
    walk, other = publish("a fox", "a kite"), publish("a fox", "an owl", minutes_ago=3)
    paths, client = ["/", "/gallery", "/gallery?q=fox", other.url, f"/walks/{walk.id}"], app.test_client()
    for path in paths:
        client.get(path, follow_redirects=True)
    change(walk, given_title="Renamed today")
    assert all("Renamed today" in client.get(path, follow_redirects=True).text for path in paths)
    change(Stop, Stop.walk_number == walk.number, requested_style="in neon")
    assert all("neon" in client.get(path, follow_redirects=True).text for path in paths)
    change(Medium, Medium.walk_number == walk.number, Medium.kind == "mp4", etag="feedfacecafe" + "0" * 20)
    assert all("feedfacecafe" in client.get(path, follow_redirects=True).text for path in paths)


def test_page_is_in_the_language_of_each_visitor(app: Flask, publish: Maker, path_of: Callable[[Walk], str]) -> None:
    path, client = path_of(publish("a fox", "a kite")), app.test_client()
    for _ in range(2):
        for language, sentence in (("en", "Skip to content"), ("de", "Zum Inhalt springen")):
            text = client.get(path, headers={"Accept-Language": language}, follow_redirects=True).text
            assert sentence in text
            assert f'<html lang="{language}' in text


def test_forms_have_tokens_of_their_own(app: Flask, publish: Maker, rendered: list[str]) -> None:
    publish("a fox", "a kite")
    pages = [app.test_client().get("/").text for _ in range(2)]
    assert len(rendered) == 1
    own = (r'name="csrf_token" value="([^"]{30,})"', r'name="token" value="([\w-]{16})"', r'data-seed="(\d+)"')
    for pattern in own:
        first, second = (re.findall(pattern, text) for text in pages)
        assert first
        assert first != second
    assert app.extensions[kept_pages.EXTENSION].mark not in "".join(pages)


def test_owner_gets_a_page_that_others_do_not(app: Flask, publish: Maker) -> None:
    walk, owner, other = publish("a fox", "a kite", visitor="ann"), app.test_client(), app.test_client()
    visit_as(owner, "secret of ann")
    theirs, others = page(owner, walk), page(other, walk)
    assert 'id="own"' in theirs
    assert 'id="own"' not in others
    assert 'id="own"' not in page(app.test_client(), walk)


def test_star_is_each_visitors_own(app: Flask, publish: Maker) -> None:
    walk, one, other = publish("a fox", "a kite", visitor="eve"), app.test_client(), app.test_client()
    for number, client in enumerate((one, other)):
        visit_as(client, f"secret {number}")
    assert 'aria-pressed="false"' in page(one, walk)
    favourites.add(walk, visitors.digest("secret 0"), admit=lambda: None)
    starred, plain = page(one, walk), page(other, walk)
    assert 'aria-pressed="true"' in starred
    assert 'aria-pressed="false"' in plain
    tokens = [re.findall(r'name="csrf_token" value="([^"]+)"', text) for text in (starred, plain)]
    assert tokens[0]
    assert tokens[0] != tokens[1]


def test_page_is_of_the_address_that_was_asked(app: Flask, publish: Maker) -> None:
    walk, client = publish("a fox", "a kite"), app.test_client()
    for host in ("http://one.example", "http://two.example"):
        assert f'<link rel="canonical" href="{host}/walks/' in client.get(walk.url, base_url=host).text


def test_changed_setting_is_seen(app: Flask, client: FlaskClient) -> None:
    assert "https://source.example" not in client.get("/").text
    app.config["SOURCE_URL"] = "https://source.example"
    assert "https://source.example" in client.get("/").text


def test_page_expires(app: Flask, publish: Maker, rendered: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    publish("a fox", "a kite")
    clock = kept_pages.time.monotonic()
    app.test_client().get("/gallery")
    monkeypatch.setattr(kept_pages.time, "monotonic", lambda: clock + kept_pages.SECONDS + 5)
    app.test_client().get("/gallery")
    assert len(rendered) == 2


def test_pages_take_bounded_memory(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kept_pages, "BYTES_MAX", 100_000)
    client, keeper = app.test_client(), app.extensions[kept_pages.EXTENSION]
    for number in range(20):
        client.get(f"/gallery?q={number}")
    assert 0 < keeper.size <= 100_000
    assert keeper.size == sum(page.size for page in keeper.pages.values())


@pytest.mark.parametrize(
    ("version", "title"),
    [(iter(range(10)).__next__, lambda: "So"), (lambda: 1, kept_pages.generate_csrf)],
    ids=["changes while it is rendered", "has a token past the gap"],
)
def test_private_page_is_not_kept(app: Flask, version: Callable[[], int], title: Callable[[], str]) -> None:
    with app.test_request_context("/"):
        kept_pages.render("layout/error.html", version, lambda: {"title": title(), "code": 400})
    assert not app.extensions[kept_pages.EXTENSION].pages


def test_german_page_outside_of_a_request_has_its_own_key(app: Flask) -> None:
    keys = set()
    with app.test_request_context("/"):
        for language in ("en", "de"):
            with force_locale(language):
                keys.add(kept_pages._key("a.html", 1, ()))
    assert len(keys) == 2


def test_version_names_long_values_whole(app: Flask, publish: Maker) -> None:
    walk, seen = publish("a fox", "a kite"), set()
    for middle in ("wide", "long"):
        change(walk, given_title=f"{'so ' * 200}{middle}{' so' * 200}")
        seen.add(repr(versions.of_cards([walk.number])))
    assert len(seen) == 2
