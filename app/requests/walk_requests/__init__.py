"""Requests for walks: schema, validation, intake and recipes."""

__all__ = [
    "brought_photos",
    "brought_sounds",
    "candidates",
    "error_messages",
    "intake",
    "layouts",
    "recipe",
    "recipe_pins",
    "recipe_schema",
    "repainting",
    "scenes",
    "schema",
    "schema_limits",
    "sound_request",
    "stop_options",
    "stop_styles",
    "stop_words",
    "validation",
    "walk_edits",
    "walk_sounds",
]
