"""Keys of walls' screens: only a screen that was opened with its wall's key moves the wall on.

A key is an HMAC of the wall's number with the site's secret. Curators and commands see it in the screen's address.
"""

from app.access.auth import visitors
from app.core.addresses import on_site
from app.storage.wall_models import Wall

LENGTH = 32


def key_of(wall: Wall) -> str:
    """Return the key of a wall's screen."""
    return visitors.keyed(_message(wall))[:LENGTH]


def is_valid(wall: Wall, key: str) -> bool:
    """Return whether ``key`` is the key of the wall's screen, made with the site's current secret or an earlier one."""
    return visitors.is_keyed(_message(wall), key, LENGTH)


def screen_address(wall: Wall) -> str:
    """Return the root-relative address that opens a wall's screen, with its key."""
    return on_site(f"/wall/{wall.name}?key={key_of(wall)}")


def _message(wall: Wall) -> str:
    return f"wall screen {wall.number}"
