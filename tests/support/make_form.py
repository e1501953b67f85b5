"""The making form as a browser without JavaScript sends it, and reads it back."""

import re
from typing import Any

FORM = {"prompt": ["a fox", "a bat"], "negative_prompt": "no snow", "frames": "60", "candidates": ["", ""]}


def filled(page: str) -> dict[str, Any]:
    """Read a form back as a browser would send it."""
    fields: dict[str, Any] = {}
    for name in ("own", "candidates", "drawing"):
        values = re.findall(rf'<input type="hidden" name="{name}" value="([^"]*)"', page)
        fields[name] = [value.replace("&#34;", '"') for value in values]
    prompts = re.findall(r"<textarea[^>]*>([^<]*)</textarea>", page)
    seed = re.search(r'<input id="seed"[^>]* value="(\d*)"', page)
    token = re.search(r'name="token" value="([^"]*)"', page)
    assert seed
    assert token
    fields |= {"prompt": prompts, "seed": seed[1], "token": token[1]}
    for name, value in re.findall(r'name="(candidate-\d)" value="([^"]*)" checked', page):
        fields[name] = value
    return fields
