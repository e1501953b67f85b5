"""A request for a walk: its schema, its rules, its intake, its recipe."""

__all__ = [
    "brought_photos",
    "candidates",
    "error_messages",
    "intake",
    "recipe",
    "recipe_pins",
    "recipe_schema",
    "repainting",
    "scenes",
    "schema",
    "validation",
    "walk_edits",
]
