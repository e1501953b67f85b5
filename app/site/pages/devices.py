"""Another device: the code that a browser shows for it, the pages on which the other one joins, and the end of sharing.

Only a POST with a CSRF token carries anything: the pages that a link or a code leads to say what would happen.
"""

import segno
from flask import Blueprint, Response, render_template, request, url_for

from app.access.auth import browsers, rate_limits, transfers, visitors
from app.access.auth.transfers import TransferRefused
from app.core import addresses
from app.core.errors import Conflict, MomaError, TooMany
from app.site.web.responses import PRIVATE, page_response, redirect_to, refuse
from app.storage.browser_models import Transfer

blueprint = Blueprint("devices", __name__)


@blueprint.post("/mine/devices/code")
def show_code() -> Response:
    """Show a link as a QR code, and a code to be typed, by which another browser joins."""
    rate_limits.CODE.admit()
    offer = transfers.offer(_browser_name())
    link = addresses.origin() + url_for("devices.join", link=offer.link)
    code = segno.make(link, error="m", micro=False)
    qr = code.svg_data_uri(border=4, dark="#141312", light="#ffffff", omitsize=True)
    address = addresses.origin() + url_for("devices.join")
    html = render_template("pages/device_code.html", offer=offer, qr=qr, address=address, minutes=transfers.MINUTES)
    return page_response(html, headers=PRIVATE)


@blueprint.get("/mine/join")
def join() -> Response:
    """Show the form for a code, or, with a link's secret, the question whether to join. Nothing is changed."""
    visitors.current()
    link = request.args.get("link")
    if link is None:
        return _form()
    try:
        return _question(transfers.by_link(link))
    except (TransferRefused, Conflict) as refused:
        return _form(refused)


@blueprint.post("/mine/join")
def enter_code() -> Response:
    """Show the question whether to join, if the typed code is right."""
    visitors.current()
    try:
        rate_limits.TYPED_CODE.admit()
        return _question(transfers.by_code(request.form.get("code", "")))
    except (TransferRefused, Conflict, TooMany) as refused:
        return _form(refused)


@blueprint.post("/mine/join/confirm")
def confirm() -> Response:
    """Join, and redirect to the walks that this browser has now."""
    try:
        transfers.confirm(request.form.get("ticket", ""), _browser_name())
    except (TransferRefused, Conflict) as refused:
        return _form(refused)
    return _redirect()


@blueprint.post("/mine/devices/<int:number>/end")
def end(number: int) -> Response:
    """End the sharing of one browser, which may be this one."""
    secret, owner = visitors.known(), visitors.known_owner()
    browsers.end(owner or "", number, by=visitors.digest(secret or ""))
    return _redirect()


def _browser_name() -> str:
    return browsers.name_of(request.headers.get("User-Agent", ""))


def _redirect() -> Response:
    return redirect_to(url_for("mine.index") + "#devices")


def _question(transfer: Transfer) -> Response:
    """Return the page that asks whether to join.

    :raises Conflict: when this browser cannot join.
    """
    transfers.check_can_join(transfer)
    html = render_template("pages/join.html", giver=transfer.giver_name, ticket=transfers.ticket(transfer))
    return page_response(html, headers=PRIVATE)


def _form(refused: MomaError | None = None) -> Response:
    html = render_template("pages/join_code.html", error=str(refused) if refused else "")
    response = page_response(html, headers=PRIVATE)
    return refuse(response, refused) if refused else response
