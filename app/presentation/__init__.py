"""From a walk to what a template shows; no routes."""

__all__ = ["choices", "filter_options", "form_fields", "make_form", "playback", "readings", "walk_line", "wording"]
