"""Where ``make run`` listens: ``HOST``, ``PORT`` and ``SCRIPT_NAME``, from the command line and the environment.

Other programs set them too: a shell its machine's name, a compiler's environment its target, Docker an address with a
scheme. Each is refused by name before anything starts.
"""

from __future__ import annotations

import ipaddress
import re
import socket
from collections.abc import Callable

from app.core import environment
from app.core.addresses import PREFIX
from app.core.errors import ConfigError

HOST, PORT, BELOW, TRUSTED = "HOST", "PORT", "SCRIPT_NAME", "FORWARDED_ALLOW_IPS"
DEFAULT_HOST, DEFAULT_PORT, PORT_MAX = "127.0.0.1", "8000", 65_535
HOST_NAME = re.compile(r"(?=.*[A-Za-z])(?!0[xX])[A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?")


def host(text: str = "") -> str:
    """Return the address or name to listen on: ``text``, or else ``HOST``, or else this machine only.

    :raises ConfigError: when it is neither an address nor a name with one.
    """
    text = text.strip() or environment.variable(HOST, DEFAULT_HOST)
    bare = text[1:-1] if text.startswith("[") and text.endswith("]") else text
    if not _is_read(ipaddress.ip_address, bare) and not (HOST_NAME.fullmatch(bare) and _has_address(bare)):
        raise ConfigError(
            f"{HOST} must be an address or a name of this machine, such as {DEFAULT_HOST}, ::1 or localhost, or"
            f" 0.0.0.0 for all that reach this machine, not {text!r}."
        )
    return bare


def port(text: str = "") -> int:
    """Return the port to listen on: ``text``, or else ``PORT``, or else 8000.

    :raises ConfigError: when it is no number from 1 to 65535.
    """
    text = text.strip() or environment.variable(PORT, DEFAULT_PORT)
    if not re.fullmatch("[0-9]{1,5}", text) or not 1 <= int(text) <= PORT_MAX:
        raise ConfigError(f"{PORT} must be a whole number from 1 to {PORT_MAX}, such as {DEFAULT_PORT}, not {text!r}.")
    return int(text)


def below() -> str:
    """Return the path in ``SCRIPT_NAME``, below which gunicorn serves the site, such as ``/moma``; ``""`` without one.

    :raises ConfigError: when it is no path.
    """
    path = environment.variable(BELOW).removesuffix("/")
    if path and not re.fullmatch(PREFIX, path):
        raise ConfigError(
            f"{BELOW} must be a path such as /moma, with only letters, digits and -._~ between slashes, not {path!r}."
        )
    return path


def check_trusted() -> None:
    """Check ``FORWARDED_ALLOW_IPS``, the proxies that gunicorn trusts.

    :raises ConfigError: when it is no list of addresses and networks.
    """
    text = environment.variable(TRUSTED)
    for each in filter(None, map(str.strip, text.split(","))):
        if each != "*" and not _is_read(ipaddress.ip_network, each):
            raise ConfigError(
                f"{TRUSTED} must be addresses or networks such as 10.0.0.0/8 between commas, or *, not {text!r}."
            )


def _is_read(read: Callable[[str], object], text: str) -> bool:
    try:
        read(text)
    except ValueError:
        return False
    return True


def _has_address(name: str) -> bool:
    try:
        return bool(socket.getaddrinfo(name, None, socket.AF_INET))
    except (OSError, UnicodeError):
        return False
