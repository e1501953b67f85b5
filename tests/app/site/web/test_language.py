"""Pages speak the visitor's language, programs are always answered in English, and no sentence is missing."""

import io
import re
import tomllib
from functools import cache

import pytest
from babel.messages import Catalog
from babel.messages.extract import DEFAULT_KEYWORDS, extract_from_dir
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from flask import Flask
from flask.testing import FlaskClient
from flask_babel import force_locale
from sqlalchemy import select

from app.core.config import ROOT
from app.core.i18n.formatting import COUNTED, day, day_and_time, decimal, duration, file_size, number, plural
from app.core.i18n.locales import LOCALES, NAMES
from app.site.presentation.wording import ordinal_position
from app.storage.database import db, now
from app.storage.walk_models import Walk
from tests.support.cookies import cookie_name

CATALOGUES = ROOT / "app/core/i18n/translations"
OTHERS = sorted(set(LOCALES) - {"en"})
GERMAN = {"Accept-Language": "de-AT,de;q=0.9,en;q=0.4"}
PLACEHOLDER = re.compile(r"%\(\w+\)[sd]|\{\w+\}|</?\w+")
"""What must stand in a translation too: names of values, and the tags around them."""

Key = str | tuple[str, ...]


@cache
def sentences() -> set[Key]:
    """Collect what the pages and the code behind them say, as ``make language`` does."""
    mappings = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["babel"]["mappings"]
    found = extract_from_dir(
        ROOT,
        method_map=[(each["pattern"], each["method"]) for each in mappings],
        options_map={each["pattern"]: {"silent": "false"} for each in mappings if each["method"] == "jinja2"},
        keywords={**DEFAULT_KEYWORDS, "N_": None, "counted": (1, 2), "DrawingRefused": None, "UnreadColours": None},
    )
    return {tuple(message) if isinstance(message, list | tuple) else message for _, _, message, _, _ in found}


@cache
def catalogue(language: str) -> Catalog:
    with (CATALOGUES / language / "LC_MESSAGES" / "messages.po").open("rb") as file:
        return read_po(file, locale=language)


def said(catalogue: Catalog) -> dict[Key, tuple[str, ...]]:
    """Return what a catalogue says for each sentence, in singular and plural."""
    as_tuple = {message.id: message.string for message in catalogue if message.id}
    return {key: (text,) if isinstance(text, str) else tuple(text) for key, text in as_tuple.items()}


@pytest.mark.slow
@pytest.mark.parametrize("language", OTHERS)
def test_catalogue_has_every_sentence_of_the_pages_and_no_other(language: str) -> None:
    assert set(said(catalogue(language))) == sentences(), "run `make language`, and translate what is new"


@pytest.mark.parametrize("language", OTHERS)
def test_every_sentence_is_translated_with_the_same_placeholders(language: str) -> None:
    for key, texts in said(catalogue(language)).items():
        forms = (key,) if isinstance(key, str) else key
        for form, text in zip(forms, texts, strict=True):
            assert text.strip(), f"not translated: {form}"
            assert sorted(PLACEHOLDER.findall(text)) == sorted(PLACEHOLDER.findall(form)), form
            assert text[:1].isspace() == form[:1].isspace(), form
            assert text[-1:].isspace() == form[-1:].isspace(), form
    assert not [message.id for message in catalogue(language) if message.fuzzy and message.id]


def test_german_says_nothing_in_english() -> None:
    same = {key for key, texts in said(catalogue("de")).items() if texts == ((key,) if isinstance(key, str) else key)}
    assert same == {
        "%(choice)s: %(time)s",
        "API",
        "De Stijl",
        "Embeddings",
        "Feed",
        "Filter",
        "Film",
        "Film, %(hands)s",
        "LoRA",
        "Name",
        "Pause",
        "Prompts",
        "Text",
        "orange",
    }  # which both languages have


def test_german_never_says_du() -> None:
    words = {word.lower() for texts in said(catalogue("de")).values() for text in texts for word in text.split()}
    assert words & {"du", "dir", "dich", "dein", "deine", "deinen", "deiner", "schau", "zeig"} == set()


@pytest.mark.parametrize("language", OTHERS)
def test_compiled_catalogue_is_that_of_the_text(language: str) -> None:
    compiled = io.BytesIO()
    write_mo(compiled, catalogue(language))
    kept = (CATALOGUES / language / "LC_MESSAGES" / "messages.mo").read_bytes()
    assert kept == compiled.getvalue(), "run `make language`"


def test_every_counted_noun_of_the_templates_is_in_the_catalogue() -> None:
    nouns = {one.removeprefix("%(count)s ") for one, _ in COUNTED}
    templates = sorted((ROOT / "templates").rglob("*.html"))
    assert templates
    for path in templates:
        assert set(re.findall(r"""plural\(["'](\w+)""", path.read_text("utf-8"))) <= nouns, path.name


def test_page_speaks_what_the_browser_asks_for(client: FlaskClient) -> None:
    page = client.get("/about", headers=GERMAN)
    assert '<html lang="de">' in page.text
    assert "Alle Bilder hier hat eine Maschine gemalt." in page.text
    assert page.headers["Content-Language"] == "de"


@pytest.mark.parametrize("asked", [None, "", "fr, es;q=0.5", "en-US,de;q=0.3", "*", "de;q=0", "x" * 2000])
def test_page_speaks_english_else(client: FlaskClient, asked: str | None) -> None:
    page = client.get("/about", headers={} if asked is None else {"Accept-Language": asked})
    assert '<html lang="en-GB">' in page.text
    assert "Every picture here was painted by a machine." in page.text


def test_caches_keep_languages_apart(client: FlaskClient) -> None:
    english, german = client.get("/gallery"), client.get("/gallery", headers=GERMAN)
    for answer in (english, german):
        assert {"Cookie", "Accept-Language"} <= set(answer.vary)
    assert english.data != german.data


def test_choice_in_the_foot_keeps_the_page_and_is_remembered(client: FlaskClient) -> None:
    page = client.get("/gallery?q=a+fox%26co")
    assert '<a rel="nofollow" href="?q=a+fox%26co&amp;lang=de" lang="de" hreflang="de">Deutsch</a>' in page.text
    answer = client.get("/gallery?q=a+fox%26co&lang=de")
    assert (answer.status_code, answer.location) == (303, "/gallery?q=a+fox%26co")
    assert '<html lang="de">' in client.get("/about").text
    assert '<html lang="de">' in client.get("/about", headers={"Accept-Language": "en"}).text
    client.get("/about?lang=en")
    assert '<html lang="en-GB">' in client.get("/about", headers=GERMAN).text


def test_what_is_wrong_with_a_form_is_said_in_its_language(client: FlaskClient) -> None:
    typed = {"prompt": ["ein Fuchs", ""], "seed": "-1", "frames": "1", "token": "once"}
    page = client.post("/walks", data=typed, headers=GERMAN)
    assert page.status_code == 422
    assert "Der Prompt ist leer. Schreiben Sie mindestens ein Wort." in page.text
    assert "Die Startzahl muss eine ganze Zahl von 0 bis 4294967295 sein." in page.text
    assert not re.search("von Station 2|The |must be", page.text)


def test_choice_on_the_form_keeps_what_was_typed(client: FlaskClient) -> None:
    typed = {"prompt": ["a fox", ""], "seed": "11", "token": "once"}
    for page in (client.get("/"), client.post("/walks", data=typed)):
        assert 'name="edit" value="language-de"' in page.text and "lang=de" not in page.text
    answer = client.post("/", data=typed | {"edit": "language-de"})
    assert (answer.status_code, answer.location) == (303, "/?prompt=a+fox&prompt=&seed=11&lang=de")
    page = client.get(answer.location, follow_redirects=True)
    assert '<html lang="de">' in page.text and ">a fox</textarea>" in page.text and 'value="11"' in page.text


def test_form_that_is_too_long_for_an_address_keeps_its_language_and_says_so(client: FlaskClient) -> None:
    typed = {"prompt": ["a fox", "ä" * 900], "edit": "language-de"}
    page = client.post("/", data=typed).text
    assert '<html lang="en-GB">' in page and "too long to be shown in another language" in page
    assert f">{'ä' * 900}</textarea>" in page


def test_form_reads_and_writes_the_decimal_sign_of_its_language(client: FlaskClient) -> None:
    assert 'name="guidance" value="4,5"' in client.get("/?guidance=4.5", headers=GERMAN).text
    assert 'name="guidance" value="4.5"' in client.get("/?guidance=4.5").text
    typed = {"prompt": ["a fox", "a kite"], "guidance": "4,5"}
    assert client.post("/walks", data=typed, headers=GERMAN).status_code == 303
    assert db.session.scalars(select(Walk.guidance)).all() == [4.5]
    assert "Guidance must be a number" in client.post("/walks", data=typed).text
    assert client.post("/walks", data={**typed, "guidance": "4.5", "seed": "1"}, headers=GERMAN).status_code == 303


@pytest.mark.parametrize("path", ["/nowhere?lang=de", "/about?lang=fr", "/about?lang=../de"])
def test_what_is_no_choice_is_passed_over(client: FlaskClient, path: str) -> None:
    assert client.get(path).status_code in (200, 404)


@pytest.mark.parametrize("path", ["//example.org/", "//example.org/..//about", "//about"])
def test_choice_leads_to_no_other_host(client: FlaskClient, path: str) -> None:
    answer = client.get("/?lang=de", environ_overrides={"PATH_INFO": path})
    assert answer.location is None or re.match("/(?!/)", answer.location)


def test_unknown_language_in_the_cookie_is_passed_over(client: FlaskClient) -> None:
    client.set_cookie(cookie_name(client.application, "language"), "../../etc/passwd")
    assert '<html lang="en-GB">' in client.get("/about").text


def test_language_cookie_of_release_1_1_0_is_read_until_another_is_chosen(client: FlaskClient) -> None:
    client.set_cookie("moma_language", "de")
    assert '<html lang="de">' in client.get("/about").text
    client.get("/about?lang=en")
    assert '<html lang="en-GB">' in client.get("/about").text


def test_programs_are_answered_in_english(client: FlaskClient) -> None:
    client.set_cookie(cookie_name(client.application, "language"), "de")
    answer = client.post("/api/v1/walks", json={"stops": []}, headers=GERMAN)
    assert answer.json is not None
    assert answer.json["title"] == "Not a walk we can paint"
    assert answer.json["detail"] == "A walk has 2 to 8 stops; this one has 0."
    assert client.get("/oembed?url=x", headers=GERMAN).json["title"] == "There is nothing at this address"  # type: ignore[index]
    assert 'xml:lang="en-GB"' in client.get("/feed.xml", headers=GERMAN).text


def test_numbers_dates_and_times_are_written_as_the_language_has_them(app: Flask) -> None:
    def all_said() -> list[str]:
        return [
            number(12_345),
            decimal(0.925, 2),
            duration(1.9),
            duration(3725),
            file_size(2_100_000),
            plural(1284, "walk"),
            ordinal_position(3),
            day(now().replace(year=2026, month=3, day=1)),
            day_and_time(now().replace(year=2026, month=9, day=1, hour=9, minute=5, second=0)),
        ]

    with app.test_request_context("/about"), force_locale("en_GB"):
        assert all_said() == [
            "12,345", "0.93", "1.9 seconds", "62 minutes 5 seconds", "2.1 MB", "1,284 walks", "Third in line",
            "1 March 2026", "01 Sep 2026, 09:05:00",
        ]  # fmt: skip
    with app.test_request_context("/about"), force_locale("de"):
        assert all_said() == [
            "12.345", "0,93", "1,9 Sekunden", "62 Minuten 5 Sekunden", "2,1 MB", "1.284 Spaziergänge", "An 3. Stelle",
            "1. März 2026", "01 Sept. 2026, 09:05:00",
        ]  # fmt: skip


def test_every_language_names_itself(client: FlaskClient) -> None:
    assert set(NAMES) == set(LOCALES)
    for code, locale in LOCALES.items():
        assert NAMES[code] == locale.get_language_name()
