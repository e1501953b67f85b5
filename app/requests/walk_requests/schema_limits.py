"""Limits from the settings in JSON schemas."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from pydantic import Field

from app.offer.generation.limits import Limits


def limits_in_schema(rules: Callable[[Limits], dict[str, Any]]) -> Any:
    """Return a field whose JSON schema holds limits from the settings, read when the schema is written."""
    return Field(json_schema_extra=lambda schema: schema.update(rules(Limits.current())))
