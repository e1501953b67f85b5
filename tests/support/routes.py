"""The addresses of a site, with something in each of their places."""

import re

from werkzeug.routing import Rule

PLACE = re.compile(r"<(?:[^<>]*:)?(\w+)>")
OF_NOTHING = dict.fromkeys(("walk_id", "set_id", "collection_id", "photo_id", "sound_id"), "a" * 16)
SAMPLES: dict[str, object] = OF_NOTHING | {
    "slug": "x", "digest": "x", "name": "x", "index": 0, "page": 1, "number": 1, "kind": "gif", "extension": "gif",
    "form": "sheet", "filename": "site.css",
}  # fmt: skip


def acts_of(rule: Rule) -> list[str]:
    """List the acts of an address that has several, or an empty one."""
    acts = re.search(r"<any\(([^)]*)\):act>", rule.rule)
    return acts[1].split(", ") if acts else [""]


def fill(rule: Rule, **values: object) -> str:
    """Put an address together, with samples and the first act where no values are given."""
    filled = SAMPLES | {"act": acts_of(rule)[0]} | values
    return PLACE.sub(lambda match: str(filled[match[1]]), rule.rule)
