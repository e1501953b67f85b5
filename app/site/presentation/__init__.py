"""Prepare walks and forms for templates and JSON responses. The package has no routes."""

__all__ = [
    "candidate_rows",
    "choices",
    "examples",
    "filter_options",
    "finder",
    "form_address",
    "form_commands",
    "form_estimate",
    "form_fields",
    "make_form",
    "photo_view",
    "playback",
    "prompt_edits",
    "proposed_styles",
    "readings",
    "style_groups",
    "walk_description",
    "walk_line",
    "word_marks",
    "wording",
]
