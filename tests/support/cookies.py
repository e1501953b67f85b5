"""The cookies of a site, as its browsers have them."""

from concurrent.futures import ThreadPoolExecutor

from flask import Flask
from flask.testing import FlaskClient

from app.access.auth import cookies


def cookie_name(app: Flask, kind: str, *, base_url: str = "http://localhost") -> str:
    """Return the name with which a site sets a cookie of a kind, such as ``visitor``."""
    with app.test_request_context(base_url=base_url):
        return cookies.name(kind)


def at_once(app: Flask, client: FlaskClient, forms: list[tuple[str, dict[str, str]]]) -> list[int]:
    """Send forms at once with the cookie of one visitor, who gets one if needed; return the statuses."""
    client.get("/")
    name, tabs = cookie_name(app, "visitor"), [app.test_client() for _form in forms]
    cookie = client.get_cookie(name)
    assert cookie is not None
    for tab in tabs:
        tab.set_cookie(name, cookie.value)
    with ThreadPoolExecutor(len(forms)) as pool:
        sent = [pool.submit(tab.post, address, data=fields) for tab, (address, fields) in zip(tabs, forms, strict=True)]
        return [each.result().status_code for each in sent]
