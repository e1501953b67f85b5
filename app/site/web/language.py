"""Choose a page's language: the one that the visitor selected in the footer, or else the browser's preference.

Responses for programs (the API, oEmbed, feeds, health checks) and texts for operators (commands, logs) are English.
"""

from urllib.parse import urlencode

from flask import Flask, Response, current_app, has_request_context, request, url_for
from flask_babel import Babel

from app.access.auth import cookies
from app.core.addresses import on_site
from app.core.i18n.gettext import translations
from app.core.i18n.locales import ENGLISH, LOCALES, NAMES, tag
from app.site.web.responses import redirect_to

ADDRESS_MAX = 8000  # the longest query string, in characters, that a language link carries


def init_app(app: Flask) -> None:
    """Set up Babel, the templates' translations and the language links of ``app``."""
    Babel().init_app(
        app,
        default_locale=str(ENGLISH),
        default_translation_directories=f"{app.root_path}/app/core/i18n/translations",
        locale_selector=lambda: str(LOCALES[wanted()]),
    )
    app.jinja_env.install_gettext_callables(  # type: ignore[attr-defined]
        gettext=lambda message: translations().ugettext(message),
        ngettext=lambda one, many, num: translations().ungettext(one, many, num),
        newstyle=True,
    )
    app.before_request(_choose)
    app.after_request(_set_headers)
    app.jinja_env.globals.update(language_tag=tag, languages=NAMES, language_address=address)


def wanted() -> str:
    """Return the language code for this request: the cookie's, the browser's preference, or ``en``."""
    if not has_request_context() or _is_for_programs():
        return "en"
    if chosen := next((value for value in cookies.values(cookies.LANGUAGE) if value in LOCALES), None):
        return chosen
    preferred = (name.partition("-")[0].lower() for name, quality in request.accept_languages if quality)
    return next((language for language in preferred if language in LOCALES), "en")


def address(language: str) -> str:
    """Return the address of the current page in ``language``."""
    values, path = request.args.to_dict(flat=False), ""  # relative, so that it does not name a deleted walk
    if len(request.query_string) > ADDRESS_MAX:  # longer than any address that the form makes
        values = {}
    if request.method not in ("GET", "HEAD"):
        values, path = {}, _path_to_read()
    return f"{path}?{urlencode(values | {'lang': [language]}, doseq=True)}"


def _path_to_read() -> str:
    """Return the path of a page that shows the form which this request submitted."""
    if current_app.create_url_adapter(request).test(request.path, "GET"):  # type: ignore[union-attr]
        return on_site(request.path)
    walk_id = (request.view_args or {}).get("walk_id")
    return url_for("pages.walk", walk_id=walk_id) if walk_id else url_for("pages.make")


def _choose() -> Response | None:
    """Store the language of the query parameter ``lang`` in a cookie, and redirect to the address without it."""
    chosen = request.args.get("lang", "")
    if chosen not in LOCALES or request.method != "GET" or request.url_rule is None or _is_for_programs():
        return None
    others = {name: values for name, values in request.args.to_dict(flat=False).items() if name != "lang"}
    path = on_site("/" + request.path.lstrip("/"))  # //host would redirect to another site
    response = redirect_to(f"{path}?{urlencode(others, doseq=True)}" if others else path, cache="no-store")
    cookies.put(response, cookies.LANGUAGE, chosen, max_age=cookies.YEAR_SECONDS)
    return response


def _set_headers(response: Response) -> Response:
    """Set ``Content-Language`` and ``Vary`` on HTML responses, so that caches keep the languages apart."""
    if response.mimetype == "text/html":
        response.vary.update(("Cookie", "Accept-Language"))
        response.content_language.add(tag())
    return response


def _is_for_programs() -> bool:
    path = request.path
    return path.startswith(("/api/", "/static/")) or path in ("/healthz", "/readyz", "/oembed", "/metrics", "/feed.xml")
