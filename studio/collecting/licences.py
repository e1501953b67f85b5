"""Check licences: pictures must be free for training, and results free to show and sell."""

from __future__ import annotations

import re

# Beginnings of licence names in catalogues and SPDX, and of licence URLs, in lower case with hyphens.
OPEN = (
    "cc0", "cc-zero", "pdm", "pd", "public-domain", "cc-by", "cc-pdm", "apache", "bsd", "unicode", "ofl", "isc",
    "unlicense", "0bsd", "creativecommons.org/publicdomain", "creativecommons.org/licenses/by/",
    "rightsstatements.org/vocab/noc-us",
)  # fmt: skip
MIT = "mit(?=$|-0|-licen[cs]e)"  # not “Mit freundlicher Genehmigung”
KNOWN = re.compile(rf"({'|'.join(map(re.escape, OPEN))}|{MIT})(?![a-z])")
CLOSED = {"nc": "forbids commercial use", "nd": "forbids derived works", "sa": "asks to share alike"}


def objection(licence: str) -> str:
    """Return why pictures under ``licence`` are rejected, or "" when they are allowed."""
    plain = re.sub(r"^https?://(www\.)?", "", licence.strip().lower())
    plain = re.sub(r"[\s_]+", "-", plain)
    if not plain:
        return "no licence is named"
    for part in re.split(r"[-/.]", plain):
        if part in CLOSED and plain.startswith(("cc", "creativecommons")):
            return f"its licence {CLOSED[part]}: {licence}"
    for word in ("noncommercial", "non-commercial", "noderiv", "no-deriv", "sharealike", "share-alike"):
        if word in plain:
            return f"its licence does not allow it: {licence}"
    return "" if KNOWN.match(plain) else f"its licence is not known to allow it: {licence}"
