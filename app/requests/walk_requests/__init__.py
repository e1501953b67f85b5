"""Requests for walks: schema, validation, intake and recipes."""

__all__ = [
    "brought_photos",
    "candidates",
    "error_messages",
    "intake",
    "layouts",
    "recipe",
    "recipe_files",
    "recipe_pins",
    "recipe_schema",
    "repainting",
    "scenes",
    "schema",
    "schema_limits",
    "stop_options",
    "stop_styles",
    "stop_words",
    "validation",
    "walk_edits",
]
