"""Which language a page speaks: the one chosen in its foot, else the one that the browser asks for.

What programs read (the API, oEmbed, feeds, health checks) and what operators read (commands, logs) stays English.
"""

from __future__ import annotations

from typing import cast
from urllib.parse import urlencode

from flask import Flask, Response, current_app, has_request_context, redirect, request, url_for
from flask_babel import Babel
from werkzeug.exceptions import HTTPException

from app.auth.visitors import YEAR_SECONDS, host_name
from app.i18n.gettext import translations
from app.i18n.locales import ENGLISH, LOCALES, NAMES, tag

COOKIE = "moma_language"
CHOICE_MAX = 2000  # characters of what was typed that the choice of a language takes along
ADDRESS_MAX = 8000  # characters of what an address asks for that it takes along


def init_app(app: Flask) -> None:
    """Teach ``app`` its languages."""
    Babel().init_app(
        app,
        default_locale=str(ENGLISH),
        default_translation_directories=f"{app.root_path}/app/i18n/translations",
        locale_selector=lambda: str(LOCALES[wanted()]),
    )
    app.jinja_env.install_gettext_callables(  # type: ignore[attr-defined]
        gettext=lambda said: translations().ugettext(said),
        ngettext=lambda one, many, num: translations().ungettext(one, many, num),
        newstyle=True,
    )
    app.before_request(_choose)
    app.after_request(_tell)
    app.jinja_env.globals.update(language_tag=tag, languages=NAMES, language_address=address)


def wanted() -> str:
    """Tell which of the languages the visitor wants."""
    if not has_request_context() or _is_for_programs():
        return "en"
    if (chosen := request.cookies.get(host_name(COOKIE), "")) in LOCALES:
        return chosen
    asked = (name.partition("-")[0].lower() for name, quality in request.accept_languages if quality)
    return next((language for language in asked if language in LOCALES), "en")


def address(language: str) -> str:
    """Return where the page at hand is found in ``language``; the form takes along what was typed."""
    values, path = request.args.to_dict(flat=False), ""  # from the page itself on: of a walk that is gone, not its name
    if len(request.query_string) > ADDRESS_MAX:  # which no form of ours writes
        values = {}
    if request.method not in ("GET", "HEAD"):
        values, path = _typed(), _path_to_read()
    return f"{path}?{urlencode(values | {'lang': [language]}, doseq=True)}"


def _typed() -> dict[str, list[str]]:
    """Return what stands in the form of the making page, as far as an address can carry it."""
    if request.endpoint not in ("pages.edit", "pages.commission"):
        return {}
    try:
        typed = request.form.to_dict(flat=False)
    except HTTPException:  # it could not be read, which the page at hand says
        return {}
    typed = {name: values for name, values in typed.items() if name not in ("csrf_token", "token", "edit")}
    return typed if len(urlencode(typed, doseq=True)) < CHOICE_MAX else {}


def _path_to_read() -> str:
    """Return the address of the page that a form was sent from."""
    if current_app.create_url_adapter(request).test(request.path, "GET"):  # type: ignore[union-attr]
        return request.path
    walk_id = (request.view_args or {}).get("walk_id")
    return url_for("pages.walk", walk_id=walk_id) if walk_id else url_for("pages.make")


def _choose() -> Response | None:
    """Remember the language that the address asks for, and go on to the page without it."""
    chosen = request.args.get("lang", "")
    if chosen not in LOCALES or request.method != "GET" or request.url_rule is None or _is_for_programs():
        return None
    others = {name: values for name, values in request.args.to_dict(flat=False).items() if name != "lang"}
    path = "/" + request.path.lstrip("/")  # never another host
    response = cast(Response, redirect(f"{path}?{urlencode(others, doseq=True)}" if others else path, 303))
    response.headers["Cache-Control"] = "no-store"
    response.set_cookie(
        host_name(COOKIE),
        chosen,
        max_age=YEAR_SECONDS,
        httponly=True,
        secure=request.is_secure,
        samesite="Lax",
    )
    return response


def _tell(response: Response) -> Response:
    """Say which language a page speaks, and that caches must keep them apart."""
    if response.mimetype == "text/html":
        response.vary.update(("Cookie", "Accept-Language"))
        response.content_language.add(tag())
    return response


def _is_for_programs() -> bool:
    path = request.path
    return path.startswith(("/api/", "/static/")) or path in ("/healthz", "/readyz", "/oembed", "/metrics", "/feed.xml")
