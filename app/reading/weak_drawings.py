"""Drawings that are hard to recognise, and are used only where a name has no other or a visitor chooses them.

Fresh eyes looked at the 1,386 drawings of the 538 names that have several and are not emoji alone, and named one
drawing of each of the 2,888 names that are no emoji. Those that they would not have called by the name are here by
their digests, of a name that has a better one; and our first figures of people, whose hair and beards looked like
masks.
"""

from pathlib import Path

LISTED = Path(__file__).with_suffix(".txt")

_LINES = (line for line in LISTED.read_text("utf-8").splitlines() if not line.startswith("#"))
WEAK = frozenset(digest for line in _LINES for digest in line.rpartition(":")[2].split())
