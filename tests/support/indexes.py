"""Waiting for an index of vectors that is made behind the searches."""

import threading


def makers(name: str) -> list[threading.Thread]:
    """List the threads that make an index just now."""
    return [thread for thread in threading.enumerate() if thread.name == f"index of {name}"]


def wait_for_index(name: str) -> None:
    """Wait until no thread makes it any more."""
    for thread in makers(name):
        thread.join()
