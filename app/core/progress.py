"""How long operations report how far they are."""

from collections.abc import Callable

Report = Callable[[str, int, int], None]
"""Receives what is counted, such as ``files saved``, how many are done, and of how many; 0 if that is not known."""


def ignore(_what: str, _done: int, _total: int) -> None:
    """Ignore the progress."""
