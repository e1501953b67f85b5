"""From a walk to what a template shows; no routes."""

__all__ = ["filter_options", "form_fields", "make_form", "playback", "walk_line", "wording"]
