"""Translate sentences, and format numbers and dates, in the page's language."""

__all__ = ["foreign_messages", "formatting", "gettext", "locales"]
